// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading and unloading, with every error at every step: nothing stays loaded, and the text says why. */

#include "seam.h"

#include "kexec/load.h"

#include <kexec-any/host.h>

static struct ka_host *host;
static struct ka_plan plan;
static struct ka_load_result result;
static struct ka_error err;

static struct ka_plan_file open_file(const char *path, const char *text)
{
	struct ka_plan_file file = { .hashed.fd = -1 };

	unit_puts(path, text);
	file.path = strdup(path);
	file.fd = open(unit_path(path), O_RDONLY | O_CLOEXEC);
	assert_true(file.fd >= 0);
	assert_int_equal(fstat(file.fd, &file.opened), 0);
	file.size = (uint64_t)file.opened.st_size;
	return file;
}

static int setup(void **state)
{
	struct ka_error ignored = KA_ERROR_INIT;

	if (unit_setup(state) < 0)
		return -1;
	seam_reset();
	assert_int_equal(ka_host_new(unit_dir, &host, &ignored), 0);
	plan = (struct ka_plan)KA_PLAN_INIT;
	plan.kernel = open_file("boot/vmlinuz", "a kernel");
	plan.initrds = calloc(2, sizeof(*plan.initrds));
	plan.initrds[0] = open_file("boot/initrd", "an initrd");
	plan.n_initrds = 1;
	plan.cmdline = strdup("ro quiet");
	unit_puts("proc/self/status", "CapEff:\t000001ffffffffff\nSeccomp:\t0\n");
	return 0;
}

static int teardown(void **state)
{
	ka_plan_done(&plan);
	ka_load_result_done(&result);
	ka_error_done(&err);
	host = ka_host_free(host);
	return unit_teardown(state);
}

/* Load anew; what is left of an earlier run is forgotten. */
static int load(bool verbose)
{
	ka_load_result_done(&result);
	ka_error_done(&err);
	return ka_load(host, &plan, verbose, &result, &err);
}

static void test_load(void **state)
{
	(void)state;
	assert_int_equal(load(false), 0);
	assert_true(seam_is_loaded());
	assert_string_equal(seam.log, " file-load ");

	/* A kernel that does not know the flag for its log. */
	seam_reset();
	seam_fail(0, "file-debug", EINVAL, 0);
	assert_int_equal(load(true), 0);
	assert_string_equal(seam.log, " file-debug  file-load ");

	/* Attempts are counted: none is spent on it. */
	seam_reset();
	unit_puts("proc/sys/kernel/kexec_load_limit_reboot", "3\n");
	assert_int_equal(load(true), 0);
	assert_string_equal(seam.log, " file-load ");
}

/* kexec_file_load(2): without an initrd only where the flags say so (the seam looks). */
static void test_without_initrd(void **state)
{
	(void)state;
	plan.n_initrds = 0;
	assert_int_equal(load(false), 0);
	assert_int_equal(load(true), 0);
	plan.n_initrds = 1;
}

static void test_busy(void **state)
{
	(void)state;
	seam_fail(0, "file-load", EBUSY, 2);
	seam_fail(1, "file-load", EBUSY, 1);
	assert_int_equal(load(false), 0);
	assert_int_equal(seam_count("pause"), 2);
	seam_reset();
	seam_fail(0, "file-load", EBUSY, 0);
	assert_int_equal(load(false), -EBUSY);
	assert_int_equal(seam_count("file-load"), 4);
	seam_expect_words(err.text, "another process is loading|try again");
}

/* Every error of kexec_file_load(2), with nothing loaded before and with an older kernel loaded. */
static void test_refused(void **state)
{
	static const int errors[] = { EPERM,   EACCES,	  EBUSY,	ETXTBSY, EBADF,
				      EFAULT,  EINVAL,	  ENOEXEC,	EFBIG,	 EIO,
				      ENODATA, ENOKEY,	  ELIBBAD,	EBADMSG, EMSGSIZE,
				      ENOPKG,  524,	  EKEYREJECTED, ENOMEM,	 EADDRNOTAVAIL,
				      ENOSYS,  EOPNOTSUPP };
	char number[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors) * 2; i++) {
		bool was_loaded = i % 2;

		seam_reset();
		seam_set_loaded(was_loaded);
		seam_fail(0, "file-load", errors[i / 2], 0);
		assert_int_equal(load(false), -errors[i / 2]);
		assert_false(seam_is_loaded());
		assert_int_equal(seam_count("file-unload"), was_loaded);
		snprintf(number, sizeof(number), "error %d", errors[i / 2]);
		seam_expect_words(err.text, number);
		seam_expect_words(err.text, "boot/vmlinuz|; "); /* the file, and what to do */
	}
}

