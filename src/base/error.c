// SPDX-License-Identifier: GPL-2.0-or-later
/* The error text that travels with a negative errno. */

#include <kexec-any/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ka_error_done(struct ka_error *err)
{
	free(err->text);
	err->text = NULL;
}

const char *ka_error_text(const struct ka_error *err, int r)
{
	if (err && err->text)
		return err->text;
	return strerror(r < 0 ? -r : r);
}

/* The text is a service to people: when memory is too short for it, errno still tells the rest. */
static char *format_text(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return NULL;
	return text;
}

static void set_joined(struct ka_error *err, const char *front, const char *back)
{
	char *text = NULL;

	if (!front || asprintf(&text, "%s: %s", front, back) < 0)
		return;
	free(err->text);
	err->text = text;
}

void ka_error_set(struct ka_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;

	free(err->text);
	va_start(ap, fmt);
	err->text = format_text(fmt, ap);
	va_end(ap);
}

void ka_error_set_sys(struct ka_error *err, int r, const char *fmt, ...)
{
	_cleanup_free_ char *front = NULL;
	va_list ap;

	if (!err)
		return;

	va_start(ap, fmt);
	front = format_text(fmt, ap);
	va_end(ap);
	set_joined(err, front, strerror(-r));
}

void ka_error_prefix(struct ka_error *err, int r, const char *fmt, ...)
{
	_cleanup_free_ char *front = NULL;
	va_list ap;

	if (!err)
		return;

	va_start(ap, fmt);
	front = format_text(fmt, ap);
	va_end(ap);
	set_joined(err, front, ka_error_text(err, r));
}
