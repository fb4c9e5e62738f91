// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The default subvolume of a btrfs volume: what is mounted where nobody names one, and where SUSE's GRUB
 * starts its paths. "snapper rollback" and transactional-update set it for the next boot.
 *
 * The kernel is asked for the items of the tree of roots (btrfs_tree.h), as "btrfs subvolume get-default"
 * does; that takes root. A captured machine has what that program said, a line for each mount.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/ioctl.h>

#define CAPTURED       "/btrfs-default"
#define CAPTURED_LIMIT (1u << 20)
#define DEPTH_LIMIT    64 /* subvolumes inside each other */
#define PATH_LIMIT     65536

/* --- asked of the kernel */

/* Items of one object in the tree of roots. ret: what is found, from the start of its buffer. */
static int search(int fd, uint64_t object, uint8_t type, struct btrfs_ioctl_search_args *ret)
{
	*ret = (struct btrfs_ioctl_search_args){
		.key = {
			.tree_id = BTRFS_ROOT_TREE_OBJECTID,
			.min_objectid = object,
			.max_objectid = object,
			.min_type = type,
			.max_type = type,
			.max_offset = UINT64_MAX,
			.max_transid = UINT64_MAX,
			.nr_items = 16,
		},
	};
	return ioctl(fd, BTRFS_IOC_TREE_SEARCH, ret) < 0 ? ka_errno() : 0;
}

/* The next item at *at. NULL: there is no further one that is whole. */
static const char *next_item(const struct btrfs_ioctl_search_args *found, uint32_t *left,
			     size_t *at, struct btrfs_ioctl_search_header *ret)
{
	const char *data;

	if (*left == 0 || sizeof(found->buf) - *at < sizeof(*ret))
		return NULL;
	memcpy(ret, found->buf + *at, sizeof(*ret));
	*at += sizeof(*ret);
	if (ret->len > sizeof(found->buf) - *at)
		return NULL;
	data = found->buf + *at;
	*at += ret->len;
	(*left)--;
	return data;
}

/* The entry "default" in the folder of the tree of roots. */
static int default_id(int fd, uint64_t *ret)
{
	static const char name[] = "default";
	struct btrfs_ioctl_search_args found;
	struct btrfs_ioctl_search_header header;
	struct btrfs_dir_item item;
	const char *data;
	size_t at = 0;
	uint32_t left;
	int r = search(fd, BTRFS_ROOT_TREE_DIR_OBJECTID, BTRFS_DIR_ITEM_KEY, &found);

	if (r < 0)
		return r;
	for (left = found.key.nr_items; (data = next_item(&found, &left, &at, &header));) {
		if (header.len < sizeof(item) + strlen(name))
			continue;
		memcpy(&item, data, sizeof(item));
		if (le16toh(item.name_len) != strlen(name) ||
		    memcmp(data + sizeof(item), name, strlen(name)) != 0)
			continue;
		*ret = le64toh(item.location.objectid);
		return 0;
	}
	return -ENOENT;
}

/* Put "/FOLDERS/NAME" of a subvolume in its parent in front of *path. */
static int climb(int fd, uint64_t *id, char **path)
{
	struct btrfs_ioctl_search_args found;
	struct btrfs_ioctl_search_header header;
	struct btrfs_ioctl_ino_lookup_args folder = { 0 };
	struct btrfs_root_ref ref;
	const char *data;
	size_t at = 0;
	uint32_t left;
	char *longer;
	int r = search(fd, *id, BTRFS_ROOT_BACKREF_KEY, &found);

	if (r < 0)
		return r;
	left = found.key.nr_items;
	data = next_item(&found, &left, &at, &header);
	if (!data || header.len < sizeof(ref))
		return -ENOENT; /* it is being deleted */
	memcpy(&ref, data, sizeof(ref));
	if (le16toh(ref.name_len) > header.len - sizeof(ref))
		return -EBADMSG;
	folder.treeid = header.offset;
	folder.objectid = le64toh(ref.dirid);
	if (ioctl(fd, BTRFS_IOC_INO_LOOKUP, &folder) < 0)
		return ka_errno();
	longer = ka_format("/%.*s%.*s%s", (int)strnlen(folder.name, sizeof(folder.name)),
			   folder.name, le16toh(ref.name_len), data + sizeof(ref), *path);
	free(*path);
	*path = longer;
	*id = header.offset;
	return strlen(longer) > PATH_LIMIT ? -ENAMETOOLONG : 0;
}

