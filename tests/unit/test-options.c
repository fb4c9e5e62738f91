// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line becomes a request, or a mistake that is named. */

#include "unit.h"

#include "cli/options.h"
#include "restart/deadline.h"
#include "restart/restart.h"

#include <errno.h>

static int parse(const char *line, struct ka_request *ret, struct ka_error *err)
{
	static char copy[512];
	char *argv[32] = { (char *)"kexec-any" }, *save = NULL;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save))
		argv[argc++] = p;
	argv[argc] = NULL;
	*ret = (struct ka_request){ .action = KA_ACTION_RESTART };
	return ka_options_parse(argc, argv, ret, err);
}

static void test_good(void **state)
{
	struct ka_request req;

	(void)state;
	assert_int_equal(parse("", &req, NULL), 0);
	assert_int_equal(req.action, KA_ACTION_RESTART);

	assert_int_equal(parse("--list --json -r /x", &req, NULL), 0);
	assert_int_equal(req.action, KA_ACTION_LIST);
	assert_int_equal(req.json, KA_JSON_PRETTY);
	assert_string_equal(req.root, "/x");
	ka_request_done(&req);

	assert_int_equal(parse("-e 1 --append=a --append=b --ignore=x,y --ignore=z --initrd=/i "
			       "--initrd=rel --add-initrd=/k --add-initrd=/l",
			       &req, NULL),
			 0);
	assert_string_equal(req.entry, "1");
	assert_string_equal(req.append[1], "b");
	assert_string_equal(req.ignore[2], "z");
	assert_null(req.ignore[3]);
	assert_string_equal(req.initrds[0], "/i");
	assert_int_equal(req.initrds[1][0], '/');
	assert_string_equal(req.added_initrds[0], "/k");
	assert_string_equal(req.added_initrds[1], "/l");
	ka_request_done(&req);

	assert_int_equal(parse("-qv --message=bye --no-wall --ignore-inhibitors --keep-oneshot "
			       "--no-color",
			       &req, NULL),
			 0);
	assert_int_equal(req.action, KA_ACTION_RESTART);
	assert_true(req.quiet && req.verbose && req.no_wall && req.ignore_inhibitors);
	assert_true(req.keep_oneshot && req.no_color);
	assert_string_equal(req.message, "bye");
	ka_request_done(&req);
	assert_int_equal(parse("", &req, NULL), 0);
	assert_false(req.quiet || req.verbose || req.no_wall || req.ignore_inhibitors);
	assert_false(req.keep_oneshot || req.no_color);
	ka_request_done(&req);

	assert_int_equal(parse("--when=cancel", &req, NULL), 0);
	assert_int_equal(req.action, KA_ACTION_CANCEL);
	assert_int_equal(parse("-n --json=short --root=/x", &req, NULL), 0);
	assert_int_equal(req.json, KA_JSON_SHORT);
	assert_int_equal(parse("--help --nonsense", &req, NULL), 0);
	assert_int_equal(req.action, KA_ACTION_HELP);
	assert_false(req.help_all);
	assert_int_equal(parse("-q --help=all", &req, NULL), 0);
	assert_int_equal(req.action, KA_ACTION_HELP);
	assert_true(req.help_all);
	assert_int_equal(parse("--complete=entries --root=/x", &req, NULL), 0);
	assert_int_equal(req.action, KA_ACTION_COMPLETE);
	assert_int_equal(req.complete, KA_WORDS_ENTRIES);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "--nonsense", "unknown option '--nonsense'" },
		{ "--nonsense=3", "unknown option '--nonsense'" },
		{ "-x", "unknown option '-x'" },
		{ "--no", "ambiguous option '--no'" },
		{ "--quiet=yes", "option '--quiet' takes no value" },
		{ "--fast=yes", "option '--fast' takes no value" },
		{ "--help=some", "'all'" },
		{ "--complete=cats", "cats" },
		{ "--list --complete=entries", "only one of" },
		{ "--entry", "needs a value" },
		{ "--list --show", "only one of" },
		{ "--json=xml --list", "xml" },
		{ "6.1.0", "--entry=" },
		{ "--cmdline=a --reuse-cmdline", "exclude each other" },
		{ "--root=/x", "--root=" },
		{ "--root=/x --load", "--root=" },
		{ "--json", "--json" },
		{ "--list --dry-run", "--dry-run" },
		{ "--list --when=now", "--when=" },
		{ "--immediate --when=+5m", "--immediate" },
		{ "--load --stop-timeout=20", "--stop-timeout=" },
		{ "--immediate --stop-timeout=20", "--stop-timeout= and --immediate" },
		{ "--stop-timeout=soon", "'soon' is not a time span" },
		{ "--stop-timeout=20parsec", "'20parsec' is not a time span" },
		{ "--stop-timeout=", "not a time span" },
		{ "--stop-timeout=0", "between 1 second and 1 day" },
		{ "--stop-timeout=25h", "between 1 second and 1 day" },
		{ "--stop-timeout=99999999999999999999", "between 1 second and 1 day" },
		{ "--immediate --load", "--immediate" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ka_error err = KA_ERROR_INIT;
		struct ka_request req;

		assert_int_equal(parse(cases[i].line, &req, &err), -EINVAL);
		if (!strstr(err.text, cases[i].words))
			print_message("# %s: %s\n", cases[i].line, err.text);
		assert_non_null(strstr(err.text, cases[i].words));
		ka_error_done(&err);
	}
}

/* As systemd-analyze(1) of systemd 252 and 262 writes it. */
/* The spans as systemd-analyze timespan reads them. */
static void test_stop_timeout(void **state)
{
	static const struct {
		const char *text;
		unsigned int seconds;
	} cases[] = { { "90", 90 },	    { "20s", 20 },	     { "2min", 120 },
		      { "1h 30min", 5400 }, { "1hour30min5", 5405 }, { "5 seconds", 5 },
		      { "1m", 60 },	    { "24h", 86400 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int seconds = 0;

		assert_int_equal(ka_deadline_parse(cases[i].text, &seconds, NULL), 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void test_when(void **state)
{
	uint64_t when;

	(void)state;
	assert_int_equal(ka_when_read_output("  Original form: +5m\n"
					     "Normalized form: Sun 2026-11-22 10:22:20 UTC\n"
					     "   UNIX seconds: @1795342940.800838\n",
					     &when),
			 0);
	assert_int_equal(when, 1795342940800838);
	assert_int_equal(ka_when_read_output("UNIX seconds: @1795388400\n", &when), 0);
	assert_int_equal(when, 1795388400000000);
	assert_int_equal(ka_when_read_output("UNIX seconds: @\n", &when), -EBADMSG);
	assert_int_equal(ka_when_read_output("nothing", &when), -EBADMSG);
	assert_int_equal(ka_when_read_output("UNIX seconds: @99999999999999999999999", &when),
			 -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_stop_timeout),
		cmocka_unit_test(test_when),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
