// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel file check. The image is mkbzimage's stub; the damages and what becomes of them follow
 * the golden cases of real loads: what the kernel refuses, and what it accepts and then hangs or
 * crashes on.
 */

#include "unit.h"

#include "image/image.h"

#include <kexec-any/text.h>

static uint8_t stub[16384];
static size_t stub_size;
static struct ka_machine machine = { .arch = (char *)"x86_64", .memory_total = 1ull << 30 };

static int make_stub(void **state)
{
	const char *build = getenv("BUILD");
	char command[512];
	FILE *f;

	(void)state;
	snprintf(command, sizeof(command), "%s/tests/mkbzimage '6.1.0-1-test (me@here) #1 SMP x'",
		 build ? build : "build");
	f = popen(command, "re");
	if (!f)
		return -1;
	stub_size = fread(stub, 1, sizeof(stub), f);
	return pclose(f) == 0 && stub_size > 2048 ? 0 : -1;
}

static struct ka_findings inspect(const uint8_t *data, size_t size, size_t cmdline_len,
				  struct ka_image *image)
{
	struct ka_findings findings = KA_FINDINGS_INIT;
	const struct ka_image_context context = {
		.path = "/boot/vmlinuz",
		.machine = &machine,
		.cmdline_len = cmdline_len,
	};
	struct ka_reader reader = { .size = size };
	char path[] = "/tmp/kexec-any-image-XXXXXX";

	reader.fd = mkstemp(path);
	assert_true(reader.fd >= 0);
	unlink(path);
	assert_int_equal(write(reader.fd, data, size), size);
	assert_int_equal(ka_image_inspect(&reader, &context, image, &findings), 0);
	close(reader.fd);
	return findings;
}

/* The id of the first error, "" when there is none. */
static const char *verdict(const uint8_t *data, size_t size, size_t cmdline_len)
{
	struct ka_image image = { 0 };
	struct ka_findings findings = inspect(data, size, cmdline_len, &image);
	const struct ka_finding *first = ka_findings_first(&findings, KA_ERROR);
	const char *id = first ? ka_finding_name(first->id) : "";

	ka_findings_done(&findings);
	ka_image_done(&image);
	return id;
}

static void test_good(void **state)
{
	struct ka_image image = { 0 };
	struct ka_findings findings = inspect(stub, stub_size, 100, &image);

	(void)state;
	assert_int_equal(findings.n, 0);
	assert_int_equal(image.kind, KA_IMAGE_BZIMAGE);
	assert_string_equal(image.kernel_version, "6.1.0-1-test (me@here) #1 SMP x");
	assert_int_equal(image.init_size, 0x400000);
	assert_false(image.is_signed);
	ka_findings_done(&findings);
	ka_image_done(&image);
}

static void test_fields(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		size_t n;
		const char *id;
	} cases[] = {
		{ 0x1f1, 255, 1, "kernel-header" }, /* setup_sects */
		{ 0x1f4, 1, 4, "kernel-header" },   /* syssize: the payload is beyond it */
		{ 0x1f4, 0, 4, "kernel-header" },
		{ 0x1f4, 0x10000000, 4, "kernel-truncated" },
		{ 0x1fe, 0, 2, "kernel-header" },    /* boot_flag */
		{ 0x200, 0x90, 1, "kernel-header" }, /* the jump */
		{ 0x201, 0x80, 1, "kernel-header" }, /* oopses Linux 6.1 */
		{ 0x201, 0x10, 1, "kernel-header" },
		{ 0x202, 0x30303030, 4, "kernel-format" }, /* HdrS */
		{ 0x206, 0x20b, 2, "kernel-too-old" },
		{ 0x206, 0xff0f, 2, "kernel-header" },
		{ 0x211, 0, 1, "kernel-header" }, /* loadflags */
		{ 0x230, 0, 4, "kernel-header" }, /* kernel_alignment */
		{ 0x230, 3000000, 4, "kernel-header" },
		{ 0x230, 0x1000, 4, "kernel-header" }, /* below min_alignment */
		{ 0x234, 0, 1, "kernel-header" },      /* relocatable_kernel */
		{ 0x235, 40, 1, "kernel-header" },     /* min_alignment */
		{ 0x236, 0x7e, 2, "kernel-not-64bit" },
		{ 0x236, 0x7d, 2, "kernel-not-64bit" },
		{ 0x218, 1, 4, "kernel-header" },  /* ramdisk_image, which a loader fills */
		{ 0x21c, 1, 4, "kernel-header" },  /* ramdisk_size */
		{ 0x23c, 1, 4, "kernel-header" },  /* hardware_subarch */
		{ 0x250, 1, 8, "kernel-header" },  /* setup_data */
		{ 0x238, 10, 4, "kernel-header" }, /* cmdline_size */
		{ 0x238, 0xffffffff, 4, "kernel-header" },
		{ 0x248, 0xffffff00, 4, "kernel-header" }, /* payload_offset */
		{ 0x24c, 0xffffffff, 4, "kernel-header" }, /* payload_length */
		{ 0x24c, 0, 4, "kernel-header" },
		{ 0x258, 1ull << 46, 8, "kernel-header" }, /* pref_address: 64 TiB */
		{ 0x258, 0x1000001, 8, "kernel-header" },
		{ 0x260, 0, 4, "kernel-header" }, /* init_size */
		{ 0x260, 0xf0000000, 4, "kernel-header" },
		{ 0x3c, 0x7fffffff, 4, "kernel-pe" }, /* where the PE header is */
		{ 0x40, 0, 4, "kernel-pe" },
		{ 0x44, 0xaa64, 2, "kernel-arch" }, /* an arm64 stub */
		{ 0x46, 97, 2, "kernel-pe" },	    /* sections */
		{ 0x46, 0, 2, "kernel-pe" },
		{ 0x40 + 24, 0x30b, 2, "kernel-pe" },		     /* magic */
		{ 0x40 + 24 + 68, 9, 2, "kernel-pe" },		     /* subsystem */
		{ 0x40 + 24 + 160 + 16, 1u << 30, 4, "kernel-pe" },  /* a section too long */
		{ 0x40 + 24 + 160 + 40 + 20, 1024, 4, "kernel-pe" }, /* two share bytes */
	};
	uint8_t damaged[sizeof(stub)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *id;

		memcpy(damaged, stub, stub_size);
		for (size_t k = 0; k < cases[i].n; k++)
			damaged[cases[i].offset + k] = (uint8_t)(cases[i].value >> (8 * k));
		id = verdict(damaged, stub_size, 100);
		if (!ka_streq(id, cases[i].id))
			print_message("# offset 0x%zx value 0x%llx: '%s'\n", cases[i].offset,
				      (unsigned long long)cases[i].value, id);
		assert_string_equal(id, cases[i].id);
	}
}

