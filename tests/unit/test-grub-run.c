// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB script as it runs. What is expected is what GRUB's sources do (script/execute.c, commands/test.c,
 * commands/regexp.c); the large body of answers of the real program is in tests/oracle.
 */

#include "grub-unit.h"

#include "run/regexp.h"
#include "run/wildcard.h"

/* "cmd" of each row in a menu whose default has $r in its kernel's line. */
static const char *result_of(const char *script)
{
	_cleanup_free_ char *config = ka_format("%s\nmenuentry A { linux /k1 $r; }\n", script);

	return grub_words(config);
}

static void test_test(void **state)
{
	static const struct {
		const char *words, *expected; /* "1" true */
	} cases[] = {
		{ "", "1" },
		{ "x", "1" },
		{ "''", "0" },
		{ "a = a", "1" },
		{ "a == b", "0" },
		{ "a != b", "1" },
		{ "a '<' b", "1" },
		{ "b '<=' a", "0" },
		{ "b '>' a", "1" },
		{ "a '>=' b", "0" },
		{ "1 -eq 01", "1" },
		{ "2 -ge 3", "0" },
		{ "3 -gt 2", "1" },
		{ "3 -le 2", "0" },
		{ "1 -lt 2", "1" },
		{ "1 -ne 1", "0" },
		{ "k9 -plt k10", "1" },
		{ "k9 -pgt k10", "0" },
		{ "v1.2 -plt v1.10", "1" },
		{ "-n x", "1" },
		{ "-z x", "0" },
		{ "-z ''", "1" },
		{ "-n ''", "0" },
		{ "! a = b", "1" },
		{ "! ! x", "1" },
		{ "a = a -a b = c", "0" },
		{ "a = b -o c = c", "1" },
		{ "a = a -o b = c", "1" },
		{ "a = a -o b = c -a d = e", "1" },
		{ "( a = b -o c = c )", "1" },
		{ "( a = b ) -o ( x )", "1" },
		{ "-f /k1", "1" },
		{ "-f /nope", "0" },
		{ "-d /d", "1" },
		{ "-d /k1", "0" },
		{ "-f /d", "0" },
		{ "-e /d", "1" },
		{ "-s /k1", "1" },
		{ "-s /empty", "0" },
		{ "-d ''", "1" },
		{ "-d ($root)", "1" },
		{ "/new -nt /old", "1" },
		{ "/old -nt /new", "0" },
		{ "/old -ot /new", "1" },
		{ "/old -nt100000 /new", "1" },
		{ "/new -ot-100000 /old", "1" },
		{ "/new -nt /nope", "1" },
		{ "/nope -nt /new", "0" },
		{ "/nope -ot /new", "1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *script =
			ka_format("if [ %s ]; then r=1; else r=0; fi", cases[i].words);
		struct timespec old[] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
		struct timespec new[] = { { .tv_sec = 1050000 }, { .tv_sec = 1050000 } };

		unit_puts("d/x", "");
		unit_puts("empty", "");
		unit_puts("old", "x");
		unit_puts("new", "x");
		utimensat(AT_FDCWD, unit_path("old"), old, 0);
		utimensat(AT_FDCWD, unit_path("new"), new, 0);
		if (!ka_streq(result_of(script), cases[i].expected))
			fail_msg("[ %s ]", cases[i].words);
	}
}

/* More than 100 open parentheses are not followed (MAX_TEST_RECURSION_DEPTH). */
static void test_deep_parentheses(void **state)
{
	_cleanup_(ka_buf_done) struct ka_buf script = { 0 };

	(void)state;
	ka_buf_adds(&script, "if [ ");
	for (int i = 0; i < 5000; i++)
		ka_buf_adds(&script, "( ");
	ka_buf_adds(&script, "a = a ]; then r=1; else r=0; fi");
	assert_string_equal(result_of(script.text), "1");
}

static void test_flow(void **state)
{
	static const struct {
		const char *script, *expected;
	} cases[] = {
		{ "for x in a b c; do r=$r$x; done", "abc" },
		{ "for x in a b c; do if [ $x = b ]; then continue; fi; r=$r$x; done", "ac" },
		{ "for x in a b c; do if [ $x = b ]; then break; fi; r=$r$x; done", "a" },
		{ "for x in a b; do for y in 1 2; do r=$r$x$y; break 2; done; done", "a1" },
		{ "for x in a b; do for y in 1 2; do r=$r$x$y; continue 2; done; done", "a1b1" },
		{ "while [ x$r != xaaa ]; do r=${r}a; done", "aaa" },
		{ "until [ x$r = xaa ]; do r=${r}a; done", "aa" },
		{ "while true; do r=${r}a; if [ $r = aaa ]; then break; fi; done", "aaa" },
		{ "for x in a; do break 0; done; r=$?", "18" },
		{ "break 0; r=$?", "18" },
		{ "break x; r=$?", "10" },
		{ "break 1 2; r=$?", "18" },
		{ "function f { r=$1$#; shift; r=$r$1$#; return 3; }\nf a b; r=$r$?", "a2b13" },
		{ "function f { setparams x 'y z'; r=\"$2-$#\"; }\nf", "y z-2" },
		{ "function f { shift 5; r=$?; }\nf a", "18" },
		{ "function f { shift a; r=$?; }\nf a", "18" },
		{ "function f { false; return; }\nf; r=$?", "1" },
		{ "function f { return x; }\nf; r=$?", "10" },
		{ "function f { r=1; }\nfunction f { r=2; }\nf", "2" },
		{ "return; r=$?", "18" },
		{ "setparams a; r=$?", "17" },
		{ "shift; r=$?", "0" },
		{ "if false; then r=1; fi; r=$r$?", "0" },
		{ "! true; r=$?", "1" },
		{ "! false; r=$?", "0" },
		{ "!; r=$?", "18" },
		{ "set x; r=$?", "18" },
		{ "set; r=$?", "0" },
		{ "unset; r=$?", "18" },
		{ "export; r=$?", "18" },
		{ "insmod; r=$?", "18" },
		{ "source; r=$?", "18" },
		{ "configfile; r=$?", "18" },
		{ "extract_entries_source; r=$?", "18" },
		{ "r=1; unset r", "" },
		{ "unset root; r=x$root", "x" },
		{ "root=(x); unset root; r=x$root", "x" },
		{ "cpuid -l; r=$?", "0" },
		{ "cryptomount -a; r=$?", "0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!ka_streq(result_of(cases[i].script), cases[i].expected))
			fail_msg("%s: %s", cases[i].script, result_of(cases[i].script));
}

/* Red Hat's commands/increment.c: grub_strtol(), then a long that wraps. */
static void test_increment(void **state)
{
	static const struct {
		const char *script, *expected;
	} cases[] = {
		{ "a=1; increment a; r=$a$?", "20" },
		{ "a=-1; decrement a; r=$a", "-2" },
		{ "a=9223372036854775807; increment a; r=$a", "-9223372036854775808" },
		{ "a=-9223372036854775808; decrement a; r=$a", "9223372036854775807" },
		{ "a=9223372036854775808; increment a; r=$?$a", "119223372036854775808" },
		{ "a=x; increment a; r=$?", "10" },
		{ "increment a; r=$?", "5" },
		{ "increment; r=$?", "18" },
	};

	(void)state;
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(result_of(cases[i].script), cases[i].expected);
}

static void test_regexp(void **state)
{
	static const struct {
		const char *script, *expected;
	} cases[] = {
		{ "regexp a.c abc; r=$?", "0" },	{ "regexp ^b abc; r=$?", "1" },
		{ "regexp --set=r '(b+)' abbc", "bb" }, { "regexp -s 2:r '(a)(b)' ab", "b" },
		{ "r=x; regexp -s 7:r '(a)' a", "" },	{ "regexp -s x:r '(a)' a; r=$?", "18" },
		{ "regexp '(' x; r=$?", "1" },		{ "regexp a; r=$?", "18" },
		{ "regexp '(a)\\1' aa; r=$?", "0" },	{ "regexp '^.$' '\xc3\xa9'; r=$?", "0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!ka_streq(result_of(cases[i].script), cases[i].expected))
			fail_msg("%s", cases[i].script);
}

static char *repeated(const char *text, size_t n)
{
	struct ka_buf buf = { 0 };

	for (size_t i = 0; i < n; i++)
		ka_buf_adds(&buf, text);
	return ka_buf_take(&buf);
}

/* What could cost gigabytes or hours is not tried. */
static void test_regexp_cost(void **state)
{
	_cleanup_free_ char *open = repeated("(", 20000), *deep = repeated("(", 33);
	_cleanup_free_ char *plus = repeated("a+++", 250), *text = repeated("a", 1024);
	_cleanup_free_ char *alternatives = repeated("a|", 400);
	const char *const too_much[] = {
		"((a{1,255}){1,255}){1,255}",
		"(.*)(.*)\\1\\2",
		"(a{30}){40}",
		"a{99999999}",
		"(((((((((((a+)+)+)+)+)+)+)+)+)+)+)",
		"(a{1000,})",
	};
	const char *const fine[] = {
		"a*",  "((a))",	 "[]()+*]", "[[:alpha:]()]+",	"a{,3}",    "x{",
		"a{2", "\\(\\)", "[",	    "(.*),gpt([0-9]+)", "^(a|b)?$", "\\"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(too_much); i++)
		assert_int_equal(grub_regexp_cost(too_much[i], text), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert_true(grub_regexp_cost(fine[i], text) >= 1024);
	assert_int_equal(grub_regexp_cost(open, "a"), 0);
	assert_int_equal(grub_regexp_cost(deep, "a"), 0);
	assert_int_equal(grub_regexp_cost(plus, "a"), 0);
	assert_true(grub_regexp_cost(alternatives, "a") > 0);
	assert_int_equal(grub_regexp_cost("(a)\\1", text), 0);
	assert_true(grub_regexp_cost("(a)\\1", "aaaa") > 0);
	assert_true(grub_regexp_cost("a", text) > 0);
	text[1023] = 'b';
	assert_int_equal(grub_regexp_cost(text, open), 0);
}

/* Its answer is then a question, and what depends on it is undecided. */
static void test_regexp_too_far(void **state)
{
	(void)state;
	grub_discover("if regexp '((a{1,255}){1,255}){1,255}' aaa; then default=1; fi\n"
		      "menuentry A { linux /k1; }\nmenuentry B { linux /k2; }\n");
	assert_non_null(strstr(grub_menu.undecided, "beyond kexec-any's limits"));
	assert_true(ka_findings_have(&grub_menu.problems, KA_ID_GRUB_LIMIT));
	grub_discover("regexp --set=x '(.*)(.*)\\1\\2' aaa\nmenuentry A { linux /k1 $x; }\n");
	assert_non_null(grub_menu.undecided);
}

static void test_wildcard_match(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{ "*", "", true },
		{ "*", ".x", true },
		{ "a*", "abc", true },
		{ "a*c", "abcbc", true },
		{ "a*c", "abcb", false },
		{ "?", "a", true },
		{ "?", "", false },
		{ "?", "\xc3\xa9", true },
		{ "??", "\xc3\xa9", false },
		{ "?", "\xc3", true },
		{ "[a]", "a", false },
		{ "[a]", "[a]", true },
		{ "\\*", "*", true },
		{ "\\*", "a", false },
		{ "^a", "a", true },
		{ "a^", "a^", false },
		{ "a$", "a", true },
		{ "a$b", "a$b", false },
		{ "*a*b*", "xxaxxbxx", true },
		{ "*\xe2\x82\xac", "x\xe2\x82\xac", true },
		{ "a.b", "axb", false },
	};
	_cleanup_free_ char *stars = repeated("*a", 100), *name = repeated("a", 250);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (grub_wildcard_match(cases[i].pattern, strlen(cases[i].pattern),
					cases[i].name) != cases[i].matches)
			fail_msg("%s against %s", cases[i].pattern, cases[i].name);
	assert_true(grub_wildcard_match(stars, strlen(stars), name));
	name[249] = 'b';
	assert_false(grub_wildcard_match(stars, strlen(stars), name));
}

/* Which devices there are only the firmware knows. */
static void test_device_wildcards(void **state)
{
	(void)state;
	assert_string_equal(result_of("for d in (*); do r=$d; done"), "(*)");
	grub_discover("insmod regexp\nfor d in *; do if [ -f ($d)/x ]; then default=1; fi; done\n"
		      "menuentry A { linux /k1; }\nmenuentry B { linux /k2; }\n");
	assert_non_null(grub_menu.undecided);
	assert_string_equal(result_of(
				    "insmod regexp\nfor f in /k[12] /b*/g*/*.cfg; do r=$r$f; done"),
			    "/k[12]/boot/grub/grub.cfg");
}

/* What cannot be known is asked; what does not matter is not undecided. */
static void test_questions(void **state)
{
	static const char menu[] = "menuentry A { linux /k1; }\nmenuentry B { linux /k2; }\n";
	static const char *const matters[] = {
		"if keystatus --shift; then default=1; fi\n",
		"smbios --type 1 --set x; if [ $x = a ]; then default=1; fi\n",
		"read x; if [ -n $x ]; then default=1; fi\n",
		"gptprio.next -d x -u y; if regexp a $x; then default=1; fi\n",
		"cmostest 1:2 || true\nif cmostest 1:2; then default=1; fi\n",
		"probe --set=x -d $root; if [ $x = a ]; then default=1; fi\n",
		"probe --set=x -d $root; if [ $x ]; then default=1; fi\n",
		"if [ -f (hd7)/x ]; then default=1; fi\n",
		"read default\n",
		"if fwsetup --is-supported; then default=1; fi\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(matters); i++) {
		_cleanup_free_ char *config = ka_format("%s%s", matters[i], menu);

		grub_discover(config);
		if (!grub_menu.undecided)
			fail_msg("%s", matters[i]);
		assert_int_equal(grub_menu.default_index, -1);
	}
	grub_discover("if keystatus; then x=1; fi\nmenuentry A { linux /k1; }\n");
	assert_null(grub_menu.undecided);
	assert_int_equal(grub_menu.default_index, 0);
}

/* A question inside of the entry that boots decides too: what it loads is compared as it is run. */
static void test_question_in_the_default(void **state)
{
	(void)state;
	grub_discover("menuentry A { if keystatus; then linux /k1; else linux /k2; fi; }\n");
	assert_non_null(strstr(grub_menu.undecided, "keystatus"));
	grub_discover("menuentry A { linux /k1; if keystatus; then initrd /i1; fi; }\n");
	assert_non_null(grub_menu.undecided);
	grub_discover("menuentry A { if keystatus; then x=1; fi; linux /k1; }\n");
	assert_null(grub_menu.undecided);
}

static void test_too_many_ways(void **state)
{
	_cleanup_free_ char *questions = repeated("if keystatus; then x=1; fi\n", 40);
	_cleanup_free_ char *config = ka_format("%smenuentry A { linux /k1; }\n", questions);

	(void)state;
	grub_discover(config);
	assert_non_null(strstr(grub_menu.undecided, "more than 64 ways"));
}

/* All ways together have the limits of one run. */
static void test_ways_that_go_too_far(void **state)
{
	_cleanup_free_ char *words = repeated("w ", 60000);
	_cleanup_free_ char *config = ka_format("if keystatus; then x=1; fi\n"
						"if keystatus; then y=1; fi\n"
						"if keystatus; then z=1; fi\n"
						"if keystatus; then u=1; fi\n"
						"for i in %s; do x=$i; done\n"
						"menuentry A { linux /k1; }\n",
						words);

	(void)state;
	grub_discover(config);
	assert_non_null(strstr(grub_menu.undecided, "goes too far"));
}

/* A configuration that has no end, or is larger than any: a clear limit. */
static void test_limits(void **state)
{
	static const char *const endless[] = {
		"while true; do true; done\n",
		"while true; do [ -f /k1 ]; done\n",
		"while true; do regexp a b; done\n",
		"while true; do search --file /k1; done\n",
		"x=aaaaaaaaaa\nwhile true; do x=$x$x; done\n",
		"source /boot/grub/grub.cfg\n",
		"while true; do eval 'function f { true; }'; done\n",
		"x='eval $x'\neval $x\nwhile true; do a=b; done\n",
	};
	struct ka_error err = KA_ERROR_INIT;

	(void)state;
	/* A million steps each: under valgrind the first and the last have to do. */
	for (size_t i = 0; i < ARRAY_SIZE(endless); i += unit_is_wrapped() ? 7 : 1) {
		unit_puts("k1", "x");
		unit_puts("boot/grub/grub.cfg", endless[i]);
		grub_look_again();
		assert_int_equal(ask_discover(&ka_backend_grub, grub_host, &grub_menu, &err),
				 -E2BIG);
		if (!err.text || !strstr(err.text, "kexec-any does not go on"))
			fail_msg("%s: %s", endless[i], err.text);
	}
	ka_error_done(&err);
}

/* In linear time: halving the room for words would make these take minutes. */
static void test_long_lines(void **state)
{
	_cleanup_free_ char *words = repeated("a=b ", 500000), *few = repeated("a=b ", 60000);
	_cleanup_free_ char *line = ka_format("nosuch %s\n", few);
	_cleanup_free_ char *variables = NULL;
	_cleanup_(ka_buf_done) struct ka_buf many = { 0 };
	struct ka_error err = KA_ERROR_INIT;

	(void)state;
	assert_string_equal(result_of(line), "");
	for (int i = 0; i < 100000; i++)
		ka_buf_addf(&many, "export v%d\n", i);
	ka_buf_adds(&many, "v99999=x; r=$v99999");
	assert_string_equal(result_of(many.text), "x");

	variables = ka_format("nosuch %s\n", words);
	unit_puts("boot/grub/grub.cfg", variables);
	grub_look_again();
	assert_int_equal(ask_discover(&ka_backend_grub, grub_host, &grub_menu, &err), -E2BIG);
	assert_non_null(strstr(err.text, "a command of more than 65536 words"));
	ka_error_done(&err);
}

/* What extract_entries_source does to variables is gone with it, however often it changed them. */
static void test_extract(void **state)
{
	(void)state;
	unit_puts("m.cfg", "a=2; a=3; unset b; c=1; unset c; set d=1\nmenuentry M { linux /k2; }\n"
			   "linux /k3\n");
	assert_string_equal(
		result_of("a=1; b=1\nextract_entries_source /m.cfg\nr=$a$b$c$d; default=1"), "11");
	assert_int_equal(grub_menu.n_entries, 2);
}

/* --- hwmatch (hwmatch.c of Debian's gfxpayload-dynamic.patch): a device of the class, written as
 * "v%04xd%04xsv%04xsd%04xbc%02xsc%02x", against each line, which has to match it as a whole */

static void put_device(const char *address, const char *vendor, const char *device,
		       const char *class)
{
	const char *const files[][2] = {
		{ "vendor", vendor },
		{ "device", device },
		{ "subsystem_vendor", "0x103c" },
		{ "subsystem_device", "0x3604" },
		{ "class", class },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path =
			ka_format("sys/bus/pci/devices/%s/%s", address, files[i][0]);
		_cleanup_free_ char *line = ka_format("%s\n", files[i][1]);

		unit_puts(path, line);
	}
}

#define HWMATCH(class) "hwmatch $prefix/list.txt " class "; r=$?,$match"

static void test_hwmatch(void **state)
{
	static const struct {
		const char *list, *script, *expected;
	} cases[] = {
		{ "v8086d2a42.*\n", HWMATCH("3"), "0,1" },
		{ "v8086d2a42sv103csd3604bc03sc80\n", HWMATCH("3"), "0,1" },
		{ "v8086d2a42sv103cb.*\nv1002.*\n\nv8086d(29|2a)42.*", HWMATCH("3"), "0,1" },
		{ "v8086d2a42\n", HWMATCH("3"), "0,0" }, /* as a whole */
		{ "d2a42.*\n", HWMATCH("3"), "0,0" },
		{ "#v8086d2a42.*\n", HWMATCH("3"), "0,0" },
		{ "v8086(d2a42.*\n", HWMATCH("3"), "0,0" }, /* not a regular expression */
		{ "", HWMATCH("3"), "0,0" },
		/* The network card is of class 2; the display has no other. */
		{ "v10ec.*\n", HWMATCH("3"), "0,0" },
		{ "v10ec.*bc02sc00\n", HWMATCH("2"), "0,1" },
		{ "v8086.*\n", HWMATCH("2"), "0,0" },
	};

	(void)state;
	put_device("0000:00:02.0", "0x8086", "0x2a42", "0x038000");
	put_device("0000:03:00.0", "0x10ec", "0x8168", "0x020000");
	unit_puts("sys/bus/pci/devices/0000:04:00.0/vendor", "0x8086\n"); /* gone meanwhile */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_puts("boot/grub/list.txt", cases[i].list);
		if (!ka_streq(result_of(cases[i].script), cases[i].expected))
			fail_msg("%s against %s: %s", cases[i].script, cases[i].list,
				 result_of(cases[i].script));
	}
	assert_string_equal(result_of("hwmatch /nope 3; r=$?; hwmatch $prefix/list.txt; r=$r,$?"),
			    "5,18");
}

/* As Ubuntu's grub.cfg asks it (10_linux's gfxmode): for BIOS alone is there such a module. */
static void test_gfxmode(void **state)
{
	static const char script[] =
		"if [ -e ${prefix}/list.txt ]; then if [ ${grub_platform} != pc ]; then r=efi; "
		"elif hwmatch ${prefix}/list.txt 3; then if [ ${match} = 0 ]; then r=keep; "
		"else r=text; fi; else r=none; fi; fi";

	(void)state;
	put_device("0000:00:02.0", "0x8086", "0x2a42", "0x030000");
	unit_puts("boot/grub/list.txt", "v8086.*\n");
	assert_string_equal(result_of(script), "text");
	unit_puts("boot/grub/list.txt", "v8087.*\n");
	assert_string_equal(result_of(script), "keep");
	unit_puts("sys/firmware/efi/fw_platform_size", "64\n");
	assert_string_equal(result_of(script), "efi");
	/* Not asked for the platform first: a command that this GRUB does not have is true, and sets nothing. */
	assert_string_equal(result_of("if hwmatch $prefix/list.txt 3; then r=yes$match$?; fi"),
			    "yes0");
	assert_null(grub_menu.undecided);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		grub_case(test_hwmatch),
		grub_case(test_gfxmode),
		grub_case(test_test),
		grub_case(test_deep_parentheses),
		grub_case(test_flow),
		grub_case(test_increment),
		grub_case(test_regexp),
		cmocka_unit_test(test_regexp_cost),
		grub_case(test_regexp_too_far),
		cmocka_unit_test(test_wildcard_match),
		grub_case(test_device_wildcards),
		grub_case(test_questions),
		grub_case(test_question_in_the_default),
		grub_case(test_too_many_ways),
		grub_case(test_ways_that_go_too_far),
		grub_case(test_limits),
		grub_case(test_long_lines),
		grub_case(test_extract),
	};

	return cmocka_run_group_tests_name("grub-run", tests, NULL, NULL);
}
