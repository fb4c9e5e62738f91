/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

#include <sys/types.h>

/*
 * The seam: the system calls that load, unload and restart, that write what a loader would write, and
 * the programs that do a part of it. Nobody makes them but through ka_sys, so that a unit test can let
 * each of them fail; what they really do is tested in the guests.
 *
 * All give a negative errno on failure.
 */
struct ka_sys {
	/* kexec_file_load(2). cmdline: NULL when unloading. */
	int (*kexec_file_load)(int kernel_fd, int initrd_fd, const char *cmdline,
			       unsigned long flags);
	/* kexec_load(2) with no segments, which unloads. */
	int (*kexec_unload)(void);
	/* sync(2), and reboot(2) with LINUX_REBOOT_CMD_KEXEC: returns on failure alone. */
	void (*sync)(void);
	/* The same in another process, for so many seconds at most: -ETIMEDOUT, and it goes on behind us. */
	int (*sync_within)(unsigned int seconds);
	int (*jump)(void);
	/* base/process.h. */
	int (*run)(const char *const *argv, const int *keep_fds, size_t n_keep, char **ret_output,
		   struct ka_error *err);

	/* Environment blocks and EFI variables. O_CLOEXEC | O_NOCTTY is added to the flags. */
	int (*open)(const char *path, int flags);
	/* From the start of the file. */
	ssize_t (*read)(int fd, void *data, size_t size);
	ssize_t (*write)(int fd, const void *data, size_t size);
	/* From and to a place on a device. */
	ssize_t (*read_at)(int fd, void *data, size_t size, off_t at);
	ssize_t (*write_at)(int fd, const void *data, size_t size, off_t at);
	int (*fsync)(int fd);
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path);
	/* A file that is made where it is not there, locked for this process until it is closed.
	 * -EAGAIN: another process (*ret_pid) has it. */
	int (*lock)(const char *path, pid_t *ret_pid);
	/* FS_IOC_GETFLAGS, FS_IOC_SETFLAGS */
	int (*get_flags)(int fd, int *ret);
	int (*set_flags)(int fd, int flags);

	/* Between two attempts of a call that was busy. */
	void (*pause)(void);
};

/* The real ones; tests exchange the pointer. */
extern const struct ka_sys *ka_sys;
extern const struct ka_sys ka_sys_real;
