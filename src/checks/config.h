/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/*
 * The configuration of the kernel of that release ("# CONFIG_X is not set", "CONFIG_Y=y", …): the
 * running kernel's own word, or the file its package installs. 1, 0: it is not here, -ENOMEM.
 */
int ka_kernel_config(struct ka_host *host, const char *release, bool is_running, char **ret)
	_must_check_;

/* Is that one of its lines, as a whole? */
bool ka_kernel_config_has(const char *config, const char *line);
