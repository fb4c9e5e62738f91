// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Volumes that are not mounted on the live machine: opened through a mount of our own that is
 * attached nowhere, read-only, and gone with the process. Nobody else sees it, and nothing is
 * written to the device: journals are not replayed (GRUB and the firmware do not replay them
 * either).
 *
 * A file there is called "NODE:PATH", such as "/dev/vda2:/vmlinuz"; ka_root_open() understands it.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

/* The file systems loaders read, and how each is told to leave its journal alone. */
static const struct {
	const char *type, *flag, *key, *value;
} types[] = {
	{ "ext2", NULL, NULL, NULL },
	{ "ext3", "noload", NULL, NULL },
	{ "ext4", "noload", NULL, NULL },
	{ "xfs", "norecovery", NULL, NULL },
	{ "btrfs", NULL, "rescue", "nologreplay" },
	{ "f2fs", "norecovery", NULL, NULL },
	{ "vfat", NULL, NULL, NULL },
	{ "exfat", NULL, NULL, NULL },
	{ "iso9660", NULL, NULL, NULL },
	{ "squashfs", NULL, NULL, NULL },
	{ "erofs", NULL, NULL, NULL },
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
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return ka_errno();
	fd = fsmount(fs, FSMOUNT_CLOEXEC,
		     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return fd < 0 ? ka_errno() : fd;
}

int ka_private_mount(struct ka_host *host, const char *node)
{
	int r;

	if (!host->live)
		return -ENXIO;
	for (size_t i = 0; i < host->n_private; i++)
		if (ka_streq(host->private[i].node, node))
			return 0;
	if (host->n_private == KA_PRIVATE_VOLUMES)
		return -EMFILE;
	r = find_type(node);
	if (r >= 0)
		r = mount_detached(node, r);
	if (r < 0)
		return r;
	host->private[host->n_private].node = ka_strdup(node);
	host->private[host->n_private++].fd = r;
	return 0;
}

int ka_private_root(const struct ka_host *host, const char **path)
{
	for (size_t i = 0; i < host->n_private; i++) {
		const char *rest = ka_startswith(*path, host->private[i].node);

		if (rest && rest[0] == ':' && rest[1] == '/') {
			*path = rest + 1;
			return host->private[i].fd;
		}
	}
	return host->root_fd;
}
