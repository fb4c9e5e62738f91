/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/findings.h>

#include "image/image.h"
#include "image/pe.h"

/*
 * The compressed kernel inside an image (payload_offset and payload_length of the boot protocol):
 * unpack it, so that its checksum is verified, and look at the ELF file that comes out.
 * limit: what may come out, bytes (the kernel unpacks itself into init_size).
 * Fills ret->build_id, unpacked_size and is_verified.
 */
int ka_payload_inspect(const struct ka_reader *payload, const char *path, uint64_t limit,
		       struct ka_image *ret, struct ka_findings *findings) _must_check_;

/*
 * The checksum that Linux's build tool put behind the x86 image up to 6.14: over the first size bytes,
 * read as unsigned where a signature has changed the PE header since (pe NULL: there is none).
 * 1: right, 0: not, -EOPNOTSUPP: zlib is missing.
 */
int ka_payload_verify_crc(const struct ka_reader *reader, uint64_t size, const struct ka_pe *pe)
	_must_check_;

/* The GNU build-id among ELF notes, as hexadecimal. NULL: there is none. */
char *ka_notes_build_id(const uint8_t *notes, size_t size) _must_check_;
