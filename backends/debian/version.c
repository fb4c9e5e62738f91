// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of versions: DebianLinux.pm of linux-base 4.9. */

#include "debian.h"

#include <kexec-any/text.h>

static size_t component_length(const char *s)
{
	size_t n = 0;

	if (ka_is_digit(*s))
		return strspn(s, "0123456789");
	if (s[n] == '-')
		n++;
	while (s[n] && s[n] != '-' && !ka_is_digit(s[n]))
		n++;
	return n;
}

static bool is_prerelease(const char *s, size_t n)
{
	return (n == 3 && strncmp(s, "-rc", 3) == 0) || (n == 6 && strncmp(s, "-trunk", 6) == 0);
}

static int compare_bytes(const char *a, size_t n, const char *b, size_t m)
{
	int c = memcmp(a, b, n < m ? n : m);

	if (c != 0)
		return c;
	return n < m ? -1 : n > m;
}

int debian_compare_versions(const char *a, const char *b)
{
	for (;;) {
		size_t n = component_length(a), m = component_length(b);
		bool a_pre = is_prerelease(a, n), b_pre = is_prerelease(b, m);
		int c;

		if (a_pre != b_pre)
			return a_pre ? -1 : 1;
		if (n == 0 || m == 0)
			return n == m ? 0 : n == 0 ? -1 : 1;
		if (ka_is_digit(*a) && ka_is_digit(*b))
			c = ka_compare_digits(a, n, b, m);
		else
			c = compare_bytes(a, n, b, m);
		if (c != 0)
			return c;
		a += n;
		b += m;
	}
}

bool debian_is_version(const char *name)
{
	size_t n = strspn(name, "0123456789");

	return n > 0 && name[n] == '.';
}
