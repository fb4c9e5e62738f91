// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Volumes: from the name boot configuration gives one (UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=…,
 * a device node) to the place where it is mounted on this machine.
 *
 * The links of /dev/disk/by-* say which device a name means; they are text, so a captured machine
 * answers too, although its device nodes are not there. On the live machine libblkid is asked
 * where udev left no link.
 */

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <blkid/blkid.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

void ka_ref_done(struct ka_ref *ref)
{
	free(ref->volume);
	free(ref->path);
	*ref = (struct ka_ref){ 0 };
}

static const struct {
	const char *tag;
	const char *folder;
} by_folders[] = {
	{ "UUID=", "/dev/disk/by-uuid" },
	{ "LABEL=", "/dev/disk/by-label" },
	{ "PARTUUID=", "/dev/disk/by-partuuid" },
	{ "PARTLABEL=", "/dev/disk/by-partlabel" },
};

/*
 * udev writes bytes that do not belong into a file name as \xNN; libblkid has the rule. Its encoder
 * writes one byte behind a buffer that is just used up, so there is room to spare.
 */
static int link_path(const char *folder, const char *value, char **ret)
{
	char encoded[4 * NAME_MAX + 8];

	/* Longer than a file's name: no link is called so. */
	if (strlen(value) > NAME_MAX)
		return -ENOENT;
	if (blkid_encode_string(value, encoded, sizeof(encoded)) != 0)
		return -EINVAL;
	*ret = ka_format("%s/%s", folder, encoded);
	return *ret ? 0 : -ENOMEM;
}

/* The node a tag's link leads to, such as /dev/vda2. 1 found, 0 no such link. */
static int node_by_link(struct ka_host *host, const char *folder, const char *value, char **ret)
{
	_cleanup_free_ char *path = NULL, *target = NULL;
	int r;

	r = link_path(folder, value, &path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = ka_host_readlink(host, path, &target);
	if (r < 0) {
		if (r != -ENOENT)
			return r;
		return ka_host_seems_there(host, folder) || host->live ? 0 : -ENODATA;
	}
	r = ka_host_canonical(host, path, ret);
	return r < 0 ? r : 1;
}

/* The live machine without udev's link: ask libblkid, which probes the devices. */
static int node_by_probe(struct ka_host *host, const char *volume, char **ret)
{
	_cleanup_free_ char *node = NULL;

	if (!host->live)
		return 0;
	node = blkid_evaluate_tag(volume, NULL, NULL);
	if (!node)
		return 0;
	*ret = TAKE_PTR(node);
	return 1;
}

static int node_by_name(struct ka_host *host, const char *name, char **ret)
{
	_cleanup_free_ char *node = NULL;
	int r;

	r = ka_host_canonical(host, name, &node);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	/* A captured machine holds no device nodes: there the name alone has to do. */
	if (r == 0 && host->live)
		return 0;
	*ret = TAKE_PTR(node);
	return 1;
}

/* 1 and the canonical device node, 0 when no such volume is attached, -ENODATA when a captured
 * machine does not say. */
static int look_for_node(struct ka_host *host, const char *volume, char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_folders); i++) {
		const char *value = ka_startswith(volume, by_folders[i].tag);
		int r;

		if (!value)
			continue;
		r = node_by_link(host, by_folders[i].folder, value, ret);
		return r != 0 ? r : node_by_probe(host, volume, ret);
	}
	return *volume == '/' ? node_by_name(host, volume, ret) : -EINVAL;
}

void ka_volumes_done(struct ka_host *host)
{
	for (size_t i = 0; i < host->n_known; i++) {
		free(host->known[i].volume);
		free(host->known[i].node);
	}
	host->n_known = 0;
	for (size_t i = 0; i < host->n_devnos; i++)
		free(host->devnos[i].node);
	host->n_devnos = 0;
}

static int find_node(struct ka_host *host, const char *volume, char **ret)
{
	char *name, *node;
	int r;

	for (size_t i = 0; i < host->n_known; i++)
		if (ka_streq(host->known[i].volume, volume)) {
			*ret = strdup(host->known[i].node);
			return *ret ? 1 : -ENOMEM;
		}
	r = look_for_node(host, volume, ret);
	if (r <= 0 || host->n_known == KA_KNOWN_VOLUMES)
		return r;
	name = strdup(volume);
	node = strdup(*ret);
	if (!name || !node) {
		free(name);
		free(node);
		return r; /* it is found; only not remembered */
	}
	host->known[host->n_known].volume = name;
	host->known[host->n_known].node = node;
	host->n_known++;
	return r;
}

int ka_host_has_volume(struct ka_host *host, const char *volume)
{
	_cleanup_free_ char *node = NULL;

	return find_node(host, volume, &node);
}

