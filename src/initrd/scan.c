// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in an initrd: the kernel's own scan, over the headers alone. */

#include "initrd/initrd.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#define CPIO_HEADER 110
/* Files in a leading, uncompressed archive; a real one holds a few thousand. */
#define CPIO_FILES_LIMIT 1000000

static const char rebuild[] = "rebuild it: update-initramfs -u, dracut -f, mkinitcpio -P, …";

static const struct {
	uint8_t magic[2]; /* as the kernel knows them (lib/decompress.c) */
	const char *name;
} compressions[] = {
	{ { 0x1f, 0x8b }, "gzip" }, { { 0x1f, 0x9e }, "gzip" }, { { 0x42, 0x5a }, "bzip2" },
	{ { 0x5d, 0x00 }, "lzma" }, { { 0xfd, 0x37 }, "xz" },	{ { 0x89, 0x4c }, "lzo" },
	{ { 0x02, 0x21 }, "lz4" },  { { 0x28, 0xb5 }, "zstd" },
};

struct scan {
	const struct ka_reader *reader;
	const char *path;
	struct ka_initrd_summary *summary;
	struct ka_findings *findings;
	uint64_t offset;
	size_t n_files;
	bool in_archive; /* a cpio archive has begun and its trailer was not seen yet */
};

static bool is_compression(const uint8_t *start)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (memcmp(start, compressions[i].magic, 2) == 0)
			return true;
	return false;
}

/* Eight hexadecimal digits, as all numbers of the "newc" format. */
static bool parse_hex8(const char *p, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		unsigned char c = (unsigned char)p[i];

		if (!isxdigit(c))
			return false;
		value = value << 4 | (uint32_t)(isdigit(c) ? c - '0' : (tolower(c) - 'a' + 10));
	}
	*ret = value;
	return true;
}

static int report_damage(const struct scan *s, const char *what)
{
	return ka_report(s->findings, KA_ERROR, "initrd-damaged", s->path, rebuild,
			 "%s at byte %" PRIu64 " of %" PRIu64
			 ". The kernel would start with part of it and not find its root",
			 what, s->offset, s->reader->size);
}

static bool is_early(const char *name)
{
	return ka_startswith(name, "kernel") && (name[6] == '\0' || name[6] == '/');
}

/*
 * One file of a cpio archive. 1: go on, 2: it was the trailer, 0: a finding ended the scan.
 */
static int scan_file(struct scan *s)
{
	char header[CPIO_HEADER], name[PATH_MAX];
	uint32_t name_size, file_size;
	uint64_t data;
	int r;

	r = ka_read_at(s->reader, s->offset, header, sizeof(header));
	if (r == -ENODATA)
		return report_damage(s, "truncated: a cpio header is cut off");
	if (r < 0)
		return r;
	if (memcmp(header, "070707", 6) == 0)
		return report_damage(s, "a cpio archive of the old format (\"cpio -H newc\" is "
					"needed)");
	if ((memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0) ||
	    !parse_hex8(header + 54, &file_size) || !parse_hex8(header + 94, &name_size) ||
	    name_size == 0 || name_size > sizeof(name))
		return report_damage(s, "no valid cpio header");

	r = ka_read_at(s->reader, s->offset + CPIO_HEADER, name, name_size);
	data = (s->offset + CPIO_HEADER + name_size + 3) & ~(uint64_t)3;
	if (r == -ENODATA || data + file_size > s->reader->size)
		return report_damage(s, "truncated: a file of the cpio archive is cut off");
	if (r < 0)
		return r;
	if (name[name_size - 1] != '\0')
		return report_damage(s, "a cpio file name without end");

	s->offset = (data + file_size + 3) & ~(uint64_t)3;
	if (ka_streq(name, "TRAILER!!!"))
		return 2;
	if (++s->n_files > CPIO_FILES_LIMIT)
		return report_damage(s, "more than a million files");
	if (is_early(name))
		s->summary->has_microcode = true;
	else if (!ka_streq(name, "."))
		s->summary->has_other = true;
	return 1;
}

