// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in an initrd: the kernel's own scan, over headers and names, and through compression. */

#include "initrd/cpio.h"
#include "initrd/initrd.h"
#include "unpack/unpack.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* Of all initrds of a boot together. A real one holds a few thousand files in a few members, and what
 * comes out has to fit into memory. */
#define FILES_LIMIT	1000000
#define MEMBERS_LIMIT	4096
#define KEY_FILES_LIMIT 64
#define UNPACKED_LIMIT	(16ull << 30)
/* Of their size, together, as many small ones unpack to as much as a large one: drivers and programs are
 * packed to a third or a fifth, never by so much. */
#define UNPACKED_FLOOR (512ull << 20)
#define UNPACKED_RATIO 64

static const char rebuild[] = "rebuild it: update-initramfs -u, dracut -f, mkinitcpio -P, …";

struct scan {
	const struct ka_reader *reader;
	const struct ka_initrd_context *context;
	struct ka_initrd_summary *summary;
	struct ka_findings *findings;
	uint64_t offset;
	bool in_archive; /* a cpio archive has begun and its trailer was not seen yet */
	bool found_anything;
};

void ka_initrd_summary_done(struct ka_initrd_summary *summary)
{
	for (size_t i = 0; i < summary->n_releases; i++)
		free(summary->releases[i]);
	ka_strv_free(summary->key_files);
	*summary = (struct ka_initrd_summary){ 0 };
}

static void report_damage(const struct scan *s, const char *what)
{
	ka_report(s->findings, KA_ERROR, KA_ID_INITRD_DAMAGED, s->context->path, rebuild,
		  "%s at byte %" PRIu64 " of %" PRIu64
		  ". The kernel would start with part of it and not find its root",
		  what, s->offset, s->reader->size);
}

/* --- names */

static bool is_early(const char *name)
{
	return ka_startswith(name, "kernel") && (name[6] == '\0' || name[6] == '/');
}

static bool has_release(const struct ka_initrd_summary *summary, const char *release, size_t n)
{
	for (size_t i = 0; i < summary->n_releases; i++)
		if (strlen(summary->releases[i]) == n &&
		    strncmp(summary->releases[i], release, n) == 0)
			return true;
	return false;
}

/* "usr/lib/modules/6.1.0/kernel/…/x.ko": a driver, and for which kernel. */
static void note_driver(struct ka_initrd_summary *summary, const char *name)
{
	const char *release, *dot = strrchr(name, '/');
	size_t n;

	if (ka_startswith(name, "usr/"))
		name += 4;
	if (!ka_startswith(name, "lib/modules/") || !dot || !strstr(dot, ".ko"))
		return;
	if (ka_startswith(dot, "/zfs.ko"))
		summary->has_zfs = true;
	release = name + strlen("lib/modules/");
	n = strcspn(release, "/");
	if (n == 0 || release[n] != '/' || has_release(summary, release, n))
		return;
	if (summary->n_releases == KA_INITRD_RELEASES_LIMIT) {
		summary->has_more_releases = true;
		return;
	}
	summary->releases[summary->n_releases++] = ka_strndup(release, n);
}

static const char *plain_name(const char *name)
{
	while (ka_startswith(name, "./"))
		name += 2;
	while (*name == '/')
		name++;
	return name;
}

/* A later file of the same name takes an earlier one's place. Where a link leads is not followed. */
static enum ka_initrd_init judge_init(const struct cpio_header *h)
{
	if (S_ISLNK(h->mode))
		return KA_INITRD_INIT_GOOD;
	if (!S_ISREG(h->mode))
		return KA_INITRD_INIT_NO_FILE;
	if (h->size == 0 && h->n_links < 2)
		return KA_INITRD_INIT_EMPTY;
	return h->mode & 0111 ? KA_INITRD_INIT_GOOD : KA_INITRD_INIT_NOT_EXECUTABLE;
}

/*
 * Of mkinitcpio's hook "encrypt", of NixOS's manual (keyFile = "/keyfile.bin" or "/crypto_keyfile.bin"), and of
 * systemd-cryptsetup(8), by the volume's name.
 */
