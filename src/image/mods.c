// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB's section "mods". Module names come from the section .modname of each module, an ELF file. */

#include "image/mods.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <elf.h>
#include <errno.h>

#define MAGIC		   0x676d696du /* "mimg" */
#define OBJECTS_LIMIT	   1024
#define TEXT_LIMIT	   65536u
#define NAME_LIMIT	   64u
#define NAMES_LIMIT	   4096u
#define ELF_SECTIONS_LIMIT 128u

/* enum of include/grub/kernel.h */
enum object_type {
	OBJECT_MODULE = 0,
	OBJECT_MEMDISK = 1,
	OBJECT_CONFIG = 2,
	OBJECT_PREFIX = 3,
};

/* The next-to-nothing of ELF that a module's name needs, of either class, little-endian. */
struct elf {
	const struct ka_reader *reader;
	uint64_t at, size; /* of the module in the file */
	bool wide;
	uint8_t table[ELF_SECTIONS_LIMIT * sizeof(Elf64_Shdr)]; /* the section headers */
	unsigned int n_sections, names;
};

#define FIELD(e, p, type, member)                                                                  \
	((e)->wide ? sizeof(((Elf64_##type *)NULL)->member) == 8                                   \
			     ? ka_le64((p) + offsetof(Elf64_##type, member))                       \
			     : ka_le32((p) + offsetof(Elf64_##type, member))                       \
		   : ka_le32((p) + offsetof(Elf32_##type, member)))
#define HALF(e, p, member)                                                                         \
	ka_le16((p) + ((e)->wide ? offsetof(Elf64_Ehdr, member) : offsetof(Elf32_Ehdr, member)))

static size_t header_size(const struct elf *e)
{
	return e->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

static int read_elf(struct elf *e)
{
	uint8_t h[sizeof(Elf64_Ehdr)];
	uint64_t table;
	int r;

	if (e->size < sizeof(h))
		return -EBADMSG;
	r = ka_read_at(e->reader, e->at, h, sizeof(h));
	if (r < 0)
		return r;
	if (memcmp(h, ELFMAG, SELFMAG) != 0 || h[EI_DATA] != ELFDATA2LSB)
		return -EBADMSG;
	e->wide = h[EI_CLASS] == ELFCLASS64;
	table = FIELD(e, h, Ehdr, e_shoff);
	e->n_sections = HALF(e, h, e_shnum);
	e->names = HALF(e, h, e_shstrndx);
	if (e->n_sections > ELF_SECTIONS_LIMIT || e->names >= e->n_sections ||
	    HALF(e, h, e_shentsize) != header_size(e) || table > e->size ||
	    e->n_sections * header_size(e) > e->size - table)
		return -EBADMSG;
	return ka_read_at(e->reader, e->at + table, e->table, e->n_sections * header_size(e));
}

/* Up to *len bytes of a section; *len is then how many. */
static int read_section(const struct elf *e, unsigned int index, void *buf, size_t *len)
{
	const uint8_t *h = e->table + index * header_size(e);
	uint64_t offset = FIELD(e, h, Shdr, sh_offset), size = FIELD(e, h, Shdr, sh_size);

	if (offset > e->size || size > e->size - offset)
		return -EBADMSG;
	if (size < *len)
		*len = (size_t)size;
	return ka_read_at(e->reader, e->at + offset, buf, *len);
}

/* The name of the module at this place. -EBADMSG: it has none that can be read. */
static int read_name(const struct ka_reader *reader, uint64_t at, uint64_t size, char **ret)
{
	static const char wanted[] = ".modname";
	char names[NAMES_LIMIT], text[NAME_LIMIT + 1] = { 0 };
	size_t len = sizeof(names), text_len = NAME_LIMIT;
	struct elf e; /* its table is too large to be cleared for each module */
	int r;

	e.reader = reader;
	e.at = at;
	e.size = size;
	r = read_elf(&e);
	if (r == 0)
		r = read_section(&e, e.names, names, &len);
	for (unsigned int i = 0; r == 0 && i < e.n_sections; i++) {
		uint32_t name = ka_le32(e.table + i * header_size(&e));

		if (len < sizeof(wanted) || name > len - sizeof(wanted) ||
		    memcmp(names + name, wanted, sizeof(wanted)) != 0)
			continue;
		r = read_section(&e, i, text, &text_len);
		if (r == 0)
			*ret = ka_strdup(text);
		return r;
	}
	return r < 0 ? r : -EBADMSG;
}

static int read_text(const struct ka_reader *reader, uint64_t at, uint64_t size, char **ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (size > TEXT_LIMIT)
		return -EBADMSG;
	text = ka_calloc((size_t)size + 1, 1);
	r = ka_read_at(reader, at, text, (size_t)size);
	if (r < 0)
		return r;
	free(*ret);
	*ret = TAKE_PTR(text);
	return 0;
}

static int read_object(const struct ka_reader *reader, uint32_t type, uint64_t at, uint64_t size,
		       struct ka_program *ret)
{
	char *name = NULL;
	int r;

	switch (type) {
	case OBJECT_MODULE:
		r = read_name(reader, at, size, &name);
		if (r == 0)
			ka_strv_add_take(&ret->modules, name);
		return r;
	case OBJECT_MEMDISK:
		if (ret->memdisk_size == 0) { /* GRUB takes the first */
			ret->memdisk_at = at;
			ret->memdisk_size = size;
		}
		return 0;
	case OBJECT_CONFIG:
		return ret->config ? 0 : read_text(reader, at, size, &ret->config);
	case OBJECT_PREFIX:
		return read_text(reader, at, size, &ret->prefix);
	default:
		return 0;
	}
}

/* Where the objects are, relative to the section. */
static int read_info(const struct ka_reader *reader, const struct ka_pe_section *section,
		     uint64_t *ret_at, uint64_t *ret_end)
{
	uint8_t h[24];
	uint32_t first;
	int r;

	if (section->raw_size < sizeof(h))
		return -EBADMSG;
	r = ka_read_at(reader, section->raw_offset, h, sizeof(h));
	if (r < 0)
		return r;
	if (ka_le32(h) != MAGIC)
		return -EBADMSG;
	/* 32 bits: magic, offset, size. 64: padding behind the magic, then 8 bytes each. */
	first = ka_le32(h + 4);
	*ret_at = first ? first : ka_le64(h + 8);
	*ret_end = first ? ka_le32(h + 8) : ka_le64(h + 16);
	return *ret_at > section->raw_size || *ret_end > section->raw_size || *ret_at > *ret_end
		       ? -EBADMSG
		       : 0;
}

int ka_mods_read(const struct ka_reader *reader, const struct ka_pe_section *section,
		 struct ka_program *ret)
{
	uint64_t at, end;
	int r = read_info(reader, section, &at, &end);

	if (r < 0)
		return r;
	if (ret->kind == KA_PROGRAM_UNKNOWN) {
		ret->kind = KA_PROGRAM_GRUB;
		ret->evidence = KA_EVIDENCE_MODS;
	}
	for (size_t n = 0; at + 8 <= end; n++) {
		uint8_t h[8];
		uint32_t size;

		r = ka_read_at(reader, section->raw_offset + at, h, sizeof(h));
		if (r < 0)
			return r;
		size = ka_le32(h + 4);
		if (n >= OBJECTS_LIMIT || size < sizeof(h) || size > end - at)
			return -EBADMSG;
		r = read_object(reader, ka_le32(h), section->raw_offset + at + sizeof(h),
				size - sizeof(h), ret);
		if (r < 0 && r != -EBADMSG)
			return r;
		at += size;
	}
	ret->is_whole = true;
	return 0;
}
