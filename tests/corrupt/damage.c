// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damage a real kernel or initrd in every way that can be thought of, and see which of it the checks
 * find:
 *
 *     damage kernel|payload|initrd FILE [ROUNDS]
 *     damage kernel|payload|initrd FILE bits OFFSET:BIT...
 *
 * kernel: of any architecture, packed or not. payload: what is packed inside a bzImage alone. bits: flip
 * each of these, which must be found, and nothing else.
 * Prints a line for each kind of damage: how many were made, found, free (the format's own program gives
 * the same bytes in spite of it), and not found though they must be.
 * Status 1 if there is one of the last kind, or a warning about the undamaged file.
 */

#include "damage.h"

#include "image/image.h"
#include "image/pe.h"
#include "image/unwrap.h"
#include "initrd/initrd.h"
#include "reference.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

uint8_t *original;
size_t size;
bool fast;

static int fd; /* of the damaged copy */
static bool is_initrd;
static bool is_signed;		       /* then every byte counts, but for these */
static struct ka_pe pe;		       /* of the undamaged file, if it is PE */
static struct stream stream;	       /* what is packed, and has a checksum */
static enum ka_image_kind packed_kind; /* UNKNOWN: the file is not packed as a whole */
static const char *label;

/* --- is it found */

/* Of what architecture the machine is, is not told: each kernel is at home. */
static bool inspect_kernel(const struct ka_reader *file, struct ka_findings *findings)
{
	struct ka_machine machine = { .memory_total = MEMORY };
	struct ka_unwrapped unwrapped = { .fd = -1 };
	struct ka_image_context context = {
		.path = "kernel",
		.machine = &machine,
		.fast = fast,
	};
	struct ka_reader reader = *file;
	struct ka_image image = { 0 };
	enum ka_image_kind kind;
	int r = ka_image_unwrap(file, "kernel", &kind, &unwrapped, findings);

	if (r > 0) {
		reader = (struct ka_reader){ .fd = unwrapped.fd, .size = unwrapped.size };
		context.is_unpacked = true;
	}
	if (r == 0 && kind != KA_IMAGE_UNKNOWN)
		return true; /* which it has reported */
	r = r < 0 ? r : ka_image_inspect(&reader, &context, &image, findings);
	ka_image_done(&image);
	if (unwrapped.fd >= 0)
		close(unwrapped.fd);
	return r == 0;
}

static bool inspect_initrd(const struct ka_reader *reader, struct ka_findings *findings)
{
	const struct ka_initrd_context context = { .path = "initrd" };
	struct ka_initrd_summary summary = { 0 };
	int r = ka_initrd_inspect(reader, &context, &summary, findings);

	ka_initrd_summary_done(&summary);
	return r == 0;
}

/* Is there a finding of this severity or above about the first n bytes? */
static bool is_found(size_t n, enum ka_severity at_least)
{
	const struct ka_reader reader = { .fd = fd, .size = n };
	struct ka_findings findings = KA_FINDINGS_INIT;
	bool found = false;

	if (!(is_initrd ? inspect_initrd : inspect_kernel)(&reader, &findings)) {
		fprintf(stderr, "damage: out of memory\n");
		exit(2);
	}
	/* That a format does not say where it ends is true of every file of it. */
	for (size_t i = 0; i < findings.n; i++)
		found |= findings.items[i].severity >= at_least &&
			 !ka_streq(ka_finding_name(findings.items[i].id), "kernel-unchecked");
	ka_findings_done(&findings);
	return found;
}

void put(size_t offset, const void *bytes, size_t n)
{
	if (pwrite(fd, bytes, n, (off_t)offset) != (ssize_t)n) {
		perror("damage");
		exit(2);
	}
}

/* --- counting */

static struct counts {
	size_t made, found, free, missed;
} counts, all;

/*
 * Is the damage in the packed stream alone, and of no consequence there? Asked of what would be a miss:
 * it takes a program. A signature covers every bit, whatever it is good for.
 */
