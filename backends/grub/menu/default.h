/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Which entry of a menu would boot. */

size_t grub_default_index(const struct grub *g, const struct grub_menu *menu, const char *value);
/* Does it name a hidden entry, and none of the menu? */
bool grub_default_is_hidden(const struct grub *g, const struct grub_menu *menu, const char *value);
/*
 * The entry that "fallback" names first: a number, at Red Hat an id as well. False: none, or one that
 * is not there, for which GRUB does undefined things.
 */
bool grub_fallback_index(const struct grub *g, const struct grub_menu *menu, const char *value,
			 size_t *ret);
/* What follows the first single '>' of a value, NULL if nothing does. */
const char *grub_default_rest(const char *value);
