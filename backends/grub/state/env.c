// SPDX-License-Identifier: GPL-2.0-or-later
/* Variables and environments of a GRUB script. */

#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>

struct variable {
	struct grub_table_item item; /* its name is owned */
	char *value;
	bool exported;
	unsigned int remembered; /* serial of the journal that knows what it was */
};

/* One change, to be taken back. */
struct grub_undo {
	struct grub_context *context;
	char *name, *value; /* value NULL: it was not set */
	bool exported;
};

/* What a variable takes beside its texts. */
#define OVERHEAD 96

static struct variable *find(const struct grub_context *c, const char *name)
{
	return grub_table_find(&c->variables, name);
}

const char *grub_get(const struct grub *g, const char *name)
{
	const struct variable *v = find(g->context, name);

	return v ? v->value : NULL;
}

static void add_undo(struct grub *g, const char *name, const struct variable *v)
{
	if ((g->n_undo & (g->n_undo - 1)) == 0)
		g->undo = ka_reallocarray(g->undo, g->n_undo ? g->n_undo * 2 : 1, sizeof(*g->undo));
	g->undo[g->n_undo++] = (struct grub_undo){
		.context = g->context,
		.name = ka_strdup(name),
		.value = v ? ka_strdup(v->value) : NULL,
		.exported = v && v->exported,
	};
}

/* Remember what a variable was, for variables that outlive the journal. Once is enough. */
static void remember(struct grub *g, const char *name, struct variable *v)
{
	if (!g->journal || g->context->depth > g->undo_depth || (v && v->remembered == g->journal))
		return;
	if (!grub_charge(g, OVERHEAD + strlen(name) + (v ? strlen(v->value) : 0)))
		return;
	add_undo(g, name, v);
	if (v)
		v->remembered = g->journal;
}

static void put(struct grub_context *c, const char *name, const char *value, bool exported)
{
	struct variable *v = find(c, name);
	char *copy = ka_strdup(value);

	if (!v) {
		v = ka_calloc(1, sizeof(*v));
		v->item.name = ka_strdup(name);
		grub_table_add(&c->variables, &v->item);
	}
	free(v->value);
	v->value = copy;
	v->exported |= exported;
}

static void free_variable(struct variable *v)
{
	if (!v)
		return;
	free((char *)v->item.name);
	free(v->value);
	free(v);
}

void grub_set(struct grub *g, const char *name, const char *value)
{
	_cleanup_free_ char *bare = NULL;
	struct variable *v = find(g->context, name);

	/* grub_env_write_root() of kern/main.c */
	if (ka_streq(name, "root") && *value == '(' && value[strlen(value) - 1] == ')')
		value = bare = ka_strndup(value + 1, strlen(value) - 2);
	if (v && ka_streq(v->value, value))
		return;
	if (strlen(value) > GRUB_VALUE_LIMIT) {
		grub_give_up(g, "a variable of more than 1 MiB");
		return;
	}
	if (!v && !grub_charge(g, OVERHEAD + strlen(name)))
		return;
	remember(g, name, v);
	put(g->context, name, value, false);
}

void grub_unset(struct grub *g, const char *name)
{
	struct variable *v = find(g->context, name);

	if (!v)
		return;
	remember(g, name, v);
	/* "root" is watched by GRUB's device code and cannot go away (grub_env_unset()). */
	if (ka_streq(name, "root"))
		put(g->context, name, "", v->exported);
	else
		free_variable(grub_table_take(&g->context->variables, name));
}

void grub_export(struct grub *g, const char *name)
{
	struct variable *v = find(g->context, name);

	if (!v && !grub_charge(g, OVERHEAD + strlen(name)))
		return;
	remember(g, name, v);
	put(g->context, name, v ? v->value : "", true);
}

/* What the environment around it hands down. */
static void inherit(struct grub *g, struct grub_context *c)
{
	grub_table_for_each(&c->outer->variables, item)
	{
		const struct variable *v = (const struct variable *)item;

		if (!v->exported && !g->dialect->inherits_all)
			continue;
		if (!grub_charge(g, OVERHEAD + strlen(item->name) + strlen(v->value)))
			return;
		put(c, item->name, v->value, v->exported);
	}
}

void grub_context_open(struct grub *g)
{
	struct grub_context *c = ka_calloc(1, sizeof(*c));

	c->outer = g->context;
	c->depth = g->context ? g->context->depth + 1 : 0;
	c->serial = ++g->n_contexts;
	if (c->outer)
		inherit(g, c);
	g->context = c;
}

void grub_context_close(struct grub *g)
{
	struct grub_context *c = g->context;
	struct variable *v;

	while ((v = grub_table_take_any(&c->variables)))
		free_variable(v);
	grub_menu_free(c->menu);
	g->context = c->outer;
	free(c);
}

void grub_journal_push(struct grub *g, struct grub_journal *ret)
{
	*ret = (struct grub_journal){
		.start = g->n_undo,
		.depth = g->undo_depth,
		.outer = g->journal,
	};
	g->journal = ++g->n_journals;
	g->undo_depth = g->context->depth;
}

/* Latest first, so that a variable changed twice ends as it began. */
void grub_journal_pop(struct grub *g, const struct grub_journal *journal)
{
	while (g->n_undo > journal->start) {
		struct grub_undo *u = &g->undo[--g->n_undo];

		free_variable(grub_table_take(&u->context->variables, u->name));
		if (u->value)
			put(u->context, u->name, u->value, u->exported);
		free(u->name);
		free(u->value);
	}
	g->journal = journal->outer;
	g->undo_depth = journal->depth;
}
