// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The x86 kernel image: real-mode setup with the boot protocol's header at 0x1f1, then the
 * protected-mode code (syssize paragraphs), then, when signed, the certificates.
 *
 * Documentation/arch/x86/boot.rst has the fields. The kernel's loader
 * (arch/x86/kernel/kexec-bzimage64.c) looks at a handful of them and copies
 * 0x202 + byte 0x201 - 0x1f1 bytes unchecked, so one wrong byte oopses the running machine;
 * truncated files and absurd fields it loads and then hangs in the dark. Hence every field is
 * checked here, before the call.
 */

#include "image/image.h"
#include "image/payload.h"
#include "image/pe.h"
#include "image/signature.h"
#include "unpack/unpack.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>

#define HEADER_START 0x1f1
#define HEADER_END   0x26c /* of the fields read here */
#define SETUP_MIN    1024  /* the kernel's own lower bound */

/* setup_header may never outgrow 144 bytes: that is the room in the zero page. */
#define HEADER_END_MIN 0x268
#define HEADER_END_MAX (HEADER_START + 144)

#define LOADED_HIGH 0x01

#define XLF_KERNEL_64		   0x01
#define XLF_CAN_BE_LOADED_ABOVE_4G 0x02
#define XLF_EFI_KEXEC		   0x10
#define XLF_5LEVEL		   0x20

/* Room the kernel keeps on the command line for "elfcorehdr=0x<16 digits> ", on every load
 * (MAX_ELFCOREHDR_STR_LEN). */
#define CMDLINE_RESERVE 30

/* The certificate table is padded to a multiple of 8. */
#define CERT_PADDING 7

static const char reinstall[] = "reinstall the kernel package";

struct header {
	uint32_t setup_size; /* bytes */
	uint64_t code_size;  /* bytes of protected-mode code */
	uint16_t protocol;
	uint16_t boot_flag;
	uint8_t jump_opcode;
	uint32_t end; /* of the header, by its jump */
	uint16_t kernel_version;
	uint8_t loadflags;
	uint32_t ramdisk_image, ramdisk_size, subarch;
	uint64_t setup_data;
	uint32_t alignment;
	uint8_t relocatable;
	uint8_t min_alignment;
	uint16_t xloadflags;
	uint32_t cmdline_size;
	uint32_t payload_offset, payload_length;
	uint64_t pref_address;
	uint32_t init_size;
	uint32_t kernel_info_offset;
};

/* What every check works on. */
struct work {
	const struct ka_reader *reader;
	const struct ka_image_context *context;
	struct header h;
	struct ka_image *image;
	struct ka_findings *findings;
	size_t n_before; /* findings that were there already */
};

static int read_header(const struct ka_reader *reader, struct header *ret)
{
	uint8_t buf[HEADER_END];
	int r;

	r = ka_read_at(reader, 0, buf, sizeof(buf));
	if (r < 0)
		return r;
	*ret = (struct header){
		.setup_size = ((buf[0x1f1] ? buf[0x1f1] : 4u) + 1) * 512,
		.code_size = (uint64_t)ka_le32(buf + 0x1f4) * 16,
		.boot_flag = ka_le16(buf + 0x1fe),
		.jump_opcode = buf[0x200],
		.end = 0x202u + buf[0x201],
		.protocol = ka_le16(buf + 0x206),
		.kernel_version = ka_le16(buf + 0x20e),
		.loadflags = buf[0x211],
		.ramdisk_image = ka_le32(buf + 0x218),
		.ramdisk_size = ka_le32(buf + 0x21c),
		.subarch = ka_le32(buf + 0x23c),
		.setup_data = ka_le64(buf + 0x250),
		.alignment = ka_le32(buf + 0x230),
		.relocatable = buf[0x234],
		.min_alignment = buf[0x235],
		.xloadflags = ka_le16(buf + 0x236),
		.cmdline_size = ka_le32(buf + 0x238),
		.payload_offset = ka_le32(buf + 0x248),
		.payload_length = ka_le32(buf + 0x24c),
		.pref_address = ka_le64(buf + 0x258),
		.init_size = ka_le32(buf + 0x260),
		.kernel_info_offset = ka_le32(buf + 0x268),
	};
	return 0;
}

