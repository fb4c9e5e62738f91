// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Boot sectors. The loaders' own texts and magic numbers: boot.S and diskboot.S of GRUB (i386/pc/boot.h), stage1.h
 * of GRUB Legacy, mbr.S, gptmbr.S and diskstart.inc of SYSLINUX, first.S of LILO; the partition tables of PCs and of
 * UEFI 2.10, section 5.
 */

#include "image/bootcode.h"

#include <kexec-any/memory.h>

#include <string.h>

#define SECTOR	     512u
#define CODE	     440u /* behind it: the disk's number and the table */
#define TABLE	     446u
#define SIGNATURE    510u
#define TYPE_GPT     0xee
#define GPT_MAX	     ((size_t)128 * 128)
#define GPT_BOOTABLE 4u /* attribute 2: for loaders of BIOS */

/* GRUB_BOOT_MACHINE_KERNEL_ADDR and _SECTOR, at the end of the room for a BPB. */
#define GRUB_ADDRESS_AT 0x5au
#define GRUB_ADDRESS	0x8000u
#define GRUB_SECTOR_AT	0x5cu
/* STAGE1_VER_MAJ_OFFS: COMPAT_VERSION 3.2 */
#define LEGACY_VERSION_AT 0x3eu

enum code {
	CODE_NOTHING,
	CODE_UNKNOWN,
	CODE_GRUB,
	CODE_GRUB_LEGACY,
	CODE_LILO,
	CODE_SYSLINUX,
	CODE_WINDOWS,
	CODE_ACTIVE, /* goes on to the active partition */
	CODE_GPT,    /* goes on to the bootable one of a GPT */
};

static bool has(const uint8_t *sector, const char *bytes, size_t n)
{
	return memmem(sector, SECTOR, bytes, n) != NULL;
}

#define HAS(sector, text) has(sector, text, sizeof(text) - 1)

static bool is_empty(const uint8_t *sector)
{
	for (size_t i = 0; i < CODE; i++)
		if (sector[i])
			return false;
	return true;
}

/* The same words in the same order in both GRUBs. */
static enum code tell_grubs_apart(const uint8_t *sector)
{
	if (ka_le16(sector + GRUB_ADDRESS_AT) == GRUB_ADDRESS)
		return CODE_GRUB;
	if (sector[LEGACY_VERSION_AT] == 3 && sector[LEGACY_VERSION_AT + 1] == 2)
		return CODE_GRUB_LEGACY;
	return CODE_UNKNOWN;
}

static bool is_syslinux(const uint8_t *sector)
{
	return (memcmp(sector + 3, "SYSLINUX", 8) == 0 || memcmp(sector + 3, "EXTLINUX", 8) == 0) &&
	       HAS(sector, "Boot error");
}

/* The first sector of a disk or of a partition. */
static enum code classify(const uint8_t *sector)
{
	/* What mklabel of libparted leaves, which has no text (libparted/labels/dos.c). */
	static const char libparted[] = "\xfa\xb8\x00\x10\x8e\xd0\xbc\x00\xb0";

	if (ka_le16(sector + SIGNATURE) != 0xaa55 || is_empty(sector))
		return CODE_NOTHING;
	if (HAS(sector, "GRUB \0Geom\0Hard Disk\0Read\0 Error"))
		return tell_grubs_apart(sector);
	if (memcmp(sector + 6, "LILO", 4) == 0)
		return CODE_LILO;
	if (is_syslinux(sector))
		return CODE_SYSLINUX;
	if (HAS(sector, "BOOTMGR") || HAS(sector, "NTLDR"))
		return CODE_WINDOWS;
	if (HAS(sector, "Multiple active partitions"))
		return HAS(sector, "Missing OS") ? CODE_GPT : CODE_ACTIVE;
	if (HAS(sector, "Invalid partition table") || memcmp(sector, libparted, 9) == 0)
		return CODE_ACTIVE;
	/* mkfs.fat's */
	return HAS(sector, "This is not a bootable disk") ? CODE_NOTHING : CODE_UNKNOWN;
}

