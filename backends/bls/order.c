// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of the menu (boot_entry_compare()), and the version orders behind it: UAPI.10, "Version Format
 * Specification", and what came before.
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

static int compare_digits(const char **a, const char **b, bool digits_win)
{
	size_t n, m;
	int c;

	n = strspn(*a, "0123456789");
	m = strspn(*b, "0123456789");
	/* Digits are newer than letters; once zeros were nothing. */
	if (digits_win && (n == 0) != (m == 0))
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

static int compare_improved(const char *a, const char *b, bool digits_win)
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
			c = compare_digits(&a, &b, digits_win);
		else
			c = compare_letters(&a, &b);
		if (c != 0)
			return c;
	}
}

int bls_compare_versions(const char *a, const char *b)
{
	return compare_improved(a, b, true);
}

/* Digits and the end first, then lower-case letters, then all else. */
static int weight(char c)
{
	if (!c || ka_is_digit(c))
		return 0;
	return c >= 'a' && c <= 'z' ? c : (unsigned char)c + 0x10000;
}

/* str_verscmp(): numbers by their value, what is between them by weight. */
static int compare_old(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x || *y) {
		size_t n, m;
		int c;

		while ((*x && !ka_is_digit(*x)) || (*y && !ka_is_digit(*y))) {
			c = weight(*x) - weight(*y);
			if (c != 0)
				return c;
			x++;
			y++;
		}
		n = strspn(x, "0123456789");
		m = strspn(y, "0123456789");
		c = ka_compare_digits(x, n, y, m);
		if (c != 0)
			return c;
		x += n;
		y += m;
	}
	return strcmp(a, b);
}

int bls_compare_by(const struct bls_dialect *dialect, const char *a, const char *b)
{
	if (!bls_has(dialect, BLS_IMPROVED_ORDER))
		return compare_old(a ? a : "", b ? b : "");
	return compare_improved(a, b, bls_has(dialect, BLS_DIGITS_BEAT_LETTERS));
}

/* --- the menu */

/* As strcmp16() of systemd-boot has it: nothing comes before something. */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return sign(a != NULL, b != NULL);
	return strcmp(a, b);
}

static int compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_by_key(const struct bls_dialect *dialect, const struct bls_item *a,
			  const struct bls_item *b)
{
	int c = compare_text(a->sort_key, b->sort_key);

	if (c == 0)
		c = compare_text(a->machine_id, b->machine_id);
	if (c == 0)
		c = -bls_compare_by(dialect, a->version, b->version);
	if (c == 0 && bls_has(dialect, BLS_SORTS_PROFILES))
		c = compare_numbers(a->profile, b->profile);
	return c;
}

/* More attempts left first, then fewer done. */
static int compare_tries(const struct bls_item *a, const struct bls_item *b)
{
	if (a->tries_left < 0 || b->tries_left < 0)
		return 0;
	if (a->tries_left != b->tries_left)
		return sign(b->tries_left, a->tries_left);
	return sign(a->tries_done, b->tries_done);
}

/* The first one boots. */
static int compare_descending(const struct bls_dialect *dialect, const struct bls_item *a,
			      const struct bls_item *b)
{
	int c = sign(a->tries_left == 0, b->tries_left == 0);

	if (c == 0)
		c = sign(!a->sort_key, !b->sort_key);
	if (c == 0 && a->sort_key)
		c = compare_by_key(dialect, a, b);
	if (c == 0)
		c = -bls_compare_by(dialect, a->id_without_profile ? a->id_without_profile : a->id,
				    b->id_without_profile ? b->id_without_profile : b->id);
	if (c == 0 && a->id_without_profile && b->id_without_profile)
		c = compare_numbers(a->profile, b->profile);
	return c != 0 ? c : compare_tries(a, b);
}

/* The last one boots; the first releases had those without attempts there. */
static int compare_ascending(const struct bls_dialect *dialect, const struct bls_item *a,
			     const struct bls_item *b)
{
	int c = sign(a->tries_left == 0, b->tries_left == 0);

	if (bls_has(dialect, BLS_NO_TRIES_LAST))
		c = -c;
	if (c == 0)
		c = bls_compare_by(dialect, a->id, b->id);
	return c != 0 ? c : -compare_tries(a, b);
}

static int compare_items(const void *x, const void *y, void *dialect)
{
	const struct bls_item *a = *(struct bls_item *const *)x, *b = *(struct bls_item *const *)y;
	int c = sign(a->hidden != NULL, b->hidden != NULL);

	if (c == 0)
		c = bls_has(dialect, BLS_DESCENDING) ? compare_descending(dialect, a, b)
						     : compare_ascending(dialect, a, b);
	return c != 0 ? c : compare_numbers(a->found, b->found);
}

void bls_sort(struct bls_menu *menu, size_t n)
{
	if (n > 1)
		qsort_r(menu->items, n, sizeof(struct bls_item *), compare_items, &menu->dialect);
}
