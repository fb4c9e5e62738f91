// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an EFI program is, by its bytes. The texts of the sections are those of Debian's programs (objdump
 * -s -j .sbat, .sdmagic); the layout of "mods" is that of GRUB's include/grub/kernel.h and
 * util/mkimage.c.
 */

#include "mods.h"

#include <errno.h>

static struct ka_program program;

static int identify(void)
{
	int r;

	unit_forget();
	ka_program_done(&program);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	r = ka_program_identify(unit_host, "/p.efi", &program);
	if (r <= 0)
		assert_int_equal(program.kind, KA_PROGRAM_UNKNOWN);
	return r;
}

static int teardown(void **state)
{
	ka_program_done(&program);
	return unit_machine_teardown(state);
}

static void assert_is(enum ka_program_kind kind, enum ka_program_evidence evidence,
		      const char *vendor, const char *version)
{
	assert_int_equal(identify(), 1);
	assert_string_equal(ka_program_title(program.kind), ka_program_title(kind));
	assert_string_equal(ka_program_evidence_name(program.evidence),
			    ka_program_evidence_name(evidence));
	assert_string_equal(program.vendor ? program.vendor : "", vendor);
	assert_string_equal(program.version ? program.version : "", version);
}

#define SBAT_1 "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"

static void test_sbat(void **state)
{
	static const struct {
		const char *text;
		enum ka_program_kind kind;
		const char *vendor, *version;
	} cases[] = {
		{ SBAT_1
		  "grub,5,Free Software Foundation,grub,2.06,https://www.gnu.org/software/grub/\n"
		  "grub.debian,5,Debian,grub2,2.06-13+deb12u2,https://tracker.debian.org/x\n",
		  KA_PROGRAM_GRUB, "debian", "2.06-13+deb12u2" },
		/* Two vendors: the first patched it, and others build on its work. */
		{ SBAT_1
		  "grub,5,Free Software Foundation,grub,2.12,https://www.gnu.org/software/grub/\n"
		  "grub.rh,2,Red Hat,grub2,2.12-40.fc43,mailto:secalert@redhat.com\n"
		  "grub.fedora,1,Fedora,grub2,2.12-41,https://src.fedoraproject.org/grub2\n",
		  KA_PROGRAM_GRUB, "rh", "2.12-40.fc43" },
		{ SBAT_1 "shim,4,UEFI shim,shim,1,https://github.com/rhboot/shim\n"
			 "shim.debian,1,Debian,shim,15.8,https://tracker.debian.org/pkg/shim\n",
		  KA_PROGRAM_SHIM, "debian", "15.8" },
		{ SBAT_1 "systemd-boot,1,The systemd Developers,systemd,257,https://systemd.io/\n",
		  KA_PROGRAM_SYSTEMD_BOOT, "", "257" },
		/* One field less than SBAT.md has. */
		{ SBAT_1 "memtest86+,1,Memtest86+,6.0,https://github.com/memtest86plus\n",
		  KA_PROGRAM_MEMTEST, "", "6.0" },
		{ SBAT_1 "fwupd-efi,1,Firmware update daemon,fwupd-efi,1.4,https://fwupd.org\n",
		  KA_PROGRAM_FWUPD, "", "1.4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct unit_section section = { ".sbat", cases[i].text };

		unit_pe("p.efi", &section, 1);
		assert_is(cases[i].kind, KA_EVIDENCE_SBAT, cases[i].vendor, cases[i].version);
	}
}

/* fbx64.efi and mmx64.efi have shim's own .sbat. */
static void test_shims(void **state)
{
	static const struct {
		const char *text;
		enum ka_program_kind kind;
	} cases[] = {
		{ "FALLBACK_VERBOSE", KA_PROGRAM_FALLBACK },
		{ "Perform MOK management", KA_PROGRAM_MOKMANAGER },
		{ "MokNew", KA_PROGRAM_SHIM },
	};
	uint8_t bytes[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct unit_section sections[] = {
			{ ".sbat",
			  "shim,4,UEFI shim,shim,1,x\nshim.debian,1,Debian,shim,16.1,x\n" },
			{ ".data", (char *)bytes, unit_utf16(cases[i].text, bytes) },
		};

		unit_pe("p.efi", sections, 2);
		assert_is(cases[i].kind, KA_EVIDENCE_SBAT, "debian", "16.1");
	}
}

static void test_sdmagic(void **state)
{
	(void)state;
	UNIT_PE("p.efi", { ".sdmagic", "#### LoaderInfo: systemd-boot 257.13-1~deb13u1 ####" });
	assert_is(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC, "", "257.13-1~deb13u1");
	UNIT_PE("p.efi", { ".sdmagic", "#### LoaderInfo: systemd-stub 257.13-1 ####" },
		{ ".osrel", "ID=debian\n" }, { ".linux", "k" });
	assert_is(KA_PROGRAM_SYSTEMD_STUB, KA_EVIDENCE_SDMAGIC, "", "257.13-1");
	/* Before systemd 250 there was no section for it. */
	UNIT_PE("p.efi", { ".text", "code" },
		{ ".data", "x\xff#### LoaderInfo: systemd-boot 247.3-7+deb11u4 ####" });
	assert_is(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC, "", "247.3-7+deb11u4");
	/* An image of another stub, such as stubby. */
	UNIT_PE("p.efi", { ".linux", "k" });
	assert_is(KA_PROGRAM_SYSTEMD_STUB, KA_EVIDENCE_HEADER, "", "");
	/* A stub alone, as its package has it, has no kernel to start. */
	UNIT_PE("p.efi", { ".sdmagic", "#### LoaderInfo: systemd-stub 252.39-1 ####" },
		{ ".sbat", SBAT_1 "systemd,1,The systemd Developers,systemd,252,https://x\n" });
	assert_int_equal(identify(), 0);
	UNIT_PE("p.efi", { ".osrel", "ID=x\nVARIANT_ID=zfsbootmenu\n" }, { ".linux", "k" });
	assert_is(KA_PROGRAM_SYSTEMD_STUB, KA_EVIDENCE_HEADER, "", "");
	UNIT_PE("p.efi", { ".osrel", "NAME=ZFSBootMenu\nID=\"zfsbootmenu\"\n" }, { ".linux", "k" });
	assert_is(KA_PROGRAM_ZFSBOOTMENU, KA_EVIDENCE_HEADER, "", "");
}

/* --- GRUB's modules */

/* A core image with two modules, a configuration and a prefix; and a memdisk, perhaps. */
static size_t put_mods(uint8_t *bytes, bool wide, bool memdisk)
{
	size_t head = wide ? 24 : 12, at = head;

	at += put_module(bytes + at, wide, "normal");
	at += put_module(bytes + at, wide, "blscfg");
	if (memdisk)
		at += put_object(bytes + at, 1, "disk", 4);
	at += put_object(bytes + at, 2, "normal", 7);
	at += put_object(bytes + at, 3, "/EFI/x", 7);
	memset(bytes, 0, head);
	memcpy(bytes, "mimg", 4);
	unit_le(bytes + (wide ? 8 : 4), (uint32_t)head, 4);
	unit_le(bytes + (wide ? 16 : 8), (uint32_t)at, 4);
	return at;
}

static void test_mods(void **state)
{
	static uint8_t bytes[4096];

	(void)state;
	for (int wide = 0; wide < 2; wide++)
		for (int memdisk = 0; memdisk < 2; memdisk++) {
			const struct unit_section section = { "mods", (char *)bytes,
							      put_mods(bytes, wide, memdisk) };

			unit_pe("p.efi", &section, 1);
			assert_is(KA_PROGRAM_GRUB, KA_EVIDENCE_MODS, "", "");
			assert_string_equal(program.prefix, "/EFI/x");
			assert_string_equal(program.config, "normal");
			assert_int_equal(program.memdisk_size, memdisk ? 8 : 0);
			assert_true(program.is_whole);
			assert_true(ka_program_has_module(&program, "normal"));
			assert_true(ka_program_has_module(&program, "blscfg"));
			assert_false(ka_program_has_module(&program, "bls"));
			assert_null(program.modules[2]);
		}
}

/* Cut anywhere, it is no error of reading, and nothing behind the end is taken. */
static void test_mods_cut(void **state)
{
	static uint8_t bytes[4096];
	size_t whole = put_mods(bytes, true, true);

	(void)state;
	for (size_t n = 1; n < whole; n++) {
		const struct unit_section section = { "mods", (char *)bytes, n };

		unit_pe("p.efi", &section, 1);
		assert_true(identify() >= 0);
		assert_null(program.prefix);
		assert_false(program.is_whole);
	}
}

/* --- programs without sections that name them */

static void put_text(const char *text, bool wide)
{
	static uint8_t bytes[8192];
	const struct unit_section section = { ".data", (char *)bytes, sizeof(bytes) };

	memset(bytes, 'x', sizeof(bytes));
	if (wide)
		unit_utf16(text, bytes + 5001);
	else
		memcpy(bytes + 5001, text, strlen(text));
	unit_pe("p.efi", &section, 1);
}

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		bool wide;
		enum ka_program_kind kind;
	} cases[] = {
		{ "refind.conf", true, KA_PROGRAM_REFIND },
		{ "limine.conf", false, KA_PROGRAM_LIMINE },
		{ "#!ipxe", false, KA_PROGRAM_IPXE },
		{ "syslinux.cfg", false, KA_PROGRAM_SYSLINUX },
		{ "bootmgfw.pdb", false, KA_PROGRAM_WINDOWS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_text(cases[i].text, cases[i].wide);
		assert_is(cases[i].kind, KA_EVIDENCE_TEXT, "", "");
	}
	put_text("nothing that is known", false);
	assert_int_equal(identify(), 0);
}

/* A configuration that names another loader does not make the program that loader. */
static void test_sections_before_texts(void **state)
{
	(void)state;
	UNIT_PE("p.efi", { ".sdmagic", "#### LoaderInfo: systemd-boot 257 ####" },
		{ ".data", "limine.conf syslinux.cfg" });
	assert_is(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC, "", "257");
}

static void test_unreadable(void **state)
{
	int r;

	(void)state;
	assert_int_equal(identify(), -ENOENT);
	if (geteuid() != 0)
		skip();
	UNIT_PE("p.efi", { ".sbat", "shim,4,UEFI shim,shim,1,x\n" });
	assert_int_equal(chmod(unit_path("p.efi"), 0), 0);
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	r = ka_program_identify(unit_host, "/p.efi", &program);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, -EACCES);
}

#define program_case(f) cmocka_unit_test_setup_teardown(f, unit_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		program_case(test_sbat),
		program_case(test_sdmagic),
		program_case(test_shims),
		program_case(test_mods),
		program_case(test_mods_cut),
		program_case(test_texts),
		program_case(test_sections_before_texts),
		program_case(test_unreadable),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
