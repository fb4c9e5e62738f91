// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's command line from the words of "linux": BOOT_IMAGE= and the path as it was written,
 * then the words with a blank between, rebuilt with quotes where they hold blanks
 * (grub_create_loader_cmdline() in lib/cmdline.c).
 */

#include "cmdline.h"
#include "state/dialect.h"

#include <kexec-any/text.h>

#include <ctype.h>

/* Red Hat leaves the backslash of \xNN alone. */
static bool is_hex_escape(const char *s)
{
	return s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) &&
	       isxdigit((unsigned char)s[3]);
}

static int add_word(struct ka_buf *buf, const struct grub_dialect *dialect, const char *word)
{
	bool quoted = strchr(word, ' ');
	int r = quoted ? ka_buf_adds(buf, "\"") : 0;

	for (; *word && r == 0; word++) {
		if (strchr("\\'\"", *word) && !(dialect->keeps_hex && is_hex_escape(word)))
			r = ka_buf_adds(buf, "\\");
		if (r == 0)
			r = ka_buf_add(buf, word, 1);
	}
	if (r == 0 && quoted)
		r = ka_buf_adds(buf, "\"");
	return r;
}

char *grub_kernel_cmdline(const struct grub_dialect *dialect, char *const *words)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	if (ka_buf_adds(&buf, "BOOT_IMAGE=") < 0 || add_word(&buf, dialect, *words) < 0)
		return NULL;
	while (*++words)
		if (ka_buf_adds(&buf, " ") < 0 || add_word(&buf, dialect, *words) < 0)
			return NULL;
	return ka_buf_take(&buf);
}
