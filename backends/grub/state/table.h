/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* A table of things with a name. It grows with them; all zero is an empty one. */

/* The first member of what is kept in a table. */
struct grub_table_item {
	const char *name;
	struct grub_table_item *next; /* in its bucket */
};

struct grub_table {
	struct grub_table_item **buckets;
	size_t n, size;
};

/* NULL: there is none. */
void *grub_table_find(const struct grub_table *table, const char *name);
/* item->name is set, and not in the table yet. */
void grub_table_add(struct grub_table *table, struct grub_table_item *item);
/* Take one out. NULL: there is none. */
void *grub_table_take(struct grub_table *table, const char *name);
/* Any item, taken out; NULL: the table is empty, and what it took is released. */
void *grub_table_take_any(struct grub_table *table);

/* NOLINTBEGIN(bugprone-macro-parentheses): item is declared here, and cannot stand in any */
#define grub_table_for_each(table, item)                                                           \
	for (size_t _b = 0; _b < (table)->size; _b++)                                              \
		for (struct grub_table_item *item = (table)->buckets[_b]; item; item = item->next)
/* NOLINTEND(bugprone-macro-parentheses) */
