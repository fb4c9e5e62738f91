// SPDX-License-Identifier: GPL-2.0-or-later
/* What the firmware says: boot options, Secure Boot, OEM strings; and what the kernel says it runs on. */

#include "unit.h"

#include "host/host-internal.h"
#include "host/machine.h"

#include <kexec-any/text.h>

#include <errno.h>

#define VARIABLES "sys/firmware/efi/efivars/"

static struct ka_host *new_host(void)
{
	struct ka_host *host = NULL;

	assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
	return host;
}

static void put_variable(const char *name, const char *guid, const void *data, size_t len)
{
	char path[160], bytes[512] = { 7 };

	snprintf(path, sizeof(path), VARIABLES "%s-%s", name, guid);
	memcpy(bytes + 4, data, len);
	unit_write(path, bytes, 4 + len);
}

static void test_secure_boot(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		enum ka_tristate expected;
	} cases[] = {
		{ "\1", 1, KA_YES },
		{ "\0", 1, KA_NO },
		{ "", 0, KA_UNKNOWN },
	};
	struct ka_host *host = new_host();

	(void)state;
	assert_int_equal(ka_host_secure_boot(host), KA_NO); /* no EFI */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_variable("SecureBoot", KA_EFI_GUID_GLOBAL, cases[i].value, cases[i].len);
		assert_int_equal(ka_host_secure_boot(host), cases[i].expected);
	}
	ka_host_free(host);
}

/* An option as efibootmgr(8) writes it: a partition, the file on it, then text for the program. */
static const uint8_t option[] = {
	1,    0,   0,	 0,		/* active */
	46,   0,			/* bytes of the path */
	'd',  0,   0xe9, 0,    0,    0, /* "dé" */
	4,    1,   8,	 0,		/* a node of a disk, four bytes of it */
	1,    2,   3,	 4,		/* … */
	4,    4,   34,	 0,		/* a file */
	'\\', 0,   'E',	 0,		/* "\EFI\xX.EFI" */
	'F',  0,   'I',	 0,    '\\', 0, /* … */
	'x',  0,   'X',	 0,    '.',  0, /* … */
	'E',  0,   'F',	 0,    'I',  0, /* … */
	'\\', 0,   'a',	 0,    0,    0, /* … */
	0,    0,			/* … */
	0x7f, 255, 4,	 0,		/* the path's end */
	'q',  0,   0,	 0xd8, 0,    0, /* text: "q", half a pair */
};

static void test_boot_option(void **state)
{
	struct ka_boot_option o = { 0 };
	struct ka_host *host = new_host();

	(void)state;
	assert_int_equal(ka_host_boot_option(host, 0x1a, &o), 0);
	put_variable("Boot001A", KA_EFI_GUID_GLOBAL, option, sizeof(option));
	assert_int_equal(ka_host_boot_option(host, 0x1a, &o), 1);
	assert_true(o.is_active);
	assert_string_equal(o.description, "d\xc3\xa9");
	assert_string_equal(o.path, "/EFI/xX.EFI/a");
	assert_string_equal(o.options, "q\xef\xbf\xbd");
	ka_boot_option_done(&o);
	/* Cut anywhere, it is damaged or has less to say; nothing behind its end is read. */
	for (size_t n = 0; n < sizeof(option); n++) {
		uint8_t *part = malloc(n ? n : 1);
		int r;

		memcpy(part, option, n);
		r = ka_boot_option_parse(part, n, &o);
		assert_int_equal(r, n >= 58);
		if (r > 0)
			ka_boot_option_done(&o);
		free(part);
	}
	ka_host_free(host);
}

/* UEFI 2.10, table 10.23 ("Hard Drive Media Device Path"): of a disk with an MBR, the signature and the number
 * of the partition; Linux calls it by them ("%08x-%02x", block/partitions/msdos.c). */
static void test_boot_option_mbr(void **state)
{
	uint8_t bytes[6 + 2 + 42 + 4] = { 1, 0, 0, 0, 46, 0 };
	uint8_t *node = bytes + 8;
	struct ka_boot_option o = { 0 };

	(void)state;
	memcpy(node, "\4\1\52\0\12\0\0\0", 8);	  /* partition 10 */
	memcpy(node + 24, "\x78\x56\x34\x12", 4); /* of disk 0x12345678 */
	node[40] = node[41] = 1;
	memcpy(node + 42, "\x7f\xff\4\0", 4);
	assert_int_equal(ka_boot_option_parse(bytes, sizeof(bytes), &o), 1);
	assert_int_equal(o.device, KA_BOOT_DEVICE_PARTITION);
	assert_string_equal(o.partition, "PARTUUID=12345678-0a");
	ka_boot_option_done(&o);
	/* Neither an MBR's nor a GPT's: it has no name. */
	node[41] = 0;
	assert_int_equal(ka_boot_option_parse(bytes, sizeof(bytes), &o), 1);
	assert_null(o.partition);
	ka_boot_option_done(&o);
}

