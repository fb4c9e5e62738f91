// SPDX-License-Identifier: GPL-2.0-or-later
/* Strings, lists, numbers, and the words of a command line. */

#include "unit.h"

#include "output/utf8.h"

#include <kexec-any/text.h>

#include <errno.h>

static void test_buf(void **state)
{
	struct ka_buf buf = { 0 };
	char *text;

	(void)state;
	ka_buf_adds(&buf, "a");
	ka_buf_addf(&buf, "%d-%s", 42, "z");
	assert_string_equal(buf.text, "a42-z");
	assert_int_equal(buf.len, 5);
	text = ka_buf_take(&buf);
	assert_string_equal(text, "a42-z");
	assert_null(buf.text);
	free(text);

	text = ka_buf_take(&buf);
	assert_string_equal(text, "");
	free(text);
}

static void test_lines(void **state)
{
	char text[] = "one\r\ntwo\n\nlast";
	char *cursor = text;

	(void)state;
	assert_string_equal(ka_next_line(&cursor), "one");
	assert_string_equal(ka_next_line(&cursor), "two");
	assert_string_equal(ka_next_line(&cursor), "");
	assert_string_equal(ka_next_line(&cursor), "last");
	assert_null(ka_next_line(&cursor));
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 10, 0, 0 },
		{ "10", 10, 0, 10 },
		{ "11", 10, -ERANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ "1x", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		assert_int_equal(ka_parse_u64(cases[i].text, cases[i].max, &value), cases[i].r);
		assert_int_equal(value, cases[i].value);
	}
}

/* Words as next_arg() of lib/cmdline.c splits them. */
static void test_words(void **state)
{
	const char *cursor = "  a=1 b=\"x y\"z \"c=d e\"\tf\n";
	static const char *const expected[] = { "a=1", "b=\"x y\"z", "\"c=d e\"", "f" };
	struct ka_word word;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(ka_cmdline_next(&cursor, &word));
		assert_int_equal(word.len, strlen(expected[i]));
		assert_memory_equal(word.text, expected[i], word.len);
	}
	assert_false(ka_cmdline_next(&cursor, &word));
}

static void test_get(void **state)
{
	static const struct {
		const char *cmdline, *key, *value;
	} cases[] = {
		{ "root=/dev/a ro root=/dev/b", "root", "/dev/b" },
		{ "rootflags=x", "root", NULL },
		{ "ro", "ro", NULL },
		{ "a=", "a", "" },
		{ "a=\"b c\"", "a", "b c" },
		{ "\"a=b c\"", "a", "b c" },
		{ "x=a=b", "x", "a=b" },
		{ "", "a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *value = NULL;
		int r = ka_cmdline_get(cases[i].cmdline, cases[i].key, &value);

		assert_int_equal(r, cases[i].value ? 1 : 0);
		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		free(value);
	}
}

/* All that is not taken out stays to the byte, double blanks and quotes included. */
static void test_reusable(void **state)
{
	static const struct {
		const char *running, *expected;
	} cases[] = {
		{ "BOOT_IMAGE=/vmlinuz root=/dev/a ro  quiet\n", "root=/dev/a ro  quiet" },
		{ "root=/dev/a initrd=\\a.img initrd=\\b.img ro", "root=/dev/a ro" },
		{ "ro systemd.machine_id=0123", "ro" },
		{ "x=\"BOOT_IMAGE=1 2\" ro", "x=\"BOOT_IMAGE=1 2\" ro" },
		{ "noinitrd rd.initrd=1", "noinitrd rd.initrd=1" },
		{ "initrd=\\a", "" },
		{ "a initrd=\\a  b", "a  b" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = ka_cmdline_reusable(cases[i].running);

		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

/* Unicode 15.0, table 3-7 "Well-Formed UTF-8 Byte Sequences": the first and the last of each row, and what is
 * beside them. */
static void test_utf8(void **state)
{
	static const struct {
		const char *text;
		size_t length; /* 0: ill-formed */
	} cases[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\x80", 0 },
		{ "\xbf\xbf", 0 },
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xc2\x80", 2 },
		{ "\xc2\x7f", 0 },
		{ "\xc2\xc0", 0 },
		{ "\xc2", 0 },
		{ "\xdf\xbf", 2 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xe0\xa0\x80", 3 },
		{ "\xe0\xbf\xbf", 3 },
		{ "\xe0\xa0\xc0", 0 },
		{ "\xe1\x80\x80", 3 },
		{ "\xe1\x7f\x80", 0 },
		{ "\xec\xbf\xbf", 3 },
		{ "\xec\xbf", 0 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 0 }, /* a surrogate */
		{ "\xee\x80\x80", 3 },
		{ "\xef\xbf\xbf", 3 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf0\x90\x80\x7f", 0 },
		{ "\xf1\x80\x80\x80", 4 },
		{ "\xf3\xbf\xbf\xbf", 4 },
		{ "\xf3\xbf\xbf", 0 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 0 }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ka_utf8_length(cases[i].text) != cases[i].length)
			fail_msg("case %zu has %zu bytes", i, ka_utf8_length(cases[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),	 cmocka_unit_test(test_buf),
		cmocka_unit_test(test_lines),	 cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),	 cmocka_unit_test(test_get),
		cmocka_unit_test(test_reusable),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
