/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "extlinux.h"

/*
 * SYSLINUX and EXTLINUX 6. Two programs read the configuration: the loader itself (ldlinux.c32), and the menu
 * (menu.c32, vesamenu.c32) when the loader starts it. Their parsers come from one source and have grown apart.
 */

enum sys_pass {
	SYS_LOADER, /* com32/elflink/ldlinux/readconfig.c */
	SYS_MENU,   /* com32/menu/readconfig.c */
};

enum sys_action {
	SYS_COMMAND,
	SYS_SUBMENU,
	SYS_GOTO, /* to another menu, or back */
	SYS_QUIT,
	SYS_HELP,
	SYS_DISABLED,
};

struct sys_item {
	char *label; /* what it is found by; NULL: by nothing */
	char *name;  /* as it is written; "" for a separator */
	char *title;
	char *command; /* what is run; for SYS_GOTO the menu's name, or NULL for the one above */
	enum sys_action action;
	size_t menu, number; /* its place there */
	bool is_hidden;
	bool has_unknown; /* SYSAPPEND adds what only the loader knows */
	char *path;	  /* where it is written */
	unsigned int line;
};

struct sys_menu {
	char *label; /* what MENU GOTO takes */
	char *title;
	ssize_t parent, parent_item; /* -1: none */
	size_t n;
	size_t default_number;
	bool has_default; /* MENU DEFAULT said so */
	char *on_timeout;
	bool has_timeout;
};

#define SYS_HIDDEN_MENU 0
#define SYS_ROOT_MENU	1

struct sys_config {
	struct sys_item *items;
	size_t n_items;
	struct sys_menu *menus; /* the hidden one, the root, submenus */
	size_t n_menus;
	size_t start;	       /* the menu that is shown first */
	char *default_command; /* of UI, or of DEFAULT */
	char *global_default;  /* of DEFAULT */
	bool has_ui;
	char *on_timeout;
	bool has_timeout, has_total_timeout;
	bool prompts, no_escape, no_implicit, no_options;
	bool is_behind_shift, is_hidden, saves;
	bool has_unknown; /* SYSAPPEND outside of labels */
	char *unread;	  /* a file that cannot be read, and why; NULL: none */
};

void sys_config_done(struct sys_config *config);

/*
 * names: the files, by their names in the configuration ("~": the one that was found); NULL: that one alone.
 * A file that is not there is passed over, as the loader does.
 */
int sys_config_read(struct ka_host *host, const struct ext_place *place, enum sys_pass pass,
		    char *const *names, struct sys_config *ret, struct ka_error *err) _must_check_;
/* The same of one text, for tests. */
int sys_config_parse(enum sys_pass pass, const char *text, size_t len, struct sys_config *ret,
		     struct ka_error *err) _must_check_;

/* The item with this label, the first word of text. NULL: there is none. */
const struct sys_item *sys_find_label(const struct sys_config *config, const char *text);

/* Blanks as SYSLINUX has them: control characters and DEL too. */
static inline bool sys_is_space(char c)
{
	return (unsigned char)c <= ' ' || c == '\x7f';
}

const char *sys_skip_space(const char *p);
size_t sys_word_length(const char *p);

/* --- command.c: what a command starts (core of execute() and new_linux_kernel()) */

enum sys_kind {
	SYS_LINUX,
	SYS_MODULE, /* a .c32 program */
	SYS_CHAIN,  /* a boot sector, another disk, PXE */
	SYS_CONFIG, /* another configuration */
	SYS_TOO_LONG,
};

struct sys_run {
	enum sys_kind kind;
	char *program; /* the kernel, module, … as it is written */
	char *arguments;
};

void sys_run_done(struct sys_run *run);
void sys_run_make(const char *command, struct sys_run *ret);
/* Is it the menu, which is read here? */
bool sys_run_is_menu(const struct sys_run *run);
/* "BOOT_IMAGE=… …" */
char *sys_run_cmdline(const struct sys_run *run) _must_check_;
/* The extension that the loader adds to a kernel's name when such a file is there: the n-th, NULL at the end. */
const char *sys_extension(size_t n);

/* --- adv.c: the auxiliary data vector at the end of ldlinux.sys */

#define SYS_ADV_ONCE 1u
#define SYS_ADV_SAVE 2u

/* A tag's text; NULL: it is not set, or there is no vector. */
char *sys_adv_get(const uint8_t *data, size_t len, unsigned int tag) _must_check_;
/* The loader's version, of the text in the program: "6.04"; NULL: there is none. */
char *sys_version(const char *data, size_t len) _must_check_;

/* --- choose.c: what the loader starts by itself */

struct sys_choice {
	const struct sys_item
		*item; /* in the configuration that is shown; NULL: none, or with arguments */
	char *typed;   /* without an item: what would be typed at the prompt for it, */
	char *command; /* and what that runs */
	bool has_unknown;
	enum ka_reason reason;
	char *text; /* why */
	bool waits; /* for a key */
	char *undecided;
};

void sys_choice_done(struct sys_choice *choice);

struct sys_chooser {
	struct ka_host *host;
	const struct ext_place *place;
	const char *saved; /* of MENU SAVE, in the vector; NULL: nothing */
	struct sys_config loader, menu;
	bool has_menu; /* the menu runs: its configuration is shown */
};

void sys_chooser_done(struct sys_chooser *chooser);
/* The loader's configuration must have been read. */
int sys_choose(struct sys_chooser *chooser, struct sys_choice *ret, struct ka_error *err)
	_must_check_;
