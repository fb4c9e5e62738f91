// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats whose libraries take a stream: zlib, libbz2, liblzma, libzstd. */

#include "base/library.h"
#include "unpack/unpack-internal.h"

#include <kexec-any/memory.h>

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define INPUT  (64u << 10)
#define OUTPUT (256u << 10)
/* liblzma takes the dictionary's size at once, whatever comes out. Linux's own build takes 128 MiB at most. */
#define LZMA_MEMORY_LIMIT (160u << 20)

/* What a library is given, and what it leaves of it. */
struct flow {
	const uint8_t *in;
	size_t in_left;
	uint8_t *out;
	size_t out_left;
};

/* One step of a library. 1: the stream's end, 0: go on, -EBADMSG: damaged, -EOPNOTSUPP: too much to
 * ask (*why says how). */
typedef int (*step_fn)(void *state, struct flow *flow, const char **why);

static int fill(struct unpack *u, uint8_t *buf, uint64_t *offset, struct flow *flow)
{
	uint64_t left = u->reader->size - *offset;
	size_t n = left < INPUT ? (size_t)left : INPUT;
	int r = ka_read_at(u->reader, *offset, buf, n);

	if (r < 0)
		return ka_fail(u->err, r, "cannot read it: %s", strerror(-r));
	*offset += n;
	flow->in = buf;
	flow->in_left = n;
	return 0;
}

static int run_steps(struct unpack *u, uint8_t *in, uint8_t *out, step_fn step, void *state)
{
	struct flow flow = { .in = in };
	const char *why = NULL;
	uint64_t offset = 0;
	int r = 0, ended = 0;

	while (r == 0 && ended == 0) {
		bool starved;

		if (flow.in_left == 0)
			r = fill(u, in, &offset, &flow);
		if (r < 0)
			break;
		starved = flow.in_left == 0;
		flow.out = out;
		flow.out_left = OUTPUT;
		ended = step(state, &flow, &why);
		u->done->consumed = offset - flow.in_left;
		r = unpack_emit(u, out, OUTPUT - flow.out_left);
		if (r == 0 && ended == 0 && starved && flow.out_left == OUTPUT)
			return unpack_damaged(u, "cut off");
	}
	if (r == 0 && ended < 0)
		r = ended == -EOPNOTSUPP ? ka_fail(u->err, ended, "%s", why)
					 : unpack_damaged(u, why ? why : "damaged");
	return r;
}

static int run(struct unpack *u, step_fn step, void *state)
{
	uint8_t *buf = ka_malloc(INPUT + OUTPUT);
	int r = run_steps(u, buf, buf + INPUT, step, state);

	free(buf);
	return r;
}

/* --- gzip */

static struct {
	__typeof__(&inflateInit2_) init;
	__typeof__(&inflate) step;
	__typeof__(&inflateEnd) end;
} z;

static int gzip_step(void *state, struct flow *flow, const char **why)
{
	z_stream *s = state;
	int r;

	s->next_in = (Bytef *)flow->in;
	s->avail_in = (uInt)flow->in_left;
	s->next_out = flow->out;
	s->avail_out = (uInt)flow->out_left;
	r = z.step(s, Z_NO_FLUSH);
	flow->in = s->next_in;
	flow->in_left = s->avail_in;
	flow->out_left = s->avail_out;
	if (r == Z_STREAM_END)
		return 1;
	if (r == Z_OK || r == Z_BUF_ERROR)
		return 0;
	*why = s->msg;
	if (r == Z_MEM_ERROR)
		ka_out_of_memory();
	return -EBADMSG;
}

int unpack_gzip(struct unpack *u)
{
	const struct ka_symbol symbols[] = {
		{ &z.init, "inflateInit2_" },
		{ &z.step, "inflate" },
		{ &z.end, "inflateEnd" },
	};
	z_stream stream = { 0 };
	int r = z.end ? 0 : ka_library_load(KA_LIBRARY_ZLIB, symbols, ARRAY_SIZE(symbols), u->err);

	if (r < 0)
		return r;
	/* 16: with gzip's header and trailer */
	if (z.init(&stream, 16 + MAX_WBITS, ZLIB_VERSION, sizeof(stream)) != Z_OK)
		ka_out_of_memory();
	r = run(u, gzip_step, &stream);
	z.end(&stream);
	return r;
}

/* --- bzip2 */

static struct {
	__typeof__(&BZ2_bzDecompressInit) init;
	__typeof__(&BZ2_bzDecompress) step;
	__typeof__(&BZ2_bzDecompressEnd) end;
} bz;

static int bzip2_step(void *state, struct flow *flow, _unused_ const char **why)
{
	bz_stream *s = state;
	int r;

	s->next_in = (char *)flow->in;
	s->avail_in = (unsigned int)flow->in_left;
	s->next_out = (char *)flow->out;
	s->avail_out = (unsigned int)flow->out_left;
	r = bz.step(s);
	flow->in = (const uint8_t *)s->next_in;
	flow->in_left = s->avail_in;
	flow->out_left = s->avail_out;
	if (r == BZ_STREAM_END)
		return 1;
	if (r == BZ_OK)
		return 0;
	if (r == BZ_MEM_ERROR)
		ka_out_of_memory();
	return -EBADMSG;
}

