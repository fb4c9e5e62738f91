/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Where GRUB's configuration is on this machine, and whose GRUB reads it. */
struct grub_config {
	char *stub;  /* what the core on the ESP reads first; NULL: there is none */
	char *main;  /* below /boot; NULL: not to be seen from here */
	char *other; /* a second one below /boot, and nothing tells which is used */
};

void grub_config_done(struct grub_config *config);
/* False: there is no GRUB. *ret is to be released in any case. */
bool grub_config_find(struct ka_host *host, struct grub_config *ret) _must_check_;
/* "no /boot/grub/grub.cfg, no …": what was looked for. */
char *grub_config_missing(void) _must_check_;
/* By the distribution, which ships its own GRUB. path: the configuration. */
const struct grub_dialect *grub_config_dialect(struct ka_host *host, const char *path);