static uint32_t get(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The kernel's arch/x86/boot/header.S, for gzip: extra_bytes is (out >> 8) + 65536 less a rounded part of
 * it; ZO_INIT_SIZE is what is packed with its code, what comes out, and the heap. */
static void test_room(void **state)
{
	uint8_t damaged[sizeof(stub)];
	const uint8_t *payload = stub + (stub[0x1f1] + 1) * 512 + get(stub + 0x248);
	uint32_t length = get(stub + 0x24c), out = get(payload + length - 4);
	uint32_t code = get(stub + 0x1f4) * 16, packed_end = get(stub + 0x248) + length;
	uint32_t need = out + (out >> 12) + 65536 + code - packed_end + 0x10000;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		memcpy(damaged, stub, stub_size);
		for (size_t k = 0; k < 4; k++)
			damaged[0x260 + k] = (uint8_t)((need - i) >> (8 * k));
		assert_string_equal(verdict(damaged, stub_size, 100), i ? "kernel-header" : "");
	}
}

/* --- the kernel inside: an ELF file, packed by gzip in one stored block (RFC 1952, mkbzimage.c) */

static void put(uint8_t *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t crc_of(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (; n > 0; n--, p++) {
		crc ^= *p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Its checksum is right again: what is wrong with the file inside has to be seen in it. */
static void test_inside(void **state)
{
	static const struct {
		size_t offset; /* in the ELF file; its segments are at 64 and 120 */
		uint64_t value;
		size_t n;
		const char *words; /* NULL: it is good */
	} cases[] = {
		{ 16, 2, 2, NULL },
		{ 0, 0x7e, 1, "no ELF file" },
		{ 18, 183, 2, "no kernel for x86_64" }, /* EM_AARCH64 */
		{ 4, 1, 1, "no kernel for x86_64" },	/* ELFCLASS32 */
		{ 56, 0, 2, "no loadable segment" },	/* e_phnum */
		{ 64, 6, 4, "no loadable segment" },
		{ 64 + 32, 300, 8, "ends before its segments do" },	      /* p_filesz */
		{ 64 + 32, 1ull << 33, 8, "a segment of the ELF file" },      /* … */
		{ 64 + 40, 1ull << 32, 8, "init_size has room for 4194304" }, /* p_memsz */
	};
	uint8_t damaged[sizeof(stub)];
	size_t at = (stub[0x1f1] + 1) * 512 + get(stub + 0x248);
	size_t n = get(stub + at + get(stub + 0x24c) - 4);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ka_findings findings;
		struct ka_image image = { 0 };

		memcpy(damaged, stub, stub_size);
		put(damaged + at + 15 + cases[i].offset, cases[i].value, cases[i].n);
		put(damaged + at + 15 + n, crc_of(damaged + at + 15, n), 4);
		findings = inspect(damaged, stub_size, 0, &image);
		/* The build tool's checksum of the whole says it too. */
		if (!cases[i].words) {
			assert_int_equal(findings.n, 0);
		} else {
			assert_int_equal(findings.items[0].id, KA_ID_KERNEL_PAYLOAD);
			if (!strstr(findings.items[0].text, cases[i].words))
				fail_msg("%zu: %s", i, findings.items[0].text);
		}
		ka_findings_done(&findings);
		ka_image_done(&image);
	}
}

static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t size = 1; size < stub_size; size += size < 1100 ? 1 : 97) {
		const char *id = verdict(stub, size, 100);

		/* Cut inside the headers it no longer looks like a kernel at all. */
		assert_true(ka_streq(id, "kernel-truncated") ||
			    (size < 1024 &&
			     (ka_streq(id, "kernel-format") || ka_streq(id, "kernel-pe"))));
	}
	assert_string_equal(verdict(stub, stub_size - 1, 100), "kernel-truncated");
}

