// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose menu counts. What must hold: a menu is the default's only where something proves that its loader boots
 * this machine, or nothing speaks against the only one; what was proven otherwise is said.
 */

#include "option.h"

#include "decide/select.h"
#include "host/host-internal.h"

#include <errno.h>

static struct ka_selection selection = KA_SELECTION_INIT;

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r == 0)
		unit_pc("root=/dev/vda2\n");
	return r;
}

static void forget(void)
{
	ka_selection_done(&selection);
	unit_forget();
}

static int teardown(void **state)
{
	forget();
	return unit_teardown(state);
}

static void choose(const char *only)
{
	forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ka_select_backend(unit_host, only, &selection, NULL), 0);
}

static void choose_as_nobody(void)
{
	int r;

	forget();
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(seteuid(65534), 0);
	r = ka_select_backend(unit_host, NULL, &selection, NULL);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, 0);
}

static const char *in_charge(void)
{
	return selection.in_charge < 0 ? "nobody"
				       : selection.candidates[selection.in_charge].backend->name;
}

static void assert_default(const char *backend)
{
	assert_string_equal(in_charge(), backend);
	if (selection.menu.default_index < 0)
		fail_msg("no default: %s", selection.menu.undecided);
	assert_null(selection.menu.undecided);
}

/* No default, and the reason has these words. */
static void assert_undecided(const char *words)
{
	const char *why = selection.in_charge < 0 ? selection.chain.refusal
						  : selection.menu.undecided;

	assert_true(selection.menu.default_index < 0);
	assert_non_null(why);
	if (!strstr(why, words))
		fail_msg("'%s' is not in: %s", words, why);
}

static void put_grub(void)
{
	unit_puts("boot/vmlinuz-1", "a kernel");
	unit_puts("boot/grub/grub.cfg", "set default=0\n"
					"menuentry 'A' { linux /boot/vmlinuz-1 root=/dev/vda2 }\n");
}

static void put_bls(void)
{
	unit_puts("boot/efi/k", "a kernel");
	unit_puts("boot/efi/loader/loader.conf", "timeout 3\n");
	unit_puts("boot/efi/loader/entries/a.conf", "title A\nlinux /k\n");
}

#define PUT_BOOT(path) UNIT_PE(path, { ".sdmagic", "#### LoaderInfo: systemd-boot 257.8-1 ####" })
#define PUT_GRUB(path) UNIT_PE(path, { ".sbat", "grub,5,Free Software Foundation,grub,2.06,x\n" })

/* --- x86 without any sign */

static void test_direct(void **state)
{
	(void)state;
	put_grub();
	choose(NULL);
	assert_string_equal(in_charge(), "grub");
	assert_undecided("GRUB did not start the running system");
	/* Named on the command line, it counts. */
	choose("grub");
	assert_default("grub");
	/* GRUB's sign, in the boot protocol's header or on the command line. */
	unit_puts("proc/sys/kernel/bootloader_type", "114\n");
	choose(NULL);
	assert_default("grub");
	unit_puts("proc/sys/kernel/bootloader_type", "176\n");
	unit_puts("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-1 root=/dev/vda2\n");
	choose(NULL);
	assert_default("grub");
	/* Nothing can be told from what is missing on another architecture. */
	unit_puts("proc/cmdline", "root=/dev/vda2\n");
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	choose(NULL);
	assert_default("grub");
}

static void test_two_menus(void **state)
{
	(void)state;
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	put_bls();
	choose(NULL);
	assert_default("bls");
	put_grub();
	choose(NULL);
	assert_undecided("there are menus of two");
	assert_undecided("/boot/grub/grub.cfg");
	/* The program that boots next decides between them. */
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\x\\y.efi", NULL);
	UNIT_NUMBERS("BootCurrent", 1);
	PUT_BOOT("boot/efi/EFI/x/y.efi");
	choose(NULL);
	assert_default("bls");
}

