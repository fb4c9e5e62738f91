/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the files of src/host/ share: the struct behind ka_host and the mount table. */

#include <kexec-any/host.h>

#include <blkid/blkid.h>
#include <sys/types.h>

/* The texts are libmount's, borrowed from the table; "" where it has none. */
struct ka_mount {
	const char *source; /* such as /dev/vda2 */
	const char *root;   /* the part of the file system that is mounted, such as /@/boot */
	const char *target;
	const char *fstype;
	char *node; /* owned: the source with its links followed, when somebody asked; NULL */
	dev_t devno;
	int id, parent_id;
	bool is_visible; /* at its target one sees this mount */
	/* mount-tree.c: indexes of the mount this one is on, and of the highest on top of this one. */
	uint32_t parent, top;
};

struct ka_mounts {
	struct libmnt_table *table; /* owned */
	struct ka_mount *items;	    /* in the table's order */
	size_t n;
	/* Of mount-tree.c: a hash table of indexes by parent and target. */
	uint32_t *slots;
	size_t n_slots;
	uint64_t seed;
	uint32_t root;
};

#define KA_KNOWN_VOLUMES   32
#define KA_PRIVATE_VOLUMES 8

struct ka_host {
	int root_fd;
	bool live;
	bool no_openat2; /* the call is missing or forbidden: walk instead */
	/* The mount table, or why it cannot be had. */
	struct ka_mounts mounts;
	bool has_mounts;
	int mounts_r;
	struct ka_error mounts_err;
	/* Volumes looked for before and found: a menu asks for the same few again and again. */
	struct {
		char *volume, *node;
	} known[KA_KNOWN_VOLUMES];
	size_t n_known;
	blkid_cache blkid; /* libblkid's, once it was asked */
	/* And the device numbers of nodes. */
	struct {
		char *node;
		dev_t devno;
	} devnos[KA_KNOWN_VOLUMES];
	size_t n_devnos;
	char *trouble; /* ka_host_take_trouble()'s; NULL */
	/* Volumes that were not mounted, opened by ourselves (private.c). */
	struct {
		char *node;
		int fd;
		const char *type; /* of its file system; NULL: nobody says */
	} private[KA_PRIVATE_VOLUMES];
	size_t n_private;
};

/* Keep r as a trouble, if it is one. Returns r. */
int ka_host_note(struct ka_host *host, const char *path, int r);

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
/* "254:1", as sysfs and udev write a device number. 0 or -EINVAL. */
int ka_parse_devno(const char *text, dev_t *ret) _must_check_;
/* The number of a device node, from itself or from sysfs; 0: not known. */
dev_t ka_volumes_devno(struct ka_host *host, const char *node);
/* The node of a block device's number, from sysfs. 1 found, 0 not. */
int ka_volumes_node_of(struct ka_host *host, dev_t devno, char **ret) _must_check_;

#define KA_UDEV_FOLDER "/run/udev/data"
/* What udev's database has of a block device, by its number ("b254:1"): lines "E:NAME=VALUE". */
int ka_udev_record(struct ka_host *host, const char *name, char **ret, struct ka_error *err)
	_must_check_;

/*
 * Make the files of an unmounted volume reachable as "NODE:PATH". 0; -ENXIO: it was not captured;
 * -EMEDIUMTYPE: no file system that is known; else what the kernel says (-EPERM without root).
 */
int ka_private_mount(struct ka_host *host, const char *node);
/* The descriptor a path starts at, and the path from there: the root, or a private mount's. */
int ka_private_root(const struct ka_host *host, const char **path);
/* The type of the file system of such a path; NULL: it is none, or nobody says. */
const char *ka_private_type(const struct ka_host *host, const char *path);
void ka_private_done(struct ka_host *host);

/* The mount table, read once (proc/self/mountinfo). */
int ka_mounts_get(struct ka_host *host, struct ka_mounts **ret, struct ka_error *err) _must_check_;
void ka_mounts_forget(struct ka_host *host); /* read it anew when it is asked for */
void ka_mounts_done(struct ka_mounts *mounts);

/* mount-tree.c: find out what is visible, once a table of mountinfo is read. */
void ka_mounts_index(struct ka_mounts *mounts);
/* The mount one sees at a canonical path, or that the path is on; NULL: the table says none. */
const struct ka_mount *ka_mounts_at(const struct ka_mounts *mounts, const char *path);

/* locate.c: a mount of this node that is seen; NULL: there is none. */
const struct ka_mount *ka_mounts_of(struct ka_host *host, struct ka_mounts *mounts,
				    const char *node);

/* Is path this folder or below it? Then what follows ("" or "/…"), else NULL. */
const char *ka_path_below(const char *path, const char *folder);

/* UTF-16LE up to a NUL or its end, for people to read: what is none becomes U+FFFD. */
char *ka_efi_decode_any(const uint8_t *value, size_t len);
