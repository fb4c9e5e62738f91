// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel files of any kind: bzImage, PE, ELF. */

#include "fuzz.h"
#include "image/image.h"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_machine machine = { .arch = (char *)"x86_64", .memory_total = 1ull << 32 };
	const struct ka_image_context context = { .path = "fuzz", .machine = &machine };
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_image image = { 0 };
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	if (ka_image_inspect(&reader, &context, &image, &findings) < 0)
		abort();
	close(reader.fd);
	ka_image_done(&image);
	ka_findings_done(&findings);
	return 0;
}
