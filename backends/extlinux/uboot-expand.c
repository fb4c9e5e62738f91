// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line that U-Boot makes of "append": cli_simple_process_macros() in common/cli_simple.c, state by state. */

#include "uboot.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

enum state {
	PLAIN,
	DOLLAR, /* behind it; a bracket may follow */
	NAME,	/* inside of either brackets, which either ends */
	QUOTED,
};

struct expander {
	enum state state;
	const char *name; /* where it begins */
	char *unknown;
	struct ka_buf buf;
};

static void put(struct expander *e, char c)
{
	ka_buf_add(&e->buf, &c, 1);
}

/* rest: behind the character. */
static void step(struct expander *e, char c, bool is_escaped, const char *rest)
{
	switch (e->state) {
	case PLAIN:
		if (c == '\'' && !is_escaped)
			e->state = QUOTED;
		else if (c == '$' && !is_escaped)
			e->state = DOLLAR;
		else
			put(e, c);
		break;
	case DOLLAR:
		e->state = c == '(' || c == '{' ? NAME : PLAIN;
		e->name = rest;
		if (e->state == PLAIN) {
			put(e, '$');
			put(e, c);
		}
		break;
	case NAME:
		if (c != ')' && c != '}')
			break;
		if (!e->unknown)
			e->unknown = ka_strndup(e->name, (size_t)(rest - e->name) - 1);
		e->state = PLAIN;
		break;
	case QUOTED:
		if (c == '\'' && !is_escaped)
			e->state = PLAIN;
		else
			put(e, c);
		break;
	}
}

char *uboot_expand(const char *text, char **ret_unknown)
{
	struct expander e = { .state = PLAIN };
	char before = '\0';

	for (const char *p = text; *p;) {
		char c = *p++;

		if (e.state != QUOTED && c == '\\' && before != '\\') {
			if (!*p)
				break;
			before = c;
			c = *p++;
		}
		step(&e, c, before == '\\', p);
		before = c;
	}
	*ret_unknown = e.unknown;
	return ka_buf_take(&e.buf);
}
