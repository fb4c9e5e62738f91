// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything systemd-boot finds on its partitions (config_load_all_entries()): loader.conf of the one
 * it came from; UKIs in /EFI/Linux and files in /loader/entries of both. What it would not show stays
 * with its reason.
 */

#include "bls.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <limits.h>
#include <strings.h>

#define ENTRY_LIMIT  (1u << 20) /* bytes */
#define CONFIG_LIMIT (1u << 16)

static void item_free(struct bls_item *item)
{
	free(item->source);
	free(item->file_name);
	free(item->id);
	free(item->id_without_profile);
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
	bls_config_done(&menu->config);
	ka_boot_partitions_done(&menu->partitions);
}

struct bls_item *bls_add_item(struct bls_menu *menu, enum bls_kind kind, const char *root)
{
	struct bls_item *item;
	size_t n = menu->n_items;

	if ((n & (n - 1)) == 0) {
		struct bls_item **p = reallocarray(menu->items, n ? n * 2 : 1, sizeof(*p));

		if (!p)
			return NULL;
		menu->items = p;
	}
	item = calloc(1, sizeof(*item));
	if (!item)
		return NULL;
	item->kind = kind;
	item->root = root;
	item->found = n;
	item->tries_left = item->tries_done = -1;
	menu->items[menu->n_items++] = item;
	return item;
}

static int copy(char **to, const char *value)
{
	*to = value ? strdup(value) : NULL;
	return *to || !value ? 0 : -ENOMEM;
}

/* The name of the file is the entry's identity, without the boot counter where this loader knows. */
static int set_names(const struct bls_menu *menu, struct bls_item *item, const char *folder,
		     const char *name, const char *suffix)
{
	size_t prefix = strlen(name);

	item->source = ka_format("%s/%s", folder, name);
	item->file_name = strdup(name);
	if (!item->source || !item->file_name)
		return -ENOMEM;
	if (bls_parse_tries(name, suffix, &item->tries_left, &item->tries_done, &prefix) &&
	    menu->dialect.version >= BLS_STRIPS_TRIES)
		item->id = ka_format("%.*s%s", (int)prefix, name, suffix);
	else
		item->id = strdup(name);
	bls_lower(item->id);
	return item->id ? 0 : -ENOMEM;
}

/* --- Type #1 */

/* The file an entry starts must be there, or the loader hides the entry. */
static int check_loader(struct bls_menu *menu, struct bls_item *item)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (item->hidden || item->kind == BLS_UKI_URL)
		return 0;
	r = bls_locate(menu->host, item->root, item->type1.loader, &path);
	if (r == 0)
		item->hidden = "the file it names does not exist";
	return r < 0 ? r : 0;
}

static int fill_type1(struct bls_menu *menu, struct bls_item *item, const char *text)
{
	struct bls_type1 *t = &item->type1;
	int r;

	r = bls_type1_parse(text, &menu->dialect, menu->arch, t);
	if (r < 0)
		return r;
	item->kind = t->kind;
	item->hidden = t->hidden;
	item->profile = t->profile;
	r = copy(&item->title, t->title);
	if (r == 0)
		r = copy(&item->version, t->version);
	if (r == 0)
		r = copy(&item->machine_id, t->machine_id);
	if (r == 0)
		r = copy(&item->sort_key, t->sort_key);
	return r == 0 ? check_loader(menu, item) : r;
}

static int read_type1(struct bls_menu *menu, const char *root, const char *folder, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name), *text = NULL;
	struct ka_error err = KA_ERROR_INIT;
	struct bls_item *item;
	struct stat st;
	int r;

	if (!path)
		return -ENOMEM;
	if (ka_host_stat(menu->host, path, &st) > 0 && S_ISDIR(st.st_mode))
		return 0;
	item = bls_add_item(menu, BLS_UNDEFINED, root);
	if (!item)
		return -ENOMEM;
	r = set_names(menu, item, folder, name, ".conf");
	if (r < 0)
		return r;
	r = ka_host_read(menu->host, path, ENTRY_LIMIT, &text, NULL, &err);
	if (r < 0 && r != -ENOMEM) {
		item->hidden = r == -EFBIG ? "the file is larger than 1 MiB"
					   : "the file cannot be read";
		r = ka_report(menu->problems, KA_WARNING, "bls-unreadable", path, NULL, "%s",
			      ka_error_text(&err, r));
	} else if (r == 0) {
		r = fill_type1(menu, item, text);
	}
	ka_error_done(&err);
	return r;
}

/* --- Type #2 */

static int set_uki_title(struct bls_item *item, const struct ka_uki_profile *p)
{
	if (p->title)
		item->title = ka_format("%s (%s)", p->os_name, p->title);
	else if (item->profile > 0 && p->id)
		item->title = ka_format("%s (%s)", p->os_name, p->id);
	else if (item->profile > 0)
		item->title = ka_format("%s (Profile #%u)", p->os_name, item->profile + 1);
	else
		item->title = strdup(p->os_name);
	return item->title ? 0 : -ENOMEM;
}

static int set_profile_id(struct bls_item *item, const struct ka_uki_profile *p)
{
	if (item->profile == 0)
		return 0;
	item->id_without_profile = item->id;
	item->id = p->id ? ka_format("%s@%s", item->id_without_profile, p->id)
			 : ka_format("%s@%u", item->id_without_profile, item->profile);
	return item->id ? 0 : -ENOMEM;
}

