// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The menu that grub.cfg left: each entry's body is run for itself to see what it would load, and
 * the default is followed for real.
 */

#include "boot.h"
#include "entries.h"
#include "menu/default.h"
#include "pass.h"
#include "run/interp.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/envblk.h"
#include "world/subvolume.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* An id as a part of a path of ids: '>' in it is doubled. */
static void add_id(struct ka_buf *path, const char *id)
{
	for (; *id; id++) {
		if (*id == '>')
			ka_buf_adds(path, ">");
		ka_buf_add(path, id, 1);
	}
}

/* What GRUB sets before it runs an entry: chosen, and what is left of default. before: the value of
 * default as it was outside, NULL when it was not set. */
static void set_chosen(struct grub *g, const struct grub_item *item, const char *before)
{
	_cleanup_(ka_buf_done) struct ka_buf chosen = { 0 };
	const char *above = grub_get(g, "chosen"),
		   *rest = before ? grub_default_rest(before) : NULL;

	if (above)
		ka_buf_addf(&chosen, "%s>", above);
	add_id(&chosen, item->id);
	grub_set(g, "chosen", chosen.text ? chosen.text : "");
	grub_export(g, "chosen");
	if (rest)
		grub_set(g, "default", rest);
	else if (!g->dialect->inherits_all)
		grub_unset(g, "default");
}

/* The value of default, to outlive the variable. */
static char *take_default(struct grub *g)
{
	return ka_strdup_or_null(grub_get(g, "default"));
}

/* Open a submenu: its own environment and menu, filled by its body. The caller closes it. */
static bool open_submenu(struct grub *g, const struct grub_item *item)
{
	_cleanup_free_ char *value = take_default(g);

	if (g->context->depth >= GRUB_SOURCE_LIMIT) {
		grub_give_up(g, "submenus nested more than 16 deep");
		return false;
	}
	grub_context_open(g);
	g->context->menu = ka_calloc(1, sizeof(*g->context->menu));
	grub_set(g, "timeout", "0");
	set_chosen(g, item, value);
	grub_run_body(g, item);
	return true;
}

/* An entry that loads nothing boots what is loaded already. */
static void copy_loaded(struct grub_boot *to, const struct grub_boot *from)
{
	to->kind = from->kind;
	to->linux_device = ka_strdup_or_null(from->linux_device);
	to->linux_words = ka_strv_copy(from->linux_words, ka_strv_length(from->linux_words));
	to->initrd_words = ka_strv_copy(from->initrd_words, ka_strv_length(from->initrd_words));
}

/* Run an entry's body for what it loads. */
static void run_entry(struct grub *g, const struct grub_item *item, struct grub_boot *boot)
{
	_cleanup_free_ char *value = take_default(g);

	set_chosen(g, item, value);
	g->boot = boot;
	boot->status = grub_run_body(g, item);
	g->boot = &g->outside;
	if (boot->kind == GRUB_BOOT_NOTHING && g->outside.kind == GRUB_BOOT_LINUX)
		copy_loaded(boot, &g->outside);
}

static char *join_id(const char *above, const char *id)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	if (*above)
		ka_buf_addf(&buf, "%s>", above);
	add_id(&buf, id);
	return ka_buf_take(&buf);
}

static void add_key(struct grub_pass *pass, const char *key)
{
	size_t n = pass->n_keys;

	if ((n & (n + 1)) == 0)
		pass->keys = ka_reallocarray(pass->keys, (n + 1) * 2, sizeof(*pass->keys));
	pass->keys[n] = ka_strdup(key);
	pass->keys[n + 1] = NULL;
	pass->n_keys++;
}

void grub_take_writes(const struct grub *g, size_t first, struct ka_writes *ret)
{
	for (size_t i = first; i < g->n_writes; i++) {
		const struct grub_write *w = &g->writes[i];
		bool later = false;

		for (size_t k = i + 1; k < g->n_writes; k++)
			later |= ka_streq(g->writes[k].file, w->file) &&
				 ka_streq(g->writes[k].name, w->name);
		if (!later)
			ka_writes_add(ret, KA_WRITE_GRUBENV, w->file, w->name, w->value);
	}
}

