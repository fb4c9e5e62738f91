// SPDX-License-Identifier: GPL-2.0-or-later
/* One run through the configuration: what GRUB knows before it, the file, the menu, the default. */

#include "pass.h"
#include "boot.h"
#include "menu/default.h"
#include "run/interp.h"
#include "session.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

void grub_pass_done(struct grub_pass *pass)
{
	grub_done(&pass->g);
	ka_menu_done(&pass->menu);
	ka_strv_free(pass->keys);
	free(pass->running);
	free(pass->outcome);
}

/* --- where the configuration is, and what GRUB knows before it reads it */

/*
 * The device grub.cfg lies on, as $root and in $prefix. Its real name is the firmware's; the
 * running kernel may have been told it.
 */
static char *set_start(struct grub_pass *pass, const struct grub_config *config, const char *start)
{
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	_cleanup_free_ char *prefix = NULL;
	struct grub *g = &pass->g;
	const struct grub_device *d;

	if (ka_host_reference(g->host, start, &ref) < 0) {
		/* Mounts unknown: everything on one file system. */
		ref.volume = ka_strdup("");
		ref.path = ka_strdup(start);
	}
	if (config->relative && ka_streq(start, config->main)) {
		free(ref.path);
		ref.path = ka_strdup(config->relative);
		grub_set_exported(g, "btrfs_relative_path", "y");
	}
	d = grub_device_guess(g, ref.volume);
	prefix = ka_format("(%s)%.*s", d->name, (int)(strrchr(ref.path, '/') - ref.path), ref.path);
	grub_set_exported(g, "root", d->name);
	grub_set_exported(g, "prefix", prefix);
	grub_set_features(g, config);
	return ka_format("(%s)%s", d->name, ref.path);
}

/* Read grub.cfg up to the menu it shows. 1: there is one, 0: GRUB would show its prompt. */
static int read_config(struct grub_pass *pass, const struct grub_config *config, const char *start)
{
	_cleanup_free_ char *path = NULL;
	struct grub *g = &pass->g;

	g->context->menu = ka_calloc(1, sizeof(*g->context->menu));
	if (start) {
		path = set_start(pass, config, start);
		grub_source(g, path);
	} else {
		grub_run_core(g, config);
	}
	if (g->error)
		return g->error;
	/* halt, reboot or exit at top level: no menu. */
	if (g->stopped && !g->shown)
		return 0;
	g->stopped = g->returning = false;
	g->shown = NULL;
	g->breaks = 0;
	return g->context->menu->n_items > 0;
}

/* --- one whole run */

static void set_reason(struct grub_pass *pass, const char *value)
{
	struct ka_menu *menu = &pass->menu;
	const char *once = grub_get(&pass->g, "boot_once"),
		   *saved = grub_get(&pass->g, "saved_entry");

	if (pass->g.entries.text) {
		menu->reason_source = ka_strdup_or_null(pass->g.entries.source);
		menu->reason_text = ka_strdup(pass->g.entries.text);
		menu->reason = pass->g.entries.is_oneshot ? KA_REASON_ONESHOT
							  : KA_REASON_CONFIGURED;
		return;
	}
	if (pass->g.entries.shown)
		value = NULL;
	/* A stub only leads there: the file that defines the menu is the one that says it. */
	menu->reason_source = ka_strdup(pass->g.context->menu->items[0]->file);
	if (once && *once) {
		menu->reason = KA_REASON_ONESHOT;
		menu->reason_text = ka_format("default=%s, for this boot only", value ? value : "");
	} else if (value && saved && *saved && ka_streq(value, saved)) {
		menu->reason = KA_REASON_SAVED;
		menu->reason_text = ka_format("saved_entry=%s", saved);
	} else if (value && *value) {
		menu->reason = KA_REASON_CONFIGURED;
		menu->reason_text = ka_format("default=%s", value);
	} else {
		menu->reason = menu->n_entries == 1 ? KA_REASON_ONLY : KA_REASON_FIRST;
		menu->reason_text = ka_strdup(
			menu->n_entries == 1 ? "the only entry" : "no default is set: the first");
	}
}

