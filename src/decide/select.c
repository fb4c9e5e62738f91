// SPDX-License-Identifier: GPL-2.0-or-later
/* Which loader is in charge, and which entry is meant. */

#include "decide/select.h"

#include "decide/agree.h"
#include "decide/loaders.h"
#include "decide/registry.h"
#include "host/machine.h"

#include <kexec-any/image.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* So many candidates are named when an entry is ambiguous. */
#define MAX_NAMED 8

static void probe_one(struct ka_host *host, const struct ka_backend *backend,
		      struct ka_candidate *ret)
{
	struct ka_evidence evidence = { .text = NULL };
	struct ka_error err = KA_ERROR_INIT;

	ret->backend = backend;
	ret->present = backend->probe(host, &evidence, &err);
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
		probe_one(host, ka_backends[i], &selection->candidates[i]);
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

/* Both ways lead to the same word: equal text means the same build of the same source. */
static bool is_same_build(const struct ka_machine *machine, const char *kernel_version)
{
	const char *rest = ka_startswith(kernel_version, machine->release);

	return rest && *rest == ' ' && ka_endswith(rest, machine->version) &&
	       rest[strlen(rest) - strlen(machine->version) - 1] == ' ';
}

/* The kernel looked at last: menus have many entries for one. */
struct looked_at {
	const struct ka_entry *entry;
	enum ka_tristate running;
};

static bool same_kernel(const struct ka_entry *a, const struct ka_entry *b)
{
	return ka_streq(a->kernel, b->kernel) && a->kernel_offset == b->kernel_offset;
}

static void mark_running(struct ka_host *host, const struct ka_machine *machine,
			 struct ka_entry *entry, struct looked_at *last)
{
	_cleanup_free_ char *version = NULL;

