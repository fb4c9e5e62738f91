// SPDX-License-Identifier: GPL-2.0-or-later
/* Variables and environments of a GRUB script. */

#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>

/* One change, to be taken back. */
struct grub_undo {
	struct grub_context *context;
	char *name, *value; /* value NULL: it was not set */
	bool exported;
};

static unsigned int bucket_of(const char *name)
{
	unsigned int h = 5381;

	for (; *name; name++)
		h = h * 33 ^ (unsigned char)*name;
	return h % GRUB_BUCKETS;
}

static struct grub_variable *find(const struct grub_context *c, const char *name)
{
	struct grub_variable *v = c->buckets[bucket_of(name)];

	while (v && !ka_streq(v->name, name))
		v = v->next;
	return v;
}

const char *grub_get(const struct grub *g, const char *name)
{
	const struct grub_variable *v = find(g->context, name);

	return v ? v->value : NULL;
}

/* Remember what a variable was, for variables that outlive the journal. */
static void remember(struct grub *g, const char *name, const struct grub_variable *v)
{
	struct grub_undo *undo;

	if (!g->journaling || g->context->depth > g->undo_depth)
		return;
	if ((g->n_undo & (g->n_undo - 1)) == 0)
		g->undo = ka_reallocarray(g->undo, g->n_undo ? g->n_undo * 2 : 1, sizeof(*g->undo));
	undo = &g->undo[g->n_undo++];
	*undo = (struct grub_undo){
		.context = g->context,
		.name = ka_strdup(name),
		.value = v ? ka_strdup(v->value) : NULL,
		.exported = v && v->exported,
	};
}

static void put(struct grub_context *c, const char *name, const char *value, bool exported)
{
	struct grub_variable *v = find(c, name);
	char *copy = ka_strdup(value);
	unsigned int b;

	if (v) {
		free(v->value);
		v->value = copy;
		v->exported |= exported;
		return;
	}
	v = ka_calloc(1, sizeof(*v));
	v->name = ka_strdup(name);
	b = bucket_of(name);
	v->value = copy;
	v->exported = exported;
	v->next = c->buckets[b];
	c->buckets[b] = v;
}

static void drop(struct grub_context *c, const char *name)
{
	struct grub_variable **p = &c->buckets[bucket_of(name)], *v;

	while (*p && !ka_streq((*p)->name, name))
		p = &(*p)->next;
	v = *p;
	if (!v)
		return;
	*p = v->next;
	free(v->name);
	free(v->value);
	free(v);
}

void grub_set(struct grub *g, const char *name, const char *value)
{
	const struct grub_variable *v = find(g->context, name);

	if (v && ka_streq(v->value, value))
		return;
	if (strlen(value) > GRUB_VALUE_LIMIT) {
		grub_give_up(g, "a variable of more than 1 MiB");
		return;
	}
	remember(g, name, v);
	put(g->context, name, value, false);
}

void grub_unset(struct grub *g, const char *name)
{
	struct grub_variable *v = find(g->context, name);

	if (!v)
		return;
	remember(g, name, v);
	/* "root" is watched by GRUB's device code and cannot go away (grub_env_unset()). */
	if (ka_streq(name, "root"))
		put(g->context, name, "", v->exported);
	else
		drop(g->context, name);
}

void grub_export(struct grub *g, const char *name)
{
	struct grub_variable *v = find(g->context, name);

	remember(g, name, v);
	put(g->context, name, v ? v->value : "", true);
}

void grub_context_open(struct grub *g)
{
	struct grub_context *c = ka_calloc(1, sizeof(*c));

	c->outer = g->context;
	c->depth = g->context ? g->context->depth + 1 : 0;
	c->serial = ++g->n_contexts;
	for (size_t i = 0; c->outer && i < GRUB_BUCKETS; i++)
		for (struct grub_variable *v = c->outer->buckets[i]; v; v = v->next)
			if (v->exported || g->dialect->inherits_all)
				put(c, v->name, v->value, v->exported);
	g->context = c;
}

void grub_context_close(struct grub *g)
{
	struct grub_context *c = g->context;

	for (size_t i = 0; i < GRUB_BUCKETS; i++)
		while (c->buckets[i])
			drop(c, c->buckets[i]->name);
	grub_menu_free(c->menu);
	g->context = c->outer;
	free(c);
}

void grub_journal_push(struct grub *g, struct grub_journal *ret)
{
	*ret = (struct grub_journal){
		.start = g->n_undo,
		.depth = g->undo_depth,
		.was_on = g->journaling,
	};
	g->journaling = true;
	g->undo_depth = g->context->depth;
}

/* Latest first, so that a variable changed twice ends as it began. */
void grub_journal_pop(struct grub *g, const struct grub_journal *journal)
{
	while (g->n_undo > journal->start) {
		struct grub_undo *u = &g->undo[--g->n_undo];

		drop(u->context, u->name);
		if (u->value)
			put(u->context, u->name, u->value, u->exported);
		free(u->name);
		free(u->value);
	}
	g->journaling = journal->was_on;
	g->undo_depth = journal->depth;
}