bool ka_bzimage_detect(const struct ka_reader *reader)
{
	uint8_t magic[4];

	return ka_read_at(reader, 0x202, magic, sizeof(magic)) == 0 &&
	       memcmp(magic, "HdrS", 4) == 0;
}

/* A damaged field: the text says which, what it holds and what the rule is. */
#define header_error(w, ...)                                                                       \
	ka_report((w)->findings, KA_ERROR, KA_ID_KERNEL_HEADER, (w)->context->path, reinstall,     \
		  __VA_ARGS__)

static int check_start(const struct work *w)
{
	const struct header *h = &w->h;

	if (h->boot_flag != 0xaa55)
		header_error(w, "no x86 boot sector: boot_flag is 0x%04x, not 0xaa55",
			     h->boot_flag);
	if (h->jump_opcode != 0xeb || h->end < HEADER_END_MIN || h->end > HEADER_END_MAX)
		header_error(w,
			     "the jump at 0x200 (0x%02x) makes the header end at 0x%x; it must "
			     "be 0xeb, and the end between 0x%x and 0x%x. Some kernels crash on "
			     "loading such a file",
			     h->jump_opcode, h->end, HEADER_END_MIN, HEADER_END_MAX);
	if (h->setup_size > 65 * 512)
		header_error(w,
			     "setup_sects promises %" PRIu32 " bytes of setup code, more "
			     "than 64 sectors",
			     h->setup_size);
	if (!(h->loadflags & LOADED_HIGH))
		header_error(w, "loadflags is 0x%02x: a zImage, not a bzImage", h->loadflags);
	return 0;
}

/* Fields that a loader fills. The kernel's own takes them from the file as they are, and the next
 * kernel follows them: an initrd or a list of data where there is none, or another kind of machine. */
static int check_unset(const struct work *w)
{
	const struct header *h = &w->h;

	if (h->ramdisk_image == 0 && h->ramdisk_size == 0 && h->subarch == 0 && h->setup_data == 0)
		return 0;
	header_error(w,
		     "ramdisk_image 0x%" PRIx32 ", ramdisk_size 0x%" PRIx32
		     ", hardware_subarch 0x%" PRIx32 ", setup_data 0x%" PRIx64
		     ": all of them must be 0 in the file",
		     h->ramdisk_image, h->ramdisk_size, h->subarch, h->setup_data);
	return 0;
}

static int check_protocol(const struct work *w)
{
	const struct header *h = &w->h;

	if (h->protocol < 0x20c) {
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_TOO_OLD, w->context->path,
			  "boot it with a cold reboot",
			  "boot protocol %u.%02u; kexec needs 2.12 or newer (Linux 3.8)",
			  h->protocol >> 8, h->protocol & 0xff);
		return 0;
	}
	if (h->protocol > 0x2ff) {
		header_error(w, "boot protocol version 0x%04x does not exist", h->protocol);
		return 0;
	}
	if (!(h->xloadflags & XLF_KERNEL_64) || !(h->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G)) {
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_NOT_64BIT, w->context->path,
			  "take a 64-bit kernel built with CONFIG_RELOCATABLE",
			  "xloadflags is 0x%04x: %s is not set", h->xloadflags,
			  h->xloadflags & XLF_KERNEL_64 ? "XLF_CAN_BE_LOADED_ABOVE_4G"
							: "XLF_KERNEL_64");
		return 0;
	}
	return 0;
}

