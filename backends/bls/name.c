// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of entry files: boot counters (UAPI.1, "Boot counting"; boot_entry_parse_tries()). */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <limits.h>

char *bls_lower(char *text)
{
	for (char *p = text; p && *p; p++)
		*p = ka_lower(*p);
	return text;
}

/* A decimal number of at most INT_MAX. The end, or NULL. */
static const char *number(const char *p, int *ret)
{
	long long value = 0;

	if (!ka_is_digit(*p))
		return NULL;
	for (; ka_is_digit(*p); p++) {
		value = value * 10 + (*p - '0');
		if (value > INT_MAX)
			return NULL;
	}
	*ret = (int)value;
	return p;
}

bool bls_parse_tries(const char *name, const char *suffix, int *ret_left, int *ret_done,
		     size_t *ret_prefix)
{
	const char *plus = strrchr(name, '+'), *p;
	int left, done = 0;

	p = plus ? number(plus + 1, &left) : NULL;
	if (p && *p == '-')
		p = number(p + 1, &done);
	/* A counter in the middle of the name is none. */
	if (!p || ka_casecmp(p, suffix) != 0)
		return false;
	*ret_left = left;
	*ret_done = done;
	*ret_prefix = (size_t)(plus - name);
	return true;
}

int bls_locate(struct ka_host *host, const char *root, const char *path, char **ret)
{
	return ka_host_find_nocase(host, root, path, ret);
}
