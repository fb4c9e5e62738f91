// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damage a real kernel or initrd in every way that can be thought of, and see which of it the checks
 * find:
 *
 *     damage kernel|payload|initrd FILE [ROUNDS]
 *
 * kernel: of any architecture, packed or not. payload: what is packed inside a bzImage alone.
 * Prints a line for each kind of damage: how many were made, found, and not found though they must be.
 * Status 1 if there is one of the last kind, or a warning about the undamaged file.
 */

#include <kexec-any/findings.h>

#include "image/image.h"
#include "image/pe.h"
#include "image/unwrap.h"
#include "initrd/initrd.h"
#include "unpack/unpack.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MEMORY (4ull << 30) /* of the machine, bytes */

static uint8_t *original;
static size_t size;
static int fd; /* of the damaged copy */
static bool is_initrd, fast;
static bool is_signed;		       /* then every byte counts, but for these */
static struct ka_pe pe;		       /* of the undamaged file, if it is PE */
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
			 !ka_streq(findings.items[i].id, "kernel-unchecked");
	ka_findings_done(&findings);
	return found;
}

static bool is_refused(size_t n)
{
	return is_found(n, KA_ERROR);
}

static void put(size_t offset, const void *bytes, size_t n)
{
	if (pwrite(fd, bytes, n, (off_t)offset) != (ssize_t)n) {
		perror("damage");
		exit(2);
	}
}

/* --- counting */

static size_t made, found, missed, all_made, all_found, all_missed;

static void count(bool refused, bool must, const char *what, size_t at)
{
	made++;
	found += refused;
	if (refused || !must)
		return;
	missed++;
	fprintf(stderr, "%s: not found: %s at %zu\n", label, what, at);
}

