// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel files of any kind: bzImage, PE and its signature, ELF, Image, packed ones. */

#include "fuzz.h"
#include "image/image.h"
#include "image/unwrap.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Of this machine, and of none in particular: each architecture's reader is reached. */
static void inspect(const struct ka_reader *reader, const char *arch, bool is_unpacked)
{
	struct ka_machine machine = { .arch = (char *)arch, .memory_total = 1ull << 32 };
	const struct ka_image_context context = {
		.path = "fuzz",
		.machine = &machine,
		.is_unpacked = is_unpacked,
	};
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_image image = { 0 };

	if (ka_image_inspect(reader, &context, &image, &findings) < 0)
		abort();
	ka_image_done(&image);
	ka_findings_done(&findings);
}

/* Its header is at 64 KiB, more than a fuzzer's input has; what is in front does not matter. */
static void inspect_s390x(int fd, const uint8_t *data, size_t size)
{
	const struct ka_reader reader = { .fd = fd, .size = 0x10000 + size };

	if (pwrite(fd, data, size, 0x10000) != (ssize_t)size)
		abort();
	inspect(&reader, NULL, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_unwrapped unwrapped = { .fd = -1 };
	enum ka_image_kind kind;

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	if (ka_image_unwrap(&reader, "fuzz", &kind, &unwrapped, &findings) < 0)
		abort();
	ka_findings_done(&findings);
	if (unwrapped.fd >= 0) {
		const struct ka_reader inner = { .fd = unwrapped.fd, .size = unwrapped.size };

		inspect(&inner, NULL, true);
		close(unwrapped.fd);
	}
	inspect(&reader, "x86_64", false);
	inspect(&reader, NULL, false);
	if (size >= 16 && memcmp(data + 8, "S390EP", 6) == 0)
		inspect_s390x(reader.fd, data, size);
	close(reader.fd);
	return 0;
}
