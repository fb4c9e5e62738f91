/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/reader.h"

/* The PE/COFF headers of an EFI program: bounds, machine, sections, attached signature. */

#define KA_PE_MACHINE_I386	  0x014c
#define KA_PE_MACHINE_AMD64	  0x8664
#define KA_PE_MACHINE_ARM64	  0xaa64
#define KA_PE_MACHINE_RISCV64	  0x5064
#define KA_PE_MACHINE_LOONGARCH64 0x6264

#define KA_PE_SUBSYSTEM_EFI_APPLICATION 10

/* More sections than the Windows loader takes; a real kernel has 4, a UKI about 20. */
#define KA_PE_SECTIONS_LIMIT 96

struct ka_pe_section {
	char name[9]; /* terminated here; in the file it need not be */
	uint32_t virtual_size;
	uint32_t address;
	uint32_t raw_offset; /* in the file */
	uint32_t raw_size;
};

struct ka_pe {
	uint16_t machine;
	uint16_t subsystem;
	struct ka_pe_section sections[KA_PE_SECTIONS_LIMIT];
	size_t n_sections;
	uint64_t sections_end; /* end of the last section's bytes in the file */
	uint32_t cert_offset;  /* the certificate table, as file offset; 0 and 0: unsigned */
	uint32_t cert_size;
	/* What a signature leaves out, as file offsets: 4 bytes, and 8 (0: there is no such entry). */
	uint64_t checksum_at, cert_entry_at;
	uint32_t headers_size; /* of all headers, bytes */
};

/*
 * 1: it is a PE file (ret filled). 0: it does not begin with "MZ". -EBADMSG: it does, but breaks a
 * rule, which *why then names (a literal); ret has what stands before. Other negative values: cannot be
 * read.
 */
int ka_pe_read(const struct ka_reader *reader, struct ka_pe *ret, const char **why) _must_check_;

/* The section of this name, or NULL. */
const struct ka_pe_section *ka_pe_find(const struct ka_pe *pe, const char *name);

/* "x86_64", "aarch64", … as uname -m says it; NULL for machines Linux does not run on. */
const char *ka_pe_machine_arch(uint16_t machine);