static int check_size(const struct work *w)
{
	const struct header *h = &w->h;
	uint64_t end = h->setup_size + h->code_size, size = w->reader->size;

	if (h->code_size == 0) {
		header_error(w, "syssize is 0: no kernel behind the setup code");
		return 0;
	}
	if (size >= end)
		return 0;
	ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, w->context->path, reinstall,
		  "truncated: the header promises %" PRIu64 " bytes, the file has %" PRIu64
		  " (%" PRIu64 " are missing, %.1f %% are there). The kernel would load this "
		  "and hang after the jump",
		  end, size, end - size, 100.0 * (double)size / (double)end);
	return 0;
}

static int inspect_payload(const struct work *w)
{
	const struct ka_reader payload = {
		.fd = w->reader->fd,
		.base = w->reader->base + w->h.setup_size + w->h.payload_offset,
		.size = w->h.payload_length,
	};

	/* What is cut off, or has no room to unpack, is said elsewhere. */
	if (w->context->fast || !(w->h.xloadflags & XLF_KERNEL_64) ||
	    w->h.init_size < w->h.code_size ||
	    (uint64_t)w->h.setup_size + w->h.payload_offset + w->h.payload_length > w->reader->size)
		return 0;
	return ka_payload_inspect(&payload, w->context->path, w->h.init_size, w->image,
				  w->findings);
}

static int check_payload(const struct work *w)
{
	const struct header *h = &w->h;
	uint8_t start[2];
	int r;

	if ((uint64_t)h->payload_offset + h->payload_length > h->code_size) {
		header_error(w,
			     "payload_offset %" PRIu32 " + payload_length %" PRIu32
			     " reach beyond the %" PRIu64 " bytes of code",
			     h->payload_offset, h->payload_length, h->code_size);
		return 0;
	}
	if (h->payload_length < 4) {
		header_error(w, "payload_length is %" PRIu32 ": no kernel inside",
			     h->payload_length);
		return 0;
	}

	r = ka_read_at(w->reader, (uint64_t)h->setup_size + h->payload_offset, start,
		       sizeof(start));
	if (r < 0)
		return r == -ENODATA ? 0 : r; /* truncated, which is said already */
	w->image->packing = ka_packing_detect(start, sizeof(start));
	if (w->image->packing != KA_PACKING_NONE)
		return inspect_payload(w);
	ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_PAYLOAD, w->context->path, reinstall,
		  "the compressed kernel at %" PRIu64 " begins with %02x %02x, which is no "
		  "known compression",
		  (uint64_t)h->setup_size + h->payload_offset, start[0], start[1]);
	return 0;
}

/* Has a check of this file found an error? */
static bool has_error(const struct work *w)
{
	for (size_t i = w->n_before; i < w->findings->n; i++)
		if (w->findings->items[i].severity == KA_ERROR)
			return true;
	return false;
}

/* By which what comes out may run behind what goes in, and the unpacking code's least heap. */
#define UNPACK_MARGIN	   65536
#define UNPACK_MARGIN_ZSTD 131072
#define UNPACK_HEAP	   0x10000
#define UNPACK_HEAP_ZSTD   0x30000

/*
 * The kernel moves itself to the end of init_size bytes of memory and unpacks to their start: its packed
 * end must lie behind what comes out, or the one overwrites the other (extra_bytes and ZO_INIT_SIZE in
 * arch/x86/boot/header.S, BOOT_HEAP_SIZE in asm/boot.h; before 4.7 the share was a 4096th).
 */
static int check_room(const struct work *w)
{
	const struct header *h = &w->h;
	bool is_zstd = w->image->packing == KA_PACKING_ZSTD;
	uint64_t out, need, packed_end = (uint64_t)h->payload_offset + h->payload_length;
	uint8_t word[4];
	int r;

	if (has_error(w) || h->payload_length < 4)
		return 0;
	r = ka_read_at(w->reader, h->setup_size + packed_end - 4, word, sizeof(word));
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	out = ka_le32(word);
	need = h->code_size + out + (out >> 12) + (is_zstd ? UNPACK_MARGIN_ZSTD : UNPACK_MARGIN) +
	       (is_zstd ? UNPACK_HEAP_ZSTD : UNPACK_HEAP) - packed_end;
	if (h->init_size >= need)
		return 0;
	header_error(w,
		     "init_size is %" PRIu32 ": the %" PRIu64 " bytes that come out of the "
		     "packed kernel need %" PRIu64 " at least, or they overwrite it",
		     h->init_size, out, need);
	return 0;
}

