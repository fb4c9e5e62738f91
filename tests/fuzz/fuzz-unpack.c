// SPDX-License-Identifier: GPL-2.0-or-later
/* Packed streams, by their first bytes. What comes out is fed to the reader of cpio archives. */

#include "fuzz.h"
#include "initrd/cpio.h"
#include "unpack/unpack.h"

#include <stdlib.h>
#include <sys/mman.h>

static int visit(_unused_ void *userdata, const char *name,
		 _unused_ const struct cpio_header *header)
{
	return strlen(name) < PATH_MAX ? 0 : -1;
}

static int feed(void *userdata, const uint8_t *data, size_t n)
{
	return cpio_feed(userdata, data, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };
	struct cpio_stream stream = { .visit = visit };
	struct ka_unpacked unpacked;
	uint64_t walked;

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	(void)!ka_unpack(&reader, ka_packing_detect(data, size), 1u << 20, feed, &stream, &unpacked,
			 NULL);
	if (ka_zstd_walk(&reader, &walked) == 0 && walked > size)
		abort();
	if (unpacked.consumed > size || unpacked.produced > 1u << 20)
		abort();
	close(reader.fd);
	return 0;
}
