// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blscfg: menu entries from Boot Loader Specification files, by the rules of GRUB 2.14
 * (commands/blsuki.c) and of Red Hat's GRUB (commands/blscfg.c), which share a loop and little
 * else. An entry becomes script text; quotes and variables in it act once more when it is booted.
 */

#include "menu/bls.h"
#include "lang/number.h"
#include "menu/items.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/entry.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define FILE_LIMIT (1u << 20)

/* --- the list of entries, newest first */

static void insert_at(struct grub *g, size_t at, struct grub_bls_entry *e)
{
	struct grub_bls_entry **p = ka_reallocarray(g->bls, g->n_bls + 1, sizeof(*p));

	g->bls = p;
	memmove(p + at + 1, p + at, (g->n_bls - at) * sizeof(*p));
	p[at] = e;
	g->n_bls++;
}

static int compare(const struct grub *g, const struct grub_bls_entry *a,
		   const struct grub_bls_entry *b)
{
	if (g->dialect->bls == GRUB_BLS_UPSTREAM) {
		_cleanup_free_ char *m = ka_format("%s.conf", a->id),
				    *n = ka_format("%s.conf", b->id);

		return grub_compare_files(m, n);
	}
	return grub_compare_rpm(a->id, b->id);
}

/*
 * Two that compare equal: the one the file system lists first stays, and that order is not ours to
 * see. Both ways are tried; RHEL 8 keeps both entries.
 */
static bool stays(struct grub *g, const struct grub_bls_entry *first,
		  const struct grub_bls_entry *second)
{
	_cleanup_free_ char *about = NULL;

	if (ka_streq(first->id, second->id))
		return true;
	grub_complain(g, KA_WARNING, KA_ID_BLS_EQUAL_NAMES,
		      "'%s' and '%s' compare equal: GRUB shows only the one its file system lists "
		      "first",
		      first->id, second->id);
	about = ka_format("which of '%s' and '%s' the file system lists first", first->id,
			  second->id);
	return !grub_decide(g, about);
}

/* In a menu that is still open; what stood in one that was left may be shown again elsewhere. */
static bool is_shown(const struct grub *g, const struct grub_bls_entry *e)
{
	for (const struct grub_context *c = g->context; c; c = c->outer)
		if (c->serial == e->shown_in)
			return true;
	return false;
}

