// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of the language and of values. Those that only draw, sound or wait are taken as
 * done; what nobody knows from here is asked as a question (grub_decide()).
 */

#include "run/commands.h"
#include "lang/number.h"
#include "run/interp.h"
#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <inttypes.h>
#include <stdio.h>

int grub_do_nothing(_unused_ struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	return GRUB_OK;
}

int grub_do_false(_unused_ struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	return GRUB_FALSE;
}

int grub_do_set(struct grub *g, char **argv, size_t argc)
{
	char *eq;

	if (argc < 2)
		return GRUB_OK;
	eq = strchr(argv[1], '=');
	if (!eq)
		return GRUB_BAD_ARGUMENT;
	*eq = '\0';
	grub_set(g, argv[1], eq + 1);
	return GRUB_OK;
}

int grub_do_unset(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	grub_unset(g, argv[1]);
	return GRUB_OK;
}

int grub_do_export(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	for (size_t i = 1; i < argc; i++)
		grub_export(g, argv[i]);
	return GRUB_OK;
}

int grub_do_insmod(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	if (ka_streq(argv[1], "regexp"))
		g->has_regexp = true;
	return GRUB_OK;
}

int grub_do_eval(struct grub *g, char **argv, size_t argc)
{
	_cleanup_(ka_buf_done) struct ka_buf text = { 0 };

	for (size_t i = 1; i < argc; i++)
		ka_buf_addf(&text, "%s%s", i > 1 ? " " : "", argv[i]);
	if (!text.text)
		return GRUB_OK;
	if (++g->source_depth > GRUB_DEPTH_LIMIT) {
		g->source_depth--;
		return grub_give_up(g, "eval nested more than 64 deep");
	}
	int status = grub_run_text(g, text.text, g->file, g->line, false);

	g->source_depth--;
	return status;
}

int grub_do_source(struct grub *g, char **argv, size_t argc)
{
	if (argc != 2)
		return GRUB_BAD_ARGUMENT;
	return grub_source(g, argv[1]);
}

/* The entries of another file; what it does to variables is gone with it. */
int grub_do_extract(struct grub *g, char **argv, size_t argc)
{
	struct grub_journal journal;
	int status;

	if (argc != 2)
		return GRUB_BAD_ARGUMENT;
	grub_journal_push(g, &journal);
	g->extractor++;
	status = grub_source(g, argv[1]);
	g->extractor--;
	grub_journal_pop(g, &journal);
	return status;
}

/*
 * A new environment and a new menu; when the file defines entries, its menu is shown, and nothing
 * behind the command runs before somebody leaves it.
 */
int grub_do_configfile(struct grub *g, char **argv, size_t argc)
{
	const char *prefix = grub_get(g, "prefix");
	_cleanup_free_ char *path = NULL;

	if (argc > 2 || (argc < 2 && ka_streq(argv[0], "configfile")))
		return GRUB_BAD_ARGUMENT;
	path = argc == 2 ? ka_strdup(argv[1]) : ka_format("%s/grub.cfg", prefix ? prefix : "");
	if (g->context->depth >= GRUB_SOURCE_LIMIT)
		return grub_give_up(g, "menus nested more than 16 deep");
	grub_context_open(g);
	g->context->menu = ka_calloc(1, sizeof(*g->context->menu));
	grub_source(g, path);
	if (!g->error && !g->stopped && g->context->menu->n_items > 0) {
		g->shown = g->context;
		g->stopped = true;
		return GRUB_OK;
	}
	if (!g->shown)
		grub_context_close(g);
	return GRUB_OK;
}

/*
 * The way from the program to its menu: one environment, and no way back but to GRUB's prompt. Later it is
 * as configfile.
 */
int grub_do_normal(struct grub *g, char **argv, size_t argc)
{
	const char *prefix = grub_get(g, "prefix");
	_cleanup_free_ char *path = NULL;

	if (!g->is_core)
		return grub_do_configfile(g, argv, argc);
	path = argc > 1 ? ka_strdup(argv[1]) : ka_format("%s/grub.cfg", prefix ? prefix : "");
	grub_source(g, path);
	if (!g->error && !g->stopped && g->context->menu->n_items > 0)
		g->shown = g->context;
	g->stopped = true;
	return GRUB_OK;
}

/* --- values and conditions */

int grub_do_question(struct grub *g, char **argv, _unused_ size_t argc)
{
	_cleanup_free_ char *about = ka_format("the answer of '%s'", argv[0]);

	return grub_decide(g, about) ? GRUB_OK : GRUB_FALSE;
}

/* The word behind --set or -s, or for "read" the first one, gets a value nobody knows. */
int grub_do_unknown_value(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *value = NULL;
	const char *name = NULL;

	for (size_t i = 1; i < argc; i++) {
		const char *v = ka_startswith(argv[i], "--set=");

		if (v)
			name = v;
		else if ((ka_streq(argv[i], "--set") || ka_streq(argv[i], "-s") ||
			  ka_streq(argv[i], "-d")) &&
			 i + 1 < argc)
			name = argv[i + 1];
		else if (ka_streq(argv[0], "read") && *argv[i] != '-')
			name = argv[i];
	}
	value = ka_format("%c%s%c", GRUB_UNKNOWN_START, argv[0], GRUB_UNKNOWN_END);
	if (name)
		grub_set(g, name, value);
	return GRUB_OK;
}

/* cpuid -l: a 64-bit processor? We run on one, or have no use for the entry. */
int grub_do_cpuid(struct grub *g, char **argv, size_t argc)
{
	if (argc == 2 && (ka_streq(argv[1], "-l") || ka_streq(argv[1], "--long-mode")))
		return GRUB_OK;
	return grub_do_question(g, argv, argc);
}

/* increment, decrement: Red Hat's. */
int grub_do_increment(struct grub *g, char **argv, size_t argc)
{
	const char *value, *end;
	uint64_t magnitude;
	char number[24];
	bool negative;

	if (argc != 2)
		return GRUB_BAD_ARGUMENT;
	value = grub_get(g, argv[1]);
	if (!value)
		return GRUB_FILE_NOT_FOUND;
	while (ka_is_space(*value))
		value++;
	negative = *value == '-';
	value += negative;
	magnitude = grub_number(value, &end);
	if (end == value)
		return GRUB_BAD_NUMBER;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return GRUB_OUT_OF_RANGE;
	/* It wraps at the end of 64 bits. */
	magnitude = (negative ? 0 - magnitude : magnitude) + (*argv[0] == 'i' ? 1 : UINT64_MAX);
	snprintf(number, sizeof(number), "%" PRId64, (int64_t)magnitude);
	grub_set(g, argv[1], number);
	return GRUB_OK;
}

int grub_do_cryptomount(struct grub *g, char **argv, size_t argc)
{
	(void)argv;
	(void)argc;
	/* The volumes this system runs on are open; which one is meant shows when it is read. */
	(void)g;
	return GRUB_OK;
}
