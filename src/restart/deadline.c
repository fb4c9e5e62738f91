// SPDX-License-Identifier: GPL-2.0-or-later
#include "restart/deadline.h"

#include "base/sys.h"
#include "restart/restart.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>

#define UNITS	"/run/systemd/system"
#define SERVICE UNITS "/kexec-any-deadline.service"
#define DROP_IN UNITS "/kexec.target.d/50-kexec-any.conf"

#define LIMIT 86400u

static const struct {
	const char *name;
	unsigned int seconds;
} time_units[] = {
	{ "s", 1 },	{ "sec", 1 },	  { "second", 1 },   { "seconds", 1 },	{ "", 1 },
	{ "m", 60 },	{ "min", 60 },	  { "minute", 60 },  { "minutes", 60 }, { "h", 3600 },
	{ "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 },
};

/* A number and its unit, as systemd.time(7) has them; the rest of the text in *p. */
static int take_span(const char **p, unsigned int *ret)
{
	size_t digits = strspn(*p, "0123456789"), letters;
	_cleanup_free_ char *number = ka_strndup(*p, digits), *unit = NULL;
	uint64_t value;
	int r = ka_parse_u64(number, LIMIT, &value);

	if (digits == 0 || r < 0)
		return digits == 0 ? -EINVAL : r;
	*p += digits;
	*p += strspn(*p, " ");
	letters = strspn(*p, "abcdefghijklmnopqrstuvwxyz");
	unit = ka_strndup(*p, letters);
	*p += letters;
	*p += strspn(*p, " ");
	for (size_t i = 0; i < ARRAY_SIZE(time_units); i++)
		if (ka_streq(unit, time_units[i].name)) {
			*ret = (unsigned int)value * time_units[i].seconds;
			return 0;
		}
	return -EINVAL;
}

int ka_deadline_parse(const char *text, unsigned int *ret, struct ka_error *err)
{
	const char *p = text + strspn(text, " ");
	unsigned int sum = 0, part = 0;
	int r = *p ? 0 : -EINVAL;

	while (r == 0 && *p && sum <= LIMIT) {
		r = take_span(&p, &part);
		if (r == 0)
			sum += part;
	}
	if (r == -EINVAL)
		return ka_fail(err, r,
			       "'%s' is not a time span such as 90, 20s or 2min (systemd.time(7))",
			       text);
	if (r < 0 || sum == 0 || sum > LIMIT)
		return ka_fail(err, -EINVAL,
			       "a stop timeout of '%s': it has to be between 1 second and 1 day",
			       text);
	*ret = sum;
	return 0;
}

/*
 * kexec.target does not wait for it, and no shutdown stops it. A unit that is killed lets the shutdown go on
 * in order, so the jump by force is for what even that does not end. It is not asked for when nothing is
 * loaded, as it would go through the firmware.
 */
static const char service[] =
	"# Made by kexec-any --stop-timeout=\n"
	"[Unit]\n"
	"Description=Time limit of the shutdown before a kexec\n"
	"DefaultDependencies=no\n"
	"RefuseManualStart=yes\n"
	"IgnoreOnIsolate=yes\n"
	"[Service]\n"
	"Environment=PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin\n"
	"StandardOutput=kmsg\n"
	"ExecStart=/bin/sh -c 'sleep %u; "
	"echo \"kexec-any: the stop timeout of %u s is over\"; "
	"systemctl list-units --all --full --plain --no-legend --state=deactivating | "
	"while read -r unit rest; do "
	"echo \"kexec-any: $${unit} is cut off\"; systemctl kill --signal=KILL -- \"$${unit}\"; done; "
	"sleep %d; "
	"[ \"$$(cat /sys/kernel/kexec_loaded)\" != 1 ] || systemctl --force kexec'\n";

static const char drop_in[] = "# Made by kexec-any --stop-timeout=\n"
			      "[Unit]\n"
			      "Wants=kexec-any-deadline.service\n";

static int put_file(const char *path, const char *text, struct ka_error *err)
{
	_cleanup_close_ int fd = ka_sys->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
	size_t size = strlen(text);
	ssize_t n;

	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot open '%s' for writing", path);
	n = ka_sys->write(fd, text, size);
	if (n < 0 || (size_t)n != size)
		return ka_fail_sys(err, n < 0 ? (int)n : -ENOSPC, "cannot write '%s'", path);
	return 0;
}

void ka_deadline_clear_now(void)
{
	ka_sys->unlink(DROP_IN);
	ka_sys->unlink(SERVICE);
}

int ka_deadline_set(unsigned int seconds, struct ka_error *err)
{
	_cleanup_free_ char *text = ka_format(service, seconds, seconds, KA_DEADLINE_GRACE);
	int r = ka_sys->mkdir(UNITS "/kexec.target.d");

	if (r < 0 && r != -EEXIST)
		ka_fail_sys(err, r, "cannot make '%s'", UNITS "/kexec.target.d");
	else
		r = put_file(SERVICE, text, err);
	if (r == 0)
		r = put_file(DROP_IN, drop_in, err);
	if (r == 0)
		r = ka_systemd_reload(err);
	if (r < 0) {
		ka_deadline_clear_now();
		return ka_fail_in(err, r, "the stop timeout cannot be set");
	}
	return 0;
}

int ka_deadline_clear(struct ka_host *host, struct ka_error *err)
{
	static const char *const files[] = { DROP_IN, SERVICE };
	int n = 0, r;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		r = ka_host_exists(host, files[i], err);
		if (r < 0)
			return r;
		n += r;
		r = r > 0 ? ka_sys->unlink(files[i]) : 0;
		if (r < 0 && r != -ENOENT)
			return ka_fail_sys(err, r, "cannot delete '%s'", files[i]);
	}
	r = n > 0 ? ka_systemd_reload(err) : 0;
	return r < 0 ? ka_fail_in(err, r, "the stop timeout stays set for systemd") : n > 0;
}