/* Device number of a node such as /dev/vda2: from the node itself, or from sysfs (the only one of
 * the two that a captured machine has). 0 when unknown. */
static dev_t read_devno(struct ka_host *host, const char *node)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	uint64_t major, minor;
	char *colon;
	struct stat st;

	if (ka_host_stat(host, node, &st) > 0 && S_ISBLK(st.st_mode))
		return st.st_rdev;
	path = ka_format("/sys/class/block/%s/dev", strrchr(node, '/') + 1);
	if (!path || ka_host_read_line(host, path, &text, NULL) < 0)
		return 0;
	colon = strchr(text, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	if (ka_parse_u64(text, UINT32_MAX, &major) < 0 ||
	    ka_parse_u64(colon + 1, UINT32_MAX, &minor) < 0)
		return 0;
	return makedev((unsigned int)major, (unsigned int)minor);
}

static dev_t node_devno(struct ka_host *host, const char *node)
{
	dev_t devno;
	char *name;

	for (size_t i = 0; i < host->n_devnos; i++)
		if (ka_streq(host->devnos[i].node, node))
			return host->devnos[i].devno;
	devno = read_devno(host, node);
	name = host->n_devnos < KA_KNOWN_VOLUMES ? strdup(node) : NULL;
	if (name) {
		host->devnos[host->n_devnos].node = name;
		host->devnos[host->n_devnos++].devno = devno;
	}
	return devno;
}

/* btrfs and others mount with an anonymous device number: there the source's name decides. */
static bool is_mount_of(struct ka_host *host, const struct ka_mount *m, const char *node,
			dev_t devno)
{
	_cleanup_free_ char *source = NULL;

	if (devno != 0 && m->devno == devno)
		return true;
	if (*m->source != '/')
		return false;
	if (ka_streq(m->source, node))
		return true;
	return ka_host_canonical(host, m->source, &source) >= 0 && ka_streq(source, node);
}

/* Is this mount what one sees at its target, or does a later one cover it? */
static bool is_visible(const struct ka_mounts *mounts, size_t index)
{
	for (size_t i = index + 1; i < mounts->n; i++)
		if (ka_path_below(mounts->items[index].target, mounts->items[i].target))
			return false;
	return true;
}

/* The mount of node whose root is the longest prefix of path; NULL if none shows it. */
static const struct ka_mount *find_mount(struct ka_host *host, const struct ka_mounts *mounts,
					 const char *node, const char *path)
{
	const struct ka_mount *best = NULL;
	dev_t devno = node_devno(host, node);

	for (size_t i = 0; i < mounts->n; i++) {
		const struct ka_mount *m = &mounts->items[i];

		if (!ka_path_below(path, m->root) || !is_visible(mounts, i) ||
		    !is_mount_of(host, m, node, devno))
			continue;
		if (!best || strlen(m->root) > strlen(best->root))
			best = m;
	}
	return best;
}

/*
 * ZFS as GRUB names it: "/DATASET@[SNAPSHOT]/PATH" on the pool, which is the label of its members.
 * mountinfo names the dataset as source. 1, 0 when the path has no such form, or -errno.
 */
static int locate_zfs(struct ka_host *host, const struct ka_mounts *mounts, const char *node,
		      const char *path, char **ret)
{
	_cleanup_free_ char *pool = NULL, *source = NULL;
	const char *at = strchr(path, '@'), *rest = at ? strchr(at, '/') : NULL;
	int r;

	if (!rest)
		return 0;
	r = ka_host_volume_name(host, node, "LABEL", &pool);
	if (r <= 0)
		return r;
	source = ka_format("%s%.*s", pool, (int)(at - path), path);
	if (!source)
		return -ENOMEM;
	for (size_t i = 0; i < mounts->n; i++) {
		const struct ka_mount *m = &mounts->items[i];

		if (!ka_streq(m->source, source) || !is_visible(mounts, i))
			continue;
		*ret = ka_format("%s%s%.*s%s", ka_streq(m->target, "/") ? "" : m->target,
				 rest > at + 1 ? "/.zfs/snapshot/" : "", (int)(rest - at - 1),
				 at + 1, rest);
		return *ret ? 1 : -ENOMEM;
	}
	return 0;
}

