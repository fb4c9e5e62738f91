// SPDX-License-Identifier: GPL-2.0-or-later
/* systemd-boot's texts. Expected values: UAPI.1 and UAPI.10, systemd's own test-bootspec.c,
 * test-efi-string.c and boot.c. The order of menus is asked of bootctl (tests/oracle/lib/Bls.pm). */

#include "unit.h"

#include "bls.h"

#include <kexec-any/text.h>

static const struct bls_dialect old = { .version = { 252, 39 } },
				newest = { .version = { BLS_NEWEST, 0 } };

static struct bls_type1 parse(const struct bls_dialect *dialect, const char *text)
{
	const struct bls_reading by = { .dialect = dialect, .arch = "x64" };
	struct bls_type1 e;

	bls_type1_parse(text, &by, &e);
	return e;
}

static void test_entry(void **state)
{
	struct bls_type1 e;

	(void)state;
	e = parse(&newest, "title\tFedora 19\n"
			   "  version   3.8.2-101.fc19 \r\n"
			   "# a comment\n"
			   "\n"
			   "machine-id 4098b3f648d74c13b1f04ccfba7798e8\n"
			   "sort-key fedora\n"
			   "options  root=UUID=6d3376e4-fc93-4509-95ec-a21d68011da2 quiet\n"
			   "options rw\n"
			   "linux \\6a9857a3\\\\linux\n"
			   "initrd /ucode.img\n"
			   "initrd /with blank.img\n"
			   "unknown key\n"
			   "keyonly\n"
			   "title \"Quoted\"\n");
	assert_null(e.hidden);
	assert_int_equal(e.kind, BLS_LINUX);
	assert_string_equal(e.title, "Quoted");
	assert_string_equal(e.version, "3.8.2-101.fc19");
	assert_string_equal(e.machine_id, "4098b3f648d74c13b1f04ccfba7798e8");
	assert_string_equal(e.sort_key, "fedora");
	assert_string_equal(e.options, "root=UUID=6d3376e4-fc93-4509-95ec-a21d68011da2 quiet rw");
	assert_string_equal(e.loader, "/6a9857a3/linux");
	assert_string_equal(e.initrds[0], "/ucode.img");
	assert_string_equal(e.initrds[1], "/with blank.img");
	assert_null(e.initrds[2]);
	bls_type1_done(&e);
}

static void test_hidden(void **state)
{
	static const struct {
		const char *text;
		bool hidden, hidden_old;
	} cases[] = {
		{ "linux /k\n", false, false },
		{ "title nothing to start\n", true, true },
		{ "linux /k\nlinux /other\n", false, false },
		{ "linux /k\nefi /p.efi\n", true, false }, /* once the last one counted */
		{ "uki /u.efi\n", false, true },	   /* systemd#39886 */
		{ "linux /k\narchitecture x64\n", false, false },
		{ "linux /k\narchitecture X64\n", false, false },
		{ "architecture aa64\nlinux /k\n", true, true },
		{ "linux /k\nuki /u.efi\n", true, false },
		{ "linux\n", true, true },
		{ "", true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bls_type1 a = parse(&newest, cases[i].text), b = parse(&old, cases[i].text);

		assert_int_equal(a.hidden != NULL, cases[i].hidden);
		assert_int_equal(b.hidden != NULL, cases[i].hidden_old);
		bls_type1_done(&a);
		bls_type1_done(&b);
	}
}

static void test_tries(void **state)
{
	/* left -1: no counter */
	static const struct {
		const char *name, *suffix;
		int left, done;
		size_t prefix;
	} cases[] = {
		{ "foo+33-107.efi", ".efi", 33, 107, 3 },
		{ "foo+007-000008.conf", ".conf", 7, 8, 3 },
		{ "foo+3.CONF", ".conf", 3, 0, 3 },
		{ "foo+.conf", ".conf", -1, 0, 0 },
		{ "abc+0x4.conf", ".conf", -1, 0, 0 },
		{ "a+1-2..", ".", -1, 0, 0 },
		{ "foo-1.conf", ".conf", -1, 0, 0 },
		{ "some+name+24324-22.efi", ".efi", 24324, 22, 9 },
		{ "sels+2-3+7-6.", ".", 7, 6, 8 },
		{ "+1-7.", ".", 1, 7, 0 },
		{ "foo+2147483647.conf", ".conf", 2147483647, 0, 3 },
		{ "foo+2147483648.conf", ".conf", -1, 0, 0 },
		{ "foo+1-.conf", ".conf", -1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int left = -1, done = 0;
		size_t prefix = 0;

		assert_int_equal(bls_parse_tries(&newest, cases[i].name, cases[i].suffix, &left,
						 &done, &prefix),
				 cases[i].left >= 0);
		assert_int_equal(left, cases[i].left);
		assert_int_equal(done, cases[i].done);
		assert_int_equal(prefix, cases[i].prefix);
	}
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "", "", true },
		{ "abc", "abc", true },
		{ "abc", "abcd", false },
		{ "aBc", "abc", false },
		{ "b", "a", false },
		{ "*", "", true },
		{ "*", "123", true },
		{ "a?c", "abc", true },
		{ "a?", "a", false },
		{ "*.conf", "x.conf.conf", true },
		{ "a*b*c", "axxbyyc", true },
		{ "a*b*c", "axxbyy", false },
		{ "**a", "a", true },
		{ "\\*a\\*", "*a*", true },
		{ "\\*a", "xa", false },
		{ "[abc]x", "bx", true },
		{ "[a-c]x", "bx", true },
		{ "[a-c]x", "ax", true },
		{ "[a-c]x", "cx", true },
		{ "[a-c]x", "dx", false },
		{ "[!a]", "!", true }, /* no negation here */
		{ "[!a]", "b", false },
		{ "[]a]", "]", true },
		{ "[-a]", "-", true },
		{ "[a-c-f]", "-", true }, /* ranges cannot be chained */
		{ "[a-c-f]", "e", false },
		{ "[abc", "a", false },
		{ "debian-?.conf", "debian-1.conf", true },
		{ "arch-[0-9]*.conf", "arch-6.1.conf", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (bls_match(cases[i].pattern, cases[i].text, true) != cases[i].matches)
			fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].text);
}

