// SPDX-License-Identifier: GPL-2.0-or-later
/* From a file as boot configuration names it, a path on a volume, to its place here, and back. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <sys/sysmacros.h>

/*
 * btrfs and others mount with an anonymous device number (major 0): there the source's name decides.
 * So it does on a captured machine that does not tell the number of the node.
 */
static bool is_mount_of(struct ka_host *host, struct ka_mount *m, const char *node, dev_t devno)
{
	if (devno != 0 && m->devno == devno)
		return true;
	if (*m->source != '/')
		return false;
	if (ka_streq(m->source, node))
		return true;
	if (devno != 0 && major(m->devno) != 0)
		return false;
	if (!m->node && ka_host_canonical(host, m->source, &m->node) < 0)
		m->node = ka_strdup(m->source);
	return ka_streq(m->node, node);
}

/* The path of a mount's file on this machine. */
static char *path_on(const struct ka_mount *m, const char *path)
{
	return ka_format("%s%s", ka_streq(m->target, "/") ? "" : m->target,
			 ka_path_below(path, m->root));
}

/* Or is something mounted on the way to it? Then another file is seen in its place. */
static bool is_seen(const struct ka_mounts *mounts, const struct ka_mount *m, const char *path)
{
	_cleanup_free_ char *place = path_on(m, path);

	return m->is_visible && ka_mounts_at(mounts, place) == m;
}

/*
 * The mount of node that shows the path: its root is a prefix of it, the longest one, and nothing is
 * mounted over that place. NULL if none does.
 */
static const struct ka_mount *find_mount(struct ka_host *host, struct ka_mounts *mounts,
					 const char *node, const char *path)
{
	const struct ka_mount *best = NULL;
	dev_t devno = ka_volumes_devno(host, node);

	for (size_t i = 0; i < mounts->n; i++) {
		struct ka_mount *m = &mounts->items[i];

		if (ka_path_below(path, m->root) &&
		    (!best || strlen(m->root) > strlen(best->root)) &&
		    is_mount_of(host, m, node, devno) && is_seen(mounts, m, path))
			best = m;
	}
	return best;
}

const struct ka_mount *ka_mounts_of(struct ka_host *host, struct ka_mounts *mounts,
				    const char *node)
{
	dev_t devno = ka_volumes_devno(host, node);

	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->items[i].is_visible &&
		    is_mount_of(host, &mounts->items[i], node, devno))
			return &mounts->items[i];
	return NULL;
}

/* Subvolumes of btrfs are called "@" too. */
static bool has_zfs(const struct ka_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (ka_streq(mounts->items[i].fstype, "zfs"))
			return true;
	return false;
}

/*
 * ZFS as GRUB names it: "/DATASET@[SNAPSHOT]/PATH" on the pool, which is the label of its members.
 * mountinfo names the dataset as source. 1, 0 when the path has no such form, or -errno.
 */
static int locate_zfs(struct ka_host *host, const struct ka_mounts *mounts, const char *node,
		      const char *path, char **ret)
{
	_cleanup_free_ char *pool = NULL, *source = NULL;
	const char *at = strchr(path, '@'), *rest = at ? strchr(at, '/') : NULL, *end = at;
	int r;

	if (!rest || !has_zfs(mounts))
		return 0;
	r = ka_host_volume_name(host, node, "LABEL", &pool);
	if (r <= 0)
		return r;
	/* "/@/PATH" is of the pool's own dataset. */
	while (end > path && end[-1] == '/')
		end--;
	source = ka_format("%s%.*s", pool, (int)(end - path), path);
	for (size_t i = 0; i < mounts->n; i++) {
		const struct ka_mount *m = &mounts->items[i];

		if (!ka_streq(m->source, source) || !m->is_visible)
			continue;
		*ret = ka_format("%s%s%.*s%s", ka_streq(m->target, "/") ? "" : m->target,
				 rest > at + 1 ? "/.zfs/snapshot/" : "", (int)(rest - at - 1),
				 at + 1, rest);
		return 1;
	}
	return 0;
}

/* A volume that is not mounted, or not so that the path is seen. */
static int locate_unmounted(struct ka_host *host, const struct ka_ref *ref, const char *node,
			    char **ret, struct ka_error *err)
{
	int r = ka_private_mount(host, node);

	if (r < 0)
		return ka_fail(err, -ENXIO,
			       "'%s' lies on %s (%s), which is not mounted there and cannot be "
			       "read otherwise (%s)%s",
			       ref->path, ref->volume, node, strerror(-r),
			       host->live && geteuid() != 0 ? "; run kexec-any as root" : "");
	*ret = ka_format("%s:%s", node, ref->path);
	return 0;
}