static bool is_power_of_two(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

static int check_placement(const struct work *w)
{
	const struct header *h = &w->h;
	uint64_t total = w->context->machine->memory_total;

	if (h->min_alignment > 31 || !is_power_of_two(h->alignment) ||
	    h->alignment < 1u << h->min_alignment) {
		header_error(w,
			     "kernel_alignment is 0x%" PRIx32 ": it must be a power of two "
			     "and at least 2^%u (min_alignment)",
			     h->alignment, h->min_alignment);
		return 0;
	}
	if (h->relocatable != 1)
		header_error(w, "relocatable_kernel is %u, not 1: kexec has to move the kernel",
			     h->relocatable);
	if ((h->pref_address % h->alignment != 0 || h->pref_address == 0 ||
	     (total && h->pref_address >= total)))
		header_error(w,
			     "pref_address is 0x%" PRIx64 ": it must be a multiple of "
			     "kernel_alignment (0x%" PRIx32 ") inside the machine's memory",
			     h->pref_address, h->alignment);
	if (h->init_size < h->code_size)
		header_error(w, "init_size is %" PRIu32 ", less than the %" PRIu64 " bytes of code",
			     h->init_size, h->code_size);
	if (total && h->init_size >= total / 2)
		header_error(w,
			     "init_size is %" PRIu32 ": half of the machine's %" PRIu64
			     " bytes of memory or more, which the kernel refuses",
			     h->init_size, total);
	return 0;
}

static int check_cmdline(const struct work *w)
{
	const struct header *h = &w->h;
	size_t limit;

	if (h->cmdline_size < 255 || h->cmdline_size > 65535) {
		header_error(w, "cmdline_size is %" PRIu32 ": not between 255 and 65535",
			     h->cmdline_size);
		return 0;
	}
	limit = h->cmdline_size - CMDLINE_RESERVE - 1;
	if (w->context->cmdline_len <= limit)
		return 0;
	ka_report(w->findings, KA_ERROR, KA_ID_CMDLINE_TOO_LONG, w->context->path,
		  "shorten the command line",
		  "the command line has %zu characters, this kernel takes %zu through kexec "
		  "(its limit of %" PRIu32 ", less %d kept for elfcorehdr=, less the NUL)",
		  w->context->cmdline_len, limit, h->cmdline_size, CMDLINE_RESERVE);
	return 0;
}

/* What the running machine needs from the next kernel. */
static int check_machine(const struct work *w)
{
	const struct ka_machine *m = w->context->machine;
	const struct header *h = &w->h;

	if (m->arch && !ka_streq(m->arch, "x86_64"))
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_ARCH, w->context->path,
			  "take a kernel for this machine", "an x86 kernel, this machine is %s",
			  m->arch);
	if (m->la57 == KA_UNKNOWN && !(h->xloadflags & XLF_5LEVEL))
		ka_report(
			w->findings, KA_WARNING, KA_ID_KERNEL_NO_5LEVEL, w->context->path,
			"look for la57 in /proc/cpuinfo",
			"whether this machine runs with five-level page tables cannot be told "
			"from /proc/cpuinfo; the kernel does not support them (xloadflags 0x%04x)",
			h->xloadflags);
	if (m->la57 == KA_YES && !(h->xloadflags & XLF_5LEVEL))
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_NO_5LEVEL, w->context->path,
			  "boot with no5lvl first, or take a newer kernel",
			  "this machine runs with five-level page tables, which the kernel does "
			  "not support (xloadflags 0x%04x)",
			  h->xloadflags);
	if (m->efi && !(h->xloadflags & XLF_EFI_KEXEC))
		ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_NO_EFI_KEXEC, w->context->path,
			  NULL,
			  "this kernel does not take over EFI through kexec (xloadflags 0x%04x): "
			  "no EFI variables after the restart",
			  h->xloadflags);
	return 0;
}