int ka_host_locate(struct ka_host *host, const struct ka_ref *ref, char **ret, struct ka_error *err)
{
	_cleanup_free_ char *node = NULL;
	const struct ka_mounts *mounts;
	const struct ka_mount *m;
	int r;

	if (!ref->volume) {
		*ret = strdup(ref->path);
		return *ret ? 0 : -ENOMEM;
	}

	r = find_node(host, ref->volume, &node);
	if (r == 0 || r == -ENODATA)
		return ka_fail(err, -ENODEV, "no volume '%s' on this machine", ref->volume);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot look for the volume '%s'", ref->volume);

	r = ka_mounts_get(host, &mounts, err);
	if (r < 0)
		return r;
	m = find_mount(host, mounts, node, ref->path);
	if (!m) {
		r = locate_zfs(host, mounts, node, ref->path, ret);
		if (r != 0)
			return r < 0 ? r : 0;
		r = ka_private_mount(host, node);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			return ka_fail(err, -ENXIO,
				       "'%s' lies on %s (%s), which is not mounted there and "
				       "cannot be read otherwise (%s)",
				       ref->path, ref->volume, node, strerror(-r));
		*ret = ka_format("%s:%s", node, ref->path);
		return *ret ? 0 : -ENOMEM;
	}

	*ret = ka_format("%s%s", ka_streq(m->target, "/") ? "" : m->target,
			 ka_path_below(ref->path, m->root));
	return *ret ? 0 : -ENOMEM;
}

int ka_host_reference(struct ka_host *host, const char *path, struct ka_ref *ret)
{
	_cleanup_free_ char *canonical = NULL;
	const struct ka_mount *best = NULL;
	const struct ka_mounts *mounts;
	struct ka_ref ref;
	int r;

	r = ka_host_canonical(host, path, &canonical);
	if (r >= 0)
		r = ka_mounts_get(host, &mounts, NULL);
	if (r < 0)
		return r;
	/* The last of the longest: later mounts cover earlier ones. */
	for (size_t i = 0; i < mounts->n; i++) {
		const struct ka_mount *m = &mounts->items[i];

		if (ka_path_below(canonical, m->target) &&
		    (!best || strlen(m->target) >= strlen(best->target)))
			best = m;
	}
	if (!best || *best->source != '/')
		return -ENXIO;

	ref.volume = strdup(best->source);
	ref.path = ka_format("%s%s", ka_streq(best->root, "/") ? "" : best->root,
			     ka_path_below(canonical, best->target));
	if (!ref.volume || !ref.path) {
		ka_ref_done(&ref);
		return -ENOMEM;
	}
	*ret = ref;
	return 0;
}

int ka_host_volumes(struct ka_host *host, char ***ret)
{
	_cleanup_strv_ char **list = NULL;
	const struct ka_mounts *mounts;
	int r;

	r = ka_mounts_get(host, &mounts, NULL);
	for (size_t i = 0; r == 0 && i < mounts->n; i++) {
		const char *source = mounts->items[i].source;

		if (*source == '/' && is_visible(mounts, i) && !ka_strv_contains(list, source))
			r = ka_strv_add(&list, source);
	}
	if (r == 0)
		*ret = TAKE_PTR(list);
	return r;
}

int ka_host_volume_node(struct ka_host *host, const char *volume, char **ret)
{
	return find_node(host, volume, ret);
}

bool ka_host_same_volume(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return find_node(host, a, &x) > 0 && find_node(host, b, &y) > 0 && ka_streq(x, y);
}

/* udev's \xNN back into bytes. */
static void decode(char *name)
{
	char *out = name;

	for (; *name; name++) {
		unsigned int byte = 0;

		if (name[0] == '\\' && name[1] == 'x' && isxdigit((unsigned char)name[2]) &&
		    isxdigit((unsigned char)name[3])) {
			for (int i = 2; i < 4; i++)
				byte = byte << 4 |
				       (unsigned int)(isdigit((unsigned char)name[i])
							      ? name[i] - '0'
							      : (name[i] | 0x20) - 'a' + 10);
			*out++ = (char)byte;
			name += 3;
		} else {
			*out++ = *name;
		}
	}
	*out = '\0';
}

int ka_host_volume_name(struct ka_host *host, const char *volume, const char *tag, char **ret)
{
	_cleanup_free_ char *node = NULL;
	_cleanup_strv_ char **names = NULL;
	const char *folder = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(by_folders); i++)
		if (ka_startswith(by_folders[i].tag, tag) &&
		    ka_streq(by_folders[i].tag + strlen(tag), "="))
			folder = by_folders[i].folder;
	if (!folder)
		return -EINVAL;
	r = find_node(host, volume, &node);
	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	if (ka_host_list(host, folder, &names, NULL) < 0)
		return 0;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p), *other = NULL;

		if (!path)
			return -ENOMEM;
		if (ka_host_canonical(host, path, &other) < 0 || !ka_streq(other, node))
			continue;
		*ret = strdup(*p);
		if (!*ret)
			return -ENOMEM;
		decode(*ret);
		return 1;
	}
	return 0;
}
