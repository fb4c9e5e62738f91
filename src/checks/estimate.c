// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long the jump takes, from one kernel to the other: the running kernel copies what was loaded to its
 * place, on x86 a small program between the two (the purgatory) verifies every byte by SHA-256 in plain C,
 * the next kernel unpacks itself and then its initrd. Firmware and devices are not in it, nor is the end of
 * the services.
 */

#include "checks/checks.h"
#include "unpack/unpack.h"

#include <kexec-any/text.h>

#include <errno.h>

/*
 * MB/s, of what is hashed and of what comes out. Measured in user space on an AMD EPYC: SHA-256 by
 * busybox 1.35, which has it in plain C; Debian's kernels and an initrd by the formats' own programs.
 * For lz4 and zstd half of that or less, as the kernel's code is plainer than theirs.
 */
#define HASH_RATE 300
/* Reported: 4 to 50 ms for 100 MiB. The slow end. */
#define COPY_RATE 2000

static const unsigned int rates[_KA_PACKING_MAX] = {
	[KA_PACKING_GZIP] = 230, [KA_PACKING_BZIP2] = 45, [KA_PACKING_LZMA] = 70,
	[KA_PACKING_XZ] = 150,	 [KA_PACKING_LZO] = 700,  [KA_PACKING_LZ4] = 1000,
	[KA_PACKING_ZSTD] = 800,
};

static double milliseconds(uint64_t bytes, unsigned int rate)
{
	return rate > 0 ? (double)bytes / 1000 / rate : 0;
}

/* Of several ways of packing the slowest. */
static unsigned int initrd_rate(const struct ka_initrd_summary *s)
{
	unsigned int slowest = 0;

	for (enum ka_packing p = KA_PACKING_GZIP; p < _KA_PACKING_MAX; p++)
		if (s->packings & 1u << p && (slowest == 0 || rates[p] < slowest))
			slowest = rates[p];
	return slowest;
}

void ka_check_estimate(struct ka_check_context *c)
{
	const struct ka_image *image = &c->plan->image;
	uint64_t copied = c->plan->kernel.size + ka_plan_initrd_size(c->plan);
	uint64_t hashed = image->kind == KA_IMAGE_BZIMAGE
				  ? image->init_size + ka_plan_initrd_size(c->plan)
				  : 0;
	double copy = milliseconds(copied, COPY_RATE), hash = milliseconds(hashed, HASH_RATE);
	double kernel = milliseconds(image->unpacked_size, rates[image->packing]);
	double initrd = milliseconds(c->initrds.unpacked, initrd_rate(&c->initrds));

	/* What was not looked into cannot be estimated, and what is refused makes no jump. */
	if (image->kind == KA_IMAGE_UNKNOWN || c->fast || c->initrds.is_partial ||
	    (image->kind == KA_IMAGE_BZIMAGE && image->unpacked_size == 0) ||
	    ka_findings_first(c->findings, KA_ERROR))
		return;
	ka_report(
		c->findings, KA_INFO, KA_ID_JUMP_ESTIMATE, NULL, NULL,
		"the jump should take about %.1f s: %.2f s to copy %.0f MB, %.2f s to verify %.0f "
		"MB, %.2f s to unpack the kernel (%.0f MB), %.2f s for the initrd (%.0f MB)",
		(copy + hash + kernel + initrd) / 1000, copy / 1000, (double)copied / 1e6,
		hash / 1000, (double)hashed / 1e6, kernel / 1000,
		(double)image->unpacked_size / 1e6, initrd / 1000,
		(double)c->initrds.unpacked / 1e6);
}
