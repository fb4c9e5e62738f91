// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The seam's own end: what reaches the kernel. A filter of seccomp(2) stands in the kernel's place, so that
 * nothing is loaded and nothing restarts. Expected numbers: reboot(2), kexec_load(2).
 */

#include "unit.h"

#include "base/sys.h"

#include <endian.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define GOOD   EOWNERDEAD      /* that the arguments are the expected ones, */
#define BAD    ENOTRECOVERABLE /* and that they are not */
#define HALF   (__BYTE_ORDER == __BIG_ENDIAN ? 4 : 0)
#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n) + HALF)

/* To the next call, or to the next argument, else to BAD at the end of this one. */
#define CALL(number, skip)                                                                         \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),                     \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, skip)
#define WANT(n, value)                                                                             \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG(n)),                                                \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 1, 0),                      \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | BAD)
#define ANSWER_GOOD BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | GOOD)

#define FLAGS	    0xa
#define KERNEL_FD   1234
#define NO_INITRD   -1
#define CMDLINE	    "ro quiet"
#define CMDLINE_LEN 9 /* with its NUL */

static struct sock_filter filter[] = {
	CALL(SYS_reboot, 10),
	WANT(0, 0xfee1dead),
	WANT(1, 672274793),
	WANT(2, 0x45584543),
	ANSWER_GOOD,
	/* Unloads: no segments, no entry point, no flags. */
	CALL(SYS_kexec_load, 10),
	WANT(0, 0),
	WANT(1, 0),
	WANT(3, 0),
	ANSWER_GOOD,
#ifdef SYS_kexec_file_load
	CALL(SYS_kexec_file_load, 13),
	WANT(0, KERNEL_FD),
	WANT(1, NO_INITRD),
	WANT(2, CMDLINE_LEN),
	WANT(4, FLAGS),
	ANSWER_GOOD,
#endif
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int setup(_unused_ void **state)
{
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0
		       ? -1
		       : 0;
}

/* Valgrind lets none of these calls through. */
static void assert_good(int r)
{
	const char *preload = getenv("LD_PRELOAD");

	if (r != -ENOSYS || !preload || !strstr(preload, "vgpreload"))
		assert_int_equal(r, -GOOD);
}

static void test_calls(void **state)
{
	(void)state;
	assert_good(ka_sys_real.jump());
	assert_good(ka_sys_real.kexec_unload());
#ifdef SYS_kexec_file_load
	assert_good(ka_sys_real.kexec_file_load(KERNEL_FD, NO_INITRD, CMDLINE, FLAGS));
#endif
}

/* Another process has the lock, and is named; it goes with that process. */
static void test_lock(void **state)
{
	pid_t holder, pid = 0;
	int pipe_fds[2], fd;
	char c;

	assert_int_equal(unit_setup(state), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	holder = fork();
	if (holder == 0) {
		fd = ka_sys_real.lock(unit_path("lock"), &pid);
		c = fd >= 0 ? 'y' : 'n';
		if (write(pipe_fds[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(ka_sys_real.lock(unit_path("lock"), &pid), -EAGAIN);
	assert_int_equal(pid, holder);
	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	fd = ka_sys_real.lock(unit_path("lock"), &pid);
	assert_true(fd >= 0);
	close(fd);
	unit_link("link", "/nonexistent");
	assert_int_equal(ka_sys_real.lock(unit_path("link"), &pid), -ELOOP);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(unit_teardown(state), 0);
}

static void test_sync_within(void **state)
{
	int r = ka_sys_real.sync_within(1);

	(void)state;
	/* A machine that writes much may take longer, which is the other answer. */
	assert_true(r == 0 || r == -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_sync_within),
	};

	return cmocka_run_group_tests_name("sys", tests, setup, NULL);
}
