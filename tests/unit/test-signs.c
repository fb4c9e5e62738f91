// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the running system and the disks say of the loader. Expected values:
 * systemd.io/BOOT_LOADER_INTERFACE; the kernel's Documentation/arch/x86/boot.rst ("type_of_loader") and
 * admin-guide/efi-stub.rst.
 */

#include "chain.h"

/* --- signs of the running system */

static void assert_sign(const char *cmdline, const char *type, enum ka_program_kind kind)
{
	unit_puts("proc/cmdline", cmdline);
	unit_puts("proc/sys/kernel/bootloader_type", type);
	make();
	if (chain.program.kind != kind)
		fail_msg("'%s', %s: %s", cmdline, type, ka_program_name(chain.program.kind));
}

static void test_signs(void **state)
{
	static const struct {
		const char *cmdline, *type;
		enum ka_program_kind kind;
	} cases[] = {
		{ "BOOT_IMAGE=/boot/vmlinuz root=x", "114", KA_PROGRAM_GRUB },
		{ "BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=x initrd=/a", "", KA_PROGRAM_GRUB },
		{ "BOOT_IMAGE=/boot/vmlinuz root=x initrd=/i", "114", KA_PROGRAM_GRUB },
		{ "BOOT_IMAGE=/boot/vmlinuz root=x initrd=/i", "", KA_PROGRAM_SYSLINUX },
		{ "BOOT_IMAGE=/boot/vmlinuz root=x", "50", KA_PROGRAM_SYSLINUX },
		{ "BOOT_IMAGE=Linux root=x", "2", KA_PROGRAM_LILO },
		{ "root=x initrd=\\EFI\\i", "", KA_PROGRAM_LINUX },
		{ "root=x", "114", KA_PROGRAM_GRUB },
		{ "root=x", "50", KA_PROGRAM_SYSLINUX },
		{ "root=x", "176", KA_PROGRAM_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_sign(cases[i].cmdline, cases[i].type, cases[i].kind);
		assert_int_equal(chain.firmware, KA_FIRMWARE_BIOS);
	}
	assert_true(chain.is_direct);
	/* Only where boot.rst is of meaning. */
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	make();
	assert_int_equal(chain.firmware, KA_FIRMWARE_OTHER);
	assert_false(chain.is_direct);
}

/* kexec kept the words of a boot before. */
static void test_by_kexec(void **state)
{
	(void)state;
	assert_sign("BOOT_IMAGE=/boot/vmlinuz root=x", "114", KA_PROGRAM_GRUB);
	assert_int_equal(chain.by_kexec, KA_NO);
	assert_true(chain.certain);
	assert_sign("BOOT_IMAGE=/boot/vmlinuz root=x", "208", KA_PROGRAM_GRUB);
	assert_int_equal(chain.by_kexec, KA_YES);
	assert_false(chain.certain);
	assert_sign("BOOT_IMAGE=/boot/vmlinuz root=x", "", KA_PROGRAM_GRUB);
	assert_int_equal(chain.by_kexec, KA_UNKNOWN);
}

static void test_loader_variables(void **state)
{
	static const struct {
		const char *variable, *value;
		enum ka_program_kind kind;
		const char *version;
	} cases[] = {
		{ "StubInfo", "systemd-stub 257.8-1", KA_PROGRAM_SYSTEMD_STUB, "257.8-1" },
		{ "LoaderInfo", "systemd-boot 252.39-1~deb12u1", KA_PROGRAM_SYSTEMD_BOOT,
		  "252.39-1~deb12u1" },
		{ "LoaderInfo", "GRUB 2.12", KA_PROGRAM_GRUB, "2.12" },
		{ "LoaderInfo", "Limine 9.3.0", KA_PROGRAM_LIMINE, "9.3.0" },
		{ "LoaderInfo", "rEFInd 0.14.2", KA_PROGRAM_REFIND, "0.14.2" },
	};

	(void)state;
	/* The partition of the program is not to be seen. */
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_HIDDEN, "\\EFI\\x\\y.efi", NULL);
	UNIT_NUMBERS("BootCurrent", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* LoaderInfo comes before StubInfo, which stays. */
		unit_loader_variable(cases[i].variable, cases[i].value);
		make();
		assert_program(cases[i].kind, KA_EVIDENCE_LOADER_INFO);
		assert_string_equal(chain.program.version, cases[i].version);
	}
}