/* The kernel's word counts, not the call's. */
static void test_not_confirmed(void **state)
{
	(void)state;
	seam.mute = "file-load";
	assert_int_equal(load(false), -EIO);
	seam_expect_words(err.text, "boot/vmlinuz|/sys/kernel/kexec_loaded does not say 1");

	/* Nor is a success that cannot be looked at one, and what was loaded goes. */
	seam_reset();
	unlink(unit_path(LOADED));
	mkdir(unit_path(LOADED), 0755);
	seam.mute = "file-load";
	seam_fail(0, "file-unload", ENOSYS, 0);
	seam_fail(1, "unload", ENOSYS, 0);
	assert_true(load(false) < 0);
	seam_expect_words(err.text, "cannot be read");
	assert_int_equal(seam_count("file-unload"), 1);
	rmdir(unit_path(LOADED));
}

/* Where a refused load leaves an older kernel that cannot be unloaded, the error says that. */
static void test_still_loaded(void **state)
{
	(void)state;
	seam_set_loaded(true);
	seam_fail(0, "file-load", ENOEXEC, 0);
	seam_fail(1, "file-unload", EPERM, 0);
	seam_fail(2, "unload", EPERM, 0);
	assert_int_equal(load(false), -ENOEXEC);
	assert_true(seam_is_loaded());
	seam_expect_words(err.text, "STILL LOADED|the next reboot may start it|ENOEXEC");

	/* An attempt costs one of those that are left, and none is. */
	seam_reset();
	seam_set_loaded(true);
	unit_puts("proc/sys/kernel/kexec_load_limit_reboot", "0\n");
	seam_fail(0, "file-load", EPERM, 0);
	assert_int_equal(load(false), -EPERM);
	assert_int_equal(seam_count("file-unload"), 0);
	seam_expect_words(err.text, "STILL LOADED|kexec_load_limit_reboot|used up");
}

/* kexec(8), for kernels without the call and for images that it does not take. */
static void test_fallback(void **state)
{
	(void)state;
	unit_puts("usr/sbin/kexec", "");
	seam_fail(0, "file-load", ENOSYS, 0);
	assert_int_equal(load(false), 0);
	assert_string_equal(seam.log, " file-load  kexec ");
	assert_true(seam_is_loaded());

	seam_reset();
	plan.image.needs_kexec_load = true;
	assert_int_equal(load(false), 0);
	assert_string_equal(seam.log, " kexec ");
	plan.n_initrds = 0;
	assert_int_equal(load(false), 0);
	plan.n_initrds = 1;

	seam_reset();
	seam.exit_status = 255;
	assert_int_equal(load(false), -EIO);
	seam_expect_words(err.text, "kexec(8)|boot/vmlinuz|255|it said no");

	seam_reset();
	seam_fail(0, "kexec", EACCES, 0);
	assert_int_equal(load(false), -EACCES);
	seam_expect_words(err.text, "/usr/sbin/kexec|Permission denied");

	/* It says that it did, and did not. */
	seam_reset();
	seam.mute = "kexec";
	assert_int_equal(load(false), -EIO);
	seam_expect_words(err.text, "does not say 1");

	/* What it loaded before it failed goes. */
	seam_reset();
	seam_set_loaded(true);
	seam.exit_status = 1;
	assert_int_equal(load(false), -EIO);
	assert_false(seam_is_loaded());

	/* A refusal was meant: nobody else is asked. */
	seam_reset();
	plan.image.needs_kexec_load = false;
	seam_fail(0, "file-load", EPERM, 0);
	assert_int_equal(load(false), -EPERM);
	assert_int_equal(seam_count("kexec"), 0);
}

