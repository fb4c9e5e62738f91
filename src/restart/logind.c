// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd-logind (org.freedesktop.login1(5)): RebootWithFlags with the kexec bit, ScheduleShutdown
 * with the type "kexec", inhibitors, the wall message. Floor: systemd 252.
 *
 * Reboot() is never called: it goes through the firmware. RebootWithFlags does that too when no
 * kernel is loaded, so the kernel is asked right before.
 */

#include "restart/restart.h"

#include "restart/bus.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define DESTINATION "org.freedesktop.login1"
#define OBJECT	    "/org/freedesktop/login1"
#define MANAGER	    "org.freedesktop.login1.Manager"

/* SD_LOGIND_KEXEC_REBOOT since v249, SD_LOGIND_SKIP_INHIBITORS since v257. */
#define FLAG_KEXEC	     (UINT64_C(1) << 1)
#define FLAG_SKIP_INHIBITORS (UINT64_C(1) << 4)

/*
 * The bus, with logind answering on it. When it does not, whatever the reason (no bus, not
 * installed, masked, failed), that is -EOPNOTSUPP: systemd itself may still do.
 */
static int open_bus(sd_bus **ret, struct ka_error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = ka_bus_load(err);
	if (r < 0)
		return r;
	r = ka_bus->open_system(ret);
	if (r < 0) {
		ka_fail_sys(err, r, "cannot reach the system bus");
		return -EOPNOTSUPP;
	}
	r = ka_bus->call(*ret, DESTINATION, OBJECT, "org.freedesktop.DBus.Peer", "Ping", &error,
			 NULL, NULL);
	if (r < 0)
		return ka_fail(err, -EOPNOTSUPP, "logind does not answer: %s",
			       error.message ? error.message : strerror(-r));

	/* Where polkit may ask a person, let it; without a terminal it would only wait. */
	return ka_bus->allow_interactive_authorization(*ret, isatty(STDIN_FILENO));
}

static bool is_error(const sd_bus_error *error, const char *name)
{
	return ka_bus->error_has_name(error, name);
}

static int explain(const sd_bus_error *error, int r, struct ka_error *err)
{
	const char *message = error->message ? error->message : strerror(-r);

	if (is_error(error, SD_BUS_ERROR_UNKNOWN_METHOD))
		return ka_fail(err, -EOPNOTSUPP, "this logind is too old: %s", message);
	if (is_error(error, "org.freedesktop.login1.OperationInProgress"))
		return ka_fail(err, r, "another shutdown is under way already: %s", message);
	if (is_error(error, "org.freedesktop.login1.BlockedByInhibitorLock"))
		return ka_fail(err, r,
			       "a program holds the machine up: %s; see "
			       "'systemd-inhibit --list', or pass --ignore-inhibitors",
			       message);
	if (is_error(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
		return ka_fail(err, r,
			       "polkit wants a password and there is no terminal to ask on: "
			       "run it as root");
	if (is_error(error, SD_BUS_ERROR_ACCESS_DENIED))
		return ka_fail(err, r,
			       "not allowed: %s (polkit action org.freedesktop.login1.reboot, "
			       "or an inhibitor)",
			       message);
	return ka_fail(err, r, "logind refuses: %s", message);
}

/*
 * The answer may get lost because the bus is among the first to stop, or because logind is slow (sd-bus
 * waits 25 s). Whether the restart is on its way is unknown then; unloading now could turn it into one
 * through the firmware.
 */
bool ka_bus_is_lost_answer(const sd_bus_error *error, int r)
{
	return r == -ECONNRESET || r == -ENOTCONN || r == -ETIMEDOUT ||
	       is_error(error, SD_BUS_ERROR_NO_REPLY) || is_error(error, SD_BUS_ERROR_TIMEOUT) ||
	       is_error(error, SD_BUS_ERROR_DISCONNECTED);
}

static int set_wall_message(sd_bus *bus, const struct ka_restart_request *request,
			    struct ka_error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "SetWallMessage", &error, NULL, "sb",
			 request->message ? request->message : "", !request->no_wall);
	return r < 0 ? explain(&error, r, err) : 0;
}

static int reboot_with_flags(sd_bus *bus, uint64_t flags, sd_bus_error *error)
{
	return ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "RebootWithFlags", error, NULL, "t",
			    flags);
}

