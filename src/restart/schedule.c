// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --when=: systemd has its own grammar of times (systemd.time(7)) and exports no parser, but a
 * program that is always beside logind.
 */

#include "base/sys.h"
#include "restart/restart.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <time.h>

/* "  UNIX seconds: @1700000000.123456" */
int ka_when_read_output(const char *output, uint64_t *ret)
{
	static const char label[] = "UNIX seconds: @";
	const char *p = strstr(output, label);
	uint64_t seconds, micros = 0, unit = 100000;
	char digits[24];
	size_t n;

	if (!p)
		return -EBADMSG;
	p += sizeof(label) - 1;
	n = strspn(p, "0123456789");
	if (n == 0 || n >= sizeof(digits))
		return -EBADMSG;
	memcpy(digits, p, n);
	digits[n] = '\0';
	if (ka_parse_u64(digits, UINT64_MAX / 1000000 - 1, &seconds) < 0)
		return -ERANGE;
	if (p[n] == '.')
		for (p += n + 1; *p >= '0' && *p <= '9' && unit > 0; p++, unit /= 10)
			micros += (uint64_t)(*p - '0') * unit;
	*ret = seconds * 1000000 + micros;
	return 0;
}

static int ask(const char *text, uint64_t *ret, struct ka_error *err)
{
	const char *argv[] = { "systemd-analyze", "timestamp", "--", text, NULL };
	_cleanup_free_ char *output = NULL;
	int r;

	r = ka_sys->run(argv, NULL, 0, &output, err);
	if (r < 0)
		return r;
	if (r > 0)
		return ka_fail(err, -EINVAL, "'%s' is not a time systemd.time(7) knows: %s", text,
			       output);
	r = ka_when_read_output(output, ret);
	return r < 0 ? ka_fail(err, r, "systemd-analyze gave no time for '%s': %s", text, output)
		     : 0;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* "23:00" or "23:00:30": digits and colons only. */
static bool is_time_of_day(const char *text)
{
	return strchr(text, ':') && !text[strspn(text, "0123456789:")];
}

/* The same time of day on the next date, which may be 23 or 25 hours away. NULL: there is no such date. */
static char *on_next_day(const char *time_of_day)
{
	time_t today = time(NULL);
	struct tm tm;
	char date[32];

	if (!localtime_r(&today, &tm))
		return NULL;
	tm.tm_mday++;
	tm.tm_hour = 12;
	tm.tm_isdst = -1;
	if (mktime(&tm) == (time_t)-1 || strftime(date, sizeof(date), "%Y-%m-%d", &tm) == 0)
		return NULL;
	return ka_format("%s %s", date, time_of_day);
}

int ka_when_parse(const char *text, uint64_t *ret, struct ka_error *err)
{
	_cleanup_free_ char *tomorrow = NULL;
	uint64_t when, present = now();
	int r;

	if (ka_streq(text, "now")) {
		*ret = 0;
		return 0;
	}
	r = ask(text, &when, err);
	if (r < 0)
		return r;
	if (when <= present && is_time_of_day(text)) {
		tomorrow = on_next_day(text);
		if (!tomorrow)
			return ka_fail(err, -ERANGE, "cannot tell the date of tomorrow");
		r = ask(tomorrow, &when, err);
		if (r < 0)
			return r;
	}
	if (when <= present)
		return ka_fail(err, -ERANGE, "'%s' is in the past", text);
	*ret = when;
	return 0;
}