static bool is_key_file(const char *name)
{
	return ka_streq(name, "crypto_keyfile.bin") || ka_streq(name, "keyfile.bin") ||
	       ka_startswith(name, "etc/cryptsetup-keys.d/");
}

static void note_name(struct scan *s, const char *name, const struct cpio_header *h)
{
	name = plain_name(name);
	s->found_anything = true;
	/* Until it is unpacked, the kernel sees what stands in front of all compressed members. */
	if (s->summary->packings != 0 && ka_startswith(name, "kernel/x86/microcode/"))
		s->summary->has_late_microcode = true;
	if (is_early(name))
		s->summary->has_microcode = true;
	else if (*name && !ka_streq(name, "."))
		s->summary->has_other = true;
	if (ka_streq(name, s->context->init ? plain_name(s->context->init) : "init"))
		s->summary->init = judge_init(h);
	if (ka_endswith(name, "/dropbear") || ka_endswith(name, "/tinysshd") ||
	    ka_endswith(name, "/sshd"))
		s->summary->has_remote_shell = true;
	if (is_key_file(name) && ka_strv_length(s->summary->key_files) < KEY_FILES_LIMIT)
		ka_strv_add(&s->summary->key_files, name);
	note_driver(s->summary, name);
}

static int visit(void *userdata, const char *name, const struct cpio_header *header)
{
	struct scan *s = userdata;

	if (++s->summary->n_files > FILES_LIMIT)
		return -EFBIG;
	note_name(s, name, header);
	return 0;
}

#define TAR_MARK     257
#define TAR_MARK_END (TAR_MARK + 5)

static bool begins(const uint8_t *start, size_t n, const char *magic, size_t length)
{
	return n >= length && memcmp(start, magic, length) == 0;
}

/* What bytes that are no initrd look like, for people. */
static const char *describe(const uint8_t *start, size_t n)
{
	if (begins(start, n, "\x7f\x45LF", 4))
		return "an ELF file";
	if (begins(start, n, "MZ", 2))
		return "an EFI program or kernel";
	if (begins(start, n, "\x04\x22\x4d\x18", 4))
		return "lz4's frame, of which the kernel takes the older kind alone (lz4 -l)";
	if (n == TAR_MARK_END && memcmp(start + TAR_MARK, "ustar", 5) == 0)
		return "a tar archive";
	if (n >= 1 && *start == '<')
		return "an HTML or XML page";
	for (size_t i = 0; i < n; i++)
		if (!ka_is_print(start[i]) && !ka_is_space(start[i]))
			return "data of no known format";
	return "text";
}

/* --- members */

/* Do the n bytes at offset add up to sum? 1, 0. */
static int has_sum(const struct scan *s, uint64_t offset, uint32_t n, uint32_t sum)
{
	uint8_t block[16384];
	uint32_t got = 0;

	while (n > 0) {
		size_t step = n < sizeof(block) ? n : sizeof(block);
		int r = ka_read_at(s->reader, offset, block, step);

		if (r < 0)
			return r;
		got = cpio_sum(got, block, step);
		offset += step;
		n -= (uint32_t)step;
	}
	return got == sum;
}

/*
 * One file of a cpio archive. 1: go on, 2: it was the trailer, 0: a finding ended the scan.
 */
