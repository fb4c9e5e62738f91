// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Volumes that are not mounted on the live machine: opened through a mount of our own that is
 * attached nowhere, read-only, and gone with the process. Nobody else sees it, and nothing is
 * written to the device: journals are not replayed (GRUB and the firmware do not replay them
 * either).
 *
 * A file there is called "NODE:PATH", such as "/dev/vda2:/vmlinuz"; ka_root_open() understands it. Of
 * btrfs the path is one from the top level, whichever subvolume is its default.
 *
 * A captured machine has what was taken of such a volume below /not-mounted/NODE.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

/* The file systems loaders read, and how each is told to leave its journal alone. */
static const struct {
	const char *type, *flag, *key, *value;
	const char *top; /* the subvolume that holds all others */
} types[] = {
	{ .type = "ext2" },
	{ .type = "ext3", .flag = "noload" },
	{ .type = "ext4", .flag = "noload" },
	{ .type = "xfs", .flag = "norecovery" },
	{ .type = "btrfs", .key = "rescue", .value = "nologreplay", .top = "5" },
	{ .type = "f2fs", .flag = "norecovery" },
	{ .type = "vfat" },
	{ .type = "exfat" },
	{ .type = "iso9660" },
	{ .type = "squashfs" },
	{ .type = "erofs" },
};

void ka_private_done(struct ka_host *host)
{
	for (size_t i = 0; i < host->n_private; i++) {
		free(host->private[i].node);
		close(host->private[i].fd);
	}
	host->n_private = 0;
}

/* The index in types, or -errno. */
static int find_type(const char *node)
{
	blkid_probe probe = blkid_new_probe_from_filename(node);
	const char *type = NULL;
	int r = -EMEDIUMTYPE;

	if (!probe)
		return ka_errno();
	if (blkid_do_safeprobe(probe) == 0)
		(void)blkid_probe_lookup_value(probe, "TYPE", &type, NULL);
	for (size_t i = 0; type && i < ARRAY_SIZE(types) && r < 0; i++)
		if (ka_streq(types[i].type, type))
			r = (int)i;
	blkid_free_probe(probe);
	return r;
}

static int mount_detached(const char *node, int type)
{
	_cleanup_close_ int fs = fsopen(types[type].type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", node, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return ka_errno();
	if (types[type].flag && fsconfig(fs, FSCONFIG_SET_FLAG, types[type].flag, NULL, 0) < 0)
		return ka_errno();
	if (types[type].key &&
	    fsconfig(fs, FSCONFIG_SET_STRING, types[type].key, types[type].value, 0) < 0)
		return ka_errno();
	if (types[type].top &&
	    fsconfig(fs, FSCONFIG_SET_STRING, "subvolid", types[type].top, 0) < 0)
		return ka_errno();
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return ka_errno();
	fd = fsmount(fs, FSMOUNT_CLOEXEC,
		     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return fd < 0 ? ka_errno() : fd;
}

static int mount_live(const char *node, const char **ret_type)
{
	int r = find_type(node);

	if (r < 0)
		return r;
	*ret_type = types[r].type;
	return mount_detached(node, r);
}

static int open_captured(struct ka_host *host, const char *node, const char **ret_type)
{
	_cleanup_free_ char *folder = ka_format("/not-mounted%s", node);
	int r = ka_root_open(host, folder, O_PATH | O_DIRECTORY);
	const struct ka_mount *m;
	struct ka_mounts *mounts;

	/* Another part of it may be mounted. */
	m = ka_mounts_get(host, &mounts, NULL) < 0 ? NULL : ka_mounts_of(host, mounts, node);
	for (size_t i = 0; m && i < ARRAY_SIZE(types); i++)
		if (ka_streq(types[i].type, m->fstype))
			*ret_type = types[i].type;
	return r == -ENOENT || r == -ENOTDIR ? -ENXIO : r;
}

int ka_private_mount(struct ka_host *host, const char *node)
{
	const char *type = NULL;
	int fd;

	for (size_t i = 0; i < host->n_private; i++)
		if (ka_streq(host->private[i].node, node))
			return 0;
	if (host->n_private == KA_PRIVATE_VOLUMES)
		return -EMFILE;
	fd = host->live ? mount_live(node, &type) : open_captured(host, node, &type);
	if (fd < 0)
		return fd;
	host->private[host->n_private].node = ka_strdup(node);
	host->private[host->n_private].type = type;
	host->private[host->n_private++].fd = fd;
	return 0;
}

/* The private volume of a path, and what follows its name. -1: none. */
static ssize_t find_private(const struct ka_host *host, const char *path, const char **ret_rest)
{
	for (size_t i = 0; i < host->n_private; i++) {
		const char *rest = ka_startswith(path, host->private[i].node);

		if (rest && rest[0] == ':' && rest[1] == '/') {
			*ret_rest = rest + 1;
			return (ssize_t)i;
		}
	}
	return -1;
}

int ka_private_root(const struct ka_host *host, const char **path)
{
	ssize_t i = find_private(host, *path, path);

	return i < 0 ? host->root_fd : host->private[i].fd;
}

const char *ka_private_type(const struct ka_host *host, const char *path)
{
	const char *rest;
	ssize_t i = find_private(host, path, &rest);

	return i < 0 ? NULL : host->private[i].type;
}
