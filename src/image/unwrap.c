// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels packed as a whole: "vmlinuz" of arm64 as gzip(1) or another compressor leaves it, and the EFI
 * zboot image (drivers/firmware/efi/libstub/zboot-header.S): a PE program that unpacks what it carries.
 */

#include "image/unwrap.h"

#include "base/memfile.h"
#include "image/pe.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>

#define ZBOOT_HEAD 0x40
#define ZBOOT_TYPE 0x18 /* a text that ends before the stub's mark at 0x38 */
#define ZBOOT_END  0x38
/* No kernel is as large, or packs as well as zeros do: what is kept in memory is bounded by both. */
#define UNPACK_LIMIT (1ull << 30)
#define UNPACK_FLOOR (64ull << 20)
#define UNPACK_RATIO 64

static const char reinstall[] = "reinstall the kernel package";

/* What the header calls the compressions; "xzkern" and "zstd22" are the build's own names for them. */
static const struct {
	const char *name;
	enum ka_packing packing;
} zboot_types[] = {
	{ "gzip", KA_PACKING_GZIP }, { "bzip2", KA_PACKING_BZIP2 }, { "lzma", KA_PACKING_LZMA },
	{ "xz", KA_PACKING_XZ },     { "lzo", KA_PACKING_LZO },	    { "lz4", KA_PACKING_LZ4 },
	{ "zstd", KA_PACKING_ZSTD },
};

/* Whole magics, longer than the kernel's own two bytes: this file can be anything. */
static const struct {
	const char *magic;
	size_t length;
} whole_magics[] = {
	{ "\x1f\x8b\x08", 3 },	   { "BZh", 3 },	   { "\x5d\0\0", 3 },
	{ "\xfd\x37zXZ", 5 },	   { "\x89LZO\0\r\n", 7 }, { "\x02\x21\x4c\x18", 4 },
	{ "\x28\xb5\x2f\xfd", 4 },
};

/* The packed bytes in the file. */
struct packed {
	enum ka_packing packing;
	struct ka_reader reader;
	bool has_size_word; /* behind it: the size of what comes out */
	uint32_t size_word;
};

/* What comes out, on its way into a memory file. */
struct output {
	int fd;
	uint64_t size;
	bool is_judged, is_kernel;
};

/* Headers of all kinds of kernels end before this; s390x has its own at 64 KiB. */
#define HEAD_SIZE (68u << 10)

/* Looked at once its head is there: any file can be packed, and be as large as it likes. */
static void judge_head(struct output *out)
{
	const struct ka_reader reader = { .fd = out->fd, .size = out->size };

	out->is_judged = true;
	out->is_kernel = ka_image_detect(&reader);
}

static int take(void *userdata, const uint8_t *data, size_t n)
{
	struct output *out = userdata;
	int r = ka_memfile_write(out->fd, data, n);

	if (r < 0)
		return r;
	out->size += n;
	if (!out->is_judged && out->size >= HEAD_SIZE) {
		judge_head(out);
		if (!out->is_kernel)
			return -ENOEXEC;
	}
	return 0;
}

static void report_no_kernel(struct ka_findings *findings, const char *path,
			     enum ka_packing packing)
{
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_FORMAT, path, reinstall,
		  "a file packed by %s, and what comes out of it is no Linux kernel image",
		  ka_packing_name(packing));
}

static void damaged(struct ka_findings *findings, const char *path, const char *what)
{
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_PAYLOAD, path, reinstall,
		  "the kernel inside is damaged: %s", what);
}

/* 1: found; 0: a finding. */
static int read_zboot(const struct ka_reader *reader, const uint8_t head[ZBOOT_HEAD],
		      const char *path, struct packed *ret, struct ka_findings *findings)
{
	uint64_t offset = ka_le32(head + 8), size = ka_le32(head + 12);
	char type[ZBOOT_END - ZBOOT_TYPE + 1] = "";
	uint8_t start[2], word[4];
	int r;

	memcpy(type, head + ZBOOT_TYPE, ZBOOT_END - ZBOOT_TYPE);
	ret->packing = KA_PACKING_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(zboot_types); i++)
		if (ka_startswith(type, zboot_types[i].name))
			ret->packing = zboot_types[i].packing;
	if (ret->packing == KA_PACKING_NONE) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_UNSUPPORTED, path,
			  "boot it with a cold reboot",
			  "an EFI zboot image packed by '%.32s', which is not known", type);
		return 0;
	}

	ret->has_size_word = ret->packing != KA_PACKING_GZIP;
	if (offset < ZBOOT_HEAD || size < sizeof(start) ||
	    offset + size + (ret->has_size_word ? 4 : 0) > reader->size) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, path, reinstall,
			  "truncated, or a damaged header: the kernel inside is at bytes "
			  "%" PRIu64 " to %" PRIu64 ", and the file has %" PRIu64,
			  offset, offset + size, reader->size);
		return 0;
	}
	ret->reader = (struct ka_reader){
		.fd = reader->fd,
		.base = reader->base + offset,
		.size = size,
	};
	r = ka_read_at(&ret->reader, 0, start, sizeof(start));
	if (r == 0 && ret->has_size_word)
		r = ka_read_at(reader, offset + size, word, sizeof(word));
	if (r < 0)
		return r;
	if (ret->has_size_word)
		ret->size_word = ka_le32(word);
	if (ka_packing_detect(start, sizeof(start)) != ret->packing) {
		damaged(findings, path, "it is packed in another way than the header says");
		return 0;
	}
	return 1;
}

