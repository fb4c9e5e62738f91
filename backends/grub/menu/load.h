/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* The commands that load something to boot, start it, or leave GRUB; as in run/commands.h. */

int grub_do_linux(struct grub *g, char **argv, size_t argc);
int grub_do_initrd(struct grub *g, char **argv, size_t argc);
int grub_do_devicetree(struct grub *g, char **argv, size_t argc);
int grub_do_other_kernel(struct grub *g, char **argv, size_t argc);
int grub_do_chainloader(struct grub *g, char **argv, size_t argc);
int grub_do_boot(struct grub *g, char **argv, size_t argc);
int grub_do_leave(struct grub *g, char **argv, size_t argc);
int grub_do_fwsetup(struct grub *g, char **argv, size_t argc);