static bool is_free(void)
{
	uint8_t *copy;
	bool is_free;

	if (stream.packing == KA_PACKING_NONE || is_signed)
		return false;
	copy = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (copy == MAP_FAILED) {
		perror("damage");
		exit(2);
	}
	is_free = memcmp(copy, original, stream.from) == 0 &&
		  memcmp(copy + stream.to, original + stream.to, size - stream.to) == 0 &&
		  reference_is_same(original, copy, &stream);
	munmap(copy, size);
	return is_free;
}

void count(size_t n, enum ka_severity at_least, bool must, const char *what, size_t at)
{
	counts.made++;
	if (is_found(n, at_least)) {
		counts.found++;
	} else if (must && n == size && is_free()) {
		counts.free++;
		fprintf(stderr, "%s: the same bytes come out: %s at %zu\n", label, what, at);
	} else if (must) {
		counts.missed++;
		fprintf(stderr, "%s: not found: %s at %zu\n", label, what, at);
	}
}

static void print_counts(const char *kind, const struct counts *c)
{
	printf("%-28s %-34s %6zu %6zu %6zu %6zu\n", label, kind, c->made, c->found, c->free,
	       c->missed);
	fflush(stdout);
}

void end_kind(const char *kind)
{
	print_counts(kind, &counts);
	all.made += counts.made;
	all.found += counts.found;
	all.free += counts.free;
	all.missed += counts.missed;
	counts = (struct counts){ 0 };
}

/* Numbers that are the same in every run. */
static uint32_t next_random(void)
{
	static uint32_t x = 20260101;

	x = x * 1664525 + 1013904223;
	return x >> 8;
}

/* --- damage */

/* The PE checksum, and where the signature is: no signature covers them. */
static bool is_unsigned(size_t at)
{
	return (at + 8 > pe.checksum_at && at < pe.checksum_at + 4) ||
	       (at + 8 > pe.cert_entry_at && at < pe.cert_entry_at + 8);
}

void try_bytes(size_t at, const uint8_t *bytes, size_t n, bool must, const char *what)
{
	if (memcmp(original + at, bytes, n) == 0)
		return;
	if (is_signed && !fast && !is_unsigned(at) && at < pe.cert_offset)
		must = true;
	put(at, bytes, n);
	count(size, KA_ERROR, must, what, at);
	put(at, original + at, n);
}

static void truncations(size_t end, size_t rounds)
{
	for (size_t i = 0; i < rounds; i++) {
		size_t n = end * i / rounds;

		count(n, KA_ERROR, true, "truncation", n);
	}
	end_kind("truncations");
}

static void flip(size_t at, unsigned int bit, bool must, const char *kind)
{
	uint8_t byte = original[at] ^ (uint8_t)(1u << bit);

	try_bytes(at, &byte, 1, must && !(is_signed && is_unsigned(at)), kind);
}

static void flips(size_t from, size_t to, size_t rounds, bool must, const char *kind)
{
	for (size_t i = 0; i < rounds; i++) {
		size_t at = from + (size_t)((uint64_t)next_random() * (to - from) >> 24);

		flip(at, next_random() % 8, must, kind);
	}
	end_kind(kind);
}

/* Those of the command line, OFFSET:BIT. */
static void flip_bits(char **words)
{
	for (; *words; words++) {
		char *end;
		size_t at = strtoul(*words, &end, 0);
		unsigned long bit = *end == ':' ? strtoul(end + 1, &end, 10) : 8;

		if (*end || bit > 7 || at >= size) {
			fprintf(stderr, "damage: no such bit: %s\n", *words);
			exit(2);
		}
		flip(at, (unsigned int)bit, true, "bit");
	}
	end_kind("bits");
}

/* A bit that means nothing by the rules of its format, in every file that has one. */
static void free_bit(void)
{
	if (stream.packing == KA_PACKING_GZIP) /* RFC 1952: the operating system */
		flip(stream.from + 9, 0, true, "operating system");
	else if (stream.packing == KA_PACKING_ZSTD) /* RFC 8878, 3.1.1.1.1.3: Unused_Bit */
		flip(stream.from + 4, 4, true, "unused bit");
	else
		return;
	end_kind("a bit that means nothing");
}

