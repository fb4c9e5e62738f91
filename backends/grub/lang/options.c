// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of GRUB's commands (lib/arg.c): --name=value, --name value, -x value, -xyz. */

#include "lang/options.h"

#include <errno.h>

static const struct grub_option *find_long(const struct grub_option *options, const char *name,
					   size_t len)
{
	for (; options->name; options++)
		if (strlen(options->name) == len && strncmp(options->name, name, len) == 0)
			return options;
	return NULL;
}

static const struct grub_option *find_short(const struct grub_option *options, char c)
{
	for (; options->name; options++)
		if (options->letter && options->letter == c)
			return options;
	return NULL;
}

/* Remember an option; the last value of one that is not repeatable counts. */
static int take(struct grub_options *ret, const struct grub_option *option, char *value)
{
	size_t n = ret->n;

	if (n >= GRUB_OPTIONS_LIMIT)
		return -E2BIG;
	ret->items[n].letter = option->id;
	ret->items[n].value = value;
	ret->n++;
	return 0;
}

static bool all_known(const struct grub_option *options, const char *letters)
{
	for (; *letters; letters++)
		if (!find_short(options, *letters))
			return false;
	return true;
}

/* -xyz; only the last one may have a value. Returns how many words it took, negative: wrong. */
static int parse_short(const struct grub_option *options, char **argv, size_t left,
		       struct grub_options *ret)
{
	const char *p = argv[0] + 1;
	const struct grub_option *o;
	bool has_value;

	for (; *p; p++) {
		o = find_short(options, *p);
		if (!o)
			return -EINVAL;
		if (p[1]) {
			if (o->argument == GRUB_ARGUMENT_REQUIRED || take(ret, o, NULL) < 0)
				return -EINVAL;
			continue;
		}
		has_value = o->argument != GRUB_ARGUMENT_NONE && left > 1 &&
			    (o->argument == GRUB_ARGUMENT_REQUIRED || strlen(argv[1]) < 2 ||
			     *argv[1] != '-');
		if (o->argument == GRUB_ARGUMENT_REQUIRED && !has_value)
			return -EINVAL;
		if (take(ret, o, has_value ? argv[1] : NULL) < 0)
			return -EINVAL;
		return has_value ? 2 : 1;
	}
	return 1;
}

/* --name; 0: unknown. */
static int parse_long(const struct grub_option *options, char **argv, size_t left,
		      struct grub_options *ret)
{
	char *name = argv[0] + 2, *eq = strchr(name, '='), *value = eq ? eq + 1 : NULL;
	const struct grub_option *o;
	int used = 1;

	o = find_long(options, name, eq ? (size_t)(eq - name) : strlen(name));
	if (!o)
		return 0;
	if (!eq && left > 1 && *argv[1] != '-' && o->argument != GRUB_ARGUMENT_NONE) {
		value = argv[1];
		used = 2;
	}
	if ((value && o->argument == GRUB_ARGUMENT_NONE) ||
	    (!value && o->argument == GRUB_ARGUMENT_REQUIRED) || take(ret, o, value) < 0)
		return -EINVAL;
	return used;
}

/* Words move to the front; argv keeps every pointer it owns. */
static void swap(char **argv, size_t a, size_t b)
{
	char *word = argv[a];

	argv[a] = argv[b];
	argv[b] = word;
}

int grub_options_parse(const struct grub_option *options, bool accept_dash, char **argv,
		       size_t argc, struct grub_options *ret)
{
	*ret = (struct grub_options){ .n = 0 };
	for (size_t i = 1; i < argc;) {
		char *word = argv[i];
		int used;

		if (ka_streq(word, "--")) {
			for (i++; i < argc; i++)
				swap(argv, ++ret->n_words, i);
			break;
		}
		if (*word != '-' || !word[1]) {
			used = 0;
		} else if (word[1] != '-') {
			used = accept_dash && !all_known(options, word + 1)
				       ? 0
				       : parse_short(options, argv + i, argc - i, ret);
		} else {
			used = parse_long(options, argv + i, argc - i, ret);
			if (used == 0 && !accept_dash)
				return -EINVAL;
		}
		if (used < 0)
			return -EINVAL;
		if (used == 0) {
			swap(argv, ++ret->n_words, i);
			used = 1;
		}
		i += (size_t)used;
	}
	return 0;
}

const char *grub_option_value(const struct grub_options *options, char id)
{
	const char *value = NULL;

	for (size_t i = 0; i < options->n; i++)
		if (options->items[i].letter == id)
			value = options->items[i].value;
	return value;
}

bool grub_option_given(const struct grub_options *options, char id)
{
	for (size_t i = 0; i < options->n; i++)
		if (options->items[i].letter == id)
			return true;
	return false;
}
