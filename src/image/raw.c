// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels that are a plain copy of memory behind a header: arm64 and riscv64
 * (Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst), loongarch64,
 * and s390x. The first three can have an EFI stub; its PE sections are then the only thing that tells
 * where the file should end.
 *
 * Their loaders (arch/ARCH/kernel/kexec_image.c, kexec_efi.c) look at the magic and the size, that of
 * s390x at nothing.
 */

#include "image/image.h"
#include "image/pe.h"
#include "image/scan.h"
#include "image/signature.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>

#define HEADER_SIZE 0x40

/* arm64: flags */
#define FLAG_BIG_ENDIAN 0x1
#define FLAG_PAGE_SHIFT 1
#define FLAG_PAGE_MASK	0x3

/* arch/s390/include/asm/setup.h */
#define S390_MAGIC_AT	   0x10008
#define S390_PARMAREA	   0x10400
#define S390_VERSION	   (S390_PARMAREA + 0x28) /* where the version text is */
#define S390_CMDLINE_LIMIT (S390_PARMAREA + 0x30)
#define S390_CMDLINE	   (S390_PARMAREA + 0x80)
#define S390_CMDLINE_OLD   896 /* where the image names no limit */

static const char reinstall[] = "reinstall the kernel package";

/* cmdline_limit: COMMAND_LINE_SIZE without the NUL, and without what the loader puts in front. */
static const struct raw_format {
	const char *arch; /* as uname -m */
	const char *magic;
	uint16_t pe_machine;
	uint32_t cmdline_limit;
	unsigned int since; /* the first Linux whose file call takes it: 616 for 6.16 */
} formats[] = {
	{ "aarch64", "ARM\x64", KA_PE_MACHINE_ARM64, 2047, 0 },
	{ "riscv64", "RSC\x05", KA_PE_MACHINE_RISCV64, 1023, 616 },
	/* "kexec_file initrd=0x…,0x… " */
	{ "loongarch64", "\xcd\x23\x82\x81", KA_PE_MACHINE_LOONGARCH64, 4095 - 64, 618 },
};

struct work {
	const struct ka_reader *reader;
	const struct ka_image_context *context;
	const struct raw_format *format;
	struct ka_image *image;
	struct ka_findings *findings;
	uint64_t text_offset, image_size, flags;
	bool is_efi;
};

#define header_error(w, ...)                                                                       \
	ka_report((w)->findings, KA_ERROR, KA_ID_KERNEL_HEADER, (w)->context->path, reinstall,     \
		  __VA_ARGS__)

/* The third magic is that of every EFI stub: only the PE machine tells. */
static const struct raw_format *find_format(const struct ka_reader *reader)
{
	uint8_t head[HEADER_SIZE], machine[2];

	if (ka_read_at(reader, 0, head, sizeof(head)) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (memcmp(head + 0x38, formats[i].magic, 4) != 0)
			continue;
		if (formats[i].pe_machine != KA_PE_MACHINE_LOONGARCH64 ||
		    (memcmp(head, "MZ\0\0", 4) == 0 &&
		     ka_read_at(reader, ka_le32(head + 0x3c) + 4ull, machine, sizeof(machine)) ==
			     0 &&
		     ka_le16(machine) == formats[i].pe_machine))
			return &formats[i];
	}
	return NULL;
}

static bool is_s390(const struct ka_reader *reader)
{
	char magic[6];

	return ka_read_at(reader, S390_MAGIC_AT, magic, sizeof(magic)) == 0 &&
	       memcmp(magic, "S390EP", sizeof(magic)) == 0;
}

bool ka_raw_detect(const struct ka_reader *reader)
{
	return find_format(reader) || is_s390(reader);
}

static int check_arch(const struct ka_image_context *context, const char *arch,
		      struct ka_findings *findings)
{
	const char *own = context->machine->arch;

	if (!own || ka_streq(own, arch))
		return 0;
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_ARCH, context->path,
		  "take a kernel for this machine", "a kernel for %s, this machine is %s", arch,
		  own);
	return 0;
}

/* what: becomes of one that is too long */
static int check_cmdline(const struct ka_image_context *context, uint64_t limit, const char *what,
			 struct ka_findings *findings)
{
	if (context->cmdline_len <= limit)
		return 0;
	ka_report(findings, KA_ERROR, KA_ID_CMDLINE_TOO_LONG, context->path,
		  "shorten the command line",
		  "the command line has %zu characters, this kernel takes %" PRIu64 " %s",
		  context->cmdline_len, limit, what);
	return 0;
}