/* Which is said already; what else is missing then is no news. */
static bool is_truncated(const struct work *w)
{
	return w->h.setup_size + w->h.code_size > w->reader->size;
}

/* kernel_info (protocol 2.15) begins with "LToP". Nothing of kexec reads it: a warning. */
static int check_kernel_info(const struct work *w)
{
	uint8_t magic[4];
	int r;

	if (w->h.protocol < 0x20f || w->h.kernel_info_offset == 0 || is_truncated(w))
		return 0;
	r = ka_read_at(w->reader, (uint64_t)w->h.setup_size + w->h.kernel_info_offset, magic,
		       sizeof(magic));
	if (r < 0 && r != -ENODATA)
		return r;
	if (r == 0 && memcmp(magic, "LToP", 4) == 0)
		return 0;
	ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_INFO, w->context->path, reinstall,
		  "no kernel_info where kernel_info_offset (0x%" PRIx32 ") points",
		  w->h.kernel_info_offset);
	return 0;
}

/* Bytes behind the code must be the certificates the PE header names. */
static void check_tail(const struct work *w, const struct ka_pe *pe)
{
	uint64_t end = w->h.setup_size + w->h.code_size, size = w->reader->size;

	if (pe && pe->cert_size > 0 && pe->cert_offset < end) {
		header_error(w,
			     "syssize makes the kernel end at byte %" PRIu64
			     ", inside the certificates at %" PRIu32,
			     end, pe->cert_offset);
		return;
	}
	if (size <= end)
		return;
	if (pe && pe->cert_size > 0 && pe->cert_offset >= end &&
	    pe->cert_offset - end <= CERT_PADDING &&
	    (uint64_t)pe->cert_offset + pe->cert_size == size)
		return;
	ka_report(w->findings, KA_WARNING, KA_ID_KERNEL_TRAILING, w->context->path, reinstall,
		  "%" PRIu64 " bytes follow the kernel and are no signature", size - end);
}

/* A header that promises more than the file has need not be the wrong one of the two. */
static void report_pe(const struct work *w, const struct ka_pe *pe, const char *why)
{
	uint64_t end = (uint64_t)pe->cert_offset + pe->cert_size, size = w->reader->size;

	if (is_truncated(w))
		return;
	if (pe->cert_size > 0 && end > size && pe->cert_offset <= size) {
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, w->context->path,
			  reinstall,
			  "truncated: the PE header has the signature end at byte %" PRIu64
			  ", and the file has %" PRIu64 " (%" PRIu64 " are missing)",
			  end, size, end - size);
		return;
	}
	ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_PE, w->context->path, reinstall,
		  "the EFI stub's PE header is damaged: %s", why);
}

static int check_pe(const struct work *w)
{
	const char *why = NULL;
	struct ka_pe pe;
	int r;

	r = ka_pe_read(w->reader, &pe, &why);
	if (r == 0)
		check_tail(w, NULL); /* built without CONFIG_EFI_STUB */
	if (r == -EBADMSG)
		report_pe(w, &pe, why);
	if (r <= 0)
		return r == -EBADMSG ? 0 : r;

	w->image->is_signed = pe.cert_size > 0;
	if (pe.machine != KA_PE_MACHINE_AMD64 && pe.machine != KA_PE_MACHINE_I386)
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_ARCH, w->context->path, reinstall,
			  "the EFI stub is for machine 0x%04x (%s), not for x86", pe.machine,
			  ka_pe_machine_arch(pe.machine) ? ka_pe_machine_arch(pe.machine)
							 : "unknown");
	else if (pe.subsystem != KA_PE_SUBSYSTEM_EFI_APPLICATION)
		ka_report(w->findings, KA_ERROR, KA_ID_KERNEL_PE, w->context->path, reinstall,
			  "the EFI stub's PE subsystem is %u, not 10 (EFI application)",
			  pe.subsystem);
	else if (pe.sections_end > w->h.setup_size + w->h.code_size)
		header_error(w,
			     "syssize makes the kernel end at byte %" PRIu64
			     ", and its PE sections at %" PRIu64,
			     w->h.setup_size + w->h.code_size, pe.sections_end);
	else
		check_tail(w, &pe);
	/* A file that is damaged anyhow would only be found to differ from what was signed. */
	if (w->image->is_signed && !has_error(w))
		return ka_signature_inspect(w->reader, &pe, w->context, w->image, w->findings);
	return 0;
}

