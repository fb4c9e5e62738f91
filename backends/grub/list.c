// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The menu that grub.cfg left: each entry's body is run for itself to see what it would load, and
 * the default is followed for real.
 */

#include "boot.h"
#include "menu/default.h"
#include "pass.h"
#include "run/interp.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/envblk.h"

#include <kexec-any/text.h>

#include <errno.h>

/* What GRUB sets before it runs an entry: chosen, and what is left of default. before: the value of
 * default as it was outside, NULL when it was not set. */
static void set_chosen(struct grub *g, const struct grub_item *item, const char *before)
{
	_cleanup_(ka_buf_done) struct ka_buf chosen = { 0 };
	const char *above = grub_get(g, "chosen"),
		   *rest = before ? grub_default_rest(before) : NULL;
	int r = 0;

	if (above)
		r = ka_buf_addf(&chosen, "%s>", above);
	for (const char *p = item->id; *p && r == 0; p++)
		r = *p == '>' ? ka_buf_adds(&chosen, ">>") : ka_buf_add(&chosen, p, 1);
	if (r < 0) {
		g->error = -ENOMEM;
		return;
	}
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
	const char *value = grub_get(g, "default");
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		g->error = -ENOMEM;
	return copy;
}

/* Open a submenu: its own environment and menu, filled by its body. The caller closes it. */
static bool open_submenu(struct grub *g, const struct grub_item *item)
{
	_cleanup_free_ char *value = take_default(g);

	if (g->context->depth >= GRUB_SOURCE_LIMIT) {
		grub_give_up(g, -E2BIG, "submenus nested more than 16 deep");
		return false;
	}
	if (!grub_context_open(g))
		return false;
	g->context->menu = calloc(1, sizeof(*g->context->menu));
	if (!g->context->menu) {
		g->error = -ENOMEM;
		return true;
	}
	grub_set(g, "timeout", "0");
	set_chosen(g, item, value);
	grub_run_body(g, item);
	return true;
}

static bool copy_strings(char ***to, char *const *from)
{
	return ka_strv_copy(from, ka_strv_length(from), to) == 0;
}

/* An entry that loads nothing boots what is loaded already. */
static bool copy_loaded(struct grub_boot *to, const struct grub_boot *from)
{
	to->kind = from->kind;
	to->linux_device = from->linux_device ? strdup(from->linux_device) : NULL;
	return copy_strings(&to->linux_words, from->linux_words) &&
	       copy_strings(&to->initrd_words, from->initrd_words) &&
	       !to->linux_device == !from->linux_device;
}

/* Run an entry's body for what it loads. */
static void run_entry(struct grub *g, const struct grub_item *item, struct grub_boot *boot)
{
	_cleanup_free_ char *value = take_default(g);

	set_chosen(g, item, value);
	g->boot = boot;
	boot->status = grub_run_body(g, item);
	g->boot = &g->outside;
	if (boot->kind == GRUB_BOOT_NOTHING && g->outside.kind == GRUB_BOOT_LINUX &&
	    !copy_loaded(boot, &g->outside))
		g->error = -ENOMEM;
}

static int join_id(const char *above, const char *id, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	int r = *above ? ka_buf_addf(&buf, "%s>", above) : 0;

	for (; *id && r == 0; id++)
		r = *id == '>' ? ka_buf_adds(&buf, ">>") : ka_buf_add(&buf, id, 1);
	if (r == 0)
		*ret = ka_buf_take(&buf);
	return r == 0 && *ret ? 0 : -ENOMEM;
}

static int add_key(struct grub_pass *pass, const char *key)
{
	size_t n = pass->n_keys;

	if ((n & (n + 1)) == 0) {
		char **p = reallocarray(pass->keys, (n + 1) * 2, sizeof(*p));

		if (!p)
			return -ENOMEM;
		pass->keys = p;
	}
	pass->keys[n] = strdup(key);
	pass->keys[n + 1] = NULL;
	if (!pass->keys[n])
		return -ENOMEM;
	pass->n_keys++;
	return 0;
}

int grub_take_writes(const struct grub *g, size_t first, struct ka_writes *ret)
{
	int r = 0;

	for (size_t i = first; i < g->n_writes && r == 0; i++) {
		const struct grub_write *w = &g->writes[i];
		bool later = false;

		for (size_t k = i + 1; k < g->n_writes; k++)
			later |= ka_streq(g->writes[k].file, w->file) &&
				 ka_streq(g->writes[k].name, w->name);
		if (!later)
			r = ka_writes_add(ret, KA_WRITE_GRUBENV, w->file, w->name, w->value);
	}
	return r;
}

int grub_new_entry(const struct grub_level *level, const struct grub_item *item,
		   struct ka_entry **ret)
{
	_cleanup_(ka_entry_freep) struct ka_entry *e = ka_entry_new();
	int r;

	r = join_id(level->id, item->id, &e->id);
	if (r < 0)
		return r;
	e->title = strdup(item->title);
	e->source_path = strdup(item->file);
	e->source_line = item->line;
	for (char *const *p = level->titles; p && *p && r == 0; p++)
		r = ka_strv_add(&e->menu, *p);
	if (r < 0 || !e->title || !e->source_path)
		return -ENOMEM;
	*ret = TAKE_PTR(e);
	return 0;
}

/* What goes too far while it is listed is lost for itself; GRUB may never run it. */
static int pass_limit(struct grub *g, struct ka_findings *problems, enum ka_severity severity,
		      const struct grub_item *item)
{
	if (g->error != -E2BIG)
		return g->error;
	g->error = 0;
	return ka_report(problems, severity, "grub-limit", item->file, NULL,
			 "%s:%u: '%s': %s: kexec-any does not go on in it", item->file, item->line,
			 item->title, g->limit);
}

