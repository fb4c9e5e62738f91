// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damage a real kernel or initrd in every way that can be thought of, and see which of it the checks
 * find:
 *
 *     damage kernel|payload|initrd FILE [ROUNDS]
 *
 * kernel: of any architecture, packed or not. payload: what is packed inside a bzImage alone.
 * Prints a line for each kind of damage: how many were made, found, and not found though they must be.
 * Status 1 if there is one of the last kind, or the undamaged file is refused.
 */

#include <kexec-any/diag.h>

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
	struct ka_machine machine = { .memory_total = 4ull << 30 };
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

static bool is_refused(size_t n)
{
	const struct ka_reader reader = { .fd = fd, .size = n };
	struct ka_findings findings = KA_FINDINGS_INIT;
	bool refused;

	if (!(is_initrd ? inspect_initrd : inspect_kernel)(&reader, &findings)) {
		fprintf(stderr, "damage: out of memory\n");
		exit(2);
	}
	refused = ka_findings_first(&findings, KA_ERROR) != NULL;
	ka_findings_done(&findings);
	return refused;
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

/*
 * The fields of the boot protocol's header. harmless: nothing of kexec and of the next kernel's 64-bit
 * entry reads it, or any value will do (arch/x86/kernel/kexec-bzimage64.c sets it anew).
 */
static const struct {
	const char *name;
	unsigned int offset, size;
	bool harmless;
} fields[] = {
	{ "setup_sects", 0x1f1, 1, false },
	{ "root_flags", 0x1f2, 2, true },
	{ "syssize", 0x1f4, 4, false },
	{ "ram_size", 0x1f8, 2, true },
	{ "vid_mode", 0x1fa, 2, true },
	{ "root_dev", 0x1fc, 2, true },
	{ "boot_flag", 0x1fe, 2, false },
	{ "jump", 0x200, 2, true },
	{ "magic", 0x202, 4, false },
	{ "version", 0x206, 2, true },
	{ "realmode_swtch", 0x208, 4, true },
	{ "start_sys_seg", 0x20c, 2, true },
	{ "kernel_version", 0x20e, 2, true },
	{ "type_of_loader", 0x210, 1, true },
	{ "loadflags", 0x211, 1, true },
	{ "setup_move_size", 0x212, 2, true },
	{ "code32_start", 0x214, 4, true },
	{ "ramdisk_image", 0x218, 4, false },
	{ "ramdisk_size", 0x21c, 4, false },
	{ "bootsect_kludge", 0x220, 4, true },
	{ "heap_end_ptr", 0x224, 2, true },
	{ "ext_loader", 0x226, 2, true },
	{ "cmd_line_ptr", 0x228, 4, true },
	{ "initrd_addr_max", 0x22c, 4, true },
	{ "kernel_alignment", 0x230, 4, true },
	{ "relocatable_kernel", 0x234, 1, false },
	{ "min_alignment", 0x235, 1, true },
	{ "xloadflags", 0x236, 2, true },
	{ "cmdline_size", 0x238, 4, true },
	{ "hardware_subarch", 0x23c, 4, false },
	{ "hardware_subarch_data", 0x240, 8, true },
	{ "payload_offset", 0x248, 4, false },
	{ "payload_length", 0x24c, 4, false },
	{ "setup_data", 0x250, 8, false },
	{ "pref_address", 0x258, 8, true },
	{ "init_size", 0x260, 4, true },
	{ "handover_offset", 0x264, 4, true },
	{ "kernel_info_offset", 0x268, 4, true },
};

/* Extreme values, single bits, neighbours, and values of other fields. */
static void field_values(size_t index)
{
	const uint8_t *at = original + fields[index].offset;
	size_t n = fields[index].size, other = next_random() % ARRAY_SIZE(fields);
	uint8_t value[8] = { 0 };

	/* What comes out of the payload does not depend on these. */
	fast = fields[index].harmless;
	try_bytes(fields[index].offset, value, n, !fields[index].harmless, fields[index].name);
	memset(value, 0xff, sizeof(value));
	try_bytes(fields[index].offset, value, n, !fields[index].harmless, fields[index].name);
	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(value, at, n);
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
		try_bytes(fields[index].offset, value, n, !fields[index].harmless,
			  fields[index].name);
	}
	memcpy(value, original + fields[other].offset, n);
	try_bytes(fields[index].offset, value, n, !fields[index].harmless, fields[index].name);
	fast = false;
	end_kind(fields[index].name);
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
		field_values(i);
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

static void damage_initrd(size_t rounds)
{
	bool must = ka_packing_has_checksum(ka_packing_detect(original, 2));

	truncations(size, rounds);
	flips(0, size, rounds, must, "bits");
	junk(0, size, rounds / 4 + 1, must);
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
	count(!is_refused(size), true, "refused though undamaged", 0);
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
