// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SYSLINUX's and U-Boot's configuration on machines made on the spot: where it lies, the vector in ldlinux.sys, what
 * cannot be told. Which entry boots and with which words is asked of the real loaders (tests/oracle/lib/Extlinux.pm and
 * Uboot.pm).
 */

#include "machine.h"

#include "syslinux.h"
#include "uboot.h"

#include <errno.h>

extern const struct ka_backend ka_backend_extlinux;

static void discover(void)
{
	unit_discover(&ka_backend_extlinux);
}

/* --- the vector. The bytes are what "extlinux --once='l0 more' --menu-save=l1" of 6.04 wrote. */

#define VECTOR_SIZE 512

static void put_le(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* A copy of the vector with these tags. */
static void make_vector(uint8_t *p, const char *tags, size_t len)
{
	uint32_t sum = 0xa3041767;

	memset(p, 0, VECTOR_SIZE);
	memcpy(p + 8, tags, len);
	for (size_t i = 8; i < VECTOR_SIZE - 4; i += 4)
		sum -= p[i] | (uint32_t)p[i + 1] << 8 | (uint32_t)p[i + 2] << 16 |
		       (uint32_t)p[i + 3] << 24;
	put_le(p, 0x5a2d2fa5);
	put_le(p + 4, sum);
	put_le(p + VECTOR_SIZE - 4, 0xdd28bf64);
}

static void assert_tag(const uint8_t *data, size_t len, unsigned int tag, const char *expected)
{
	_cleanup_free_ char *text = sys_adv_get(data, len, tag);

	if (!expected)
		assert_null(text);
	else
		assert_string_equal(text ? text : "", expected);
}

static void test_vector(void **state)
{
	static const char tags[] = "\1\7l0 more\2\2l1";
	uint8_t data[16 + 2 * VECTOR_SIZE] = { 0 };

	(void)state;
	make_vector(data + 16, tags, sizeof(tags) - 1);
	memcpy(data + 16 + VECTOR_SIZE, data + 16, VECTOR_SIZE);
	assert_tag(data, sizeof(data), SYS_ADV_ONCE, "l0 more");
	assert_tag(data, sizeof(data), SYS_ADV_SAVE, "l1");
	assert_tag(data, sizeof(data), 3, NULL);
	assert_tag(data, 1023, SYS_ADV_ONCE, NULL);
	/* The second copy stands in for the first. */
	data[16 + 40]++;
	assert_tag(data, sizeof(data), SYS_ADV_ONCE, "l0 more");
	data[16 + VECTOR_SIZE + 40]++;
	assert_tag(data, sizeof(data), SYS_ADV_ONCE, NULL);
	/* A tag longer than the vector, and one without text. */
	make_vector(data + 16, "\1\377", 2);
	assert_tag(data, sizeof(data), SYS_ADV_ONCE, "");
	make_vector(data + 16, "\1\0\2\2l1", 6);
	assert_tag(data, sizeof(data), SYS_ADV_ONCE, NULL);
	assert_tag(data, sizeof(data), SYS_ADV_SAVE, "l1");
}

static void test_version(void **state)
{
	static const struct {
		const char *text, *version;
	} cases[] = {
		{ "\r\nSYSLINUX 6.04 EDD 20210613", "6.04" },
		{ "xxEXTLINUX 4.05 ", "4.05" },
		{ "LINUX is LINUX 6.03", "6.03" },
		{ "SYSLINUX", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *version = sys_version(cases[i].text, strlen(cases[i].text));

		assert_string_equal(version ? version : "",
				    cases[i].version ? cases[i].version : "");
	}
}

/* --- machines with SYSLINUX */

#define MOUNTS	    "28 1 254:3 / / rw - ext4 /dev/vda3 rw\n"
#define MOUNTS_BOOT MOUNTS "29 28 254:1 / /boot rw - vfat /dev/vda1 rw\n"

/* ldlinux.sys, as far as it is looked at. */
static void put_loader(const char *path, const char *version, const char *tags, size_t len)
{
	uint8_t data[64 + 2 * VECTOR_SIZE] = { 0 };

	snprintf((char *)data, 64, "\r\nSYSLINUX %s ", version);
	make_vector(data + 64, tags, len);
	memcpy(data + 64 + VECTOR_SIZE, data + 64, VECTOR_SIZE);
	unit_write(path, data, sizeof(data));
}

static const char plain[] = "DEFAULT a\nLABEL a\n\tLINUX /k\n\tINITRD /i\n\tAPPEND x\n";

static void put_pc(const char *mounts)
{
	unit_puts("proc/sys/kernel/arch", "x86_64\n");
	unit_puts("proc/self/mountinfo", mounts);
	unit_puts("k", "kernel");
	unit_puts("i", "initrd");
}

static void put_extlinux(const char *text)
{
	put_pc(MOUNTS);
	put_loader("boot/extlinux/ldlinux.sys", "6.04", "", 0);
	unit_puts("boot/extlinux/extlinux.conf", text);
}

static void test_plain(void **state)
{
	(void)state;
	put_extlinux(plain);
	discover();
	unit_assert_default("a", KA_REASON_CONFIGURED);
	assert_string_equal(unit_default()->cmdline, "BOOT_IMAGE=/k x initrd=/i");
	assert_string_equal(unit_default()->kernel, "/k");
	assert_string_equal(unit_default()->initrds.items[0].path, "/i");
	assert_string_equal(unit_menu.configuration, "/boot/extlinux/extlinux.conf");
	assert_string_equal(unit_menu.dialect, "syslinux");
	assert_int_equal(unit_default()->source_line, 2);
}

static void test_once(void **state)
{
	(void)state;
	put_extlinux(plain);
	put_loader("boot/extlinux/ldlinux.sys", "6.04", "\1\3a b", 5);
	discover();
	unit_assert_undecided("'a b' is set to boot once");
	unit_assert_undecided("/boot/extlinux/ldlinux.sys");
}

static void test_versions(void **state)
{
	(void)state;
	put_extlinux(plain);
	put_loader("boot/extlinux/ldlinux.sys", "4.07", "", 0);
	discover();
	unit_assert_undecided("SYSLINUX 4.07");
	unit_puts("boot/extlinux/ldlinux.sys", "");
	discover();
	unit_assert_undecided("which version");
	assert_int_equal(unlink(unit_path("boot/extlinux/ldlinux.sys")), 0);
	discover();
	unit_assert_undecided("ldlinux.sys is not beside it");
}

/* The directory of the installation first, then fixed places; extlinux.conf before syslinux.cfg. */
static void test_places(void **state)
{
	static const char *const order[] = {
		"boot/k/extlinux.conf",	       "boot/boot/syslinux/syslinux.cfg",
		"boot/syslinux/extlinux.conf", "boot/syslinux/syslinux.cfg",
		"boot/syslinux.cfg",
	};

	(void)state;
	put_pc(MOUNTS_BOOT);
	put_loader("boot/extlinux/ldlinux.sys", "6.04", "", 0);
	for (size_t i = 1; i < ARRAY_SIZE(order); i++)
		unit_puts(order[i], plain);
	unit_puts("boot/k", "kernel");
	unit_puts("boot/I", "initrd");
	for (size_t i = 1; i < ARRAY_SIZE(order); i++) {
		discover();
		assert_string_equal(unit_menu.configuration + 1, order[i]);
		/* The volume is /boot, and FAT. */
		assert_string_equal(unit_default()->kernel, "/boot/k");
		assert_string_equal(unit_default()->initrds.items[0].path, "/boot/I");
		assert_int_equal(unlink(unit_path(order[i])), 0);
	}
}

static void test_two_installations(void **state)
{
	(void)state;
	put_extlinux(plain);
	put_loader("boot/syslinux/ldlinux.sys", "6.04", "", 0);
	discover();
	unit_assert_undecided("installed twice");
	/* The same one by two names is one. */
	assert_int_equal(unlink(unit_path("boot/syslinux/ldlinux.sys")), 0);
	assert_int_equal(rmdir(unit_path("boot/syslinux")), 0);
	unit_link("boot/boot", ".");
	discover();
	unit_assert_default("a", KA_REASON_CONFIGURED);
}

/* A path that another volume is mounted over is not the loader's. */
static void test_hidden_volume(void **state)
{
	(void)state;
	put_pc(MOUNTS_BOOT);
	put_loader("extlinux/ldlinux.sys", "6.04", "", 0);
	unit_puts("extlinux/extlinux.conf", "DEFAULT a\nLABEL a\n\tLINUX /boot/k\n");
	unit_puts("boot/k", "kernel");
	discover();
	assert_null(unit_default()->kernel);
	unit_problem(&unit_default()->problems, "volume-not-mounted");
}

static void test_efi(void **state)
{
	struct ka_chain chain = {
		.firmware = KA_FIRMWARE_UEFI,
		.program = { .kind = KA_PROGRAM_SYSLINUX },
		.partition = (char *)"/boot/efi",
		.path = (char *)"/boot/efi/EFI/sys/syslinux.efi",
	};

	(void)state;
	put_pc(MOUNTS);
	unit_puts("boot/efi/EFI/SYS/SYSLINUX.EFI", "");
	unit_puts("boot/efi/EFI/SYS/syslinux.cfg", "");
	unit_puts("boot/efi/EFI/SYS/SysLx64.cfg", plain);
	unit_puts("boot/efi/K", "kernel");
	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ka_backend_extlinux.discover(unit_host, &chain, &unit_menu, NULL), 0);
	unit_assert_default("a", KA_REASON_CONFIGURED);
	assert_string_equal(unit_menu.configuration, "/boot/efi/EFI/SYS/SysLx64.cfg");
	assert_string_equal(unit_default()->kernel, "/boot/efi/K");
	/* Modules are beside the program. */
	unit_puts("boot/efi/EFI/SYS/SysLx64.cfg", "");
	assert_int_equal(unlink(unit_path("boot/efi/EFI/SYS/SysLx64.cfg")), 0);
	assert_int_equal(unlink(unit_path("boot/efi/EFI/SYS/syslinux.cfg")), 0);
	unit_puts("boot/efi/syslinux/syslinux.cfg", "UI menu.c32\nTIMEOUT 1\nLABEL b\nLINUX /K\n");
	unit_puts("boot/efi/EFI/SYS/menu.c32", "");
	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ka_backend_extlinux.discover(unit_host, &chain, &unit_menu, NULL), 0);
	unit_assert_default("b", KA_REASON_FIRST);
}

