/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* What menuentry, submenu and blscfg add to a menu. */

/* The commands menuentry and submenu. The block, if g->block_line is set, is the last word. */
int grub_add_item(struct grub *g, char **argv, size_t argc);
/* SUSE's hiddenentry: a key chooses it, and it has no number in the menu. Its names are kept. */
int grub_hide_item(struct grub *g, char **argv, size_t argc);

/* An entry made by blscfg. */
void grub_add_bls_item(struct grub *g, const char *id, char *const *params, const char *body,
		       const char *file, bool restricted);
