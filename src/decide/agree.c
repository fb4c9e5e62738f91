// SPDX-License-Identifier: GPL-2.0-or-later
/* What the installed loader says of the systems that the distribution's own records list. */

#include "decide/agree.h"

#include "decide/copies.h"
#include "decide/traces.h"

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
	bool is_default, is_bootable;
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

/* Of one system those that can be started, the default first, then the menu's order. */
static int compare_known(const void *x, const void *y)
{
	const struct known *a = x, *b = y;
	int c = compare_systems(a, b);

	if (c == 0)
		c = b->is_bootable - a->is_bootable;
	if (c == 0)
		c = b->is_default - a->is_default;
	return c != 0 ? c : (a->index > b->index) - (a->index < b->index);
}

static void make_index(const struct ka_menu *menu, const char *word, struct index *index)
{
	index->items = ka_calloc(menu->n_entries + 1, sizeof(*index->items));
	for (size_t i = 0; i < menu->n_entries; i++) {
		struct known *known = &index->items[index->n];
		struct ka_entry *entry = menu->entries[i];

		*known = (struct known){
			.entry = entry,
			.index = i,
			.is_default = menu->default_index == (ssize_t)i,
			.is_bootable = ka_entry_is_bootable(entry) && entry->kernel,
			.system = system_of(entry, word),
		};
		index->n += known->system != NULL;
	}
	qsort(index->items, index->n, sizeof(*index->items), compare_known);
}

/* The loader's entry of this system; NULL: there is none. */
static const struct known *find_same(const struct index *index, const char *system)
{
	const struct known key = { .system = (char *)system };
	const struct known *p = bsearch(&key, index->items, index->n, sizeof(key), compare_systems);

	while (p && p > index->items && ka_streq(p[-1].system, system))
		p--;
	return p;
}

static void replace(char **to, const char *value)
{
	free(*to);
	*to = ka_strdup_or_null(value);
}

/* One question to one loader. */
struct asked {
	struct ka_host *host;
	const struct ka_decree *decree;
	const char *backend;
	struct ka_menu *ours;
	const char **takers; /* for each entry of ours, whose files it has; NULL: its own */
	bool secure;
	bool counts; /* it is the loader that boots, so that its default counts, and its files */
};

/* Its files instead of ours. Several entries of ours may be one system, so these are copies. */
static void take_files(const struct asked *a, struct ka_entry *to, const struct ka_entry *from)
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
		  "more than the ones in %s, or are other ones",
		  from->id, a->backend, a->decree->place);
}

static void take_cmdline(const struct asked *a, struct ka_entry *to, const struct ka_entry *from)
{
	replace(&to->cmdline, from->cmdline);
	ka_report(&to->problems, KA_INFO, KA_ID_LOADER_FILES, from->source_path, NULL,
		  "the command line is that of the loader's own entry '%s' (%s), which has other "
		  "words than %s",
		  from->id, a->backend, a->decree->records);
}

/* A loader's entry of this system is there, and it cannot be started. */
static void report_broken(const struct asked *a, struct ka_entry *entry,
			  const struct ka_entry *theirs)
{
	const char *why = "it is no kernel of Linux";

	for (size_t i = theirs->problems.n; i > 0; i--)
		if (theirs->problems.items[i - 1].severity == KA_ERROR)
			why = theirs->problems.items[i - 1].text;
	ka_report(&entry->problems, KA_ERROR, KA_ID_LOADER_FILES_UNKNOWN, theirs->source_path,
		  a->decree->if_missing,
		  "which initrds and kernel the boot loader (%s) starts this system with is not "
		  "known; its entry '%s': %s",
		  a->backend, theirs->id, why);
}

/* Another loader that may be the one that boots has given its files before. */
static void report_rival(const struct asked *a, struct ka_entry *entry,
			 const struct ka_entry *theirs, const char *taker)
{
	ka_report(&entry->problems, KA_ERROR, KA_ID_LOADER_FILES_UNKNOWN, theirs->source_path,
		  "remove the menu of the boot loader that is not in use, or take its choice with "
		  "--backend=NAME",
		  "%s and %s both have entries of this system, with other kernels, initrds or "
		  "command lines, and nothing tells which of them boots",
		  taker, a->backend);
}

