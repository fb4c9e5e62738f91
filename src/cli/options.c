// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line becomes one request. */

#include "cli/options.h"
#include "cli/option-table.h"

#include "restart/deadline.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

/* getopt's table, made from ours. */
static struct option *make_table(void)
{
	struct option *table = ka_calloc(ka_n_options + 1, sizeof(*table));

	for (size_t i = 0; i < ka_n_options; i++)
		table[i] = (struct option){
			.name = ka_options[i].name,
			.has_arg = ka_options[i].words == KA_WORDS_NONE ? no_argument
				   : ka_options[i].is_optional		? optional_argument
									: required_argument,
			.val = ka_options[i].code,
		};
	return table;
}

/* "e:b:r:nqvhV"; a letter's optional value would have to follow without a blank, so it takes none. */
static char *make_letters(void)
{
	_cleanup_(ka_buf_done) struct ka_buf letters = { 0 };

	ka_buf_adds(&letters, ":");
	for (size_t i = 0; i < ka_n_options; i++)
		if (ka_options[i].code < 0x100)
			ka_buf_addf(&letters, "%c%s", ka_options[i].code,
				    ka_options[i].value && !ka_options[i].is_optional ? ":" : "");
	return ka_buf_take(&letters);
}

void ka_request_done(struct ka_request *request)
{
	ka_strv_free(request->append);
	ka_strv_free(request->initrds);
	ka_strv_free(request->added_initrds);
	ka_strv_free(request->ignore);
	*request = (struct ka_request){ .action = KA_ACTION_RESTART };
}

/* Relative to the working directory; below --root, paths are that machine's anyway. */
static int add_initrd(char ***files, const char *file)
{
	_cleanup_free_ char *cwd = NULL;

	if (*file == '/') {
		ka_strv_add(files, file);
		return 0;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return ka_errno();
	ka_strv_add_take(files, ka_format("%s/%s", cwd, file));
	return 0;
}

void ka_request_ignore(struct ka_request *req, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n > 0)
			ka_strv_add_take(&req->ignore, ka_strndup(list, n));
		list += n + (list[n] == ',');
	}
}

static int set_json(struct ka_request *req, const char *form, struct ka_error *err)
{
	if (!form || ka_streq(form, "pretty"))
		req->json = KA_JSON_PRETTY;
	else if (ka_streq(form, "short"))
		req->json = KA_JSON_SHORT;
	else
		return ka_fail(err, -EINVAL, "--json= takes 'pretty' or 'short', not '%s'", form);
	return 0;
}

static int set_action(struct ka_request *req, enum ka_action action, struct ka_error *err)
{
	if (req->action != KA_ACTION_RESTART && req->action != action)
		return ka_fail(err, -EINVAL,
			       "only one of --list, --show, --check, --menu, --load, "
			       "--unload and --status can be given");
	req->action = action;
	return 0;
}

static int set_complete(struct ka_request *req, const char *kind, struct ka_error *err)
{
	for (int i = KA_WORDS_ENTRIES; i <= KA_WORDS_OPTIONS; i++) {
		if (!ka_streq(kind, ka_words_name((enum ka_words)i)))
			continue;
		req->complete = (enum ka_words)i;
		return set_action(req, KA_ACTION_COMPLETE, err);
	}
	return ka_fail(err, -EINVAL, "--complete= does not know '%s'", kind);
}

static int set_help(struct ka_request *ret, const char *value, struct ka_error *err)
{
	if (value && !ka_streq(value, "all"))
		return ka_fail(err, -EINVAL, "--help= takes 'all', not '%s'", value);
	ret->action = KA_ACTION_HELP;
	ret->help_all = value != NULL;
	return 0;
}

static int take_option(struct ka_request *req, int c, struct ka_error *err)
{
	switch (c) {
	case 'e':
		req->entry = optarg;
		return 0;
	case 'b':
		req->backend = optarg;
		return 0;
	case 'r':
		req->root = optarg;
		return 0;
	case 'n':
		req->dry_run = true;
		return 0;
	case 'q':
		req->quiet = true;
		return 0;
	case 'v':
		req->verbose = true;
		return 0;
	case OPT_APPEND:
		ka_strv_add(&req->append, optarg);
		return 0;
	case OPT_CMDLINE:
		req->cmdline = optarg;
		return 0;
	case OPT_REUSE_CMDLINE:
		req->reuse_cmdline = true;
		return 0;
	case OPT_INITRD:
		return add_initrd(&req->initrds, optarg);
	case OPT_ADD_INITRD:
		return add_initrd(&req->added_initrds, optarg);
	case OPT_WHEN:
		req->when = optarg;
		return 0;
	case OPT_STOP_TIMEOUT:
		return ka_deadline_parse(optarg, &req->stop_timeout, err);
	case OPT_MESSAGE:
		req->message = optarg;
		return 0;
	case OPT_NO_WALL:
		req->no_wall = true;
		return 0;
	case OPT_IGNORE_INHIBITORS:
		req->ignore_inhibitors = true;
		return 0;
	case OPT_IGNORE:
		ka_request_ignore(req, optarg);
		return 0;
	case OPT_KEEP_ONESHOT:
		req->keep_oneshot = true;
		return 0;
	case OPT_FAST:
		req->fast = true;
		return 0;
	case OPT_IMMEDIATE:
		req->immediate = true;
		return 0;
	case OPT_JSON:
		return set_json(req, optarg, err);
	case OPT_NO_COLOR:
		req->no_color = true;
		return 0;
	case OPT_COMPLETE:
		return set_complete(req, optarg, err);
	default:
		return set_action(req, (enum ka_action)(c - OPT_ACTION), err);
	}
}