int unpack_bzip2(struct unpack *u)
{
	const struct ka_symbol symbols[] = {
		{ &bz.init, "BZ2_bzDecompressInit" },
		{ &bz.step, "BZ2_bzDecompress" },
		{ &bz.end, "BZ2_bzDecompressEnd" },
	};
	bz_stream stream = { 0 };
	int r = bz.end ? 0
		       : ka_library_load(KA_LIBRARY_BZIP2, symbols, ARRAY_SIZE(symbols), u->err);

	if (r < 0)
		return r;
	if (bz.init(&stream, 0, 0) != BZ_OK)
		ka_out_of_memory();
	r = run(u, bzip2_step, &stream);
	bz.end(&stream);
	return r;
}

/* --- lzma, xz */

static struct {
	__typeof__(&lzma_alone_decoder) alone;
	__typeof__(&lzma_stream_decoder) stream;
	__typeof__(&lzma_code) step;
	__typeof__(&lzma_end) end;
} lz;

static int lzma_step(void *state, struct flow *flow, const char **why)
{
	lzma_stream *s = state;
	lzma_ret r;

	s->next_in = flow->in;
	s->avail_in = flow->in_left;
	s->next_out = flow->out;
	s->avail_out = flow->out_left;
	r = lz.step(s, LZMA_RUN);
	flow->in = s->next_in;
	flow->in_left = s->avail_in;
	flow->out_left = s->avail_out;
	switch (r) {
	case LZMA_STREAM_END:
		return 1;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return 0;
	case LZMA_MEM_ERROR:
		ka_out_of_memory();
	case LZMA_MEMLIMIT_ERROR:
		*why = "its dictionary is larger than 160 MiB, which is not tried here";
		return -EOPNOTSUPP;
	default:
		return -EBADMSG;
	}
}

static int run_lzma(struct unpack *u, bool alone)
{
	const struct ka_symbol symbols[] = {
		{ &lz.alone, "lzma_alone_decoder" },
		{ &lz.stream, "lzma_stream_decoder" },
		{ &lz.step, "lzma_code" },
		{ &lz.end, "lzma_end" },
	};
	lzma_stream stream = LZMA_STREAM_INIT;
	int r = lz.end ? 0 : ka_library_load(KA_LIBRARY_LZMA, symbols, ARRAY_SIZE(symbols), u->err);

	if (r < 0)
		return r;
	if ((alone ? lz.alone(&stream, LZMA_MEMORY_LIMIT)
		   : lz.stream(&stream, LZMA_MEMORY_LIMIT, 0)) != LZMA_OK)
		ka_out_of_memory();
	r = run(u, lzma_step, &stream);
	lz.end(&stream);
	return r;
}

int unpack_lzma(struct unpack *u)
{
	return run_lzma(u, true);
}

int unpack_xz(struct unpack *u)
{
	return run_lzma(u, false);
}

/* --- zstd */

static struct {
	__typeof__(&ZSTD_createDStream) new;
	__typeof__(&ZSTD_freeDStream) free;
	__typeof__(&ZSTD_decompressStream) step;
	__typeof__(&ZSTD_isError) is_error;
	__typeof__(&ZSTD_getErrorCode) error_code;
	__typeof__(&ZSTD_getErrorName) error_name;
} zs;

static int zstd_step(void *state, struct flow *flow, const char **why)
{
	ZSTD_inBuffer in = { .src = flow->in, .size = flow->in_left };
	ZSTD_outBuffer out = { .dst = flow->out, .size = flow->out_left };
	size_t r = zs.step(state, &out, &in);

	flow->in += in.pos;
	flow->in_left -= in.pos;
	flow->out_left -= out.pos;
	if (!zs.is_error(r))
		return r == 0;
	*why = zs.error_code(r) == ZSTD_error_frameParameter_windowTooLarge
		       ? "its window is larger than 128 MiB, which the kernel does not take"
		       : zs.error_name(r);
	return -EBADMSG;
}

int unpack_zstd(struct unpack *u)
{
	const struct ka_symbol symbols[] = {
		{ &zs.new, "ZSTD_createDStream" },	 { &zs.free, "ZSTD_freeDStream" },
		{ &zs.step, "ZSTD_decompressStream" },	 { &zs.is_error, "ZSTD_isError" },
		{ &zs.error_code, "ZSTD_getErrorCode" }, { &zs.error_name, "ZSTD_getErrorName" },
	};
	ZSTD_DStream *stream;
	int r = zs.error_name
			? 0
			: ka_library_load(KA_LIBRARY_ZSTD, symbols, ARRAY_SIZE(symbols), u->err);

	if (r < 0)
		return r;
	stream = zs.new();
	if (!stream)
		ka_out_of_memory();
	r = run(u, zstd_step, stream);
	zs.free(stream);
	return r;
}