static void end_kind(const char *kind)
{
	printf("%-28s %-34s %6zu %6zu %6zu\n", label, kind, made, found, missed);
	fflush(stdout);
	all_made += made;
	all_found += found;
	all_missed += missed;
	made = found = missed = 0;
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

/* Overwrite n bytes, look, put them back. */
static void try_bytes(size_t at, const uint8_t *bytes, size_t n, bool must, const char *what)
{
	if (memcmp(original + at, bytes, n) == 0)
		return;
	if (is_signed && !fast && !is_unsigned(at) && at < pe.cert_offset)
		must = true;
	put(at, bytes, n);
	count(is_refused(size), must, what, at);
	put(at, original + at, n);
}

static void truncations(size_t end, size_t rounds)
{
	for (size_t i = 0; i < rounds; i++) {
		size_t n = end * i / rounds;

		count(is_refused(n), true, "truncation", n);
	}
	end_kind("truncations");
}

static void flips(size_t from, size_t to, size_t rounds, bool must, const char *kind)
{
	for (size_t i = 0; i < rounds; i++) {
		size_t at = from + (size_t)((uint64_t)next_random() * (to - from) >> 24);
		uint8_t byte = original[at] ^ (uint8_t)(1u << next_random() % 8);

		try_bytes(at, &byte, 1, must, kind);
	}
	end_kind(kind);
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

/* --- the fields of the boot protocol's header */

/* Of the undamaged header. */
static uint32_t word(unsigned int offset)
{
	return ka_le32(original + offset);
}

/* Values that must be refused: the kernel refuses them, or crashes, or what it starts hangs. */

static bool any(_unused_ uint64_t value)
{
	return true;
}

/* A short jump over the rest of the header, whose end decides how many bytes the kernel copies. */
static bool bad_jump(uint64_t value)
{
	uint64_t end = 0x202 + (value >> 8);

	return (value & 0xff) != 0xeb || end < 0x268 || end > 0x1f1 + 144;
}

static bool bad_version(uint64_t value)
{
	return value < 0x20c || value > 0x2ff;
}

static bool bad_loadflags(uint64_t value)
{
	return !(value & 1);
}

static bool bad_alignment(uint64_t value)
{
	return value == 0 || value & (value - 1) || value < 1ull << original[0x235];
}

static bool bad_min_alignment(uint64_t value)
{
	return value > 31 || word(0x230) < 1ull << value;
}

static bool bad_xloadflags(uint64_t value)
{
	return (value & 3) != 3;
}

static bool bad_cmdline_size(uint64_t value)
{
	return value < 255 || value > 65535;
}

static bool bad_pref_address(uint64_t value)
{
	return value == 0 || value % word(0x230) || value >= MEMORY;
}

/* Less than unpacking in place takes, by the size of what comes out; or half of the memory. */
static bool bad_init_size(uint64_t value)
{
	uint32_t setup = ((original[0x1f1] ? original[0x1f1] : 4u) + 1) * 512;
	uint32_t packed_end = word(0x248) + word(0x24c);

	return value < (uint64_t)word(0x1f4) * 16 + word(setup + packed_end - 4) - packed_end ||
	       value >= MEMORY / 2;
}

/* refused: NULL, where nothing of kexec and of the next kernel's 64-bit entry reads it, or any value will
 * do (arch/x86/kernel/kexec-bzimage64.c sets it anew). */
static const struct field {
	const char *name;
	unsigned int offset, size;
	bool (*refused)(uint64_t value);
} fields[] = {
	{ "setup_sects", 0x1f1, 1, any },
	{ "root_flags", 0x1f2, 2, NULL },
	{ "syssize", 0x1f4, 4, any },
	{ "ram_size", 0x1f8, 2, NULL },
	{ "vid_mode", 0x1fa, 2, NULL },
	{ "root_dev", 0x1fc, 2, NULL },
	{ "boot_flag", 0x1fe, 2, any },
	{ "jump", 0x200, 2, bad_jump },
	{ "magic", 0x202, 4, any },
	{ "version", 0x206, 2, bad_version },
	{ "realmode_swtch", 0x208, 4, NULL },
	{ "start_sys_seg", 0x20c, 2, NULL },
	{ "kernel_version", 0x20e, 2, NULL },
	{ "type_of_loader", 0x210, 1, NULL },
	{ "loadflags", 0x211, 1, bad_loadflags },
	{ "setup_move_size", 0x212, 2, NULL },
	{ "code32_start", 0x214, 4, NULL },
	{ "ramdisk_image", 0x218, 4, any },
	{ "ramdisk_size", 0x21c, 4, any },
	{ "bootsect_kludge", 0x220, 4, NULL },
	{ "heap_end_ptr", 0x224, 2, NULL },
	{ "ext_loader", 0x226, 2, NULL },
	{ "cmd_line_ptr", 0x228, 4, NULL },
	{ "initrd_addr_max", 0x22c, 4, NULL },
	{ "kernel_alignment", 0x230, 4, bad_alignment },
	{ "relocatable_kernel", 0x234, 1, any },
	{ "min_alignment", 0x235, 1, bad_min_alignment },
	{ "xloadflags", 0x236, 2, bad_xloadflags },
	{ "cmdline_size", 0x238, 4, bad_cmdline_size },
	{ "hardware_subarch", 0x23c, 4, any },
	{ "hardware_subarch_data", 0x240, 8, NULL },
	{ "payload_offset", 0x248, 4, any },
	{ "payload_length", 0x24c, 4, any },
	{ "setup_data", 0x250, 8, any },
	{ "pref_address", 0x258, 8, bad_pref_address },
	{ "init_size", 0x260, 4, bad_init_size },
	{ "handover_offset", 0x264, 4, NULL },
	{ "kernel_info_offset", 0x268, 4, NULL },
};

static uint64_t number(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | bytes[n];
	return value;
}

static bool is_refused_value(const struct field *f, const uint8_t *bytes)
{
	return f->refused && f->refused(number(bytes, f->size));
}

static void try_value(const struct field *f, const uint8_t *bytes)
{
	try_bytes(f->offset, bytes, f->size, is_refused_value(f, bytes), f->name);
}

/* Does what comes out of the payload depend on it? */
static bool needs_unpacking(const struct field *f)
{
	return f->refused == any;
}

/* Extreme values and single bits. */
static void field_values(const struct field *f)
{
	uint8_t value[8] = { 0 };

	fast = !needs_unpacking(f);
	try_value(f, value);
	memset(value, 0xff, sizeof(value));
	try_value(f, value);
	for (size_t bit = 0; bit < f->size * 8; bit++) {
		memcpy(value, original + f->offset, f->size);
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
		try_value(f, value);
	}
	fast = false;
	end_kind(f->name);
}

/* Two fields of one size have each other's value. */
static void swap_fields(const struct field *f, const struct field *g)
{
	const uint8_t *a = original + f->offset, *b = original + g->offset;
	bool must = is_refused_value(f, b) || is_refused_value(g, a);

	if (f->size != g->size || memcmp(a, b, f->size) == 0)
		return;
	fast = !needs_unpacking(f) && !needs_unpacking(g);
	put(f->offset, b, f->size);
	put(g->offset, a, g->size);
	count(is_refused(size), must, f->name, g->offset);
	put(f->offset, a, f->size);
	put(g->offset, b, g->size);
	fast = false;
}

static void swaps(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		for (size_t j = i + 1; j < ARRAY_SIZE(fields); j++)
			swap_fields(&fields[i], &fields[j]);
	end_kind("fields swapped");
}

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
	size_t setup = ((original[0x1f1] ? original[0x1f1] : 4u) + 1) * 512;
	size_t end = setup + (size_t)ka_le32(original + 0x1f4) * 16;
	size_t payload = setup + ka_le32(original + 0x248);
	size_t payload_end = payload + ka_le32(original + 0x24c);
	enum ka_packing packing = ka_packing_detect(original + payload, 2);
	bool must = ka_packing_has_checksum(packing);

	if (!payload_only)
		truncations(end, rounds);
	/* Where a signature tells of every change, it says nothing of the header's rules. */
	if (is_signed)
		flips(0, end, rounds, true, "bits of what is signed");
	for (size_t i = 0; i < ARRAY_SIZE(fields) && !payload_only && !is_signed; i++)
		field_values(&fields[i]);
	if (!payload_only && !is_signed)
		swaps();
	if (!payload_only && pe.n_sections > 0)
		overlaps();
	if (!payload_only && !is_signed)
		flips(0x40, 0x1f1, rounds, false, "bits of the PE header");
	flips(payload, payload_end, rounds, must, "bits of the payload");
	junk(payload, payload_end, rounds / 4 + 1, must);
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
	size_t end = is_packed ? size : pe.sections_end;

	if (memcmp(original,
		   "\x7f"
		   "ELF",
		   4) == 0)
		end = elf_end();
	if (end > 0)
		truncations(end, rounds);
	flips(0, 64, rounds, false, "bits of the header");
	/* The size of the PE header and of the code that unpacks is the first 64 KiB's business. */
	flips(is_packed ? 65536 : 64, end > 0 ? end - (is_packed ? 65536 : 0) : size, rounds,
	      is_packed, "bits of the rest");
	junk(is_packed ? 65536 : 64, end > 0 ? end - (is_packed ? 65536 : 0) : size, rounds / 4 + 1,
	     is_packed);
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

static void damage_initrd(size_t rounds)
{
	size_t packed = find_packed();
	bool must = packed < size &&
		    ka_packing_has_checksum(ka_packing_detect(original + packed, 2));

	truncations(size, rounds);
	if (packed > 0)
		flips(0, packed, rounds, false, "bits of what is not packed");
	flips(packed, size, rounds, must, "bits");
	junk(packed, size, rounds / 4 + 1, must);
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

int main(int argc, char **argv)
{
	size_t rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 100;

	if (argc < 3) {
		fprintf(stderr, "Usage: damage kernel|payload|initrd FILE [ROUNDS]\n");
		return 2;
	}
	is_initrd = ka_streq(argv[1], "initrd");
	label = strrchr(argv[2], '/') ? strrchr(argv[2], '/') + 1 : argv[2];
	read_original(argv[2]);
	if (!is_initrd)
		learn_kernel();
	count(!is_found(size, KA_WARNING), true, "a finding though undamaged", 0);
	end_kind("undamaged, accepted");
	if (is_initrd)
		damage_initrd(rounds);
	else if (memcmp(original + 0x202, "HdrS", 4) == 0)
		damage_bzimage(rounds, ka_streq(argv[1], "payload"));
	else
		damage_image(rounds);
	printf("%-28s %-34s %6zu %6zu %6zu\n", label, "total", all_made, all_found, all_missed);
	return all_missed > 0;
}
