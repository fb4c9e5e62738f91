/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

typedef int (*grub_command_fn)(struct grub *g, char **argv, size_t argc);
struct grub_command {
	const char *name;
	grub_command_fn run; /* argv[0] is the name; argc counts it */
	bool in_extractor;
};
