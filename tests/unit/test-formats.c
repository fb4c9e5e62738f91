// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel files of other architectures, by their headers alone: what their loaders refuse
 * (arch/arm64/kernel/kexec_image.c, arch/s390/kernel/machine_kexec_file.c, kernel/kexec_elf.c), and what
 * they take and then lose. Real files of them are in the corruption campaign and the arm64 guest.
 */

#include "unit.h"

#include "image/image.h"
#include "image/unwrap.h"

#include <kexec-any/text.h>

#define SIZE 0x12000

static uint8_t file[SIZE];
static struct ka_machine machine = { .memory_total = 1ull << 30 };

static void put(size_t offset, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		file[offset + i] = (uint8_t)(value >> (8 * i));
}

static void put_be(size_t offset, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		file[offset + i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

static struct ka_reader reader_of(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .size = size };
	char path[] = "/tmp/kexec-any-format-XXXXXX";

	reader.fd = mkstemp(path);
	assert_true(reader.fd >= 0);
	unlink(path);
	assert_int_equal(write(reader.fd, data, size), size);
	return reader;
}

/* "severity id" of the first finding, "" when there is none. */
static const char *inspect(size_t size, size_t cmdline_len, struct ka_image *image)
{
	static char text[64];
	const struct ka_image_context context = {
		.path = "/boot/vmlinuz",
		.machine = &machine,
		.cmdline_len = cmdline_len,
	};
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_reader reader = reader_of(file, size);

	assert_int_equal(ka_image_inspect(&reader, &context, image, &findings), 0);
	close(reader.fd);
	*text = '\0';
	if (findings.n > 0)
		snprintf(text, sizeof(text), "%s %s", ka_severity_name(findings.items[0].severity),
			 ka_finding_name(findings.items[0].id));
	ka_findings_done(&findings);
	return text;
}

static const char *verdict(size_t size, size_t cmdline_len)
{
	struct ka_image image = { 0 };
	const char *text = inspect(size, cmdline_len, &image);

	ka_image_done(&image);
	return text;
}

/* --- Image */

static const char banner[] = "Linux version 6.12.3-test (me@here) (gcc (x) 14) #7 SMP (y) now\n";

/* A kernel of arm64 or riscv64 with an EFI stub: one section, to the end of the file. */
static void make_image(const char *magic, uint16_t machine_id)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "MZ", 2);
	put(0x10, 0x20000, 8); /* image_size */
	memcpy(file + 0x38, magic, 4);
	put(0x3c, 0x40, 4);
	memcpy(file + 0x40, "PE\0\0", 4);
	put(0x44, machine_id, 2);
	put(0x46, 1, 2);
	put(0x54, 160, 2);
	put(0x58, 0x20b, 2);
	put(0x58 + 60, 0x1000, 4);
	put(0x58 + 68, 10, 2);
	put(0x58 + 108, 6, 4);
	memcpy(file + 0x58 + 160, ".text", 5);
	put(0x58 + 160 + 16, SIZE - 0x1000, 4);
	put(0x58 + 160 + 20, 0x1000, 4);
	memcpy(file + 0x3000, banner, sizeof(banner));
}

