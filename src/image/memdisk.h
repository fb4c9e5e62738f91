/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/memdisk.h>

#include "base/reader.h"

/* What the readers of the formats of a memdisk share. */

/* GRUB reads scripts and lists of modules from it; Debian's and Ubuntu's have a font of 2.4 MiB too. */
#define KA_MEMDISK_LIMIT	 (32u << 20)
#define KA_MEMDISK_FILES_LIMIT	 4096
#define KA_MEMDISK_DEPTH_LIMIT	 16
#define KA_MEMDISK_CONTENT_LIMIT (1u << 20) /* of one file that is kept */
#define KA_MEMDISK_KEPT_LIMIT	 (8u << 20) /* of all of them */

struct ka_memdisk_file {
	char *name; /* "/boot/grub/grub.cfg" */
	bool is_folder;
	uint8_t *data; /* NULL: more than is kept, or a link */
	size_t len;
};

struct ka_memdisk {
	struct ka_memdisk_file *files;
	size_t n_files;
	bool ignores_case;
	size_t kept;
};

/*
 * Add what was found. data NULL: its bytes are not kept. False: there are too many, and the memdisk is not
 * read.
 */
bool ka_memdisk_add(struct ka_memdisk *disk, const char *name, bool is_folder, const uint8_t *data,
		    size_t len) _must_check_;
/* Are the bytes of a file of this length to be kept? */
bool ka_memdisk_keeps(const struct ka_memdisk *disk, uint64_t len);

/* The formats. 0; 1: it is another one; negative as of ka_memdisk_open(). */
int ka_memdisk_read_tar(const uint8_t *data, size_t n, struct ka_memdisk *ret) _must_check_;
int ka_memdisk_read_fat(const uint8_t *data, size_t n, struct ka_memdisk *ret) _must_check_;
int ka_memdisk_read_squashfs(const struct ka_reader *reader, struct ka_memdisk *ret) _must_check_;

/* All of them, of the bytes that the reader has. */
int ka_memdisk_parse(const struct ka_reader *reader, struct ka_memdisk **ret) _must_check_;
