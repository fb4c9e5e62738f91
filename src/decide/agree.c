// SPDX-License-Identifier: GPL-2.0-or-later
/* What the installed loader says of the systems that the distribution's own records list. */

#include "decide/agree.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* The value of the word that names an entry's system; NULL without one. */
static char *system_of(const struct ka_entry *entry, const char *word)
{
	char *value = NULL;

	if (entry->cmdline)
		ka_cmdline_get(entry->cmdline, word, &value);
	return value;
}

/* The loader's entries by their systems, sorted. */
struct known {
	char *system;
	struct ka_entry *entry;
	size_t index; /* in the loader's menu */
	bool is_default;
};

struct index {
	struct known *items;
	size_t n;
};

static void index_done(struct index *index)
{
	for (size_t i = 0; i < index->n; i++)
		free(index->items[i].system);
	free(index->items);
}

static int compare_systems(const void *x, const void *y)
{
	return strcmp(((const struct known *)x)->system, ((const struct known *)y)->system);
}

/* Of one system the default first, then the menu's order. */
static int compare_known(const void *x, const void *y)
{
	const struct known *a = x, *b = y;
	int c = compare_systems(a, b);

	if (c == 0)
		c = b->is_default - a->is_default;
	return c != 0 ? c : (a->index > b->index) - (a->index < b->index);
}

static void make_index(const struct ka_menu *menu, const char *word, struct index *index)
{
	index->items = ka_calloc(menu->n_entries + 1, sizeof(*index->items));
	for (size_t i = 0; i < menu->n_entries; i++) {
		struct known *known = &index->items[index->n];

		if (!ka_entry_is_bootable(menu->entries[i]) || !menu->entries[i]->kernel)
			continue;
		*known = (struct known){
			.entry = menu->entries[i],
			.index = i,
			.is_default = menu->default_index == (ssize_t)i,
			.system = system_of(menu->entries[i], word),
		};
		index->n += known->system != NULL;
	}
	qsort(index->items, index->n, sizeof(*index->items), compare_known);
}

/* An entry of the loader that boots this system; NULL: there is none. */
static struct ka_entry *find_same(const struct index *index, const char *system)
{
	const struct known key = { .system = (char *)system };
	const struct known *p = bsearch(&key, index->items, index->n, sizeof(key), compare_systems);

	while (p && p > index->items && ka_streq(p[-1].system, system))
		p--;
	return p ? p->entry : NULL;
}

static void replace(char **to, const char *value)
{
	free(*to);
	*to = ka_strdup_or_null(value);
}

/* Its files instead of ours; the command line stays the system's own. Several entries of ours may be
 * one system, so these are copies. */
static void take_files(const struct ka_decree *decree, struct ka_entry *to,
		       const struct ka_entry *from, const char *backend)
{
	replace(&to->kernel, from->kernel);
	replace(&to->kernel_sha256, from->kernel_sha256);
	to->kernel_offset = from->kernel_offset;
	to->kernel_size = from->kernel_size;
	ka_pieces_done(&to->initrds);
	ka_pieces_copy(&to->initrds, &from->initrds);
	to->needs_loader_copies = false;
	ka_report(&to->problems, KA_INFO, KA_ID_LOADER_FILES, from->source_path, NULL,
		  "kernel and initrd are those of the loader's own entry '%s' (%s), which hold "
		  "more than the ones in %s",
		  from->id, backend, decree->place);
}

static void take_from(const struct ka_decree *decree, struct ka_menu *ours,
		      const struct ka_menu *theirs, const char *backend, bool secure)
{
	_cleanup_(index_done) struct index index = { .n = 0 };

	make_index(theirs, decree->word, &index);
	for (size_t i = 0; i < ours->n_entries; i++) {
		struct ka_entry *entry = ours->entries[i], *same;
		_cleanup_free_ char *system = NULL;

		if (!entry->needs_loader_copies && !secure)
			continue;
		system = system_of(entry, decree->word);
		same = system ? find_same(&index, system) : NULL;
		if (same)
			take_files(decree, entry, same, backend);
	}
}