/* Where an entry belongs; *ret_equal: there is one already that compares equal. */
static size_t find_place(const struct grub *g, const struct grub_bls_entry *e, bool *ret_equal)
{
	size_t low = 0, high = g->n_bls;

	*ret_equal = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = compare(g, e, g->bls[middle]);

		if (c == 0 && g->dialect->bls != GRUB_BLS_RHEL8) {
			*ret_equal = true;
			return middle;
		}
		if (c > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Put an entry where it belongs. */
static void add_entry(struct grub *g, struct grub_bls_entry *e)
{
	struct grub_bls_entry *old;
	bool equal;
	size_t at = find_place(g, e, &equal);

	if (!equal) {
		insert_at(g, at, e);
		return;
	}
	old = g->bls[at];
	if (is_shown(g, old) || stays(g, old, e)) {
		grub_bls_entry_free(e);
	} else {
		g->bls[at] = e;
		grub_bls_entry_free(old);
	}
}

static int compare_versions(const void *a, const void *b)
{
	const struct grub_bls_entry *x = *(struct grub_bls_entry *const *)a;
	const struct grub_bls_entry *y = *(struct grub_bls_entry *const *)b;
	int c = grub_compare_rpm_text(grub_bls_value(y, "version"), grub_bls_value(x, "version"));

	if (c == 0)
		c = grub_compare_rpm(y->id, x->id);
	return c != 0 ? c : x->position < y->position ? -1 : 1;
}

/* RHEL 8: where every file has a version, that decides first. What is equal stays as it was. */
static void sort_by_version(struct grub *g)
{
	for (size_t i = 0; i < g->n_bls; i++) {
		if (!grub_bls_value(g->bls[i], "version"))
			return;
		g->bls[i]->position = i;
	}
	if (g->n_bls > 0)
		qsort(g->bls, g->n_bls, sizeof(struct grub_bls_entry *), compare_versions);
}

/* Put an entry where it belongs. */ /* --- reading */

/* The name without .conf: once upstream, as often as it stands there at Red Hat. */
static char *entry_id(const struct grub *g, const char *name)
{
	static const char suffix[] = ".conf";
	size_t n = strlen(name), m = strlen(suffix);

	do
		n -= m;
	while (g->dialect->bls != GRUB_BLS_UPSTREAM && n > m &&
	       strncmp(name + n - m, suffix, m) == 0);
	return ka_strndup(name, n);
}

static void read_entry(struct grub *g, const char *host_path, const char *name)
{
	struct grub_bls_entry *e;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	/* RHEL 8 passes over files larger than 1 MiB. */
	r = ka_host_read(g->host, host_path,
			 g->dialect->bls == GRUB_BLS_RHEL8 ? FILE_LIMIT : GRUB_FILE_LIMIT, &text,
			 &len, NULL);
	if (r == -EFBIG && g->dialect->bls != GRUB_BLS_RHEL8)
		grub_give_up(g, "a boot entry of more than 4 MiB");
	if (r < 0) {
		if (r != -ENOENT && r != -EFBIG)
			grub_unread(g, host_path, r);
		return;
	}
	if (!grub_charge(g, 1024 + len * 2))
		return;
	grub_clean_lines(text, len);
	if (g->n_bls >= KA_MENU_LIMIT) {
		grub_give_up(g, "more than 16384 boot entries");
		return;
	}
	e = ka_calloc(1, sizeof(*e));
	grub_bls_parse(text, g->dialect->bls != GRUB_BLS_UPSTREAM, e);
	e->id = entry_id(g, name);
	e->file = ka_strdup(host_path);
	add_entry(g, e);
}

static bool is_entry_file(const char *name)
{
	return *name != '.' && strlen(name) > strlen(".conf") && ka_endswith(name, ".conf");
}

/* All entries of a folder named as the script names it. 1: it could be listed, 0: not. */
static int read_folder(struct grub *g, const char *path)
{
	_cleanup_free_ char *host_path = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = grub_locate(g, path, &host_path);

	if (r > 0)
		r = ka_host_list(g->host, host_path, &names, NULL);
	else if (r == 0)
		return 0;
	if (r < 0) {
		if (r != -ENOENT && r != -ENOTDIR)
			grub_unread(g, path, r);
		return 0;
	}
	for (char **p = names; *p && !g->error; p++) {
		_cleanup_free_ char *file = NULL;

		if (!is_entry_file(*p))
			continue;
		file = ka_format("%s%s%s", host_path, ka_endswith(host_path, "/") ? "" : "/", *p);
		read_entry(g, file, *p);
	}
	return 1;
}

static void read_single(struct grub *g, const char *path)
{
	_cleanup_free_ char *host_path = NULL;
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : strchrnul(path, ')');
	if (*name == ')')
		name++;
	if (is_entry_file(name) && grub_locate(g, path, &host_path) > 0)
		read_entry(g, host_path, name);
}

/* --- from an entry to the menu */

static void add_line(struct ka_buf *body, const char *command, const char *prefix, const char *rest)
{
	ka_buf_addf(body, "%s %s%s\n", command, prefix, rest);
}

/* "/e/u.img" for "u.img": the folder of a path. */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Red Hat: early_initrd, split at single blanks, each in the folder of the first initrd. */
static void add_early_initrds(struct grub *g, struct ka_buf *words, const char *early,
			      const char *beside)
{
	while (grub_charge(g, folder_length(beside) + 16)) {
		size_t n = strcspn(early, " ");

		ka_buf_addf(words, " ($root)%.*s%.*s", (int)folder_length(beside), beside, (int)n,
			    early);
		if (!early[n])
			return;
		early += n + 1;
	}
}

static void add_initrds(struct grub *g, const struct grub_bls_entry *e, const char *prefix,
			struct ka_buf *body)
{
	_cleanup_(ka_buf_done) struct ka_buf words = { 0 };
	const char *early = g->dialect->bls == GRUB_BLS_REDHAT ? grub_get(g, "early_initrd") : NULL;
	const char *first = grub_bls_value(e, "initrd");

	if (early)
		add_early_initrds(g, &words, early, first ? first : grub_bls_value(e, "linux"));
	for (size_t i = 0; i < e->n; i++)
		if (ka_streq(e->keys[i], "initrd"))
			ka_buf_addf(&words, " %s%s", prefix, e->values[i]);
	if (words.len > 0)
		ka_buf_addf(body, "initrd%s\n", words.text);
}

static void add_devicetree(struct grub *g, const struct grub_bls_entry *e, const char *prefix,
			   struct ka_buf *body)
{
	_cleanup_free_ char *own = NULL;
	const char *kernel = grub_bls_value(e, "linux"), *shared;

	if (g->dialect->bls == GRUB_BLS_RHEL8)
		return;
	own = grub_bls_expand(g, grub_bls_value(e, "devicetree"));
	shared = g->dialect->bls == GRUB_BLS_REDHAT ? grub_get(g, "devicetree") : NULL;
	if (own)
		add_line(body, "devicetree", prefix, own);
	else if (shared)
		ka_buf_addf(body, "devicetree ($root)%.*s%s\n", (int)folder_length(kernel), kernel,
			    shared);
}

static bool redhat_saves_default(const struct grub *g)
{
	const char *value = grub_get(g, "save_default");

	return g->dialect->bls == GRUB_BLS_REDHAT && value && ka_streq(value, "true");
}

/* The script a booted entry runs. */
static void make_body(struct grub *g, const struct grub_bls_entry *e, struct ka_buf *body)
{
	bool upstream = g->dialect->bls == GRUB_BLS_UPSTREAM;
	const char *prefix = upstream && !g->entries.names_device ? "" : "($root)";
	_cleanup_free_ char *options = grub_bls_expand(g, grub_bls_value(e, "options"));

	if (!options && !upstream)
		options = grub_bls_expand(g, grub_get(g, "default_kernelopts"));
	if (upstream ? grub_blsuki_saves_default(g) : redhat_saves_default(g))
		ka_buf_adds(body, "savedefault\n");
	if (!upstream)
		ka_buf_adds(body, "load_video\nset gfxpayload=keep\ninsmod gzio\n");
	ka_buf_addf(body, "linux %s%s%s%s\n", prefix, grub_bls_value(e, "linux"),
		    options ? " " : "", options ? options : "");
	add_initrds(g, e, prefix, body);
	add_devicetree(g, e, prefix, body);
}

/* Red Hat 45: an EFI program, started as a chainloader would. */
static void make_efi_body(struct grub *g, const struct grub_bls_entry *e, struct ka_buf *body)
{
	_cleanup_free_ char *options = grub_bls_expand(g, grub_bls_value(e, "options"));

	ka_buf_addf(body, "chainloader ($root)%s%s%s\n", grub_bls_value(e, "efi"),
		    options ? " " : "", options ? options : "");
}

static void show(struct grub *g, struct grub_bls_entry *e)
{
	_cleanup_(ka_buf_done) struct ka_buf body = { 0 };
	const char *title = grub_bls_value(e, "title"), *kernel = grub_bls_value(e, "linux");
	const char *efi = g->dialect->bls_efi ? grub_bls_value(e, "efi") : NULL;
	_cleanup_strv_ char **params = NULL;
	_cleanup_free_ char *users = NULL;

	if (!kernel && !efi)
		return;
	users = grub_bls_expand(g, grub_bls_value(e, "grub_users"));
	if (efi)
		make_efi_body(g, e, &body);
	else
		make_body(g, e, &body);
	ka_strv_add(&params, title ? title : kernel ? kernel : efi);
	for (size_t i = 0; i < e->n; i++)
		if (ka_streq(e->keys[i], "grub_arg"))
			ka_strv_add(&params, e->values[i]);
	if (!grub_charge(g, body.len + strlen(e->file)))
		return;
	grub_add_bls_item(g, e->id, params, body.text, e->file, users && *users);
	e->shown_in = g->context->serial;
}

/* Does the value of default name this entry, the index-th of all? */
static bool is_default(const struct grub *g, const struct grub_bls_entry *e, size_t index)
{
	const char *value = grub_get(g, "default"), *title = grub_bls_value(e, "title"), *end;
	_cleanup_free_ char *name = NULL;
	uint64_t number;

	if (!value || !*value)
		return false;
	/* Upstream calls an entry by its file here, Red Hat by its id. */
	name = ka_format("%s%s", e->id, g->dialect->bls == GRUB_BLS_UPSTREAM ? ".conf" : "");
	if (ka_streq(value, name) || (title && ka_streq(value, title)))
		return true;
	number = grub_number(value, &end);
	if (end == value || (g->dialect->bls == GRUB_BLS_UPSTREAM && *end))
		return false;
	return number == index;
}

static void forget_all(struct grub *g)
{
	for (size_t i = 0; i < g->n_bls; i++)
		grub_bls_entry_free(g->bls[i]);
	g->n_bls = 0;
}

void grub_bls_done(struct grub *g)
{
	forget_all(g);
	free(g->bls);
	g->bls = NULL;
}

/* --- upstream's command */

static int upstream_blscfg(struct grub *g, char **argv, size_t argc)
{
	struct grub_blsuki wanted;
	const char *path;

	if (grub_blsuki_parse(argv, argc, &wanted) < 0)
		return GRUB_BAD_ARGUMENT;
	path = wanted.path;
	forget_all(g);
	if (path && ka_endswith(path, ".conf"))
		read_single(g, path);
	else
		read_folder(g, path && (*path == '/' || *path == '(') ? path : "/loader/entries/");
	if (g->n_bls == 0 && wanted.fallback)
		read_folder(g, "/loader/entries/");

	for (size_t i = 0; i < g->n_bls && !g->error; i++) {
		struct grub_bls_entry *e = g->bls[i];
		_cleanup_free_ char *file = ka_format("%s.conf", e->id);

		if (grub_blsuki_shows(&wanted, is_default(g, e, i), file))
			show(g, e);
	}
	return GRUB_OK;
}

/* --- Red Hat's command */

/* Read what the argument and $blsdir say. */
static void redhat_read(struct grub *g, const char *argument)
{
	const char *configured = grub_get(g, "blsdir");
	_cleanup_free_ char *folder = NULL;

	if (argument && *argument == '(') {
		if (ka_endswith(argument, ".conf"))
			read_single(g, argument);
		else
			read_folder(g, argument);
		return;
	}
	folder = configured ? ka_format("%s%s", *configured == '/' ? "" : "/", configured)
			    : ka_strdup("/loader/entries/");
	/* An empty $blsdir is a folder that cannot be listed. */
	if ((configured && !*configured) || !read_folder(g, folder) ||
	    (g->dialect->bls == GRUB_BLS_RHEL8 && g->n_bls == 0))
		read_folder(g, "/boot/loader/entries/");
}

static int redhat_blscfg(struct grub *g, char **argv, size_t argc)
{
	const char *argument = argc == 2 ? argv[1] : NULL;
	bool by_path = argument && *argument == '(';
	bool defaults = true, others = true;

	if (g->dialect->bls == GRUB_BLS_RHEL8)
		argument = NULL;
	if (argument && !by_path) {
		defaults = ka_streq(argument, "default");
		others = ka_streq(argument, "non-default");
	}
	if (g->dialect->bls == GRUB_BLS_RHEL8)
		forget_all(g);
	redhat_read(g, argument);
	if (g->dialect->bls == GRUB_BLS_RHEL8)
		sort_by_version(g);
	for (size_t i = 0; i < g->n_bls && !g->error; i++) {
		struct grub_bls_entry *e = g->bls[i];
		bool named = argument && !by_path && !defaults && !others &&
			     ka_streq(argument, e->id);

		if (is_shown(g, e))
			continue;
		if (named || (is_default(g, e, i) ? defaults : others))
			show(g, e);
	}
	return GRUB_OK;
}

int grub_blscfg(struct grub *g, char **argv, size_t argc)
{
	return g->dialect->bls == GRUB_BLS_UPSTREAM ? upstream_blscfg(g, argv, argc)
						    : redhat_blscfg(g, argv, argc);
}
