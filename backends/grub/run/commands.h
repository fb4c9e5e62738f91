/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/command.h"

/* The commands of the language and of values. Each is called with argv[0] its own name, and gives the
 * status that $? gets; argv is the caller's, and may be written to. */

/* commands.c */
int grub_do_nothing(struct grub *g, char **argv, size_t argc);
int grub_do_false(struct grub *g, char **argv, size_t argc);
int grub_do_set(struct grub *g, char **argv, size_t argc);
int grub_do_unset(struct grub *g, char **argv, size_t argc);
int grub_do_export(struct grub *g, char **argv, size_t argc);
int grub_do_insmod(struct grub *g, char **argv, size_t argc);
int grub_do_eval(struct grub *g, char **argv, size_t argc);
int grub_do_source(struct grub *g, char **argv, size_t argc);
int grub_do_extract(struct grub *g, char **argv, size_t argc);
int grub_do_configfile(struct grub *g, char **argv, size_t argc);
int grub_do_normal(struct grub *g, char **argv, size_t argc);
int grub_do_question(struct grub *g, char **argv, size_t argc);
int grub_do_unknown_value(struct grub *g, char **argv, size_t argc);
int grub_do_cpuid(struct grub *g, char **argv, size_t argc);
int grub_do_increment(struct grub *g, char **argv, size_t argc);
int grub_do_cryptomount(struct grub *g, char **argv, size_t argc);

/* regexp.c */
int grub_do_regexp(struct grub *g, char **argv, size_t argc);

/* hwmatch.c */
int grub_do_hwmatch(struct grub *g, char **argv, size_t argc);

/* flow.c */
int grub_break(struct grub *g, char **argv, size_t argc);
int grub_shift(struct grub *g, char **argv, size_t argc);
int grub_setparams(struct grub *g, char **argv, size_t argc);
int grub_return(struct grub *g, char **argv, size_t argc);