/* The program that comes next has no menu here; the other loader's is not taken for it. */
static void test_menu_of_another(void **state)
{
	(void)state;
	put_grub();
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\x\\y.efi", NULL);
	UNIT_NUMBERS("BootCurrent", 1);
	UNIT_PE("boot/efi/EFI/x/y.efi", { ".sbat", "refind,1,Roderick W. Smith,refind,0.14,x\n" });
	choose(NULL);
	assert_undecided("no backend reads the menu of rEFInd");
	UNIT_PE("boot/efi/EFI/x/y.efi", { ".data", "a program of no name" });
	choose(NULL);
	assert_undecided("Boot0001, 'option 1'");
	choose("grub");
	assert_default("grub");
}

/* A loader that nobody reads, on an ESP that has GRUB's configurations: its directory is not a GRUB's. */
static void test_other_on_esp(void **state)
{
	(void)state;
	put_grub();
	unit_puts("boot/efi/EFI/debian/grub.cfg", "");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\refind\\refind_x64.efi", NULL);
	UNIT_NUMBERS("BootCurrent", 1);
	UNIT_PE("boot/efi/EFI/refind/refind_x64.efi",
		{ ".sbat", "refind,1,Roderick W. Smith,refind,0.14,x\n" });
	choose(NULL);
	assert_undecided("no backend reads the menu of rEFInd");
	assert_null(selection.menu.configuration);
	assert_null(selection.menu.dialect);
	choose("grub");
	assert_default("grub");
	unit_puts("boot/efi/EFI/acme/grub.cfg", "");
	unit_puts("boot/efi/EFI/refind/refind.conf", "");
	choose(NULL);
	assert_undecided("no backend reads the menu of rEFInd");
	assert_string_equal(selection.menu.configuration, "/boot/efi/EFI/refind/refind.conf");
	choose("grub");
	assert_undecided("several of GRUB's configurations");
}

/* A loader's own folder is looked into first, whatever its name. */
static void test_beside_program(void **state)
{
	(void)state;
	put_grub();
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\arch-limine\\BOOTX64.EFI", NULL);
	UNIT_NUMBERS("BootCurrent", 1);
	UNIT_PE("boot/efi/EFI/arch-limine/BOOTX64.EFI",
		{ ".sbat", "limine,1,Limine,limine,12.4,x\n" });
	unit_puts("boot/limine.conf", "");
	choose(NULL);
	assert_undecided("no backend reads the menu of Limine");
	assert_string_equal(selection.menu.configuration, "/boot/limine.conf");
	unit_puts("boot/efi/EFI/arch-limine/limine.conf", "");
	choose(NULL);
	assert_string_equal(selection.menu.configuration, "/boot/efi/EFI/arch-limine/limine.conf");
}

/* What cannot be read may say anything. */
static void test_unreadable(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put_grub();
	unit_puts("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-1 root=/dev/vda2\n");
	UNIT_NUMBERS("BootOrder", 1);
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\Linux\\u.efi", NULL);
	UNIT_NUMBERS("BootCurrent", 1);
	UNIT_PE("boot/efi/EFI/Linux/u.efi", { ".linux", "kernel" }, { ".osrel", "ID=u\n" });
	choose_as_nobody();
	assert_default("firmware");
	assert_int_equal(chmod(unit_path("sys/firmware/efi/efivars/"
					 "BootOrder-" KA_EFI_GUID_GLOBAL),
			       0),
			 0);
	choose_as_nobody();
	assert_undecided("BootOrder");
	assert_int_equal(chmod(unit_path("sys/firmware/efi/efivars/"
					 "BootOrder-" KA_EFI_GUID_GLOBAL),
			       0644),
			 0);
	assert_int_equal(chmod(unit_path("boot/efi/EFI/Linux/u.efi"), 0), 0);
	unit_puts("proc/cmdline", "root=/dev/vda2\n");
	choose_as_nobody();
	assert_undecided("/boot/efi/EFI/Linux/u.efi");
	/* The stub's own sign says what it is, and what is in it stays closed. */
	unit_loader_variable("StubInfo", "systemd-stub 257.8");
	choose_as_nobody();
	assert_undecided("/boot/efi/EFI/Linux/u.efi");
}

