/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/diag.h>
#include <kexec-any/error.h>

#include "image/reader.h"

/* Initrds: what is inside, and joining several into one. */

/* What the scan of all initrds of one boot, in their order, has seen. */
struct ka_initrd_summary {
	bool has_microcode; /* an archive with CPU microcode or ACPI tables for early boot */
	bool has_other;	    /* anything else: files, or a compressed archive */
};

/*
 * Scan one initrd as the kernel does (init/initramfs.c, unpack_to_rootfs()): members one after the
 * other, a cpio archive where "0" stands at a multiple of 4, zeros between them, else compressed
 * data, which ends the scan: what is in there is not looked at.
 */
int ka_initrd_inspect(const struct ka_reader *reader, const char *path,
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