static int restart_now(struct ka_host *host, sd_bus *bus, const struct ka_restart_request *request,
		       struct ka_error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	uint64_t flags = FLAG_KEXEC | (request->ignore_inhibitors ? FLAG_SKIP_INHIBITORS : 0);
	int r = ka_restart_last_look(host, err);

	if (r < 0)
		return r;
	r = reboot_with_flags(bus, flags, &error);
	/* Before v257 the flag is unknown, and root passes inhibitors without it. */
	if (r < 0 && request->ignore_inhibitors && is_error(&error, SD_BUS_ERROR_INVALID_ARGS)) {
		ka_bus->error_free(&error);
		r = ka_restart_last_look(host, err);
		if (r < 0)
			return r;
		r = reboot_with_flags(bus, FLAG_KEXEC, &error);
	}
	if (r < 0 && ka_bus_is_lost_answer(&error, r))
		return 1;
	return r < 0 ? explain(&error, r, err) : 0;
}

static int restart_later(struct ka_host *host, sd_bus *bus,
			 const struct ka_restart_request *request, struct ka_error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = ka_restart_last_look(host, err);

	if (r < 0)
		return r;
	r = ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "ScheduleShutdown", &error, NULL, "st",
			 "kexec", request->when);
	if (r < 0 && ka_bus_is_lost_answer(&error, r))
		return 1;
	return r < 0 ? explain(&error, r, err) : 0;
}

int ka_logind_restart(struct ka_host *host, const struct ka_restart_request *request,
		      struct ka_error *err)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r;

	r = open_bus(&bus, err);
	if (r >= 0)
		r = set_wall_message(bus, request, err);
	if (r < 0)
		return r;
	return request->when ? restart_later(host, bus, request, err)
			     : restart_now(host, bus, request, err);
}

/* Is shutdown among the colon-separated things an inhibitor is about? */
static bool is_about_shutdown(const char *what)
{
	for (;;) {
		size_t n = strcspn(what, ":");

		if (n == strlen("shutdown") && strncmp(what, "shutdown", n) == 0)
			return true;
		if (!what[n])
			return false;
		what += n + 1;
	}
}

static void report_inhibitor(const struct ka_restart_request *request, struct ka_findings *findings,
			     const char *who, const char *why, const char *mode, uint32_t uid,
			     uint32_t pid)
{
	/* A weak lock gives way to root; a delay lock holds for seconds only. */
	bool weak = ka_streq(mode, "block-weak");

	if (!ka_streq(mode, "block") && !weak)
		return;
	ka_report(findings,
		  request->ignore_inhibitors || (weak && geteuid() == 0) ? KA_WARNING : KA_ERROR,
		  KA_ID_INHIBITED, NULL, "wait for it to end, or pass --ignore-inhibitors",
		  "'%s' (process %" PRIu32 ", user %" PRIu32 ") holds the machine up: %s", who, pid,
		  uid, why);
}

void ka_logind_check(const struct ka_restart_request *request, struct ka_findings *findings)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *what, *who, *why, *mode;
	uint32_t uid, pid;

	/* Whatever goes wrong here goes wrong again at the restart, which says it. */
	if (open_bus(&bus, NULL) < 0 ||
	    ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "ListInhibitors", &error, &reply,
			 NULL) < 0 ||
	    ka_bus->enter_container(reply, 'a', "(ssssuu)") < 0)
		return;
	while (ka_bus->read(reply, "(ssssuu)", &what, &who, &why, &mode, &uid, &pid) > 0)
		if (is_about_shutdown(what))
			report_inhibitor(request, findings, who, why, mode, uid, pid);
}

static int get_scheduled(sd_bus *bus, struct ka_scheduled *ret, struct ka_error *err);

/* A second request would be refused, or start what another run loaded. */
static int check_under_way(sd_bus *bus, struct ka_findings *findings)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	int r, preparing = 0;

	r = ka_bus->get_property(bus, DESTINATION, OBJECT, MANAGER, "PreparingForShutdown", &error,
				 &reply, "b");
	if (r >= 0)
		r = ka_bus->read(reply, "b", &preparing);
	if (r >= 0 && preparing)
		ka_report(findings, KA_ERROR, KA_ID_SHUTDOWN_UNDER_WAY, NULL, "wait for it",
			  "the machine is shutting down already");
	return r < 0 ? r : 0;
}

