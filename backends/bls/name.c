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

/* A decimal number of at most INT_MAX; once its last digit alone. The end, or NULL. */
static const char *number(const struct bls_dialect *dialect, const char *p, int *ret)
{
	bool whole = bls_has(dialect, BLS_WHOLE_COUNTERS);
	long long value = 0;

	if (!ka_is_digit(*p))
		return NULL;
	for (; ka_is_digit(*p); p++) {
		value = (whole ? value * 10 : 0) + (*p - '0');
		if (value > INT_MAX)
			return NULL;
	}
	*ret = (int)value;
	return p;
}

static bool is_suffix(const struct bls_dialect *dialect, const char *text, const char *suffix)
{
	return bls_has(dialect, BLS_COUNTER_SUFFIX_ANY_CASE) ? ka_casecmp(text, suffix) == 0
							     : ka_streq(text, suffix);
}

bool bls_parse_tries(const struct bls_dialect *dialect, const char *name, const char *suffix,
		     int *ret_left, int *ret_done, size_t *ret_prefix)
{
	const char *plus = strrchr(name, '+'), *p;
	int left, done = 0;

	p = plus ? number(dialect, plus + 1, &left) : NULL;
	if (p && *p == '-')
		p = number(dialect, p + 1, &done);
	/* A counter in the middle of the name is none. */
	if (!p || !is_suffix(dialect, p, suffix))
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
