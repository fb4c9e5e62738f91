// SPDX-License-Identifier: GPL-2.0-or-later
/* The memdisk of a GRUB program: tar, FAT, squashfs. */

#include "fuzz.h"
#include "image/memdisk.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_reader reader = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = size };
	struct ka_memdisk *disk = NULL;
	char *text = NULL;

	if (reader.fd < 0 || write(reader.fd, data, size) != (ssize_t)size)
		abort();
	if (ka_memdisk_parse(&reader, &disk) == 0) {
		for (size_t i = 0; i < disk->n_files; i++)
			if (ka_memdisk_look(disk, disk->files[i].name) == KA_MEMDISK_NOTHING &&
			    disk->files[i].is_folder)
				abort();
		if (ka_memdisk_read(disk, "/boot/grub/grub.cfg", &text, NULL) == 0)
			free(text);
		ka_memdisk_free(disk);
	}
	close(reader.fd);
	return 0;
}
