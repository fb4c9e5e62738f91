/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/findings.h>

#include "image/image.h"

struct ka_unwrapped {
	int fd; /* a sealed file in memory; the caller closes it */
	uint64_t size;
};

/*
 * No kernel loads a compressed Image or an EFI zboot image by itself: the boot loader, or the image's own
 * stub, unpacks it. Do the same into memory, verifying what checksums there are.
 * 1: it was such a file, and ret is filled; 0: it is none; also 0 when it is one and does not unpack,
 * which is a finding, and ret->fd is -1 (else it is untouched).
 * kind: what it was, ZBOOT or COMPRESSED; set whenever it is one.
 */
int ka_image_unwrap(const struct ka_reader *reader, const char *path, enum ka_image_kind *ret_kind,
		    struct ka_unwrapped *ret, struct ka_findings *findings) _must_check_;