static void test_arm64(void **state)
{
	struct ka_image image = { 0 };

	(void)state;
	make_image("ARM\x64", 0xaa64);
	machine.arch = (char *)"aarch64";
	assert_string_equal(inspect(SIZE, 2047, &image), "");
	assert_string_equal(image.kernel_version, "6.12.3-test (me@here) #7 SMP (y) now");
	assert_int_equal(image.init_size, 0x20000);
	ka_image_done(&image);

	assert_string_equal(verdict(SIZE, 2048), "error cmdline-too-long");
	assert_string_equal(verdict(SIZE - 1, 0), "error kernel-truncated");
	put(0x10, 0, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-header");
	put(0x10, SIZE - 1, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-header");
	put(0x10, 1ull << 40, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-header");
	put(0x10, 0x20000, 8);
	put(0x18, 1, 8);
	assert_string_equal(verdict(SIZE, 0), "warning kernel-big-endian");
	put(0x18, 3 << 1, 8);
	assert_string_equal(verdict(SIZE, 0), "");
	machine.page_size = 4096;
	assert_string_equal(verdict(SIZE, 0), "warning kernel-page-size");
	put(0x18, 1 << 1, 8);
	assert_string_equal(verdict(SIZE, 0), "");
	machine.page_size = 0;
	put(0x44, 0x8664, 2);
	assert_string_equal(verdict(SIZE, 0), "error kernel-header");
	put(0, 0, 2);
	assert_string_equal(verdict(SIZE, 0), "error kernel-header");
	/* Without an EFI stub nothing says where it ends. */
	put(0x3c, 0, 4);
	assert_string_equal(verdict(SIZE, 0), "warning kernel-unchecked");
	machine.arch = (char *)"x86_64";
	assert_string_equal(verdict(SIZE, 0), "error kernel-arch");
	put(0x38, 0, 4);
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
}

static void test_riscv64(void **state)
{
	struct ka_image image = { 0 };

	(void)state;
	make_image("RSC\x05", 0x5064);
	machine.arch = (char *)"riscv64";
	assert_string_equal(verdict(SIZE, 1023), "");
	assert_string_equal(verdict(SIZE, 1024), "error cmdline-too-long");
	machine.release = (char *)"6.16.0";
	assert_string_equal(inspect(SIZE, 0, &image), "");
	assert_false(image.needs_kexec_load);
	ka_image_done(&image);
	machine.release = (char *)"6.6.30-1";
	assert_string_equal(inspect(SIZE, 0, &image), "warning kexec-load");
	assert_true(image.needs_kexec_load);
	ka_image_done(&image);
	machine.release = NULL;
}

static void test_loongarch64(void **state)
{
	(void)state;
	make_image("\xcd\x23\x82\x81", 0x6264);
	machine.arch = (char *)"loongarch64";
	assert_string_equal(verdict(SIZE, 4031), "");
	assert_string_equal(verdict(SIZE, 4032), "error cmdline-too-long");
	put(0x44, 0x8664, 2);
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
}

static void test_s390x(void **state)
{
	struct ka_image image = { 0 };

	(void)state;
	memset(file, 0, sizeof(file));
	memcpy(file + 0x10008, "S390EP", 6);
	put_be(0x10428, 0x8000, 8);
	put_be(0x10430, 4096, 8);
	strcpy((char *)file + 0x8000, "6.1.0-test (me@here) #1 SMP");
	machine.arch = (char *)"s390x";
	/* The place of the command line, and it. */
	assert_string_equal(inspect(0x10480 + 4096, 4094, &image), "warning kernel-unchecked");
	assert_string_equal(image.kernel_version, "6.1.0-test (me@here) #1 SMP");
	ka_image_done(&image);
	assert_string_equal(verdict(0x10480 + 4095, 0), "error kernel-truncated");
	assert_string_equal(verdict(SIZE, 4095), "error cmdline-too-long");
	put_be(0x10430, 0, 8);
	assert_string_equal(verdict(SIZE, 894), "warning kernel-unchecked");
	assert_string_equal(verdict(SIZE, 895), "error cmdline-too-long");
	put_be(0x10430, UINT64_MAX, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-truncated");
}

/* --- ELF */

static void make_elf(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file,
	       "\x7f"
	       "ELF\2\1\1",
	       7);
	put(16, 2, 2);	/* ET_EXEC */
	put(18, 21, 2); /* ppc64 */
	put(20, 1, 4);
	put(24, 0x1000, 8); /* entry */
	put(32, 64, 8);
	put(52, 64, 2);
	put(54, 56, 2);
	put(56, 1, 2);
	put(64, 1, 4);	     /* PT_LOAD */
	put(72, 0x1000, 8);  /* offset */
	put(80, 0x1000, 8);  /* virtual address */
	put(88, 0x1000, 8);  /* physical */
	put(96, 0x8000, 8);  /* in the file */
	put(104, 0x9000, 8); /* in memory */
	put(112, 0x1000, 8); /* alignment */
}

static void test_elf(void **state)
{
	struct ka_image image = { 0 };

	(void)state;
	make_elf();
	machine.arch = (char *)"ppc64le";
	assert_string_equal(inspect(SIZE, 2047, &image), "");
	assert_false(image.needs_kexec_load);
	assert_int_equal(image.init_size, 0x9000);
	ka_image_done(&image);
	assert_string_equal(verdict(SIZE, 2048), "error cmdline-too-long");
	assert_string_equal(verdict(0x8fff, 0), "error kernel-truncated");
	put(104, 0x7000, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
	make_elf();
	put(64, 3, 4); /* PT_INTERP */
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
	make_elf();
	put(24, 0xa000, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
	make_elf();
	put(112, 3, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
	make_elf();
	put(72, UINT64_MAX - 16, 8);
	assert_string_equal(verdict(SIZE, 0), "error kernel-format");
	make_elf();
	machine.arch = (char *)"ppc64";
	assert_string_equal(verdict(SIZE, 0), "error kernel-arch");
	machine.arch = (char *)"riscv64";
	assert_string_equal(verdict(SIZE, 0), "error kernel-arch");
}

/* --- packed as a whole */

struct unwrapped {
	int result;
	enum ka_image_kind kind;
	struct ka_unwrapped file;
	char first[64]; /* finding */
};

static struct unwrapped unwrap(const uint8_t *data, size_t size)
{
	struct unwrapped u = { .file.fd = -2 };
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_reader reader = reader_of(data, size);

	u.result = ka_image_unwrap(&reader, "/boot/vmlinuz", &u.kind, &u.file, &findings);
	if (findings.n > 0)
		snprintf(u.first, sizeof(u.first), "%s", ka_finding_name(findings.items[0].id));
	ka_findings_done(&findings);
	close(reader.fd);
	return u;
}

/* "MZabc", as an EFI program begins, and "hello"; gzip, RFC 1952. */
static const uint8_t packed[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
				  0x03, 0xf3, 0x8d, 0x4a, 0x4c, 0x4a, 0x06, 0x00, 0xf3,
				  0x1c, 0x94, 0x08, 0x05, 0x00, 0x00, 0x00 };

static const uint8_t packed_text[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
				       0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
				       0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00 };

static size_t make_zboot(const char *type)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "MZ\0\0zimg", 8);
	put(8, 0x80, 4);
	put(12, sizeof(packed), 4);
	strcpy((char *)file + 0x18, type);
	memcpy(file + 0x80, packed, sizeof(packed));
	return 0x80 + sizeof(packed);
}

static void expect_unpacked(struct unwrapped u, enum ka_image_kind kind)
{
	char text[8] = "";

	assert_int_equal(u.result, 1);
	assert_int_equal(u.kind, kind);
	assert_int_equal(u.file.size, 5);
	assert_int_equal(pread(u.file.fd, text, sizeof(text), 0), 5);
	assert_string_equal(text, "MZabc");
	close(u.file.fd);
}

static void test_packed(void **state)
{
	uint8_t bad[sizeof(packed) + 64] = { 0 };
	struct unwrapped u;

	(void)state;
	expect_unpacked(unwrap(packed, sizeof(packed)), KA_IMAGE_COMPRESSED);
	memcpy(bad, packed, sizeof(packed));
	/* Zeros behind it are a remark; a wrong checksum is an end. */
	u = unwrap(bad, sizeof(bad));
	assert_string_equal(u.first, "kernel-trailing");
	expect_unpacked(u, KA_IMAGE_COMPRESSED);
	bad[18] ^= 1;
	u = unwrap(bad, sizeof(bad));
	assert_int_equal(u.result, 0);
	assert_int_equal(u.file.fd, -1);
	assert_string_equal(u.first, "kernel-payload");
	/* "hello": no kernel, of whatever kind. */
	u = unwrap(packed_text, sizeof(packed_text));
	assert_int_equal(u.result, 0);
	assert_string_equal(u.first, "kernel-format");
	/* Not packed: not touched. */
	make_elf();
	u = unwrap(file, SIZE);
	assert_int_equal(u.kind, KA_IMAGE_UNKNOWN);
	assert_int_equal(u.file.fd, -2);
}

static void test_zboot(void **state)
{
	size_t size = make_zboot("gzip");

	(void)state;
	expect_unpacked(unwrap(file, size + 100), KA_IMAGE_ZBOOT);
	assert_string_equal(unwrap(file, size - 1).first, "kernel-truncated");
	put(12, sizeof(packed) + 1, 4);
	assert_string_equal(unwrap(file, SIZE).first, "kernel-payload");
	make_zboot("brotli");
	assert_string_equal(unwrap(file, SIZE).first, "kernel-unsupported");
	/* Packed in another way than it says. */
	make_zboot("zstd22");
	assert_string_equal(unwrap(file, SIZE).first, "kernel-payload");
	make_zboot("gzip");
	put(8, 0x20, 4);
	assert_string_equal(unwrap(file, SIZE).first, "kernel-truncated");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arm64),	    cmocka_unit_test(test_riscv64),
		cmocka_unit_test(test_loongarch64), cmocka_unit_test(test_s390x),
		cmocka_unit_test(test_elf),	    cmocka_unit_test(test_packed),
		cmocka_unit_test(test_zboot),
	};

	return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