static int list_submenu(struct grub_pass *pass, const struct grub_level *level,
			const struct grub_item *item, const char *key)
{
	_cleanup_strv_ char **titles = NULL;
	_cleanup_free_ char *id = NULL;
	struct grub_level inner;
	int r;

	r = join_id(level->id, item->id, &id);
	for (char *const *p = level->titles; p && *p && r == 0; p++)
		r = ka_strv_add(&titles, *p);
	if (r == 0)
		r = ka_strv_add(&titles, item->title);
	if (r < 0)
		return r;
	inner = (struct grub_level){ .key = key, .id = id, .titles = titles };
	if (!open_submenu(&pass->g, item))
		return pass_limit(&pass->g, &pass->menu.problems, KA_WARNING, item);
	r = pass_limit(&pass->g, &pass->menu.problems, KA_WARNING, item);
	if (r == 0)
		r = grub_list_menu(pass, &inner);
	grub_context_close(&pass->g);
	return r;
}

/*
 * The other ways grub-set-default(8) may name an entry of a submenu: numbers, titles, and the
 * submenu's number before the entry's own id. (A single number is --list's.)
 */
static int add_aliases(const struct grub_level *level, const struct grub_item *item,
		       const char *key, struct ka_entry *entry)
{
	_cleanup_free_ char *titles = NULL, *mixed = NULL;
	int r = 0;

	if (!*level->key)
		return 0;
	for (char *const *p = level->titles; p && *p && r == 0; p++) {
		_cleanup_free_ char *above = TAKE_PTR(titles);

		r = join_id(above ? above : "", *p, &titles);
	}
	if (r == 0) {
		_cleanup_free_ char *above = TAKE_PTR(titles);

		r = join_id(above ? above : "", item->title, &titles);
	}
	if (r == 0)
		r = join_id(level->key, item->id, &mixed);
	if (r == 0)
		r = ka_strv_add(&entry->aliases, key);
	if (r == 0)
		r = ka_strv_add(&entry->aliases, mixed);
	if (r == 0 && !ka_streq(titles, entry->id))
		r = ka_strv_add(&entry->aliases, titles);
	return r;
}

static int list_entry(struct grub_pass *pass, const struct grub_level *level,
		      const struct grub_item *item, const char *key)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	_cleanup_(grub_boot_done) struct grub_boot boot = { .kind = GRUB_BOOT_NOTHING };
	struct grub *g = &pass->g;
	int r;

	r = grub_new_entry(level, item, &entry);
	if (r < 0)
		return r;
	g->tainted = false;
	run_entry(g, item, &boot);
	r = pass_limit(g, &entry->problems, KA_ERROR, item);
	if (r < 0)
		return r;
	g->stopped = false;
	/* A menu inside the entry (configfile): followed only where it would boot. */
	while (g->shown && g->context->depth > g->undo_depth && g->context == g->shown) {
		grub_context_close(g);
		g->shown = NULL;
	}
	r = g->error ? g->error : grub_fill_entry(g, &boot, pass->running, entry);
	if (r == 0 && g->tainted)
		r = ka_report(&entry->problems, KA_WARNING, "grub-unknown-condition",
			      entry->source_path, NULL,
			      "the entry looks at something that cannot be known from here");
	if (r == 0)
		r = add_key(pass, key);
	if (r == 0)
		r = grub_take_writes(g, pass->n_writes, &entry->writes);
	if (r == 0)
		r = add_aliases(level, item, key, entry);
	if (r == 0)
		r = ka_menu_add(&pass->menu, entry);
	if (r < 0)
		return r;
	entry = NULL;
	return 0;
}

/* One item. What it writes is its own affair. */
static int list_item(struct grub_pass *pass, const struct grub_level *level,
		     const struct grub_item *item, const char *key)
{
	struct grub *g = &pass->g;
	size_t n_writes = g->n_writes;
	int r;

	g->step_limit = g->steps + GRUB_ENTRY_STEPS < GRUB_STEP_LIMIT ? g->steps + GRUB_ENTRY_STEPS
								      : GRUB_STEP_LIMIT;
	r = item->is_submenu ? list_submenu(pass, level, item, key)
			     : list_entry(pass, level, item, key);
	grub_drop_writes(g, n_writes);
	return r;
}

/* All entries below a menu, in its order. Each sees the variables as they are when the menu is
 * shown, whatever the entries before it would set. */
int grub_list_menu(struct grub_pass *pass, const struct grub_level *level)
{
	struct grub *g = &pass->g;
	const struct grub_menu *menu = g->context->menu;
	int r = 0;

	for (size_t i = 0; i < menu->n_items && r == 0; i++) {
		_cleanup_free_ char *key =
			ka_format("%s%s%zu", level->key, *level->key ? ">" : "", i);
		struct grub_journal journal;

		if (!key)
			return -ENOMEM;
		grub_journal_push(g, &journal);
		r = list_item(pass, level, menu->items[i], key);
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
	char *key = strdup("");

	for (;;) {
		const struct grub_menu *menu = g->context->menu;
		size_t index = grub_default_index(g, menu, grub_get(g, "default"));
		const struct grub_item *item = menu->items[index];
		char *longer = key ? ka_format("%s%s%zu", key, *key ? ">" : "", index) : NULL;

		free(key);
		key = longer;
		if (!key)
			return -ENOMEM;
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
	ret->id = strdup(grub_get(g, "chosen") ? grub_get(g, "chosen") : "");
	return ret->id ? g->error : -ENOMEM;
}

ssize_t grub_index_of_key(const struct grub_pass *pass, const char *key)
{
	for (size_t i = 0; i < pass->n_keys; i++)
		if (ka_streq(pass->keys[i], key))
			return (ssize_t)i;
	return -1;
}
