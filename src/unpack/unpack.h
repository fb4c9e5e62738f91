/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

#include "base/reader.h"

/*
 * Unpacking the formats that Linux unpacks at boot (lib/decompress.c): the kernel inside a bzImage and
 * the members of an initrd. The work is that of the formats' own libraries, which verify what
 * checksums there are.
 */
enum ka_packing {
	KA_PACKING_NONE, /* no known format */
	KA_PACKING_GZIP,
	KA_PACKING_BZIP2,
	KA_PACKING_LZMA,
	KA_PACKING_XZ,
	KA_PACKING_LZO, /* lzop's container */
	KA_PACKING_LZ4, /* the legacy frame, which "lz4 -l" writes */
	KA_PACKING_ZSTD,
	_KA_PACKING_MAX
};

/* By the first two bytes, as the kernel does it. */
enum ka_packing ka_packing_detect(const uint8_t *start, size_t n);
const char *ka_packing_name(enum ka_packing packing);
/* Does the format carry a checksum of what it packs, in the form Linux uses? */
bool ka_packing_has_checksum(enum ka_packing packing);

/* Takes what comes out, piece by piece. A negative result ends the unpacking and is its result. */
typedef int (*ka_unpack_sink)(void *userdata, const uint8_t *data, size_t n);

struct ka_unpacked {
	uint64_t consumed; /* packed bytes, up to the end of the stream */
	uint64_t produced; /* bytes that came out */
};

/*
 * Unpack one stream that begins where reader does. It ends where the format says; what follows is
 * not looked at. limit: of the bytes that come out.
 * 0; -EBADMSG: damaged or cut off; -EFBIG: more than limit; -EOPNOTSUPP: the library is missing, or a
 * window too large to try; or the
 * sink's. ret is filled in any case. Takes the window that the stream asks for, at most
 * 160 MiB (zstd: 128), or two blocks of 8 MiB (lz4), and less than 1 MiB more.
 */
int ka_unpack(const struct ka_reader *reader, enum ka_packing packing, uint64_t limit,
	      ka_unpack_sink sink, void *userdata, struct ka_unpacked *ret, struct ka_error *err)
	_must_check_;

/*
 * The size of a zstd frame by its block headers, nothing unpacked. 0; -EBADMSG: damaged, or cut off; an
 * error of pread(2).
 */
int ka_zstd_walk(const struct ka_reader *reader, uint64_t *ret) _must_check_;
