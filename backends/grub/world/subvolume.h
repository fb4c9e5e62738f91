/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/*
 * Paths on btrfs as SUSE's GRUB has them (its patches "follow_default" and "subvol-mount"): with
 * $btrfs_relative_path they start at the volume's default subvolume, and btrfs-mount-subvol puts other
 * subvolumes into that tree.
 */

/* Do paths start at the default subvolume now? */
bool grub_is_relative(struct grub *g);
/* *path of the script on this volume becomes one from the top level. 0, or why that cannot be told. */
int grub_path_from_top(struct grub *g, const char *volume, char **path) _must_check_;
/*
 * Where the volume's tree starts now, from its top level: "/@/.snapshots/2/snapshot". NULL: at the top
 * level, or that cannot be told.
 */
char *grub_tree_start(struct grub *g, const char *volume) _must_check_;
/* The command btrfs-mount-subvol. */
int grub_mount_subvolume(struct grub *g, char **argv, size_t argc);
/* How many it has mounted, and to forget all but the first n of them. */
size_t grub_count_subvolumes(const struct grub *g);
void grub_drop_subvolumes(struct grub *g, size_t n);
void grub_subvolumes_done(struct grub *g);
