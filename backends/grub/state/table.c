// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables by name: a hash of the name picks a bucket, and there are as many buckets as names. */

#include "state/table.h"

#include <kexec-any/memory.h>

#define FIRST_SIZE 64

static uint32_t hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 ^ (unsigned char)*name;
	return h;
}

static struct grub_table_item **bucket_of(const struct grub_table *table, const char *name)
{
	return &table->buckets[hash(name) & (table->size - 1)];
}

/* Where the item's pointer is, or would be behind the last of its bucket. */
static struct grub_table_item **slot_of(const struct grub_table *table, const char *name)
{
	struct grub_table_item **slot = bucket_of(table, name);

	while (*slot && !ka_streq((*slot)->name, name))
		slot = &(*slot)->next;
	return slot;
}

void *grub_table_find(const struct grub_table *table, const char *name)
{
	return table->size ? *slot_of(table, name) : NULL;
}

static void grow(struct grub_table *table)
{
	struct grub_table old = *table;

	table->size = old.size ? old.size * 2 : FIRST_SIZE;
	table->buckets = ka_calloc(table->size, sizeof(struct grub_table_item *));
	for (size_t i = 0; i < old.size; i++)
		while (old.buckets[i]) {
			struct grub_table_item *item = old.buckets[i];
			struct grub_table_item **bucket = bucket_of(table, item->name);

			old.buckets[i] = item->next;
			item->next = *bucket;
			*bucket = item;
		}
	free(old.buckets);
}

void grub_table_add(struct grub_table *table, struct grub_table_item *item)
{
	struct grub_table_item **bucket;

	if (table->n >= table->size)
		grow(table);
	bucket = bucket_of(table, item->name);
	item->next = *bucket;
	*bucket = item;
	table->n++;
}

void *grub_table_take(struct grub_table *table, const char *name)
{
	struct grub_table_item **slot = table->size ? slot_of(table, name) : NULL;
	struct grub_table_item *item = slot ? *slot : NULL;

	if (item) {
		*slot = item->next;
		table->n--;
	}
	return item;
}

void *grub_table_take_any(struct grub_table *table)
{
	/* From the end: the buckets behind the last item are not looked at again. */
	for (; table->size > 0; table->size--) {
		struct grub_table_item *item = table->buckets[table->size - 1];

		if (item) {
			table->buckets[table->size - 1] = item->next;
			return item;
		}
	}
	free(table->buckets);
	*table = (struct grub_table){ NULL };
	return NULL;
}
