// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which backend is in charge. The chain says which program boots next, and so whose menu counts. Where
 * it does not, a menu counts only if it is the only one there is; a guess is never the default.
 */

#include "decide/select.h"

#include "decide/agree.h"
#include "decide/chain.h"
#include "decide/contradict.h"
#include "decide/mark.h"
#include "decide/registry.h"
#include "decide/traces.h"
#include "decide/twins.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static void probe_one(struct ka_host *host, const struct ka_chain *chain,
		      const struct ka_backend *backend, struct ka_candidate *ret)
{
	struct ka_evidence evidence = { .text = NULL };
	struct ka_error err = KA_ERROR_INIT;

	ret->backend = backend;
	ret->present = backend->probe(host, chain, &evidence, &err);
	ret->strength = evidence.strength;
	ret->why = evidence.text;
	if (!ret->why)
		ret->why = ka_strdup(ret->present < 0 ? ka_error_text(&err, ret->present)
						      : "not found");
	ka_error_done(&err);
}

static void probe_all(struct ka_host *host, struct ka_selection *selection)
{
	size_t n = 0;

	while (ka_backends[n])
		n++;
	selection->candidates = ka_calloc(n + 1, sizeof(*selection->candidates));
	selection->n_candidates = n;
	for (size_t i = 0; i < n; i++)
		probe_one(host, &selection->chain, ka_backends[i], &selection->candidates[i]);
}

/* The strongest evidence wins; between equals, the order of the registry. */
static ssize_t strongest(const struct ka_selection *selection)
{
	ssize_t best = -1;

	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];

		if (c->present > 0 &&
		    (best < 0 || c->strength > selection->candidates[best].strength))
			best = (ssize_t)i;
	}
	return best;
}

static int pick_by_name(const struct ka_selection *selection, const char *name, ssize_t *ret,
			struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf known = { 0 };

	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];

		ka_buf_addf(&known, "%s%s", i > 0 ? ", " : "", c->backend->name);
		if (!ka_streq(c->backend->name, name))
			continue;
		if (c->present < 0)
			return ka_fail(err, c->present, "backend '%s': %s", name, c->why);
		if (c->present == 0)
			return ka_fail(err, -ENOENT, "backend '%s' finds nothing here: %s", name,
				       c->why);
		*ret = (ssize_t)i;
		return 0;
	}
	return ka_fail(err, -ENOENT, "there is no backend '%s'; known are: %s", name, known.text);
}

static ssize_t index_of(const struct ka_selection *s, const char *name)
{
	for (size_t i = 0; i < s->n_candidates; i++)
		if (ka_streq(s->candidates[i].backend->name, name))
			return (ssize_t)i;
	return -1;
}

static bool is_last_resort(const struct ka_candidate *c)
{
	return c->present > 0 && c->strength == KA_STRENGTH_LAST_RESORT;
}

/* Another loader's menu beside the one in charge; or one that could not be looked for. */
static const struct ka_candidate *find_rival(const struct ka_selection *s)
{
	for (size_t i = 0; i < s->n_candidates; i++) {
		const struct ka_candidate *c = &s->candidates[i];

		if ((ssize_t)i != s->in_charge && c->present != 0 && !is_last_resort(c))
			return c;
	}
	return NULL;
}

/* The loader that leaves BOOT_IMAGE= on the command line; NULL: it leaves none. */
static const char *title_of(const struct ka_candidate *c)
{
	return ka_streq(c->backend->name, "grub")	? "GRUB"
	       : ka_streq(c->backend->name, "extlinux") ? "SYSLINUX"
							: NULL;
}

/* Nothing tells which program boots. NULL: the menu in charge is the only one there can be. */
static char *doubt(const struct ka_selection *s)
{
	const struct ka_candidate *c = &s->candidates[s->in_charge], *rival = find_rival(s);
	const struct ka_chain *chain = &s->chain;

	if (rival && rival->present < 0)
		return ka_format("%s, and whether '%s' is in charge cannot be told: %s", chain->why,
				 rival->backend->name, rival->why);
	if (rival)
		return ka_format("%s, and there are menus of two: %s (%s), %s (%s)", chain->why,
				 c->backend->name, c->why, rival->backend->name, rival->why);
	if (chain->is_direct && title_of(c))
		return ka_format("%s's configuration is here (%s), but %s did not start the "
				 "running system: no BOOT_IMAGE= on its command line and no "
				 "LoaderInfo (a hypervisor, the network or another loader did)",
				 title_of(c), c->why, title_of(c));
	if (is_last_resort(c) && chain->from != KA_OPTION_NONE)
		return ka_format("the firmware starts Boot%04X ('%s'), whose program cannot be "
				 "seen from here",
				 chain->number, chain->option.description);
	return NULL;
}

