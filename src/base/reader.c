// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounded reading of a binary file. */

#include "base/reader.h"

#include <errno.h>

int ka_read_at(const struct ka_reader *reader, uint64_t offset, void *buf, size_t n)
{
	uint8_t *p = buf;

	if (offset > reader->size || n > reader->size - offset)
		return -ENODATA;

	while (n > 0) {
		ssize_t got = pread(reader->fd, p, n, (off_t)(reader->base + offset));

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return ka_errno();
		}
		if (got == 0)
			return -ENODATA; /* shorter than it was when it was opened */
		p += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}
