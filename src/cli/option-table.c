// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of options, in the order of --help=all. */

#include "cli/option-table.h"

#define COMMAND(name, action, help)                                                                \
	{                                                                                          \
		name, OPT_ACTION + (action), KA_GROUP_COMMAND, KA_WORDS_NONE, false, NULL, help    \
	}
#define FLAG(name, code, group, help)                                                              \
	{                                                                                          \
		name, code, KA_GROUP_##group, KA_WORDS_NONE, false, NULL, help                     \
	}
#define VALUE(name, code, group, words, value, help)                                               \
	{                                                                                          \
		name, code, KA_GROUP_##group, KA_WORDS_##words, false, value, help                 \
	}
#define MAYBE(name, code, group, words, value, help)                                               \
	{                                                                                          \
		name, code, KA_GROUP_##group, KA_WORDS_##words, true, value, help                  \
	}

const struct ka_option ka_options[] = {
	COMMAND("list", KA_ACTION_LIST, "show the boot entries and mark the default"),
	COMMAND("show", KA_ACTION_SHOW, "show everything about one entry"),
	COMMAND("check", KA_ACTION_CHECK, "run every check on one entry; change nothing"),
	COMMAND("menu", KA_ACTION_MENU, "choose an entry on the terminal and restart"),
	COMMAND("load", KA_ACTION_LOAD, "load only; start it with 'systemctl kexec'"),
	COMMAND("unload", KA_ACTION_UNLOAD, "forget a loaded kernel"),
	COMMAND("status", KA_ACTION_STATUS, "show what is loaded and which boot loader counts"),

	VALUE("entry", 'e', COMMON, ENTRIES, "=ID", "boot this entry (id, title or number)"),
	VALUE("when", OPT_WHEN, COMMON, TIMES, "=TIME",
	      "schedule the restart (+5m, 23:00), or 'cancel' it"),
	FLAG("dry-run", 'n', COMMON, "do all but load and restart; print the plan"),
	VALUE("ignore", OPT_IGNORE, COMMON, FINDINGS, "=ID[,ID...]",
	      "treat these findings as warnings"),
	MAYBE("json", OPT_JSON, COMMON, JSON, "[=pretty|short]", "print JSON"),
	MAYBE("help", 'h', COMMON, HELP, "[=all]", "show this help, or that of all options"),
	FLAG("version", 'V', COMMON, "show the version"),

	VALUE("backend", 'b', OTHER, BACKENDS, "=NAME", "ask only this backend"),
	VALUE("root", 'r', OTHER, DIRECTORY, "=DIR",
	      "inspect a captured machine in this directory"),
	VALUE("append", OPT_APPEND, OTHER, TEXT, "=TEXT", "add words to the command line"),
	VALUE("cmdline", OPT_CMDLINE, OTHER, TEXT, "=TEXT", "use this command line"),
	FLAG("reuse-cmdline", OPT_REUSE_CMDLINE, OTHER, "use the running kernel's command line"),
	VALUE("initrd", OPT_INITRD, OTHER, FILE, "=FILE",
	      "use this initrd (repeatable, in load order)"),
	VALUE("add-initrd", OPT_ADD_INITRD, OTHER, FILE, "=FILE",
	      "load this initrd after the others (repeatable)"),
	VALUE("stop-timeout", OPT_STOP_TIMEOUT, OTHER, SPANS, "=TIME",
	      "cut off what has not stopped by then"),
	VALUE("message", OPT_MESSAGE, OTHER, TEXT, "=TEXT", "tell logged-in users this"),
	FLAG("no-wall", OPT_NO_WALL, OTHER, "do not notify logged-in users"),
	FLAG("ignore-inhibitors", OPT_IGNORE_INHIBITORS, OTHER,
	     "restart although an inhibitor blocks it"),
	FLAG("fast", OPT_FAST, OTHER, "check the structure only; decompress nothing"),
	FLAG("keep-oneshot", OPT_KEEP_ONESHOT, OTHER, "leave the loader's one-shot choice armed"),
	FLAG("immediate", OPT_IMMEDIATE, OTHER, "stop no services: sync and jump"),
	FLAG("quiet", 'q', OTHER, "print errors only"),
	FLAG("verbose", 'v', OTHER, "print more"),
	FLAG("no-color", OPT_NO_COLOR, OTHER, "print without colors"),

	VALUE("complete", OPT_COMPLETE, INTERNAL, COMPLETE, "=KIND",
	      "list what a shell can complete"),
};
const size_t ka_n_options = ARRAY_SIZE(ka_options);

static const char *const words_names[_KA_WORDS_MAX] = {
	[KA_WORDS_NONE] = "-",
	[KA_WORDS_ENTRIES] = "entries",
	[KA_WORDS_FINDINGS] = "findings",
	[KA_WORDS_BACKENDS] = "backends",
	[KA_WORDS_TIMES] = "times",
	[KA_WORDS_SPANS] = "spans",
	[KA_WORDS_JSON] = "json",
	[KA_WORDS_HELP] = "help",
	[KA_WORDS_OPTIONS] = "options",
	[KA_WORDS_FILE] = "file",
	[KA_WORDS_DIRECTORY] = "directory",
	[KA_WORDS_TEXT] = "text",
	[KA_WORDS_COMPLETE] = "complete",
};

const char *ka_words_name(enum ka_words words)
{
	return words_names[words];
}
