/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

/* Writing EFI variables of the Boot Loader Interface, through efivarfs. */

/* "/sys/firmware/efi/efivars/NAME-GUID". */
char *ka_efivar_path(const char *name, const char *guid) _must_check_;

/* All bytes of the file, attributes included. -ENOENT: not set. */
int ka_efivar_read(const char *path, char **ret, size_t *ret_size, struct ka_error *err)
	_must_check_;

/* The bytes of a string variable: non-volatile, visible at run time; UTF-16LE with its NUL. */
char *ka_efivar_encode(const char *text, size_t *ret_size) _must_check_;

/* Write all bytes, whether the variable is there or not; NULL data deletes it. */
int ka_efivar_write(const char *path, const char *data, size_t size, struct ka_error *err)
	_must_check_;