/* Options that do not go together. Each says which two, so that people need not guess. */
static int check_combination(const struct ka_request *req, struct ka_error *err)
{
	bool restarts = req->action == KA_ACTION_RESTART || req->action == KA_ACTION_MENU;
	bool changes = (!req->dry_run && (restarts || req->action == KA_ACTION_LOAD)) ||
		       req->action == KA_ACTION_UNLOAD || req->action == KA_ACTION_CANCEL;

	if (req->cmdline && req->reuse_cmdline)
		return ka_fail(err, -EINVAL, "--cmdline= and --reuse-cmdline exclude each other");
	if (req->dry_run && !restarts && req->action != KA_ACTION_LOAD)
		return ka_fail(err, -EINVAL, "--dry-run goes with a restart or --load only");
	if (req->root && !ka_streq(req->root, "/") && changes)
		return ka_fail(err, -EINVAL,
			       "with --root= only --list, --show, --check, --status "
			       "and --dry-run are possible");
	if (req->json && changes)
		return ka_fail(err, -EINVAL,
			       "--json goes with --list, --show, --check, --status "
			       "and --dry-run only");
	if (req->when && !restarts && req->action != KA_ACTION_CANCEL)
		return ka_fail(err, -EINVAL, "--when= goes with a restart only");
	if (req->stop_timeout && !(restarts || req->action == KA_ACTION_CHECK))
		return ka_fail(err, -EINVAL, "--stop-timeout= is only valid with a restart");
	if (req->stop_timeout && req->immediate)
		return ka_fail(
			err, -EINVAL,
			"--stop-timeout= and --immediate cannot be combined: that stops nothing");
	if (req->immediate && ((!restarts && req->action != KA_ACTION_CHECK) || req->when))
		return ka_fail(err, -EINVAL,
			       "--immediate goes with a restart that happens now, or with --check");
	return 0;
}

/* The mistake in an option that getopt does not take: it has told no more than that there is one. */
static int fail_option(const char *word, struct ka_error *err)
{
	size_t n = strcspn(word, "="), found = 0;

	if (optopt >= 0x100 || (optopt > 0 && ka_startswith(word, "--")))
		return ka_fail(err, -EINVAL, "option '%.*s' takes no value", (int)n, word);
	if (optopt > 0)
		return ka_fail(err, -EINVAL, "unknown option '-%c'", optopt);
	for (size_t i = 0; i < ka_n_options; i++)
		found += n > 2 && strncmp(ka_options[i].name, word + 2, n - 2) == 0;
	return ka_fail(err, -EINVAL, "%s option '%.*s'", found > 1 ? "ambiguous" : "unknown",
		       (int)n, word);
}

int ka_options_parse(int argc, char **argv, struct ka_request *ret, struct ka_error *err)
{
	_cleanup_(ka_request_done) struct ka_request req = { .action = KA_ACTION_RESTART };
	_cleanup_free_ struct option *table = make_table();
	_cleanup_free_ char *letters = make_letters();
	int c, r;

	opterr = 0;
	optind = 0; /* glibc: start afresh, also in the middle of an earlier argument */
	while ((c = getopt_long(argc, argv, letters, table, NULL)) >= 0) {
		if (c == ':')
			return ka_fail(err, -EINVAL, "option '%s' needs a value", argv[optind - 1]);
		if (c == '?')
			return fail_option(argv[optind - 1], err);
		if (c == 'h' || c == 'V') {
			ka_request_done(&req);
			if (c == 'h')
				return set_help(ret, optarg, err);
			ret->action = KA_ACTION_VERSION;
			return 0;
		}
		r = take_option(&req, c, err);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return ka_fail(err, -EINVAL,
			       "unexpected argument '%s'; an entry is named with "
			       "--entry=",
			       argv[optind]);
	if (req.when && ka_streq(req.when, "cancel") && req.action == KA_ACTION_RESTART)
		req.action = KA_ACTION_CANCEL;

	r = check_combination(&req, err);
	if (r < 0)
		return r;
	*ret = req;
	req = (struct ka_request){ .action = KA_ACTION_RESTART };
	return 0;
}