/* The entry that the default led to, as it was run for real. */
static int choice_entry(struct grub_pass *pass, const struct grub_choice *choice,
			struct ka_entry **ret)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	struct grub *g = &pass->g;
	const struct grub_menu *menu = g->context->menu;
	const char *last = strrchr(choice->key, '>');
	const struct grub_level level = { .key = "", .id = "" };
	uint64_t index;
	int r;

	if (ka_parse_u64(last ? last + 1 : choice->key, KA_MENU_LIMIT, &index) < 0 ||
	    index >= menu->n_items)
		return -EINVAL;
	entry = grub_new_entry(&level, menu->items[index]);
	free(entry->id);
	entry->id = ka_strdup(choice->id);
	grub_take_writes(g, pass->n_writes, &entry->writes);
	r = grub_fill_entry(g, &choice->boot, pass->running, entry);
	if (r == 0)
		*ret = TAKE_PTR(entry);
	return r;
}

/* The default is in an entry that shows a menu of its own, which the list does not open. */
static int add_choice(struct grub_pass *pass, struct ka_entry **entry)
{
	int r = ka_menu_add_take(&pass->menu, TAKE_PTR(*entry));

	if (r < 0)
		return r;
	pass->menu.default_index = (ssize_t)pass->menu.n_entries - 1;
	return 0;
}

static void report_choice(struct grub_pass *pass, const struct grub_choice *choice,
			  const char *timeout)
{
	struct ka_menu *menu = &pass->menu;

	if (choice->restricted)
		ka_report(&menu->problems, KA_WARNING, KA_ID_GRUB_PASSWORD, NULL,
			  "add --unrestricted to the entry",
			  "GRUB would ask for a password before it boots the default entry");
	if (!timeout || *timeout < '0' || *timeout > '9')
		ka_report(&menu->problems, KA_WARNING, KA_ID_GRUB_WAITS, NULL,
			  "set GRUB_TIMEOUT= in /etc/default/grub",
			  "GRUB has no timeout set and would wait at its menu for somebody; the "
			  "entry it highlights is taken");
}

/* The default cannot be loaded by GRUB itself? It would go on, which must not go unsaid. */
static void report_fallback(struct grub_pass *pass, const struct grub_choice *choice,
			    struct ka_entry *entry)
{
	const char *value = grub_get(&pass->g, "fallback");
	const struct grub_menu *menu = pass->g.context->menu;
	bool fails = choice->boot.kind == GRUB_BOOT_NOTHING ||
		     (choice->boot.kind == GRUB_BOOT_LINUX && !entry->kernel);
	size_t index;

	if (!value || !*value || (!fails && ka_entry_is_bootable(entry)))
		return;
	if (!fails && !(pass->g.dialect->status_decides && choice->boot.status != GRUB_OK))
		return;
	if (!grub_fallback_index(&pass->g, menu, value, &index))
		ka_report(&entry->problems, KA_WARNING, KA_ID_GRUB_FALLBACK, NULL, NULL,
			  "fallback=%s names no entry that GRUB could go on with", value);
	else
		ka_report(&entry->problems, KA_WARNING, KA_ID_GRUB_FALLBACK, NULL,
			  "name it with --entry=, when that is what is wanted",
			  "GRUB would fail here and go on with its fallback, '%s' (fallback=%s)",
			  menu->items[index]->id, value);
}