static void test_text(void **state)
{
	struct ka_image image = { 0 };
	struct ka_findings findings;

	(void)state;
	findings = inspect((const uint8_t *)"hello\n", 6, 0, &image);
	assert_string_equal(ka_finding_name(findings.items[0].id), "kernel-format");
	assert_non_null(strstr(findings.items[0].text, "a text file"));
	ka_findings_done(&findings);

	findings = inspect(stub, stub_size / 2, 0, &image);
	assert_string_equal(ka_finding_name(findings.items[0].id), "kernel-truncated");
	assert_non_null(strstr(findings.items[0].text, "promises 4096 bytes, the file has 2048"));
	assert_non_null(strstr(findings.items[0].text, "50.0 %"));
	ka_findings_done(&findings);
	ka_image_done(&image);
}

/* 2047 - 30 - the NUL = 2016 characters, as measured on 6.1 and 6.12. */
static void test_cmdline(void **state)
{
	(void)state;
	assert_string_equal(verdict(stub, stub_size, 2016), "");
	assert_string_equal(verdict(stub, stub_size, 2017), "cmdline-too-long");
}

static void test_tail(void **state)
{
	struct ka_findings findings;
	struct ka_image image = { 0 };
	uint8_t longer[sizeof(stub)];
	const size_t directory = 0x40 + 24 + 112 + 32;

	(void)state;
	memcpy(longer, stub, stub_size);
	memset(longer + stub_size, 0x55, 64);

	findings = inspect(longer, stub_size + 64, 0, &image);
	assert_int_equal(findings.n, 1);
	assert_string_equal(ka_finding_name(findings.items[0].id), "kernel-trailing");
	assert_int_equal(findings.items[0].severity, KA_WARNING);
	ka_findings_done(&findings);
	ka_image_done(&image);

	/* The same bytes, named as the certificate table. */
	longer[directory] = (uint8_t)stub_size;
	longer[directory + 1] = (uint8_t)(stub_size >> 8);
	longer[directory + 4] = 64;
	findings = inspect(longer, stub_size + 64, 0, &image);
	assert_int_equal(findings.n, 1);
	assert_string_equal(ka_finding_name(findings.items[0].id), "kernel-signature");
	assert_non_null(strstr(findings.items[0].text, "its own length is 1431655765"));
	assert_true(image.is_signed);
	ka_findings_done(&findings);
	ka_image_done(&image);
}

static void test_machine(void **state)
{
	uint8_t no_5level[sizeof(stub)];

	(void)state;
	memcpy(no_5level, stub, stub_size);
	no_5level[0x236] = 0x1f;
	assert_string_equal(verdict(no_5level, stub_size, 0), "");
	machine.la57 = KA_YES;
	assert_string_equal(verdict(no_5level, stub_size, 0), "kernel-no-5level");
	assert_string_equal(verdict(stub, stub_size, 0), "");
	machine.la57 = KA_NO;

	machine.arch = (char *)"aarch64";
	assert_string_equal(verdict(stub, stub_size, 0), "kernel-arch");
	machine.arch = (char *)"x86_64";
}

/* This very test program is an ELF file, and no kernel: it wants ld.so. */
static void test_elf(void **state)
{
	struct ka_findings findings = KA_FINDINGS_INIT;
	const struct ka_image_context context = { .path = "/proc/self/exe", .machine = &machine };
	struct ka_image image = { 0 };
	struct ka_reader reader = { 0 };
	struct stat st;

	(void)state;
	reader.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_true(reader.fd >= 0);
	assert_int_equal(fstat(reader.fd, &st), 0);
	reader.size = (uint64_t)st.st_size;
	assert_int_equal(ka_image_inspect(&reader, &context, &image, &findings), 0);
	assert_int_equal(image.kind, KA_IMAGE_ELF);
	assert_string_equal(ka_finding_name(findings.items[0].id), "kernel-format");
	assert_non_null(strstr(findings.items[0].text, "an interpreter"));
	close(reader.fd);
	ka_findings_done(&findings);

	assert_string_equal(verdict((const uint8_t *)"\x7f"
						     "ELF nonsense",
				    13, 0),
			    "kernel-format");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_elf),
	};

	return cmocka_run_group_tests_name("image", tests, make_stub, NULL);
}
