// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF kernels (vmlinux), through libelf: what they are, and what can load them. */

#include "image/image.h"

#include <errno.h>
#include <gelf.h>

static const struct {
	GElf_Half machine;
	unsigned char class;
	const char *arch; /* as uname -m */
} machines[] = {
	{ EM_X86_64, ELFCLASS64, "x86_64" },   { EM_386, ELFCLASS32, "i686" },
	{ EM_AARCH64, ELFCLASS64, "aarch64" }, { EM_PPC64, ELFCLASS64, "ppc64le" },
	{ EM_S390, ELFCLASS64, "s390x" },      { EM_RISCV, ELFCLASS64, "riscv64" },
};

/* Where the kernel's own file call takes ELF (arch/ARCH/kernel/kexec_elf.c, elf_kexec.c). */
static bool is_native_format(const char *arch)
{
	return ka_streq(arch, "ppc64le") || ka_streq(arch, "s390x") || ka_streq(arch, "riscv64");
}

static const char *elf_arch(const GElf_Ehdr *ehdr)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == ehdr->e_machine &&
		    machines[i].class == ehdr->e_ident[EI_CLASS])
			return machines[i].arch;
	return NULL;
}

/* The end of the last loaded segment in the file, and the sum of their memory. -1: not readable. */
static int measure(Elf *elf, uint64_t *ret_end, uint64_t *ret_memory, size_t *ret_segments)
{
	size_t n;

	if (elf_getphdrnum(elf, &n) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(elf, (int)i, &phdr))
			return -1;
		if (phdr.p_type != PT_LOAD)
			continue;
		(*ret_segments)++;
		*ret_memory += phdr.p_memsz;
		if (phdr.p_offset + phdr.p_filesz > *ret_end)
			*ret_end = phdr.p_offset + phdr.p_filesz;
	}
	return 0;
}

static int inspect(Elf *elf, const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings)
{
	uint64_t end = 0, memory = 0;
	const char *arch = NULL;
	size_t segments = 0;
	GElf_Ehdr ehdr;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr))
		return ka_report(findings, KA_ERROR, "kernel-format", context->path,
				 "reinstall the kernel package", "a damaged ELF file: %s",
				 elf_errmsg(-1));
	if (measure(elf, &end, &memory, &segments) < 0 || end > reader->size)
		return ka_report(
			findings, KA_ERROR, "kernel-truncated", context->path,
			"reinstall the kernel package",
			"an ELF file whose segments end at byte %llu, but it has only %llu",
			(unsigned long long)end, (unsigned long long)reader->size);
	ret->init_size = memory;

	arch = elf_arch(&ehdr);
	if (ehdr.e_type == ET_REL || segments == 0)
		return ka_report(findings, KA_ERROR, "kernel-format", context->path, NULL,
				 "an ELF file, but no kernel (type %u, %zu loadable segments)",
				 ehdr.e_type, segments);
	if (!arch || (context->machine->arch && !ka_streq(arch, context->machine->arch)))
		return ka_report(findings, KA_ERROR, "kernel-arch", context->path,
				 "take a kernel for this machine",
				 "an ELF kernel for %s (machine %u), this machine is %s",
				 arch ? arch : "an unknown architecture", ehdr.e_machine,
				 context->machine->arch ? context->machine->arch : "unknown");
	if (is_native_format(arch))
		return 0;

	ret->needs_kexec_load = true;
	return ka_report(findings, KA_WARNING, "kernel-elf", context->path,
			 "take the bzImage (vmlinuz) of the same build",
			 "an ELF vmlinux: kexec_file_load does not take it on %s, so the older "
			 "kexec_load has to, through kexec(8), without any check by the kernel",
			 arch);
}

int ka_elf_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings)
{
	Elf *elf;
	int r;

	ret->kind = KA_IMAGE_ELF;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EOPNOTSUPP;
	elf = elf_begin(reader->fd, ELF_C_READ, NULL);
	r = inspect(elf, reader, context, ret, findings);
	elf_end(elf);
	return r;
}
