// SPDX-License-Identifier: GPL-2.0-or-later
/* Which way a machine can be restarted gracefully, and going it. */

#include "restart/restart.h"

#include "base/signals.h"
#include "kexec/state.h"
#include "restart/bus.h"
#include "restart/record.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const trigger_names[_KA_TRIGGER_MAX] = {
	[KA_TRIGGER_LOGIND] = "logind",
	[KA_TRIGGER_SYSTEMD] = "systemd",
	[KA_TRIGGER_OPENRC] = "openrc",
	[KA_TRIGGER_DIRECT] = "direct",
};

const char *ka_trigger_name(enum ka_trigger trigger)
{
	return trigger_names[trigger];
}

/* PID 1's name: openrc-shutdown(8) only works under openrc-init, not under sysvinit or BusyBox. */
static bool is_openrc_init(struct ka_host *host)
{
	_cleanup_free_ char *name = NULL;

	return ka_host_read_line(host, "/proc/1/comm", &name, NULL) == 0 &&
	       ka_streq(name, "openrc-init");
}

enum ka_trigger ka_restart_find(struct ka_host *host, bool immediate)
{
	if (immediate)
		return KA_TRIGGER_DIRECT;
	/* sd_booted(3)'s rule; the bus name is activatable where logind is installed. */
	if (ka_host_seems_there(host, "/run/systemd/system"))
		return ka_host_seems_there(host, "/usr/share/dbus-1/system-services/"
						 "org.freedesktop.login1.service") ||
				       ka_host_seems_there(host, "/run/systemd/seats")
			       ? KA_TRIGGER_LOGIND
			       : KA_TRIGGER_SYSTEMD;
	if (is_openrc_init(host))
		return KA_TRIGGER_OPENRC;
	return KA_TRIGGER_NONE;
}

/* Inits whose shutdown kexec-any does not drive, and what their users can do instead. */
static const struct {
	const char *name;     /* of PID 1 */
	const char *needs[2]; /* files without which that does not end in a kexec */
	const char *remedy;
} other_inits[] = {
	/* shutdown(8) of dinit: a plain reboot goes through the firmware. */
	{ "dinit",
	  { NULL },
	  "kexec-any --load, then 'shutdown -k' (dinit 0.20 and later; its 'reboot' goes through "
	  "the firmware)" },
	/* Void's hook runs "kexec -e" at the end of a reboot. */
	{ "runit",
	  { "/etc/runit/shutdown.d/90-kexec.sh", "/sbin/kexec" },
	  "kexec-any --load, then 'reboot': /etc/runit/shutdown.d/90-kexec.sh jumps" },
	/* sysvinit with Debian's kexec-tools. */
	{ "init",
	  { "/etc/init.d/kexec", "/sbin/kexec" },
	  "kexec-any --load, then 'reboot': /etc/init.d/kexec jumps" },
};

static bool has_all(struct ka_host *host, const char *const needs[2])
{
	for (size_t i = 0; i < 2 && needs[i]; i++)
		if (!ka_host_seems_there(host, needs[i]))
			return false;
	return true;
}

static void report_no_way(struct ka_host *host, struct ka_findings *findings)
{
	const char *remedy = "reboot through the firmware, or --immediate (no service is stopped)";
	_cleanup_free_ char *name = NULL;

	if (ka_host_read_line(host, "/proc/1/comm", &name, NULL) < 0)
		name = NULL;
	for (size_t i = 0; name && i < ARRAY_SIZE(other_inits); i++)
		if (ka_streq(name, other_inits[i].name) && has_all(host, other_inits[i].needs))
			remedy = other_inits[i].remedy;
	ka_report(findings, KA_ERROR, KA_ID_NO_GRACEFUL_RESTART, NULL, remedy,
		  "neither systemd nor openrc-init runs this machine%s%s: kexec-any knows no way "
		  "to stop its services and then jump",
		  name ? ", but " : "", name ? name : "");
}

/* Both are asked over a bus. */
static bool can_ask_systemd(struct ka_findings *findings)
{
	struct ka_error err = KA_ERROR_INIT;
	int r = ka_bus_load(&err);

	if (r < 0)
		ka_report(findings, KA_ERROR, KA_ID_LIBRARY_MISSING, NULL,
			  "install the library; or load with --load, then run 'systemctl kexec'",
			  "%s", ka_error_text(&err, r));
	ka_error_done(&err);
	return r == 0;
}

/* Of "NAME TYPE SIZE USED PRIORITY", in kilobytes (proc_swaps(5)); 0 where a line is none of these. */
static uint64_t used_of(char *line)
{
	char *save = NULL, *word = strtok_r(line, " \t", &save);
	uint64_t used = 0;

	for (int i = 0; word && i < 3; i++)
		word = strtok_r(NULL, " \t", &save);
	return word && ka_parse_u64(word, UINT64_MAX, &used) == 0 ? used : 0;
}

