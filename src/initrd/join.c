// SPDX-License-Identifier: GPL-2.0-or-later
/* Several initrds into one, as the kernel wants them: one descriptor. */

#include "base/memfile.h"
#include "initrd/initrd.h"

#include <errno.h>

uint64_t ka_initrd_padded_size(uint64_t size, bool continued)
{
	return ((size + 3) & ~(uint64_t)3) + (continued ? 0 : 4);
}

int ka_initrd_join(const struct ka_initrd_member *members, size_t n, int *ret_fd,
		   struct ka_error *err)
{
	_cleanup_close_ int fd = -1;
	uint64_t total = 0;
	int ro;

	fd = ka_memfile_new("kexec-any-initrd");
	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot make a memory file for the initrds");

	for (size_t i = 0; i < n; i++) {
		const struct ka_initrd_member *m = &members[i];
		int r = ka_memfile_append(fd, m->fd, m->offset, m->size);

		if (r < 0)
			return ka_fail_sys(err, r, "cannot copy '%s'", m->path);
		total += i + 1 < n ? ka_initrd_padded_size(m->size, m->continued) : m->size;
		/* Growing fills with zeros: the padding. */
		if (ftruncate(fd, (off_t)total) < 0 || lseek(fd, 0, SEEK_END) < 0)
			return ka_fail_sys(err, ka_errno(), "cannot extend the joined initrd");
	}

	ro = ka_memfile_seal(fd);
	if (ro < 0)
		return ka_fail_sys(err, ro, "cannot seal the joined initrd");
	*ret_fd = ro;
	return 0;
}
