/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "checks/checks.h"

/*
 * The configuration of a kernel ("# CONFIG_X is not set", "CONFIG_Y=y", …): the running kernel's own word,
 * or the file its package installs. The next one's only after its image was inspected. 1, 0: it is not
 * here, -ENOMEM. The text is the context's, which reads each once.
 */
int ka_config_read(struct ka_check_context *c, enum ka_which_kernel which, const char **ret)
	_must_check_;

/* Is that one of its lines, as a whole? */
bool ka_config_has(const char *config, const char *line);
