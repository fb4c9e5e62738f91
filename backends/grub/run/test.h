/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* The command "test", and "[". */
int grub_test(struct grub *g, char **argv, size_t argc);
