/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/image.h"

/*
 * What an unpacked kernel says of itself somewhere in its bytes: the text "Linux version …"
 * (init/version.c) and the build-id among its ELF notes. Fills kernel_version, in the form of a
 * bzImage's, and build_id; both stay NULL when they are not found.
 */
int ka_scan_kernel(const struct ka_reader *reader, struct ka_image *ret) _must_check_;
