/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* $1, $#, …: the parameters of a function, or of an entry's body. */

struct grub_scope {
	char **params;
	size_t n; /* how many */
	bool owned;
	size_t shifts; /* params was moved on by so many */
};

char **grub_params(const struct grub *g); /* NULL outside of functions and entries, or none */
size_t grub_n_params(const struct grub *g);
bool grub_has_params(const struct grub *g); /* in a function or an entry, with or without */
/* Other parameters instead; the old ones go when they are the scope's, as these are. */
void grub_scope_replace(struct grub_scope *scope, char **params, size_t n);
void grub_scope_done(struct grub_scope *scope);
