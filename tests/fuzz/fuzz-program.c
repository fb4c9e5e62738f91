// SPDX-License-Identifier: GPL-2.0-or-later
/* EFI programs: .sbat, .sdmagic, GRUB's mods; and the memdisk that is packed into it. */

#include "fuzz.h"
#include "image/memdisk.h"
#include "image/mods.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };
	struct ka_program program = { .kind = KA_PROGRAM_UNKNOWN };
	struct ka_memdisk *disk = NULL;
	int r;

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	r = ka_program_parse(&reader, &program);
	if (r == 0 && program.memdisk_size > 0) {
		if (program.memdisk_at > size || program.memdisk_size > size - program.memdisk_at)
			abort();
		reader.base = program.memdisk_at;
		reader.size = program.memdisk_size;
		if (ka_memdisk_parse(&reader, &disk) == 0)
			ka_memdisk_free(disk);
	}
	ka_program_done(&program);
	close(reader.fd);
	return 0;
}