static int scan_file(struct scan *s)
{
	char header[CPIO_HEADER], name[PATH_MAX];
	struct cpio_header h;
	const char *why;
	uint64_t data;
	int r;

	r = ka_read_at(s->reader, s->offset, header, sizeof(header));
	if (r == -ENODATA) {
		report_damage(s, "truncated: a cpio header is cut off");
		return 0;
	}
	if (r < 0)
		return r;
	if (!cpio_parse_header(header, &h, &why)) {
		report_damage(s, why);
		return 0;
	}

	r = ka_read_at(s->reader, s->offset + CPIO_HEADER, name, h.name_size);
	data = (s->offset + CPIO_HEADER + h.name_size + 3) & ~(uint64_t)3;
	/* Behind the last name the padding may be missing. */
	if (r == -ENODATA || (h.size > 0 && data + h.size > s->reader->size)) {
		report_damage(s, "truncated: a file of the cpio archive is cut off");
		return 0;
	}
	if (r < 0)
		return r;
	if (name[h.name_size - 1] != '\0') {
		report_damage(s, "a cpio file name without end");
		return 0;
	}

	r = h.has_sum ? has_sum(s, data, h.size, h.sum) : 1;
	if (r == 0)
		report_damage(s, cpio_bad_sum);
	if (r <= 0)
		return r;
	s->offset = (data + h.size + 3) & ~(uint64_t)3;
	if (ka_streq(name, "TRAILER!!!"))
		return 2;
	r = visit(s, name, &h);
	if (r == -EFBIG) {
		report_damage(s, "more than a million files");
		return 0;
	}
	return r < 0 ? r : 1;
}

/* What comes out of a member: archives, and its first bytes, to say what it is if it is none. */
struct member {
	struct cpio_stream stream;
	uint8_t start[TAR_MARK_END];
	size_t have;
};

static int feed(void *userdata, const uint8_t *data, size_t n)
{
	struct member *m = userdata;
	size_t room = sizeof(m->start) - m->have;

	if (room > n)
		room = n;
	memcpy(m->start + m->have, data, room);
	m->have += room;
	return cpio_feed(&m->stream, data, n);
}

/* What may come out of all initrds up to this one: by their size, and by what the machine can hold. */
static uint64_t unpacked_limit(const struct scan *s)
{
	uint64_t total = UNPACKED_LIMIT, limit = UNPACKED_FLOOR, packed = s->summary->packed;

	if (s->context->memory > 0 && s->context->memory < total)
		total = s->context->memory;
	if (packed > UNPACKED_FLOOR / UNPACKED_RATIO)
		limit = packed > total / UNPACKED_RATIO ? total : packed * UNPACKED_RATIO;
	limit = limit < total ? limit : total;
	return limit > s->summary->unpacked ? limit : s->summary->unpacked;
}

/* Where the unpacking was given up: it cannot boot when the machine's memory is less; else, who knows. */
static int report_limit(struct scan *s, enum ka_packing packing, const struct ka_unpacked *unpacked)
{
	uint64_t total = s->summary->unpacked + unpacked->produced, memory = s->context->memory;
	bool is_hopeless = memory > 0 && unpacked_limit(s) == memory;

	s->summary->unpacked = total;
	s->summary->is_partial = true;
	ka_report(s->findings, is_hopeless ? KA_ERROR : KA_WARNING,
		  is_hopeless ? KA_ID_MEMORY_UNPACKED : KA_ID_INITRD_UNCHECKED, s->context->path,
		  is_hopeless ? "a smaller initrd" : rebuild,
		  "unpacking was given up after %" PRIu64 " MiB, of a member packed by %s "
		  "in an initrd of %" PRIu64 " bytes: %s",
		  total >> 20, ka_packing_name(packing), s->reader->size,
		  is_hopeless ? "the machine has no more memory, and the next kernel would "
				"run out of it"
			      : "no initrd packs so well, or is so large");
	return 0;
}

