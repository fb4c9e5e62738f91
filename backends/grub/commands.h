/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/command.h"

/* What this GRUB knows by that name; NULL: nothing. */
const struct grub_command *grub_find_command(const struct grub *g, const char *name);