/* Linux up to 6.14 ends with a checksum; "6.14.0-rc1" and the like are before 6.15. */
static bool has_checksum(const char *version)
{
	unsigned int number = ka_release_number(version);

	return number > 0 && number < 615;
}

/*
 * Other tools may have changed more than a signature does: a warning where the kernel inside is
 * verified by another checksum, which lz4, lzma and lzo do not have. What a signature's digest has
 * verified needs no second look.
 */
static int check_checksum(const struct work *w)
{
	uint64_t end = w->h.setup_size + w->h.code_size;
	struct ka_pe pe;
	const char *why;
	int r;

	if (w->context->fast || !has_checksum(w->image->kernel_version) || end > w->reader->size ||
	    w->image->signature.is_intact)
		return 0;
	r = ka_pe_read(w->reader, &pe, &why);
	/* A damaged header is said already, and what to leave out is not known. */
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	r = ka_payload_verify_crc(w->reader, end, r > 0 ? &pe : NULL);
	if (r != 0)
		return r == -EOPNOTSUPP || r > 0 ? 0 : r;
	ka_report(w->findings, w->image->is_verified ? KA_WARNING : KA_ERROR, KA_ID_KERNEL_CHECKSUM,
		  w->context->path, reinstall,
		  "the checksum at the end of the kernel is not that of its bytes");
	return 0;
}

/* The text that kernel_version points to, which must end inside the setup code. */
static int read_kernel_version(const struct ka_reader *reader, const struct header *h, char **ret)
{
	uint64_t offset = (uint64_t)h->kernel_version + 0x200;
	char text[512];
	size_t n = sizeof(text);
	int r;

	if (h->kernel_version == 0 || offset >= h->setup_size)
		return 0;
	if (n > h->setup_size - offset)
		n = h->setup_size - offset;
	r = ka_read_at(reader, offset, text, n);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if (!memchr(text, '\0', n))
		return 0;
	*ret = ka_strdup(text);
	return 1;
}

int ka_bzimage_kernel_version(const struct ka_reader *reader, char **ret)
{
	struct header h;
	int r;

	r = read_header(reader, &h);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	return read_kernel_version(reader, &h, ret);
}

int ka_bzimage_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		       struct ka_image *ret, struct ka_findings *findings)
{
	static int (*const checks[])(const struct work *w) = {
		check_start,   check_unset,	  check_protocol, check_size,
		check_payload, check_placement,	  check_room,	  check_cmdline,
		check_machine, check_kernel_info, check_pe,	  check_checksum,
	};
	struct work w = {
		.reader = reader,
		.context = context,
		.image = ret,
		.findings = findings,
		.n_before = findings->n,
	};
	int r;

	ret->kind = KA_IMAGE_BZIMAGE;
	r = reader->size < SETUP_MIN ? -ENODATA : read_header(reader, &w.h);
	if (r == -ENODATA) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, context->path, reinstall,
			  "truncated: %" PRIu64 " bytes are too short to be a bzImage",
			  reader->size);
		return 0;
	}
	if (r < 0)
		return r;

	ret->init_size = w.h.init_size;
	r = read_kernel_version(reader, &w.h, &ret->kernel_version);
	for (size_t i = 0; i < ARRAY_SIZE(checks) && r >= 0; i++)
		r = checks[i](&w);
	return r < 0 ? r : 0;
}
