// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine looked at: opened and closed. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>

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

bool ka_host_is_live(const struct ka_host *host)
{
	return host->live;
}
