// SPDX-License-Identifier: GPL-2.0-or-later
/* The error text that travels with a negative errno. */

#include <kexec-any/error.h>
#include <kexec-any/text.h>

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

/* "FRONT: BACK"; back may be the error's own text. */
static void set_joined(struct ka_error *err, const char *back, const char *fmt, va_list ap)
{
	_cleanup_free_ char *front = ka_vformat(fmt, ap);
	char *text = ka_format("%s: %s", front, back);

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
	err->text = ka_vformat(fmt, ap);
	va_end(ap);
}

void ka_error_set_sys(struct ka_error *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	set_joined(err, strerror(-r), fmt, ap);
	va_end(ap);
}

void ka_error_prefix(struct ka_error *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	set_joined(err, ka_error_text(err, r), fmt, ap);
	va_end(ap);
}

const char *ka_unread_remedy(int r)
{
	return r == -EACCES || r == -EPERM ? "run kexec-any as root" : NULL;
}
