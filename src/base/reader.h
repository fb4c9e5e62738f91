/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * Bounded reading of a binary file: every access names offset and length, and one that leaves the
 * file fails. Nothing is mapped, so a file that shrinks meanwhile is an error, not a crash.
 */
struct ka_reader {
	int fd;	       /* borrowed */
	uint64_t base; /* where in the file it begins, bytes */
	uint64_t size;
};

/* All n bytes at offset. -ENODATA: they are not all inside the file; else an error of pread(2). */
int ka_read_at(const struct ka_reader *reader, uint64_t offset, void *buf, size_t n) _must_check_;

static inline uint16_t ka_le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t ka_le32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)ka_le16(b) | (uint32_t)ka_le16(b + 2) << 16;
}

static inline uint64_t ka_le64(const void *p)
{
	const uint8_t *b = p;

	return (uint64_t)ka_le32(b) | (uint64_t)ka_le32(b + 4) << 32;
}