static void compare_defaults(const struct ka_decree *decree, struct ka_menu *ours,
			     const struct ka_menu *theirs, const char *backend)
{
	_cleanup_free_ char *system = NULL, *own = NULL;
	const struct ka_entry *entry;

	if (ours->default_index < 0 || theirs->default_index < 0)
		return;
	entry = theirs->entries[theirs->default_index];
	system = system_of(entry, decree->word);
	own = system_of(ours->entries[ours->default_index], decree->word);
	if (!own || (system && ka_streq(system, own)))
		return;
	ka_report(&ours->problems, KA_WARNING, KA_ID_LOADER_DIFFERS, entry->source_path,
		  decree->if_differs,
		  "the boot loader (%s) would boot '%s', which is %s%s%s; %s is %s=%s", backend,
		  entry->id, system ? decree->word : "another system", system ? "=" : "",
		  system ? system : "", decree->records, decree->word, own);
}

/* compare: is it the loader that boots, so that its default counts? */
static void ask(struct ka_host *host, const struct ka_chain *chain, const struct ka_decree *decree,
		const struct ka_backend *backend, bool compare, struct ka_menu *ours)
{
	_cleanup_(ka_menu_done) struct ka_menu theirs = KA_MENU_INIT;
	struct ka_error err = KA_ERROR_INIT;
	bool secure = ka_host_secure_boot(host) == KA_YES;
	int r;

	r = backend->discover(host, chain, &theirs, &err);
	if (r == 0)
		take_from(decree, ours, &theirs, backend->name, secure);
	else
		ka_report(&ours->problems, KA_WARNING, KA_ID_LOADER_UNREAD, NULL, NULL,
			  "the boot loader's own entries cannot be read (%s): %s", backend->name,
			  ka_error_text(&err, r));
	if (r == 0 && compare && theirs.undecided)
		ka_report(&ours->problems, KA_WARNING, KA_ID_LOADER_UNREAD, NULL, NULL,
			  "what the boot loader (%s) would boot is not known: %s", backend->name,
			  theirs.undecided);
	if (r == 0 && compare)
		compare_defaults(decree, ours, &theirs, backend->name);
	ka_error_done(&err);
}

/* Still without the loader's files: what is here is not what would boot. */
static void refuse_others(const struct ka_decree *decree, struct ka_menu *menu)
{
	for (size_t i = 0; i < menu->n_entries; i++) {
		struct ka_entry *entry = menu->entries[i];
		_cleanup_free_ char *system = NULL;

		if (!entry->needs_loader_copies)
			continue;
		system = system_of(entry, decree->word);
		ka_report(&entry->problems, KA_ERROR, KA_ID_LOADER_FILES_MISSING,
			  entry->source_path, decree->if_missing,
			  "the boot loader's copies of kernel and initrd hold secrets or "
			  "signatures that those in %s lack, and no loader entry with %s=%s "
			  "was found",
			  decree->place, decree->word, system ? system : "");
	}
}

/* How strong the evidence is for the loader that boots; the last resort is none. */
static enum ka_strength strongest_other(const struct ka_selection *selection)
{
	enum ka_strength best = KA_STRENGTH_LAST_RESORT;

	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];

		if ((ssize_t)i != selection->in_charge && c->present > 0 && c->strength > best)
			best = c->strength;
	}
	return best;
}

/* Loaders of this strength. What an earlier one has left behind must not come before. */
static void ask_all(struct ka_host *host, const struct ka_decree *decree,
		    struct ka_selection *selection, enum ka_strength strength, bool compare)
{
	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];

		if ((ssize_t)i != selection->in_charge && c->present > 0 && c->strength == strength)
			ask(host, &selection->chain, decree, c->backend, compare, &selection->menu);
	}
}

void ka_agree(struct ka_host *host, struct ka_selection *selection)
{
	const struct ka_decree *decree;
	enum ka_strength best;

	if (selection->in_charge < 0)
		return;
	decree = selection->candidates[selection->in_charge].backend->decree;
	if (!decree)
		return;
	best = strongest_other(selection);
	for (int s = (int)best; s > KA_STRENGTH_LAST_RESORT; s--)
		ask_all(host, decree, selection, (enum ka_strength)s, s == (int)best);
	refuse_others(decree, &selection->menu);
}