/* Which loader it was matters where the program's own bytes do not tell. */
static void test_unreadable_signs(void **state)
{
	static const struct {
		const char *path, *named;
	} cases[] = {
		{ EFIVARS "LoaderInfo-" KA_EFI_GUID_LOADER, "LoaderInfo" },
		{ "proc/cmdline", "/proc/cmdline" },
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_grub_machine();
		if (i == 0)
			unit_loader_variable("LoaderInfo", "GRUB 2.12");
		assert_int_equal(chmod(unit_path(cases[i].path), 0), 0);
		make_as_nobody();
		assert_no_refusal();
		UNIT_OPTION(1, UNIT_ACTIVE, UNIT_HIDDEN, "\\EFI\\x\\y.efi", NULL);
		make_as_nobody();
		assert_int_equal(unlink(unit_path(cases[i].path)), 0);
		assert_words(chain.refusal, cases[i].named);
		assert_words(chain.refusal, "as root");
	}
}

/* U-Boot writes its version into the devicetree; without EFI that tells who boots. */
static void test_devicetree(void **state)
{
	(void)state;
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	unit_puts("proc/device-tree/chosen/u-boot,version", "U-Boot 2023.01");
	make();
	assert_program(KA_PROGRAM_U_BOOT, KA_EVIDENCE_FILES);
	assert_string_equal(chain.program.version, "U-Boot 2023.01");
	assert_true(chain.certain);
	assert_no_refusal();
}

/* A script of U-Boot beside its extlinux.conf is for the backend to judge. */
static void test_script(void **state)
{
	(void)state;
	unit_puts("boot/boot.scr", "");
	make();
	assert_words(chain.refusal, "/boot/boot.scr");
	unit_puts("boot/extlinux/extlinux.conf", "");
	make();
	assert_no_refusal();
}

/* --- other loaders' configuration, and nothing tells */

static void test_traces(void **state)
{
	static const struct {
		const char *path, *title;
	} cases[] = {
		{ "boot/kexec.sig", "heads" },
		{ "boot/kexec_hashes.txt", "heads" },
		{ "proc/device-tree/ibm,firmware-versions/petitboot", "petitboot" },
		{ "efi/efi/REFIND/refind.conf", "rEFInd" },
		{ "boot/refind_linux.conf", "rEFInd" },
		{ "efi/limine.conf", "Limine" },
		{ "boot/limine/limine.conf", "Limine" },
		{ "boot/efi/boot/limine.conf", "Limine" },
		{ "efi/boot/limine/limine.conf", "Limine" },
		{ "boot/EFI/limine/limine.conf", "Limine" },
		{ "boot/efi/EFI/BOOT/limine.conf", "Limine" },
		{ "efi/limine.cfg", "Limine" },
		{ "boot/EFI/BOOT/limine.cfg", "Limine" },
		{ "boot/limine.conf", "Limine" },
		{ "boot/limine/limine.conf", "Limine" },
		{ "boot/limine.cfg", "Limine" },
		{ "boot/limine/limine.cfg", "Limine" },
		{ "limine.conf", "Limine" },
		{ "etc/zipl.conf", "zipl" },
		{ "etc/lilo.conf", "LILO" },
		{ "etc/elilo.conf", "LILO" },
		{ "boot/grub/menu.lst", "GRUB Legacy" },
		{ "boot/grub/grub.conf", "GRUB Legacy" },
		{ "etc/zfsbootmenu/config.yaml", "ZFSBootMenu" },
		{ "boot/firmware/config.txt", "the Raspberry Pi's firmware" },
		{ "boot/config.txt", "the Raspberry Pi's firmware" },
		{ "boot/boot.scr", "U-Boot" },
		{ "boot/boot.scr.uimg", "U-Boot" },
		{ "boot/armbianEnv.txt", "U-Boot" },
		{ "boot/vmlinux.kpart", "depthcharge" },
		{ "efi/EFI/OC/config.plist", "OpenCore" },
		{ "boot/EFI/CLOVER/config.plist", "Clover" },
	};

	(void)state;
	make();
	assert_no_refusal();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_puts(cases[i].path, "");
		make();
		assert_words(chain.refusal, cases[i].title);
		assert_words(chain.refusal, cases[i].path);
		assert_int_equal(unlink(unit_path(cases[i].path)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_case(test_signs),
		chain_case(test_devicetree),
		chain_case(test_script),
		chain_case(test_by_kexec),
		chain_case(test_loader_variables),
		chain_case(test_unreadable_signs),
		chain_case(test_traces),
	};

	return cmocka_run_group_tests_name("signs", tests, NULL, NULL);
}
