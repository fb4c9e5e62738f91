// SPDX-License-Identifier: GPL-2.0-or-later
/* --immediate: no service is stopped, no file system unmounted; only what is in memory is written. */

#include "restart/restart.h"

#include <errno.h>
#include <linux/reboot.h>
#include <sys/reboot.h>

int ka_direct_restart(struct ka_error *err)
{
	sync();
	/* Fails with EINVAL when nothing is loaded; it never falls back to a reset. */
	reboot((int)LINUX_REBOOT_CMD_KEXEC);
	return ka_fail_sys(err, ka_errno(),
			   "the kernel does not jump (reboot(2), "
			   "LINUX_REBOOT_CMD_KEXEC)");
}