/* The examples of UAPI.10, "Version Format Specification". */
static void test_version_examples(void **state)
{
	static const struct {
		const char *a, *b;
		int expected;
	} cases[] = {
		{ "11", "11", 0 },
		{ "systemd-123", "systemd-123", 0 },
		{ "bar-123", "foo-123", -1 },
		{ "123a", "123", 1 },
		{ "123.a", "123", 1 },
		{ "123.a", "123.b", -1 },
		{ "123a", "123.a", 1 },
		{ "11\xce\xb1", "11\xce\xb2", 0 },
		{ "A", "a", -1 },
		{ "", "0", -1 },
		{ "0.", "0", 1 },
		{ "0.0", "0", 1 },
		{ "0", "~", 1 },
		{ "", "~", 1 },
		{ "1_", "1", 0 },
		{ "_1", "1", 0 },
		{ "1_", "1.2", -1 },
		{ "1_2_3", "1.3.3", 1 },
		{ "1+", "1", 0 },
		{ "+1", "1", 0 },
		{ "1+", "1.2", -1 },
		{ "1+2+3", "1.3.3", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int c = bls_compare_versions(cases[i].a, cases[i].b);

		if ((c > 0) - (c < 0) != cases[i].expected)
			fail_msg("'%s' against '%s': %d", cases[i].a, cases[i].b, c);
	}
}

/* The ascending lists of systemd's test-string-util.c, strverscmp_improved. */
static void test_version_order(void **state)
{
	static const char *const sorted[] = {
		"~1",	      NULL,	 "ab",	    "abb",	"abc",	   "0001",
		"002",	      "12",	 "122",	    "122.9",	"123~rc1", "123",
		"123-a",      "123-a.1", "123-a1",  "123-a1.1", "123-3",   "123-3.1",
		"123^patch1", "123^1",	 "123.a-1", "123.1-1",	"123a-1",  "124",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			int c = bls_compare_versions(sorted[i], sorted[k]);

			if ((c > 0) - (c < 0) != (i > k) - (i < k))
				fail_msg("'%s' against '%s': %d", sorted[i], sorted[k], c);
		}
	assert_int_equal(bls_compare_versions("123_aa2-67.89", "123aa+2-67.89"), 0);
	assert_true(bls_compare_versions("123..0", "123.0") < 0);
}

static void test_config(void **state)
{
	struct bls_config c;

	(void)state;
	bls_config_parse("timeout 3\n"
			 "default\tArch-*.conf  \n"
			 "preferred @other\n"
			 "auto-firmware no\n"
			 "auto-entries maybe\n"
			 "auto-reboot 1\n",
			 &newest, &c);
	assert_string_equal(c.default_pattern, "arch-*.conf");
	assert_null(c.preferred_pattern);
	assert_string_equal(c.timeout, "3");
	assert_false(c.auto_firmware);
	assert_true(c.auto_entries);
	assert_true(c.auto_reboot);
	assert_false(c.auto_poweroff);
	bls_config_done(&c);

	bls_config_parse("default @SAVED\ndefault x\ndefault @none\n", &newest, &c);
	assert_string_equal(c.default_pattern, "x");
	bls_config_done(&c);
}

static void test_boot_option(void **state)
{
	/* Active; "U"; \EFI\Linux\a.efi in two nodes; options "a b". */
	static const uint8_t bytes[] = {
		1,   0, 0, 0, 36, 0, 'U',  0,	 0,    0, 4,   4, 12,  0, '\\', 0, 'E', 0,
		0,   0, 0, 0, 4,  4, 20,   0,	 '\\', 0, 'a', 0, '.', 0, 'e',	0, 'f', 0,
		'i', 0, 0, 0, 0,  0, 0x7f, 0xff, 4,    0, 'a', 0, ' ', 0, 'b',	0, 0,	0,
	};
	struct ka_boot_option option;

	(void)state;
	assert_int_equal(ka_boot_option_parse(bytes, sizeof(bytes), &option), 1);
	assert_true(option.is_active);
	assert_string_equal(option.description, "U");
	assert_string_equal(option.path, "/E/a.efi");
	assert_string_equal(option.options, "a b");
	ka_boot_option_done(&option);
	/* Lengths that lead out of it. */
	assert_int_equal(ka_boot_option_parse(bytes, 5, &option), 0);
	assert_int_equal(ka_boot_option_parse(bytes, 20, &option), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_tries),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_version_examples),
		cmocka_unit_test(test_version_order),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_boot_option),
	};

	return cmocka_run_group_tests_name("bls", tests, NULL, NULL);
}
