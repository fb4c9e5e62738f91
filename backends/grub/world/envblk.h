/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Environment blocks (grubenv): read, and what would be written into them. */

int grub_load_env(struct grub *g, char **argv, size_t argc);
int grub_save_env(struct grub *g, char **argv, size_t argc);
int grub_list_env(struct grub *g, char **argv, size_t argc);

/* Forget all but the first n writes. */
void grub_drop_writes(struct grub *g, size_t n);

/* An environment block: names and values, in file order. */
struct grub_envblk {
	char **names, **values;
	size_t n;
};
void grub_envblk_done(struct grub_envblk *block);
/* 0; -EBADMSG: no environment block. */
int grub_envblk_parse(const char *data, size_t len, struct grub_envblk *ret) _must_check_;
