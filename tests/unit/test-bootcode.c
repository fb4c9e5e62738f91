// SPDX-License-Identifier: GPL-2.0-or-later
/* What a BIOS starts, by the boot sectors of the disks; and what that says of the machine. */

#include "bootcode.h"
#include "chain.h"

#include "image/bootcode.h"

#include <errno.h>
#include <sys/mman.h>

/* --- the bytes */

/* KA_PROGRAM_UNKNOWN is a program that nobody knows; -1: nothing starts. */
static void assert_code_of(size_t len, int expected)
{
	enum ka_program_kind kind = _KA_PROGRAM_MAX;
	struct ka_reader reader = { .fd = memfd_create("disk", MFD_CLOEXEC), .size = len };
	int r;

	assert_int_equal(write(reader.fd, unit_disk, len), len);
	r = ka_boot_code_read(&reader, &kind);
	close(reader.fd);
	assert_int_equal(r, expected >= 0);
	if (expected >= 0)
		assert_int_equal(kind, expected);
}

static void assert_code(int expected)
{
	assert_code_of(sizeof(unit_disk), expected);
}

#define NOTHING -1

static void test_grub(void **state)
{
	(void)state;
	unit_disk_clear();
	unit_code_grub(0, 1);
	assert_code(KA_PROGRAM_GRUB);
	unit_disk_clear();
	unit_code_grub(0, 34); /* a BIOS boot partition */
	assert_code(KA_PROGRAM_GRUB);
	/* Another tool has written over the core. */
	memset(unit_sector(34), 'x', UNIT_SECTOR);
	assert_code(KA_PROGRAM_UNKNOWN);
	memset(unit_sector(0) + 0x5c, 0xff, 8);
	assert_code(KA_PROGRAM_UNKNOWN);
	/* No signature: the firmware does not start it. */
	unit_disk_clear();
	unit_code_grub(0, 1);
	unit_sector(0)[511] = 0;
	assert_code(NOTHING);
}

static void test_legacy(void **state)
{
	(void)state;
	unit_disk_clear();
	UNIT_CODE(0, 0x3e, "\x03\x02\xff");
	UNIT_CODE(0, 0x180, "GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n");
	assert_code(KA_PROGRAM_GRUB_LEGACY);
	unit_sector(0)[0x3e] = 0;
	assert_code(KA_PROGRAM_UNKNOWN);
	unit_disk_clear();
	UNIT_CODE(0, 0, "\xfa\xeb\x21\x01\xb4\x01LILO\x18\x05");
	assert_code(KA_PROGRAM_LILO);
	unit_disk_clear();
	UNIT_CODE(0, 100, "nobody's");
	assert_code(KA_PROGRAM_UNKNOWN);
	unit_disk_clear();
	assert_code(NOTHING);
	unit_partition(0, 0x80, 0x83, 4);
	assert_code(NOTHING);
}

/* Code that goes on to the active partition: that one's sector says what starts. */
static void test_active(void **state)
{
	static const char *const codes[] = {
		"Missing operating system.\r\nMultiple active partitions.\r\n",
		"Invalid partition table\0Error loading operating system",
		"\xfa\xb8\x00\x10\x8e\xd0\xbc\x00\xb0",
	};
	static const size_t lengths[] = { 57, 54, 9 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		unit_disk_clear();
		unit_code(0, i == 2 ? 0 : 0x80, codes[i], lengths[i]);
		unit_partition(0, 0, 0x83, 3);
		unit_partition(1, 0x80, 0x83, 4);
		assert_code(NOTHING);
		unit_code_extlinux(3);
		assert_code(NOTHING);
		unit_code_extlinux(4);
		assert_code(KA_PROGRAM_SYSLINUX);
		memset(unit_sector(4), 0, UNIT_SECTOR);
		UNIT_CODE(4, 0x40, "BOOTMGR is missing");
		assert_code(KA_PROGRAM_WINDOWS);
		memset(unit_sector(4), 0, UNIT_SECTOR);
		unit_code_grub(4, 5);
		assert_code(KA_PROGRAM_GRUB);
		UNIT_CODE(5, 0, "");
		memset(unit_sector(5), 0, UNIT_SECTOR);
		assert_code(KA_PROGRAM_UNKNOWN);
		memset(unit_sector(4), 0, UNIT_SECTOR);
		UNIT_CODE(4, 0x60, "This is not a bootable disk.");
		assert_code(NOTHING);
		/* None is active; two are; it is outside; one may be inside an extended one. */
		unit_partition(1, 0, 0x83, 4);
		assert_code(NOTHING);
		unit_partition(0, 0x80, 0x83, 3);
		assert_code(KA_PROGRAM_SYSLINUX);
		unit_partition(1, 0x80, 0x83, 4);
		assert_code(KA_PROGRAM_UNKNOWN);
		unit_partition(1, 0, 5, 4);
		assert_code(KA_PROGRAM_UNKNOWN);
		unit_partition(1, 0, 0x83, 4);
		unit_partition(0, 0x80, 0x83, UNIT_SECTORS);
		assert_code(KA_PROGRAM_UNKNOWN);
	}
}

