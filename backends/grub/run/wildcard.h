/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Wildcards, which work once the regexp module is there. In a guarded word (expand.c) a bare '*' or '?' is
 * one. */

bool grub_has_wildcard(const char *guarded);
/* Take the guards away. */
char *grub_unguard(const char *guarded, size_t len);
/* What the word stands for: the paths of files. NULL: none, it stays as it is. */
char **grub_expand_wildcards(struct grub *g, const char *guarded);
/* Does a name match the guarded pattern of this length? */
bool grub_wildcard_match(const char *pattern, size_t len, const char *name);
