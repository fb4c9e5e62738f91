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

/* 1, 0, -ENOMEM. */
static int file_sets_kexec_watchdog(struct ka_host *host, const char *path)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ka_host_read(host, path, 1u << 20, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return sets_kexec_watchdog(text);
}

static int folder_sets_kexec_watchdog(struct ka_host *host, const char *folder)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, folder, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (char **p = names; *p && r == 0; p++) {
		_cleanup_free_ char *path = NULL;

		if (!ka_endswith(*p, ".conf"))
			continue;
		path = ka_format("%s/%s", folder, *p);
		r = path ? file_sets_kexec_watchdog(host, path) : -ENOMEM;
	}
	return r;
}

static int has_kexec_watchdog(struct ka_host *host)
{
	static const char *const folders[] = { "/etc/systemd/system.conf.d",
					       "/run/systemd/system.conf.d",
					       "/usr/lib/systemd/system.conf.d" };
	int r = file_sets_kexec_watchdog(host, "/etc/systemd/system.conf");

	for (size_t i = 0; i < ARRAY_SIZE(folders) && r == 0; i++)
		r = folder_sets_kexec_watchdog(host, folders[i]);
	return r;
}

/* Is that what the attribute of a watchdog says? 1, 0, -ENOMEM. */
static int attribute_is(struct ka_host *host, const char *folder, const char *name,
			const char *expected)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name), *text = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_read_line(host, path, &text, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return ka_streq(text, expected);
}

/* The first watchdog that runs. 1, 0, -ENOMEM. */
static int find_watchdog(struct ka_host *host, char **ret_folder)
{
	static const char class[] = "/sys/class/watchdog";
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, class, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (char **p = names; *p && r == 0; p++) {
		_cleanup_free_ char *folder = ka_format("%s/%s", class, *p);

		r = folder ? attribute_is(host, folder, "state", "active") : -ENOMEM;
		if (r > 0)
			*ret_folder = TAKE_PTR(folder);
	}
	return r;
}

/* systemd stops it before the jump where it can, unless it is told to arm it. */
int ka_check_watchdog(struct ka_check_context *c)
{
	_cleanup_free_ char *folder = NULL;
	int r;

	if (!ka_host_seems_there(c->host, "/run/systemd/system"))
		return 0;
	r = find_watchdog(c->host, &folder);
	if (r > 0)
		r = attribute_is(c->host, folder, "nowayout", "1");
	if (r > 0)
		return ka_report(
			c->findings, KA_INFO, "watchdog", folder, NULL,
			"a watchdog runs that cannot be stopped (nowayout): the next system "
			"has to serve it in time");
	if (r < 0 || !folder)
		return r;
	r = has_kexec_watchdog(c->host);
	if (r != 0)
		return r < 0 ? r : 0;
	return ka_report(
		c->findings, KA_INFO, "watchdog", folder,
		"set KExecWatchdogSec= (systemd-system.conf(5))",
		"a watchdog runs, and systemd stops it before the jump: it would not reset a "
		"next kernel that hangs");
}
