// SPDX-License-Identifier: GPL-2.0-or-later
/* The first sectors of a disk that a BIOS may start. */

#include "fuzz.h"
#include "image/bootcode.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };
	enum ka_program_kind kind = _KA_PROGRAM_MAX;

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	if (ka_boot_code_read(&reader, &kind) > 0 && kind >= _KA_PROGRAM_MAX)
		abort();
	close(reader.fd);
	return 0;
}
