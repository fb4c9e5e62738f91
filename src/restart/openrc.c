// SPDX-License-Identifier: GPL-2.0-or-later
/* OpenRC: openrc-shutdown(8) tells openrc-init to stop the runlevel and then to kexec. */

#include "base/sys.h"
#include "restart/restart.h"

#include <errno.h>

int ka_openrc_restart(struct ka_host *host, struct ka_error *err)
{
	static const char *const argv[] = { "openrc-shutdown", "--kexec", "now", NULL };
	_cleanup_free_ char *output = NULL;
	int r = ka_restart_last_look(host, err);

	if (r < 0)
		return r;
	r = ka_sys->run(argv, NULL, 0, &output, err);
	if (r > 0)
		return ka_fail(err, -EIO, "openrc-shutdown --kexec failed (exit status %d): %s", r,
			       output);
	return r;
}
