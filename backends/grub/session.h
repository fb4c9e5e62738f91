/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* One GRUB: made with all commands it has, and released. */

void grub_init(struct grub *g, struct ka_host *host, const struct grub_dialect *dialect,
	       struct ka_findings *problems);
void grub_done(struct grub *g);
