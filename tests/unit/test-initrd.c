// SPDX-License-Identifier: GPL-2.0-or-later
/* The scan of initrds, over archives made by cpio(1), and joining them. */

#include "unit.h"

#include "initrd/initrd.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <sys/mman.h>

static void shell(const char *command)
{
	char full[1024];

	snprintf(full, sizeof(full), "cd '%s' && %s", unit_dir, command);
	assert_int_equal(system(full), 0);
}

/* An archive of a folder, the same in every run: in the order of names, of one time. */
#define CPIO(folder, format)                                                                       \
	"(cd " folder " && find . -exec touch -h -d @1767225600 {} + && "                          \
	"find . | LC_ALL=C sort | cpio --quiet -o -H " format " --reproducible -R 0:0)"

static const char *scan(const char *name, struct ka_initrd_summary *summary)
{
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_initrd_summary unused = { 0 };
	const struct ka_initrd_context context = { .path = name, .is_last = true };
	struct ka_reader reader = { 0 };
	const char *id = "";
	struct stat st;

	reader.fd = open(unit_path(name), O_RDONLY | O_CLOEXEC);
	assert_true(reader.fd >= 0);
	assert_int_equal(fstat(reader.fd, &st), 0);
	reader.size = (uint64_t)st.st_size;
	assert_int_equal(ka_initrd_inspect(&reader, &context, summary ? summary : &unused,
					   &findings),
			 0);
	if (findings.n > 0)
		id = ka_finding_name(findings.items[0].id);
	ka_findings_done(&findings);
	ka_initrd_summary_done(&unused);
	close(reader.fd);
	return id;
}

static void test_archives(void **state)
{
	struct ka_initrd_summary summary = { 0 };

	(void)state;
	shell("mkdir -p tree/bin micro/kernel/x86/microcode && echo hi >tree/init && "
	      "echo x >tree/bin/sh && echo m >micro/kernel/x86/microcode/GenuineIntel.bin");
	shell(CPIO("tree", "newc") " >raw");
	shell(CPIO("tree", "crc") " >crc");
	shell(CPIO("tree", "odc") " >odc");
	shell(CPIO("micro", "newc") " >ucode");
	shell("gzip -c raw >gz && xz -c --check=crc32 raw >xz && cat ucode gz >both && cat raw gz >raw-gz");
	shell("head -c 300 /dev/zero >zeros && cat ucode zeros raw >padded");
	shell("echo '<html>404</html>' >html && echo text >text && cat raw text >tail");

	assert_string_equal(scan("raw", NULL), "");
	assert_string_equal(scan("crc", NULL), "");
	assert_string_equal(scan("gz", NULL), "");
	assert_string_equal(scan("xz", NULL), "");
	assert_string_equal(scan("both", &summary), "");
	assert_true(summary.has_microcode);
	assert_true(summary.has_other);
	assert_string_equal(scan("raw-gz", NULL), "");
	assert_string_equal(scan("padded", NULL), "");

	summary = (struct ka_initrd_summary){ 0 };
	assert_string_equal(scan("ucode", &summary), "");
	assert_true(summary.has_microcode);
	assert_false(summary.has_other);

	assert_string_equal(scan("odc", NULL), "initrd-damaged");
	assert_string_equal(scan("html", NULL), "initrd-format");
	assert_string_equal(scan("text", NULL), "initrd-format");
	assert_string_equal(scan("zeros", NULL), "initrd-format");
	assert_string_equal(scan("tail", NULL), "initrd-damaged");
}