/* A PE file with a signature ends where that ends; what was put behind it as padding must go. */
static uint64_t end_of_signature(int fd, uint64_t size)
{
	const struct ka_reader reader = { .fd = fd, .size = size };
	const char *why;
	struct ka_pe pe;

	if (ka_pe_read(&reader, &pe, &why) > 0 && pe.cert_size > 0)
		return (uint64_t)pe.cert_offset + pe.cert_size;
	return size;
}

/* It unpacks; but do its ends and sizes add up? */
static void judge(const struct packed *packed, const struct ka_unpacked *unpacked, bool is_zboot,
		  const char *path, struct ka_findings *findings)
{
	_cleanup_free_ char *what = NULL;

	if (is_zboot && unpacked->consumed != packed->reader.size)
		what = ka_format("it ends %" PRIu64 " bytes before the header says",
				 packed->reader.size - unpacked->consumed);
	else if (packed->has_size_word && (uint32_t)unpacked->produced != packed->size_word)
		what = ka_format("%" PRIu64 " bytes come out of it, %" PRIu32 " are promised",
				 unpacked->produced, packed->size_word);
	else if (unpacked->consumed < packed->reader.size)
		ka_report(findings, KA_WARNING, KA_ID_KERNEL_TRAILING, path, reinstall,
			  "%" PRIu64 " bytes follow the packed kernel",
			  packed->reader.size - unpacked->consumed);
	if (what)
		damaged(findings, path, what);
}

static uint64_t unpack_limit(uint64_t packed)
{
	uint64_t limit = packed < UNPACK_LIMIT / UNPACK_RATIO ? packed * UNPACK_RATIO
							      : UNPACK_LIMIT;

	return limit > UNPACK_FLOOR ? limit : UNPACK_FLOOR;
}

static int unpack(const struct packed *packed, bool is_zboot, const char *path,
		  struct ka_unwrapped *ret, struct ka_findings *findings)
{
	_cleanup_close_ int fd = ka_memfile_new("kexec-any-kernel");
	struct output out = { .fd = fd };
	struct ka_error err = KA_ERROR_INIT;
	struct ka_unpacked unpacked;
	size_t n_before = findings->n;
	int r;

	if (fd < 0)
		return fd;
	r = ka_unpack(&packed->reader, packed->packing, unpack_limit(packed->reader.size), take,
		      &out, &unpacked, &err);
	if (r == 0 && !out.is_judged)
		judge_head(&out);
	if (r == -ENOEXEC || (r == 0 && !out.is_kernel)) {
		report_no_kernel(findings, path, packed->packing);
		r = 0;
	} else if (r == 0) {
		judge(packed, &unpacked, is_zboot, path, findings);
	} else {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_PAYLOAD, path,
			  r == -EOPNOTSUPP ? "install the library, if that is missing"
			  : r == -EBADMSG  ? reinstall
					   : NULL,
			  "the kernel, packed by %s, does not unpack: %s",
			  ka_packing_name(packed->packing), ka_error_text(&err, r));
		r = 0;
	}
	ka_error_done(&err);
	if (r < 0)
		return r;
	for (size_t i = n_before; i < findings->n; i++)
		if (findings->items[i].severity == KA_ERROR)
			return 0;

	ret->size = end_of_signature(fd, unpacked.produced);
	if (ftruncate(fd, (off_t)ret->size) < 0)
		return ka_errno();
	r = ka_memfile_seal(fd);
	if (r < 0)
		return r;
	ret->fd = r;
	return 1;
}

static bool is_packed(const struct ka_reader *reader)
{
	uint8_t start[8];

	if (ka_read_at(reader, 0, start, sizeof(start)) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(whole_magics); i++)
		if (memcmp(start, whole_magics[i].magic, whole_magics[i].length) == 0)
			return true;
	return false;
}

int ka_image_unwrap(const struct ka_reader *reader, const char *path, enum ka_image_kind *ret_kind,
		    struct ka_unwrapped *ret, struct ka_findings *findings)
{
	struct packed packed = { .reader = *reader };
	uint8_t head[ZBOOT_HEAD] = { 0 };
	size_t n = reader->size < sizeof(head) ? (size_t)reader->size : sizeof(head);
	bool is_zboot;
	int r;

	*ret_kind = KA_IMAGE_UNKNOWN;
	r = ka_read_at(reader, 0, head, n);
	if (r < 0)
		return r;
	is_zboot = memcmp(head, "MZ", 2) == 0 && memcmp(head + 4, "zimg", 4) == 0;
	if (!is_zboot && (ka_bzimage_detect(reader) || !is_packed(reader)))
		return 0;
	*ret_kind = is_zboot ? KA_IMAGE_ZBOOT : KA_IMAGE_COMPRESSED;
	ret->fd = -1;
	if (is_zboot) {
		r = read_zboot(reader, head, path, &packed, findings);
		if (r <= 0)
			return r;
	} else {
		packed.packing = ka_packing_detect(head, 2);
	}
	return unpack(&packed, is_zboot, path, ret, findings);
}
