// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of the menu (boot_entry_compare()), the version order behind it (UAPI.10, "Version Format
 * Specification"), and systemd-boot's patterns.
 */

#include "bls.h"

#include <kexec-any/text.h>

/* --- versions */

static int sign(int a, int b)
{
	return (a > b) - (a < b);
}

static bool is_version_char(char c)
{
	return ka_is_alnum(c) || (c && strchr("~^.-", c));
}

/* One side has the separator and the other does not: the one that has it is older. */
static bool differ_by(char separator, const char **a, const char **b, int *ret)
{
	bool x = **a == separator, y = **b == separator;

	*ret = sign(!x, !y);
	*a += x && y;
	*b += x && y;
	return x != y;
}

static int compare_digits(const char **a, const char **b)
{
	size_t n, m;
	int c;

	n = strspn(*a, "0123456789");
	m = strspn(*b, "0123456789");
	if ((n == 0) != (m == 0)) /* digits are newer than letters */
		return sign(n > 0, m > 0);
	c = ka_compare_digits(*a, n, *b, m);
	*a += n;
	*b += m;
	return c;
}

static size_t count_letters(const char *s)
{
	size_t n = 0;

	while (ka_is_alpha(s[n]))
		n++;
	return n;
}

static int compare_letters(const char **a, const char **b)
{
	size_t n = count_letters(*a), m = count_letters(*b);
	int c = strncmp(*a, *b, n < m ? n : m);

	if (c == 0 && n != m)
		c = n < m ? -1 : 1;
	*a += n;
	*b += m;
	return c;
}

int bls_compare_versions(const char *a, const char *b)
{
	int c;

	a = a ? a : "";
	b = b ? b : "";
	for (;;) {
		while (*a && !is_version_char(*a))
			a++;
		while (*b && !is_version_char(*b))
			b++;
		/* "~" is older than the end, the end older than everything else. */
		if (differ_by('~', &a, &b, &c))
			return c;
		if (!*a || !*b)
			return sign(*a != '\0', *b != '\0');
		if (differ_by('-', &a, &b, &c) || differ_by('^', &a, &b, &c) ||
		    differ_by('.', &a, &b, &c))
			return c;
		if (ka_is_digit(*a) || ka_is_digit(*b))
			c = compare_digits(&a, &b);
		else
			c = compare_letters(&a, &b);
		if (c != 0)
			return c;
	}
}

/* --- the menu */

/* As strcmp16() of systemd-boot has it: nothing comes before something. */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return sign(a != NULL, b != NULL);
	return strcmp(a, b);
}

static int compare_by_key(const struct bls_item *a, const struct bls_item *b)
{
	int c = compare_text(a->sort_key, b->sort_key);

	if (c == 0)
		c = compare_text(a->machine_id, b->machine_id);
	if (c == 0)
		c = -bls_compare_versions(a->version, b->version);
	return c != 0 ? c : (a->profile > b->profile) - (a->profile < b->profile);
}

static int compare_tries(const struct bls_item *a, const struct bls_item *b)
{
	if (a->tries_left < 0 || b->tries_left < 0)
		return 0;
	if (a->tries_left != b->tries_left)
		return sign(b->tries_left, a->tries_left);
	return sign(a->tries_done, b->tries_done);
}

static int compare_items(const void *x, const void *y)
{
	const struct bls_item *a = *(struct bls_item *const *)x, *b = *(struct bls_item *const *)y;
	int c = sign(a->hidden != NULL, b->hidden != NULL);

	if (c == 0)
		c = sign(a->tries_left == 0, b->tries_left == 0);
	if (c == 0)
		c = sign(!a->sort_key, !b->sort_key);
	if (c == 0 && a->sort_key)
		c = compare_by_key(a, b);
	if (c == 0)
		c = -bls_compare_versions(a->id_without_profile ? a->id_without_profile : a->id,
					  b->id_without_profile ? b->id_without_profile : b->id);
	if (c == 0 && a->id_without_profile && b->id_without_profile)
		c = (a->profile > b->profile) - (a->profile < b->profile);
	if (c == 0)
		c = compare_tries(a, b);
	return c != 0 ? c : (a->found > b->found) - (a->found < b->found);
}

void bls_sort(struct bls_menu *menu, size_t n)
{
	qsort(menu->items, n, sizeof(struct bls_item *), compare_items);
}

/* --- patterns */

/* A set behind its '[': does c belong to it? The end behind ']', NULL when there is none. */
static const char *match_set(const char *p, char c, bool *ret)
{
	bool can_range = true, found = false;

	for (const char *first = p;; p++) {
		bool escaped = *p == '\\';

		if (escaped)
			p++;
		if (!*p)
			return NULL;
		if (!escaped && *p == ']' && p != first)
			break;
		if (!escaped && *p == '-' && can_range && p != first && p[1] != ']') {
			char low = p[-1];

			p += p[1] == '\\' ? 2 : 1;
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

bool bls_match(const char *pattern, const char *text)
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
				next = match_set(pattern + 1, *text, &matches);
			else if (*pattern == '\\')
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
