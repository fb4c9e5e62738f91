// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/scan.h"

#include "image/payload.h"

#include <kexec-any/text.h>

#include <ctype.h>
#include <errno.h>

#define BLOCK	(256u << 10)
#define OVERLAP 1024 /* longer than what is looked for */

static const char banner[] = "Linux version ";
/* The head of a note: name of 4 bytes, a build-id of 20, type 3. */
static const char note[] = "\4\0\0\0\x14\0\0\0\3\0\0\0GNU";

/*
 * "6.1.0-50-arm64 (debian-kernel@…) (gcc-12 (Debian …) …) #1 SMP …": without the compiler. The text
 * ends with a line break.
 */
static int take_banner(const char *text, size_t n, char **ret)
{
	const char *end = memchr(text, '\n', n), *builder, *number = NULL;

	if (!end || !isdigit((unsigned char)*text))
		return 0;
	builder = memchr(text, ')', (size_t)(end - text));
	for (const char *p = text; p + 2 < end; p++)
		if (memcmp(p, " #", 2) == 0)
			number = p;
	if (!builder || !number || number <= builder)
		return 0;
	*ret = ka_format("%.*s%.*s", (int)(builder + 1 - text), text, (int)(end - number), number);
	return *ret ? 0 : -ENOMEM;
}

static int look_at(const char *block, size_t n, struct ka_image *ret)
{
	const size_t length = sizeof(banner) - 1;
	const char *p = block;
	int r = 0;

	while (r == 0 && !ret->kernel_version &&
	       (p = memmem(p, n - (size_t)(p - block), banner, length))) {
		p += length;
		r = take_banner(p, n - (size_t)(p - block), &ret->kernel_version);
	}
	p = ret->build_id ? NULL : memmem(block, n, note, sizeof(note));
	if (r == 0 && p)
		r = ka_notes_build_id((const uint8_t *)p, n - (size_t)(p - block), &ret->build_id);
	return r;
}

int ka_scan_kernel(const struct ka_reader *reader, struct ka_image *ret)
{
	_cleanup_free_ char *block = malloc(BLOCK);
	int r = 0;

	if (!block)
		return -ENOMEM;
	for (uint64_t at = 0;
	     at < reader->size && r == 0 && !(ret->kernel_version && ret->build_id);
	     at += BLOCK - OVERLAP) {
		size_t n = reader->size - at < BLOCK ? (size_t)(reader->size - at) : BLOCK;

		r = ka_read_at(reader, at, block, n);
		if (r == 0)
			r = look_at(block, n, ret);
	}
	return r;
}
