// SPDX-License-Identifier: GPL-2.0-or-later
/* What the machine is, and what its firmware says: Secure Boot, ACPI, SMBIOS OEM strings (type 11). */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
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
	*ret = ka_strdup(u.machine);
	return 0;
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
	       ka_host_exists(host, "/sys/firmware/devicetree", NULL) == 0;
}

/* The strings behind the formatted part of a structure (DMTF DSP0134, section 6.1.3). */
static int find_string(const char *data, size_t len, const char *prefix, char **ret)
{
	size_t at = len > 1 ? (uint8_t)data[1] : len;

	while (at < len) {
		size_t n = strnlen(data + at, len - at);
		const char *value = n < len - at ? ka_startswith(data + at, prefix) : NULL;

		if (value) {
			*ret = ka_strdup(value);
			return 1;
		}
		if (n == 0)
			break;
		at += n + 1;
	}
	return 0;
}

/* The kernel numbers the structures of a type as they stand in the table, which is the order that counts. */
int ka_host_oem_string(struct ka_host *host, const char *prefix, char **ret)
{
	for (unsigned int i = 0; i < KA_HOST_OEM_LIMIT; i++) {
		_cleanup_free_ char *path = ka_format(DMI_FOLDER "/11-%u/raw", i), *data = NULL;
		size_t len;
		int r;

		r = ka_host_read(host, path, DMI_LIMIT, &data, &len, NULL);
		if (r < 0)
			return r == -ENOENT || r == -ENOTDIR || r == -EACCES ? 0 : r;
		r = find_string(data, len, prefix, ret);
		if (r > 0)
			return 1;
	}
	return -E2BIG;
}
