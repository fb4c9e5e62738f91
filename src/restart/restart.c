// SPDX-License-Identifier: GPL-2.0-or-later
/* Which way a machine can be restarted gracefully, and going it. */

#include "restart/restart.h"

#include "kexec/state.h"
#include "restart/bus.h"

#include <kexec-any/memory.h>

#include <errno.h>

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

void ka_restart_check(struct ka_host *host, enum ka_trigger trigger,
		      const struct ka_restart_request *request, struct ka_findings *findings)
{
	if (trigger == KA_TRIGGER_NONE) {
		ka_report(findings, KA_ERROR, KA_ID_NO_GRACEFUL_RESTART, NULL,
			  "kexec-any --load and then the system's own reboot command, or "
			  "--immediate (no service is stopped)",
			  "neither systemd nor openrc-init runs this machine: no way is known "
			  "to stop its services and then jump");
		return;
	}
	if (request->when != 0 && trigger != KA_TRIGGER_LOGIND)
		ka_report(findings, KA_ERROR, KA_ID_NO_SCHEDULE, NULL,
			  "start it at that time, or install systemd-logind with D-Bus",
			  "scheduling a restart needs systemd-logind, which is not here");
	if (!ka_host_is_live(host) ||
	    (trigger != KA_TRIGGER_LOGIND && trigger != KA_TRIGGER_SYSTEMD) ||
	    !can_ask_systemd(findings))
		return;
	ka_systemd_check(findings);
	if (trigger == KA_TRIGGER_LOGIND)
		ka_logind_check(request, findings);
}

int ka_restart_last_look(struct ka_host *host, struct ka_error *err)
{
	int r = ka_kexec_is_loaded(host);

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