struct ka_entry *grub_new_entry(const struct grub_level *level, const struct grub_item *item)
{
	struct ka_entry *e = ka_entry_new();

	e->id = join_id(level->id, item->id);
	e->title = ka_strdup(item->title);
	e->source_path = ka_strdup(item->file);
	e->source_line = item->line;
	for (char *const *p = level->titles; p && *p; p++)
		ka_strv_add(&e->menu, *p);
	return e;
}

/* What goes too far while it is listed is lost for itself; GRUB may never run it. */
static void pass_limit(struct grub *g, struct ka_findings *problems, enum ka_severity severity,
		       const struct grub_item *item)
{
	if (!g->error)
		return;
	g->error = 0;
	ka_report(problems, severity, KA_ID_GRUB_LIMIT, item->file, NULL,
		  "%s:%u: '%s': %s: kexec-any does not go on in it", item->file, item->line,
		  item->title, g->limit);
}

static int list_submenu(struct grub_pass *pass, const struct grub_level *level,
			const struct grub_item *item, const char *key)
{
	_cleanup_strv_ char **titles = NULL;
	_cleanup_free_ char *id = join_id(level->id, item->id);
	struct grub_level inner;
	bool opened;
	int r = 0;

	for (char *const *p = level->titles; p && *p; p++)
		ka_strv_add(&titles, *p);
	ka_strv_add(&titles, item->title);
	inner = (struct grub_level){ .key = key, .id = id, .titles = titles };
	inner.size = level->size + strlen(item->id) + strlen(item->title) + strlen(key);
	opened = open_submenu(&pass->g, item);
	pass_limit(&pass->g, &pass->menu.problems, KA_WARNING, item);
	if (opened) {
		r = grub_list_menu(pass, &inner);
		grub_context_close(&pass->g);
	}
	return r;
}

/*
 * The other ways grub-set-default(8) may name an entry of a submenu: numbers, titles, and the
 * submenu's number before the entry's own id. (A single number is --list's.)
 */
static void add_aliases(const struct grub_level *level, const struct grub_item *item,
			const char *key, struct ka_entry *entry)
{
	_cleanup_free_ char *titles = ka_strdup("");
	char *longer;

	if (!*level->key)
		return;
	for (char *const *p = level->titles; p && *p; p++) {
		longer = join_id(titles, *p);
		free(titles);
		titles = longer;
	}
	longer = join_id(titles, item->title);
	ka_strv_add(&entry->aliases, key);
	ka_strv_add_take(&entry->aliases, join_id(level->key, item->id));
	if (!ka_streq(longer, entry->id))
		ka_strv_add(&entry->aliases, longer);
	free(longer);
}

static int list_entry(struct grub_pass *pass, const struct grub_level *level,
		      const struct grub_item *item, const char *key)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = grub_new_entry(level, item);
	_cleanup_(grub_boot_done) struct grub_boot boot = { .kind = GRUB_BOOT_NOTHING };
	struct grub *g = &pass->g;
	int r;

	g->tainted = false;
	run_entry(g, item, &boot);
	pass_limit(g, &entry->problems, KA_ERROR, item);
	g->stopped = false;
	/* A menu inside the entry (configfile): followed only where it would boot. */
	while (g->shown && g->context->depth > g->undo_depth && g->context == g->shown) {
		grub_context_close(g);
		g->shown = NULL;
	}
	r = grub_fill_entry(g, &boot, pass->running, entry);
	if (r < 0)
		return r;
	if (g->entries.shown)
		grub_report_counter(entry);
	if (g->tainted)
		ka_report(&entry->problems, KA_WARNING, KA_ID_GRUB_UNKNOWN_CONDITION,
			  entry->source_path, NULL,
			  "the entry looks at something that cannot be known from here");
	add_key(pass, key);
	grub_take_writes(g, pass->n_writes, &entry->writes);
	add_aliases(level, item, key, entry);
	return ka_menu_add_take(&pass->menu, TAKE_PTR(entry));
}

