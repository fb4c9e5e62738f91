// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB script from text to tree: units, tokens, words, options, numbers. The rules are those of
 * grub-core/script/yylex.l and parser.y; cases marked so are from GRUB's own tests/grub_script_*.in.
 */

#include "grub-unit.h"

#include "lang/number.h"
#include "lang/options.h"
#include "lang/script.h"
#include "state/table.h"

/* --- units: what a syntax error loses */

static void test_units(void **state)
{
	static const struct {
		const char *text;
		size_t n_units, n_errors;
	} cases[] = {
		{ "", 0, 0 },
		{ "a\nb\n", 2, 0 },
		{ "a; b\n", 1, 0 },
		{ "if a; then\nb\nfi\n", 1, 0 },
		{ "if a; then b; else c; fi\n", 1, 0 },
		{ "if a; then b; elif c; then d; else e; fi\n", 1, 0 },
		{ "for x in a b; do c; done\n", 1, 0 },
		{ "while a; do b; done\nuntil a; do b; done\n", 2, 0 },
		{ "menuentry a {\nb\n}\n", 1, 0 },
		{ "function f {\nb\n}\n", 1, 0 },
		{ "x 'a\nb' \"c\nd\"\n", 1, 0 },
		{ "x a\\\nb\n", 1, 0 },
		{ "p if then fi do done\n", 1, 0 }, /* grub_script_echo_keywords.in */
		{ "a #b {\n", 1, 0 },		    /* grub_script_comments.in */
		{ "a;\n", 1, 0 },		    /* grub_script_final_semicolon.in */
		{ "\n\n \n", 3, 0 },		    /* grub_script_blanklines.in */
		{ "}\na\n", 2, 1 },
		{ "a && b\nc\n", 2, 1 },
		{ "a ;; b\n", 1, 1 },
		{ "a $ b\n", 1, 1 },
		{ "a ${b\nc\n", 2, 1 },
		{ "a \"$-\"\n", 1, 1 },
		{ "a {\n}\n", 1, 1 },
		{ "if; then a; fi\n", 1, 1 },
		{ "if a; then b\n", 1, 1 },
		{ "if a b\n fi\n", 1, 1 },
		{ "if a; then b; done\n", 1, 1 },
		{ "then\n", 1, 1 },
		{ "for 1 in a; do b; done\n", 1, 1 },
		{ "for a b; do c; done\n", 1, 1 },
		{ "for a in b do\n", 1, 1 },
		{ "while a; b; done\n", 1, 1 },
		{ "while a; do b; fi\n", 1, 1 },
		{ "function 1 { a; }\n", 1, 1 },
		{ "function f a\n", 1, 1 },
		{ "function f { a }\n", 1, 1 },
		{ "function f { a; b\n", 1, 1 },
		{ "a { b; }}\n", 1, 1 },
		{ "a { b; c\n", 1, 1 },
		{ "x 'a\n", 1, 1 },
		{ "x a\\\n", 1, 1 },
		{ "[[ a ]]\n", 1, 1 },
		{ "case a in b\n", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct grub_scratch scratch = { .spare = NULL };
		struct grub_reader reader = { .text = cases[i].text,
					      .next = cases[i].text,
					      .line = 1,
					      .skip_comments = true,
					      .scratch = i % 2 ? &scratch : NULL };
		size_t n_units = 0, n_errors = 0;
		struct grub_unit unit;

		while (grub_parse_unit(&reader, &unit)) {
			n_units++;
			n_errors += unit.error != NULL;
			if (unit.error)
				assert_null(unit.nodes);
			grub_unit_done(&unit, reader.scratch);
		}
		if (n_units != cases[i].n_units || n_errors != cases[i].n_errors)
			fail_msg("%s: %zu units, %zu errors", cases[i].text, n_units, n_errors);
		grub_scratch_done(&scratch);
	}
}

static void test_nested_too_deeply(void **state)
{
	_cleanup_(ka_buf_done) struct ka_buf text = { 0 };
	struct grub_reader reader = { .line = 1 };
	struct grub_unit unit;

	(void)state;
	for (int i = 0; i < 101; i++)
		ka_buf_adds(&text, "a {");
	ka_buf_adds(&text, "b");
	for (int i = 0; i < 101; i++)
		ka_buf_adds(&text, "}");
	reader.text = reader.next = text.text;
	assert_true(grub_parse_unit(&reader, &unit));
	assert_string_equal(unit.error, "statements nested too deeply");
	grub_unit_done(&unit, NULL);

	text.len = 0;
	for (int i = 0; i < 101; i++)
		ka_buf_adds(&text, i ? "elif a; then b; " : "if a; then b; ");
	ka_buf_adds(&text, "fi\n");
	reader.text = reader.next = text.text;
	assert_true(grub_parse_unit(&reader, &unit));
	assert_string_equal(unit.error, "statements nested too deeply");
	grub_unit_done(&unit, NULL);
}

/* grub_file_getline() in lib/getline.c. */
static void test_clean_lines(void **state)
{
	char text[] = "a\rb\r\n\0x\nc\0d\ne";
	char last[] = "a\0b";

	(void)state;
	grub_clean_lines(text, sizeof(text) - 1);
	assert_string_equal(text, "ab\n\nc\ne");
	grub_clean_lines(last, sizeof(last) - 1);
	assert_string_equal(last, "a");
}

/* --- words, as commands get them */

static void test_words(void **state)
{
	static const struct {
		const char *script, *expected; /* of words that end up in the kernel's line */
	} cases[] = {
		{ "set a='x y'\nmenuentry M { linux /k1 $a \"$a\" z$a; }\n", "x y \"x y\" zx y" },
		{ "menuentry M { linux /k1 a'b'\"c\"\\d; }\n", "abcd" },
		{ "menuentry M { linux /k1 '' \"\" $u \"$u\" ${u}; }\n", "  " },
		{ "menuentry M { linux /k1 'a\\b' \"a\\b\\$\\\"\" ; }\n", "a\\\\b a\\\\b$\\\"" },
		{ "menuentry M { linux /k1 \"a\\\nb\"; }\n", "ab" },
		{ "menuentry M { linux /k1 $\"a b\" $\"\\$x\\\\\"; }\n", "\"a b\" $x\\\\" },
		{ "set x=1\nmenuentry M { linux /k1 $\"$x${x}$? $# \\\"$-\"; }\n",
		  "\"110 1 \\\"$-\"" },
		{ "menuentry 'T 1' P Q { linux /k1 $1 $2 $3 $4 $# \"$@\" \"$*\"; }\n",
		  "T 1 P Q 3 \"T 1\" P Q \"T 1 P Q\"" },
		/* grub_script_expansion.in: a value is never read again. */
		{ "set a='x;y{}\\\\z$b'\nmenuentry M { linux /k1 $a; }\n", "x;y{}\\\\\\\\z$b" },
		{ "eval 'set a=b'\nmenuentry M { linux /k1 $a; }\n",
		  "b" }, /* grub_script_eval.in */
		{ "f=a\nmenuentry M { $f=1; linux /k1 $a; }\n", "1" },
		{ "menuentry M { 1=x; a=; linux /k1 \"$a\"y; }\n", "y" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(grub_words(cases[i].script), cases[i].expected);
}

/* --- lib/arg.c */

static const struct grub_option table[] = {
	{ "all", 'a', 'a', GRUB_ARGUMENT_NONE },
	{ "must", 'm', 'm', GRUB_ARGUMENT_REQUIRED },
	{ "can", 'c', 'c', GRUB_ARGUMENT_OPTIONAL },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

static void test_options(void **state)
{
	static const struct {
		const char *line, *expected; /* options, then words; NULL: refused */
		bool dashes;
	} cases[] = {
		{ "x", "x", false },
		{ "-a x", "a x", false },
		{ "x -a y --all", "a a x y", false },
		{ "--must=1 x", "m=1 x", false },
		{ "--must 1 x", "m=1 x", false },
		{ "-m 1 x", "m=1 x", false },
		{ "-am 1", "a m=1", false },
		{ "-ma 1", NULL, false },
		{ "-m", NULL, false },
		{ "--must", NULL, false },
		{ "--must --all", NULL, false },
		{ "--all=1", NULL, false },
		{ "-c x", "c=x", false },
		{ "-c", "c", false },
		{ "-c -a", "c a", false },
		{ "--can -a", "c a", false },
		{ "--can=1", "c=1", false },
		{ "-z", NULL, false },
		{ "-z", "-z", true },
		{ "-az x", "-az x", true },
		{ "--zzz", NULL, false },
		{ "--zzz -a", "a --zzz", true },
		{ "-a -- -m x", "a -m x", false },
		{ "- x", "- x", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = ka_format("cmd %s", cases[i].line);
		_cleanup_(ka_buf_done) struct ka_buf got = { 0 };
		struct grub_options o;
		char *argv[16], *save;
		size_t argc = 0;
		int r;

		for (char *p = strtok_r(line, " ", &save); p; p = strtok_r(NULL, " ", &save))
			argv[argc++] = p;
		r = grub_options_parse(table, cases[i].dashes, argv, argc, &o);
		for (size_t k = 0; r == 0 && k < o.n; k++)
			ka_buf_addf(&got, "%s%c%s%s", got.len ? " " : "", o.items[k].letter,
				    o.items[k].value ? "=" : "",
				    o.items[k].value ? o.items[k].value : "");
		for (size_t k = 1; r == 0 && k <= o.n_words; k++)
			ka_buf_addf(&got, "%s%s", got.len ? " " : "", argv[k]);
		if (cases[i].expected)
			assert_string_equal(got.text ? got.text : "", cases[i].expected);
		else
			assert_int_equal(r, -EINVAL);
	}
}

static void test_too_many_options(void **state)
{
	char *argv[GRUB_OPTIONS_LIMIT + 2];
	struct grub_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(argv); i++)
		argv[i] = (char *)"-a";
	assert_int_equal(grub_options_parse(table, false, argv, ARRAY_SIZE(argv) - 1, &o), 0);
	assert_true(grub_option_given(&o, 'a'));
	assert_null(grub_option_value(&o, 'm'));
	assert_int_equal(grub_options_parse(table, false, argv, ARRAY_SIZE(argv), &o), -EINVAL);
}

/* grub_strtoull() in kern/misc.c, base 0. */
static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
		size_t used;
	} cases[] = {
		{ "0", 0, 1 },
		{ "12x", 12, 2 },
		{ " \t7", 7, 3 },
		{ "010", 8, 3 },
		{ "08", 8, 2 },
		{ "0x1F", 31, 4 },
		{ "x", 0, 0 },
		{ "", 0, 0 },
		{ "-1", 0, 0 },
		{ "18446744073709551615", UINT64_MAX, 20 },
		{ "99999999999999999999", UINT64_MAX, 20 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *end;

		assert_true(grub_number(cases[i].text, &end) == cases[i].value);
		assert_int_equal(end - cases[i].text, cases[i].used);
	}
}

/* Many more names than the first table has room for. */
static void test_table(void **state)
{
	struct item {
		struct grub_table_item item;
		char name[16];
	} *items = ka_calloc(5000, sizeof(*items));
	struct grub_table t = { NULL };
	size_t n = 0;

	(void)state;
	assert_null(grub_table_find(&t, "x"));
	assert_null(grub_table_take(&t, "x"));
	for (size_t i = 0; i < 5000; i++) {
		snprintf(items[i].name, sizeof(items[i].name), "v%zu", i);
		items[i].item.name = items[i].name;
		grub_table_add(&t, &items[i].item);
	}
	for (size_t i = 0; i < 5000; i++)
		assert_ptr_equal(grub_table_find(&t, items[i].name), &items[i]);
	assert_ptr_equal(grub_table_take(&t, "v17"), &items[17]);
	assert_null(grub_table_find(&t, "v17"));
	grub_table_for_each(&t, item) n += *item->name == 'v';
	assert_int_equal(n, 4999);
	for (n = 0; grub_table_take_any(&t); n++)
		;
	assert_int_equal(n, 4999);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),	    cmocka_unit_test(test_nested_too_deeply),
		cmocka_unit_test(test_clean_lines), grub_case(test_words),
		cmocka_unit_test(test_options),	    cmocka_unit_test(test_too_many_options),
		cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("grub-lang", tests, NULL, NULL);
}
