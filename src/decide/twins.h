/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "decide/selection.h"

/*
 * Is the program that boots on another partition too, with a menu that has another default: another kernel, other
 * initrds or another command line? NULL: no. Else one sentence that names both, owned by the caller.
 */
char *ka_twins_differ(struct ka_host *host, const struct ka_selection *selection);