static int ask_kernel(int fd, char **ret)
{
	_cleanup_free_ char *path = ka_strdup("");
	uint64_t id = 0;
	int r = default_id(fd, &id);

	for (unsigned int i = 0; r == 0 && id != BTRFS_FS_TREE_OBJECTID; i++)
		r = i < DEPTH_LIMIT ? climb(fd, &id, &path) : -ELOOP;
	if (r == 0)
		*ret = TAKE_PTR(path);
	return r;
}

/* --- captured */

/* The line "MOUNT-POINT ID 268 gen 10 top level 5 path @/a", or "MOUNT-POINT ID 5 (FS_TREE)". */
static int read_captured(struct ka_host *host, const char *target, char **ret)
{
	_cleanup_free_ char *text = NULL, *start = ka_format("%s ID ", target);
	char *cursor, *line;
	int r = ka_host_read(host, CAPTURED, CAPTURED_LIMIT, &text, NULL, NULL);

	if (r < 0)
		return r == -ENOENT ? -ENODATA : r;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		const char *rest = ka_startswith(line, start), *path;

		if (!rest)
			continue;
		path = strstr(rest, " path ");
		if (path)
			*ret = ka_format("/%s", path + strlen(" path "));
		else if (ka_streq(rest, "5 (FS_TREE)"))
			*ret = ka_strdup("");
		return *ret ? 0 : -EBADMSG;
	}
	return -ENODATA;
}

/* --- both */

static bool is_btrfs(const char *type)
{
	return type && ka_streq(type, "btrfs");
}

static int ask_mounted(struct ka_host *host, const char *target, char **ret)
{
	_cleanup_close_ int fd = -1;

	if (!host->live)
		return read_captured(host, target, ret);
	fd = ka_root_open(host, target, O_RDONLY | O_DIRECTORY);
	return fd < 0 ? fd : ask_kernel(fd, ret);
}

/* 1, 0 when the volume is of another kind, or -errno. */
static int ask_unmounted(struct ka_host *host, const char *node, char **ret)
{
	_cleanup_free_ char *top = ka_format("%s:/", node);
	_cleanup_close_ int fd = -1;
	int r = ka_private_mount(host, node);

	if (r < 0)
		return r;
	if (!host->live)
		return -ENODATA;
	if (!is_btrfs(ka_private_type(host, top)))
		return 0;
	fd = ka_root_open(host, top, O_RDONLY | O_DIRECTORY);
	r = fd < 0 ? fd : ask_kernel(fd, ret);
	return r < 0 ? r : 1;
}

int ka_host_default_subvolume(struct ka_host *host, const char *volume, char **ret)
{
	_cleanup_free_ char *node = NULL;
	const struct ka_mount *m;
	struct ka_mounts *mounts;
	int r;

	r = ka_host_volume_node(host, volume, &node);
	if (r <= 0)
		return r == 0 ? -ENODEV : r;
	r = ka_mounts_get(host, &mounts, NULL);
	if (r < 0)
		return r;
	m = ka_mounts_of(host, mounts, node);
	if (!m)
		return ask_unmounted(host, node, ret);
	if (!is_btrfs(m->fstype))
		return 0;
	r = ask_mounted(host, m->target, ret);
	return r < 0 ? r : 1;
}

bool ka_host_is_btrfs(struct ka_host *host, const char *path)
{
	_cleanup_free_ char *canonical = NULL;
	const struct ka_mount *m;
	struct ka_mounts *mounts;

	if (ka_private_type(host, path))
		return is_btrfs(ka_private_type(host, path));
	if (ka_host_canonical(host, path, &canonical) < 0 || ka_mounts_get(host, &mounts, NULL) < 0)
		return false;
	m = ka_mounts_at(mounts, canonical);
	return m && is_btrfs(m->fstype);
}