	if (!entry->kernel || !machine->release || !machine->version)
		return;
	if (last->entry && same_kernel(last->entry, entry)) {
		entry->running = last->running;
		return;
	}
	if (ka_image_kernel_version(host, entry->kernel, entry->kernel_offset, entry->kernel_size,
				    &version) > 0)
		entry->running = is_same_build(machine, version) ? KA_YES : KA_NO;
	*last = (struct looked_at){ .entry = entry, .running = entry->running };
}

/*
 * Only kernels that can be the running one are opened: on a machine with hundreds of entries the
 * names in /boot tell most of them apart.
 */
static int mark_all_running(struct ka_host *host, struct ka_menu *menu)
{
	_cleanup_(ka_machine_done) struct ka_machine machine = { 0 };
	struct looked_at last = { .entry = NULL };
	int r;

	r = ka_machine_read(host, &machine, NULL);
	for (size_t i = 0; i < menu->n_entries && r == 0; i++) {
		struct ka_entry *entry = menu->entries[i];

		/* A name that begins like a release number but is another one. */
		if (entry->running != KA_UNKNOWN)
			continue;
		if (entry->version && machine.release && entry->version[0] >= '0' &&
		    entry->version[0] <= '9' && !ka_streq(entry->version, machine.release))
			entry->running = KA_NO;
		else
			mark_running(host, &machine, entry, &last);
	}
	return r;
}

/*
 * A file that could not be read was taken for one that is not there, or for an empty one: what is in the menu
 * may be true, but which entry would boot is not known.
 */
static void doubt(struct ka_host *host, struct ka_menu *menu, bool decides)
{
	_cleanup_free_ char *trouble = ka_host_take_trouble(host);

	if (!trouble)
		return;
	ka_report(
		&menu->problems, decides ? KA_ERROR : KA_WARNING, "machine-unreadable", NULL,
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

int ka_select_backend(struct ka_host *host, const char *only, struct ka_selection *ret,
		      struct ka_error *err)
{
	_cleanup_(ka_selection_done) struct ka_selection selection = KA_SELECTION_INIT;
	const struct ka_backend *backend;
	int r = 0;

	probe_all(host, &selection);
	if (only)
		r = pick_by_name(&selection, only, &selection.in_charge, err);
	else
		selection.in_charge = strongest(&selection);
	if (r < 0)
		return r;

	if (selection.in_charge >= 0) {
		backend = selection.candidates[selection.in_charge].backend;
		r = backend->discover(host, &selection.menu, err);
		if (r < 0)
			return ka_fail_in(err, r, "%s", backend->name);
		ka_agree(host, &selection);
		doubt(host, &selection.menu, /* decides= */ true);
		r = mark_all_running(host, &selection.menu);
		if (r < 0)
			return r;
		ka_loaders_report(host, &selection);
	}
	doubt(host, &selection.menu, selection.in_charge < 0);

	*ret = selection;
	selection = (struct ka_selection)KA_SELECTION_INIT;
	return 0;
}

/* One rule of --entry: does this entry match? */
typedef bool (*match_fn)(const struct ka_menu *menu, size_t index, const char *spec);

/* An id finds its entry, whatever other names there are. */
static bool match_id(const struct ka_menu *menu, size_t index, const char *spec)
{
	return ka_streq(menu->entries[index]->id, spec);
}

static bool match_alias(const struct ka_menu *menu, size_t index, const char *spec)
{
	return ka_strv_contains(menu->entries[index]->aliases, spec);
}

static bool match_id_nocase(const struct ka_menu *menu, size_t index, const char *spec)
{
	const struct ka_entry *e = menu->entries[index];

	if (ka_casecmp(e->id, spec) == 0)
		return true;
	for (char **p = e->aliases; p && *p; p++)
		if (ka_casecmp(*p, spec) == 0)
			return true;
	return false;
}

static bool match_title(const struct ka_menu *menu, size_t index, const char *spec)
{
	return ka_streq(menu->entries[index]->title, spec);
}

static bool match_title_nocase(const struct ka_menu *menu, size_t index, const char *spec)
{
	return ka_casecmp(menu->entries[index]->title, spec) == 0;
}

static bool match_number(_unused_ const struct ka_menu *menu, size_t index, const char *spec)
{
	uint64_t number;

	return ka_parse_u64(spec, KA_MENU_LIMIT, &number) == 0 && number == index;
}

static bool match_prefix(const struct ka_menu *menu, size_t index, const char *spec)
{
	return ka_startswith(menu->entries[index]->id, spec) != NULL;
}

static bool match_prefix_nocase(const struct ka_menu *menu, size_t index, const char *spec)
{
	return ka_ncasecmp(menu->entries[index]->id, spec, strlen(spec)) == 0;
}

static int refuse_ambiguous(const struct ka_menu *menu, match_fn match, const char *spec,
			    size_t n_found, struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf named = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < menu->n_entries && n < MAX_NAMED; i++)
		if (match(menu, i, spec))
			ka_buf_addf(&named, "%s'%s'", n++ > 0 ? ", " : "", menu->entries[i]->id);
	return ka_fail(err, -ENOTUNIQ, "'%s' can mean %zu entries: %s%s", spec, n_found, named.text,
		       n_found > n ? ", …" : "");
}

int ka_select_entry(const struct ka_menu *menu, const char *spec, size_t *ret, struct ka_error *err)
{
	static const match_fn rules[] = {
		match_id,	    match_alias,  match_id_nocase, match_title,
		match_title_nocase, match_number, match_prefix,	   match_prefix_nocase,
	};

	for (size_t k = 0; k < ARRAY_SIZE(rules) && *spec; k++) {
		size_t n_found = 0, found = 0;

		for (size_t i = 0; i < menu->n_entries; i++) {
			if (!rules[k](menu, i, spec))
				continue;
			if (n_found++ == 0)
				found = i;
		}
		if (n_found > 1)
			return refuse_ambiguous(menu, rules[k], spec, n_found, err);
		if (n_found == 1) {
			*ret = found;
			return 0;
		}
	}
	return ka_fail(err, -ENOENT, "no entry matches '%s'; see 'kexec-any --list'", spec);
}
