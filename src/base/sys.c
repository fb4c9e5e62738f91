// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sys.h"

#include "base/process.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/reboot.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* The length counts the NUL and is never 0 for a kernel: the kernel writes at length - 1 unchecked. */
static int sys_kexec_file_load(int kernel_fd, int initrd_fd, const char *cmdline,
			       unsigned long flags)
{
#ifdef SYS_kexec_file_load
	size_t len = cmdline ? strlen(cmdline) + 1 : 0;

	if (syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, len, cmdline, flags) < 0)
		return ka_errno();
	return 0;
#else
	(void)kernel_fd, (void)initrd_fd, (void)cmdline, (void)flags;
	return -ENOSYS;
#endif
}

static int sys_kexec_unload(void)
{
	return syscall(SYS_kexec_load, 0ul, 0ul, NULL, 0ul) < 0 ? ka_errno() : 0;
}

static void sys_sync(void)
{
	sync();
}

/* A file system that does not answer (a server that is gone) holds up the other process alone. */
static int sys_sync_within(unsigned int seconds)
{
	const struct timespec step = { .tv_nsec = 10000000 };
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return ka_errno();
	if (pid == 0) {
		sync();
		_exit(0);
	}
	for (unsigned long i = 0; i < seconds * 100ul; i++) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended != 0)
			return ended < 0 ? ka_errno() : status == 0 ? 0 : -EIO;
		nanosleep(&step, NULL);
	}
	kill(pid, SIGKILL);
	return -ETIMEDOUT;
}

static int sys_jump(void)
{
	reboot((int)LINUX_REBOOT_CMD_KEXEC);
	return ka_errno();
}

static int sys_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0644);

	return fd < 0 ? ka_errno() : fd;
}

static ssize_t sys_read(int fd, void *data, size_t size)
{
	ssize_t n = pread(fd, data, size, 0);

	return n < 0 ? ka_errno() : n;
}

/* Not pwrite(): a file of efivarfs has no positions. */
static ssize_t sys_write(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	return n < 0 ? ka_errno() : n;
}

static ssize_t sys_read_at(int fd, void *data, size_t size, off_t at)
{
	ssize_t n = pread(fd, data, size, at);

	return n < 0 ? ka_errno() : n;
}

static ssize_t sys_write_at(int fd, const void *data, size_t size, off_t at)
{
	ssize_t n = pwrite(fd, data, size, at);

	return n < 0 ? ka_errno() : n;
}

static int sys_fsync(int fd)
{
	return fsync(fd) < 0 ? ka_errno() : 0;
}

static int sys_unlink(const char *path)
{
	return unlink(path) < 0 ? ka_errno() : 0;
}

static int sys_mkdir(const char *path)
{
	return mkdir(path, 0755) < 0 ? ka_errno() : 0;
}

/* By fcntl(2), which tells who has it, and which nobody can hold who may not write the file. */
static int sys_lock(const char *path, pid_t *ret_pid)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_close_ int fd = sys_open(path, O_RDWR | O_CREAT | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return TAKE_FD(fd);
	r = ka_errno();
	if (r != -EAGAIN && r != -EACCES)
		return r;
	*ret_pid = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
	return -EAGAIN;
}

static int sys_get_flags(int fd, int *ret)
{
	int value[2] = { 0 };

	if (ioctl(fd, FS_IOC_GETFLAGS, value) < 0)
		return ka_errno();
	*ret = value[0];
	return 0;
}

static int sys_set_flags(int fd, int flags)
{
	/* The number of the call says long, the kernel reads an int: what is behind it is given as well. */
	const int value[2] = { flags, 0 };

	return ioctl(fd, FS_IOC_SETFLAGS, value) < 0 ? ka_errno() : 0;
}

static void sys_pause(void)
{
	const struct timespec ts = { .tv_nsec = 200000000 };

	nanosleep(&ts, NULL);
}

const struct ka_sys ka_sys_real = {
	.kexec_file_load = sys_kexec_file_load,
	.kexec_unload = sys_kexec_unload,
	.sync = sys_sync,
	.sync_within = sys_sync_within,
	.jump = sys_jump,
	.run = ka_process_run,
	.open = sys_open,
	.read = sys_read,
	.write = sys_write,
	.read_at = sys_read_at,
	.write_at = sys_write_at,
	.fsync = sys_fsync,
	.unlink = sys_unlink,
	.mkdir = sys_mkdir,
	.lock = sys_lock,
	.get_flags = sys_get_flags,
	.set_flags = sys_set_flags,
	.pause = sys_pause,
};

const struct ka_sys *ka_sys = &ka_sys_real;
