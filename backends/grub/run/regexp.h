/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* What a match may cost, in bytes of GRUB_BYTES_LIMIT; 0: too much to try. */
uint64_t grub_regexp_cost(const char *pattern, const char *text);
