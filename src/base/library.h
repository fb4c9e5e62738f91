/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

/*
 * Libraries that few runs need are opened when they are: linked, each would cost every start, and a
 * machine that lacks one would have no kexec-any at all. Their headers give the types; nothing is
 * called but through the pointers.
 *
 * Each stands here once: its name in the code, its soname, how much a package needs it, what it is
 * for in one word and in one line. The program carries the same as ELF notes
 * (uapi-group.org/specifications/specs/elf_dlopen_metadata), which packagers' tools read.
 */
#define KA_LIBRARIES(X)                                                                            \
	X(CRYPTO, "libcrypto.so.3", "recommended", "signatures",                                   \
	  "signatures and digests of kernels and initrds")                                         \
	X(ZLIB, "libz.so.1", "recommended", "gzip",                                                \
	  "gzip kernels and initrds, the CRC of a bzImage")                                        \
	X(BZIP2, "libbz2.so.1", "suggested", "bzip2", "bzip2 kernels and initrds")                 \
	X(LZMA, "liblzma.so.5", "recommended", "xz", "xz and lzma kernels and initrds")            \
	X(ZSTD, "libzstd.so.1", "recommended", "zstd", "zstd kernels and initrds")                 \
	X(LZ4, "liblz4.so.1", "suggested", "lz4", "lz4 kernels and initrds")                       \
	X(LZO, "liblzo2.so.2", "suggested", "lzo", "lzo kernels and initrds")                      \
	X(ELF, "libelf.so.1", "recommended", "elf", "the kernel inside an image, and ELF kernels") \
	X(CRYPTSETUP, "libcryptsetup.so.12", "suggested", "luks",                                  \
	  "how encrypted volumes are unlocked after the restart")                                  \
	X(NCURSES, "libncursesw.so.6", "suggested", "menu",                                        \
	  "choosing an entry on the whole screen")                                                 \
	X(ECONF, "libeconf.so.0", "suggested", "settings", "reading kexec-any.conf")               \
	X(SYSTEMD, "libsystemd.so.0", "recommended", "systemd",                                    \
	  "restarting through systemd-logind and systemd")

enum ka_library_id {
#define X(name, ...) KA_LIBRARY_##name,
	KA_LIBRARIES(X)
#undef X
		_KA_LIBRARY_MAX
};

struct ka_symbol {
	void *to; /* a pointer to the function pointer */
	const char *name;
};

/* 0, or -EOPNOTSUPP: the library is not here, or lacks one of these. It stays open. */
int ka_library_load(enum ka_library_id id, const struct ka_symbol *symbols, size_t n,
		    struct ka_error *err) _must_check_;