/* One item. What it writes is its own affair. */
static int list_item(struct grub_pass *pass, const struct grub_level *level,
		     const struct grub_item *item, const char *key)
{
	struct grub *g = &pass->g;
	size_t n_writes = g->n_writes, n_subvolumes = grub_count_subvolumes(g);
	int r;

	g->step_limit = g->steps + GRUB_ENTRY_STEPS < GRUB_STEP_LIMIT ? g->steps + GRUB_ENTRY_STEPS
								      : GRUB_STEP_LIMIT;
	r = item->is_submenu ? list_submenu(pass, level, item, key)
			     : list_entry(pass, level, item, key);
	grub_drop_writes(g, n_writes);
	grub_drop_subvolumes(g, n_subvolumes);
	return r;
}

/* What an entry takes beside what it loads: ids, titles and aliases. */
static size_t entry_size(const struct grub_level *level, const struct grub_item *item)
{
	return 1024 + 4 * (level->size + strlen(item->id) + strlen(item->title)) +
	       strlen(item->file);
}

/* All entries below a menu, in its order. Each sees the variables as they are when the menu is
 * shown, whatever the entries before it would set. */
int grub_list_menu(struct grub_pass *pass, const struct grub_level *level)
{
	struct grub *g = &pass->g;
	const struct grub_menu *menu = g->context->menu;
	int r = 0;

	for (size_t i = 0; i < menu->n_items && r == 0; i++) {
		const struct grub_item *item = menu->items[i];
		_cleanup_free_ char *key =
			ka_format("%s%s%zu", level->key, *level->key ? ">" : "", i);
		struct grub_journal journal;

		if (!grub_charge(g, entry_size(level, item))) {
			pass_limit(g, &pass->menu.problems, KA_WARNING, item);
			break;
		}
		grub_journal_push(g, &journal);
		r = list_item(pass, level, item, key);
		grub_journal_pop(g, &journal);
		if (r == 0)
			r = g->error;
	}
	return r;
}

/* --- the default */

void grub_choice_done(struct grub_choice *choice)
{
	free(choice->key);
	free(choice->id);
	grub_boot_done(&choice->boot);
}

int grub_follow_default(struct grub_pass *pass, struct grub_choice *ret)
{
	struct grub *g = &pass->g;
	char *key = ka_strdup("");

	for (;;) {
		const struct grub_menu *menu = g->context->menu;
		const char *value = grub_get(g, "default");
		size_t index = grub_default_index(g, menu, value);
		const struct grub_item *item = menu->items[index];
		char *longer = ka_format("%s%s%zu", key, *key ? ">" : "", index);

		if (value && strchr(value, GRUB_UNKNOWN_START) && !g->unread)
			g->unread =
				ka_strdup("the value of 'default' is one that only GRUB can know");
		if (grub_default_is_hidden(g, menu, value) && !g->unread)
			g->unread = ka_format("default=%s is a hidden entry, and whether this GRUB "
					      "boots one by itself is not known",
					      value);
		free(key);
		key = longer;
		ret->restricted |= item->restricted && grub_get(g, "superusers");
		if (item->is_submenu) {
			if (!open_submenu(g, item))
				break;
			if (g->error || g->context->menu->n_items == 0)
				break; /* an empty submenu: back to the menu above */
			continue;
		}
		grub_boot_done(&ret->boot);
		run_entry(g, item, &ret->boot);
		if (!g->shown || g->error)
			break;
		/* The entry shows another menu: the default goes on in there. */
		g->shown = NULL;
		g->stopped = false;
	}
	ret->key = key;
	ret->id = ka_strdup(grub_get(g, "chosen") ? grub_get(g, "chosen") : "");
	return g->error;
}

ssize_t grub_index_of_key(const struct grub_pass *pass, const char *key)
{
	for (size_t i = 0; i < pass->n_keys; i++)
		if (ka_streq(pass->keys[i], key))
			return (ssize_t)i;
	return -1;
}
