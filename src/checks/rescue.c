// SPDX-License-Identifier: GPL-2.0-or-later
/* A boot that ends at a shell on the console: fine for who sits there, the end for who does not. */

#include "checks/checks.h"

#include <kexec-any/text.h>

#include <fnmatch.h>

/* Words of a command line, as patterns of fnmatch(3). */
static const char *const patterns[] = {
	/* systemd: kernel-command-line(7) */
	"emergency",
	"rd.emergency",
	"-b",
	"rescue",
	"rd.rescue",
	"single",
	"s",
	"S",
	"1",
	"systemd.unit=rescue.target",
	"systemd.unit=emergency.target",
	"rd.systemd.unit=rescue.target",
	"rd.systemd.unit=emergency.target",
	/* dracut.cmdline(7), initramfs-tools(7), stage-1-init.sh of NixOS, friendly-recovery of Ubuntu */
	"rd.break",
	"rd.break=*",
	"break",
	"break=*",
	"boot.debug1",
	"boot.debug1devices",
	"boot.debug1mounts",
	"recovery",
	/* bootparam(7) */
	"init=*/sh",
	"init=*/bash",
	"rdinit=*/sh",
	"rdinit=*/bash",
};

/* The first such word, for the caller to free; NULL: none. -ENOMEM. */
static int find_stop(const char *cmdline, char **ret)
{
	struct ka_word word;

	*ret = NULL;
	while (cmdline && ka_cmdline_next(&cmdline, &word)) {
		_cleanup_free_ char *text = strndup(word.text, word.len);

		if (!text)
			return -ENOMEM;
		for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
			if (fnmatch(patterns[i], text, 0) == 0) {
				*ret = TAKE_PTR(text);
				return 0;
			}
	}
	return 0;
}

/* A machine that runs in such a mode now has somebody at its console. */
int ka_check_rescue(struct ka_check_context *c)
{
	_cleanup_free_ char *next = NULL, *now = NULL;
	int r;

	r = find_stop(c->plan->cmdline, &next);
	if (r == 0)
		r = find_stop(c->machine->cmdline, &now);
	if (r < 0 || !next || now)
		return r;
	return ka_report(
		c->findings, KA_WARNING, "rescue", NULL,
		"take another entry (--list), unless somebody is at the console",
		"'%s' on the command line ends the boot at a shell on the console: over the "
		"network the machine will not come back",
		next);
}
