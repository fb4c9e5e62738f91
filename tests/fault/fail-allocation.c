// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library for LD_PRELOAD that lets one allocation fail: the FAIL_AT-th, counted from 1. With
 * FAIL_COUNT=FILE the number of allocations is written there at the end, or before the jump. glibc
 * alone.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long count, fail_at;
static bool is_ready;

static bool fails(void)
{
	if (!is_ready) {
		const char *text = getenv("FAIL_AT");

		fail_at = text ? strtoul(text, NULL, 10) : 0;
		is_ready = true;
	}
	if (++count != fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *p = fails() ? NULL : __libc_memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

__attribute__((destructor)) static void write_count(void)
{
	const char *path = getenv("FAIL_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

	if (fd >= 0) {
		dprintf(fd, "%lu\n", count);
		close(fd);
	}
}

int reboot(int how)
{
	write_count();
	return (int)syscall(SYS_reboot, 0xfee1dead, 0x28121969, how, NULL);
}
