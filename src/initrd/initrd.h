/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>
#include <kexec-any/findings.h>

#include "base/reader.h"

/* Initrds: what is inside, and joining several into one. */

/* More kernels than one initrd ever has modules for. */
#define KA_INITRD_RELEASES_LIMIT 8

enum ka_initrd_init {
	KA_INITRD_INIT_ABSENT,
	KA_INITRD_INIT_GOOD, /* or a link */
	KA_INITRD_INIT_NO_FILE,
	KA_INITRD_INIT_EMPTY,
	KA_INITRD_INIT_NOT_EXECUTABLE,
};

/* What the scan of all initrds of one boot, in their order, has seen. */
struct ka_initrd_summary {
	bool has_remote_shell; /* dropbear, tinyssh or sshd, to unlock the root from afar */
	char **key_files;   /* for an encrypted root, by the names that programs look for; owned */
	bool has_zfs;	    /* the driver zfs.ko */
	bool has_microcode; /* an archive with CPU microcode or ACPI tables for early boot */
	bool has_late_microcode; /* microcode behind or in a compressed member, where nobody looks */
	bool has_more_after_lz4;  /* a member follows one that is packed by lz4 */
	bool has_other;		  /* anything else: files, or a compressed archive */
	enum ka_initrd_init init; /* /init, which the kernel starts, or what rdinit= names */
	bool is_partial;	  /* not all of it was looked into */
	unsigned int packings;	  /* a bit for each enum ka_packing there is */
	char *releases[KA_INITRD_RELEASES_LIMIT]; /* of the kernels it has drivers for; owned */
	size_t n_releases;
	bool has_more_releases; /* than fit there */
	uint64_t packed;	/* bytes of all files */
	uint64_t unpacked;	/* bytes that come out of compressed members */
	size_t n_members;	/* that are compressed */
	size_t n_files;
};

void ka_initrd_summary_done(struct ka_initrd_summary *summary);

struct ka_initrd_context {
	const char *path; /* for the findings; borrowed */
	bool fast;	  /* do not look into compressed members */
	const char *init; /* by rdinit=; NULL: /init. Borrowed */
	uint64_t memory;  /* of the machine, bytes; 0: not known */
	bool is_last;	  /* nothing follows: a boot configuration may be at its end */
};

/*
 * Scan one initrd as the kernel does (init/initramfs.c, unpack_to_rootfs()): members one after the
 * other, a cpio archive where "0" stands at a multiple of 4, zeros between them, else a compressed
 * stream of such archives, which is unpacked and verified by its own checksum.
 */
int ka_initrd_inspect(const struct ka_reader *reader, const struct ka_initrd_context *context,
		      struct ka_initrd_summary *summary, struct ka_findings *findings) _must_check_;

/* One member of the joined initrd: bytes of a file. All borrowed. */
struct ka_initrd_member {
	int fd;
	const char *path; /* for messages */
	uint64_t offset, size;
	bool continued; /* the next one goes on in the same cpio archive */
};

/*
 * Join n members into one sealed memory file. Each but the last is padded with zeros to a multiple
 * of four; where a new archive begins behind it, by at least four bytes: the kernel takes a cpio
 * archive only there, and the end of an lz4 member can only be seen by a zero length
 * (Documentation/driver-api/early-userspace/buffer-format.rst). The descriptor is read-only.
 */
int ka_initrd_join(const struct ka_initrd_member *members, size_t n, int *ret_fd,
		   struct ka_error *err) _must_check_;

/* Bytes a member of this size takes in the joined file, the last one excepted. */
uint64_t ka_initrd_padded_size(uint64_t size, bool continued);
