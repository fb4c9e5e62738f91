// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything systemd-boot finds on its partitions (config_load_all_entries()): loader.conf of the one
 * it came from; UKIs in /EFI/Linux and files in /loader/entries of both. What it would not show stays
 * with its reason.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <limits.h>

#define ENTRY_LIMIT  (1u << 20) /* bytes */
#define CONFIG_LIMIT (1u << 16)

static void item_free(struct bls_item *item)
{
	free(item->source);
	free(item->file_name);
	free(item->id);
	free(item->short_id);
	free(item->id_without_profile);
	free(item->profile_id);
	free(item->unread);
	free(item->title);
	free(item->version);
	free(item->machine_id);
	free(item->sort_key);
	bls_type1_done(&item->type1);
	ka_uki_done(&item->uki);
	free(item);
}

void bls_menu_done(struct bls_menu *menu)
{
	for (size_t i = 0; i < menu->n_items; i++)
		item_free(menu->items[i]);
	free(menu->items);
	free(menu->config_path);
	free(menu->own_path);
	free(menu->config_unread);
	free(menu->unread);
	bls_config_done(&menu->config);
	ka_boot_partitions_done(&menu->partitions);
}

struct bls_item *bls_add_item(struct bls_menu *menu, enum bls_kind kind, const char *root)
{
	struct bls_item *item;
	size_t n = menu->n_items;

	if ((n & (n - 1)) == 0)
		menu->items = ka_reallocarray(menu->items, n ? n * 2 : 1, sizeof(item));
	item = ka_calloc(1, sizeof(*item));
	item->kind = kind;
	item->root = root;
	item->found = n;
	item->tries_left = item->tries_done = -1;
	menu->items[menu->n_items++] = item;
	return item;
}

bool bls_is_unread(int r)
{
	return r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EILSEQ && r != -EBADMSG;
}

char *bls_unread(struct bls_menu *menu, const char *path, int r, const struct ka_error *err)
{
	const char *remedy = ka_unread_remedy(r);
	_cleanup_free_ char *text =
		err && err->text ? ka_strdup(err->text)
				 : ka_format("'%s' cannot be read: %s", path, strerror(-r));

	ka_report(menu->problems, KA_WARNING, KA_ID_BLS_UNREADABLE, path, remedy, "%s", text);
	return ka_format("%s%s%s", text, remedy ? "; " : "", remedy ? remedy : "");
}

/* Something that may hold any entry. */
static void unread_any(struct bls_menu *menu, const char *path, int r, const struct ka_error *err)
{
	_cleanup_free_ char *text = bls_unread(menu, path, r, err);

	if (!menu->unread)
		menu->unread = TAKE_PTR(text);
}

/* Two profiles of a counted image may have the image's id both. */
static void set_profile_id(const struct bls_dialect *d, struct bls_item *item)
{
	bool alike = item->tries_left >= 0 && bls_has(d, BLS_COUNTED_PROFILES_ALIKE);

	if (item->profile == 0 || !item->profile_id)
		return;
	if (alike) {
		/* It is sorted by the file's name, counter and all. */
		item->id_without_profile = bls_lower(ka_strdup(item->file_name));
		return;
	}
	item->id_without_profile = item->id;
	item->id = ka_format("%s@%s", item->id_without_profile, item->profile_id);
	if (!bls_has(d, BLS_PROFILE_KEEPS_CASE))
		bls_lower(item->id);
}

/* The name of the file is the entry's identity, without the boot counter where this loader knows. */
static void set_names(const struct bls_menu *menu, struct bls_item *item, const char *folder,
		      const char *name, const char *suffix)
{
	const struct bls_dialect *d = &menu->dialect;
	bool is_uki = ka_streq(suffix, ".efi"), has_counter, strips;
	size_t prefix = strlen(name);

	item->source = ka_format("%s/%s", folder, name);
	item->file_name = ka_strdup(name);
	has_counter =
		bls_parse_tries(d, name, suffix, &item->tries_left, &item->tries_done, &prefix);
	strips = has_counter && bls_has(d, BLS_STRIPS_TRIES);
	if (item->id) /* of .osrel */
		return;
	item->id = strips ? ka_format("%.*s%s", (int)prefix, name, suffix) : ka_strdup(name);
	if (!strips || !bls_has(d, is_uki ? BLS_COUNTED_UKI_KEEPS_CASE : BLS_COUNTED_KEEPS_CASE))
		bls_lower(item->id);
	if (is_uki)
		return;
	if (!bls_has(d, BLS_ID_HAS_SUFFIX))
		item->id[strlen(item->id) - strlen(suffix)] = '\0';
	else if (d->is_pop)
		item->short_id = ka_strndup(item->id, strlen(item->id) - strlen(suffix));
}

/* --- Type #1 */