/* Kilobytes in use, of all swap areas. */
static uint64_t swap_in_use(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;
	uint64_t sum = 0;
	char *cursor, *line;

	if (ka_host_read(host, "/proc/swaps", 65536, &text, NULL, NULL) < 0)
		return 0;
	cursor = text;
	ka_next_line(&cursor);
	while ((line = ka_next_line(&cursor)))
		sum += used_of(line);
	return sum;
}

/* What is less is read in a moment. */
#define SWAP_WORTH_SAYING (64u << 10)

static void check_swap(struct ka_host *host, struct ka_findings *findings)
{
	uint64_t used = swap_in_use(host);

	if (used >= SWAP_WORTH_SAYING)
		ka_report(findings, KA_WARNING, KA_ID_SWAP_IN_USE, "/proc/swaps",
			  "run 'swapoff -a' before, while services run",
			  "%" PRIu64
			  " MiB of swap are in use: the shutdown reads them back into memory "
			  "before the jump, which takes its time",
			  used >> 10);
}

void ka_restart_check(struct ka_host *host, enum ka_trigger trigger,
		      const struct ka_restart_request *request, struct ka_findings *findings)
{
	if (trigger == KA_TRIGGER_NONE) {
		report_no_way(host, findings);
		return;
	}
	ka_restart_check_end(host, trigger, findings);
	if (request->when != 0 && trigger != KA_TRIGGER_LOGIND)
		ka_report(findings, KA_ERROR, KA_ID_NO_SCHEDULE, NULL,
			  "start it at that time, or install systemd-logind with D-Bus",
			  "scheduling a restart needs systemd-logind, which is not here");
	if (request->stop_timeout > 0 && trigger != KA_TRIGGER_LOGIND &&
	    trigger != KA_TRIGGER_SYSTEMD)
		ka_report(findings, KA_ERROR, KA_ID_NO_STOP_TIMEOUT, NULL,
			  "leave it out: this init has limits of its own",
			  "a stop timeout needs systemd, which does not run this machine");
	check_swap(host, findings);
	if (!ka_host_is_live(host) ||
	    (trigger != KA_TRIGGER_LOGIND && trigger != KA_TRIGGER_SYSTEMD) ||
	    !can_ask_systemd(findings))
		return;
	ka_systemd_check(findings);
	if (trigger == KA_TRIGGER_LOGIND)
		ka_logind_check(request, findings);
}

/* A run that was killed, or a schedule that another program cancelled: half of a restart is left. */
static void check_record(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	int r = ka_record_exists(host, &err);

	if (r != 0)
		ka_report(findings, KA_ERROR, KA_ID_RESTART_UNFINISHED, KA_RECORD_PATH,
			  "kexec-any --unload puts it back", "%s",
			  r < 0 ? ka_error_text(&err, r)
				: "an earlier restart did not happen, and the one-shot choice that "
				  "was used up for it is still gone");
}

void ka_restart_check_now(struct ka_host *host, const struct ka_restart_request *request,
			  struct ka_findings *findings)
{
	if (ka_restart_find(host, false) == KA_TRIGGER_LOGIND)
		ka_logind_check_schedule(host, request->when != 0, findings);
	if (!ka_findings_have(findings, KA_ID_RESTART_SCHEDULED) &&
	    !ka_findings_have(findings, KA_ID_SHUTDOWN_UNDER_WAY))
		check_record(host, findings);
}

int ka_restart_last_look(struct ka_host *host, struct ka_error *err)
{
	int signal = ka_signals_pending(), r = ka_kexec_is_loaded(host);

	if (signal > 0)
		return ka_fail(err, -EINTR, "interrupted by signal %d (%s)", signal,
			       strsignal(signal));
	if (r == 0)
		return ka_fail(err, -ENODATA,
			       "no kernel is loaded any more: another program unloaded it");
	if (r < 0)
		return ka_fail_sys(err, r, "cannot tell whether a kernel is still loaded");
	/* Unloading it would now turn a restart that is under way into a cold one. */
	ka_on_out_of_memory(NULL);
	return 0;
}

int ka_restart(struct ka_host *host, enum ka_trigger trigger,
	       const struct ka_restart_request *request, struct ka_error *err)
{
	int r;

	switch (trigger) {
	case KA_TRIGGER_LOGIND:
		r = ka_logind_restart(host, request, err);
		if (r != -EOPNOTSUPP || request->when != 0)
			return r;
		/* systemd alone can do it too, now but not later. */
		if (err)
			ka_error_done(err);
		return ka_systemd_restart(host, err);
	case KA_TRIGGER_SYSTEMD:
		return ka_systemd_restart(host, err);
	case KA_TRIGGER_OPENRC:
		return ka_openrc_restart(host, err);
	case KA_TRIGGER_DIRECT:
		return ka_direct_restart(host, err);
	case KA_TRIGGER_NONE:
	case _KA_TRIGGER_MAX:
		break;
	}
	return ka_fail(err, -EOPNOTSUPP, "no graceful way to restart is known here");
}
