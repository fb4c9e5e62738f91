// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries and menus. */

#include <kexec-any/entry.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static const char *const type_names[_KA_TYPE_MAX] = {
	[KA_TYPE_LINUX] = "linux", [KA_TYPE_UKI] = "uki",
	[KA_TYPE_XEN] = "xen",	   [KA_TYPE_CHAINLOADER] = "chainloader",
	[KA_TYPE_EFI] = "efi",	   [KA_TYPE_FIRMWARE] = "firmware",
	[KA_TYPE_OTHER] = "other",
};

const char *ka_entry_type_name(enum ka_entry_type type)
{
	return type_names[type];
}

static const char *const reason_names[_KA_REASON_MAX] = {
	[KA_REASON_NONE] = "none",	 [KA_REASON_ONESHOT] = "oneshot",
	[KA_REASON_SAVED] = "saved",	 [KA_REASON_CONFIGURED] = "configured",
	[KA_REASON_PATTERN] = "pattern", [KA_REASON_FIRST] = "first",
	[KA_REASON_ONLY] = "only",
};

const char *ka_reason_name(enum ka_reason reason)
{
	return reason_names[reason];
}

struct ka_entry *ka_entry_new(void)
{
	struct ka_entry *entry = ka_calloc(1, sizeof(*entry));

	entry->tries_left = -1;
	entry->tries_done = -1;
	entry->running = KA_UNKNOWN;
	entry->booted = KA_UNKNOWN;
	return entry;
}

struct ka_entry *ka_entry_free(struct ka_entry *entry)
{
	if (!entry)
		return NULL;
	free(entry->id);
	ka_strv_free(entry->aliases);
	free(entry->title);
	ka_strv_free(entry->menu);
	free(entry->version);
	free(entry->machine_id);
	free(entry->sort_key);
	free(entry->architecture);
	free(entry->source_path);
	ka_ref_done(&entry->linux_ref);
	free(entry->kernel);
	free(entry->kernel_sha256);
	ka_pieces_done(&entry->initrds);
	free(entry->devicetree);
	free(entry->modules);
	free(entry->cmdline);
	ka_writes_done(&entry->writes);
	ka_findings_done(&entry->problems);
	free(entry);
	return NULL;
}

void ka_entry_freep(struct ka_entry **entry)
{
	ka_entry_free(*entry);
}

bool ka_entry_is_bootable(const struct ka_entry *entry)
{
	return (entry->type == KA_TYPE_LINUX || entry->type == KA_TYPE_UKI) &&
	       !ka_findings_first(&entry->problems, KA_ERROR);
}

bool ka_entry_is_running(const struct ka_entry *entry)
{
	return (entry->booted != KA_UNKNOWN ? entry->booted : entry->running) == KA_YES;
}

void ka_menu_done(struct ka_menu *menu)
{
	for (size_t i = 0; i < menu->n_entries; i++)
		ka_entry_free(menu->entries[i]);
	free(menu->entries);
	free(menu->reason_source);
	free(menu->reason_text);
	free(menu->undecided);
	free(menu->configuration);
	ka_writes_done(&menu->writes);
	ka_findings_done(&menu->problems);
	*menu = (struct ka_menu)KA_MENU_INIT;
}

int ka_menu_add_take(struct ka_menu *menu, struct ka_entry *entry)
{
	size_t n = menu->n_entries;

	if (n >= KA_MENU_LIMIT) {
		ka_entry_free(entry);
		return -E2BIG;
	}

	/* Doubles at every power of two, so no capacity has to be kept. */
	if ((n & (n - 1)) == 0)
		menu->entries = ka_reallocarray(menu->entries, n ? n * 2 : 1, sizeof(entry));
	menu->entries[menu->n_entries++] = entry;
	return 0;
}

/* An entry by the id it came with. */
struct named {
	const char *id;
	size_t index;
};

static int compare_ids(const void *x, const void *y)
{
	return strcmp(((const struct named *)x)->id, ((const struct named *)y)->id);
}

static int compare_named(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int c = compare_ids(a, b);

	return c != 0 ? c : (a->index > b->index) - (a->index < b->index);
}

/* "ID#N" with the first N from *number on that no entry came with. */
static char *free_id(const struct named *named, size_t n, const char *id, unsigned int *number)
{
	for (;;) {
		_cleanup_free_ char *text = ka_format("%s#%u", id, ++*number);
		const struct named key = { .id = text };

		if (!bsearch(&key, named, n, sizeof(key), compare_ids))
			return TAKE_PTR(text);
	}
}

void ka_menu_make_ids_unique(struct ka_menu *menu)
{
	const size_t n = menu->n_entries;
	_cleanup_free_ struct named *named = ka_calloc(n + 1, sizeof(*named));
	_cleanup_free_ char **before = ka_calloc(n + 1, sizeof(*before));
	unsigned int number = 1;

	for (size_t i = 0; i < n; i++)
		named[i] = (struct named){ .id = menu->entries[i]->id, .index = i };
	qsort(named, n, sizeof(*named), compare_named);
	for (size_t i = 1; i < n; i++) {
		struct ka_entry *entry = menu->entries[named[i].index];

		if (!ka_streq(named[i].id, named[i - 1].id)) {
			number = 1;
			continue;
		}
		before[i] = entry->id;
		entry->id = free_id(named, n, named[i].id, &number);
	}
	for (size_t i = 0; i < n; i++)
		free(before[i]);
}

static void write_done(struct ka_write *w)
{
	free(w->path);
	free(w->name);
	free(w->value);
}

void ka_writes_done(struct ka_writes *writes)
{
	for (size_t i = 0; i < writes->n; i++)
		write_done(&writes->items[i]);
	free(writes->items);
	*writes = (struct ka_writes){ .n = 0 };
}

void ka_writes_add(struct ka_writes *writes, enum ka_write_kind kind, const char *path,
		   const char *name, const char *value)
{
	writes->items = ka_reallocarray(writes->items, writes->n + 1, sizeof(*writes->items));
	writes->items[writes->n++] = (struct ka_write){
		.kind = kind,
		.path = ka_strdup_or_null(path),
		.name = ka_strdup(name),
		.value = ka_strdup_or_null(value),
	};
}

char *ka_write_text(const struct ka_write *write)
{
	if (write->kind != KA_WRITE_GRUBENV)
		return write->value ? ka_format("efi %s=%s", write->name, write->value)
				    : ka_format("efi %s deleted", write->name);
	return ka_format("grubenv %s=%s", write->name, write->value ? write->value : "");
}
