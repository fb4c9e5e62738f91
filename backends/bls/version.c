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

int bls_loader_version(struct ka_host *host, const char *path, unsigned int *ret)
{
	_cleanup_free_ char *info = NULL;
	int r = ka_efi_program_info(host, path, &info);

	return r > 0 ? parse_version(info, ret) : r;
}

/* 1: the rules are those of the program at this path of the ESP; 0: it is none, or not there. */
static int try_program(struct bls_menu *menu, const char *path)
{
	_cleanup_free_ char *found = NULL, *asked = NULL, *text = NULL;
	int r = bls_locate(menu->host, menu->partitions.esp, path, &found);

	if (r > 0)
		r = bls_loader_version(menu->host, found, &menu->dialect.version);
	if (r >= 0)
		return r;
	asked = ka_format("%s%s", menu->partitions.esp, path);
	text = bls_unread(menu, asked, r, NULL);
	if (!menu->unread)
		menu->unread = TAKE_PTR(text);
	return 0;
}

/*
 * The next boot is by the program on the ESP, which may be newer than the one that started this
 * machine: first the file it says it came from, then where bootctl installs it, then its own word.
 */
void bls_find_dialect(struct bls_menu *menu)
{
	_cleanup_free_ char *identifier = NULL, *installed = NULL, *info = NULL;
	struct ka_host *host = menu->host;

	menu->dialect.version = BLS_NEWEST;
	if (ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &info) == 0)
		parse_version(info, &menu->dialect.version);
	if (ka_host_efi_string(host, "LoaderImageIdentifier", KA_EFI_GUID_LOADER, &identifier) == 0)
		for (char *p = identifier; *p; p++)
			if (*p == '\\')
				*p = '/';
	if (identifier && *identifier == '/' && try_program(menu, identifier) > 0)
		return;
	installed = ka_format("/EFI/systemd/systemd-boot%s.efi", menu->arch);
	try_program(menu, installed);
}
