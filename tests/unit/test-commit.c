// SPDX-License-Identifier: GPL-2.0-or-later
/* What is written in the loader's place, with every step failing once. */

#include "seam.h"

#include "restart/commit.h"
#include "restart/efivar.h"

#include <kexec-any/host.h>

#define GRUBENV	    "boot/grub/grubenv"
#define ONE_SHOT    "sys/firmware/efi/efivars/LoaderEntryOneShot-" KA_EFI_GUID_LOADER
#define BOOT_NEXT   "sys/firmware/efi/efivars/BootNext-" KA_EFI_GUID_GLOBAL
#define LAST_BOOTED "sys/firmware/efi/efivars/LoaderEntryLastBooted-" KA_EFI_GUID_LOADER

static struct ka_error err;

static int setup(void **state)
{
	if (unit_setup(state) < 0)
		return -1;
	seam_reset();
	return 0;
}

static int teardown(void **state)
{
	ka_error_done(&err);
	return unit_teardown(state);
}

static char before_env[1025], after_env[1025];

static void make_env(char *ret, const char *variables)
{
	memset(ret, '#', 1024);
	ret[1024] = '\0';
	memcpy(ret, "# GRUB Environment Block\n", 25);
	memcpy(ret + 25, variables, strlen(variables));
}

static char *contents(const char *path)
{
	char *text = calloc(1, 4096);
	int fd = open(unit_path(path), O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, 4095) < 0) {
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static void expect_contents(const char *path, const char *wanted)
{
	_cleanup_free_ char *text = contents(path);

	if (wanted)
		assert_string_equal(text, wanted);
	else
		assert_null(text);
}

/* A one-shot choice of GRUB, one of systemd-boot, and the firmware's. */
static struct ka_writes make_writes(void)
{
	struct ka_writes writes = { .n = 0 };

	make_env(before_env, "next_entry=other\nsaved_entry=0\n");
	make_env(after_env, "saved_entry=0\n");
	unit_puts(GRUBENV, before_env);
	unit_puts(ONE_SHOT, "\a");
	ka_writes_add(&writes, KA_WRITE_GRUBENV, "/" GRUBENV, "next_entry", NULL);
	ka_writes_add(&writes, KA_WRITE_EFI, NULL, "LoaderEntryOneShot", NULL);
	ka_writes_add(&writes, KA_WRITE_EFI, NULL, "LoaderEntryLastBooted", "a");
	unit_puts(BOOT_NEXT, "\a5");
	ka_writes_add(&writes, KA_WRITE_EFI_GLOBAL, NULL, "BootNext", NULL);
	return writes;
}

static void test_commit(void **state)
{
	struct ka_writes writes = make_writes();
	struct ka_commit commit = KA_COMMIT_INIT;

	(void)state;
	seam.is_immutable = true;
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), 0);
	expect_contents(GRUBENV, after_env);
	expect_contents(ONE_SHOT, NULL);
	expect_contents(LAST_BOOTED, "\a");
	expect_contents(BOOT_NEXT, NULL);
	assert_int_equal(seam_count("fsync"), 1);

	assert_int_equal(ka_commit_revert(&commit, &err), 0);
	expect_contents(GRUBENV, before_env);
	expect_contents(ONE_SHOT, "\a");
	expect_contents(LAST_BOOTED, NULL);
	expect_contents(BOOT_NEXT, "\a5");
	ka_writes_done(&writes);
}

/* The firmware's memory wears out: what is there already is not written, what is not there not deleted. */
static void test_commit_again(void **state)
{
	struct ka_writes writes = make_writes();
	struct ka_commit commit = KA_COMMIT_INIT;

	(void)state;
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), 0);
	ka_commit_done(&commit);
	seam_reset();
	seam.is_immutable = true;
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), 0);
	assert_int_equal(seam_count("unlink"), 0);
	assert_int_equal(seam_count("unprotect"), 0);
	ka_commit_done(&commit);
	ka_writes_done(&writes);
}

