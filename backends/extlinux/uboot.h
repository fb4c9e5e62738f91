/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "extlinux.h"

/* U-Boot's reader of extlinux.conf (boot/pxe_utils.c). All owned; NULL where nothing is said. */

struct uboot_label {
	char *name;
	char *title;
	char *kernel;
	char *append;
	char *initrd;
	char *fdt, *fdtdir;
	bool is_local;	   /* localboot: U-Boot's own command */
	bool adds_address; /* ipappend */
	bool has_fit_part; /* "kernel FILE#CONFIGURATION" */
	bool is_cut;	   /* initrd= at the end of append: U-Boot reads beyond it */
	bool has_new;	   /* a keyword of newer versions, at which older ones end the label */
	char *path;
	unsigned int line;
};

struct uboot_config {
	struct uboot_label *labels;
	size_t n_labels;
	char *default_label;
	bool prompts, has_timeout;
	char *failure; /* why U-Boot gives all of it up; NULL: it does not */
	char *unread;  /* a file that cannot be read; NULL: none */
};

void uboot_config_done(struct uboot_config *config);
/* Of the file that place names; without a host of text. */
int uboot_config_read(struct ka_host *host, const struct ext_place *place, struct uboot_config *ret,
		      struct ka_error *err) _must_check_;
int uboot_config_parse(const char *text, struct uboot_config *ret, struct ka_error *err)
	_must_check_;

/*
 * A command line as U-Boot makes it of "append" (cli_simple_process_macros()): backslashes and single quotes go,
 * "${name}" becomes a variable's value, which nobody here knows: *ret_unknown is its name then (owned), else NULL.
 */
char *uboot_expand(const char *text, char **ret_unknown) _must_check_;
