// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of entries. GRUB lets several have one id, and takes the first; here each has its own, a
 * later one with "#2" behind it. What else may name an entry means the first that has it.
 */

#include "pass.h"
#include "state/table.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

struct name {
	struct grub_table_item item;
	unsigned int n; /* entries that wanted it */
	const struct ka_entry *owner;
};

static void claim(struct grub_table *names, const char *text, const struct ka_entry *owner)
{
	struct name *name = ka_calloc(1, sizeof(*name));

	name->item.name = ka_strdup(text);
	name->n = 1;
	name->owner = owner;
	grub_table_add(names, &name->item);
}

/* The id is another entry's. */
static void name_apart(struct grub_table *names, struct ka_entry *entry)
{
	struct name *name = grub_table_find(names, entry->id);
	char *own;

	do {
		own = ka_format("%s#%u", entry->id, ++name->n);
		if (!grub_table_find(names, own))
			break;
		free(own);
	} while (true);
	free(entry->id);
	entry->id = own;
	claim(names, own, entry);
}

static void drop_taken_aliases(struct grub_table *names, struct ka_entry *entry)
{
	char **kept = entry->aliases;

	for (char **p = entry->aliases; p && *p; p++) {
		if (grub_table_find(names, *p)) {
			free(*p);
		} else {
			claim(names, *p, entry);
			*kept++ = *p;
		}
	}
	if (kept)
		*kept = NULL;
}

void grub_name_entries(struct ka_menu *menu)
{
	struct grub_table names = { NULL };
	struct name *name;

	for (size_t i = 0; i < menu->n_entries; i++)
		if (!grub_table_find(&names, menu->entries[i]->id))
			claim(&names, menu->entries[i]->id, menu->entries[i]);
	for (size_t i = 0; i < menu->n_entries; i++) {
		name = grub_table_find(&names, menu->entries[i]->id);
		if (name->owner != menu->entries[i])
			name_apart(&names, menu->entries[i]);
	}
	for (size_t i = 0; i < menu->n_entries; i++)
		drop_taken_aliases(&names, menu->entries[i]);
	while ((name = grub_table_take_any(&names))) {
		free((char *)name->item.name);
		free(name);
	}
}
