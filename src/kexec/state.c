// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel says about kexec: /sys/kernel, the two sysctls, lockdown, /proc/self/status. */

#include "kexec/state.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <linux/capability.h>

int ka_kexec_is_loaded(struct ka_host *host)
{
	/* The first is the newer name; kernels that have it keep the second for a while. */
	static const char *const paths[] = { "/sys/kernel/kexec/loaded",
					     "/sys/kernel/kexec_loaded" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *text = NULL;

		r = ka_host_read_line(host, paths[i], &text, NULL);
		if (r == 0)
			return ka_streq(text, "1");
		if (r != -ENOENT)
			return r;
	}
	return r;
}

int64_t ka_kexec_limit(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;
	uint64_t value;

	if (ka_host_read_line(host, "/proc/sys/kernel/kexec_load_limit_reboot", &text, NULL) < 0 ||
	    ka_parse_u64(text, INT32_MAX, &value) < 0)
		return -1;
	return (int64_t)value;
}

bool ka_kexec_is_disabled(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;

	return ka_host_read_line(host, "/proc/sys/kernel/kexec_load_disabled", &text, NULL) == 0 &&
	       ka_streq(text, "1");
}

bool ka_kexec_is_locked_down(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;

	return ka_host_read_line(host, "/sys/kernel/security/lockdown", &text, NULL) == 0 &&
	       (strstr(text, "[integrity]") || strstr(text, "[confidentiality]"));
}

/* One "Key:\tvalue" of /proc/self/status, as a number in this base. */
static bool own_status(struct ka_host *host, const char *key, int base, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read(host, "/proc/self/status", 65536, &text, NULL, NULL) < 0)
		return false;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		const char *value = ka_startswith(line, key);
		char *end;

		if (!value || *value != ':')
			continue;
		errno = 0;
		*ret = strtoull(value + 1, &end, base);
		return errno == 0 && end > value + 1 && !*end;
	}
	return false;
}

bool ka_kexec_has_capability(struct ka_host *host)
{
	uint64_t effective;

	return own_status(host, "CapEff", 16, &effective) && effective >> CAP_SYS_BOOT & 1;
}

bool ka_kexec_is_filtered(struct ka_host *host)
{
	uint64_t mode;

	return own_status(host, "Seccomp", 10, &mode) && mode == 2;
}