/* A configuration for BIOS, or for U-Boot, on a machine whose firmware is EFI. */
static void test_efi_unproven(void **state)
{
	const struct ka_chain chain = { .firmware = KA_FIRMWARE_UEFI };

	(void)state;
	put_extlinux(plain);
	for (int i = 0; i < 2; i++) {
		unit_forget();
		assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
		assert_int_equal(ka_backend_extlinux.discover(unit_host, &chain, &unit_menu, NULL),
				 0);
		unit_assert_undecided("the firmware (EFI)");
		unit_puts("proc/sys/kernel/arch", "aarch64\n");
	}
}

static void test_not_linux(void **state)
{
	(void)state;
	put_extlinux("DEFAULT a\nLABEL a\nLOCALBOOT 0\nLABEL b\nCOM32 x\nLABEL c\nCONFIG y\n"
		     "LABEL d\nLINUX /k\nMENU DISABLE\nLABEL e\nLINUX /k\nSYSAPPEND 4\n");
	discover();
	unit_assert_ids("a b c d e");
	for (size_t i = 0; i < 4; i++)
		unit_problem(&unit_menu.entries[i]->problems, "not-linux");
	unit_problem(&unit_entry("e")->problems, "extlinux-unknown-value");
}

static void test_equal_labels(void **state)
{
	(void)state;
	put_extlinux("DEFAULT a more\nLABEL a\nLINUX /k\nLABEL a\nLINUX /i\n");
	discover();
	unit_assert_ids("a a#2 a more");
	unit_assert_default("a more", KA_REASON_CONFIGURED);
	assert_string_equal(unit_default()->cmdline, "BOOT_IMAGE=/k more");
}

