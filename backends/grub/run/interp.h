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
/*
 * Run the configuration that is embedded in a program, as GRUB's rescue parser does (kern/parser.c,
 * kern/rescue_parser.c): one command a line, no statements.
 */
void grub_run_embedded(struct grub *g, const char *text, const char *file);
/* A word that no command has as its name: does it decide what boots? */
void grub_check_unknown(struct grub *g, const char *word);
/* Forget functions and files. */
void grub_interp_done(struct grub *g);
/* Read and run a file named as the script names it. */
int grub_source(struct grub *g, const char *path);
