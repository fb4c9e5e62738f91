/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"
#include "world/target.h"

/* Where GRUB's configuration is on this machine, and whose GRUB reads it. */
struct grub_config {
	char *stub;  /* what the core on the ESP reads first; NULL: there is none */
	char *main;  /* below /boot; NULL: not to be seen from here */
	char *other; /* a second one below /boot, and nothing tells which is used */
	const struct grub_dialect *dialect;
	struct grub_target target;
	char *unseen; /* what decides all this and cannot be seen from here, and why; NULL: nothing */
};

void grub_config_done(struct grub_config *config);
/* False: there is no GRUB. *ret is to be released in any case. */
bool grub_config_find(struct ka_host *host, struct grub_config *ret) _must_check_;
/* "no /boot/grub/grub.cfg, no …": what was looked for. */
char *grub_config_missing(void) _must_check_;
