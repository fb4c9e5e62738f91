/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

/*
 * SHA-256 of size bytes at offset of a file, as hexadecimal text. The library that computes it is
 * opened when it is needed. -EOPNOTSUPP: it is not installed.
 */
int ka_sha256(int fd, uint64_t offset, uint64_t size, char ret[65], struct ka_error *err)
	_must_check_;
