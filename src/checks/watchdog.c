// SPDX-License-Identifier: GPL-2.0-or-later
/* A watchdog that runs, and could catch a next kernel that hangs. */

#include "checks/checks.h"

#include <kexec-any/text.h>

/* A value in systemd's configuration that keeps a watchdog running through a kexec. */
static bool sets_kexec_watchdog(char *text)
{
	char *line;

	while ((line = ka_next_line(&text))) {
		const char *value = ka_startswith(ka_strip(line), "KExecWatchdogSec");

		if (!value)
			continue;
		value += strspn(value, " \t");
		if (*value++ != '=')
			continue;
		value += strspn(value, " \t");
		if (*value && *value != '0' && !ka_streq(value, "off"))
			return true;
	}
	return false;
}

static bool file_sets_kexec_watchdog(struct ka_host *host, const char *path)
{
	_cleanup_free_ char *text = NULL;

	return ka_host_read(host, path, 1u << 20, &text, NULL, NULL) == 0 &&
	       sets_kexec_watchdog(text);
}

static bool folder_sets_kexec_watchdog(struct ka_host *host, const char *folder)
{
	_cleanup_strv_ char **names = NULL;

	if (ka_host_list(host, folder, &names, NULL) < 0)
		return false;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p);

		if (ka_endswith(*p, ".conf") && file_sets_kexec_watchdog(host, path))
			return true;
	}
	return false;
}

static bool has_kexec_watchdog(struct ka_host *host)
{
	static const char *const folders[] = { "/etc/systemd/system.conf.d",
					       "/run/systemd/system.conf.d",
					       "/usr/lib/systemd/system.conf.d" };
	bool found = file_sets_kexec_watchdog(host, "/etc/systemd/system.conf");

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++)
		found = folder_sets_kexec_watchdog(host, folders[i]);
	return found;
}

/* Is that what the attribute of a watchdog says? */
static bool attribute_is(struct ka_host *host, const char *folder, const char *name,
			 const char *expected)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name), *text = NULL;

	return ka_host_read_line(host, path, &text, NULL) == 0 && ka_streq(text, expected);
}

/* The folder of the first watchdog that runs; NULL: none does. */
static char *find_watchdog(struct ka_host *host)
{
	static const char class[] = "/sys/class/watchdog";
	_cleanup_strv_ char **names = NULL;

	if (ka_host_list(host, class, &names, NULL) < 0)
		return NULL;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *folder = ka_format("%s/%s", class, *p);

		if (attribute_is(host, folder, "state", "active"))
			return TAKE_PTR(folder);
	}
	return NULL;
}

/* systemd stops it before the jump where it can, unless it is told to arm it. */
void ka_check_watchdog(struct ka_check_context *c)
{
	_cleanup_free_ char *folder = NULL;

	if (!ka_host_seems_there(c->host, "/run/systemd/system"))
		return;
	folder = find_watchdog(c->host);
	if (folder && attribute_is(c->host, folder, "nowayout", "1")) {
		ka_report(c->findings, KA_INFO, KA_ID_WATCHDOG, folder, NULL,
			  "a watchdog runs that cannot be stopped (nowayout): the next system "
			  "has to serve it in time");
		return;
	}
	if (!folder || has_kexec_watchdog(c->host))
		return;
	ka_report(c->findings, KA_INFO, KA_ID_WATCHDOG, folder,
		  "set KExecWatchdogSec= (systemd-system.conf(5))",
		  "a watchdog runs, and systemd stops it before the jump: it would not reset a "
		  "next kernel that hangs");
}
