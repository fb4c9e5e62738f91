// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading through kexec(8) of kexec-tools and kexec_load(2): only where kexec_file_load() does not
 * exist or does not take the format. Own memory maps and purgatory are its business, not ours.
 */

#include "base/sys.h"
#include "kexec/load.h"

#include <kexec-any/text.h>

#include <errno.h>

const char *ka_kexec8_path(struct ka_host *host)
{
	static const char *const paths[] = { "/usr/sbin/kexec", "/sbin/kexec", "/usr/bin/kexec",
					     "/run/current-system/sw/bin/kexec" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (ka_host_seems_there(host, paths[i]))
			return paths[i];
	return NULL;
}

int ka_kexec8_load(struct ka_host *host, const struct ka_plan *plan, int initrd_fd,
		   struct ka_error *err)
{
	_cleanup_free_ char *cmdline = NULL, *initrd = NULL, *kernel = NULL, *output = NULL;
	_cleanup_free_ char *arch = NULL;
	const int keep[] = { plan->kernel.fd, initrd_fd };
	/* -c: the older call, said explicitly because the default differs by version. */
	const char *argv[8] = { ka_kexec8_path(host), "--load", "--kexec-syscall" };
	size_t n = 3;
	int r;

	if (!argv[0])
		return ka_fail(err, -ENOENT, "kexec(8) is not installed (package kexec-tools)");

	if (ka_host_machine(host, &arch) < 0)
		arch = NULL;
	/* The files go by the descriptors that were checked, not by their names. */
	cmdline = ka_format("--command-line=%s", plan->cmdline);
	kernel = ka_format("/proc/self/fd/%d", plan->kernel.fd);
	initrd = ka_format("--initrd=/proc/self/fd/%d", initrd_fd);
	argv[n++] = cmdline;
	/* Without it, kexec(8) takes no initrd for an ELF file on x86; elsewhere it is unknown. */
	if (plan->image.kind == KA_IMAGE_ELF && arch && ka_streq(arch, "x86_64"))
		argv[n++] = "--args-linux";
	if (initrd_fd >= 0)
		argv[n++] = initrd;
	argv[n++] = kernel;

	r = ka_sys->run(argv, keep, initrd_fd >= 0 ? 2 : 1, &output, err);
	if (r < 0)
		return r;
	if (r > 0)
		return ka_fail(err, -EIO, "kexec(8) cannot load '%s' (exit status %d): %s",
			       plan->kernel.path, r, output);
	return 0;
}
