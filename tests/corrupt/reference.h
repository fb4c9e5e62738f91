/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "unpack/unpack.h"

/* A compressed stream inside a file. */
struct stream {
	enum ka_packing packing; /* NONE: there is none */
	size_t from, to;	 /* bytes of the file */
};

/*
 * Does the format's own program make the same of the damaged file's stream as of the original's? A program
 * that is missing, or does not take the original, ends this one. One original and stream in all calls.
 */
bool reference_is_same(const uint8_t *original, const uint8_t *damaged,
		       const struct stream *stream);
