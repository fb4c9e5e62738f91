// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's command line from the words of "linux": BOOT_IMAGE= and the path as it was written,
 * then the words with a blank between, rebuilt with quotes where they hold blanks
 * (grub_create_loader_cmdline() in lib/cmdline.c).
 */

#include "cmdline.h"
#include "state/dialect.h"

#include <kexec-any/text.h>

/* Red Hat leaves the backslash of \xNN alone. */
static bool is_hex_escape(const char *s)
{
	return s[0] == '\\' && s[1] == 'x' && ka_is_xdigit(s[2]) && ka_is_xdigit(s[3]);
}

static void add_word(struct ka_buf *buf, const struct grub_dialect *dialect, const char *word)
{
	bool quoted = strchr(word, ' ');

	if (quoted)
		ka_buf_adds(buf, "\"");
	for (; *word; word++) {
		if (strchr("\\'\"", *word) && !(dialect->keeps_hex && is_hex_escape(word)))
			ka_buf_adds(buf, "\\");
		ka_buf_add(buf, word, 1);
	}
	if (quoted)
		ka_buf_adds(buf, "\"");
}

char *grub_kernel_cmdline(const struct grub_dialect *dialect, char *const *words)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	ka_buf_adds(&buf, "BOOT_IMAGE=");
	add_word(&buf, dialect, *words);
	while (*++words) {
		ka_buf_adds(&buf, " ");
		add_word(&buf, dialect, *words);
	}
	return ka_buf_take(&buf);
}
