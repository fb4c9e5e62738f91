// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SYSLINUX and EXTLINUX 6: the menu and the default. What a kernel is handed is "BOOT_IMAGE=", its name, and the words
 * of the label, "initrd=" among them; the initrds that are loaded are those of the first "initrd=" in all of it
 * (com32/elflink/ldlinux/kernel.c).
 */

#include "syslinux.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define LOADER_LIMIT (4u << 20)

/* "initrd=A,B": up to a blank. The name may be empty, which is no file. */
static void take_initrds(const struct ext_menu *m, struct ka_entry *entry)
{
	const char *p = strstr(entry->cmdline, "initrd=");
	size_t n;

	if (!p)
		return;
	p += strlen("initrd=");
	for (;; p += n + 1) {
		n = strcspn(p, " ,");
		if (n == 0)
			ka_report(&entry->problems, KA_ERROR, KA_ID_INITRD_MISSING,
				  entry->source_path, "correct the entry",
				  "'initrd=' without a name: SYSLINUX loads nothing then");
		else
			ext_take_initrd(m, entry, p, n);
		if (p[n] != ',')
			return;
	}
}

static void fill_linux(const struct ext_menu *m, const struct sys_run *run, struct ka_entry *entry)
{
	entry->type = KA_TYPE_LINUX;
	entry->cmdline = sys_run_cmdline(run);
	ext_take_kernel(m, entry, run->program);
	take_initrds(m, entry);
}

static void not_linux(struct ka_entry *entry, enum ka_entry_type type, const char *what)
{
	entry->type = type;
	ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, entry->source_path,
		  "reboot through the firmware", "the entry %s", what);
}

static void fill_command(const struct ext_menu *m, const char *command, struct ka_entry *entry)
{
	_cleanup_(sys_run_done) struct sys_run run = { .program = NULL };

	sys_run_make(command, &run);
	switch (run.kind) {
	case SYS_LINUX:
		fill_linux(m, &run, entry);
		break;
	case SYS_MODULE:
		not_linux(entry, KA_TYPE_OTHER, "runs a module of SYSLINUX");
		break;
	case SYS_CHAIN:
		not_linux(entry, KA_TYPE_CHAINLOADER, "starts a boot sector or a disk, not Linux");
		break;
	case SYS_CONFIG:
		not_linux(entry, KA_TYPE_OTHER, "leads to another configuration");
		break;
	case SYS_TOO_LONG:
		ka_report(&entry->problems, KA_ERROR, KA_ID_CMDLINE_TOO_LONG, entry->source_path,
			  "shorten the APPEND line",
			  "the command has %zu characters, and SYSLINUX runs none of 2048 or more",
			  strlen(command));
		break;
	}
}

static struct ka_entry *new_entry(const char *id, const char *title, const char *path,
				  unsigned int line)
{
	struct ka_entry *entry = ka_entry_new();

	entry->id = ka_strdup(id);
	entry->source_path = ka_strdup(path);
	entry->source_line = line;
	entry->type = KA_TYPE_OTHER;
	entry->title = ka_strdup(title);
	return entry;
}

static void report_unknown(struct ka_entry *entry)
{
	ka_report(&entry->problems, KA_ERROR, KA_ID_EXTLINUX_UNKNOWN_VALUE, entry->source_path,
		  "remove SYSAPPEND, or pass --cmdline=",
		  "SYSAPPEND adds words that only the loader knows to the command line");
}

/* A caret marks a key, and is not shown. */
static void strip_caret(char *title)
{
	char *caret = strchr(title, '^');

	if (caret)
		memmove(caret, caret + 1, strlen(caret));
}

static void add_menus(const struct sys_config *config, size_t menu, struct ka_entry *entry)
{
	ssize_t item = config->menus[menu].parent_item;

	if (item < 0)
		return;
	add_menus(config, config->items[item].menu, entry);
	ka_strv_add(&entry->menu, config->items[item].title);
}

static void fill_item(const struct ext_menu *m, const struct sys_item *item, struct ka_entry *entry)
{
	switch (item->action) {
	case SYS_COMMAND:
		fill_command(m, item->command, entry);
		if (item->has_unknown)
			report_unknown(entry);
		break;
	case SYS_DISABLED:
		not_linux(entry, KA_TYPE_OTHER, "is disabled and cannot be chosen");
		break;
	default:
		not_linux(entry, KA_TYPE_OTHER, "leads to another menu or out of it");
	}
}

/* Submenus stand in the entries, and separators nowhere. */
static bool is_shown(const struct sys_item *item)
{
	return item->action != SYS_SUBMENU && (*item->name || item->action != SYS_DISABLED);
}

static int add_item(const struct ext_menu *m, const struct sys_config *config,
		    const struct sys_item *item)
{
	struct ka_entry *entry = new_entry(*item->name ? item->name : item->title, item->title,
					   item->path, item->line);

	if (!*entry->id) {
		free(entry->id);
		entry->id = ka_strdup("LABEL");
	}
	strip_caret(entry->title);
	add_menus(config, item->menu, entry);
	fill_item(m, item, entry);
	return ka_menu_add_take(m->menu, entry);
}