static void report_scheduled(const struct ka_scheduled *scheduled, bool later,
			     struct ka_findings *findings)
{
	bool is_kexec;

	if (!scheduled->type)
		return;
	is_kexec = ka_streq(scheduled->type, "kexec");
	if (is_kexec)
		ka_report(findings, KA_ERROR, KA_ID_RESTART_SCHEDULED, NULL,
			  "kexec-any --when=cancel",
			  "a restart into the kernel that is loaded now is scheduled; loading "
			  "another would change what it starts");
	else if (later)
		ka_report(findings, KA_ERROR, KA_ID_RESTART_SCHEDULED, NULL, "shutdown -c",
			  "a '%s' is scheduled already, and logind keeps one schedule",
			  scheduled->type);
}

/* logind forgets a schedule when it is restarted, so this file is for when it cannot be asked. */
static void read_schedule_file(struct ka_host *host, struct ka_scheduled *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read(host, "/run/systemd/shutdown/scheduled", 4096, &text, NULL, NULL) < 0)
		return;
	for (cursor = text; !ret->type && (line = ka_next_line(&cursor));) {
		const char *mode = ka_startswith(line, "MODE=");

		ret->type = ka_strdup_or_null(mode);
	}
}

void ka_logind_check_schedule(struct ka_host *host, bool later, struct ka_findings *findings)
{
	_cleanup_(ka_scheduled_done) struct ka_scheduled scheduled = { .type = NULL };
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = open_bus(&bus, &err);

	if (r >= 0)
		r = get_scheduled(bus, &scheduled, &err);
	if (r >= 0 && check_under_way(bus, findings) < 0)
		r = ka_fail(&err, -EIO, "logind does not say whether it is shutting down");
	if (r == -EOPNOTSUPP) /* no logind, or no library to ask it */
		read_schedule_file(host, &scheduled);
	else if (r < 0)
		ka_report(findings, KA_ERROR, KA_ID_RESTART_SCHEDULED, NULL,
			  "systemctl restart systemd-logind",
			  "whether a restart is scheduled is not known: %s",
			  ka_error_text(&err, r));
	report_scheduled(&scheduled, later, findings);
}

void ka_scheduled_done(struct ka_scheduled *scheduled)
{
	free(scheduled->type);
	scheduled->type = NULL;
}

static int get_scheduled(sd_bus *bus, struct ka_scheduled *ret, struct ka_error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *type;
	uint64_t when;
	int r;

	r = ka_bus->get_property(bus, DESTINATION, OBJECT, MANAGER, "ScheduledShutdown", &error,
				 &reply, "(st)");
	if (r < 0)
		return explain(&error, r, err);
	r = ka_bus->read(reply, "(st)", &type, &when);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot read logind's answer");

	/* The type of a request that failed stays behind, without a time: 0, since 257 infinity. */
	*ret = (struct ka_scheduled){ .type = NULL, .when = when };
	if (*type && when != 0 && when != UINT64_MAX)
		ret->type = ka_strdup(type);
	return 0;
}

int ka_restart_scheduled(struct ka_scheduled *ret, struct ka_error *err)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = open_bus(&bus, err);

	return r < 0 ? r : get_scheduled(bus, ret, err);
}

int ka_restart_cancel(struct ka_error *err)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	_cleanup_(ka_scheduled_done) struct ka_scheduled scheduled = { .type = NULL };
	int r, cancelled;

	r = open_bus(&bus, err);
	if (r >= 0)
		r = get_scheduled(bus, &scheduled, err);
	if (r < 0 || !scheduled.type)
		return r < 0 ? r : 0;
	if (!ka_streq(scheduled.type, "kexec"))
		return ka_fail(err, -EBUSY,
			       "what is scheduled is a '%s', not a kexec; "
			       "'shutdown -c' cancels it",
			       scheduled.type);

	r = ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "CancelScheduledShutdown", &error,
			 &reply, NULL);
	if (r < 0)
		return explain(&error, r, err);
	r = ka_bus->read(reply, "b", &cancelled);
	return r < 0 ? ka_fail_sys(err, r, "cannot read logind's answer") : cancelled;
}
