// SPDX-License-Identifier: GPL-2.0-or-later
/* The mount table of the machine, from its /proc/self/mountinfo, parsed by libmount. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>

/* Room for fs.mount-max (100,000) long lines. */
#define TABLE_LIMIT (32u << 20)
#define LINES_LIMIT 200000

/* A spelling of /dev/root that libmount leaves alone; see hide_root_device(). */
#define HIDDEN_ROOT_DEVICE "/dev//root"

void ka_mounts_done(struct ka_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		free(mounts->items[i].node);
	free(mounts->items);
	free(mounts->slots);
	mnt_unref_table(mounts->table);
	*mounts = (struct ka_mounts){ 0 };
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void convert(struct ka_mounts *mounts)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	if (!iter)
		ka_out_of_memory();
	mounts->items =
		ka_calloc((size_t)mnt_table_get_nents(mounts->table) + 1, sizeof(*mounts->items));
	while (mnt_table_next_fs(mounts->table, iter, &fs) == 0)
		mounts->items[mounts->n++] = (struct ka_mount){
			.source = text_or_empty(mnt_fs_get_source(fs)),
			.root = text_or_empty(mnt_fs_get_root(fs)),
			.target = text_or_empty(mnt_fs_get_target(fs)),
			.fstype = text_or_empty(mnt_fs_get_fstype(fs)),
			.devno = mnt_fs_get_devno(fs),
			.id = mnt_fs_get_id(fs),
			.parent_id = mnt_fs_get_parent_id(fs),
		};
	mnt_free_iter(iter);
}

/* A broken line is libmount's to skip: mountinfo of a live kernel has none. */
static int skip_line(_unused_ struct libmnt_table *table, _unused_ const char *filename,
		     _unused_ int line)
{
	return 1;
}

static int parse(char *text, size_t len, struct ka_mounts *ret)
{
	struct ka_mounts mounts = { 0 };
	FILE *f;
	int r;

	if (len == 0)
		return 0;
	f = fmemopen(text, len, "r");
	if (!f)
		return ka_errno();
	mounts.table = mnt_new_table();
	if (!mounts.table)
		ka_out_of_memory();
	r = mnt_table_set_parser_errcb(mounts.table, skip_line);
	/* The name is only for messages, but libmount resolves it: "/" costs nothing. */
	if (r == 0)
		r = mnt_table_parse_stream(mounts.table, f, "/");
	if (r == 0)
		convert(&mounts);
	else
		ka_mounts_done(&mounts);
	fclose(f);
	*ret = mounts;
	return r;
}

/*
 * An initramfs-less kernel calls the device of its root /dev/root. libmount looks for the real name in
 * /sys and /proc/cmdline, those of the machine that runs it, which need not be the one looked at. So it
 * gets to see another spelling, and name_root_device() looks in the right place.
 */
static char *hide_root_device(char *text)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	char *cursor, *line;

	for (cursor = text; (line = ka_next_line(&cursor));) {
		char *type = strstr(line, " - "), *source = type ? strchr(type + 3, ' ') : NULL;
		const char *behind = source ? ka_startswith(source + 1, "/dev/root") : NULL;

		if (behind && (*behind == ' ' || *behind == '\0')) {
			ka_buf_add(&buf, line, (size_t)(source + 1 - line));
			ka_buf_addf(&buf, HIDDEN_ROOT_DEVICE "%s\n", behind);
		} else {
			ka_buf_addf(&buf, "%s\n", line);
		}
	}
	return ka_buf_take(&buf);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* A table of mounts: mountinfo, or fstab(5). */
static int read_table(struct ka_host *host, const char *path, struct ka_mounts *ret,
		      struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ka_host_read(host, path, TABLE_LIMIT, &text, NULL, err);
	if (r < 0)
		return r;
	if (count_lines(text) > LINES_LIMIT)
		return ka_fail(err, -E2BIG, "'%s' has more than %d lines", path, LINES_LIMIT);
	if (strstr(text, " /dev/root")) {
		char *hidden = hide_root_device(text);

		free(text);
		text = hidden;
	}
	r = parse(text, strlen(text), ret);
	return r < 0 ? ka_fail_sys(err, r, "cannot parse '%s'", path) : 0;
}

