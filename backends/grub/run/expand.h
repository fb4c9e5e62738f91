/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* The words of a command, split, expanded, unquoted. NULL with g->error, or when nothing
 * is left. */
char **grub_expand(struct grub *g, const struct grub_word *words);
