// SPDX-License-Identifier: GPL-2.0-or-later
/* Files in memory: memfd_create(2), sealed when they are complete. */

#include "base/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

int ka_memfile_new(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? ka_errno() : fd;
}

int ka_memfile_append(int out, int in, uint64_t offset, uint64_t size)
{
	const uint64_t end = offset + size;
	off_t at = (off_t)offset;

	while ((uint64_t)at < end) {
		ssize_t n = sendfile(out, in, &at, (size_t)(end - (uint64_t)at));

		if (n < 0 && errno != EINTR)
			return ka_errno();
		if (n == 0)
			return -EIO;
	}
	return 0;
}

int ka_memfile_write(int out, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(out, p, size);

		if (n < 0 && errno != EINTR)
			return ka_errno();
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int ka_memfile_seal(int fd)
{
	char path[64];
	int ro;

	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return ka_errno();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	return ro < 0 ? ka_errno() : ro;
}
