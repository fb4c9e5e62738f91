// SPDX-License-Identifier: GPL-2.0-or-later
/* The scan of an initrd. */

#include "fuzz.h"
#include "initrd/initrd.h"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_initrd_summary summary = { .has_other = false };
	const struct ka_initrd_context context = { .path = "fuzz" };
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	if (ka_initrd_inspect(&reader, &context, &summary, &findings) < 0)
		abort();
	close(reader.fd);
	ka_initrd_summary_done(&summary);
	ka_findings_done(&findings);
	return 0;
}
