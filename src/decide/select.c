// SPDX-License-Identifier: GPL-2.0-or-later
/* Which entry is meant. */

#include "decide/select.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* So many candidates are named when an entry is ambiguous. */
#define MAX_NAMED 8

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
