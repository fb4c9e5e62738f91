// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the program of a boot option is on this machine. */

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <errno.h>

const char *ka_host_removable_path(struct ka_host *host)
{
	static const struct {
		const char *machine, *path;
	} names[] = {
		{ "x86_64", "/EFI/BOOT/BOOTX64.EFI" },
		{ "i686", "/EFI/BOOT/BOOTIA32.EFI" },
		{ "aarch64", "/EFI/BOOT/BOOTAA64.EFI" },
		{ "armv7l", "/EFI/BOOT/BOOTARM.EFI" },
		{ "riscv64", "/EFI/BOOT/BOOTRISCV64.EFI" },
		{ "loongarch64", "/EFI/BOOT/BOOTLOONGARCH64.EFI" },
	};
	_cleanup_free_ char *machine = NULL, *bits = NULL;

	if (ka_host_machine(host, &machine) < 0)
		return names[0].path;
	if (ka_host_read_line(host, "/sys/firmware/efi/fw_platform_size", &bits, NULL) == 0 &&
	    ka_streq(bits, "32") && ka_streq(machine, "x86_64"))
		return names[1].path;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (ka_streq(names[i].machine, machine))
			return names[i].path;
	return names[0].path;
}

/* The root of a partition on this machine, without a slash at its end; NULL: not to be seen. */
static char *root_of(struct ka_host *host, const char *volume)
{
	const struct ka_ref ref = { (char *)volume, (char *)"/" };
	char *path = NULL;
	size_t n;

	if (ka_host_locate(host, &ref, &path, NULL) < 0)
		return NULL;
	n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		path[--n] = '\0';
	return path;
}

int ka_host_boot_option_file(struct ka_host *host, const struct ka_boot_option *option,
			     char **ret_partition, char **ret_path)
{
	int r = ka_host_has_volume(host, option->partition);

	if (r == 0)
		return 0;
	*ret_partition = root_of(host, option->partition);
	if (!*ret_partition)
		return -ENXIO;
	return ka_host_find_nocase(host, *ret_partition,
				   option->path ? option->path : ka_host_removable_path(host),
				   ret_path);
}
