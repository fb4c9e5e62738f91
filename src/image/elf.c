// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF kernels (vmlinux), through libelf: what they are, and what can load them. The rules are those of
 * kernel/kexec_elf.c (ppc64, riscv64, parisc) and arch/s390/kernel/kexec_elf.c.
 */

#include "image/image.h"
#include "image/libelf.h"
#include "image/payload.h"
#include "image/scan.h"

#include <errno.h>
#include <inttypes.h>

static const char reinstall[] = "reinstall the kernel package";

/* cmdline_limit: COMMAND_LINE_SIZE without the NUL; 0: kexec(8) says it. */
static const struct elf_format {
	const char *arch; /* as uname -m */
	size_t cmdline_limit;
	GElf_Half machine;
	unsigned char class, data;
	bool is_native; /* the kernel's own file call takes it */
} formats[] = {
	{ "x86_64", 0, EM_X86_64, ELFCLASS64, ELFDATA2LSB, false },
	{ "i686", 0, EM_386, ELFCLASS32, ELFDATA2LSB, false },
	{ "aarch64", 0, EM_AARCH64, ELFCLASS64, ELFDATA2LSB, false },
	{ "ppc64le", 2047, EM_PPC64, ELFCLASS64, ELFDATA2LSB, true },
	{ "ppc64", 2047, EM_PPC64, ELFCLASS64, ELFDATA2MSB, true },
	{ "s390x", 0, EM_S390, ELFCLASS64, ELFDATA2MSB, true },
	{ "riscv64", 1023, EM_RISCV, ELFCLASS64, ELFDATA2LSB, true },
	{ "parisc64", 1023, EM_PARISC, ELFCLASS64, ELFDATA2MSB, true },
	{ "parisc", 1023, EM_PARISC, ELFCLASS32, ELFDATA2MSB, true },
};

/* What the program headers say. */
struct layout {
	uint64_t end;	 /* of the last loaded segment in the file */
	uint64_t memory; /* of all segments, bytes */
	size_t n_segments;
	bool has_entry; /* the entry point is inside a segment */
	const char *why;
};

static const struct elf_format *find_format(const GElf_Ehdr *ehdr)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].machine == ehdr->e_machine &&
		    formats[i].class == ehdr->e_ident[EI_CLASS] &&
		    formats[i].data == ehdr->e_ident[EI_DATA])
			return &formats[i];
	return NULL;
}

static bool is_inside(uint64_t address, uint64_t start, uint64_t size)
{
	return address >= start && address - start < size;
}

/* A segment that is loaded. */
static void measure_segment(const GElf_Ehdr *ehdr, const GElf_Phdr *phdr, struct layout *l)
{
	if (phdr->p_offset + phdr->p_filesz < phdr->p_offset ||
	    phdr->p_paddr + phdr->p_memsz < phdr->p_paddr || phdr->p_memsz > 1ull << 40)
		l->why = "a segment's place or size is absurd";
	else if (phdr->p_filesz > phdr->p_memsz)
		l->why = "a segment has more bytes than memory";
	else if (phdr->p_align & (phdr->p_align - (phdr->p_align > 0)))
		l->why = "a segment's alignment is no power of two";
	l->n_segments++;
	l->memory += phdr->p_memsz;
	if (phdr->p_offset + phdr->p_filesz > l->end)
		l->end = phdr->p_offset + phdr->p_filesz;
	if (is_inside(ehdr->e_entry, phdr->p_vaddr, phdr->p_memsz) ||
	    is_inside(ehdr->e_entry, phdr->p_paddr, phdr->p_memsz))
		l->has_entry = true;
}

static void measure(Elf *elf, const GElf_Ehdr *ehdr, struct layout *l)
{
	size_t n;

	if (ehdr->e_version != EV_CURRENT)
		l->why = "an unknown version of ELF";
	else if (ka_libelf.count_phdrs(elf, &n) != 0 || n == 0 || n > UINT16_MAX)
		l->why = "no program headers";
	for (size_t i = 0; !l->why && i < n; i++) {
		GElf_Phdr phdr;

		if (!ka_libelf.get_phdr(elf, (int)i, &phdr))
			l->why = "the program headers are not all in the file";
		else if (phdr.p_type == PT_INTERP)
			l->why = "it wants an interpreter, as programs do and kernels do not";
		else if (phdr.p_type == PT_LOAD)
			measure_segment(ehdr, &phdr, l);
	}
}

