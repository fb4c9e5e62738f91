/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "output/output.h"

/* The command line as one value. Every command gets it; only options.c makes one. */

enum ka_action {
	KA_ACTION_RESTART, /* no action option */
	KA_ACTION_LIST,
	KA_ACTION_SHOW,
	KA_ACTION_CHECK,
	KA_ACTION_LOAD,
	KA_ACTION_UNLOAD,
	KA_ACTION_STATUS,
	KA_ACTION_MENU,
	KA_ACTION_CANCEL, /* --when=cancel */
	KA_ACTION_COMPLETE,
	KA_ACTION_HELP,
	KA_ACTION_VERSION,
};

/* What is typed behind "--option=". The shells ask for all but the last four with --complete=. */
enum ka_words {
	KA_WORDS_NONE, /* the option takes no value */
	KA_WORDS_ENTRIES,
	KA_WORDS_FINDINGS,
	KA_WORDS_BACKENDS,
	KA_WORDS_TIMES,
	KA_WORDS_SPANS,
	KA_WORDS_JSON,
	KA_WORDS_HELP,
	KA_WORDS_OPTIONS,
	KA_WORDS_FILE,
	KA_WORDS_DIRECTORY,
	KA_WORDS_TEXT,
	KA_WORDS_COMPLETE,
	_KA_WORDS_MAX
};

struct ka_request {
	enum ka_action action;
	enum ka_words complete; /* what to list */
	bool help_all;
	bool dry_run;
	const char *entry;
	const char *backend;
	const char *root;
	char **append;
	const char *cmdline;
	bool reuse_cmdline;
	char **initrds; /* absolute paths */
	char **added_initrds;
	const char *when;
	unsigned int stop_timeout; /* seconds; 0: none */
	const char *message;
	bool no_wall;
	bool ignore_inhibitors;
	char **ignore; /* finding ids */
	bool keep_oneshot;
	bool fast;
	bool immediate;
	const struct ka_settings *settings; /* borrowed; NULL: none were read */
	enum ka_json json;
	bool quiet;
	bool verbose;
	bool no_color;
};

void ka_request_done(struct ka_request *request);
/* Add the ids of "ID[,ID...]". */
void ka_request_ignore(struct ka_request *request, const char *list);

/* The exit statuses of kexec-any(8). */
enum ka_exit {
	KA_EXIT_DONE = 0,
	KA_EXIT_FAILED = 1,
	KA_EXIT_USAGE = 2,
	KA_EXIT_NOTHING = 3,	   /* nothing to boot, or it cannot be decided what */
	KA_EXIT_REFUSED = 4,	   /* a check found an error; nothing was changed */
	KA_EXIT_NOT_TRIGGERED = 5, /* loaded, but no restart; unloaded again */
};
