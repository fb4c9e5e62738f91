// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Containers of blocks, which their libraries do not read in the form Linux uses: lz4's legacy frame
 * (lib/decompress_unlz4.c) and lzop's files (lib/decompress_unlzo.c).
 */

#include "base/library.h"
#include "unpack/unpack-internal.h"

#include <kexec-any/memory.h>

#include <errno.h>
#include <lz4.h>
#include <lzo/lzo1x.h>

/* --- lz4 */

#define LZ4_MAGIC	 0x184c2102u
#define LZ4_BLOCK	 (8u << 20) /* what comes out of one, at most */
#define LZ4_PACKED_LIMIT (LZ4_BLOCK + LZ4_BLOCK / 255 + 16)

static __typeof__(&LZ4_decompress_safe) lz4_unpack;

/* The size of the next block; 0: the end, which need not be marked. */
static int next_block(struct unpack *u, uint32_t *ret)
{
	uint8_t head[4] = { 0 };
	int r;

	do {
		*ret = 0;
		if (u->reader->size - u->done->consumed < sizeof(head))
			return 0;
		r = unpack_read(u, head, sizeof(head));
		if (r < 0)
			return r;
		*ret = ka_le32(head);
	} while (*ret == LZ4_MAGIC);
	return *ret > LZ4_PACKED_LIMIT ? unpack_damaged(u, "a block of impossible size") : 0;
}

static int run_lz4(struct unpack *u, uint8_t *in, uint8_t *out)
{
	uint8_t magic[4];
	uint32_t size;
	int r = unpack_read(u, magic, sizeof(magic));

	if (r == 0 && ka_le32(magic) != LZ4_MAGIC)
		return unpack_damaged(u, "no legacy frame of lz4 (\"lz4 -l\" is needed)");
	while (r == 0) {
		int n;

		r = next_block(u, &size);
		if (r < 0 || size == 0)
			return r;
		r = unpack_read(u, in, size);
		if (r < 0)
			return r;
		n = lz4_unpack((char *)in, (char *)out, (int)size, LZ4_BLOCK);
		r = n < 0 ? unpack_damaged(u, "a damaged block") : unpack_emit(u, out, (size_t)n);
	}
	return r;
}

int unpack_lz4(struct unpack *u)
{
	const struct ka_symbol symbols[] = { { &lz4_unpack, "LZ4_decompress_safe" } };
	uint8_t *buf;
	int r = lz4_unpack ? 0
			   : ka_library_load(KA_LIBRARY_LZ4, symbols, ARRAY_SIZE(symbols), u->err);

	if (r < 0)
		return r;
	buf = ka_malloc(LZ4_PACKED_LIMIT + LZ4_BLOCK);
	r = run_lz4(u, buf, buf + LZ4_PACKED_LIMIT);
	free(buf);
	return r;
}

/* --- lzo */

/* lzop's header flags */
#define LZOP_ADLER32_OUT 0x0001
#define LZOP_ADLER32_IN	 0x0002
#define LZOP_CRC32_OUT	 0x0100
#define LZOP_CRC32_IN	 0x0200
#define LZOP_FILTER	 0x0800
#define LZOP_VERSION_940 0x0940

#define LZO_BLOCK 262144u /* what comes out of one, at most */

static struct {
	__typeof__(&lzo1x_decompress_safe) unpack;
	__typeof__(&lzo_adler32) adler32;
} lzo;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int skip(struct unpack *u, size_t n)
{
	uint8_t nothing[255 + 4]; /* a name and a checksum */

	return unpack_read(u, nothing, n);
}

/* Everything before the first block. */
static int read_lzop_header(struct unpack *u, uint32_t *ret_flags)
{
	static const uint8_t magic[] = { 0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n' };
	uint8_t buf[16] = { 0 }, length = 0;
	bool is_new;
	int r = unpack_read(u, buf, sizeof(magic));

	if (r == 0 && memcmp(buf, magic, sizeof(magic)) != 0)
		return unpack_damaged(u, "no header of lzop");
	if (r == 0)
		r = unpack_read(u, buf, 4); /* versions of lzop and of the library */
	if (r < 0)
		return r;
	is_new = (buf[0] << 8 | buf[1]) >= LZOP_VERSION_940;
	r = skip(u, is_new ? 4 : 1); /* version needed, method, level */
	if (r == 0)
		r = unpack_read(u, buf, 4);
	if (r < 0)
		return r;
	*ret_flags = be32(buf);
	r = skip(u, (*ret_flags & LZOP_FILTER ? 4 : 0) + 8 + (is_new ? 4 : 0)); /* mode, times */
	if (r == 0)
		r = unpack_read(u, &length, 1);
	return r < 0 ? r : skip(u, length + 4u); /* name, checksum */
}

/* Checksums before a block: of what comes out, and, when it is packed, of what is there. */
static int read_lzop_sums(struct unpack *u, uint32_t flags, bool is_packed, uint32_t *ret_adler32)
{
	uint8_t sum[4] = { 0 };
	int r = 0;

	if (flags & LZOP_ADLER32_OUT)
		r = unpack_read(u, sum, 4);
	*ret_adler32 = be32(sum);
	if (r == 0 && flags & LZOP_CRC32_OUT)
		r = skip(u, 4);
	if (r == 0 && is_packed && flags & LZOP_ADLER32_IN)
		r = skip(u, 4);
	if (r == 0 && is_packed && flags & LZOP_CRC32_IN)
		r = skip(u, 4);
	return r;
}

/* 1: go on, 0: the end. */
static int lzop_block(struct unpack *u, uint32_t flags, uint8_t *in, uint8_t *out)
{
	uint32_t out_size, in_size, sum;
	uint8_t head[4] = { 0 };
	lzo_uint n = LZO_BLOCK;
	int r = unpack_read(u, head, 4);

	if (r < 0 || be32(head) == 0)
		return r;
	out_size = be32(head);
	r = unpack_read(u, head, 4);
	if (r < 0)
		return r;
	in_size = be32(head);
	if (out_size > LZO_BLOCK || in_size == 0 || in_size > out_size)
		return unpack_damaged(u, "a block of impossible size");
	r = read_lzop_sums(u, flags, in_size < out_size, &sum);
	if (r == 0)
		r = unpack_read(u, in, in_size);
	if (r < 0)
		return r;
	if (in_size < out_size) {
		if (lzo.unpack(in, in_size, out, &n, NULL) != LZO_E_OK || n != out_size)
			return unpack_damaged(u, "a damaged block");
		in = out;
	}
	if (flags & LZOP_ADLER32_OUT && lzo.adler32(1, in, out_size) != sum)
		return unpack_damaged(u, "a block with a wrong checksum");
	r = unpack_emit(u, in, out_size);
	return r < 0 ? r : 1;
}

int unpack_lzo(struct unpack *u)
{
	const struct ka_symbol symbols[] = {
		{ &lzo.unpack, "lzo1x_decompress_safe" },
		{ &lzo.adler32, "lzo_adler32" },
	};
	uint32_t flags = 0;
	uint8_t *buf;
	int r = lzo.adler32 ? 0
			    : ka_library_load(KA_LIBRARY_LZO, symbols, ARRAY_SIZE(symbols), u->err);

	if (r == 0)
		r = read_lzop_header(u, &flags);
	if (r < 0)
		return r;
	buf = ka_malloc(2 * (size_t)LZO_BLOCK);
	do
		r = lzop_block(u, flags, buf, buf + LZO_BLOCK);
	while (r > 0);
	free(buf);
	return r;
}