/* Is GRUB's core where its boot sector looks for it? diskboot.S is its first sector. */
static int check_core(const struct ka_reader *disk, const uint8_t *sector, enum code *code)
{
	uint64_t at = ka_le64(sector + GRUB_SECTOR_AT);
	uint8_t core[SECTOR];
	int r;

	if (at >= disk->size / SECTOR) {
		*code = CODE_UNKNOWN;
		return 0;
	}
	r = ka_read_at(disk, at * SECTOR, core, sizeof(core));
	if (r == 0 && !HAS(core, "Geom\0Read\0 Error"))
		*code = CODE_UNKNOWN;
	return r;
}

/* The one active partition's sector. 1; 0: there is none; -ENOTUNIQ: that is for the code to say. */
static int find_active(const uint8_t *sector, uint64_t *ret)
{
	const uint8_t *found = NULL;

	for (size_t i = 0; i < 4; i++) {
		const uint8_t *p = sector + TABLE + 16 * i;

		/* mbr.S looks into extended ones too. */
		if (!(p[0] & 0x80) && (p[4] == 5 || p[4] == 0xf || p[4] == 0x85))
			return -ENOTUNIQ;
		if (!(p[0] & 0x80))
			continue;
		if (found)
			return -ENOTUNIQ;
		found = p;
	}
	if (found)
		*ret = ka_le32(found + 8);
	return found != NULL;
}

/* The same of a GPT. */
static int find_bootable(const struct ka_reader *disk, uint64_t *ret)
{
	uint8_t header[SECTOR], table[GPT_MAX];
	uint64_t at, n, size;
	bool found = false;
	int r = ka_read_at(disk, SECTOR, header, sizeof(header));

	if (r < 0)
		return r;
	at = ka_le64(header + 72);
	n = ka_le32(header + 80);
	size = ka_le32(header + 84);
	if (memcmp(header, "EFI PART", 8) != 0 || size < 128 || size > 4096 || n > GPT_MAX / size ||
	    at >= disk->size / SECTOR)
		return -ENOTUNIQ;
	r = ka_read_at(disk, at * SECTOR, table, (size_t)(n * size));
	for (uint64_t i = 0; i < n && r == 0; i++) {
		const uint8_t *p = table + i * size;

		if (!(p[48] & GPT_BOOTABLE))
			continue;
		r = found ? -ENOTUNIQ : 0;
		found = true;
		*ret = ka_le64(p + 32);
	}
	return r < 0 ? r : found;
}

/* What the partition has that the code of the disk goes on to. */
static int follow(const struct ka_reader *disk, const uint8_t *sector, enum code *code)
{
	uint8_t next[SECTOR];
	uint64_t at = 0;
	int r = *code == CODE_GPT ? find_bootable(disk, &at) : find_active(sector, &at);

	*code = r == 0 ? CODE_NOTHING : CODE_UNKNOWN;
	if (r == -ENOTUNIQ || (r > 0 && at >= disk->size / SECTOR))
		return 0;
	if (r > 0)
		r = ka_read_at(disk, at * SECTOR, next, sizeof(next));
	if (r < 0)
		return r;
	if (*code == CODE_NOTHING)
		return 0;
	*code = classify(next);
	if (*code == CODE_ACTIVE || *code == CODE_GPT)
		*code = CODE_UNKNOWN;
	return *code == CODE_GRUB ? check_core(disk, next, code) : 0;
}

int ka_boot_code_read(const struct ka_reader *disk, enum ka_program_kind *ret)
{
	static const enum ka_program_kind kinds[] = {
		[CODE_UNKNOWN] = KA_PROGRAM_UNKNOWN,	     [CODE_GRUB] = KA_PROGRAM_GRUB,
		[CODE_GRUB_LEGACY] = KA_PROGRAM_GRUB_LEGACY, [CODE_LILO] = KA_PROGRAM_LILO,
		[CODE_SYSLINUX] = KA_PROGRAM_SYSLINUX,	     [CODE_WINDOWS] = KA_PROGRAM_WINDOWS,
	};
	uint8_t sector[SECTOR];
	enum code code;
	int r;

	r = ka_read_at(disk, 0, sector, sizeof(sector));
	if (r < 0)
		return r;
	code = classify(sector);
	if (code == CODE_GRUB)
		r = check_core(disk, sector, &code);
	else if (code == CODE_ACTIVE || code == CODE_GPT)
		r = follow(disk, sector, &code);
	if (r < 0 || code == CODE_NOTHING)
		return r;
	*ret = kinds[code];
	return 1;
}