/* Follow the default. What it leads to is needed when it is in no list, or is to be compared. */
static int decide_default(struct grub_pass *pass, bool compare, struct grub_choice *choice)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	struct ka_menu *menu = &pass->menu;
	int r;

	r = grub_follow_default(pass, choice);
	if (r < 0)
		return r;
	if (pass->g.context->menu->n_items == 0) {
		pass->outcome = ka_strdup("nothing");
		menu->undecided =
			ka_strdup("the default is a submenu without entries: GRUB returns to "
				  "its menu and waits");
		return 0;
	}
	menu->default_index = grub_index_of_key(pass, choice->key);
	compare |= pass->g.questions != NULL;
	if (!compare && menu->default_index >= 0)
		return 0;
	r = choice_entry(pass, choice, &entry);
	if (r < 0)
		return r;
	if (compare)
		pass->outcome = grub_outcome(&menu->writes, entry);
	return menu->default_index < 0 ? add_choice(pass, &entry) : 0;
}

/* Where entries have files of their own, the default's file says it. */
static void set_source(struct grub_pass *pass)
{
	struct ka_menu *menu = &pass->menu;
	const struct ka_entry *entry;

	if (menu->default_index < 0 || pass->g.entries.text)
		return;
	entry = menu->entries[menu->default_index];
	if (!entry->source_path)
		return;
	free(menu->reason_source);
	menu->reason_source = ka_strdup(entry->source_path);
}

/* The default, and what is to be said of it. */
static int report_default(struct grub_pass *pass)
{
	_cleanup_(grub_choice_done) struct grub_choice choice = { .key = NULL };
	_cleanup_free_ char *value = NULL, *timeout = NULL;
	struct grub *g = &pass->g;
	int r;

	value = ka_strdup_or_null(grub_get(g, "default"));
	timeout = ka_strdup_or_null(grub_get(g, "timeout"));
	set_reason(pass, value);
	r = decide_default(pass, false, &choice);
	if (r < 0)
		return r;
	set_source(pass);
	if (pass->menu.default_index >= 0)
		report_fallback(pass, &choice, pass->menu.entries[pass->menu.default_index]);
	report_choice(pass, &choice, timeout);
	return 0;
}

/* The default alone, to compare it with another way's. */
static int go_way(struct grub_pass *pass)
{
	_cleanup_(grub_choice_done) struct grub_choice choice = { .key = NULL };

	return decide_default(pass, true, &choice);
}

/* The list costs the default nothing: it goes on where GRUB would. */
static int list_all(struct grub_pass *pass)
{
	const struct grub_level outermost = { .key = "", .id = "" };
	struct grub *g = &pass->g;
	uint64_t steps = g->steps, bytes = g->bytes;
	int r;

	g->listing = true;
	r = grub_list_menu(pass, &outermost);
	g->listing = false;
	g->steps = steps;
	g->step_limit = GRUB_STEP_LIMIT;
	g->bytes = bytes;
	return r;
}

int grub_pass_run(struct ka_host *host, const struct grub_config *config, const char *start,
		  const struct grub_way *way, struct grub_pass *pass)
{
	struct grub *g = &pass->g;
	int r;

	grub_init(g, host, config->dialect, &pass->menu.problems);
	g->dialect_guessed = config->dialect_guessed;
	if (way) {
		g->decisions = way->answers;
		g->n_decisions = way->n;
		g->steps = way->steps;
		g->bytes = way->bytes;
	}
	r = ka_host_read_line(host, "/proc/cmdline", &pass->running, NULL);
	if (r < 0)
		pass->running = NULL;
	/* It tells what GRUB calls its devices. */
	if (r < 0 && r != -ENOENT)
		grub_unread(g, "/proc/cmdline", r);

	r = read_config(pass, config, start);
	if (r <= 0) {
		pass->outcome = ka_strdup("nothing");
		return r;
	}
	pass->n_writes = g->n_writes;
	grub_take_writes(g, 0, &pass->menu.writes);
	if (g->entries.is_oneshot)
		ka_writes_add(&pass->menu.writes, KA_WRITE_EFI, NULL, "LoaderEntryOneShot", NULL);
	if (way)
		return go_way(pass);
	r = list_all(pass);
	if (r == 0)
		r = report_default(pass);
	grub_name_entries(&pass->menu);
	return r;
}
