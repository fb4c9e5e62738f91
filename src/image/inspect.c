// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kind of kernel file is it? The first bytes decide which reader looks at the rest. */

#include "image/image.h"
#include "image/pe.h"

#include <kexec-any/text.h>

#include <errno.h>

/* What a file that is no kernel looks like, for people. */
static const char *describe(const uint8_t *start, size_t n)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} known[] = {
		{ "\x1f\x8b", 2, "gzip data" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd data" },
		{ "\xfd"
		  "7zXZ",
		  5, "xz data" },
		{ "\x02\x21\x4c\x18", 4, "lz4 data" },
		{ "070701", 6, "a cpio archive (an initrd?)" },
		{ "!<arch>", 7, "an ar archive (a package?)" },
		{ "#!", 2, "a script" },
	};
	size_t zeros = 0, text = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (n >= known[i].len && memcmp(start, known[i].magic, known[i].len) == 0)
			return known[i].what;
	if (n >= 9 && (ka_ncasecmp((const char *)start, "<!doctype", 9) == 0 ||
		       ka_ncasecmp((const char *)start, "<html", 5) == 0))
		return "an HTML page";
	for (size_t i = 0; i < n; i++) {
		zeros += start[i] == 0;
		text += ka_is_print(start[i]) || ka_is_space(start[i]);
	}
	if (zeros == n)
		return "nothing but zeros";
	if (text == n)
		return "a text file";
	return "no known format";
}

/* Formats that are recognised, and what this version can say of them. */
static void refuse_format(const struct ka_image_context *context, enum ka_image_kind kind,
			  struct ka_image *ret, struct ka_findings *findings)
{
	ret->kind = kind;
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_UNSUPPORTED, context->path,
		  "boot it with a cold reboot, or name a plain kernel with --entry=",
		  "a kernel of the kind '%s', which this version of kexec-any cannot load",
		  ka_image_kind_name(kind));
}

static int inspect_efi(const struct ka_reader *reader, const struct ka_image_context *context,
		       const uint8_t *start, struct ka_image *ret, struct ka_findings *findings)
{
	const char *why = NULL, *arch;
	struct ka_pe pe;
	int r;

	if (memcmp(start + 4, "zimg", 4) == 0) {
		refuse_format(context, KA_IMAGE_ZBOOT, ret, findings);
		return 0;
	}
	r = ka_pe_read(reader, &pe, &why);
	if (r == -EBADMSG) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_PE, context->path,
			  "reinstall the kernel package",
			  "begins as an EFI program does, but the PE header is damaged: %s", why);
		return 0;
	}
	if (r < 0)
		return r;
	if (ka_pe_find(&pe, ".linux")) {
		refuse_format(context, KA_IMAGE_UKI, ret, findings);
		return 0;
	}

	arch = ka_pe_machine_arch(pe.machine);
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_FORMAT, context->path,
		  "reinstall the kernel package",
		  "an EFI program for %s without a Linux kernel's header (no \"HdrS\" at "
		  "0x202)",
		  arch ? arch : "an unknown machine");
	return 0;
}

static bool is_elf(const uint8_t *start, size_t n)
{
	return n >= 4 && memcmp(start, "\x7f\x45LF", 4) == 0;
}

bool ka_image_detect(const struct ka_reader *reader)
{
	uint8_t start[4];

	return ka_read_at(reader, 0, start, sizeof(start)) == 0 &&
	       (ka_bzimage_detect(reader) || is_elf(start, sizeof(start)) ||
		ka_raw_detect(reader) || memcmp(start, "MZ", 2) == 0);
}

int ka_image_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		     struct ka_image *ret, struct ka_findings *findings)
{
	uint8_t start[0x40] = { 0 };
	size_t n = reader->size < sizeof(start) ? (size_t)reader->size : sizeof(start);
	int r;

	r = ka_read_at(reader, 0, start, n);
	if (r < 0)
		return r;

	if (ka_bzimage_detect(reader))
		return ka_bzimage_inspect(reader, context, ret, findings);
	if (is_elf(start, n))
		return ka_elf_inspect(reader, context, ret, findings);
	if (ka_raw_detect(reader))
		return ka_raw_inspect(reader, context, ret, findings);
	if (n == sizeof(start) && memcmp(start, "MZ", 2) == 0)
		return inspect_efi(reader, context, start, ret, findings);
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_FORMAT, context->path,
		  "reinstall the kernel package",
		  "not a Linux kernel image (no \"HdrS\" at 0x202, no ELF or EFI header): %s",
		  describe(start, n));
	return 0;
}
