// SPDX-License-Identifier: GPL-2.0-or-later
/* Which systemd-boot it is, whose rules are to be followed. */

#include "bls.h"

#include <kexec-any/text.h>
#include <kexec-any/uki.h>

#include <errno.h>

static bool parse_version(const char *info, unsigned int *ret)
{
	const char *number = ka_startswith(info, BLS_LOADER_INFO);

	if (!number)
		return false;
	*ret = (unsigned int)strtoul(number, NULL, 10);
	return *ret > 0;
}

bool bls_loader_version(struct ka_host *host, const char *path, unsigned int *ret)
{
	_cleanup_free_ char *info = NULL;

	return ka_efi_program_info(host, path, &info) > 0 && parse_version(info, ret);
}

/*
 * The next boot is by the program on the ESP, which may be newer than the one that started this
 * machine: first the file it says it came from, then where bootctl installs it, then its own word.
 */
int bls_find_dialect(struct bls_menu *menu)
{
	_cleanup_free_ char *identifier = NULL, *installed = NULL, *info = NULL, *path = NULL;
	struct ka_host *host = menu->host;
	int r;

	menu->dialect.version = BLS_NEWEST;
	r = ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &info);
	if (r == -ENOMEM)
		return r;
	r = ka_host_efi_string(host, "LoaderImageIdentifier", KA_EFI_GUID_LOADER, &identifier);
	if (r == -ENOMEM)
		return r;
	for (char *p = identifier; p && *p; p++)
		if (*p == '\\')
			*p = '/';
	if (identifier && *identifier == '/') {
		r = bls_locate(host, menu->partitions.esp, identifier, &path);
		if (r > 0 && bls_loader_version(host, path, &menu->dialect.version))
			return 0;
	}
	installed = ka_format("/EFI/systemd/systemd-boot%s.efi", menu->arch);
	if (r == -ENOMEM || !installed)
		return -ENOMEM;
	free(path);
	path = NULL;
	r = bls_locate(host, menu->partitions.esp, installed, &path);
	if (r > 0 && bls_loader_version(host, path, &menu->dialect.version))
		return 0;
	if (info)
		parse_version(info, &menu->dialect.version);
	return r < 0 ? r : 0;
}
