/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/request.h"

/*
 * Every option, once: the parser, --help and the shells' completions come from this table, and the tests
 * compare it with the manual.
 */

/* "entries" */
const char *ka_words_name(enum ka_words words);

enum ka_option_group {
	KA_GROUP_COMMAND,
	KA_GROUP_COMMON, /* --help shows these, --help=all the rest as well */
	KA_GROUP_OTHER,
	KA_GROUP_INTERNAL, /* for programs: in the manual alone */
};

/* What getopt_long(3) returns for options without a letter. */
enum ka_option_code {
	OPT_APPEND = 0x100,
	OPT_CMDLINE,
	OPT_REUSE_CMDLINE,
	OPT_INITRD,
	OPT_ADD_INITRD,
	OPT_WHEN,
	OPT_STOP_TIMEOUT,
	OPT_MESSAGE,
	OPT_NO_WALL,
	OPT_IGNORE_INHIBITORS,
	OPT_IGNORE,
	OPT_KEEP_ONESHOT,
	OPT_FAST,
	OPT_IMMEDIATE,
	OPT_JSON,
	OPT_NO_COLOR,
	OPT_COMPLETE,
	OPT_ACTION = 0x200, /* + enum ka_action */
};

struct ka_option {
	const char *name;
	int code; /* its letter, or an OPT_ */
	enum ka_option_group group;
	enum ka_words words;
	bool is_optional;  /* the value */
	const char *value; /* as --help shows it, "=ID"; NULL: none */
	const char *help;
};

extern const struct ka_option ka_options[];
extern const size_t ka_n_options;