/* gptmbr.bin: the partition with the attribute "legacy BIOS bootable". */
static void test_gpt(void **state)
{
	uint8_t *header = unit_sector(1), *entries = unit_sector(2);

	(void)state;
	unit_disk_clear();
	UNIT_CODE(0, 0xb7, "Missing OS\r\n");
	UNIT_CODE(0, 0xc5, "Multiple active partitions\r\n");
	assert_code(KA_PROGRAM_UNKNOWN);
	memcpy(header, "EFI PART", 8);
	unit_le(header + 72, 2, 4);
	unit_le(header + 80, 128, 4);
	unit_le(header + 84, 128, 4);
	assert_code(NOTHING);
	unit_le(entries + 128 + 32, 36, 4);
	unit_code_extlinux(36);
	assert_code(NOTHING);
	entries[128 + 48] = 4;
	assert_code(KA_PROGRAM_SYSLINUX);
	entries[48] = 4;
	assert_code(KA_PROGRAM_UNKNOWN);
	unit_le(header + 84, 64, 4);
	assert_code(KA_PROGRAM_UNKNOWN);
}

/* --- the machine */

static void put_disk(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/class/block/%s/dev", name);
	unit_puts(path, "254:0\n");
	snprintf(path, sizeof(path), "dev/%s", name);
	unit_write(path, unit_disk, sizeof(unit_disk));
}

static int setup_disks(void **state)
{
	int r = unit_setup(state);

	if (r < 0)
		return r;
	unit_puts("proc/sys/kernel/arch", "x86_64\n");
	unit_puts("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda1\n");
	unit_puts("proc/sys/kernel/bootloader_type", "114\n");
	unit_puts("sys/class/block/vda1/dev", "254:1\n");
	unit_disk_clear();
	return 0;
}

static void test_agrees(void **state)
{
	(void)state;
	unit_code_grub(0, 1);
	put_disk("vda");
	make();
	assert_int_equal(chain.program.kind, KA_PROGRAM_GRUB);
	assert_int_equal(chain.program.evidence, KA_EVIDENCE_BOOT_SECTOR);
	assert_string_equal(chain.why, "the boot sector of /dev/vda starts GRUB");
	assert_true(chain.certain);
	assert_null(chain.refusal);
}

/* EXTLINUX was installed, or the network starts this machine: the next start may be either. */
static void test_contradicts(void **state)
{
	(void)state;
	UNIT_CODE_SYSLINUX_MBR;
	unit_partition(0, 0x80, 0x83, 4);
	unit_code_extlinux(4);
	put_disk("vda");
	make();
	assert_int_equal(chain.program.kind, KA_PROGRAM_SYSLINUX);
	assert_false(chain.certain);
	assert_non_null(chain.refusal);
	assert_non_null(strstr(chain.refusal, "/dev/vda starts SYSLINUX"));
	assert_non_null(strstr(chain.refusal, "by GRUB (BOOT_IMAGE=/vmlinuz)"));
	/* It did start it. */
	unit_puts("proc/cmdline", "BOOT_IMAGE=vmlinuz root=/dev/vda1 initrd=i\n");
	unit_puts("proc/sys/kernel/bootloader_type", "52\n");
	make();
	assert_true(chain.certain);
	assert_null(chain.refusal);
	assert_non_null(strstr(chain.why, "boot sector of /dev/vda"));
}

