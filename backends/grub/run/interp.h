/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* The interpreter: statements, functions, files. */

/* Run text in the current environment; file and line for messages. The status of its last
 * command. */
int grub_run_text(struct grub *g, const char *text, const char *file, unsigned int line,
		  bool is_file);
/* Run a menu entry's body with its parameters. */
int grub_run_body(struct grub *g, const struct grub_item *item);
/* Forget functions and files. */
void grub_interp_done(struct grub *g);
/* Read and run a file named as the script names it. */
int grub_source(struct grub *g, const char *path);
