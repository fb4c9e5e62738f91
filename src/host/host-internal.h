/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the files of src/host/ share: the struct behind ka_host and the mount table. */

#include <kexec-any/host.h>

#include <sys/types.h>

struct ka_mount {
	char *source; /* as mountinfo has it, such as /dev/vda2 */
	char *root;   /* the part of the file system that is mounted, such as /@/boot */
	char *target;
	char *fstype;
	dev_t devno;
};

struct ka_mounts {
	struct ka_mount *items; /* in the order they were mounted */
	size_t n;
};

#define KA_KNOWN_VOLUMES   32
#define KA_PRIVATE_VOLUMES 8

struct ka_host {
	int root_fd;
	bool live;
	bool no_openat2; /* the call is missing or forbidden: walk instead */
	struct ka_mounts mounts;
	bool has_mounts;
	/* Volumes looked for before and found: a menu asks for the same few again and again. */
	struct {
		char *volume, *node;
	} known[KA_KNOWN_VOLUMES];
	size_t n_known;
	/* And the device numbers of nodes. */
	struct {
		char *node;
		dev_t devno;
	} devnos[KA_KNOWN_VOLUMES];
	size_t n_devnos;
	/* Volumes that were not mounted, opened by ourselves (private.c). */
	struct {
		char *node;
		int fd;
	} private[KA_PRIVATE_VOLUMES];
	size_t n_private;
};

/* Open below the root with the given flags (O_CLOEXEC is added). The descriptor or -errno. */
int ka_root_open(struct ka_host *host, const char *path, int flags);

/* The walk behind ka_root_open() where openat2() is missing, and the canonical path in any case.
 * ret_canonical and ret_fd may be NULL. A missing last component gives -ENOENT for the
 * descriptor; ret_canonical is set all the same. */
int ka_root_walk(struct ka_host *host, const char *path, int flags, char **ret_canonical,
		 int *ret_fd);

/* The text of the link name in the directory dir_fd; "": of the link that dir_fd itself is. */
int ka_root_read_link(int dir_fd, const char *name, char **ret);

void ka_volumes_done(struct ka_host *host);

/*
 * Make the files of an unmounted volume reachable as "NODE:PATH". 0; -ENXIO: not a live machine;
 * -EMEDIUMTYPE: no file system that is known; else what the kernel says (-EPERM without root).
 */
int ka_private_mount(struct ka_host *host, const char *node);
/* The descriptor a path starts at, and the path from there: the root, or a private mount's. */
int ka_private_root(const struct ka_host *host, const char **path);
void ka_private_done(struct ka_host *host);

/* The mount table, read once (proc/self/mountinfo). */
int ka_mounts_get(struct ka_host *host, const struct ka_mounts **ret, struct ka_error *err);
void ka_mounts_done(struct ka_mounts *mounts);

/* Is path this folder or below it? Then what follows ("" or "/…"), else NULL. */
const char *ka_path_below(const char *path, const char *folder);