static void junk(size_t from, size_t to, size_t rounds, bool must)
{
	static uint8_t block[65536];

	memset(block, 0xcc, sizeof(block));
	for (size_t i = 0; i < rounds && to - from > sizeof(block); i++)
		try_bytes(from + (size_t)((uint64_t)next_random() * (to - from - sizeof(block)) >>
					  24),
			  block, sizeof(block), must, "junk");
	end_kind("64 KiB overwritten");
}

/* --- bzImages */

/* Sections that share bytes of the file; a signature that begins in them, or ends beyond the file. */
static void overlaps(void)
{
	size_t table, at;
	uint8_t value[8];

	/* The COFF header has the size of the optional one, behind which is the table of sections. */
	table = word(0x3c) + 24 + ka_le16(original + word(0x3c) + 20);
	for (size_t i = 0; i < pe.n_sections; i++)
		for (size_t j = 0; j < pe.n_sections; j++) {
			if (i == j || pe.sections[i].raw_size == 0 || pe.sections[j].raw_size == 0)
				continue;
			at = table + j * 40 + 20;
			memcpy(value, original + table + i * 40 + 20, 4);
			try_bytes(at, value, 4, true, "overlapping sections");
		}
	if (is_signed) {
		memcpy(value, original + pe.cert_entry_at, sizeof(value));
		for (uint32_t shift = 8; shift <= 4096; shift *= 8) {
			uint32_t offset = pe.cert_offset - shift, length = pe.cert_size + shift;

			memcpy(value, &offset, 4);
			memcpy(value + 4, original + pe.cert_entry_at + 4, 4);
			try_bytes(pe.cert_entry_at, value, 8, true, "signature too early");
			memcpy(value, original + pe.cert_entry_at, 4);
			memcpy(value + 4, &length, 4);
			try_bytes(pe.cert_entry_at, value, 8, true, "signature too long");
		}
	}
	end_kind("overlaps");
}

static void damage_bzimage(size_t rounds, bool payload_only)
{
	size_t end = setup_size() + (size_t)word(0x1f4) * 16;
	size_t payload_end = setup_size() + word(0x248) + word(0x24c);
	bool must = ka_packing_has_checksum(stream.packing);

	if (!payload_only)
		truncations(end, rounds);
	/* Where a signature tells of every change, it says nothing of the header's rules. */
	if (is_signed)
		flips(0, end, rounds, true, "bits of what is signed");
	if (!payload_only && !is_signed) {
		damage_fields();
		damage_swaps();
	}
	if (!payload_only && pe.n_sections > 0)
		overlaps();
	if (!payload_only && !is_signed)
		flips(0x40, 0x1f1, rounds, false, "bits of the PE header");
	flips(stream.from, payload_end, rounds, must, "bits of the payload");
	junk(stream.from, payload_end, rounds / 4 + 1, must);
}

/* Where the last segment of an ELF file ends. */
static size_t elf_end(void)
{
	const Elf64_Ehdr *ehdr = (const void *)original;
	const Elf64_Phdr *phdr = (const void *)(original + ehdr->e_phoff);
	size_t end = 0;

	for (size_t i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_offset + phdr[i].p_filesz > end)
			end = phdr[i].p_offset + phdr[i].p_filesz;
	return end;
}

/*
 * Kernels that are no bzImage. Only a packed or a signed one tells of damage inside; the header of the
 * others is 64 bytes, and their end where the PE sections or the ELF segments have theirs.
 */
static void damage_image(size_t rounds)
{
	bool is_packed = packed_kind != KA_IMAGE_UNKNOWN;
	size_t end = is_packed ? stream.to : pe.sections_end;
	size_t from = is_packed ? stream.from : 64;

	if (memcmp(original,
		   "\x7f"
		   "ELF",
		   4) == 0)
		end = elf_end();
	if (end > 0)
		truncations(end, rounds);
	flips(0, 64, rounds, false, "bits of the header");
	/* What stands around the packed kernel, the stub and the padding, is no business of kexec's. */
	flips(from, end > 0 ? end : size, rounds, is_packed, "bits of the rest");
	junk(from, end > 0 ? end : size, rounds / 4 + 1, is_packed);
}

