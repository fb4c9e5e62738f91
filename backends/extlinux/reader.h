/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "syslinux.h"

/* SYSLINUX's configuration while it is read. */

/* A label on its way (struct sys_labeldata). */
struct sys_label {
	char *label; /* NULL: outside of a label */
	char *kernel, *append, *initrd, *title;
	const char *type; /* NULL: by the kernel's name */
	enum sys_action action;
	bool is_hidden, is_default, is_separator, is_disabled, has_unknown;
	char *path; /* where it is written */
	unsigned int line;
};

struct sys_reader {
	struct ka_host *host; /* NULL: one text alone */
	const struct ext_place *place;
	enum sys_pass pass;
	struct sys_config *config;
	struct sys_label label;
	char *append;	/* outside of labels */
	size_t current; /* menu */
	size_t bytes;	/* read so far */
	unsigned int depth;
	const char *path; /* of the file that is read */
	unsigned int line;
	int failure;
	struct ka_error *err;
};

/* --- items.c: labels become items of menus */

void sys_set(char **to, const char *text);
void sys_label_done(struct sys_label *label);
size_t sys_add_menu(struct sys_config *config, const char *label);
void sys_set_default(struct sys_config *config, const struct sys_item *item);
/* The end of a label: it becomes an item of its menu. */
void sys_record(struct sys_reader *r, size_t menu);
size_t sys_begin_menu(struct sys_reader *r, const char *tag) _must_check_;
size_t sys_end_menu(const struct sys_reader *r) _must_check_;

/* --- keywords.c: what a line says */

/* Where text goes on behind a keyword; NULL: it is another. */
const char *sys_looking_at(const char *p, const char *keyword);
/* menu: that of the file that is read. */
void sys_handle_line(struct sys_reader *r, size_t *menu, const char *line);

/* --- config.c */

/* A file by its name in the configuration; one that is not there is passed over. */
void sys_include(struct sys_reader *r, const char *name);
