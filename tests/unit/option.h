/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A machine with UEFI firmware and boot options: EFI_LOAD_OPTION of UEFI 2.10, sections 3.1.3 and 10.3. */

#include "machine.h"

#define UNIT_ACTIVE	 0x1u
#define UNIT_APPLICATION 0x100u

/* Of an option: a partition by the first byte of its GUID. */
#define UNIT_ESP     1 /* mounted at /boot/efi */
#define UNIT_HIDDEN  2 /* attached, not mounted */
#define UNIT_GONE    3
#define UNIT_NETWORK 0

struct unit_option {
	unsigned int number, attributes, partition;
	const char *path; /* with backslashes; NULL: no file is named */
	const char *data; /* text for the program */
};

static inline size_t unit_node(uint8_t *p, uint8_t type, uint8_t subtype, size_t len)
{
	p[0] = type;
	p[1] = subtype;
	unit_le(p + 2, (uint32_t)(4 + len), 2);
	return 4 + len;
}

static inline size_t unit_device_path(uint8_t *p, const struct unit_option *option)
{
	size_t at;

	if (option->partition == UNIT_NETWORK) {
		at = unit_node(p, 3, 11, 33);
	} else {
		at = unit_node(p, 4, 1, 38);
		unit_le(p + 4, 1, 4);
		p[24] = (uint8_t)option->partition;
		p[40] = p[41] = 2; /* GPT, a GUID */
	}
	if (option->path)
		at += unit_node(p + at, 4, 4, unit_utf16(option->path, p + at + 4));
	return at + unit_node(p + at, 0x7f, 0xff, 0);
}

static inline void unit_boot_option(const struct unit_option *option)
{
	uint8_t bytes[1024] = { 0 };
	size_t at = 6, n;
	char name[16];

	unit_le(bytes, option->attributes, 4);
	snprintf(name, sizeof(name), "option %X", option->number);
	at += unit_utf16(name, bytes + at);
	n = unit_device_path(bytes + at, option);
	unit_le(bytes + 4, (uint32_t)n, 2);
	at += n;
	if (option->data)
		at += unit_utf16(option->data, bytes + at);
	snprintf(name, sizeof(name), "Boot%04X", option->number);
	unit_efi(name, KA_EFI_GUID_GLOBAL, bytes, at);
}

#define UNIT_OPTION(...) unit_boot_option(&(const struct unit_option){ __VA_ARGS__ })

/* BootNext, BootOrder, BootCurrent: numbers up to 0xff. */
static inline void unit_numbers(const char *variable, size_t n, const uint8_t *numbers)
{
	uint8_t bytes[64] = { 0 };

	for (size_t i = 0; i < n; i++)
		bytes[2 * i] = numbers[i];
	unit_efi(variable, KA_EFI_GUID_GLOBAL, bytes, 2 * n);
}

#define UNIT_NUMBERS(variable, ...)                                                                \
	unit_numbers(variable, sizeof((uint8_t[]){ __VA_ARGS__ }), (uint8_t[]){ __VA_ARGS__ })

#define UNIT_UUID "-0000-0000-0000-000000000000"

/* An x86 machine, its ESP mounted at /boot/efi; without the firmware's variables. */
static inline void unit_pc(const char *cmdline)
{
	unit_puts("proc/sys/kernel/arch", "x86_64\n");
	unit_puts("proc/cmdline", cmdline);
	unit_puts("proc/self/mountinfo", "28 1 254:2 / / rw - ext4 /dev/vda2 rw\n"
					 "30 28 254:1 / /boot/efi rw - vfat /dev/vda1 rw\n");
	unit_puts("dev/disk/by-partuuid/.d", "");
	unit_link("dev/disk/by-partuuid/00000001" UNIT_UUID, "../../vda1");
	unit_link("dev/disk/by-partuuid/00000002" UNIT_UUID, "../../vdb1");
}
