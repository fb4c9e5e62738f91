// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of Boot Loader Specification entries in GRUB's menu: upstream compares file names as
 * gnulib's filevercmp does (ls -v), Red Hat compares name, version and release as rpm does.
 */

#include "menu/bls.h"

#include <kexec-any/text.h>

/* --- upstream */

/* Where a character stands when it is not part of a number: '~' before the end of the text, the end
 * before digits, then letters, then everything else. */
static int rank(const char *s, size_t pos, size_t len)
{
	unsigned char c;

	if (pos == len)
		return -1;
	c = (unsigned char)s[pos];
	if (ka_is_digit(c))
		return 0;
	if (ka_is_alpha(c))
		return c;
	return c == '~' ? -2 : c + 256;
}

static bool is_digit_at(const char *s, size_t pos, size_t len)
{
	return pos < len && ka_is_digit(s[pos]);
}

/* Text up to the next number by rank, then the number by value, and so on. */
static int compare_parts(const char *a, size_t n, const char *b, size_t m)
{
	size_t i = 0, k = 0;

	while (i < n || k < m) {
		int difference = 0;

		while ((i < n && !is_digit_at(a, i, n)) || (k < m && !is_digit_at(b, k, m))) {
			int x = rank(a, i, n), y = rank(b, k, m);

			if (x != y)
				return x - y;
			i++;
			k++;
		}
		while (i < n && a[i] == '0')
			i++;
		while (k < m && b[k] == '0')
			k++;
		for (; is_digit_at(a, i, n) && is_digit_at(b, k, m); i++, k++)
			if (difference == 0)
				difference = a[i] - b[k];
		if (is_digit_at(a, i, n))
			return 1;
		if (is_digit_at(b, k, m))
			return -1;
		if (difference != 0)
			return difference;
	}
	return 0;
}

/* The length without suffixes: dots with a letter or '~' behind them, and letters, digits, '~'. */
static size_t without_suffixes(const char *s)
{
	size_t i = 0, prefix = 0;

	while (s[i]) {
		prefix = ++i;
		while (s[i] == '.' && (ka_is_alpha(s[i + 1]) || s[i + 1] == '~'))
			for (i += 2; ka_is_alnum(s[i]) || s[i] == '~';)
				i++;
	}
	return prefix;
}

int grub_compare_files(const char *a, const char *b)
{
	size_t n, m;
	int c;

	if (!*a || !*b)
		return *a ? 1 : *b ? -1 : 0;
	if ((*a == '.') != (*b == '.'))
		return *a == '.' ? -1 : 1;
	n = without_suffixes(a);
	m = without_suffixes(b);
	c = compare_parts(a, n, b, m);
	return c != 0 ? c : compare_parts(a, strlen(a), b, strlen(b));
}

/* --- Red Hat */

static bool is_separator(const char *p, const char *end)
{
	unsigned char c = (unsigned char)*p;

	return p < end && !(c < 0x80 && ka_is_alnum(c)) && c != '~' && c != '+';
}

/* '~' is less than anything, even the end; '+' is more than the end and less than all else. */
static int compare_marks(const char **a, const char *a_end, const char **b, const char *b_end,
			 bool *ret_again)
{
	static const char marks[] = "~+";

	*ret_again = false;
	for (const char *mark = marks; *mark; mark++) {
		bool x = *a < a_end && **a == *mark, y = *b < b_end && **b == *mark;

		if (x && y) {
			(*a)++;
			(*b)++;
			*ret_again = true;
			return 0;
		}
		if (x || y) {
			bool other_ended = x ? *b >= b_end : *a >= a_end;
			int greater = x ? 1 : -1;

			return *mark == '+' && other_ended ? greater : -greater;
		}
	}
	return 0;
}

static size_t segment_length(const char *p, const char *end, bool digits)
{
	size_t n = 0;

	while (p + n < end && (unsigned char)p[n] < 0x80 &&
	       (digits ? ka_is_digit(p[n]) : ka_is_alpha(p[n])))
		n++;
	return n;
}

static int compare_segments(const char *a, size_t n, const char *b, size_t m, bool digits)
{
	int c;

	if (digits)
		return ka_compare_digits(a, n, b, m);
	c = memcmp(a, b, n < m ? n : m);
	return c != 0 ? c : n > m ? 1 : n < m ? -1 : 0;
}

/* rpm's comparison of one part. */
static int compare_rpm(const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		size_t n, m;
		bool digits, again;
		int c;

		while (is_separator(a, a_end))
			a++;
		while (is_separator(b, b_end))
			b++;
		c = compare_marks(&a, a_end, &b, b_end, &again);
		if (c != 0)
			return c;
		if (again)
			continue;
		if (a >= a_end || b >= b_end)
			break;

		digits = ka_is_digit(*a);
		n = segment_length(a, a_end, digits);
		m = segment_length(b, b_end, digits);
		if (m == 0) /* a number is newer than a word */
			return digits ? 1 : -1;
		c = compare_segments(a, n, b, m, digits);
		if (c != 0)
			return c;
		a += n;
		b += m;
	}
	return a < a_end ? 1 : b < b_end ? -1 : 0;
}

/* An id split at its last two dashes: name, version, release; with one dash, name and version. */
struct parts {
	const char *start[3], *end[3];
};

static struct parts split(const char *id)
{
	const char *end = id + strlen(id), *last = strrchr(id, '-'), *before = NULL;
	struct parts p;

	for (const char *q = last ? last - 1 : id; last && q > id && !before; q--)
		if (*q == '-')
			before = q;
	for (int i = 0; i < 3; i++)
		p.start[i] = p.end[i] = end;
	p.start[0] = id;
	p.end[0] = before ? before : last ? last : end;
	if (last) {
		p.start[1] = (before ? before : last) + 1;
		p.end[1] = before ? last : end;
	}
	if (before) {
		p.start[2] = last + 1;
		p.end[2] = end;
	}
	return p;
}

int grub_compare_rpm(const char *a, const char *b)
{
	struct parts x = split(a), y = split(b);
	int c = 0;

	for (int i = 0; i < 3 && c == 0; i++)
		c = compare_rpm(x.start[i], x.end[i], y.start[i], y.end[i]);
	return c;
}

int grub_compare_rpm_text(const char *a, const char *b)
{
	return compare_rpm(a, a + strlen(a), b, b + strlen(b));
}
