// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PE/COFF headers ("PE Format", Microsoft): "MZ", the offset of "PE\0\0" at 0x3c, the COFF file
 * header, the optional header (0x20b: PE32+, 0x10b: PE32), data directory 4 (the certificate
 * table, the only one with a file offset), the section table.
 */

#include "image/pe.h"

#include <errno.h>

#define COFF_SIZE      24 /* with the 4 bytes of "PE\0\0" */
#define SECTION_SIZE   40
#define OPTIONAL_MAX   1024
#define CERT_DIR       4
#define PE32_MAGIC     0x10b
#define PE32PLUS_MAGIC 0x20b

static const struct {
	uint16_t machine;
	const char *arch;
} machines[] = {
	{ KA_PE_MACHINE_AMD64, "x86_64" },
	{ KA_PE_MACHINE_I386, "i686" },
	{ KA_PE_MACHINE_ARM64, "aarch64" },
	{ 0x01c0, "armv7l" },
	{ 0x01c2, "armv7l" },
	{ 0x01c4, "armv7l" },
	{ KA_PE_MACHINE_RISCV64, "riscv64" },
	{ KA_PE_MACHINE_LOONGARCH64, "loongarch64" },
};

const char *ka_pe_machine_arch(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].arch;
	return NULL;
}

static int broken(const char **why, const char *rule)
{
	*why = rule;
	return -EBADMSG;
}

/* A read past the end of the file breaks the rule; other errors are errors. */
static int read_or_broken(const struct ka_reader *reader, uint64_t offset, void *buf, size_t n,
			  const char **why, const char *rule)
{
	int r = ka_read_at(reader, offset, buf, n);

	return r == -ENODATA ? broken(why, rule) : r;
}

/* The optional header: subsystem and certificate table. */
static int read_optional(const struct ka_reader *reader, uint64_t offset, uint16_t size,
			 struct ka_pe *pe, const char **why)
{
	uint8_t buf[OPTIONAL_MAX];
	size_t directories, entry;
	uint16_t magic;
	int r;

	if (size < 72 || size > sizeof(buf))
		return broken(why, "the size of the optional header is out of range");
	r = read_or_broken(reader, offset, buf, size, why,
			   "the optional header reaches beyond the end of the file");
	if (r < 0)
		return r;

	magic = ka_le16(buf);
	if (magic != PE32PLUS_MAGIC && magic != PE32_MAGIC)
		return broken(why, "the optional header's magic is neither 0x20b nor 0x10b");
	pe->headers_size = ka_le32(buf + 60);
	pe->checksum_at = offset + 64;
	pe->subsystem = ka_le16(buf + 68);

	/* NumberOfRvaAndSizes stands right before the first directory. */
	directories = magic == PE32PLUS_MAGIC ? 112 : 96;
	entry = directories + (size_t)CERT_DIR * 8;
	if (size < entry + 8 || ka_le32(buf + directories - 4) <= CERT_DIR)
		return 0;
	pe->cert_entry_at = offset + entry;
	pe->cert_offset = ka_le32(buf + entry);
	pe->cert_size = ka_le32(buf + entry + 4);
	if ((uint64_t)pe->cert_offset + pe->cert_size > reader->size)
		return broken(why, "the certificate table reaches beyond the end of the file");
	return 0;
}

static int check_overlap(const struct ka_pe *pe, const struct ka_pe_section *s, const char **why)
{
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct ka_pe_section *t = &pe->sections[i];

		if (s->raw_size && t->raw_size &&
		    s->raw_offset < (uint64_t)t->raw_offset + t->raw_size &&
		    t->raw_offset < (uint64_t)s->raw_offset + s->raw_size)
			return broken(why, "two sections share bytes of the file");
	}
	return 0;
}

static int read_sections(const struct ka_reader *reader, uint64_t offset, size_t n,
			 struct ka_pe *pe, const char **why)
{
	uint8_t buf[SECTION_SIZE];
	int r;

	for (size_t i = 0; i < n; i++, offset += SECTION_SIZE) {
		struct ka_pe_section s = { 0 };
		uint64_t end;

		r = read_or_broken(reader, offset, buf, sizeof(buf), why,
				   "the section table reaches beyond the end of the file");
		if (r < 0)
			return r;
		memcpy(s.name, buf, 8);
		s.virtual_size = ka_le32(buf + 8);
		s.address = ka_le32(buf + 12);
		s.raw_size = ka_le32(buf + 16);
		s.raw_offset = ka_le32(buf + 20);
		end = (uint64_t)s.raw_offset + s.raw_size;
		if (s.raw_size && end > reader->size)
			return broken(why, "a section reaches beyond the end of the file");
		r = check_overlap(pe, &s, why);
		if (r < 0)
			return r;
		if (s.raw_size && end > pe->sections_end)
			pe->sections_end = end;
		pe->sections[pe->n_sections++] = s;
	}
	return 0;
}

int ka_pe_read(const struct ka_reader *reader, struct ka_pe *ret, const char **why)
{
	struct ka_pe pe = { 0 };
	uint8_t dos[0x40], coff[COFF_SIZE];
	uint16_t n_sections, optional_size;
	uint64_t offset;
	int r;

	*ret = pe;
	r = ka_read_at(reader, 0, dos, sizeof(dos));
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if (dos[0] != 'M' || dos[1] != 'Z')
		return 0;

	offset = ka_le32(dos + 0x3c);
	r = read_or_broken(reader, offset, coff, sizeof(coff), why,
			   "the PE header's offset lies beyond the end of the file");
	if (r < 0)
		return r;
	if (memcmp(coff, "PE\0\0", 4) != 0)
		return broken(why, "there is no \"PE\" where offset 0x3c points");

	pe.machine = ka_le16(coff + 4);
	n_sections = ka_le16(coff + 6);
	optional_size = ka_le16(coff + 20);
	if (n_sections == 0 || n_sections > KA_PE_SECTIONS_LIMIT)
		return broken(why, "the number of sections is not between 1 and 96");

	r = read_optional(reader, offset + COFF_SIZE, optional_size, &pe, why);
	if (r == 0)
		r = read_sections(reader, offset + COFF_SIZE + optional_size, n_sections, &pe, why);
	*ret = pe;
	return r < 0 ? r : 1;
}

const struct ka_pe_section *ka_pe_find(const struct ka_pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->n_sections; i++)
		if (ka_streq(pe->sections[i].name, name))
			return &pe->sections[i];
	return NULL;
}