static void test_unreadable_include(void **state)
{
	(void)state;
	put_extlinux("INCLUDE b.cfg\nDEFAULT a\nLABEL a\nLINUX /k\n");
	unit_puts("boot/extlinux/b.cfg", "DEFAULT b\n");
	assert_int_equal(chmod(unit_path("boot/extlinux/b.cfg"), 0), 0);
	unit_discover_as_nobody(&ka_backend_extlinux);
	unit_assert_undecided("'b.cfg' cannot be read");
}

static void test_limits(void **state)
{
	static char text[2 * EXT_ITEMS_LIMIT * 8];
	struct sys_config config;
	size_t len = 0;

	(void)state;
	put_extlinux("INCLUDE extlinux.conf\n");
	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ask_discover(&ka_backend_extlinux, unit_host, &unit_menu, NULL), -ELOOP);
	while (len + 16 < sizeof(text))
		len += (size_t)snprintf(text + len, 16, "label a\n");
	assert_int_equal(sys_config_parse(SYS_MENU, text, len, &config, NULL), -E2BIG);
}

/* --- machines with U-Boot */

static const char uboot[] = "default a\nlabel a\n\tlinux ../k\n\tappend x\n\tfdtdir /dtb\n";

static void put_board(const char *mounts)
{
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	unit_puts("proc/self/mountinfo", mounts);
	unit_puts("sys/firmware/devicetree/base/model", "a board");
	unit_puts("k", "kernel");
	unit_puts("i", "initrd");
}

static void test_uboot(void **state)
{
	(void)state;
	put_board(MOUNTS);
	unit_puts("extlinux/extlinux.conf", uboot);
	unit_puts("boot/extlinux/extlinux.conf", "");
	discover();
	unit_assert_default("a", KA_REASON_CONFIGURED);
	assert_string_equal(unit_default()->cmdline, "x");
	assert_string_equal(unit_default()->kernel, "/k");
	assert_string_equal(unit_menu.configuration, "/extlinux/extlinux.conf");
	assert_string_equal(unit_menu.dialect, "u-boot");
	unit_problem(&unit_default()->problems, "devicetree-kept");
}

