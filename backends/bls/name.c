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

/* The name in a folder that is the same but for its case. */
static int find_name(struct ka_host *host, const char *folder, const char *name, size_t len,
		     char **ret)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, *folder ? folder : "/", &names, NULL);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	for (char **p = names; *p; p++)
		if (strlen(*p) == len && ka_ncasecmp(*p, name, len) == 0) {
			*ret = ka_strdup(*p);
			return 1;
		}
	return 0;
}

int bls_locate(struct ka_host *host, const char *root, const char *path, char **ret)
{
	char *at = ka_format("%s%s", root, path);
	int r = ka_host_stat(host, at, NULL);

	if (r > 0) {
		*ret = at;
		return 1;
	}
	free(at);
	if (r < 0 || ka_host_is_live(host))
		return r;
	at = ka_strdup(root);
	for (const char *p = path; *p;) {
		_cleanup_free_ char *name = NULL, *above = at;
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		at = NULL;
		r = find_name(host, above, p, n, &name);
		if (r <= 0)
			return r;
		at = ka_format("%s/%s", above, name);
		p += n;
	}
	*ret = at;
	return 1;
}
