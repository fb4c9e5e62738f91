/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* Bytes of the valid UTF-8 character text starts with (RFC 3629); 0: it does not. */
size_t ka_utf8_length(const char *text);
