// SPDX-License-Identifier: GPL-2.0-or-later
/* --immediate: no service is stopped, no file system unmounted; only what is in memory is written. */

#include "base/sys.h"
#include "restart/restart.h"

int ka_direct_restart(struct ka_host *host, struct ka_error *err)
{
	int r;

	ka_sys->sync(); /* may take its time */
	r = ka_restart_last_look(host, err);
	if (r < 0)
		return r;
	/* Fails with EINVAL when nothing is loaded; it never falls back to a reset. */
	return ka_fail_sys(err, ka_sys->jump(),
			   "the kernel does not jump (reboot(2), "
			   "LINUX_REBOOT_CMD_KEXEC)");
}
