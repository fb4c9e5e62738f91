// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SUSE's grub2-bls: a GRUB that reads no grub.cfg. Its program sets $enable_blscfg, and normal mode then loads the
 * environment block beside the program and shows the entries of the EFI partition (SUSE's patches to
 * normal/main.c, blsuki.c and bli.c). The order of files and what an entry becomes is upstream's blsuki of 2.14;
 * entries without tries are last; the default is the boot loader interface's. What those sources leave open
 * decides nothing.
 */

#include "entries.h"
#include "menu/bls.h"
#include "run/commands.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"
#include "world/envblk.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define VARIABLES "/sys/firmware/efi/efivars/"

/* The first reason stays; owns text. */
static void give_up(struct grub *g, char *text)
{
	if (g->unread)
		free(text);
	else
		g->unread = text;
}

/* --- boot counters: "NAME+LEFT" or "NAME+LEFT-DONE" */

static const char *digits(const char *p, int *ret)
{
	const char *start = p;
	long value = 0;

	for (; ka_is_digit(*p); p++) {
		value = value * 10 + (*p - '0');
		if (value > 1000000)
			return NULL;
	}
	*ret = (int)value;
	return p > start ? p : NULL;
}

bool grub_entry_counter(const char *id, size_t *ret_name, int *ret_left, int *ret_done)
{
	const char *plus = strrchr(id, '+'), *p;

	*ret_done = 0;
	p = plus ? digits(plus + 1, ret_left) : NULL;
	if (p && *p == '-')
		p = digits(p + 1, ret_done);
	if (!p || *p)
		return false;
	*ret_name = (size_t)(plus - id);
	return true;
}

static bool is_used_up(const struct grub_item *item)
{
	size_t name;
	int left, done;

	return grub_entry_counter(item->id, &name, &left, &done) && left == 0;
}

/* Those without tries go behind all others, each in the order of files. */
static void put_used_up_last(struct grub_menu *menu)
{
	struct grub_item **sorted = ka_calloc(menu->n_items + 1, sizeof(*sorted));
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < menu->n_items; i++)
			if (is_used_up(menu->items[i]) == (pass == 1))
				sorted[n++] = menu->items[i];
	if (n > 0)
		memcpy(menu->items, sorted, n * sizeof(*sorted));
	free(sorted);
}

/* --- the default */

enum match {
	MATCH_NONE,
	MATCH_ID,
	MATCH_UNSURE, /* without its counter, which newer ones leave out of the id; or a title */
};

static char *without_suffix(const char *value)
{
	size_t n = strlen(value), m = strlen(".conf");

	return ka_strndup(value, ka_endswith(value, ".conf") ? n - m : n);
}

static enum match matches(const struct grub_item *item, const char *name, const char *value)
{
	size_t n;
	int left, done;

	if (ka_streq(item->id, name))
		return MATCH_ID;
	if (ka_streq(item->title, value) || ka_casecmp(item->id, name) == 0)
		return MATCH_UNSURE;
	if (grub_entry_counter(item->id, &n, &left, &done) && strlen(name) == n &&
	    strncmp(item->id, name, n) == 0)
		return MATCH_UNSURE;
	return MATCH_NONE;
}

/* A value that names an entry, and where it stands. */
struct wish {
	const char *name;
	char *value; /* NULL: it is not set */
	enum match match;
	size_t index;
};

static void wish_done(struct wish *wish)
{
	free(wish->value);
}

static void resolve(struct grub *g, const struct grub_menu *menu, struct wish *wish)
{
	_cleanup_free_ char *name = wish->value ? without_suffix(wish->value) : NULL;

	for (size_t i = 0; name && i < menu->n_items; i++) {
		enum match match = matches(menu->items[i], name, wish->value);

		if (match == MATCH_NONE || (wish->match == MATCH_ID && match != MATCH_ID))
			continue;
		if (wish->match == MATCH_NONE) {
			wish->match = match;
			wish->index = i;
		}
	}
	/* A number first, or the id? That is the order of another function than the sources show. */
	if (name && (wish->match == MATCH_UNSURE || ka_is_digit(*name)))
		give_up(g, ka_format("which entry %s=%s means to this GRUB is not known",
				     wish->name, wish->value));
}

static void read_variable(struct grub *g, struct wish *wish)
{
	int r = ka_host_efi_string(g->host, wish->name, KA_EFI_GUID_LOADER, &wish->value);

	if (r == 0 && *wish->value)
		return;
	if (r == 0)
		free(wish->value);
	wish->value = NULL;
	if (r < 0 && r != -ENOENT)
		give_up(g, ka_format("the EFI variable %s cannot be read: %s", wish->name,
				     strerror(-r)));
}

static void choose(struct grub *g, const struct wish *wish)
{
	_cleanup_free_ char *index = ka_format("%zu", wish->index);

	grub_set(g, "default", index);
	if (!wish->value)
		return;
	g->entries.text = ka_format("%s=%s", wish->name, wish->value);
	if (ka_streq(wish->name, "default"))
		return;
	free(g->entries.source);
	g->entries.source = ka_format(VARIABLES "%s-" KA_EFI_GUID_LOADER, wish->name);
}