/* A menu that cannot be looked for may be the one that counts. */
static void test_menu_unread(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	put_grub();
	choose_as_nobody();
	assert_default("grub");
	put_bls();
	assert_int_equal(chmod(unit_path("boot/efi"), 0), 0);
	choose_as_nobody();
	assert_undecided("there are menus of two");
	assert_undecided("/boot/efi/loader/loader.conf cannot be looked at");
}

/* A file that could not be read was taken for absent: it may say which entry boots. */
static void test_file_unread(void **state)
{
	(void)state;
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	put_grub();
	choose(NULL);
	assert_default("grub");
	forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	ka_host_note(unit_host, "/boot/x", -EIO);
	assert_int_equal(ka_select_backend(unit_host, NULL, &selection, NULL), 0);
	assert_undecided("'/boot/x' (Input/output error) cannot be read, and may say otherwise");
	assert_true(ka_findings_have(&selection.menu.problems, KA_ID_MACHINE_UNREADABLE));
}

/* --- BOOT_IMAGE= and the menu contradict each other */

static void test_directory(void **state)
{
	static const struct {
		const char *image;
		bool contradicts;
	} cases[] = {
		{ "/boot/vmlinuz-1", false },
		{ "(hd0,gpt2)/boot/vmlinuz-1", false },
		{ "/boot/vmlinuz-0", false }, /* removed since */
		{ "/vmlinuz-1", true },
		{ "/root/vmlinuz-1", true },
		{ "(hd0,gpt2)/pve/vmlinuz-1", true },
		{ "/boot/other/vmlinuz-1", true },
	};

	(void)state;
	put_grub();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[128];

		snprintf(line, sizeof(line), "BOOT_IMAGE=%s root=x\n", cases[i].image);
		unit_puts("proc/cmdline", line);
		choose(NULL);
		if (!cases[i].contradicts) {
			assert_default("grub");
			continue;
		}
		assert_undecided(strchr(cases[i].image, '/'));
		assert_undecided("no entry of /boot/grub/grub.cfg has its kernel in that "
				 "directory");
	}
	unit_puts("etc/kernel/proxmox-boot-uuids", "ABCD-EF01\n");
	choose(NULL);
	assert_undecided("proxmox-boot-tool");
	/* A program that did not start this machine has nothing to do with its words. */
	PUT_GRUB("boot/efi/EFI/x/grubx64.efi");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\x\\grubx64.efi", NULL);
	UNIT_NUMBERS("BootNext", 1);
	choose(NULL);
	assert_default("grub");
}

/* Directories of one version each are alike. */
static void test_directory_of_a_version(void **state)
{
	(void)state;
	unit_puts("ostree/d-1f/vmlinuz", "a kernel");
	unit_puts("boot/grub/grub.cfg", "menuentry 'A' { linux /ostree/d-1f/vmlinuz root=x }\n");
	unit_puts("proc/cmdline", "BOOT_IMAGE=/ostree/d-2e/vmlinuz root=x\n");
	choose(NULL);
	assert_default("grub");
	unit_puts("proc/cmdline", "BOOT_IMAGE=/other/d-2e/vmlinuz root=x\n");
	choose(NULL);
	assert_undecided("/other/d-2e/vmlinuz");
}

#define charge_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		charge_case(test_direct),	   charge_case(test_two_menus),
		charge_case(test_menu_of_another), charge_case(test_other_on_esp),
		charge_case(test_beside_program),  charge_case(test_unreadable),
		charge_case(test_menu_unread),	   charge_case(test_file_unread),
		charge_case(test_directory),	   charge_case(test_directory_of_a_version),
	};

	return cmocka_run_group_tests_name("in charge", tests, NULL, NULL);
}
