// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line becomes one request. */

#include "cli/options.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

const char ka_options_help[] =
	"Usage: kexec-any [options]\n"
	"       kexec-any --list | --show | --check | --menu | --load | --unload | --status [options]\n"
	"\n"
	"Restart into the kernel this machine's boot loader would boot next, without going\n"
	"through the firmware.\n"
	"\n"
	"Commands:\n"
	"      --list               show the boot entries, the default marked\n"
	"      --show               show everything about one entry\n"
	"      --check              run every check on one entry; change nothing\n"
	"      --menu               choose an entry on the terminal, then restart into it\n"
	"      --load               load only; the next 'systemctl reboot' starts it\n"
	"      --unload             forget a loaded kernel\n"
	"      --status             what is loaded, what is allowed, which loaders are here\n"
	"\n"
	"Options:\n"
	"  -e, --entry=<id>         another entry than the default (id, title or number)\n"
	"  -b, --backend=<name>     ask only this backend\n"
	"  -r, --root=<dir>         look at the machine captured below a folder\n"
	"  -n, --dry-run            do all but load and restart; print the plan\n"
	"      --append=<text>      add words to the command line (repeatable)\n"
	"      --cmdline=<text>     take this command line\n"
	"      --reuse-cmdline      take the running kernel's command line\n"
	"      --initrd=<file>      take this initrd (repeatable, loaded in this order)\n"
	"      --add-initrd=<file>  load this one as well, behind them (repeatable)\n"
	"      --when=<time>        restart at that time: now, +5m, 23:00, …; or cancel\n"
	"      --message=<text>     what logged-in users are told\n"
	"      --no-wall            tell them nothing\n"
	"      --ignore-inhibitors  restart although a program holds the machine up\n"
	"      --ignore=<id>[,…]    treat these findings as warnings\n"
	"      --fast               check structure only, unpack nothing\n"
	"      --keep-oneshot       leave the loader's one-shot choice armed\n"
	"      --immediate          stop no service: sync and jump\n"
	"      --json[=<form>]      machine-readable output: pretty (default) or short\n"
	"  -q, --quiet              print errors only\n"
	"  -v, --verbose            print more\n"
	"      --no-color           no colours, also with NO_COLOR set\n"
	"  -h, --help               show this text\n"
	"  -V, --version            show the version\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 nothing to boot, 4 refused by a check,\n"
	"5 loaded but not restarted. See kexec-any(8).\n";

enum {
	OPT_APPEND = 0x100,
	OPT_CMDLINE,
	OPT_REUSE_CMDLINE,
	OPT_INITRD,
	OPT_ADD_INITRD,
	OPT_WHEN,
	OPT_MESSAGE,
	OPT_NO_WALL,
	OPT_IGNORE_INHIBITORS,
	OPT_IGNORE,
	OPT_KEEP_ONESHOT,
	OPT_FAST,
	OPT_IMMEDIATE,
	OPT_JSON,
	OPT_NO_COLOR,
	OPT_ACTION = 0x200, /* + enum ka_action */
};

static const struct option options[] = {
	{ "list", no_argument, NULL, OPT_ACTION + KA_ACTION_LIST },
	{ "show", no_argument, NULL, OPT_ACTION + KA_ACTION_SHOW },
	{ "check", no_argument, NULL, OPT_ACTION + KA_ACTION_CHECK },
	{ "load", no_argument, NULL, OPT_ACTION + KA_ACTION_LOAD },
	{ "unload", no_argument, NULL, OPT_ACTION + KA_ACTION_UNLOAD },
	{ "status", no_argument, NULL, OPT_ACTION + KA_ACTION_STATUS },
	{ "menu", no_argument, NULL, OPT_ACTION + KA_ACTION_MENU },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "entry", required_argument, NULL, 'e' },
	{ "backend", required_argument, NULL, 'b' },
	{ "root", required_argument, NULL, 'r' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "cmdline", required_argument, NULL, OPT_CMDLINE },
	{ "reuse-cmdline", no_argument, NULL, OPT_REUSE_CMDLINE },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "add-initrd", required_argument, NULL, OPT_ADD_INITRD },
	{ "when", required_argument, NULL, OPT_WHEN },
	{ "message", required_argument, NULL, OPT_MESSAGE },
	{ "no-wall", no_argument, NULL, OPT_NO_WALL },
	{ "ignore-inhibitors", no_argument, NULL, OPT_IGNORE_INHIBITORS },
	{ "ignore", required_argument, NULL, OPT_IGNORE },
	{ "fast", no_argument, NULL, OPT_FAST },
	{ "keep-oneshot", no_argument, NULL, OPT_KEEP_ONESHOT },
	{ "immediate", no_argument, NULL, OPT_IMMEDIATE },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "no-color", no_argument, NULL, OPT_NO_COLOR },
	{ NULL, 0, NULL, 0 },
};

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

static void add_ignored(struct ka_request *req, const char *list)
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
		add_ignored(req, optarg);
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
	if (req->immediate && (!restarts || req->when))
		return ka_fail(err, -EINVAL, "--immediate goes with a restart that happens now");
	return 0;
}

int ka_options_parse(int argc, char **argv, struct ka_request *ret, struct ka_error *err)
{
	_cleanup_(ka_request_done) struct ka_request req = { .action = KA_ACTION_RESTART };
	int c, r;

	opterr = 0;
	optind = 0; /* glibc: start afresh, also in the middle of an earlier argument */
	while ((c = getopt_long(argc, argv, ":e:b:r:nqvhV", options, NULL)) >= 0) {
		if (c == ':')
			return ka_fail(err, -EINVAL, "option '%s' needs a value", argv[optind - 1]);
		if (c == '?')
			return optopt > 0 && optopt < 0x100
				       ? ka_fail(err, -EINVAL, "unknown option '-%c'", optopt)
				       : ka_fail(err, -EINVAL,
						 "unknown or ambiguous option, or one "
						 "that takes no value: '%s'",
						 argv[optind - 1]);
		if (c == 'h' || c == 'V') {
			ka_request_done(&req);
			ret->action = c == 'h' ? KA_ACTION_HELP : KA_ACTION_VERSION;
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