/* The real name of /dev/root, by the device number or what the kernel was told. */
static char *find_root_device(struct ka_host *host, dev_t devno)
{
	_cleanup_free_ char *cmdline = NULL, *word = NULL;
	char *node = NULL;

	if (ka_volumes_node_of(host, devno, &node) > 0)
		return node;
	if (ka_host_read_line(host, "/proc/cmdline", &cmdline, NULL) == 0 &&
	    ka_cmdline_get(cmdline, "root", &word) > 0 &&
	    ka_host_volume_node(host, word, &node) > 0)
		return node;
	return ka_strdup("/dev/root");
}

/* There is one such device, though it may be mounted in several places. */
static void name_root_device(struct ka_host *host, struct ka_mounts *mounts)
{
	const struct ka_mount *first = NULL;

	for (size_t i = 0; i < mounts->n; i++) {
		struct ka_mount *m = &mounts->items[i];

		if (!ka_streq(m->source, HIDDEN_ROOT_DEVICE))
			continue;
		if (!first) {
			m->node = find_root_device(host, m->devno);
			first = m;
		}
		m->source = first->node;
	}
}

static int read_mountinfo(struct ka_host *host, const char *path, struct ka_mounts *ret,
			  struct ka_error *err)
{
	int r = read_table(host, path, ret, err);

	if (r < 0)
		return r;
	name_root_device(host, ret);
	ka_mounts_index(ret);
	return 0;
}

int ka_mounts_get(struct ka_host *host, struct ka_mounts **ret, struct ka_error *err)
{
	if (!host->has_mounts) {
		ka_mounts_forget(host);
		host->mounts_r = read_mountinfo(host, "/proc/self/mountinfo", &host->mounts,
						&host->mounts_err);
		host->has_mounts = true;
	}
	if (host->mounts_r < 0)
		return ka_fail(err, host->mounts_r, "%s",
			       ka_error_text(&host->mounts_err, host->mounts_r));
	*ret = &host->mounts;
	return 0;
}

void ka_mounts_forget(struct ka_host *host)
{
	ka_mounts_done(&host->mounts);
	ka_error_done(&host->mounts_err);
	host->has_mounts = false;
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

/* The mount whose target this is; NULL: nothing is mounted there. */
static const struct ka_mount *mount_point(const struct ka_mounts *mounts, const char *path)
{
	const struct ka_mount *m = ka_mounts_at(mounts, path);

	return m && ka_streq(m->target, path) ? m : NULL;
}

int ka_host_is_mount_point(struct ka_host *host, const char *path)
{
	struct ka_mounts *mounts;
	int r = ka_mounts_get(host, &mounts, NULL);

	return r < 0 ? r : mount_point(mounts, path) != NULL;
}

bool ka_host_is_fat(struct ka_host *host, const char *path)
{
	struct ka_mounts *mounts;
	const struct ka_mount *m;

	if (ka_mounts_get(host, &mounts, NULL) < 0)
		return false;
	m = ka_mounts_at(mounts, path);
	return m && (ka_streq(m->fstype, "vfat") || ka_streq(m->fstype, "msdos"));
}

int ka_host_find_unmounted(struct ka_host *host, const char *path, char **ret)
{
	_cleanup_(ka_mounts_done) struct ka_mounts fstab = { 0 };
	struct ka_mounts *mounts;
	int r;

	r = ka_mounts_get(host, &mounts, NULL);
	if (r == 0)
		r = read_table(host, "/etc/fstab", &fstab, NULL);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < fstab.n; i++) {
		_cleanup_free_ char *target = ka_strdup(fstab.items[i].target);
		size_t n = strlen(target);

		while (n > 1 && target[n - 1] == '/')
			target[--n] = '\0';
		if (*target != '/' || !ka_path_below(path, target) || mount_point(mounts, target))
			continue;
		*ret = TAKE_PTR(target);
		return 1;
	}
	return 0;
}

int ka_host_is_own_mount(struct ka_host *host, const char *path)
{
	_cleanup_(ka_mounts_done) struct ka_mounts first = { 0 };
	struct ka_mounts *mounts;
	const struct ka_mount *own, *other;
	int r;

	r = ka_mounts_get(host, &mounts, NULL);
	if (r == 0)
		r = read_mountinfo(host, "/proc/1/mountinfo", &first, NULL);
	if (r < 0)
		return r;
	own = ka_mounts_at(mounts, path);
	other = ka_mounts_at(&first, path);
	if (!own || !other)
		return -ENOENT;
	return own->devno != other->devno || !ka_streq(own->root, other->root);
}
