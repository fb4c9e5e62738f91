// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What only GRUB could know (a key that is pressed, a firmware table) is tried both ways. When the
 * answers agree on what boots, nobody needs to know; when they do not, the menu is undecided.
 */

#include "pass.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define RUNS_LIMIT 64 /* ways through unknown conditions */

static void add_writes(struct ka_buf *buf, const struct ka_writes *writes)
{
	for (size_t i = 0; i < writes->n; i++)
		ka_buf_addf(buf, "%s %s=%s\n", writes->items[i].path, writes->items[i].name,
			    writes->items[i].value ? writes->items[i].value : "(deleted)");
}

char *grub_outcome(const struct ka_writes *before, const struct ka_entry *entry)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	ka_buf_addf(&buf, "%s\n%s\n%s\n%s\n", entry->id, entry->kernel ? entry->kernel : "",
		    entry->cmdline ? entry->cmdline : "",
		    entry->devicetree ? entry->devicetree : "");
	for (size_t i = 0; i < entry->initrds.n; i++) {
		const struct ka_piece *p = &entry->initrds.items[i];

		ka_buf_addf(&buf, "%s %s\n", p->path ? p->path : "", p->part ? p->part : "");
	}
	add_writes(&buf, before);
	add_writes(&buf, &entry->writes);
	return ka_buf_take(&buf);
}

struct way {
	uint8_t answers[GRUB_QUESTIONS_LIMIT];
	size_t n;
	char *question; /* the one that is answered differently here */
};

/* The ways still to be gone. */
struct ways {
	struct way items[RUNS_LIMIT];
	size_t n;
	bool too_many;
	uint64_t steps, bytes; /* spent so far */
};

static void ways_done(struct ways *ways)
{
	for (size_t i = 0; i < ways->n; i++)
		free(ways->items[i].question);
}

/* Every question a run asked beyond its answers was taken as no: add the way of yes for each. */
static void add_ways(struct ways *ways, const struct way *from, const struct grub *g)
{
	for (size_t i = from->n; g->questions && g->questions[i]; i++) {
		struct way *way = &ways->items[ways->n];

		if (ways->n >= RUNS_LIMIT) {
			ways->too_many = true;
			return;
		}
		*way = *from;
		memset(way->answers + from->n, 0, i - from->n);
		way->answers[i] = 1;
		way->n = i + 1;
		way->question = ka_strdup(g->questions[i]);
		ways->n++;
	}
}

/* Go one way. Why the menu is undecided then; NULL: it ends as the first one did. */
static char *try_way(struct ka_host *host, const struct grub_config *config, const char *start,
		     const struct way *way, const char *expected, struct ways *ways)
{
	_cleanup_(grub_pass_done) struct grub_pass pass = { .menu = KA_MENU_INIT };
	const struct grub_way this = { way->answers, way->n, ways->steps, ways->bytes };
	int r;

	r = grub_pass_run(host, config, start, &this, &pass);
	ways->steps = pass.g.steps;
	ways->bytes = pass.g.bytes;
	if (r < 0)
		return ka_format("%s may decide what boots, and to find out goes too far (%s)",
				 way->question, pass.g.limit ? pass.g.limit : strerror(-r));
	add_ways(ways, way, &pass.g);
	if (pass.g.unread || !ka_streq(pass.outcome, expected))
		return ka_format("%s decides what boots", way->question);
	return NULL;
}

void grub_try_all(struct ka_host *host, const struct grub_config *config, const char *start,
		  struct grub_pass *first)
{
	_cleanup_(ways_done) struct ways ways = { .n = 0 };
	const struct way none = { .n = 0 };
	char **why = &first->menu.undecided;

	if (first->g.unread) {
		*why = ka_strdup(first->g.unread);
		return;
	}
	add_ways(&ways, &none, &first->g);
	for (size_t i = 0; i < ways.n && !*why; i++) {
		const struct way way = ways.items[i];

		*why = try_way(host, config, start, &way, first->outcome, &ways);
	}
	if (!*why && ways.too_many)
		*why = ka_format("more than %d ways lead through what cannot be known from here, "
				 "the first at %s",
				 RUNS_LIMIT, ways.items[0].question);
}