static int add_profile(struct bls_menu *menu, const char *root, const char *folder,
		       const char *name, const struct ka_uki *uki, unsigned int profile)
{
	const struct ka_uki_profile *p = &uki->profiles[profile];
	struct bls_item *item;
	int r;

	/* Without a name for it, the loader passes over it. */
	if (!p->os_name)
		return 0;
	item = bls_add_item(menu, BLS_TYPE2, root);
	if (!item)
		return -ENOMEM;
	item->profile = profile;
	item->shared = uki;
	r = set_names(menu, item, folder, name, ".efi");
	if (r == 0)
		r = set_uki_title(item, p);
	if (r == 0)
		r = copy(&item->version, p->os_version);
	if (r == 0)
		r = copy(&item->sort_key, p->os_sort_key);
	return r == 0 ? set_profile_id(item, p) : r;
}

/* One that is broken, or no UKI: kept for its reason, in no profile. */
static int add_broken(struct bls_menu *menu, const char *root, const char *folder, const char *name,
		      const char *why)
{
	struct bls_item *item = bls_add_item(menu, BLS_TYPE2, root);

	if (!item)
		return -ENOMEM;
	item->hidden = why;
	return set_names(menu, item, folder, name, ".efi");
}

static int read_type2(struct bls_menu *menu, const char *root, const char *folder, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name);
	const char *why = "the file cannot be read";
	struct bls_item *owner;
	struct ka_uki uki;
	struct stat st;
	size_t first = menu->n_items, n;
	int r;

	if (!path)
		return -ENOMEM;
	if (ka_host_stat(menu->host, path, &st) > 0 && S_ISDIR(st.st_mode))
		return 0;
	r = ka_uki_read(menu->host, path, &uki, &why);
	if (r == -ENOMEM)
		return r;
	if (r <= 0)
		return add_broken(menu, root, folder, name,
				  r == 0 ? "it is no unified kernel image" : why);

	/* The first item owns it; a loader without profiles shows the first one alone. */
	n = menu->dialect.version >= BLS_PROFILES ? uki.n_profiles : 1;
	r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_profile(menu, root, folder, name, &uki, (unsigned int)i);
	if (r == 0 && menu->n_items == first)
		r = add_broken(menu, root, folder, name, "its .osrel names no system");
	if (menu->n_items == first) {
		ka_uki_done(&uki);
		return r;
	}
	owner = menu->items[first];
	owner->uki = uki;
	for (size_t i = first; i < menu->n_items; i++)
		menu->items[i]->shared = &owner->uki;
	return r;
}

/* --- folders */

typedef int (*read_fn)(struct bls_menu *menu, const char *root, const char *folder,
		       const char *name);

static int read_folder(struct bls_menu *menu, const char *root, const char *path,
		       const char *suffix, read_fn read_one)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *folder = NULL;
	int r;

	r = bls_locate(menu->host, root, path, &folder);
	if (r <= 0)
		return r;
	r = ka_host_list(menu->host, folder, &names, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return ka_report(menu->problems, KA_WARNING, "bls-unreadable", folder,
				 "run it as root", "the folder cannot be read: %s", strerror(-r));
	for (char **p = names; *p && r == 0; p++)
		if (**p != '.' && ka_endswith_nocase(*p, suffix) &&
		    strncasecmp(*p, "auto-", strlen("auto-")) != 0)
			r = read_one(menu, root, folder, *p);
	return r;
}

/* Whose rules the entries follow. systemd-boot does not ask, whoever installs them does. */
static int check_semantics(struct bls_menu *menu, const char *root)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	int r = bls_locate(menu->host, root, "/loader/entries.srel", &path);

	if (r <= 0)
		return r;
	r = ka_host_read_line(menu->host, path, &text, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (ka_streq(text, "type1"))
		return 0;
	return ka_report(menu->problems, KA_WARNING, "bls-foreign", path, NULL,
			 "it says '%s', not 'type1': the entries were written for another loader's "
			 "rules, which systemd-boot does not look at",
			 text);
}

static int read_partition(struct bls_menu *menu, const char *root)
{
	int r = read_folder(menu, root, "/EFI/Linux", ".efi", read_type2);

	if (r == 0)
		r = read_folder(menu, root, "/loader/entries", ".conf", read_type1);
	return r == 0 ? check_semantics(menu, root) : r;
}

static int read_config(struct bls_menu *menu)
{
	_cleanup_free_ char *text = NULL;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	menu->config = (struct bls_config){ .auto_entries = true, .auto_firmware = true };
	r = bls_locate(menu->host, menu->partitions.esp, "/loader/loader.conf", &menu->config_path);
	if (r <= 0)
		return r;
	r = ka_host_read(menu->host, menu->config_path, CONFIG_LIMIT, &text, NULL, &err);
	if (r == 0)
		r = bls_config_parse(text, &menu->config);
	else if (r != -ENOMEM)
		r = ka_report(menu->problems, KA_WARNING, "bls-unreadable", menu->config_path,
			      "run it as root", "%s", ka_error_text(&err, r));
	ka_error_done(&err);
	return r;
}

int bls_read_all(struct bls_menu *menu)
{
	int r = read_config(menu);

	if (r == 0)
		r = read_partition(menu, menu->partitions.esp);
	if (r == 0 && menu->partitions.xbootldr)
		r = read_partition(menu, menu->partitions.xbootldr);
	return r;
}