/* The file an entry starts must be there, or the loader hides the entry. */
static void check_loader(struct bls_menu *menu, struct bls_item *item)
{
	_cleanup_free_ char *path = NULL, *asked = NULL;
	int r;

	if (item->hidden || item->kind == BLS_UKI_URL)
		return;
	r = bls_locate(menu->host, item->root, item->type1.loader, &path);
	/* Once it was the boot that failed. */
	if (r > 0 || (r == 0 && !bls_has(&menu->dialect, BLS_KERNEL_MUST_EXIST)))
		return;
	item->hidden = "the file it names does not exist";
	if (r == 0)
		return;
	asked = ka_format("%s%s", item->root, item->type1.loader);
	item->unread = bls_unread(menu, asked, r, NULL);
}

static void fill_type1(struct bls_menu *menu, struct bls_item *item, const char *text)
{
	struct bls_type1 *t = &item->type1;
	const struct bls_reading by = {
		.dialect = &menu->dialect,
		.arch = menu->arch,
		.own_path = item->root == menu->partitions.esp ? menu->own_path : NULL,
	};

	bls_type1_parse(text, &by, t);
	item->kind = t->kind;
	item->hidden = t->hidden;
	item->profile = t->profile;
	item->title = ka_strdup_or_null(t->title);
	item->version = ka_strdup_or_null(t->version);
	item->machine_id = ka_strdup_or_null(t->machine_id);
	item->sort_key = ka_strdup_or_null(t->sort_key);
	check_loader(menu, item);
}

static void read_type1(struct bls_menu *menu, const char *root, const char *folder,
		       const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name), *text = NULL;
	struct ka_error err = KA_ERROR_INIT;
	struct bls_item *item;
	struct stat st;
	int r;

	if (ka_host_stat(menu->host, path, &st) > 0 && S_ISDIR(st.st_mode))
		return;
	item = bls_add_item(menu, BLS_UNDEFINED, root);
	set_names(menu, item, folder, name, ".conf");
	r = ka_host_read(menu->host, path, ENTRY_LIMIT, &text, NULL, &err);
	if (r < 0) {
		item->hidden = "the file cannot be read";
		item->unread = bls_unread(menu, path, r, &err);
	} else {
		fill_type1(menu, item, text);
	}
	ka_error_done(&err);
}

/* --- Type #2 */

static void set_uki_title(struct bls_item *item, const struct ka_uki_profile *p, const char *name)
{
	if (p->title)
		item->title = ka_format("%s (%s)", name, p->title);
	else if (item->profile > 0 && p->id)
		item->title = ka_format("%s (%s)", name, p->id);
	else if (item->profile > 0)
		item->title = ka_format("%s (Profile #%u)", name, item->profile + 1);
	else
		item->title = ka_strdup(name);
}

static void add_profile(struct bls_menu *menu, const char *root, const char *folder,
			const char *name, const struct ka_uki *uki, unsigned int profile)
{
	const struct ka_uki_profile *p = &uki->profiles[profile];
	struct bls_osrel osrel = { NULL };
	struct bls_item *item;

	/* Without a name for it, the loader passes over it. */
	if (!p->osrel || !bls_osrel_parse(p->osrel, &menu->dialect, &osrel))
		return;
	item = bls_add_item(menu, BLS_TYPE2, root);
	item->profile = profile;
	item->shared = uki;
	item->id = TAKE_PTR(osrel.id);
	set_names(menu, item, folder, name, ".efi");
	item->profile_id = p->id ? ka_strdup(p->id) : ka_format("%u", profile);
	set_profile_id(&menu->dialect, item);
	set_uki_title(item, p, osrel.name);
	item->version = TAKE_PTR(osrel.version);
	item->sort_key = TAKE_PTR(osrel.sort_key);
	bls_osrel_done(&osrel);
}

/* One that is broken, or no UKI: kept for its reason, in no profile. */
static struct bls_item *add_broken(struct bls_menu *menu, const char *root, const char *folder,
				   const char *name, const char *why)
{
	struct bls_item *item = bls_add_item(menu, BLS_TYPE2, root);

	item->hidden = why;
	set_names(menu, item, folder, name, ".efi");
	return item;
}

/* A loader without profiles shows the first one alone; the first with them end where none is named. */
static size_t count_profiles(const struct bls_dialect *dialect, const struct ka_uki *uki)
{
	size_t n = 1;

	if (!bls_has(dialect, BLS_PROFILES))
		return 1;
	if (!bls_has(dialect, BLS_PROFILES_NEED_CMDLINE))
		return uki->n_profiles;
	while (n < uki->n_profiles && uki->profiles[n - 1].parts[KA_UKI_CMDLINE].size > 0)
		n++;
	return n;
}

/* The entries of an image; the first one owns it. */
static void add_profiles(struct bls_menu *menu, const char *root, const char *folder,
			 const char *name, struct ka_uki *uki)
{
	size_t n = count_profiles(&menu->dialect, uki), first = menu->n_items;
	struct bls_item *owner;

	for (size_t i = 0; i < n; i++)
		add_profile(menu, root, folder, name, uki, (unsigned int)i);
	if (menu->n_items == first)
		add_broken(menu, root, folder, name,
			   bls_has(&menu->dialect, BLS_UKI_NAME_ALONE)
				   ? "its .osrel names no system"
				   : "its .osrel lacks a name or version of the system");
	owner = menu->items[first];
	owner->uki = *uki;
	for (size_t i = first; i < menu->n_items; i++)
		menu->items[i]->shared = &owner->uki;
}

