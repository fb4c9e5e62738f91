/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * The text that travels with a negative errno. The outermost caller owns the struct and prints it
 * once; functions below fill it, functions on the way up put their context in front:
 *
 *     return ka_fail(err, -ENOENT, "no kernel line in '%s'", path);
 *     return ka_fail_in(err, r, "%s", backend->name);
 *
 * A NULL err is allowed everywhere and means that nobody wants the text.
 */
struct ka_error {
	char *text; /* owned; NULL until something failed */
};

#define KA_ERROR_INIT                                                                              \
	{                                                                                          \
		.text = NULL                                                                       \
	}

void ka_error_done(struct ka_error *err);

/* The text, or a general one for r when none was set. Never NULL; valid until err changes. */
const char *ka_error_text(const struct ka_error *err, int r);

/* What to do about something that cannot be read: "run kexec-any as root" where that would help, else
 * NULL. A literal. */
const char *ka_unread_remedy(int r);

/*
 * Each gives its r back, so that it can stand in a return. They are macros only for that: compiler
 * and static analyzer then see that the value is the negative one they were given.
 */

/* Set the text, replacing an older one. */
#define ka_fail(err, r, ...)                                                                       \
	({                                                                                         \
		int _r = (r);                                                                      \
		ka_error_set((err), __VA_ARGS__);                                                  \
		_r;                                                                                \
	})

/* The same with ": " and the system's words for r behind the text. */
#define ka_fail_sys(err, r, ...)                                                                   \
	({                                                                                         \
		int _r = (r);                                                                      \
		ka_error_set_sys((err), _r, __VA_ARGS__);                                          \
		_r;                                                                                \
	})

/* Put a prefix and ": " in front of the text that is already there. */
#define ka_fail_in(err, r, ...)                                                                    \
	({                                                                                         \
		int _r = (r);                                                                      \
		ka_error_prefix((err), _r, __VA_ARGS__);                                           \
		_r;                                                                                \
	})

void ka_error_set(struct ka_error *err, const char *fmt, ...) _printf_(2, 3);
void ka_error_set_sys(struct ka_error *err, int r, const char *fmt, ...) _printf_(3, 4);
void ka_error_prefix(struct ka_error *err, int r, const char *fmt, ...) _printf_(3, 4);
