// SPDX-License-Identifier: GPL-2.0-or-later
/* The disks of the machine, as sysfs has them. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define FOLDER "/sys/class/block"

/* Is this the name of a whole disk, not of a partition or of something made of disks? */
static bool is_disk(struct ka_host *host, const char *name)
{
	static const char *const others[] = {
		"loop", "ram", "dm-", "md", "zram", "sr", "fd", "nbd"
	};
	size_t n = strlen(name), digits = n;
	_cleanup_free_ char *path = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (ka_startswith(name, others[i]))
			return false;
	path = ka_format(FOLDER "/%s/partition", name);
	if (ka_host_seems_there(host, path))
		return false;
	/* A captured machine may lack that file: vda1, nvme0n1p1. */
	while (digits > 0 && ka_is_digit(name[digits - 1]))
		digits--;
	if (digits == n)
		return true;
	return (ka_startswith(name, "nvme") || ka_startswith(name, "mmcblk")) &&
	       name[digits - 1] != 'p';
}

int ka_host_disks(struct ka_host *host, char ***ret)
{
	_cleanup_strv_ char **names = NULL;
	int r = ka_host_list(host, FOLDER, &names, NULL);

	if (r < 0)
		return r;
	*ret = NULL;
	for (char **p = names; *p; p++)
		if (is_disk(host, *p))
			ka_strv_add(ret, *p);
	return 0;
}
