// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel inside an image. The running kernel hands it over unseen, and a damaged one hangs in the
 * dark after the jump; its own checksum tells before. What comes out is an ELF file, whose start and
 * notes are kept, and relocations behind it.
 */

#include "image/payload.h"

#include "base/library.h"
#include "image/libelf.h"
#include "unpack/unpack.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>
#include <zlib.h>

static const char reinstall[] = "reinstall the kernel package";

#define HEAD	    4096  /* ELF header and program headers are at the start */
#define NOTES_LIMIT 65536 /* a kernel's are about 500 bytes */

struct probe {
	uint64_t offset; /* of what comes next */
	uint8_t head[HEAD];
	size_t have;
	bool is_parsed;
	uint64_t load_end;	     /* of the last segment, in the file */
	uint64_t memory, memory_end; /* first and last byte of its segments */
	uint64_t notes_at;
	uint8_t notes[NOTES_LIMIT];
	size_t notes_size;
	const char *why; /* what is wrong with the ELF file; a literal */
};

static bool is_x86_64(const GElf_Ehdr *ehdr)
{
	return ehdr->e_ident[EI_CLASS] == ELFCLASS64 && ehdr->e_machine == EM_X86_64 &&
	       (ehdr->e_type == ET_EXEC || ehdr->e_type == ET_DYN);
}

static void note_load(struct probe *p, const GElf_Phdr *phdr)
{
	if (phdr->p_offset + phdr->p_filesz > p->load_end)
		p->load_end = phdr->p_offset + phdr->p_filesz;
	if (p->memory_end == 0 || phdr->p_paddr < p->memory)
		p->memory = phdr->p_paddr;
	if (phdr->p_paddr + phdr->p_memsz > p->memory_end)
		p->memory_end = phdr->p_paddr + phdr->p_memsz;
}

static const char *read_segments(Elf *elf, struct probe *p)
{
	size_t n, loads = 0;
	GElf_Ehdr ehdr;

	if (ka_libelf.kind(elf) != ELF_K_ELF || !ka_libelf.get_ehdr(elf, &ehdr))
		return "what comes out is no ELF file";
	if (!is_x86_64(&ehdr))
		return "what comes out is an ELF file, but no kernel for x86_64";
	if (ka_libelf.count_phdrs(elf, &n) != 0)
		return "the ELF file inside has no program headers";
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (!ka_libelf.get_phdr(elf, (int)i, &phdr))
			return "the program headers of the ELF file inside are not at its start";
		if (phdr.p_filesz > UINT32_MAX || phdr.p_offset > UINT32_MAX)
			return "a segment of the ELF file inside is too large";
		if (phdr.p_type == PT_LOAD) {
			note_load(p, &phdr);
			loads++;
		}
		if (phdr.p_type == PT_NOTE && p->notes_size == 0) {
			p->notes_at = phdr.p_offset;
			p->notes_size = phdr.p_filesz < NOTES_LIMIT ? phdr.p_filesz : NOTES_LIMIT;
		}
	}
	return loads > 0 ? NULL : "the ELF file inside has no loadable segment";
}

/* Sections are far behind; libelf would miss them. */
static void hide_sections(uint8_t *head, size_t n)
{
	if (n < sizeof(Elf64_Ehdr))
		return;
	memset(head + offsetof(Elf64_Ehdr, e_shoff), 0, sizeof(Elf64_Off));
	memset(head + offsetof(Elf64_Ehdr, e_shnum), 0, 2 * sizeof(Elf64_Half));
}

static void parse_head(struct probe *p)
{
	Elf *elf;

	p->is_parsed = true;
	hide_sections(p->head, p->have);
	elf = ka_libelf.memory((char *)p->head, p->have);
	p->why = elf ? read_segments(elf, p) : "what comes out is no ELF file";
	ka_libelf.end(elf);
}

/* Bytes at offset `at` of what comes out: keep those that are notes. */
static void keep_notes(struct probe *p, uint64_t at, const uint8_t *data, size_t n)
{
	uint64_t start = at > p->notes_at ? at : p->notes_at;
	uint64_t end = p->notes_at + p->notes_size;

	if (end > at + n)
		end = at + n;
	if (start < end)
		memcpy(p->notes + (start - p->notes_at), data + (start - at),
		       (size_t)(end - start));
}

static int take(void *userdata, const uint8_t *data, size_t n)
{
	struct probe *p = userdata;
	size_t room = HEAD - p->have;

	if (!p->is_parsed) {
		if (room > n)
			room = n;
		memcpy(p->head + p->have, data, room);
		p->have += room;
		if (p->have == HEAD) {
			parse_head(p);
			keep_notes(p, 0, p->head, HEAD);
		}
	}
	if (p->is_parsed)
		keep_notes(p, p->offset, data, n);
	p->offset += n;
	return 0;
}

/* A kernel smaller than the head is no kernel, but may be a well-formed one. */
static void finish(struct probe *p)
{
	if (p->is_parsed)
		return;
	parse_head(p);
	keep_notes(p, 0, p->head, p->have);
}

char *ka_notes_build_id(const uint8_t *notes, size_t size)
{
	size_t at = 0;

	while (at + 12 <= size) {
		const uint8_t *note = notes + at;
		uint64_t name = (ka_le32(note) + 3ull) & ~3ull, desc = ka_le32(note + 4);
		uint64_t next = at + 12 + name + ((desc + 3) & ~3ull);

		if (next > size)
			return NULL;
		if (ka_le32(note + 8) == NT_GNU_BUILD_ID && ka_le32(note) == 4 &&
		    memcmp(note + 12, "GNU", 4) == 0 && desc > 0 && desc <= 64)
			return ka_hex(note + 12 + name, desc);
		at = (size_t)next;
	}
	return NULL;
}

