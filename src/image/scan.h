/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/reader.h"

/*
 * What an unpacked kernel calls itself somewhere in its bytes: the text "Linux version …"
 * (init/version.c), in the form that a bzImage has it. *ret stays NULL when it is not found.
 */
int ka_scan_version(const struct ka_reader *reader, char **ret) _must_check_;