/* What unpacking a member has come to. 1: go on behind it, 0: a finding ended the scan. */
static int judge_member(struct scan *s, enum ka_packing packing, int r, const struct member *member,
			const struct ka_unpacked *unpacked, const char *text)
{
	const struct cpio_stream *stream = &member->stream;
	_cleanup_free_ char *what = NULL;

	if (r == -EOPNOTSUPP) {
		s->summary->is_partial = true;
		ka_report(s->findings, KA_WARNING, KA_ID_INITRD_UNCHECKED, s->context->path,
			  "install the library, if that is missing",
			  "a member packed by %s cannot be looked into: %s",
			  ka_packing_name(packing), text);
		return 0;
	}
	if (stream->why && stream->offset == 0)
		what = ka_format("%s, no cpio archive, packed by %s",
				 describe(member->start, member->have), ka_packing_name(packing));
	else if (stream->why)
		what = ka_format("%s inside a member packed by %s", stream->why,
				 ka_packing_name(packing));
	else if (r == -EFBIG && s->summary->n_files <= FILES_LIMIT)
		return report_limit(s, packing, unpacked);
	else if (r == -EFBIG)
		what = ka_format("more than a million files inside a member packed by %s",
				 ka_packing_name(packing));
	else if (r < 0)
		what = ka_format("a member packed by %s that does not unpack (%s)",
				 ka_packing_name(packing), text);
	else if (!cpio_is_complete(stream))
		what = ka_format("a cpio archive that is cut off inside a member packed by %s",
				 ka_packing_name(packing));
	else {
		s->offset += unpacked->consumed;
		s->summary->unpacked += unpacked->produced;
		s->in_archive = stream->in_archive;
		return 1;
	}
	report_damage(s, what);
	return 0;
}

/* The kernel takes no check of xz but CRC32, which xz(1) alone does not choose
 * (Documentation/staging/xz.rst). */
static int check_xz(struct scan *s)
{
	uint8_t head[8];
	int r = ka_read_at(s->reader, s->offset, head, sizeof(head));

	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if ((head[7] & 0x0f) <= 1)
		return 0;
	ka_report(s->findings, KA_ERROR, KA_ID_INITRD_XZ_CHECK, s->context->path,
		  "pack it with xz --check=crc32",
		  "the member at byte %" PRIu64
		  " is packed by xz with a check (%u) that the kernel does not know",
		  s->offset, head[7] & 0x0f);
	return 0;
}

/* Not to be looked into; of zstd's at least the end can be found. 1: go on behind it, 0: done. */
static int pass_over(struct scan *s, enum ka_packing packing, const struct ka_reader *rest)
{
	uint64_t size;
	int r;

	s->summary->has_other = true;
	s->summary->is_partial = true;
	if (packing != KA_PACKING_ZSTD)
		return 0;
	r = ka_zstd_walk(rest, &size);
	if (r == -EBADMSG) {
		report_damage(s, "a member packed by zstd that is damaged or cut off");
		return 0;
	}
	if (r < 0)
		return r;
	s->offset += size;
	return 1;
}