static void report(struct ka_findings *findings, const char *path, enum ka_packing packing,
		   const char *what)
{
	ka_report(findings, KA_ERROR, KA_ID_KERNEL_PAYLOAD, path, reinstall,
		  "the kernel inside, packed by %s: %s. It would hang after the jump",
		  ka_packing_name(packing), what);
}

/* gzip ends with the size of what comes out; behind the others Linux puts it. */
static int check_size_word(const struct ka_reader *payload, enum ka_packing packing,
			   const struct ka_unpacked *unpacked, const char *path,
			   struct ka_findings *findings)
{
	_cleanup_free_ char *what = NULL;
	uint64_t end = packing == KA_PACKING_GZIP ? payload->size : payload->size - 4;
	uint8_t word[4];
	int r;

	if (unpacked->consumed != end) {
		what = ka_format("it ends %" PRIu64 " bytes before payload_length says",
				 end - unpacked->consumed);
		{
			report(findings, path, packing, what);
			return 0;
		}
	}
	r = ka_read_at(payload, payload->size - 4, word, sizeof(word));
	if (r < 0 || ka_le32(word) == (uint32_t)unpacked->produced)
		return r;
	what = ka_format("%" PRIu64 " bytes come out of it, %" PRIu32 " are promised",
			 unpacked->produced, ka_le32(word));
	report(findings, path, packing, what);
	return 0;
}

static void check_elf(const struct probe *p, enum ka_packing packing, uint64_t limit,
		      const char *path, struct ka_findings *findings)
{
	_cleanup_free_ char *what = NULL;

	if (p->why) {
		report(findings, path, packing, p->why);
		return;
	}
	if (p->load_end > p->offset) {
		report(findings, path, packing, "the ELF file inside ends before its segments do");
		return;
	}
	if (p->memory_end - p->memory <= limit)
		return;
	what = ka_format("it takes %" PRIu64
			 " bytes of memory, and init_size has room for %" PRIu64,
			 p->memory_end - p->memory, limit);
	report(findings, path, packing, what);
}

static int unpack(const struct ka_reader *payload, enum ka_packing packing, uint64_t limit,
		  struct probe *p, const char *path, struct ka_findings *findings)
{
	const struct ka_reader packed = {
		.fd = payload->fd,
		.base = payload->base,
		.size = packing == KA_PACKING_GZIP ? payload->size : payload->size - 4,
	};
	struct ka_error err = KA_ERROR_INIT;
	struct ka_unpacked unpacked;
	int r;

	r = ka_libelf_load(&err);
	if (r == 0)
		r = ka_unpack(&packed, packing, limit, take, p, &unpacked, &err);
	if (r == -EOPNOTSUPP) {
		ka_report(findings, KA_WARNING, KA_ID_KERNEL_UNCHECKED, path,
			  "install the library, if that is missing",
			  "the kernel inside cannot be verified: %s", ka_error_text(&err, r));
		r = 0;
	} else if (r < 0) {
		report(findings, path, packing, ka_error_text(&err, r));
		r = 0;
	} else if (r == 0) {
		finish(p);
		r = check_size_word(payload, packing, &unpacked, path, findings);
		if (r == 0)
			check_elf(p, packing, limit, path, findings);
	}
	ka_error_done(&err);
	return r;
}

int ka_payload_inspect(const struct ka_reader *payload, const char *path, uint64_t limit,
		       struct ka_image *ret, struct ka_findings *findings)
{
	enum ka_packing packing;
	size_t n_before = findings->n;
	struct probe *p;
	uint8_t start[2];
	int r;

	r = ka_read_at(payload, 0, start, sizeof(start));
	if (r < 0)
		return r;
	packing = ka_packing_detect(start, sizeof(start));
	p = ka_calloc(1, sizeof(*p));
	r = unpack(payload, packing, limit, p, path, findings);
	ret->packing = packing;
	ret->unpacked_size = p->offset;
	ret->is_verified = ka_packing_has_checksum(packing) && findings->n == n_before;
	if (r == 0)
		ret->build_id = ka_notes_build_id(p->notes, p->notes_size);
	free(p);
	return r;
}

/* --- the build tool's checksum */

#define BLOCK (64u << 10)

static __typeof__(&crc32) zlib_crc32;

/* Zero what lies of [from, to) in the block at offset `at`. */
static void blank(uint8_t *block, uint64_t at, size_t n, uint64_t from, uint64_t to)
{
	for (uint64_t i = from > at ? from : at; i < to && i < at + n; i++)
		block[i - at] = 0;
}

int ka_payload_verify_crc(const struct ka_reader *reader, uint64_t size, const struct ka_pe *pe)
{
	const struct ka_symbol symbols[] = { { &zlib_crc32, "crc32" } };
	uLong crc = 0;
	uint8_t *block;
	int r = zlib_crc32 ? 0
			   : ka_library_load(KA_LIBRARY_ZLIB, symbols, ARRAY_SIZE(symbols), NULL);

	if (r < 0)
		return r;
	block = ka_malloc(BLOCK);
	for (uint64_t at = 0; at < size && r == 0;) {
		size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;

		r = ka_read_at(reader, at, block, n);
		if (r < 0)
			break;
		/* What signing changes: the PE checksum and the certificates' directory entry. */
		if (pe && pe->cert_entry_at > 0) {
			blank(block, at, n, pe->checksum_at, pe->checksum_at + 4);
			blank(block, at, n, pe->cert_entry_at, pe->cert_entry_at + 8);
		}
		crc = zlib_crc32(crc, block, (uInt)n);
		at += n;
	}
	free(block);
	return r < 0 ? r : crc == 0xffffffffu;
}
