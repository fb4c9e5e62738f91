/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "unpack/unpack.h"

/* One stream being unpacked. */
struct unpack {
	const struct ka_reader *reader;
	ka_unpack_sink sink;
	void *userdata;
	uint64_t limit;
	struct ka_unpacked *done;
	struct ka_error *err;
};

/* Hand bytes to the sink, within the limit. */
int unpack_emit(struct unpack *u, const uint8_t *data, size_t n) _must_check_;
/* The next n bytes of the input, and on by as many. -EBADMSG: it is cut off. */
int unpack_read(struct unpack *u, void *buf, size_t n) _must_check_;
int unpack_damaged(struct unpack *u, const char *what);

/* stream.c */
int unpack_gzip(struct unpack *u) _must_check_;
int unpack_bzip2(struct unpack *u) _must_check_;
int unpack_lzma(struct unpack *u) _must_check_;
int unpack_xz(struct unpack *u) _must_check_;
int unpack_zstd(struct unpack *u) _must_check_;

/* block.c */
int unpack_lz4(struct unpack *u) _must_check_;
int unpack_lzo(struct unpack *u) _must_check_;
