/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * A number as grub_strtoull() reads it with base 0: blanks, 0x…, 0 and an octal digit, else decimal.
 * *ret_end is behind it; equal to text when it is none. Too large: UINT64_MAX.
 */
uint64_t grub_number(const char *text, const char **ret_end);