/* By the program that boots next. What speaks against a default becomes the chain's refusal. */
static void pick_by_chain(struct ka_selection *s)
{
	struct ka_chain *chain = &s->chain;
	const char *reader = ka_traces_backend(chain->program.kind);
	ssize_t wanted = reader ? index_of(s, reader) : -1;

	s->in_charge = strongest(s);
	/* The distribution's own word stands above every loader's. */
	if (s->in_charge >= 0 && s->candidates[s->in_charge].strength == KA_STRENGTH_DECREED)
		return;
	if (wanted >= 0 && s->candidates[wanted].present > 0)
		s->in_charge = wanted;
	else if (reader && !chain->refusal)
		chain->refusal =
			ka_format("%s; its menu cannot be read here: %s", chain->why,
				  wanted >= 0 ? s->candidates[wanted].why : "no backend does");
	else if (!chain->refusal && s->in_charge >= 0)
		chain->refusal = doubt(s);
}

/* The reason of a menu's backend stands before the chain's: it is nearer to the default. */
static void refuse_default(struct ka_menu *menu, const char *why)
{
	if (!menu->undecided)
		menu->undecided = ka_strdup(why);
	menu->default_index = -1;
}

/* The program that boots next is none whose menu a backend reads, or it is here and cannot be told. */
static bool is_others(const struct ka_chain *chain)
{
	if (chain->program.kind == KA_PROGRAM_UNKNOWN)
		return chain->path && chain->refusal;
	return !ka_traces_backend(chain->program.kind);
}

/* What speaks against a default of the menu that is here is of no interest then: it is not the one that is read. */
static void leave_to_other(const struct ka_chain *chain, struct ka_menu *menu)
{
	if (!is_others(chain))
		return;
	free(menu->undecided);
	menu->undecided = NULL;
	free(menu->configuration);
	menu->configuration = ka_strdup_or_null(chain->configuration);
	menu->dialect = NULL;
}

/*
 * A file that could not be read was taken for one that is not there, or for an empty one: what is in the
 * menu may be true, but which entry would boot is not known.
 */
static void doubt_unread(struct ka_host *host, struct ka_menu *menu, bool decides)
{
	_cleanup_free_ char *trouble = ka_host_take_trouble(host);

	if (!trouble)
		return;
	ka_report(
		&menu->problems, decides ? KA_ERROR : KA_WARNING, KA_ID_MACHINE_UNREADABLE, NULL,
		"find out why it cannot be read, or name the entry with --entry= and this finding "
		"with --ignore=",
		"%s cannot be read: what it says is missing here", trouble);
	if (!decides || menu->default_index < 0)
		return;
	menu->default_index = -1;
	menu->reason = KA_REASON_NONE;
	if (!menu->undecided)
		menu->undecided = ka_format("%s cannot be read, and may say otherwise", trouble);
}

/* What the firmware writes comes before what its loader does. */
static void put_first(struct ka_writes *writes, const struct ka_writes *before)
{
	struct ka_writes all = { .n = 0 };
	const struct ka_writes *const parts[] = { before, writes };

	for (size_t k = 0; k < ARRAY_SIZE(parts); k++)
		for (size_t i = 0; i < parts[k]->n; i++) {
			const struct ka_write *w = &parts[k]->items[i];

			ka_writes_add(&all, w->kind, w->path, w->name, w->value);
		}
	ka_writes_done(writes);
	*writes = all;
}

static int fill_menu(struct ka_host *host, const char *only, struct ka_selection *s,
		     struct ka_error *err)
{
	const struct ka_candidate *c = &s->candidates[s->in_charge];
	_cleanup_free_ char *contradiction = NULL;
	int r;

	r = c->backend->discover(host, &s->chain, &s->menu, err);
	if (r < 0)
		return ka_fail_in(err, r, "%s", c->backend->name);
	put_first(&s->menu.writes, &s->chain.writes);
	ka_agree(host, s);
	doubt_unread(host, &s->menu, /* decides= */ true);
	r = ka_mark_running(host, &s->menu);
	if (r < 0 || only || c->strength == KA_STRENGTH_DECREED)
		return r;
	leave_to_other(&s->chain, &s->menu);
	contradiction = ka_contradict(host, &s->chain, &s->menu);
	if (!contradiction && !s->chain.refusal)
		contradiction = ka_twins_differ(host, s);
	if (s->chain.refusal || contradiction)
		refuse_default(&s->menu, s->chain.refusal ? s->chain.refusal : contradiction);
	return 0;
}

int ka_select_backend(struct ka_host *host, const char *only, struct ka_selection *ret,
		      struct ka_error *err)
{
	_cleanup_(ka_selection_done) struct ka_selection selection = KA_SELECTION_INIT;
	int r = 0;

	ka_chain_make(host, &selection.chain);
	probe_all(host, &selection);
	if (only)
		r = pick_by_name(&selection, only, &selection.in_charge, err);
	else
		pick_by_chain(&selection);
	if (r == 0 && selection.in_charge >= 0)
		r = fill_menu(host, only, &selection, err);
	if (r < 0)
		return r;
	doubt_unread(host, &selection.menu, selection.in_charge < 0);
	*ret = selection;
	selection = (struct ka_selection)KA_SELECTION_INIT;
	return 0;
}