/* The first byte that is not zero, or the end. */
static int skip_zeros(struct scan *s)
{
	uint8_t block[4096];

	while (s->offset < s->reader->size) {
		uint64_t left = s->reader->size - s->offset;
		size_t n = left < sizeof(block) ? (size_t)left : sizeof(block), i = 0;
		int r;

		r = ka_read_at(s->reader, s->offset, block, n);
		if (r < 0)
			return r;
		while (i < n && block[i] == 0)
			i++;
		s->offset += i;
		if (i < n)
			return 0;
	}
	return 0;
}

static const char *describe(const uint8_t *start, size_t n)
{
	if (n >= 4 && memcmp(start,
			     "\x7f"
			     "ELF",
			     4) == 0)
		return "an ELF file";
	if (n >= 2 && memcmp(start, "MZ", 2) == 0)
		return "an EFI program or kernel";
	if (n >= 1 && *start == '<')
		return "an HTML or XML page";
	for (size_t i = 0; i < n; i++)
		if (!isprint(start[i]) && !isspace(start[i]))
			return "data of no known format";
	return "text";
}

/* Neither cpio nor compressed: at the start, the file is no initrd; later, it has a foreign tail. */
static int report_foreign(const struct scan *s, const uint8_t *start, size_t n)
{
	if (s->offset == 0)
		return ka_report(s->findings, KA_ERROR, "initrd-format", s->path, rebuild,
				 "not an initrd: %s, neither a cpio archive nor compressed data",
				 describe(start, n));
	return report_damage(s, "bytes that are neither a cpio archive nor compressed data");
}

/* One step of the kernel's loop. 1: go on, 0: done. */
static int scan_member(struct scan *s)
{
	uint8_t start[64];
	uint64_t left;
	size_t n;
	int r;

	r = skip_zeros(s);
	if (r < 0)
		return r;
	/* The padding of the last file need not be there. */
	if (s->offset >= s->reader->size)
		return 0;
	left = s->reader->size - s->offset;
	n = left < sizeof(start) ? (size_t)left : sizeof(start);
	r = ka_read_at(s->reader, s->offset, start, n);
	if (r < 0)
		return r;

	if (*start == '0' && s->offset % 4 == 0 && (n < 6 || memcmp(start, "0707", 4) == 0)) {
		r = scan_file(s);
		s->in_archive = r == 1;
		return r > 0 ? 1 : r;
	}
	if (n >= 2 && is_compression(start)) {
		s->summary->has_other = true;
		return 0;
	}
	return report_foreign(s, start, n);
}

/* The kernel does without the trailer; but cpio(1) always writes one, so something is missing. */
static int check_end(const struct scan *s, bool found_anything)
{
	if (!found_anything)
		return ka_report(s->findings, KA_ERROR, "initrd-format", s->path, rebuild,
				 "not an initrd: no file in its %" PRIu64 " bytes",
				 s->reader->size);
	if (s->in_archive)
		return ka_report(s->findings, KA_WARNING, "initrd-no-trailer", s->path, rebuild,
				 "the cpio archive has no end mark: it may be cut off");
	return 0;
}

int ka_initrd_inspect(const struct ka_reader *reader, const char *path,
		      struct ka_initrd_summary *summary, struct ka_findings *findings)
{
	struct ka_initrd_summary own = { 0 };
	struct scan s = {
		.reader = reader,
		.path = path,
		.summary = &own,
		.findings = findings,
	};
	size_t n_before = findings->n;
	int r;

	do
		r = scan_member(&s);
	while (r > 0);
	summary->has_microcode |= own.has_microcode;
	summary->has_other |= own.has_other;
	if (r < 0 || findings->n > n_before)
		return r;
	return check_end(&s, own.has_microcode || own.has_other || s.n_files > 0);
}