/* 1: go on behind it, 0: done. */
static int scan_packed(struct scan *s, enum ka_packing packing)
{
	const struct ka_reader rest = {
		.fd = s->reader->fd,
		.base = s->reader->base + s->offset,
		.size = s->reader->size - s->offset,
	};
	struct member member = { .stream = { .visit = visit, .userdata = s } };
	struct ka_error err = KA_ERROR_INIT;
	struct ka_unpacked unpacked;
	int r = 0;

	s->found_anything = true;
	s->in_archive = false;
	s->summary->packings |= 1u << packing;
	if (++s->summary->n_members > MEMBERS_LIMIT) {
		report_damage(s, "more compressed members than any initrd has");
		return 0;
	}
	if (s->context->fast)
		return pass_over(s, packing, &rest);
	if (packing == KA_PACKING_XZ)
		r = check_xz(s);
	if (r < 0)
		return r;
	r = ka_unpack(&rest, packing, unpacked_limit(s) - s->summary->unpacked, feed, &member,
		      &unpacked, &err);
	r = judge_member(s, packing, r, &member, &unpacked, ka_error_text(&err, r));
	ka_error_done(&err);
	if (r == 0 && s->summary->is_partial)
		s->summary->has_other = true;
	return r;
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

/* --- the whole */

/* Neither cpio nor compressed: at the start, the file is no initrd; later, it has a foreign tail. */
static void report_foreign(const struct scan *s, const uint8_t *start, size_t n)
{
	_cleanup_free_ char *what = NULL;

	if (s->offset == 0) {
		ka_report(s->findings, KA_ERROR, KA_ID_INITRD_FORMAT, s->context->path, rebuild,
			  "not an initrd: %s, neither a cpio archive nor compressed data",
			  describe(start, n));
		return;
	}
	if (n >= 5 && memcmp(start, "07070", 5) == 0) {
		report_damage(s, "a cpio archive that does not begin at a multiple of 4");
		return;
	}
	what = ka_format("bytes that are neither a cpio archive nor compressed data (%s)",
			 describe(start, n));
	report_damage(s, what);
}

/* One step of the kernel's loop. 1: go on, 0: done. */
static int scan_member(struct scan *s)
{
	enum ka_packing packing;
	uint8_t start[TAR_MARK_END];
	uint64_t left;
	size_t n;
	int r;

	r = skip_zeros(s);
	if (r < 0)
		return r;
	/* The padding of the last file need not be there. */
	if (s->offset >= s->reader->size)
		return 0;
	s->summary->has_more_after_lz4 |= s->summary->packings >> KA_PACKING_LZ4 & 1;
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
	packing = ka_packing_detect(start, n);
	if (packing != KA_PACKING_NONE)
		return scan_packed(s, packing);
	report_foreign(s, start, n);
	return 0;
}

/* The kernel does without the trailer; but cpio(1) always writes one, so something is missing. */
static void check_end(const struct scan *s)
{
	if (!s->found_anything) {
		ka_report(s->findings, KA_ERROR, KA_ID_INITRD_FORMAT, s->context->path, rebuild,
			  "not an initrd: no file in its %" PRIu64 " bytes", s->reader->size);
		return;
	}
	if (s->in_archive) {
		ka_report(s->findings, KA_WARNING, KA_ID_INITRD_NO_TRAILER, s->context->path,
			  rebuild, "the cpio archive has no end mark: it may be cut off");
		return;
	}
}

/*
 * A boot configuration may follow the initrd: its bytes, size, checksum and mark, up to 3 zeros after
 * it (Documentation/admin-guide/bootconfig.rst). The kernel takes it off first. The size without it.
 */
static uint64_t size_without_bootconfig(const struct ka_reader *reader)
{
	static const char mark[] = "#BOOTCONFIG\n";
	const size_t n = sizeof(mark) - 1;
	uint8_t tail[8 + sizeof(mark) - 1];

	for (uint64_t pad = 0; pad < 4; pad++) {
		uint64_t end = reader->size - pad;

		if (reader->size < pad + sizeof(tail) ||
		    ka_read_at(reader, end - sizeof(tail), tail, sizeof(tail)) < 0)
			break;
		if (memcmp(tail + 8, mark, n) == 0 && ka_le32(tail) <= end - sizeof(tail))
			return end - sizeof(tail) - ka_le32(tail);
	}
	return reader->size;
}

static void check_bootconfig(const struct ka_initrd_context *context, uint64_t size,
			     uint64_t without, struct ka_findings *findings)
{
	if (context->is_last || without == size)
		return;
	ka_report(
		findings, KA_ERROR, KA_ID_INITRD_BOOTCONFIG, context->path,
		"put the boot configuration at the end of the last initrd (bootconfig -a)",
		"a boot configuration of %llu bytes is at its end, and another initrd follows: the "
		"kernel looks for it at the end of the last one only",
		(unsigned long long)(size - without));
}

int ka_initrd_inspect(const struct ka_reader *reader, const struct ka_initrd_context *context,
		      struct ka_initrd_summary *summary, struct ka_findings *findings)
{
	const struct ka_reader initrd = {
		.fd = reader->fd,
		.base = reader->base,
		.size = size_without_bootconfig(reader),
	};
	struct scan s = {
		.reader = &initrd,
		.context = context,
		.summary = summary,
		.findings = findings,
	};
	size_t n_before = findings->n;
	int r;

	check_bootconfig(context, reader->size, initrd.size, findings);
	summary->packed += initrd.size;
	do
		r = scan_member(&s);
	while (r > 0);
	if (findings->n > n_before)
		summary->is_partial = true;
	else if (r == 0)
		check_end(&s);
	return r;
}
