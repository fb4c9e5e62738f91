/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Boot Loader Specification entries as GRUB's blscfg reads them. */

/* Names of entry files as GRUB 2.14 sorts them: less than 0 when a is older. */
int grub_compare_files(const char *a, const char *b);
/* Ids as Red Hat's GRUB sorts them. */
int grub_compare_rpm(const char *a, const char *b);
/* Two versions by rpm's rule. */
int grub_compare_rpm_text(const char *a, const char *b);

struct grub_bls_entry {
	char *id;   /* the file's name without .conf */
	char *file; /* it, on this machine */
	char **keys, **values;
	size_t n;
	size_t position;       /* while it is sorted */
	unsigned int shown_in; /* Red Hat: serial of the context it is shown in; 0: none */
};

void grub_bls_entry_free(struct grub_bls_entry *entry);
/* Forget all that was read. */
void grub_bls_done(struct grub *g);

/*
 * Parse one file. redhat: only a blank separates key and value where the line has one, else a tab.
 * A line without a value ends the file.
 */
void grub_bls_parse(const char *text, bool redhat, struct grub_bls_entry *ret);

/* The first value of key; NULL: none. */
const char *grub_bls_value(const struct grub_bls_entry *e, const char *key);

/*
 * Expand $NAME in a value, with the quirks of the loop GRUB uses: a value is followed by a blank and
 * swallows one, and pieces of a single byte get lost. NULL: nothing came out.
 */
char *grub_bls_expand(struct grub *g, const char *value);

/* --- blsuki.c: options of upstream's two commands */

struct grub_blsuki {
	const char *path, *only; /* borrowed from argv; NULL: not given */
	bool fallback;		 /* look in the standard folder if there is nothing in path */
	bool defaults, others;	 /* show the default entry, show what is not */
};

/* argv is reordered. 0 or -EINVAL. */
int grub_blsuki_parse(char **argv, size_t argc, struct grub_blsuki *ret) _must_check_;
/* Is this entry, of the file of this name, to be shown? */
bool grub_blsuki_shows(const struct grub_blsuki *wanted, bool is_default, const char *file);
/* Does an entry begin with savedefault? */
bool grub_blsuki_saves_default(const struct grub *g);

/* The commands. */
int grub_blscfg(struct grub *g, char **argv, size_t argc);
int grub_uki(struct grub *g, char **argv, size_t argc); /* uki.c */
