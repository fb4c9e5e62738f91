/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/findings.h>

#include "base/reader.h"

/* What all kinds of damage share: the undamaged file, and the copy in which it is done. */

#define MEMORY (4ull << 30) /* of the machine, bytes */

extern uint8_t *original;
extern size_t size;
extern bool fast; /* look at the headers alone */

/* Write into the copy. */
void put(size_t offset, const void *bytes, size_t n);
/* Inspect the first n bytes of the copy. must: there must be a finding of this severity or above. */
void count(size_t n, enum ka_severity at_least, bool must, const char *what, size_t at);
/* Overwrite n bytes, inspect, put them back. */
void try_bytes(size_t at, const uint8_t *bytes, size_t n, bool must, const char *what);
/* Print what was counted since the last time. */
void end_kind(const char *kind);

/* Of the undamaged bzImage: a word of its header, and what comes before the code that unpacks. */
static inline uint32_t word(size_t offset)
{
	return ka_le32(original + offset);
}
static inline uint32_t setup_size(void)
{
	return ((original[0x1f1] ? original[0x1f1] : 4u) + 1) * 512;
}

void damage_fields(void);
void damage_swaps(void);