int ka_host_locate(struct ka_host *host, const struct ka_ref *ref, char **ret, struct ka_error *err)
{
	_cleanup_free_ char *node = NULL;
	const struct ka_mount *m;
	struct ka_mounts *mounts;
	int r;

	if (!ref->volume) {
		*ret = ka_strdup(ref->path);
		return 0;
	}

	r = ka_host_volume_node(host, ref->volume, &node);
	if (r == 0 || r == -ENODATA)
		return ka_fail(err, -ENODEV, "no volume '%s' on this machine", ref->volume);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot look for the volume '%s'", ref->volume);
	r = ka_mounts_get(host, &mounts, err);
	if (r < 0)
		return r;

	m = find_mount(host, mounts, node, ref->path);
	if (m) {
		*ret = path_on(m, ref->path);
		return 0;
	}
	r = locate_zfs(host, mounts, node, ref->path, ret);
	if (r != 0)
		return r < 0 ? r : 0;
	return locate_unmounted(host, ref, node, ret, err);
}

/* The other way round, as a path of GRUB's: the pool is a device by its label. */
static int refer_to_zfs(struct ka_host *host, const struct ka_mount *m, const char *path,
			struct ka_ref *ret)
{
	const char *dataset = strchrnul(m->source, '/'), *at = strchr(dataset, '@');
	_cleanup_free_ char *volume =
		ka_format("LABEL=%.*s", (int)strcspn(m->source, "/@"), m->source);
	char *node = NULL;
	int r = ka_host_volume_node(host, volume, &node);

	if (r <= 0)
		return -ENXIO;
	ret->volume = node;
	ret->path = ka_format("%s%s%s%s", *dataset ? dataset : "/", at ? "" : "@",
			      ka_streq(m->root, "/") ? "" : m->root,
			      ka_path_below(path, m->target));
	return 0;
}

int ka_host_reference(struct ka_host *host, const char *path, struct ka_ref *ret)
{
	_cleanup_free_ char *canonical = NULL;
	const struct ka_mount *m;
	struct ka_mounts *mounts;
	int r;

	r = ka_host_canonical(host, path, &canonical);
	if (r >= 0)
		r = ka_mounts_get(host, &mounts, NULL);
	if (r < 0)
		return r;
	m = ka_mounts_at(mounts, canonical);
	if (m && ka_streq(m->fstype, "zfs"))
		return refer_to_zfs(host, m, canonical, ret);
	if (!m || *m->source != '/')
		return -ENXIO;
	ret->volume = ka_strdup(m->source);
	ret->path = ka_format("%s%s", ka_streq(m->root, "/") ? "" : m->root,
			      ka_path_below(canonical, m->target));
	return 0;
}

static int compare_sources(const void *a, const void *b)
{
	const struct ka_mount *x = *(struct ka_mount *const *)a, *y = *(struct ka_mount *const *)b;
	int r = strcmp(x->source, y->source);

	return r != 0 ? r : x < y ? -1 : x > y;
}

static int compare_places(const void *a, const void *b)
{
	const struct ka_mount *x = *(struct ka_mount *const *)a, *y = *(struct ka_mount *const *)b;

	return x < y ? -1 : x > y;
}

int ka_host_volumes(struct ka_host *host, char ***ret)
{
	_cleanup_free_ struct ka_mount **found = NULL;
	struct ka_mounts *mounts;
	size_t n = 0, unique = 0;
	int r;

	r = ka_mounts_get(host, &mounts, NULL);
	if (r < 0)
		return r;
	found = ka_calloc(mounts->n + 1, sizeof(struct ka_mount *));
	for (size_t i = 0; i < mounts->n; i++)
		if (*mounts->items[i].source == '/' && mounts->items[i].is_visible)
			found[n++] = &mounts->items[i];
	/* Sorted twice, to find the doubles among very many. */
	qsort(found, n, sizeof(*found), compare_sources);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || !ka_streq(found[i]->source, found[unique - 1]->source))
			found[unique++] = found[i];
	qsort(found, unique, sizeof(*found), compare_places);

	*ret = ka_calloc(unique + 1, sizeof(char *));
	for (size_t i = 0; i < unique; i++)
		(*ret)[i] = ka_strdup(found[i]->source);
	return 0;
}