/* The same without memory. */
static void test_revert_now(void **state)
{
	struct ka_writes writes = make_writes();
	struct ka_commit commit = KA_COMMIT_INIT;

	(void)state;
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), 0);
	ka_commit_revert_now(&commit);
	expect_contents(GRUBENV, before_env);
	expect_contents(ONE_SHOT, "\a");
	expect_contents(LAST_BOOTED, NULL);
	ka_commit_done(&commit);
	ka_writes_done(&writes);
}

/* Each call of a commit fails, once, with each error that a disk or the firmware gives. */
static void test_commit_fails(void **state)
{
	static const char *const steps[] = { "open",  "open-write", "read",	"write",
					     "fsync", "unlink",	    "unprotect" };
	static const int errors[] = { EIO, ENOSPC, EROFS, EACCES, EINVAL };
	int n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps) * ARRAY_SIZE(errors); i++)
		for (int nth = 1; nth <= 8; nth++) {
			const char *step = steps[i / ARRAY_SIZE(errors)];
			struct ka_writes writes = make_writes();
			struct ka_commit commit = KA_COMMIT_INIT;
			int error = errors[i % ARRAY_SIZE(errors)], r;

			seam_reset();
			unlink(unit_path(LAST_BOOTED));
			ka_error_done(&err);
			seam.is_immutable = true;
			seam_fail(0, step, error, nth);
			r = ka_commit_apply(&commit, &writes, &err);
			if (seam.fail[0].seen >= nth && r < 0) {
				n++;
				assert_int_equal(r, -error);
				expect_contents(GRUBENV, before_env);
				expect_contents(ONE_SHOT, "\a");
				expect_contents(LAST_BOOTED, NULL);
				seam_expect_words(err.text, "cannot |/");
				seam_expect_words(err.text, strerror(error));
			} else {
				expect_contents(GRUBENV, after_env);
			}
			ka_commit_done(&commit);
			ka_writes_done(&writes);
		}
	assert_true(n >= 50);
}

/* A full disk takes half of it; what is read back is not what was written; both writes fail. */
static void test_commit_half(void **state)
{
	struct ka_writes writes = make_writes();
	struct ka_commit commit = KA_COMMIT_INIT;

	(void)state;
	seam.is_short = true;
	assert_true(ka_commit_apply(&commit, &writes, &err) < 0);
	seam_expect_words(err.text, "cannot write '/boot/grub/grubenv'");
	ka_error_done(&err);

	seam_reset();
	ka_writes_done(&writes);
	writes = make_writes();
	seam.mute = "write";
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), -EIO);
	seam_expect_words(err.text, "does not hold what was written");
	ka_error_done(&err);

	seam_reset();
	seam_fail(0, "write", EIO, 0);
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), -EIO);
	seam_expect_words(err.text, "cannot write '/boot/grub/grubenv'");
	ka_writes_done(&writes);
}

/* The flag that protects a variable is as before, whether the write went well or not. */
static void test_immutable(void **state)
{
	(void)state;
	unit_puts(ONE_SHOT, "\a");
	seam.is_immutable = true;
	assert_int_equal(ka_efivar_write("/" ONE_SHOT, "\ab", 2, &err), 0);
	expect_contents(ONE_SHOT, "\ab");
	assert_true(seam.is_immutable);

	seam_fail(0, "write", EIO, 0);
	assert_int_equal(ka_efivar_write("/" ONE_SHOT, "\ac", 2, &err), -EIO);
	assert_true(seam.is_immutable);
	seam_fail(0, "unlink", EIO, 0);
	assert_int_equal(ka_efivar_write("/" ONE_SHOT, NULL, 0, &err), -EIO);
	assert_true(seam.is_immutable);

	seam_fail(0, "protect", EIO, 0);
	assert_int_equal(ka_efivar_write("/" ONE_SHOT, "\ad", 2, &err), -EIO);
	seam_expect_words(err.text, "cannot protect|" ONE_SHOT);
	seam.is_immutable = false;

	/* One that had no flag gets none. */
	seam_reset();
	assert_int_equal(ka_efivar_write("/" ONE_SHOT, "\ae", 2, &err), 0);
	assert_int_equal(seam_count("protect"), 0);
	/* Nor is one asked for where the file system knows none. */
	seam_fail(0, "get-flags", ENOTTY, 0);
	assert_int_equal(ka_efivar_write("/" ONE_SHOT, "\af", 2, &err), 0);
}