static void take_one(const struct asked *a, const struct index *index, size_t i)
{
	struct ka_entry *entry = a->ours->entries[i];
	_cleanup_free_ char *system = system_of(entry, a->decree->word);
	const struct known *same = system ? find_same(index, system) : NULL;
	bool must = entry->needs_loader_copies || a->secure, agrees, has_words;

	if (!same || (!must && !a->counts))
		return;
	if (!same->is_bootable) {
		if (a->counts && !entry->needs_loader_copies)
			report_broken(a, entry, same->entry);
		return;
	}
	agrees = ka_copies_are_same(a->host, entry, same->entry);
	has_words = ka_cmdlines_are_same(entry->cmdline, same->entry->cmdline);
	if (a->takers[i]) {
		if (a->counts && (!agrees || !has_words))
			report_rival(a, entry, same->entry, a->takers[i]);
		return;
	}
	if (must || !agrees)
		take_files(a, entry, same->entry);
	if (a->counts && !has_words)
		take_cmdline(a, entry, same->entry);
	a->takers[i] = a->backend;
}

static void take_from(const struct asked *a, const struct ka_menu *theirs)
{
	_cleanup_(index_done) struct index index = { .n = 0 };

	make_index(theirs, a->decree->word, &index);
	for (size_t i = 0; i < a->ours->n_entries; i++)
		take_one(a, &index, i);
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

static void ask(struct asked *a, const struct ka_chain *chain, const struct ka_backend *backend)
{
	_cleanup_(ka_menu_done) struct ka_menu theirs = KA_MENU_INIT;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	a->backend = backend->name;
	r = backend->discover(a->host, chain, &theirs, &err);
	if (r == 0)
		take_from(a, &theirs);
	else
		ka_report(&a->ours->problems, KA_WARNING, KA_ID_LOADER_UNREAD, NULL, NULL,
			  "the boot loader's own entries cannot be read (%s): %s", backend->name,
			  ka_error_text(&err, r));
	if (r == 0 && a->counts && theirs.undecided)
		ka_report(&a->ours->problems, KA_WARNING, KA_ID_LOADER_UNREAD, NULL, NULL,
			  "what the boot loader (%s) would boot is not known: %s", backend->name,
			  theirs.undecided);
	if (r == 0 && a->counts)
		compare_defaults(a->decree, a->ours, &theirs, backend->name);
	ka_error_done(&err);
}

/* --- a loader that no backend reads */

/* The one that boots, or, where no loader that is read is here, one that left its configuration. */
struct unread {
	enum ka_program_kind kind; /* unknown: there is none */
	const char *path;	   /* of its configuration; NULL: not found */
	char *found;		   /* owns path, unless the chain does */
};

static struct unread find_unread(struct ka_host *host, const struct ka_chain *chain, bool is_read)
{
	struct unread unread = { .kind = chain->program.kind, .path = chain->configuration };

	if (unread.kind != KA_PROGRAM_UNKNOWN)
		return ka_traces_backend(unread.kind)
			       ? (struct unread){ .kind = KA_PROGRAM_UNKNOWN }
			       : unread;
	if (!is_read)
		unread.path = unread.found = ka_traces_find(host, chain, &unread.kind);
	return unread;
}

static const char unread_remedy[] =
	"compare its entry's command line with this one, take its initrds with --initrd=, and pass "
	"--ignore= with this finding; or reboot through the firmware (systemctl reboot)";

/* "; it has --initrd=A --initrd=B": what to pass by hand, where the files are found. Else empty. */
static char *name_initrds(struct ka_host *host, const struct unread *unread, const char *text,
			  const char *word)
{
	_cleanup_(ka_buf_done) struct ka_buf names = { 0 };
	_cleanup_free_ char *copy = ka_strdup_or_null(text);
	_cleanup_strv_ char **files =
		copy && word ? ka_copies_unread_files(host, unread->path, copy, word) : NULL;

	for (char **p = files; p && *p; p++)
		ka_buf_addf(&names, "%s --initrd=%s", p == files ? "; its initrds:" : "", *p);
	return names.text ? ka_buf_take(&names) : ka_strdup("");
}

/* Still without the loader's files: what is here is not what would boot. */
static void refuse_one(struct ka_host *host, const struct ka_decree *decree,
		       const struct unread *unread, const char *text, struct ka_entry *entry)
{
	_cleanup_free_ char *system = system_of(entry, decree->word), *why = NULL, *names = NULL,
			    *word = system ? ka_format("%s=%s", decree->word, system) : NULL;
	bool is_unread = unread->kind != KA_PROGRAM_UNKNOWN;
	const char *path = is_unread ? unread->path : NULL;

	if (is_unread)
		why = ka_format("no backend reads the menu of %s%s%s",
				ka_program_title(unread->kind), path ? ", which is in " : "",
				path ? path : "");
	else
		why = ka_format("no loader entry with %s=%s was found", decree->word,
				system ? system : "");
	names = name_initrds(host, unread, text, word);
	ka_report(
		&entry->problems, KA_ERROR, KA_ID_LOADER_FILES_MISSING,
		path ? path : entry->source_path, is_unread ? unread_remedy : decree->if_missing,
		"the boot loader's copies of kernel and initrd hold secrets, signatures or further "
		"initrds that those in %s lack, and %s%s",
		decree->place, why, names);
}

#define CONFIGURATION_LIMIT (4u << 20)

/* An entry of a loader that nobody reads, with initrds that are not known to be the system's. */
static void doubt_one(struct ka_host *host, const struct ka_decree *decree,
		      const struct unread *unread, const char *text, struct ka_entry *entry)
{
	_cleanup_free_ char *system = system_of(entry, decree->word), *word = NULL, *copy = NULL,
			    *why = NULL, *names = NULL;

	if (!system)
		return;
	word = ka_format("%s=%s", decree->word, system);
	copy = ka_strdup(text);
	why = ka_copies_unread(host, unread->path, copy, word, entry);
	if (!why)
		return;
	names = name_initrds(host, unread, text, word);
	ka_report(&entry->problems, KA_ERROR, KA_ID_LOADER_FILES_UNKNOWN, unread->path,
		  unread_remedy,
		  "no backend reads the menu of %s, and its entry of this system in %s "
		  "has %s%s",
		  ka_program_title(unread->kind), unread->path, why, names);
}

static void judge_unread(struct ka_host *host, const struct ka_decree *decree,
			 const struct unread *unread, struct ka_menu *menu)
{
	_cleanup_free_ char *text = NULL;
	struct ka_error err = KA_ERROR_INIT;
	int r = unread->path
			? ka_host_read(host, unread->path, CONFIGURATION_LIMIT, &text, NULL, &err)
			: 0;

	if (r < 0)
		ka_report(&menu->problems, KA_WARNING, KA_ID_LOADER_UNREAD, unread->path, NULL,
			  "the boot loader's own entries cannot be read (%s): %s",
			  ka_program_title(unread->kind), ka_error_text(&err, r));
	for (size_t i = 0; i < menu->n_entries; i++) {
		struct ka_entry *entry = menu->entries[i];

		if (entry->needs_loader_copies)
			refuse_one(host, decree, unread, text, entry);
		else if (text)
			doubt_one(host, decree, unread, text, entry);
	}
	ka_error_done(&err);
}

/* --- all of them */

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

/* The loader of the program that boots is here. */
static bool has_reader(const struct ka_selection *selection, const char *reader)
{
	for (size_t i = 0; reader && i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];

		if ((ssize_t)i != selection->in_charge && c->present > 0 &&
		    ka_streq(c->backend->name, reader))
			return true;
	}
	return false;
}

