// SPDX-License-Identifier: GPL-2.0-or-later
/* Running another program and catching its words. */

#include "base/process.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OUTPUT_LIMIT 65536

static int read_all(int fd, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return ka_errno();
		}
		/* What is beyond the limit is read, so that the program can end, and dropped. */
		if (buf.len + (size_t)n <= OUTPUT_LIMIT)
			ka_buf_add(&buf, block, (size_t)n);
	}
	*ret = ka_buf_take(&buf);
	return 0;
}

/* Where programs are, for us and for them; the last is NixOS's. */
#define PATH "/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin"

/* The caller's PATH is not asked: a program that it names first would run as root. */
static char *find_program(const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin",
					       "/run/current-system/sw/bin" };

	if (strchr(name, '/'))
		return ka_strdup(name);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *path = ka_format("%s/%s", folders[i], name);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/*
 * The child starts with no signal held back or ignored, whatever the caller does about its own. The time zone is the
 * caller's: a time of day means the same to both.
 */
static int spawn_with(const char *const *argv, const posix_spawn_file_actions_t *actions,
		      pid_t *ret)
{
	_cleanup_free_ char *program = find_program(argv[0]), *zone = NULL;
	const char *environment[] = { "PATH=" PATH, "LC_ALL=C.UTF-8", NULL, NULL };
	posix_spawnattr_t attr;
	sigset_t none, pipe;
	int r;

	if (!program)
		return ENOENT;
	if (getenv("TZ"))
		environment[2] = zone = ka_format("TZ=%s", getenv("TZ"));
	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	r = posix_spawnattr_init(&attr);
	if (r != 0)
		return r;
	r = posix_spawnattr_setsigmask(&attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attr, &pipe);
	if (r == 0)
		r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawn(ret, program, actions, &attr, (char *const *)argv,
				(char *const *)environment);
	posix_spawnattr_destroy(&attr);
	return r;
}

static int spawn(const char *const *argv, const int *keep_fds, size_t n_keep, int out_fd,
		 pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out_fd, 2);
	/* Onto itself: posix_spawn() then takes the close-on-exec flag away. */
	for (size_t i = 0; i < n_keep && r == 0; i++)
		r = posix_spawn_file_actions_adddup2(&actions, keep_fds[i], keep_fds[i]);
	if (r == 0)
		r = spawn_with(argv, &actions, ret);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int ka_process_run(const char *const *argv, const int *keep_fds, size_t n_keep, char **ret_output,
		   struct ka_error *err)
{
	_cleanup_close_ int read_fd = -1, write_fd = -1;
	_cleanup_free_ char *output = NULL;
	int fds[2], status, r;
	pid_t pid = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return ka_fail_sys(err, ka_errno(), "cannot make a pipe");
	read_fd = fds[0];
	write_fd = fds[1];

	r = spawn(argv, keep_fds, n_keep, write_fd, &pid);
	if (r < 0)
		return r == -ENOENT
			       ? ka_fail(err, r, "cannot run '%s': it is not in " PATH, argv[0])
			       : ka_fail_sys(err, r, "cannot run '%s'", argv[0]);
	close(TAKE_FD(write_fd));

	r = read_all(read_fd, &output);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return ka_fail_sys(err, ka_errno(), "cannot wait for '%s'", argv[0]);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot read what '%s' says", argv[0]);
	if (!WIFEXITED(status))
		return ka_fail(err, -ECHILD, "'%s' was killed by signal %d", argv[0],
			       WTERMSIG(status));

	*ret_output = ka_strdup(ka_strip(output));
	return WEXITSTATUS(status);
}
