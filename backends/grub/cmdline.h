/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/dialect.h"

/* The kernel's command line from the words of "linux". */
char *grub_kernel_cmdline(const struct grub_dialect *dialect, char *const *words);