static void check_arch(const struct ka_image_context *context, const struct elf_format *format,
		       const GElf_Ehdr *ehdr, struct ka_findings *findings)
{
	const char *own = context->machine->arch;

	if (format && (!own || ka_streq(format->arch, own)))
		return;
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_ARCH, context->path,
		  "take a kernel for this machine",
		  "an ELF kernel for %s (machine %u), this machine is %s",
		  format ? format->arch : "an unknown architecture", ehdr->e_machine,
		  own ? own : "unknown");
}

static void check_loader(const struct ka_image_context *context, const struct elf_format *format,
			 struct ka_image *ret, struct ka_findings *findings)
{
	if (format->cmdline_limit > 0 && context->cmdline_len > format->cmdline_limit) {
		ka_report(findings, KA_ERROR, KA_ID_CMDLINE_TOO_LONG, context->path,
			  "shorten the command line",
			  "the command line has %zu characters, this kernel takes %zu",
			  context->cmdline_len, format->cmdline_limit);
		return;
	}
	if (format->is_native)
		return;
	ret->needs_kexec_load = true;
	ka_report(findings, KA_WARNING, KA_ID_KERNEL_ELF, context->path,
		  "take the vmlinuz of the same build",
		  "an ELF vmlinux: kexec_file_load does not take it on %s, so the older "
		  "kexec_load has to, through kexec(8), without any check by the kernel",
		  format->arch);
}

/* Of the first segment of notes. */
static void read_build_id(Elf *elf, const struct ka_reader *reader, struct ka_image *ret)
{
	uint8_t notes[4096];
	GElf_Phdr phdr;

	for (int i = 0; ka_libelf.get_phdr(elf, i, &phdr); i++) {
		size_t n = phdr.p_filesz < sizeof(notes) ? (size_t)phdr.p_filesz : sizeof(notes);

		if (phdr.p_type != PT_NOTE || ka_read_at(reader, phdr.p_offset, notes, n) < 0)
			continue;
		ret->build_id = ka_notes_build_id(notes, n);
		return;
	}
}

static int inspect(Elf *elf, const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings)
{
	const struct elf_format *format;
	struct layout l = { 0 };
	GElf_Ehdr ehdr;

	if (ka_libelf.kind(elf) != ELF_K_ELF || !ka_libelf.get_ehdr(elf, &ehdr)) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_FORMAT, context->path, reinstall,
			  "begins as an ELF file does, but has no valid ELF header in its "
			  "%" PRIu64 " bytes",
			  reader->size);
		return 0;
	}
	measure(elf, &ehdr, &l);
	if (!l.why && l.end > reader->size) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_TRUNCATED, context->path, reinstall,
			  "an ELF file whose segments end at byte %" PRIu64
			  ", but it has only %" PRIu64,
			  l.end, reader->size);
		return 0;
	}
	if (!l.why && (ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN))
		l.why = "its type is that of no kernel";
	if (!l.why && l.n_segments == 0)
		l.why = "no segment is to be loaded";
	if (!l.why && !l.has_entry)
		l.why = "the entry point is in none of its segments";
	if (l.why) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_FORMAT, context->path, reinstall,
			  "an ELF file, but no kernel, or damaged: %s", l.why);
		return 0;
	}
	ret->init_size = l.memory;

	format = find_format(&ehdr);
	check_arch(context, format, &ehdr, findings);
	if (format)
		check_loader(context, format, ret, findings);
	read_build_id(elf, reader, ret);
	return context->fast ? 0 : ka_scan_version(reader, &ret->kernel_version);
}

int ka_elf_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings)
{
	struct ka_error err = KA_ERROR_INIT;
	Elf *elf;
	int r;

	ret->kind = KA_IMAGE_ELF;
	ret->appends_signature = true;
	ret->is_signed = ka_image_has_appended_signature(reader);
	r = ka_libelf_load(&err);
	if (r < 0) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_UNSUPPORTED, context->path,
			  "install the library", "an ELF kernel, which cannot be checked: %s",
			  ka_error_text(&err, r));
		ka_error_done(&err);
		return 0;
	}
	elf = ka_libelf.begin(reader->fd, ELF_C_READ, NULL);
	r = inspect(elf, reader, context, ret, findings);
	ka_libelf.end(elf);
	return r;
}
