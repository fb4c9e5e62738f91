/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/program.h>

/*
 * The disk that grub-mkimage packs into a program (OBJ_TYPE_MEMDISK), GRUB's device "memdisk": a tar
 * archive of grub-mkstandalone, or a FAT or squashfs image of Debian's and Ubuntu's signed programs.
 */
struct ka_memdisk;

/*
 * Read the memdisk of the program at path, which program was identified from. 0; -EOPNOTSUPP: it is of another
 * format; -EBADMSG: it is damaged; -EFBIG: it has more than is read; else it cannot be read.
 */
int ka_memdisk_open(struct ka_host *host, const char *path, const struct ka_program *program,
		    struct ka_memdisk **ret) _must_check_;
struct ka_memdisk *ka_memdisk_free(struct ka_memdisk *disk); /* takes NULL, returns NULL */

enum ka_memdisk_type {
	KA_MEMDISK_NOTHING,
	KA_MEMDISK_FILE,
	KA_MEMDISK_FOLDER,
};

/* What is at an absolute path. Links in it are not followed: they are files. */
enum ka_memdisk_type ka_memdisk_look(const struct ka_memdisk *disk, const char *path);
/* The bytes of a file, NUL-terminated. -ENOENT: there is none; -EFBIG: it is too large to be a script. */
int ka_memdisk_read(const struct ka_memdisk *disk, const char *path, char **ret, size_t *ret_len)
	_must_check_;
