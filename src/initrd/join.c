// SPDX-License-Identifier: GPL-2.0-or-later
/* Several initrds into one, as the kernel wants them: one descriptor. */

#include "initrd/initrd.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

uint64_t ka_initrd_padded_size(uint64_t size)
{
	return ((size + 3) & ~(uint64_t)3) + 4;
}

static int new_memfd(void)
{
	int fd =
		memfd_create("kexec-any-initrd", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("kexec-any-initrd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? ka_errno() : fd;
}

/* Copy a whole file to the end of out, without moving its own position. */
static int copy_file(int out, int in, uint64_t size)
{
	off_t offset = 0;

	while ((uint64_t)offset < size) {
		ssize_t n = sendfile(out, in, &offset, (size_t)(size - (uint64_t)offset));

		if (n < 0 && errno != EINTR)
			return ka_errno();
		if (n == 0)
			return -EIO; /* shrank meanwhile */
	}
	return 0;
}

/* Read-only, by its name in /proc: with a writable descriptor left the load gives ETXTBSY. */
static int reopen_read_only(int fd)
{
	char path[64];
	int ro;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	return ro < 0 ? ka_errno() : ro;
}

int ka_initrd_join(const int *fds, const char *const *paths, size_t n, int *ret_fd,
		   struct ka_error *err)
{
	_cleanup_close_ int fd = -1;
	uint64_t total = 0;
	int ro;

	fd = new_memfd();
	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot make a memory file for the initrds");

	for (size_t i = 0; i < n; i++) {
		struct stat st;
		int r;

		if (fstat(fds[i], &st) < 0)
			return ka_fail_sys(err, ka_errno(), "cannot examine '%s'", paths[i]);
		r = copy_file(fd, fds[i], (uint64_t)st.st_size);
		if (r < 0)
			return ka_fail_sys(err, r, "cannot copy '%s'", paths[i]);
		total += i + 1 < n ? ka_initrd_padded_size((uint64_t)st.st_size)
				   : (uint64_t)st.st_size;
		/* Growing fills with zeros: the padding. */
		if (ftruncate(fd, (off_t)total) < 0 || lseek(fd, 0, SEEK_END) < 0)
			return ka_fail_sys(err, ka_errno(), "cannot extend the joined initrd");
	}

	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return ka_fail_sys(err, ka_errno(), "cannot seal the joined initrd");
	ro = reopen_read_only(fd);
	if (ro < 0)
		return ka_fail_sys(err, ro, "cannot reopen the joined initrd");
	*ret_fd = ro;
	return 0;
}