/* The real calls: what they give on files, and errors as negative numbers. Nothing is loaded or unloaded. */
static void test_real_calls(void **state)
{
	const struct ka_sys *sys = &ka_sys_real;
	const char *path = unit_path("file");
	char text[8] = "";
	int fd, flags = 0, r;

	(void)state;
	assert_int_equal(sys->open(path, O_RDONLY), -ENOENT);
	fd = sys->open(path, O_RDWR | O_CREAT);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(sys->write(fd, "abc", 3), 3);
	assert_int_equal(sys->read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(sys->fsync(fd), 0);
	r = sys->get_flags(fd, &flags);
	if (r == 0)
		r = sys->set_flags(fd, flags);
	assert_true(r == 0 || r == -ENOTTY || r == -EOPNOTSUPP || r == -EPERM);
	assert_int_equal(sys->unlink(path), 0);
	assert_int_equal(sys->unlink(path), -ENOENT);
	close(fd);
	assert_int_equal(sys->read(-1, text, 1), -EBADF);
	assert_int_equal(sys->write(-1, "", 1), -EBADF);
	assert_int_equal(sys->fsync(-1), -EBADF);
	assert_int_equal(sys->get_flags(-1, &flags), -EBADF);
	assert_int_equal(sys->set_flags(-1, 0), -EBADF);
	/* A descriptor that is none: refused for want of a privilege, of the call, or of a file. */
	r = sys->kexec_file_load(-1, -1, "", 0);
	assert_true(r == -EPERM || r == -ENOSYS || r == -EBADF || r == -EBUSY || r == -EINVAL);
}

/* A block in sectors of a volume: those alone are written, and put back. */
static void test_sectors(void **state)
{
	static char before[4096], after[4096];
	struct ka_commit commit = KA_COMMIT_INIT;
	struct ka_writes writes = { .n = 0 };

	(void)state;
	memset(before, 'x', sizeof(before) - 1);
	make_env(before_env, "next_entry=other\nsaved_entry=0\n");
	make_env(after_env, "saved_entry=0\n");
	memcpy(before + 1024, before_env, 512);
	memcpy(after, before, sizeof(after));
	memcpy(after + 1024, after_env, 512);
	unit_puts("dev/vda2", before);
	ka_writes_add(&writes, KA_WRITE_GRUBENV, "/dev/vda2:2+1", "next_entry", NULL);
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), 0);
	expect_contents("dev/vda2", after);
	ka_commit_revert_now(&commit);
	expect_contents("dev/vda2", before);
	assert_int_equal(ka_commit_revert(&commit, &err), 0);
	expect_contents("dev/vda2", before);

	/* Half of it written is a failure, and the rest is put back. */
	seam.is_short = true;
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), -EIO);
	seam_expect_words(err.text, "'/dev/vda2:2+1'");
	ka_error_done(&err);
	seam_reset();
	ka_writes_done(&writes);
	ka_commit_done(&commit);

	/* Beyond its end. */
	ka_writes_add(&writes, KA_WRITE_GRUBENV, "/dev/vda2:8+1", "next_entry", NULL);
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), -EIO);
	seam_expect_words(err.text, "cannot read '/dev/vda2:8+1'");
	ka_writes_done(&writes);
}

#define commit_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		commit_case(test_commit),	commit_case(test_revert_now),
		commit_case(test_commit_again), commit_case(test_commit_fails),
		commit_case(test_commit_half),	commit_case(test_immutable),
		commit_case(test_real_calls),	commit_case(test_sectors),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