static void damage_initrd(size_t rounds)
{
	bool must = ka_packing_has_checksum(stream.packing);

	truncations(size, rounds);
	if (stream.from > 0)
		flips(0, stream.from, rounds, false, "bits of what is not packed");
	flips(stream.from, size, rounds, must, "bits");
	junk(stream.from, size, rounds / 4 + 1, must);
}

static void read_original(const char *path)
{
	struct stat st;
	int in = open(path, O_RDONLY | O_CLOEXEC);

	if (in < 0 || fstat(in, &st) < 0) {
		perror(path);
		exit(2);
	}
	size = (size_t)st.st_size;
	original = mmap(NULL, size, PROT_READ, MAP_PRIVATE, in, 0);
	fd = memfd_create("damage", MFD_CLOEXEC);
	if (original == MAP_FAILED || fd < 0) {
		perror(path);
		exit(2);
	}
	put(0, original, size);
	close(in);
}

static void learn_kernel(void)
{
	const struct ka_reader reader = { .fd = fd, .size = size };
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_unwrapped unwrapped = { .fd = -1 };
	const char *why;

	if (ka_pe_read(&reader, &pe, &why) > 0)
		is_signed = pe.cert_size > 0;
	if (ka_image_unwrap(&reader, label, &packed_kind, &unwrapped, &findings) > 0)
		close(unwrapped.fd);
	ka_findings_done(&findings);
}

/* Where the packed part begins: at the start, or behind archives that are not packed. */
static size_t find_packed(void)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	const uint8_t *at;

	if (ka_packing_detect(original, 2) != KA_PACKING_NONE)
		return 0;
	at = memmem(original, size, zstd, sizeof(zstd));
	return at ? (size_t)(at - original) : size;
}

/* Where the packed bytes of the undamaged file are; the word behind a payload is not the stream's. */
static void learn_stream(void)
{
	stream.to = size;
	if (is_initrd) {
		stream.from = find_packed();
	} else if (memcmp(original + 0x202, "HdrS", 4) == 0) {
		stream.from = setup_size() + word(0x248);
		stream.to = stream.from + word(0x24c);
	} else if (packed_kind == KA_IMAGE_ZBOOT) {
		stream.from = word(8);
		stream.to = stream.from + word(12);
	} else if (packed_kind == KA_IMAGE_UNKNOWN) {
		return;
	}
	if (stream.from < size)
		stream.packing = ka_packing_detect(original + stream.from, 2);
	if (!is_initrd && packed_kind == KA_IMAGE_UNKNOWN && stream.packing != KA_PACKING_GZIP)
		stream.to -= 4;
}

static void damage(const char *what, size_t rounds)
{
	if (ka_packing_has_checksum(stream.packing) && !is_signed)
		free_bit();
	if (is_initrd)
		damage_initrd(rounds);
	else if (memcmp(original + 0x202, "HdrS", 4) == 0)
		damage_bzimage(rounds, ka_streq(what, "payload"));
	else
		damage_image(rounds);
}

static void accept_undamaged(void)
{
	bool accepted = !is_found(size, KA_WARNING);

	if (!accepted)
		fprintf(stderr, "%s: a finding though undamaged\n", label);
	counts = (struct counts){ .made = 1, .found = accepted, .missed = !accepted };
	end_kind("undamaged, accepted");
}

int main(int argc, char **argv)
{
	bool bits = argc > 4 && ka_streq(argv[3], "bits");
	size_t rounds = argc > 3 && !bits ? strtoul(argv[3], NULL, 10) : 100;

	if (argc < 3) {
		fprintf(stderr,
			"Usage: damage kernel|payload|initrd FILE [ROUNDS|bits OFFSET:BIT...]\n");
		return 2;
	}
	is_initrd = ka_streq(argv[1], "initrd");
	label = strrchr(argv[2], '/') ? strrchr(argv[2], '/') + 1 : argv[2];
	read_original(argv[2]);
	if (!is_initrd)
		learn_kernel();
	learn_stream();
	accept_undamaged();
	if (bits)
		flip_bits(argv + 4);
	else
		damage(argv[1], rounds);
	print_counts("total", &all);
	return all.missed > 0;
}
