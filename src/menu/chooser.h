/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>

/*
 * What --menu shows and what its keys do. Knows no terminal: screen.c asks it for lines and hands it keys,
 * and so do the unit tests.
 */

enum ka_key {
	KA_KEY_TEXT, /* a character, in UTF-8 */
	KA_KEY_UP,
	KA_KEY_DOWN,
	KA_KEY_PAGE_UP,
	KA_KEY_PAGE_DOWN,
	KA_KEY_HOME,
	KA_KEY_END,
	KA_KEY_LEFT,
	KA_KEY_RIGHT,
	KA_KEY_BACKSPACE,
	KA_KEY_DELETE,
	KA_KEY_CLEAR, /* Ctrl-U: all that is in front of the cursor */
	KA_KEY_ENTER,
	KA_KEY_TAB,
	KA_KEY_ESCAPE,
	KA_KEY_INTERRUPT, /* Ctrl-C */
	KA_KEY_OTHER,
};

enum ka_choice {
	KA_CHOICE_OPEN, /* more keys are wanted */
	KA_CHOICE_MADE, /* ka_chooser_marked() is it */
	KA_CHOICE_LEFT, /* nothing was chosen */
};

/* Text that is typed; at: bytes in front of the cursor. */
struct ka_line {
	char *text; /* owned, never NULL */
	size_t len, at;
};

struct ka_chooser {
	const struct ka_menu *menu; /* borrowed */
	size_t *shown;		    /* entries that fit the filter, in the menu's order */
	size_t n_shown;
	size_t cursor; /* in shown */
	size_t page;   /* entries that the screen has room for; set by it */
	struct ka_line filter;
	bool is_editing;
	struct ka_line line; /* the command line, while it is edited */
	ssize_t edited;	     /* the entry that cmdline is for; -1: none */
	char *cmdline;
	const char *notice; /* what the last key could not do; a literal or NULL */
};

/* Longest text that can be typed, bytes; no architecture's COMMAND_LINE_SIZE is larger. */
#define KA_LINE_LIMIT 8192

/* index: the entry to mark first, -1: the first one. The menu must have an entry. */
void ka_chooser_init(struct ka_chooser *chooser, const struct ka_menu *menu, ssize_t index);
void ka_chooser_done(struct ka_chooser *chooser);

/* text: of KA_KEY_TEXT. */
enum ka_choice ka_chooser_key(struct ka_chooser *chooser, enum ka_key key, const char *text);

/* The marked entry; -1: none fits the filter. */
ssize_t ka_chooser_marked(const struct ka_chooser *chooser);
/* The command line that was typed for the marked entry; NULL: its own. Borrowed. */
const char *ka_chooser_cmdline(const struct ka_chooser *chooser);

/* The line for an entry: "*  0  title (running)", indented by its submenus. */
char *ka_chooser_row(const struct ka_chooser *chooser, size_t index) _must_check_;
/* What is to be known about the marked entry, a line each, without control characters. */
char **ka_chooser_details(const struct ka_chooser *chooser) _must_check_;