static void read_type2(struct bls_menu *menu, const char *root, const char *folder,
		       const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name);
	const char *why = "the file cannot be read";
	struct bls_item *item;
	struct ka_uki uki;
	struct stat st;
	int r;

	if (ka_host_stat(menu->host, path, &st) > 0 && S_ISDIR(st.st_mode))
		return;
	r = ka_uki_read(menu->host, path, &uki, &why);
	if (r > 0) {
		add_profiles(menu, root, folder, name, &uki);
		return;
	}
	item = add_broken(menu, root, folder, name, r == 0 ? "it is no unified kernel image" : why);
	if (bls_is_unread(r))
		item->unread = bls_unread(menu, path, r, NULL);
}

/* --- folders */

typedef void (*read_fn)(struct bls_menu *menu, const char *root, const char *folder,
			const char *name);

/* Names that are the loader's own. */
static bool is_reserved(const struct bls_dialect *dialect, const char *name, const char *suffix)
{
	if (ka_streq(suffix, ".efi") && !bls_has(dialect, BLS_UKI_SKIPS_AUTO))
		return false;
	return bls_has(dialect, BLS_AUTO_ANY_CASE)
		       ? ka_ncasecmp(name, "auto-", strlen("auto-")) == 0
		       : ka_startswith(name, "auto-") != NULL;
}

#define NAME_LIMIT 215 /* that fit into the 512 bytes which old versions have for a file's name */

/* What stands behind such a name in the directory is never seen, and only the firmware knows that order. */
static void check_length(struct bls_menu *menu, const char *folder, const char *name)
{
	if (menu->unread || strlen(name) <= NAME_LIMIT ||
	    !bls_has(&menu->dialect, BLS_LONG_NAME_ENDS))
		return;
	menu->unread =
		ka_format("a file in '%s' has a name of %zu characters; systemd-boot %u sees "
			  "nothing behind one of more than %d",
			  folder, strlen(name), menu->dialect.version.major, NAME_LIMIT);
}

static void read_folder(struct bls_menu *menu, const char *root, const char *path,
			const char *suffix, read_fn read_one)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *folder = NULL;
	int r;

	r = bls_locate(menu->host, root, path, &folder);
	if (r == 0)
		return;
	if (r < 0)
		folder = ka_format("%s%s", root, path);
	else
		r = ka_host_list(menu->host, folder, &names, &err);
	if (r < 0) {
		unread_any(menu, folder, r, &err);
		return;
	}
	for (char **p = names; *p; p++) {
		check_length(menu, folder, *p);
		if (**p != '.' && ka_endswith_nocase(*p, suffix) &&
		    !is_reserved(&menu->dialect, *p, suffix))
			read_one(menu, root, folder, *p);
	}
}

/* Whose rules the entries follow. systemd-boot does not ask, whoever installs them does. */
static void check_semantics(struct bls_menu *menu, const char *root)
{
	_cleanup_free_ char *path = NULL, *text = NULL;

	if (bls_locate(menu->host, root, "/loader/entries.srel", &path) <= 0 ||
	    ka_host_read_line(menu->host, path, &text, NULL) < 0 || ka_streq(text, "type1"))
		return;
	ka_report(menu->problems, KA_WARNING, KA_ID_BLS_FOREIGN, path, NULL,
		  "it says '%s', not 'type1': the entries were written for another loader's "
		  "rules, which systemd-boot does not look at",
		  text);
}

static void read_partition(struct bls_menu *menu, const char *root)
{
	read_folder(menu, root, "/EFI/Linux", ".efi", read_type2);
	read_folder(menu, root, "/loader/entries", ".conf", read_type1);
	check_semantics(menu, root);
}

static void read_config(struct bls_menu *menu)
{
	static const char path[] = "/loader/loader.conf";
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	int r;

	menu->config = (struct bls_config){ .auto_entries = true, .auto_firmware = true };
	r = bls_locate(menu->host, menu->partitions.esp, path, &menu->config_path);
	if (r == 0)
		return;
	if (r < 0)
		menu->config_path = ka_format("%s%s", menu->partitions.esp, path);
	else
		r = ka_host_read(menu->host, menu->config_path, CONFIG_LIMIT, &text, NULL, &err);
	if (r == 0)
		bls_config_parse(text, &menu->dialect, &menu->config);
	else
		menu->config_unread = bls_unread(menu, menu->config_path, r, &err);
}

void bls_read_all(struct bls_menu *menu)
{
	read_config(menu);
	read_partition(menu, menu->partitions.esp);
	if (menu->partitions.xbootldr)
		read_partition(menu, menu->partitions.xbootldr);
}
