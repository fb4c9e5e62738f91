// SPDX-License-Identifier: GPL-2.0-or-later
/* Names without case: the kernel's vfat knows none either, but a captured partition is a directory. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* The name in a directory that is this one but for the case of ASCII letters. 1, 0, negative. */
static int find_name(struct ka_host *host, const char *directory, const char *name, size_t len,
		     char **ret)
{
	_cleanup_strv_ char **names = NULL;
	int r = ka_host_list(host, *directory ? directory : "/", &names, NULL);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	for (char **p = names; *p; p++)
		if (strlen(*p) == len && ka_ncasecmp(*p, name, len) == 0) {
			*ret = ka_strdup(*p);
			return 1;
		}
	return 0;
}

int ka_host_find_nocase(struct ka_host *host, const char *root, const char *path, char **ret)
{
	_cleanup_free_ char *at = ka_format("%s%s", root, path);
	int r = ka_host_stat(host, at, NULL);

	if (r != 0) {
		if (r > 0)
			*ret = TAKE_PTR(at);
		return r;
	}
	/* There the kernel has looked without case already. */
	if (host->live)
		return 0;
	free(at);
	at = ka_strdup(root);
	for (const char *p = path + strspn(path, "/"); *p; p += strspn(p, "/")) {
		_cleanup_free_ char *name = NULL, *above = TAKE_PTR(at);
		size_t n = strcspn(p, "/");

		r = find_name(host, above, p, n, &name);
		if (r <= 0)
			return r;
		at = ka_format("%s/%s", above, name);
		p += n;
	}
	*ret = TAKE_PTR(at);
	return 1;
}
