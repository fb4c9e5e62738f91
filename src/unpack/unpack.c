// SPDX-License-Identifier: GPL-2.0-or-later
#include "unpack/unpack-internal.h"

#include <errno.h>
#include <inttypes.h>

static const struct {
	uint8_t magic[2];
	enum ka_packing packing;
} magics[] = {
	{ { 0x1f, 0x8b }, KA_PACKING_GZIP },  { { 0x1f, 0x9e }, KA_PACKING_GZIP },
	{ { 0x42, 0x5a }, KA_PACKING_BZIP2 }, { { 0x5d, 0x00 }, KA_PACKING_LZMA },
	{ { 0xfd, 0x37 }, KA_PACKING_XZ },    { { 0x89, 0x4c }, KA_PACKING_LZO },
	{ { 0x02, 0x21 }, KA_PACKING_LZ4 },   { { 0x28, 0xb5 }, KA_PACKING_ZSTD },
};

static const struct {
	const char *name;
	int (*run)(struct unpack *u);
} formats[_KA_PACKING_MAX] = {
	[KA_PACKING_NONE] = { "no known compression", NULL },
	[KA_PACKING_GZIP] = { "gzip", unpack_gzip },
	[KA_PACKING_BZIP2] = { "bzip2", unpack_bzip2 },
	[KA_PACKING_LZMA] = { "lzma", unpack_lzma },
	[KA_PACKING_XZ] = { "xz", unpack_xz },
	[KA_PACKING_LZO] = { "lzo", unpack_lzo },
	[KA_PACKING_LZ4] = { "lz4", unpack_lz4 },
	[KA_PACKING_ZSTD] = { "zstd", unpack_zstd },
};

enum ka_packing ka_packing_detect(const uint8_t *start, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics) && n >= 2; i++)
		if (memcmp(start, magics[i].magic, 2) == 0)
			return magics[i].packing;
	return KA_PACKING_NONE;
}

const char *ka_packing_name(enum ka_packing packing)
{
	return formats[packing].name;
}

bool ka_packing_has_checksum(enum ka_packing packing)
{
	return packing == KA_PACKING_GZIP || packing == KA_PACKING_BZIP2 ||
	       packing == KA_PACKING_XZ || packing == KA_PACKING_ZSTD;
}

int unpack_damaged(struct unpack *u, const char *what)
{
	return ka_fail(u->err, -EBADMSG, "%s, %" PRIu64 " bytes into it", what, u->done->consumed);
}

int unpack_emit(struct unpack *u, const uint8_t *data, size_t n)
{
	if (n > u->limit - u->done->produced)
		return ka_fail(u->err, -EFBIG, "more than %" PRIu64 " bytes come out of it",
			       u->limit);
	u->done->produced += n;
	return n > 0 ? u->sink(u->userdata, data, n) : 0;
}

int unpack_read(struct unpack *u, void *buf, size_t n)
{
	int r = ka_read_at(u->reader, u->done->consumed, buf, n);

	if (r == -ENODATA)
		return unpack_damaged(u, "cut off");
	if (r < 0)
		return ka_fail(u->err, r, "cannot read it: %s", strerror(-r));
	u->done->consumed += n;
	return 0;
}

int ka_unpack(const struct ka_reader *reader, enum ka_packing packing, uint64_t limit,
	      ka_unpack_sink sink, void *userdata, struct ka_unpacked *ret, struct ka_error *err)
{
	struct unpack u = {
		.reader = reader,
		.sink = sink,
		.userdata = userdata,
		.limit = limit,
		.done = ret,
		.err = err,
	};

	*ret = (struct ka_unpacked){ 0 };
	if (!formats[packing].run)
		return ka_fail(err, -EBADMSG, "%s", formats[packing].name);
	return formats[packing].run(&u);
}