static void test_unload(void **state)
{
	static const struct {
		int file, segments; /* errors of the two calls */
		int r, n_segments;
		const char *words;
	} cases[] = {
		{ 0, 0, 0, 0, NULL },
		/* No kexec_file_load, or a filter that hides it. */
		{ ENOSYS, 0, 0, 1, NULL },
		{ EPERM, 0, 0, 1, NULL },
		{ ENOSYS, EPERM, -EPERM, 1, "cannot unload the kernel" },
		{ EPERM, EPERM, -EPERM, 1, "cannot unload the kernel" },
		{ EPERM, ENOSYS, -EPERM, 1, "cannot unload the kernel" },
		{ ENOSYS, ENOSYS, -ENOSYS, 1, "cannot unload the kernel" },
		{ ENOSYS, EBUSY, -EBUSY, 1, "try again" },
		{ EBUSY, 0, -EBUSY, 0, "try again" },
		{ EINVAL, 0, -EINVAL, 0, "Invalid argument" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		seam_reset();
		ka_error_done(&err);
		seam_set_loaded(true);
		seam_fail(0, cases[i].file ? "file-unload" : "-", cases[i].file, 0);
		seam_fail(1, cases[i].segments ? "unload" : "-", cases[i].segments, 0);
		assert_int_equal(ka_unload(host, &err), cases[i].r);
		assert_int_equal(seam_is_loaded(), cases[i].r < 0);
		assert_int_equal(seam_count("unload"), cases[i].n_segments);
		if (cases[i].words)
			seam_expect_words(err.text, cases[i].words);
	}
}

/* Why it is refused, and what the kernel says afterwards. */
static void test_unload_reasons(void **state)
{
	(void)state;
	/* Nothing is loaded: no call, which may cost an attempt. */
	assert_int_equal(ka_unload(host, &err), 0);
	assert_string_equal(seam.log, "");

	seam_set_loaded(true);
	seam.mute = "file-unload";
	assert_int_equal(ka_unload(host, &err), -EIO);
	seam_expect_words(err.text, "still says 1");

	seam_reset();
	seam_set_loaded(true);
	seam_fail(0, "file-unload", EPERM, 0);
	seam_fail(1, "unload", EPERM, 0);
	unit_puts("proc/sys/kernel/kexec_load_limit_reboot", "0\n");
	assert_int_equal(ka_unload(host, &err), -EPERM);
	seam_expect_words(err.text, "kexec_load_limit_reboot");
	unit_puts("proc/sys/kernel/kexec_load_disabled", "1\n");
	assert_int_equal(ka_unload(host, &err), -EPERM);
	seam_expect_words(err.text, "kexec_load_disabled");
	unit_puts("proc/self/status", "CapEff:\t0000000000000000\n");
	assert_int_equal(ka_unload(host, &err), -EPERM);
	seam_expect_words(err.text, "needs root");

	/* No kexec at all. */
	unlink(unit_path(LOADED));
	seam_fail(0, "file-unload", ENOSYS, 0);
	seam_fail(1, "unload", ENOSYS, 0);
	assert_int_equal(ka_unload(host, &err), -ENOSYS);
	seam_expect_words(err.text, "has no kexec");
}

/* Without memory: both calls, and not a word. */
static void test_unload_now(void **state)
{
	(void)state;
	seam_set_loaded(true);
	seam_fail(0, "file-unload", ENOSYS, 0);
	ka_unload_now();
	assert_false(seam_is_loaded());
	assert_string_equal(seam.log, " file-unload  unload ");
}

/* --- files that change */

static const char *changing_step, *changing_path;
static void (*change)(const char *path);

static void change_before(const char *step)
{
	if (ka_streq(step, changing_step))
		change(changing_path);
}

/* As cp(1) does: the same length, written in place. */
static void overwrite(const char *path)
{
	unit_puts(path, strstr(path, "initrd") ? "AN INITRD" : "A KERNEL");
}

/* And the old time put back, so that its change alone shows. */
static void overwrite_secretly(const char *path)
{
	struct stat st;

	assert_int_equal(stat(unit_path(path), &st), 0);
	overwrite(path);
	assert_int_equal(utimensat(AT_FDCWD, unit_path(path),
				   (struct timespec[]){ st.st_atim, st.st_mtim }, 0),
			 0);
}

static void cut(const char *path)
{
	assert_int_equal(truncate(unit_path(path), 3), 0);
}

static void expect_changed(const char *path)
{
	assert_int_equal(load(false), 1);
	assert_false(seam_is_loaded());
	assert_int_equal(result.findings.n, 1);
	assert_string_equal(ka_finding_name(result.findings.items[0].id), "file-changed");
	assert_int_equal(result.findings.items[0].severity, KA_ERROR);
	assert_string_equal(result.findings.items[0].path, path);
	assert_non_null(result.findings.items[0].remedy);
}

/* Anew, and old: times are as coarse as the kernel's clock. */
static void reopen(struct ka_plan_file *file, const char *path, const char *text)
{
	const struct timespec old[] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	close(file->fd);
	free(file->path);
	*file = open_file(path, text);
	assert_int_equal(futimens(file->fd, old), 0);
	assert_int_equal(fstat(file->fd, &file->opened), 0);
	usleep(20000);
}

static void test_changed(void **state)
{
	static void (*const changes[])(const char *path) = { overwrite, overwrite_secretly, cut };
	static const char *const paths[] = { "boot/vmlinuz", "boot/initrd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes) * 4; i++) {
		bool is_initrd = i & 1, is_before = i & 2;
		const char *path = paths[is_initrd];

		seam_reset();
		reopen(&plan.kernel, "boot/vmlinuz", "a kernel");
		reopen(&plan.initrds[0], "boot/initrd", "an initrd");
		change = changes[i / 4];
		changing_path = path;
		changing_step = "file-load";
		if (is_before)
			change(path);
		else
			seam.before = change_before;
		expect_changed(path);
		assert_int_equal(seam_count("file-load"), is_before ? 0 : 1);
	}
}

/* And cannot be unloaded again. */
static void test_changed_and_stuck(void **state)
{
	(void)state;
	seam.before = change_before;
	change = cut;
	changing_step = "file-load";
	changing_path = "boot/vmlinuz";
	seam_fail(0, "file-unload", EPERM, 0);
	seam_fail(1, "unload", EPERM, 0);
	assert_int_equal(load(false), -EPERM);
	seam_expect_words(err.text, "STILL LOADED");
	assert_int_equal(result.findings.n, 1);
}

/* A kernel that was unpacked into memory, and whose hash is that of its file. */
static void test_hashed(void **state)
{
	struct ka_plan_file unpacked = open_file("boot/unpacked", "unpacked");

	(void)state;
	plan.kernel.hashed.fd = TAKE_FD(plan.kernel.fd);
	plan.kernel.fd = unpacked.fd;
	free(unpacked.path);
	assert_int_equal(load(false), 0);
	cut("boot/unpacked");
	assert_int_equal(load(false), 0);
	seam_reset();
	cut("boot/vmlinuz");
	expect_changed("boot/vmlinuz");
}

/* What is in memory has no file that could change; a joined initrd has. */
static void test_joined(void **state)
{
	(void)state;
	plan.initrds[1] = open_file("boot/second", "second");
	plan.n_initrds = 2;
	assert_int_equal(load(false), 0);
	plan.kernel.opened = (struct stat){ .st_size = 0 };
	cut("boot/vmlinuz");
	assert_int_equal(load(false), 0);

	seam_reset();
	cut("boot/second"); /* joining fails for it */
	expect_changed("boot/second");
	assert_int_equal(seam_count("file-load"), 0);
}

/* What is a finding, and final, never comes here; if it does, nothing is called. */
static void test_incomplete(void **state)
{
	int fd = plan.kernel.fd;

	(void)state;
	plan.kernel.fd = -1;
	assert_int_equal(load(false), -EBADF);
	plan.kernel.fd = fd;
	fd = plan.initrds[0].fd;
	plan.initrds[0].fd = -1;
	assert_int_equal(load(false), -EBADF);
	plan.initrds[0].fd = fd;
	free(TAKE_PTR(plan.cmdline));
	assert_int_equal(load(false), -EINVAL);
	assert_string_equal(seam.log, "");
}

#define kexec_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		kexec_case(test_load),		 kexec_case(test_without_initrd),
		kexec_case(test_busy),		 kexec_case(test_refused),
		kexec_case(test_not_confirmed),	 kexec_case(test_still_loaded),
		kexec_case(test_fallback),	 kexec_case(test_unload),
		kexec_case(test_unload_reasons), kexec_case(test_unload_now),
		kexec_case(test_changed),	 kexec_case(test_changed_and_stuck),
		kexec_case(test_joined),	 kexec_case(test_hashed),
		kexec_case(test_incomplete),
	};

	return cmocka_run_group_tests_name("kexec", tests, NULL, NULL);
}