static void put_oem(unsigned int number, const char *text)
{
	char path[128], data[128] = { 11, 5, 0, 0, 1 };
	size_t n = strlen(text);

	snprintf(path, sizeof(path), "sys/firmware/dmi/entries/11-%u/raw", number);
	memcpy(data + 5, text, n);
	unit_write(path, data, 5 + n + 2);
}

/* In the order of the table, which is not that of the names; and not without an end. */
static void test_oem_strings(void **state)
{
	struct ka_host *host = new_host();
	char *text = NULL, name[32];

	(void)state;
	assert_int_equal(ka_host_oem_string(host, "a=", &text), 0);
	for (unsigned int i = 0; i <= 10; i++) {
		snprintf(name, sizeof(name), i < 2 ? "b=%u" : "a=%u", i);
		put_oem(i, name);
	}
	assert_int_equal(ka_host_oem_string(host, "a=", &text), 1);
	assert_string_equal(text, "2");
	free(text);
	assert_int_equal(ka_host_oem_string(host, "c=", &text), 0);
	for (unsigned int i = 11; i < 300; i++)
		put_oem(i, i == 299 ? "c=299" : "b=");
	assert_int_equal(ka_host_oem_string(host, "c=", &text), -E2BIG);
	ka_host_free(host);
}

static void test_acpi(void **state)
{
	struct ka_host *host = new_host();

	(void)state;
	assert_true(ka_host_has_acpi(host));
	unit_puts("sys/firmware/devicetree/x", "");
	assert_false(ka_host_has_acpi(host));
	unit_puts("sys/firmware/acpi/x", "");
	assert_true(ka_host_has_acpi(host));
	ka_host_free(host);
}

static enum ka_tristate la57(void)
{
	struct ka_host *host = new_host();
	struct ka_machine machine = { 0 };
	enum ka_tristate answer;

	assert_int_equal(ka_machine_read(host, &machine, NULL), 0);
	answer = machine.la57;
	ka_machine_done(&machine);
	ka_host_free(host);
	return answer;
}

static void test_cpuinfo(void **state)
{
	struct ka_buf buf = { 0 };

	(void)state;
	assert_int_equal(la57(), KA_NO);
	unit_puts("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu la57 lm\n\nprocessor\t: 1\n");
	assert_int_equal(la57(), KA_YES);
	unit_puts("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu la570 lm\n\nprocessor\t: 1\n");
	assert_int_equal(la57(), KA_NO);
	unit_puts("proc/cpuinfo", "processor\t: 0\nFeatures\t: fp\n");
	assert_int_equal(la57(), KA_UNKNOWN);
	/* 4,000 processors: 5 MiB. */
	for (unsigned int i = 0; i < 4000; i++) {
		ka_buf_addf(&buf, "processor\t: %u\nflags\t\t: fpu", i);
		for (unsigned int k = 0; k < 200; k++)
			ka_buf_adds(&buf, " fxsr");
		ka_buf_adds(&buf, " la57\n\n");
	}
	unit_puts("proc/cpuinfo", buf.text);
	ka_buf_done(&buf);
	assert_int_equal(la57(), KA_YES);
}

static void test_machine(void **state)
{
	struct ka_host *host = new_host();
	struct ka_machine machine = { 0 };

	(void)state;
	assert_int_equal(ka_machine_read(host, &machine, NULL), 0);
	assert_null(machine.arch);
	assert_null(machine.cmdline);
	assert_false(machine.efi);
	ka_machine_done(&machine);
	unit_puts("proc/sys/kernel/arch", "x86_64\n");
	unit_puts("proc/cmdline", " root=x \n");
	unit_puts("proc/meminfo", "MemTotal: 4 kB\nMemFree: 1 kB\nMemAvailable:\t3 MB\n");
	unit_puts("sys/firmware/efi/fw_platform_size", "32\n");
	assert_int_equal(ka_machine_read(host, &machine, NULL), 0);
	assert_string_equal(machine.arch, "x86_64");
	assert_string_equal(machine.cmdline, "root=x");
	assert_int_equal(machine.memory_total, 4096);
	assert_int_equal(machine.memory_available, 0);
	assert_true(machine.efi);
	assert_int_equal(machine.efi_bits, 32);
	ka_machine_done(&machine);
	ka_host_free(host);
	assert_int_equal(ka_host_new("/", &host, NULL), 0);
	assert_int_equal(ka_machine_read(host, &machine, NULL), 0);
	assert_int_equal(machine.page_size, sysconf(_SC_PAGESIZE));
	assert_non_null(machine.arch);
	ka_machine_done(&machine);
	ka_host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_secure_boot),
		unit_case(test_boot_option),
		unit_case(test_boot_option_mbr),
		unit_case(test_oem_strings),
		unit_case(test_acpi),
		unit_case(test_cpuinfo),
		unit_case(test_machine),
	};

	return cmocka_run_group_tests_name("firmware", tests, NULL, NULL);
}
