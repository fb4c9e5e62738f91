/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* Options of GRUB's commands, as lib/arg.c reads them. */

enum grub_argument { GRUB_ARGUMENT_NONE, GRUB_ARGUMENT_OPTIONAL, GRUB_ARGUMENT_REQUIRED };

struct grub_option {
	const char *name; /* long; NULL ends the table */
	char letter;	  /* short; 0: none */
	char id;	  /* how the command calls it */
	enum grub_argument argument;
};

#define GRUB_OPTIONS_LIMIT 64

struct grub_options {
	struct {
		char letter; /* the option's id */
		char *value; /* borrowed from argv; NULL: none */
	} items[GRUB_OPTIONS_LIMIT];
	size_t n;
	size_t n_words; /* what is no option: argv[1] to argv[n_words], in order */
};

/*
 * Sort argv[1…] into options and words. argv is reordered: the words come first. accept_dash:
 * unknown options are words. 0 or -EINVAL.
 */
int grub_options_parse(const struct grub_option *options, bool accept_dash, char **argv,
		       size_t argc, struct grub_options *ret) _must_check_;

/* The last value given; NULL: none. */
const char *grub_option_value(const struct grub_options *options, char id);
bool grub_option_given(const struct grub_options *options, char id);
