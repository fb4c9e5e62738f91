// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patterns of ids: systemd-boot's own (efi_fnmatch()), and before it had them the firmware's
 * (EFI_UNICODE_COLLATION_PROTOCOL.MetaiMatch(), which knows no escape).
 */

#include "bls.h"

/* A set behind its '[': does c belong to it? The end behind ']', NULL when there is none. */
static const char *match_set(const char *p, char c, bool escapes, bool *ret)
{
	bool can_range = true, found = false;

	for (const char *first = p;; p++) {
		bool escaped = escapes && *p == '\\';

		if (escaped)
			p++;
		if (!*p)
			return NULL;
		if (!escaped && *p == ']' && p != first)
			break;
		if (!escaped && *p == '-' && can_range && p != first && p[1] != ']') {
			char low = p[-1];

			p += escapes && p[1] == '\\' ? 2 : 1;
			if (!*p)
				return NULL;
			found |= low <= c && c <= *p;
			can_range = false; /* ranges cannot be chained */
			continue;
		}
		found |= *p == c;
		can_range = true;
	}
	*ret = found;
	return p + 1;
}

bool bls_match(const char *pattern, const char *text, bool escapes)
{
	const char *star = NULL,
		   *behind = NULL; /* the last '*', and what it has swallowed so far */

	for (;;) {
		bool matches = false;
		const char *next = pattern;

		if (*pattern == '*') {
			star = ++pattern;
			behind = text;
			continue;
		}
		if (!*pattern && !*text)
			return true;
		if (*pattern && *text) {
			if (*pattern == '?')
				matches = true, next = pattern + 1;
			else if (*pattern == '[')
				next = match_set(pattern + 1, *text, escapes, &matches);
			else if (*pattern == '\\' && escapes)
				matches = pattern[1] == *text, next = pattern + 2;
			else
				matches = *pattern == *text, next = pattern + 1;
			if (!next)
				return false;
		}
		if (matches) {
			pattern = next;
			text++;
			continue;
		}
		/* Let the last '*' take one more. */
		if (!star || !*behind)
			return false;
		pattern = star;
		text = ++behind;
	}
}
