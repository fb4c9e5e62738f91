// SPDX-License-Identifier: GPL-2.0-or-later
/* Unpacking, over what the formats' own programs pack. */

#include "unit.h"

#include "unpack/unpack.h"

#include <errno.h>

#define SIZE 300000

/* How many cuts and flips of a file. valgrind is there for memory, and takes thirty times as long. */
#define CUTS  (unit_is_wrapped() ? 7 : 47)
#define FLIPS (unit_is_wrapped() ? 11 : 101)

static uint8_t data[SIZE];

/* "lzma" as Linux's build calls it, and so on. */
static const struct {
	enum ka_packing packing;
	const char *command;
} packers[] = {
	{ KA_PACKING_GZIP, "gzip -n9" },
	{ KA_PACKING_BZIP2, "bzip2 -9" },
	{ KA_PACKING_LZMA, "lzma -9" },
	{ KA_PACKING_XZ, "xz --check=crc32 --x86 --lzma2=dict=1MiB" },
	{ KA_PACKING_LZO, "lzop -9" },
	{ KA_PACKING_LZ4, "lz4 -l -9 - -" },
	{ KA_PACKING_ZSTD, "zstd -q -19" },
};

static int setup(void **state)
{
	uint32_t x = 1;

	/* Neither all alike nor all different, and longer than any block. */
	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = x >> 30 ? (uint8_t)(i / 97) : (uint8_t)(x >> 16);
	}
	return unit_setup(state);
}

struct got {
	size_t n;
	bool same;
};

static int compare(void *userdata, const uint8_t *piece, size_t n)
{
	struct got *got = userdata;

	got->same &= got->n + n <= SIZE && memcmp(data + got->n, piece, n) == 0;
	got->n += n;
	return 0;
}

static struct ka_reader pack(size_t index)
{
	char command[512];
	struct stat st;
	int fd;

	unit_write("plain", data, SIZE);
	snprintf(command, sizeof(command), "%s <'%s' >'%s'", packers[index].command,
		 unit_path("plain"), unit_path("packed"));
	assert_int_equal(system(command), 0);
	fd = open(unit_path("packed"), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	return (struct ka_reader){ .fd = fd, .size = (uint64_t)st.st_size };
}

static int run(const struct ka_reader *reader, enum ka_packing packing, uint64_t limit,
	       struct got *got, struct ka_unpacked *unpacked)
{
	struct ka_error err = KA_ERROR_INIT;
	int r;

	*got = (struct got){ .same = true };
	r = ka_unpack(reader, packing, limit, compare, got, unpacked, &err);
	assert_true(r == 0 || err.text);
	ka_error_done(&err);
	return r;
}

static void test_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		struct ka_reader reader = pack(i);
		struct ka_unpacked unpacked;
		uint8_t start[2];
		struct got got;

		assert_int_equal(ka_read_at(&reader, 0, start, 2), 0);
		assert_int_equal(ka_packing_detect(start, 2), packers[i].packing);
		assert_int_equal(run(&reader, packers[i].packing, SIZE, &got, &unpacked), 0);
		assert_true(got.same);
		assert_int_equal(got.n, SIZE);
		assert_int_equal(unpacked.produced, SIZE);
		assert_int_equal(unpacked.consumed, reader.size);
		assert_int_equal(run(&reader, packers[i].packing, SIZE - 1, &got, &unpacked),
				 -EFBIG);
		close(reader.fd);
	}
}

/* Cut anywhere, it is damaged; for lz4 only where a block is cut, as it has no end. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		const struct ka_reader whole = pack(i);

		for (uint64_t size = 0; size < whole.size; size += whole.size / CUTS) {
			struct ka_reader cut = whole;
			struct ka_unpacked unpacked;
			struct got got;
			int r;

			cut.size = size;
			r = run(&cut, packers[i].packing, SIZE, &got, &unpacked);
			assert_true(got.same);
			if (packers[i].packing != KA_PACKING_LZ4)
				assert_int_equal(r, -EBADMSG);
		}
		close(whole.fd);
	}
}

/* With a checksum, no flipped bit goes unseen, unless it changes nothing (padding). */
static void test_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		const struct ka_reader reader = pack(i);

		for (uint64_t at = 12; at < reader.size; at += reader.size / FLIPS) {
			struct ka_unpacked unpacked;
			struct got got;
			uint8_t byte;
			int r;

			assert_int_equal(pread(reader.fd, &byte, 1, (off_t)at), 1);
			byte ^= 0x10;
			assert_int_equal(pwrite(reader.fd, &byte, 1, (off_t)at), 1);
			r = run(&reader, packers[i].packing, SIZE, &got, &unpacked);
			if (ka_packing_has_checksum(packers[i].packing))
				assert_true(r < 0 || (got.same && got.n == SIZE));
			byte ^= 0x10;
			assert_int_equal(pwrite(reader.fd, &byte, 1, (off_t)at), 1);
		}
		close(reader.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each, setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, unit_teardown),
		cmocka_unit_test_setup_teardown(test_flipped, setup, unit_teardown),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