/*
 * A one-shot entry, then the default of the variables, then that of the environment block, then the first. Since
 * the variables are read when the module is loaded, the block may come after them and win: where the two differ
 * nothing is decided.
 */
static void choose_default(struct grub *g, const struct grub_menu *menu)
{
	_cleanup_(wish_done) struct wish once = { .name = "LoaderEntryOneShot" },
					 always = { .name = "LoaderEntryDefault" },
					 saved = { .name = "default" };
	const struct wish *first;

	saved.value = ka_strdup_or_null(grub_get(g, "default"));
	read_variable(g, &once);
	read_variable(g, &always);
	resolve(g, menu, &once);
	resolve(g, menu, &always);
	resolve(g, menu, &saved);
	g->entries.is_oneshot = once.value != NULL;
	if (once.value && once.match == MATCH_NONE)
		give_up(g,
			ka_format(
				"LoaderEntryOneShot=%s is none of the entries, and what this GRUB "
				"boots then is not known",
				once.value));
	first = once.value ? &once : always.value ? &always : &saved;
	if (saved.value && first != &saved && first->index != saved.index)
		give_up(g,
			ka_format(
				"%s=%s and default=%s of the environment block name different "
				"entries, and which of them this GRUB takes is not known; 'sdbootutil "
				"set-default' writes the one that counts",
				first->name, first->value, saved.value));
	choose(g, first);
}

/* --- the command line */

/* "/opensuse-tumbleweed/" of a kernel's path. */
static size_t first_folder(const char *path)
{
	const char *slash = *path == '/' ? strchr(path + 1, '/') : NULL;

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool is_from_entry(const struct grub *g, const char *path)
{
	size_t n = first_folder(path);

	for (size_t i = 0; n > 0 && i < g->n_bls; i++) {
		const char *kernel = grub_bls_value(g->bls[i], "linux");

		if (kernel && first_folder(kernel) == n && strncmp(kernel, path, n) == 0)
			return true;
	}
	return false;
}

/* Whether it writes the device in front of BOOT_IMAGE's path, the running system tells that it started. */
static void learn_boot_image(struct grub *g, const char *program)
{
	_cleanup_free_ char *cmdline = NULL, *image = NULL;
	const char *path;

	if (ka_host_read_line(g->host, "/proc/cmdline", &cmdline, NULL) < 0 ||
	    ka_cmdline_get(cmdline, "BOOT_IMAGE", &image) <= 0)
		image = NULL;
	path = image && *image == '(' ? strchr(image, ')') : image;
	path += path && *path == ')';
	if (path && is_from_entry(g, path)) {
		g->entries.names_device = *image == '(';
		return;
	}
	give_up(g,
		ka_format("whether %s writes a device into BOOT_IMAGE= is not known: the running "
			  "system was not started from its entries (BOOT_IMAGE=%s); it tells after "
			  "a reboot through the firmware, and --cmdline= does without",
			  program, image ? image : ""));
}

/* --- all together */

static void load_environment(struct grub *g)
{
	const char *folder = grub_get(g, "cmdpath");
	_cleanup_free_ char *path = ka_format("%s/grubenv", folder ? folder : ""),
			    *host_path = NULL;
	char *argv[] = { (char *)"load_env", (char *)"-f", path, NULL };

	if (grub_locate(g, path, &host_path) == 0)
		return;
	g->entries.source = ka_strdup_or_null(host_path);
	grub_load_env(g, argv, 3);
}

void grub_show_entries(struct grub *g, const char *program)
{
	char *argv[] = { (char *)"blscfg", NULL };
	struct grub_menu *menu = g->context->menu;

	load_environment(g);
	/* Once for the form of the paths, and once to show them. */
	grub_blscfg(g, argv, 1);
	learn_boot_image(g, program);
	if (g->entries.names_device) {
		grub_menu_free(menu);
		menu = g->context->menu = ka_calloc(1, sizeof(*menu));
		grub_blscfg(g, argv, 1);
	}
	if (g->error || menu->n_items == 0)
		return;
	put_used_up_last(menu);
	choose_default(g, menu);
}

void grub_entries_done(struct grub *g)
{
	free(g->entries.text);
	free(g->entries.source);
}

void grub_report_counter(struct ka_entry *entry)
{
	size_t name;

	if (!grub_entry_counter(entry->id, &name, &entry->tries_left, &entry->tries_done))
		return;
	if (entry->tries_left == 0)
		ka_report(&entry->problems, KA_WARNING, KA_ID_BLS_NO_TRIES, entry->source_path,
			  "bootctl set-good, or systemd-bless-boot(8)",
			  "its boot attempts are used up: it counts as bad");
	else
		ka_report(&entry->problems, KA_INFO, KA_ID_BLS_COUNTED, entry->source_path, NULL,
			  "%d boot attempts are left; a kexec counts none", entry->tries_left);
}