static int add_items(const struct ext_menu *m, const struct sys_config *config,
		     const struct sys_choice *choice)
{
	for (size_t i = 0; i < config->n_items; i++) {
		const struct sys_item *item = &config->items[i];
		int r;

		if (!is_shown(item))
			continue;
		if (item == choice->item)
			m->menu->default_index = (ssize_t)m->menu->n_entries;
		r = add_item(m, config, item);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What boots is no label alone: an entry of its own, behind the others. */
static int add_typed(const struct ext_menu *m, const struct sys_choice *choice)
{
	struct ka_entry *entry = new_entry(choice->typed, choice->typed, m->place->path, 0);

	fill_command(m, choice->command, entry);
	if (choice->has_unknown)
		report_unknown(entry);
	m->menu->default_index = (ssize_t)m->menu->n_entries;
	return ka_menu_add_take(m->menu, entry);
}

static void set_reason(const struct ext_menu *m, struct sys_choice *choice)
{
	struct ka_menu *menu = m->menu;

	if (choice->undecided && !menu->undecided)
		menu->undecided = TAKE_PTR(choice->undecided);
	if (menu->undecided)
		menu->default_index = -1;
	if (menu->default_index < 0)
		return;
	menu->reason = choice->reason;
	menu->reason_source =
		ka_strdup(choice->reason == KA_REASON_SAVED ? m->place->installed : m->place->path);
	menu->reason_text = TAKE_PTR(choice->text);
	if (choice->waits)
		ka_report(
			&menu->problems, KA_WARNING, KA_ID_EXTLINUX_WAITS, m->place->path,
			"set TIMEOUT in tenths of a second",
			"there is no TIMEOUT: the loader would wait for somebody; the entry at its "
			"cursor is taken");
}

/* --- what stands before the configuration */

/* The program's own file: which version it is, and what is to boot once. */
struct loader {
	char *once, *saved;
};

static void loader_done(struct loader *loader)
{
	free(loader->once);
	free(loader->saved);
}

static char *judge_version(const struct ext_menu *m, const char *data, size_t len)
{
	_cleanup_free_ char *version = sys_version(data, len);

	if (!version)
		return ka_format("which version of SYSLINUX '%s' is cannot be told",
				 m->place->installed);
	if (strtoul(version, NULL, 10) != 6)
		return ka_format("'%s' is SYSLINUX %s, and only the rules of version 6 are known",
				 m->place->installed, version);
	return NULL;
}

static char *read_loader(const struct ext_menu *m, bool is_efi, struct loader *ret)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_free_ char *data = NULL, *why = NULL;
	size_t len = 0;
	int r;

	if (!m->place->installed)
		return NULL;
	r = ka_host_read(m->host, m->place->installed, LOADER_LIMIT, &data, &len, &err);
	if (r < 0)
		return ka_format("whether there is a boot-once setting cannot be told: %s",
				 ka_error_text(&err, r));
	ret->once = sys_adv_get((const uint8_t *)data, len, SYS_ADV_ONCE);
	ret->saved = sys_adv_get((const uint8_t *)data, len, SYS_ADV_SAVE);
	why = is_efi ? NULL : judge_version(m, data, len);
	if (!why && ret->once)
		return ka_format(
			"'%s' is set to boot once (in '%s'), and a kexec cannot use that up: "
			"reboot through the firmware, or clear it with 'extlinux --clear-once'",
			ret->once, m->place->installed);
	return TAKE_PTR(why);
}

static void report_unread(const struct ext_menu *m, const struct sys_config *config)
{
	if (!config->unread)
		return;
	ka_report(&m->menu->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, m->place->path,
		  "run kexec-any as root", "%s", config->unread);
	if (!m->menu->undecided)
		m->menu->undecided = ka_strdup(config->unread);
}

int sys_discover(const struct ext_menu *m, const struct ka_chain *chain, struct ka_error *err)
{
	_cleanup_(loader_done) struct loader loader = { .once = NULL };
	_cleanup_(sys_chooser_done) struct sys_chooser chooser = { .host = m->host,
								   .place = m->place };
	_cleanup_(sys_choice_done) struct sys_choice choice = { .item = NULL };
	const struct sys_config *shown;
	int r;

	m->menu->dialect = "syslinux";
	m->menu->undecided = m->place->doubt
				     ? ka_strdup(m->place->doubt)
				     : read_loader(m, chain->firmware == KA_FIRMWARE_UEFI, &loader);
	chooser.saved = loader.saved;
	r = sys_config_read(m->host, m->place, SYS_LOADER, NULL, &chooser.loader, err);
	if (r == 0)
		r = sys_choose(&chooser, &choice, err);
	if (r < 0)
		return r;
	shown = chooser.has_menu ? &chooser.menu : &chooser.loader;
	report_unread(m, &chooser.loader);
	report_unread(m, shown);
	r = add_items(m, shown, &choice);
	if (r == 0 && choice.typed)
		r = add_typed(m, &choice);
	if (r < 0)
		return r;
	set_reason(m, &choice);
	ka_menu_make_ids_unique(m->menu);
	return 0;
}