/* Does the running kernel take the format at all? */
static int check_running(const struct work *w)
{
	unsigned int running = ka_release_number(w->context->machine->release);

	if (running == 0 || running >= w->format->since)
		return 0;
	w->image->needs_kexec_load = true;
	ka_report(w->findings, KA_WARNING, KA_ID_KEXEC_LOAD, w->context->path, NULL,
		  "an Image for %s, which kexec_file_load takes since Linux %u.%u; this is "
		  "%s, so the older kexec_load has to, through kexec(8), without any check "
		  "by the kernel",
		  w->format->arch, w->format->since / 100, w->format->since % 100,
		  w->context->machine->release);
	return 0;
}

static int check_header(const struct work *w)
{
	uint64_t total = w->context->machine->memory_total, size = w->reader->size;

	if (w->image_size == 0) {
		header_error(w, "image_size is 0: a kernel older than 3.17, or a damaged "
				"header");
		return 0;
	}
	if (size > w->image_size + w->text_offset || w->text_offset > w->image_size) {
		header_error(w,
			     "image_size is %" PRIu64 ", text_offset %" PRIu64
			     ", and the file has %" PRIu64
			     " bytes: it does not fit in, which the kernel refuses",
			     w->image_size, w->text_offset, size);
		return 0;
	}
	if (total && w->image_size >= total / 2) {
		header_error(w,
			     "image_size is %" PRIu64 ": half of the machine's %" PRIu64
			     " bytes of memory or more, which the kernel refuses",
			     w->image_size, total);
		return 0;
	}
	return 0;
}

/* What the processor can do, the kernel says only when it is asked to load. */
static int check_flags(const struct work *w)
{
	static const unsigned int pages[] = { 0, 4096, 16384, 65536 };
	unsigned int page = pages[w->flags >> FLAG_PAGE_SHIFT & FLAG_PAGE_MASK];
	unsigned int own = w->context->machine->page_size;

	if (w->format->pe_machine != KA_PE_MACHINE_ARM64)
		return 0;
	if (w->flags & FLAG_BIG_ENDIAN)
		ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_BIG_ENDIAN, w->context->path,
			  reinstall, "a big-endian kernel (flags 0x%" PRIx64 ")", w->flags);
	if (page && own && page != own)
		ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_PAGE_SIZE, w->context->path, NULL,
			  "the kernel has pages of %u bytes, the running one of %u: whether "
			  "the processor can do that is not known here",
			  page, own);
	return 0;
}

/* "MZ" is missing, which is also the kernel's first instruction. Is the rest of an EFI stub there? */
static int check_no_pe(const struct work *w)
{
	uint8_t at[4], magic[4];

	if (ka_read_at(w->reader, 0x3c, at, sizeof(at)) < 0 ||
	    ka_read_at(w->reader, ka_le32(at), magic, sizeof(magic)) < 0 ||
	    memcmp(magic, "PE\0\0", 4) != 0)
		return 0;
	header_error(w, "there is a PE header at 0x%" PRIx32 ", and no \"MZ\" at the start",
		     ka_le32(at));
	return 0;
}

static int check_pe(struct work *w)
{
	const char *why = NULL;
	struct ka_pe pe;
	int r = ka_pe_read(w->reader, &pe, &why);

	if (r == -EBADMSG) {
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, w->context->path,
			  reinstall,
			  "the file is cut off, or the EFI stub's PE header is damaged: %s. "
			  "The kernel would take it as it is",
			  why);
		return 0;
	}
	if (r <= 0)
		return r < 0 ? r : check_no_pe(w);
	w->is_efi = true;
	if (pe.machine != w->format->pe_machine) {
		header_error(w, "the EFI stub is for machine 0x%04x, the header is that of %s",
			     pe.machine, w->format->arch);
		return 0;
	}
	if (pe.subsystem != KA_PE_SUBSYSTEM_EFI_APPLICATION) {
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_PE, w->context->path, reinstall,
			  "the EFI stub's PE subsystem is %u, not 10 (EFI application)",
			  pe.subsystem);
		return 0;
	}
	w->image->is_signed = pe.cert_size > 0;
	if (w->image->is_signed)
		return ka_signature_inspect(w->reader, &pe, w->context, w->image, w->findings);
	if (w->reader->size > pe.sections_end && !w->context->is_unpacked) {
		ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_TRAILING, w->context->path,
			  reinstall, "%" PRIu64 " bytes follow the kernel and are no signature",
			  w->reader->size - pe.sections_end);
		return 0;
	}
	return 0;
}