static void test_packed(void **state)
{
	struct ka_initrd_summary summary = { 0 };

	(void)state;
	shell("mkdir -p tree/usr/lib/modules/6.1.0-7 && echo hi >tree/init && chmod 755 tree/init && "
	      "echo x >tree/usr/lib/modules/6.1.0-7/a.ko.xz");
	shell(CPIO("tree", "newc") " >raw");
	shell("gzip -c raw >gz && zstd -qc raw >zst && lz4 -lqc raw >lz4 && xz -c raw >xz64");
	shell("cat zst gz >members && cat lz4 raw >lz4-raw && (cat gz && echo junk) >tail");
	shell("head -c -20 zst >cut && (cat raw && echo junk) | gzip >inner && "
	      "head -c 300 raw | gzip >short && (cat gz && head -c 9 /dev/zero) >zeros");
	/* A boot configuration behind it: 4 bytes, their size, any checksum, the mark. */
	shell("(cat gz && printf 'a=b\\n\\004\\0\\0\\0\\0\\0\\0\\0#BOOTCONFIG\\n') >bootconfig");

	assert_string_equal(scan("zst", &summary), "");
	assert_int_equal(summary.init, KA_INITRD_INIT_GOOD);
	assert_int_equal(summary.n_releases, 1);
	assert_string_equal(summary.releases[0], "6.1.0-7");
	ka_initrd_summary_done(&summary);
	assert_string_equal(scan("members", NULL), "");
	assert_string_equal(scan("zeros", NULL), "");
	assert_string_equal(scan("bootconfig", NULL), "");
	assert_string_equal(scan("xz64", NULL), "initrd-xz-check");
	assert_string_equal(scan("lz4-raw", NULL), "initrd-damaged");
	assert_string_equal(scan("tail", NULL), "initrd-damaged");
	assert_string_equal(scan("cut", NULL), "initrd-damaged");
	assert_string_equal(scan("inner", NULL), "initrd-damaged");
	assert_string_equal(scan("short", NULL), "initrd-damaged");
}

/* Wherever a raw archive is cut before its trailer, the scan notices. */
static void test_truncation(void **state)
{
	struct stat st;

	(void)state;
	shell("mkdir tree && seq 1000 >tree/init && " CPIO("tree", "newc") " >raw");
	assert_int_equal(stat(unit_path("raw"), &st), 0);
	for (int size = 1; size < 4000; size += 37) {
		char command[64];

		snprintf(command, sizeof(command), "head -c %d raw >cut", size);
		shell(command);
		assert_string_not_equal(scan("cut", NULL), "");
	}
}

static void test_join(void **state)
{
	const char *const paths[] = { "a", "b", "c", "d" };
	const uint64_t sizes[] = { 5, 4, 3, 6 }, offsets[] = { 0, 0, 2, 0 };
	struct ka_initrd_member members[4];
	int joined = -1;
	char bytes[64] = { 0 };
	struct ka_error err = KA_ERROR_INIT;

	(void)state;
	unit_puts("a", "12345");
	unit_puts("b", "1234");
	unit_puts("c", "12345678");
	unit_puts("d", "123456");
	for (int i = 0; i < 4; i++)
		members[i] = (struct ka_initrd_member){
			.fd = open(unit_path(paths[i]), O_RDONLY | O_CLOEXEC),
			.path = paths[i],
			.offset = offsets[i],
			.size = sizes[i],
			.continued = i == 2,
		};

	assert_int_equal(ka_initrd_join(members, 4, &joined, &err), 0);
	/* 5 -> 8 + 4, 4 -> 4 + 4, three inside an archive -> 4, and the last as it is. */
	assert_int_equal(pread(joined, bytes, sizeof(bytes), 0), 12 + 8 + 4 + 6);
	assert_memory_equal(bytes,
			    "12345\0\0\0\0\0\0\0"
			    "1234\0\0\0\0"
			    "345\0"
			    "123456",
			    30);
	assert_int_equal(ka_initrd_padded_size(5, false), 12);
	assert_int_equal(ka_initrd_padded_size(4, false), 8);
	assert_int_equal(ka_initrd_padded_size(4, true), 4);

	/* Nobody can change it any more, not even through another descriptor. */
	assert_int_equal(fcntl(joined, F_GET_SEALS),
			 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				 (fcntl(joined, F_GET_SEALS) & 0x20 /* F_SEAL_EXEC */));
	assert_int_equal(write(joined, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	close(joined);
	for (int i = 0; i < 4; i++)
		close(members[i].fd);
}

/* Each of three is far from what one may become; together they are not. */
static void test_many_bombs(void **state)
{
	struct ka_initrd_summary summary = { 0 };

	(void)state;
	shell("mkdir tree && echo hi >tree/init && truncate -s 180M tree/large");
	shell(CPIO("tree", "newc") " | zstd -q -1 >bomb");
	assert_string_equal(scan("bomb", &summary), "");
	assert_string_equal(scan("bomb", &summary), "");
	assert_false(summary.is_partial);
	assert_string_equal(scan("bomb", &summary), "initrd-unchecked");
	assert_true(summary.unpacked < 600000000);
	ka_initrd_summary_done(&summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_archives), unit_case(test_packed),     unit_case(test_truncation),
		unit_case(test_join),	  unit_case(test_many_bombs),
	};

	return cmocka_run_group_tests_name("initrd", tests, NULL, NULL);
}
