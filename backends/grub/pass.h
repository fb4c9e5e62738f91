/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>

#include "state/grub.h"
#include "world/config.h"

/* One run through the configuration, from where GRUB starts to what it boots. */
struct grub_pass {
	struct grub g;
	struct ka_menu menu;
	char **keys; /* "0>2": where each entry stands, in the order of menu.entries */
	size_t n_keys;
	size_t n_writes; /* made before the menu was shown */
	char *running;	 /* the running kernel's command line */
	char *outcome; /* what boots and what is written, where somebody needs to compare; else NULL */
};

/* One way through the questions that cannot be answered from here. */
struct grub_way {
	const uint8_t *answers; /* to the first n; the others are answered no */
	size_t n;
	uint64_t steps,
		bytes; /* spent by the ways before it: together they have one run's limits */
};

/* A level of the menu on the way down. */
struct grub_level {
	const char *key;     /* "0>2"; "" outermost */
	const char *id;	     /* path of ids */
	char *const *titles; /* of the submenus */
	size_t size;	     /* bytes of these */
};

/* Where the default leads, and what it loads. */
struct grub_choice {
	char *key;
	char *id; /* what $chosen was in the entry: the path of ids */
	struct grub_boot boot;
	bool restricted;
};

/* --- pass.c */

/*
 * Run the file start as this machine's GRUB does; NULL: start with the program itself (config->core). way NULL: all questions are answered no, and pass->menu is
 * filled; else only pass->outcome. 0, or -E2BIG with a finding.
 */
int grub_pass_run(struct ka_host *host, const struct grub_config *config, const char *start,
		  const struct grub_way *way, struct grub_pass *pass) _must_check_;
void grub_pass_done(struct grub_pass *pass);

/* --- core.c */

/* What GRUB knows before it reads a file: its target and features. */
void grub_set_features(struct grub *g, const struct grub_config *config);
void grub_set_exported(struct grub *g, const char *name, const char *value);
/* From the program to the menu that it shows. */
void grub_run_core(struct grub *g, const struct grub_config *config);

/* --- ways.c */

/*
 * Go all other ways through what the first run could not know. Where they end elsewhere, or GRUB
 * reads what kexec-any cannot, first->menu.undecided says so.
 */
void grub_try_all(struct ka_host *host, const struct grub_config *config, const char *start,
		  struct grub_pass *first);

/* What boots and what is written: runs with the same outcome need no decision. */
char *grub_outcome(const struct ka_writes *before, const struct ka_entry *entry) _must_check_;

/* --- names.c */

/* Ids become unique, and aliases mean one entry alone. */
void grub_name_entries(struct ka_menu *menu);

/* --- list.c */

/* Add all entries of the menu that is shown, and of its submenus, to pass->menu. */
int grub_list_menu(struct grub_pass *pass, const struct grub_level *level) _must_check_;
/* An entry with its id, title and source; what it loads is still missing. */
struct ka_entry *grub_new_entry(const struct grub_level *level, const struct grub_item *item)
	_must_check_;
/* The writes logged from first on; of several about one variable, the last. */
void grub_take_writes(const struct grub *g, size_t first, struct ka_writes *ret);
/*
 * Follow the default from the menu that is shown: through submenus, and through entries that show a
 * menu of their own (configfile). Run for real: what it writes is what GRUB writes.
 */
int grub_follow_default(struct grub_pass *pass, struct grub_choice *ret) _must_check_;
void grub_choice_done(struct grub_choice *choice);
/* The entry that stands there, or -1. */
ssize_t grub_index_of_key(const struct grub_pass *pass, const char *key);
