// SPDX-License-Identifier: GPL-2.0-or-later
/* Unified kernel images: section table, profiles, the texts inside. */

#include "fuzz.h"
#include "uki/uki-internal.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };
	const char *why = NULL;
	struct ka_uki uki;
	int r;

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	r = ka_uki_parse(&reader, &uki, &why);
	if (r > 0) {
		for (size_t i = 0; i < uki.n_profiles; i++)
			for (size_t k = 0; k < _KA_UKI_PART_MAX; k++) {
				const struct ka_uki_range *p = &uki.profiles[i].parts[k];

				if (p->size > 0 && p->offset + p->size > size)
					abort();
			}
		ka_uki_done(&uki);
	} else if (r == -EBADMSG && !why) {
		abort();
	}
	close(reader.fd);
	return 0;
}
