// SPDX-License-Identifier: GPL-2.0-or-later
/* The mount table of the machine, from its /proc/self/mountinfo, parsed by libmount. */

#include "host/host-internal.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>

#define MOUNTINFO_LIMIT (8u << 20)

void ka_mounts_done(struct ka_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->items[i].source);
		free(mounts->items[i].root);
		free(mounts->items[i].target);
		free(mounts->items[i].fstype);
	}
	free(mounts->items);
	*mounts = (struct ka_mounts){ 0 };
}

static char *copy_or_empty(const char *text)
{
	return strdup(text ? text : "");
}

static int add_mount(struct ka_mounts *mounts, struct libmnt_fs *fs)
{
	struct ka_mount *m = &mounts->items[mounts->n++];

	m->source = copy_or_empty(mnt_fs_get_source(fs));
	m->root = copy_or_empty(mnt_fs_get_root(fs));
	m->target = copy_or_empty(mnt_fs_get_target(fs));
	m->fstype = copy_or_empty(mnt_fs_get_fstype(fs));
	m->devno = mnt_fs_get_devno(fs);
	return m->source && m->root && m->target && m->fstype ? 0 : -ENOMEM;
}

static int convert(struct libmnt_table *table, struct ka_mounts *mounts)
{
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int r = 0;

	if (mnt_table_is_empty(table))
		return 0;
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	mounts->items = calloc((size_t)mnt_table_get_nents(table), sizeof(*mounts->items));
	if (!iter || !mounts->items)
		r = -ENOMEM;
	while (r == 0 && mnt_table_next_fs(table, iter, &fs) == 0)
		r = add_mount(mounts, fs);
	mnt_free_iter(iter);
	return r;
}

/* A broken line is libmount's to skip: mountinfo of a live kernel has none. */
static int skip_line(_unused_ struct libmnt_table *table, _unused_ const char *filename,
		     _unused_ int line)
{
	return 1;
}

static int parse(char *text, size_t len, struct ka_mounts *mounts)
{
	struct libmnt_table *table;
	FILE *f;
	int r;

	if (len == 0)
		return 0;
	f = fmemopen(text, len, "r");
	if (!f)
		return ka_errno();
	table = mnt_new_table();
	r = table ? mnt_table_set_parser_errcb(table, skip_line) : -ENOMEM;
	if (r == 0)
		r = mnt_table_parse_stream(table, f, "mountinfo");
	if (r == 0)
		r = convert(table, mounts);
	mnt_unref_table(table);
	fclose(f);
	return r;
}

/* A table of mounts: mountinfo, or fstab(5). */
static int read_table(struct ka_host *host, const char *path, struct ka_mounts *ret,
		      struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	r = ka_host_read(host, path, MOUNTINFO_LIMIT, &text, &len, err);
	if (r < 0)
		return r;
	r = parse(text, len, ret);
	if (r < 0) {
		ka_mounts_done(ret);
		return ka_fail_sys(err, r, "cannot parse '%s'", path);
	}
	return 0;
}

int ka_mounts_get(struct ka_host *host, const struct ka_mounts **ret, struct ka_error *err)
{
	int r = 0;

	if (!host->has_mounts)
		r = read_table(host, "/proc/self/mountinfo", &host->mounts, err);
	if (r < 0)
		return r;
	host->has_mounts = true;
	*ret = &host->mounts;
	return 0;
}

const char *ka_path_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 0 && folder[n - 1] == '/')
		n--;
	if (strncmp(path, folder, n) != 0 || (path[n] != '\0' && path[n] != '/'))
		return NULL;
	return path + n;
}

static bool is_mounted(const struct ka_mounts *mounts, const char *target)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (ka_streq(mounts->items[i].target, target))
			return true;
	return false;
}

int ka_host_find_unmounted(struct ka_host *host, const char *path, char **ret)
{
	_cleanup_(ka_mounts_done) struct ka_mounts fstab = { 0 };
	const struct ka_mounts *mounts;
	int r;

	*ret = NULL;
	r = ka_mounts_get(host, &mounts, NULL);
	if (r == 0)
		r = read_table(host, "/etc/fstab", &fstab, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < fstab.n; i++) {
		char *target = fstab.items[i].target;
		size_t n = strlen(target);

		while (n > 1 && target[n - 1] == '/')
			target[--n] = '\0';
		if (*target != '/' || !ka_path_below(path, target) || is_mounted(mounts, target))
			continue;
		*ret = strdup(target);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

/* The mount a path is on: of those above it the nearest, and of several there the last. */
static const struct ka_mount *find_covering(const struct ka_mounts *mounts, const char *path)
{
	const struct ka_mount *best = NULL;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct ka_mount *m = &mounts->items[i];

		if (ka_path_below(path, m->target) &&
		    (!best || strlen(m->target) >= strlen(best->target)))
			best = m;
	}
	return best;
}

int ka_host_is_own_mount(struct ka_host *host, const char *path)
{
	_cleanup_(ka_mounts_done) struct ka_mounts first = { 0 };
	const struct ka_mounts *mounts;
	const struct ka_mount *own, *other;
	int r;

	r = ka_mounts_get(host, &mounts, NULL);
	if (r == 0)
		r = read_table(host, "/proc/1/mountinfo", &first, NULL);
	if (r < 0)
		return r;
	own = find_covering(mounts, path);
	other = find_covering(&first, path);
	if (!own || !other)
		return -ENOENT;
	return own->devno != other->devno || !ka_streq(own->root, other->root);
}