static void assert_by_cmdline(void)
{
	make();
	assert_int_equal(chain.program.kind, KA_PROGRAM_GRUB);
	assert_int_equal(chain.program.evidence, KA_EVIDENCE_CMDLINE);
	assert_null(chain.refusal);
}

/* Which of several disks is the first is not to be seen. */
static void test_several(void **state)
{
	(void)state;
	put_disk("vda");
	assert_by_cmdline(); /* nothing there */
	unit_code_grub(0, 1);
	put_disk("vdb");
	make();
	assert_string_equal(chain.why, "the boot sector of /dev/vdb starts GRUB");
	put_disk("nvme0n1");
	make();
	assert_string_equal(chain.why, "the boot sector of /dev/nvme0n1 starts GRUB");
	unit_disk_clear();
	UNIT_CODE(0, 100, "nobody's");
	put_disk("vda");
	assert_by_cmdline();
	put_disk("vdb");
	put_disk("nvme0n1");
	assert_by_cmdline();
	unit_disk_clear();
	put_disk("vda");
	put_disk("vdb");
	put_disk("nvme0n1");
	UNIT_CODE(0, 6, "LILO");
	put_disk("vda1"); /* a partition: nothing starts there */
	put_disk("sr0");
	assert_by_cmdline();
	/* A drive without a medium. */
	put_disk("sdz");
	unit_puts("sys/class/block/sdz/size", "0\n");
	assert_by_cmdline();
}

/* One that cannot be read may be the one: captured without root. */
static void test_unread(void **state)
{
	(void)state;
	UNIT_CODE(0, 6, "LILO");
	put_disk("vda");
	unit_puts("sys/class/block/vdb/dev", "254:16\n");
	assert_by_cmdline();
}

/* What a hypervisor or a network starts, it starts without the disks. */
static void test_direct(void **state)
{
	(void)state;
	unit_puts("proc/cmdline", "root=/dev/vda1\n");
	unit_puts("proc/sys/kernel/bootloader_type", "176\n");
	unit_code_grub(0, 1);
	put_disk("vda");
	make();
	assert_int_equal(chain.program.kind, KA_PROGRAM_UNKNOWN);
	assert_true(chain.is_direct);
}

/* GRUB Legacy writes no BOOT_IMAGE=, and the number that GRUB has. */
static void test_legacy_machine(void **state)
{
	(void)state;
	unit_puts("proc/cmdline", "root=/dev/vda1\n");
	unit_puts("proc/sys/kernel/bootloader_type", "113\n");
	UNIT_CODE(0, 0x3e, "\x03\x02\xff");
	UNIT_CODE(0, 0x180, "GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n");
	put_disk("vda");
	make();
	assert_int_equal(chain.program.kind, KA_PROGRAM_GRUB_LEGACY);
	assert_non_null(strstr(chain.refusal, "no backend reads the menu of GRUB Legacy"));
}

/* With EFI nobody starts boot sectors. */
static void test_efi(void **state)
{
	(void)state;
	UNIT_CODE(0, 6, "LILO");
	put_disk("vda");
	unit_puts("sys/firmware/efi/fw_platform_size", "64\n");
	make();
	assert_int_not_equal(chain.program.kind, KA_PROGRAM_LILO);
}

#define disk_case(f) cmocka_unit_test_setup_teardown(f, setup_disks, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_grub),	 unit_case(test_legacy),
		unit_case(test_active),	 unit_case(test_gpt),
		disk_case(test_agrees),	 disk_case(test_contradicts),
		disk_case(test_several), disk_case(test_unread),
		disk_case(test_direct),	 disk_case(test_legacy_machine),
		disk_case(test_efi),
	};

	return cmocka_run_group_tests_name("boot code", tests, NULL, NULL);
}
