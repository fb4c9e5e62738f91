// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Write a stub kernel for a captured machine: a well-formed x86 bzImage with EFI stub headers, as
 * "The Linux/x86 Boot Protocol" has them, but with nothing to run inside. The values are those of
 * Debian's linux-image-amd64 6.1, sizes apart.
 *
 *     mkbzimage 'VERSION (BUILDER) #NUMBER …' >vmlinuz
 */

#include <kexec-any/base.h>

#include <stdio.h>

#define SECTORS	   3 /* of setup code, besides the boot sector */
#define SETUP	   ((SECTORS + 1) * 512)
#define CODE	   2048
#define VERSION_AT 0x300
#define PE_AT	   0x40
#define PAYLOAD_AT (SETUP + 716)
#define ELF_SIZE   256

static uint8_t image[SETUP + CODE];

static void put(size_t offset, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image[offset + i] = (uint8_t)(value >> (8 * i));
}

/* CRC-32, not inverted at either end. */
static uint32_t crc32(uint32_t crc, size_t offset, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= image[offset + i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

static void put_segment(size_t at, uint32_t type, uint64_t offset, uint64_t size)
{
	put(at, type, 4);
	put(at + 8, offset, 8);
	put(at + 32, size, 8);
	put(at + 40, size, 8);
}

/* An ELF kernel with a segment and a build-id, which is its version's first bytes. */
static void put_elf(size_t at, const char *version)
{
	memcpy(image + at,
	       "\x7f"
	       "ELF\2\1\1",
	       7);
	put(at + 16, 2, 2);  /* ET_EXEC */
	put(at + 18, 62, 2); /* x86_64 */
	put(at + 20, 1, 4);  /* version */
	put(at + 32, 64, 8); /* program headers */
	put(at + 52, 64, 2); /* size of this header */
	put(at + 54, 56, 2); /* of a program header */
	put(at + 56, 2, 2);  /* how many */
	put_segment(at + 64, 1, 0, ELF_SIZE);
	put_segment(at + 120, 4, 176, 36);
	put(at + 176, 4, 4);  /* name */
	put(at + 180, 20, 4); /* build-id */
	put(at + 184, 3, 4);  /* NT_GNU_BUILD_ID */
	memcpy(image + at + 188, "GNU", 4);
	memcpy(image + at + 192, version, strnlen(version, 20));
}

/* gzip's format, with one block that is only stored (RFC 1951, 1952). The size of it all. */
static size_t put_payload(size_t at, const char *version)
{
	memcpy(image + at, "\x1f\x8b\x08\0\0\0\0\0\2\3\1", 11);
	put(at + 11, ELF_SIZE, 2);
	put(at + 13, ~(uint64_t)ELF_SIZE, 2);
	put_elf(at + 15, version);
	put(at + 15 + ELF_SIZE, ~crc32(0xffffffff, at + 15, ELF_SIZE), 4);
	put(at + 19 + ELF_SIZE, ELF_SIZE, 4);
	return 23 + ELF_SIZE;
}

static void put_section(size_t index, const char *name, uint32_t offset, uint32_t size)
{
	size_t at = PE_AT + 24 + 160 + index * 40;

	memcpy(image + at, name, strlen(name));
	put(at + 8, size, 4);
	put(at + 12, offset, 4);
	put(at + 16, size, 4);
	put(at + 20, offset, 4);
}

static void put_pe(void)
{
	memcpy(image, "MZ", 2);
	put(0x38, 0x818223cd, 4); /* the mark of a Linux EFI stub */
	put(0x3c, PE_AT, 4);
	memcpy(image + PE_AT, "PE\0\0", 4);
	put(PE_AT + 4, 0x8664, 2);	       /* machine */
	put(PE_AT + 6, 2, 2);		       /* sections */
	put(PE_AT + 20, 160, 2);	       /* size of the optional header */
	put(PE_AT + 24, 0x20b, 2);	       /* PE32+ */
	put(PE_AT + 24 + 44, 1, 2);	       /* stub version */
	put(PE_AT + 24 + 32, 32, 4);	       /* section alignment */
	put(PE_AT + 24 + 36, 32, 4);	       /* file alignment */
	put(PE_AT + 24 + 56, SETUP + CODE, 4); /* size of the image */
	put(PE_AT + 24 + 60, 512, 4);	       /* of the headers */
	put(PE_AT + 24 + 68, 10, 2);	       /* EFI application */
	put(PE_AT + 24 + 108, 6, 4);	       /* data directories */
	put_section(0, ".setup", 512, SETUP - 512);
	put_section(1, ".text", SETUP, CODE);
}

static void put_header(void)
{
	put(0x1f1, SECTORS, 1);
	put(0x1f4, CODE / 16, 4);
	put(0x1fe, 0xaa55, 2);
	put(0x200, 0x6aeb, 2); /* jmp: the header ends at 0x26c */
	memcpy(image + 0x202, "HdrS", 4);
	put(0x206, 0x020f, 2);
	put(0x20e, VERSION_AT - 0x200, 2);
	put(0x211, 0x01, 1);	   /* LOADED_HIGH */
	put(0x22c, 0x7fffffff, 4); /* initrd_addr_max */
	put(0x230, 0x200000, 4);   /* kernel_alignment */
	put(0x234, 1, 1);	   /* relocatable_kernel */
	put(0x235, 21, 1);	   /* min_alignment */
	put(0x236, 0x7f, 2);	   /* xloadflags */
	put(0x238, 2047, 4);	   /* cmdline_size */
	put(0x248, 716, 4);	   /* payload_offset */
	put(0x258, 0x1000000, 8);  /* pref_address */
	put(0x260, 0x400000, 4);   /* init_size */
	put(0x268, 0x100, 4);	   /* kernel_info_offset */
}

int main(int argc, char **argv)
{
	if (argc != 2 || strlen(argv[1]) >= SETUP - VERSION_AT) {
		fprintf(stderr, "Usage: mkbzimage 'VERSION (BUILDER) #NUMBER …' >vmlinuz\n");
		return 2;
	}
	put_pe();
	put_header();
	memcpy(image + VERSION_AT, argv[1], strlen(argv[1]));
	memcpy(image + SETUP + 0x100, "LToP", 4);
	put(0x24c, put_payload(PAYLOAD_AT, argv[1]), 4);
	/* The checksum of the kernel's build tool, over everything. */
	put(SETUP + CODE - 4, crc32(0xffffffff, 0, SETUP + CODE - 4), 4);
	return fwrite(image, sizeof(image), 1, stdout) == 1 && fflush(stdout) == 0 ? 0 : 1;
}
