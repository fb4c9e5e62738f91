// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of flow and parameters: break, continue, shift, setparams, return. */

#include "run/commands.h"
#include "state/env.h"
#include "state/scope.h"

#include <kexec-any/text.h>

/* A whole decimal number, as grub_strtoul() and a look at its end give it. */
static bool parse_count(const char *text, unsigned long *ret)
{
	uint64_t value;

	if (ka_parse_u64(text, UINT32_MAX, &value) < 0)
		return false;
	*ret = (unsigned long)value;
	return true;
}

int grub_break(struct grub *g, char **argv, size_t argc)
{
	unsigned long count = 1;

	if (argc > 2 || (argc == 2 && (!parse_count(argv[1], &count) || count == 0)))
		return argc > 2	    ? GRUB_BAD_ARGUMENT
		       : count == 0 ? GRUB_BAD_ARGUMENT
				    : GRUB_BAD_NUMBER;
	g->is_continue = !ka_streq(argv[0], "break");
	g->breaks = count < g->loops ? count : g->loops;
	return GRUB_OK;
}

int grub_shift(struct grub *g, char **argv, size_t argc)
{
	unsigned long n = 1;

	if (!g->scope)
		return GRUB_OK;
	if (argc > 2 || (argc == 2 && !parse_count(argv[1], &n)))
		return GRUB_BAD_ARGUMENT;
	if (n > g->scope->n)
		return GRUB_BAD_ARGUMENT;
	g->scope->shifts += n;
	g->scope->params += n;
	g->scope->n -= n;
	return GRUB_OK;
}

int grub_setparams(struct grub *g, char **argv, size_t argc)
{
	char **params = NULL;

	if (!g->scope)
		return GRUB_INVALID_COMMAND;
	params = ka_strv_copy(argv + 1, argc - 1);
	grub_scope_replace(g->scope, params, argc - 1);
	return GRUB_OK;
}

int grub_return(struct grub *g, char **argv, size_t argc)
{
	unsigned long status;
	const char *last;

	if (!g->scope || argc > 2)
		return GRUB_BAD_ARGUMENT;
	if (argc == 1) {
		last = grub_get(g, "?");
		g->returning = true;
		return last ? (int)strtoul(last, NULL, 10) : GRUB_OK;
	}
	if (!parse_count(argv[1], &status))
		return GRUB_BAD_NUMBER;
	g->returning = true;
	return (int)status;
}
