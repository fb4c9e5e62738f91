// SPDX-License-Identifier: GPL-2.0-or-later
/* What the machine is, and what its firmware says: Secure Boot, ACPI, SMBIOS OEM strings (type 11). */

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <sys/utsname.h>

#define DMI_LIMIT  65536
#define DMI_FOLDER "/sys/firmware/dmi/entries"

int ka_host_machine(struct ka_host *host, char **ret)
{
	struct utsname u;

	if (!host->live)
		return ka_host_read_line(host, "/proc/sys/kernel/arch", ret, NULL);
	if (uname(&u) < 0)
		return ka_errno();
	*ret = strdup(u.machine);
	return *ret ? 0 : -ENOMEM;
}

enum ka_tristate ka_host_secure_boot(struct ka_host *host)
{
	_cleanup_free_ uint8_t *on = NULL;
	size_t len;
	int r;

	r = ka_host_efi_variable(host, "SecureBoot", KA_EFI_GUID_GLOBAL, &on, &len);
	if (r == -ENOENT)
		return KA_NO;
	if (r < 0 || len < 1)
		return KA_UNKNOWN;
	return on[0] == 1 ? KA_YES : KA_NO;
}

bool ka_host_has_acpi(struct ka_host *host)
{
	return ka_host_seems_there(host, "/sys/firmware/acpi") ||
	       !ka_host_seems_there(host, "/sys/firmware/devicetree");
}

/* The strings behind the formatted part of a structure (DMTF DSP0134, section 6.1.3). */
static int find_string(const char *data, size_t len, const char *prefix, char **ret)
{
	size_t at = len > 1 ? (uint8_t)data[1] : len;

	while (at < len) {
		size_t n = strnlen(data + at, len - at);
		const char *value = n < len - at ? ka_startswith(data + at, prefix) : NULL;

		if (value) {
			*ret = strdup(value);
			return *ret ? 1 : -ENOMEM;
		}
		if (n == 0)
			break;
		at += n + 1;
	}
	return 0;
}

int ka_host_oem_string(struct ka_host *host, const char *prefix, char **ret)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, DMI_FOLDER, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (char **p = names; *p && r == 0; p++) {
		_cleanup_free_ char *path = NULL, *data = NULL;
		size_t len;

		if (!ka_startswith(*p, "11-"))
			continue;
		path = ka_format("%s/%s/raw", DMI_FOLDER, *p);
		if (!path)
			return -ENOMEM;
		r = ka_host_read(host, path, DMI_LIMIT, &data, &len, NULL);
		if (r == 0)
			r = find_string(data, len, prefix, ret);
		else if (r != -ENOMEM)
			r = 0;
	}
	return r;
}
