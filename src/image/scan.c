// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/scan.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define BLOCK	(256u << 10)
#define LIMIT	(256u << 20) /* the text is in the first segments, before what is for debuggers */
#define OVERLAP 1024	     /* longer than what is looked for */

static const char banner[] = "Linux version ";

/*
 * "6.1.0-50-arm64 (debian-kernel@…) (gcc-12 (Debian …) …) #1 SMP …": without the compiler. The text
 * ends with a line break.
 */
static void take_banner(const char *text, size_t n, char **ret)
{
	const char *end = memchr(text, '\n', n), *builder, *number = NULL;

	if (!end || !ka_is_digit(*text))
		return;
	builder = memchr(text, ')', (size_t)(end - text));
	for (const char *p = text; p + 2 < end; p++)
		if (memcmp(p, " #", 2) == 0)
			number = p;
	if (!builder || !number || number <= builder)
		return;
	*ret = ka_format("%.*s%.*s", (int)(builder + 1 - text), text, (int)(end - number), number);
}

static void look_at(const char *block, size_t n, char **ret)
{
	const size_t length = sizeof(banner) - 1;
	const char *p = block;

	while (!*ret && (p = memmem(p, n - (size_t)(p - block), banner, length))) {
		p += length;
		take_banner(p, n - (size_t)(p - block), ret);
	}
}

int ka_scan_version(const struct ka_reader *reader, char **ret)
{
	_cleanup_free_ char *block = ka_malloc(BLOCK);
	int r = 0;

	for (uint64_t at = 0; at < reader->size && at < LIMIT && r == 0 && !*ret;
	     at += BLOCK - OVERLAP) {
		size_t n = reader->size - at < BLOCK ? (size_t)(reader->size - at) : BLOCK;

		r = ka_read_at(reader, at, block, n);
		if (r == 0)
			look_at(block, n, ret);
	}
	return r;
}
