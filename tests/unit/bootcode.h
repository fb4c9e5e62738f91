/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Disks as loaders leave them: the bytes that stand at fixed places or are texts in boot.S and diskboot.S of GRUB
 * 2.06, stage1.S of GRUB 0.97, mbr.S, gptmbr.S and diskboot.inc of SYSLINUX 6.04, first.S of LILO 24, and Windows'
 * and libparted's own code.
 */

#include "machine.h"

#define UNIT_SECTOR  512
#define UNIT_SECTORS 40

static uint8_t unit_disk[UNIT_SECTORS * UNIT_SECTOR];

static inline uint8_t *unit_sector(size_t n)
{
	return unit_disk + n * UNIT_SECTOR;
}

static inline void unit_disk_clear(void)
{
	memset(unit_disk, 0, sizeof(unit_disk));
}

static inline void unit_code(size_t n, size_t at, const char *bytes, size_t len)
{
	memcpy(unit_sector(n) + at, bytes, len);
	memcpy(unit_sector(n) + 510, "\x55\xaa", 2);
}

#define UNIT_CODE(n, at, text) unit_code(n, at, text, sizeof(text) - 1)

/* core: the sector that its own first sector is in. */
static inline void unit_code_grub(size_t n, size_t core)
{
	UNIT_CODE(n, 0, "\xeb\x63\x90");
	UNIT_CODE(n, 0x5a, "\x00\x80");
	unit_le(unit_sector(n) + 0x5c, core, 4);
	UNIT_CODE(n, 0x180, "GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n");
	memcpy(unit_sector(core) + 0x120, "loading\0.\0\r\n\0Geom\0Read\0 Error", 30);
}

static inline void unit_code_extlinux(size_t n)
{
	UNIT_CODE(n, 0, "\xeb\x58\x90SYSLINUX");
	UNIT_CODE(n, 0x1d7, "Boot error\r\n");
}

#define UNIT_CODE_SYSLINUX_MBR                                                                     \
	do {                                                                                       \
		UNIT_CODE(0, 0x5e, "Missing operating system.\r\n");                               \
		UNIT_CODE(0, 0x11d, "Multiple active partitions.\r\n");                            \
	} while (0)

static inline void unit_partition(size_t i, uint8_t flags, uint8_t type, uint32_t start)
{
	uint8_t *p = unit_sector(0) + 446 + 16 * i;

	p[0] = flags;
	p[4] = type;
	unit_le(p + 8, start, 4);
	memcpy(unit_sector(0) + 510, "\x55\xaa", 2);
}
