/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "checks/checks.h"

/*
 * The configuration of a kernel ("# CONFIG_X is not set", "CONFIG_Y=y", …): the running kernel's own word,
 * or the file its package installs. The next one's only after its image was inspected. NULL: it is not
 * here. The text is the context's, which reads each once.
 */
const char *ka_config_read(struct ka_check_context *c, enum ka_which_kernel which);

/* Is that one of its lines, as a whole? */
bool ka_config_has(const char *config, const char *line);
