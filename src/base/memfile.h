/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* Files in memory, for bytes that are in no file of their own: joined initrds, a kernel inside a UKI. */

/* A new one, open for writing. The descriptor or -errno. */
int ka_memfile_new(const char *name) _must_check_;

/* Append size bytes of another file. -EIO: it is shorter than that. */
int ka_memfile_append(int out, int in, uint64_t offset, uint64_t size) _must_check_;

/* Append bytes. */
int ka_memfile_write(int out, const void *data, size_t size) _must_check_;

/*
 * Seal it for good, and open it once more for reading alone: the kernel refuses files that somebody
 * has open for writing. fd stays the caller's. The new descriptor or -errno.
 */
int ka_memfile_seal(int fd) _must_check_;
