// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the EFI system partition and the extended boot loader partition are. */

#include "unit.h"

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <errno.h>

/* The types of the Discoverable Partitions Specification (UAPI.2). */
#define ESP	 "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define LINUX	 "0fc63daf-8483-4772-8e79-3d69d8477de4"

static void put_partition(const char *name, const char *devno, const char *type, const char *disk)
{
	char path[128], text[256];

	snprintf(path, sizeof(path), "run/udev/data/b%s", devno);
	snprintf(text, sizeof(text), "S:disk/x\nE:ID_PART_ENTRY_TYPE=%s\nE:ID_PART_ENTRY_DISK=%s\n",
		 type, disk);
	unit_puts(path, text);
	snprintf(path, sizeof(path), "sys/class/block/%s/dev", name);
	unit_puts(path, devno);
}

static void expect(int result, const char *esp, const char *xbootldr)
{
	struct ka_boot_partitions found = { NULL };
	struct ka_host *host = NULL;
	int r;

	unit_puts("dev/.d", "");
	assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
	r = ka_host_boot_partitions(host, NULL, &found, NULL);
	if (r != result || !ka_streq(found.esp ? found.esp : "", esp ? esp : "") ||
	    !ka_streq(found.xbootldr ? found.xbootldr : "", xbootldr ? xbootldr : ""))
		print_message("# %d %s %s\n", r, found.esp, found.xbootldr);
	assert_int_equal(r, result);
	assert_string_equal(found.esp ? found.esp : "", esp ? esp : "");
	assert_string_equal(found.xbootldr ? found.xbootldr : "", xbootldr ? xbootldr : "");
	ka_boot_partitions_done(&found);
	ka_host_free(host);
}

#define ROOT_LINE "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"

static void test_by_mount(void **state)
{
	(void)state;
	unit_puts("proc/self/mountinfo", ROOT_LINE);
	expect(0, NULL, NULL);
	unit_puts("proc/self/mountinfo",
		  ROOT_LINE "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
			    "31 30 254:3 / /boot/efi rw - vfat /dev/vda3 rw\n");
	expect(1, "/boot/efi", NULL);
	/* A trap that nothing is mounted on yet is no file system, whatever is below it on "/". */
	unit_puts("proc/self/mountinfo", ROOT_LINE "30 28 0:40 / /efi rw - autofs systemd-1 rw\n");
	expect(0, NULL, NULL);
	unit_puts("efi/EFI/x", "");
	unit_puts("proc/self/mountinfo",
		  ROOT_LINE "30 28 0:40 / /efi rw - autofs systemd-1 rw\n"
			    "31 28 254:3 / /boot/efi rw - vfat /dev/vda3 rw\n");
	expect(1, "/boot/efi", NULL);
	unit_puts("proc/self/mountinfo", ROOT_LINE "31 30 254:3 / /efi rw - vfat /dev/vda3 rw\n"
						   "30 28 0:40 / /efi rw - autofs systemd-1 rw\n");
	expect(1, "/efi", NULL);
}

/* FAT at /boot is the ESP, unless udev knows the partition as something else. */
static void test_by_type(void **state)
{
	(void)state;
	unit_puts("proc/self/mountinfo", ROOT_LINE "30 28 254:2 / /boot rw - vfat /dev/vda2 rw\n"
						   "31 28 254:3 / /efi rw - vfat /dev/vda3 rw\n");
	expect(1, "/efi", "/boot"); /* nobody says: what firmware can read */
	put_partition("vda2", "254:2", XBOOTLDR, "254:0");
	put_partition("vda3", "254:3", ESP, "254:0");
	expect(1, "/efi", "/boot");
	put_partition("vda2", "254:2", LINUX, "254:0");
	expect(1, "/efi", NULL);
	put_partition("vda3", "254:3", LINUX, "254:0");
	put_partition("vda2", "254:2", ESP, "254:0");
	expect(1, "/boot", NULL);
}

/* XBOOTLDR by its type alone: any file system, anywhere, but on the disk of the ESP. */
static void test_xbootldr(void **state)
{
	(void)state;
	unit_puts("proc/self/mountinfo", ROOT_LINE "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
						   "31 28 254:3 / /efi rw - vfat /dev/vda3 rw\n"
						   "32 28 8:4 / /mnt/x rw - ext4 /dev/sda4 rw\n");
	put_partition("vda3", "254:3", ESP, "254:0");
	put_partition("vda2", "254:2", XBOOTLDR, "254:0");
	expect(1, "/efi", "/boot");
	put_partition("vda2", "254:2", LINUX, "254:0");
	expect(1, "/efi", NULL);
	put_partition("sda4", "8:4", XBOOTLDR, "8:0");
	expect(1, "/efi", NULL);
	put_partition("sda4", "8:4", XBOOTLDR, "254:0");
	expect(1, "/efi", "/mnt/x");
	/* Of one that is not mounted nothing can be read on a captured machine. */
	unit_puts("proc/self/mountinfo", ROOT_LINE "31 28 254:3 / /efi rw - vfat /dev/vda3 rw\n");
	expect(1, "/efi", NULL);
}

/* What the loader told the firmware comes first, upper case or not. */
static void test_by_loader(void **state)
{
	static const char name[] =
		"sys/firmware/efi/efivars/LoaderDevicePartUUID-" KA_EFI_GUID_LOADER;
	static const char value[] = "\6\0\0\0A\0B\0-\0001\0\0";

	(void)state;
	unit_puts("proc/self/mountinfo", ROOT_LINE "30 28 254:2 / /boot rw - vfat /dev/vda2 rw\n"
						   "31 28 254:3 / /efi rw - vfat /dev/vda3 rw\n");
	unit_puts("dev/disk/by-partuuid/.d", "");
	unit_link("dev/disk/by-partuuid/ab-1", "../../vda2");
	expect(1, "/efi", "/boot");
	unit_write(name, value, sizeof(value)); /* its own NUL is half of the last */
	expect(1, "/boot", NULL);
	unit_write(name, "\6\0\0\0A", 5); /* no string: it does not say */
	expect(1, "/efi", "/boot");
}

/* Without a mount table: what looks like one, which an unreadable directory might. */
static void test_by_look(void **state)
{
	(void)state;
	expect(0, NULL, NULL);
	unit_puts("boot/efi/EFI/x", "");
	expect(1, "/boot/efi", NULL);
	unit_puts("efi/loader/x", "");
	expect(1, "/efi", NULL);
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(chmod(unit_path("efi"), 0), 0);
	unit_puts("dev/.d", "");
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	{
		struct ka_boot_partitions found = { NULL };
		struct ka_error err = KA_ERROR_INIT;
		struct ka_host *host = NULL;
		int r;

		assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
		r = ka_host_boot_partitions(host, NULL, &found, &err);
		if (getuid() == 0)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(r, -EACCES);
		assert_non_null(strstr(err.text, "'/efi/loader'"));
		assert_non_null(strstr(err.text, "as root"));
		ka_error_done(&err);
		ka_host_free(host);
	}
	assert_int_equal(chmod(unit_path("efi"), 0700), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_by_mount),  unit_case(test_by_type), unit_case(test_xbootldr),
		unit_case(test_by_loader), unit_case(test_by_look),
	};

	return cmocka_run_group_tests_name("esp", tests, NULL, NULL);
}