/* Whether it is passed over is U-Boot's environment's to say; a label whose kernel is missing is, for sure. */
static void test_uboot_devicetree(void **state)
{
	(void)state;
	put_board(MOUNTS);
	unit_puts("extlinux/extlinux.conf", "label a\n\tlinux /gone\n\tappend x\n\tfdt /gone.dtb\n"
					    "label b\n\tlinux /k\n\tappend x\n\tfdt /b.dtb\n");
	discover();
	unit_assert_undecided("fdt_addr_r");
	unit_puts("b.dtb", "");
	discover();
	unit_assert_default("b", KA_REASON_FIRST);
}

/* A /boot of its own is a partition of its own. */
static void test_uboot_partitions(void **state)
{
	(void)state;
	put_board(MOUNTS_BOOT);
	unit_puts("boot/extlinux/extlinux.conf", uboot);
	unit_puts("boot/k", "kernel");
	discover();
	assert_string_equal(unit_default()->kernel, "/boot/k");
	unit_puts("extlinux/extlinux.conf", uboot);
	discover();
	unit_assert_undecided("two partitions");
}

static void test_uboot_script(void **state)
{
	(void)state;
	put_board(MOUNTS);
	unit_puts("boot/extlinux/extlinux.conf", uboot);
	unit_puts("boot/boot.scr", "");
	unit_puts("boot/k", "kernel");
	discover();
	unit_assert_undecided("/boot/boot.scr");
	unit_puts("proc/cmdline", "x\n");
	discover();
	unit_assert_default("a", KA_REASON_CONFIGURED);
	unit_problem(&unit_menu.problems, "extlinux-script");
}

static void test_uboot_refused(void **state)
{
	(void)state;
	put_board(MOUNTS);
	unit_puts("boot/extlinux/extlinux.conf",
		  "label a\nlinux /k\nappend x ${y}\nlabel b\nlinux /k\nlabel c\nlinux /k#1\n"
		  "append x\nlabel d\nlocalboot 1\nlabel e\nlinux /k\nappend initrd=/i\n"
		  "label f\nlinux /k\nappend x\nipappend 3\n");
	discover();
	unit_assert_ids("a b c d e f");
	unit_problem(&unit_entry("a")->problems, "extlinux-unknown-value");
	unit_problem(&unit_entry("b")->problems, "extlinux-unknown-value");
	unit_problem(&unit_entry("c")->problems, "not-linux");
	unit_problem(&unit_entry("d")->problems, "not-linux");
	unit_problem(&unit_entry("e")->problems, "extlinux-unknown-value");
	unit_problem(&unit_entry("f")->problems, "extlinux-unknown-value");
	unit_puts("boot/extlinux/extlinux.conf", "label a\nlinux /k\nsay hello\nappend x\n");
	discover();
	unit_assert_undecided("since 2025");
	unit_puts("boot/extlinux/extlinux.conf", "label a\nlinux /k\nappend\nlabel b\n");
	discover();
	unit_assert_undecided("gives all of it up");
}

/* What cli_simple_process_macros() makes: tests/oracle/uboot/cases has the same words. */
static void test_expand(void **state)
{
	static const struct {
		const char *text, *line, *unknown;
	} cases[] = {
		{ "a\\b \\\\c \\$d $e", "ab \\c $d $e", NULL },
		{ "'g ${h}' \"i j\" k\\'l", "g ${h} \"i j\" k'l", NULL },
		{ "$$m $ n\\", "$$m $ n", NULL },
		{ "a ${b} c", "a  c", "b" },
		{ "a $(b) c", "a  c", "b" },
		{ "a $${b}", "a $${b}", NULL },
		{ "a ${b c", "a ", NULL },
		{ "", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *unknown = NULL, *line = uboot_expand(cases[i].text, &unknown);

		assert_string_equal(line, cases[i].line);
		assert_string_equal(unknown ? unknown : "",
				    cases[i].unknown ? cases[i].unknown : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_machine_case(test_vector),
		unit_machine_case(test_version),
		unit_machine_case(test_plain),
		unit_machine_case(test_once),
		unit_machine_case(test_versions),
		unit_machine_case(test_places),
		unit_machine_case(test_two_installations),
		unit_machine_case(test_hidden_volume),
		unit_machine_case(test_efi),
		unit_machine_case(test_efi_unproven),
		unit_machine_case(test_not_linux),
		unit_machine_case(test_equal_labels),
		unit_machine_case(test_unreadable_include),
		unit_machine_case(test_limits),
		unit_machine_case(test_uboot),
		unit_machine_case(test_uboot_devicetree),
		unit_machine_case(test_uboot_partitions),
		unit_machine_case(test_uboot_script),
		unit_machine_case(test_uboot_refused),
		unit_machine_case(test_expand),
	};

	return cmocka_run_group_tests_name("extlinux", tests, NULL, NULL);
}
