/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The few language helpers every file uses. Cleanup attributes replace goto ladders: a local
 * declared with _cleanup_free_ or _cleanup_close_ is released on every way out of its scope.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _must_check_   __attribute__((warn_unused_result))
#define _unused_       __attribute__((unused))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _cleanup_(f)   __attribute__((cleanup(f)))

static inline void ka_freep(void *p)
{
	free(*(void **)p);
}

static inline void ka_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_	_cleanup_(ka_freep)
#define _cleanup_close_ _cleanup_(ka_closep)

/* Hand a pointer (or descriptor) over and leave nothing behind. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *_pp = &(p);                                                         \
		__typeof__(p) _v = *_pp;                                                           \
		*_pp = NULL;                                                                       \
		_v;                                                                                \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *_fp = &(fd);                                                                  \
		int _v = *_fp;                                                                     \
		*_fp = -1;                                                                         \
		_v;                                                                                \
	})

/* errno as a negative number, never 0. */
static inline int ka_errno(void)
{
	int e = errno;

	return e > 0 ? -e : -EIO;
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What may be yes, no, or not knowable from here. */
enum ka_tristate {
	KA_UNKNOWN = -1,
	KA_NO = 0,
	KA_YES = 1,
};

static inline bool ka_streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The rest of s behind prefix, or NULL when s does not start with it. */
static inline const char *ka_startswith(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static inline bool ka_endswith(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && ka_streq(s + n - m, suffix);
}
