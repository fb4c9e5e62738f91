// SPDX-License-Identifier: GPL-2.0-or-later
/* Which systemd-boot it is, whose rules are to be followed. */

#include "bls.h"

#include <kexec-any/text.h>
#include <kexec-any/uki.h>

static bool parse_version(const char *info, unsigned int *ret)
{
	const char *number = ka_startswith(info, BLS_LOADER_INFO);
	unsigned long version = number ? strtoul(number, NULL, 10) : 0;

	if (version > 0)
		*ret = (unsigned int)version;
	return version > 0;
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
void bls_find_dialect(struct bls_menu *menu)
{
	_cleanup_free_ char *identifier = NULL, *installed = NULL, *info = NULL, *path = NULL;
	struct ka_host *host = menu->host;

	menu->dialect.version = BLS_NEWEST;
	if (ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &info) == 0)
		parse_version(info, &menu->dialect.version);
	if (ka_host_efi_string(host, "LoaderImageIdentifier", KA_EFI_GUID_LOADER, &identifier) == 0)
		for (char *p = identifier; *p; p++)
			if (*p == '\\')
				*p = '/';
	if (identifier && *identifier == '/' &&
	    bls_locate(host, menu->partitions.esp, identifier, &path) > 0 &&
	    bls_loader_version(host, path, &menu->dialect.version))
		return;
	free(path);
	path = NULL;
	installed = ka_format("/EFI/systemd/systemd-boot%s.efi", menu->arch);
	if (bls_locate(host, menu->partitions.esp, installed, &path) > 0)
		bls_loader_version(host, path, &menu->dialect.version);
}