static int check_complete(const struct work *w)
{
	if (w->is_efi || w->context->is_unpacked || w->context->fast)
		return 0;
	ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_UNCHECKED, w->context->path, NULL,
		  "nothing in the file says where it should end, as it has no EFI stub: "
		  "whether it is whole cannot be told");
	return 0;
}

static uint64_t be64(const uint8_t *p)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

/* "6.1.0-50-s390x (debian-kernel@…) #1 SMP …" */
static int read_s390_version(const struct ka_reader *reader, char **ret)
{
	char text[256] = "";
	uint8_t word[8];
	uint64_t at;

	if (ka_read_at(reader, S390_VERSION, word, sizeof(word)) < 0)
		return 0;
	at = be64(word);
	if (at == 0 || ka_read_at(reader, at, text, sizeof(text) - 1) < 0)
		return 0;
	if (!ka_is_digit(*text))
		return 0;
	*ret = ka_strdup(text);
	return 0;
}

static int inspect_s390(const struct ka_reader *reader, const struct ka_image_context *context,
			struct ka_image *ret, struct ka_findings *findings)
{
	uint64_t limit = S390_CMDLINE_OLD;
	uint8_t word[8];
	int r;

	ret->is_signed = ka_image_has_appended_signature(reader);
	r = ka_read_at(reader, S390_CMDLINE_LIMIT, word, sizeof(word));

	if (r < 0 && r != -ENODATA)
		return r;
	if (r == 0 && be64(word) > 0)
		limit = be64(word);
	if (r == -ENODATA || limit > reader->size || reader->size - limit < S390_CMDLINE) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, context->path, reinstall,
			  "truncated: the command line of %" PRIu64
			  " bytes has its place at byte 0x%x, and the file ends at %" PRIu64,
			  limit, S390_CMDLINE, reader->size);
		return 0;
	}
	r = check_arch(context, "s390x", findings);
	/* The NUL counts, and the limit itself is too much already. */
	if (r == 0)
		r = check_cmdline(context, limit - 2, "and the load would fail", findings);
	if (r == 0 && !context->fast)
		ka_report(findings, KA_WARNING, KA_ID_KERNEL_UNCHECKED, context->path, NULL,
			  "nothing in an image for s390x says where it should end: whether it "
			  "is whole cannot be told");
	/* It is unpacked to an address the header does not tell; its own size is what is known. */
	ret->init_size = reader->size;
	return r < 0 ? r : read_s390_version(reader, &ret->kernel_version);
}

int ka_raw_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings)
{
	struct work w = {
		.reader = reader,
		.context = context,
		.format = find_format(reader),
		.image = ret,
		.findings = findings,
	};
	uint8_t head[HEADER_SIZE];
	int r;

	ret->kind = KA_IMAGE_RAW;
	ret->appends_signature = !w.format;
	if (!w.format)
		return inspect_s390(reader, context, ret, findings);
	r = ka_read_at(reader, 0, head, sizeof(head));
	if (r < 0)
		return r;
	w.text_offset = w.format->pe_machine == KA_PE_MACHINE_LOONGARCH64 ? 0 : ka_le64(head + 8);
	w.image_size = ka_le64(head + 0x10);
	w.flags = ka_le64(head + 0x18);
	ret->init_size = w.image_size;

	r = check_arch(context, w.format->arch, findings);
	if (r == 0)
		r = check_running(&w);
	if (r == 0)
		r = check_header(&w);
	if (r == 0)
		r = check_flags(&w);
	if (r == 0)
		r = check_cmdline(context, w.format->cmdline_limit,
				  "and cuts the rest off without a word", findings);
	if (r == 0)
		r = check_pe(&w);
	if (r == 0)
		r = check_complete(&w);
	return r < 0 || context->fast ? r : ka_scan_version(reader, &ret->kernel_version);
}