/*
 * Those that count (the one whose program boots; where nobody knows that, those with the strongest
 * evidence), or the others of this strength.
 */
static void ask_some(struct asked *a, const struct ka_selection *selection,
		     enum ka_strength strength, bool counts)
{
	const char *reader = ka_traces_backend(selection->chain.program.kind);
	enum ka_strength best = strongest_other(selection);

	if (!has_reader(selection, reader))
		reader = NULL;
	a->counts = counts;
	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];
		bool is_it = reader ? ka_streq(c->backend->name, reader) : c->strength == best;

		if ((ssize_t)i != selection->in_charge && c->present > 0 &&
		    c->strength > KA_STRENGTH_LAST_RESORT && is_it == counts &&
		    (counts || c->strength == strength))
			ask(a, &selection->chain, c->backend);
	}
}

void ka_agree(struct ka_host *host, struct ka_selection *selection)
{
	struct asked a = { .host = host, .ours = &selection->menu };
	enum ka_strength best;
	struct unread unread;

	if (selection->in_charge < 0)
		return;
	a.decree = selection->candidates[selection->in_charge].backend->decree;
	if (!a.decree)
		return;
	a.takers = ka_calloc(a.ours->n_entries + 1, sizeof(*a.takers));
	a.secure = ka_host_secure_boot(host) == KA_YES;
	best = strongest_other(selection);
	unread = find_unread(host, &selection->chain, best > KA_STRENGTH_LAST_RESORT);
	/* What an earlier loader has left behind must not come before the one that boots. */
	if (unread.kind == KA_PROGRAM_UNKNOWN) {
		ask_some(&a, selection, best, /* counts= */ true);
		for (int s = (int)best; s > KA_STRENGTH_LAST_RESORT; s--)
			ask_some(&a, selection, (enum ka_strength)s, /* counts= */ false);
	}
	judge_unread(host, a.decree, &unread, a.ours);
	free(unread.found);
	free(a.takers);
}
