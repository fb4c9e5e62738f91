// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine looked at: opened and closed. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <fcntl.h>

int ka_host_new(const char *root, struct ka_host **ret, struct ka_error *err)
{
	_cleanup_(ka_host_freep) struct ka_host *host = NULL;

	host = ka_calloc(1, sizeof(*host));
	host->live = !root || ka_streq(root, "/");
	host->root_fd = open(host->live ? "/" : root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host->root_fd < 0)
		return ka_fail_sys(err, ka_errno(), "cannot open the root '%s'", root ? root : "/");

	*ret = TAKE_PTR(host);
	return 0;
}

struct ka_host *ka_host_free(struct ka_host *host)
{
	if (!host)
		return NULL;
	if (host->root_fd >= 0)
		close(host->root_fd);
	free(host->trouble);
	ka_private_done(host);
	ka_mounts_forget(host);
	ka_volumes_done(host);
	free(host);
	return NULL;
}

void ka_host_freep(struct ka_host **host)
{
	ka_host_free(*host);
}

/* Answers about the path itself, and what we do not read on purpose, are no trouble. */
static bool is_trouble(int error)
{
	static const int ordinary[] = { ENOENT, ENOTDIR, ELOOP,	     ENAMETOOLONG,
					EISDIR, EINVAL,	 ENXIO,	     ENODEV,
					EXDEV,	ENOSYS,	 EOPNOTSUPP, EMEDIUMTYPE };

	/* Of others the permissions of files are asked; root is refused by something out of order. */
	if (error == EACCES || error == EPERM)
		return geteuid() == 0;
	for (size_t i = 0; i < ARRAY_SIZE(ordinary); i++)
		if (error == ordinary[i])
			return false;
	return true;
}

int ka_host_note(struct ka_host *host, const char *path, int r)
{
	if (r < 0 && !host->trouble && is_trouble(-r))
		host->trouble = ka_format("'%s' (%s)", path, strerror(-r));
	return r;
}

char *ka_host_take_trouble(struct ka_host *host)
{
	return TAKE_PTR(host->trouble);
}

bool ka_host_is_live(const struct ka_host *host)
{
	return host->live;
}
