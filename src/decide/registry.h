/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/backend.h>

/* All backends, NULL-terminated, the one to prefer at equal evidence first. */
extern const struct ka_backend *const ka_backends[];

/* By its name; NULL if there is none. */
const struct ka_backend *ka_backend_by_name(const char *name);
