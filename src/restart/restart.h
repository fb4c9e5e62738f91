/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>
#include <kexec-any/findings.h>
#include <kexec-any/host.h>

/*
 * The graceful restart into a kernel that is loaded. Every way in here ends in the kernel's kexec
 * reboot and in nothing else: none asks for a reboot that would go through the firmware.
 */

enum ka_trigger {
	KA_TRIGGER_NONE,    /* no graceful way known */
	KA_TRIGGER_LOGIND,  /* systemd-logind over D-Bus: inhibitors, wall message, polkit */
	KA_TRIGGER_SYSTEMD, /* systemd alone: kexec.target */
	KA_TRIGGER_OPENRC,  /* openrc-shutdown --kexec */
	KA_TRIGGER_DIRECT,  /* --immediate: sync and jump */
	_KA_TRIGGER_MAX
};

/* "logind", "systemd", "openrc", "direct"; NULL for none. */
const char *ka_trigger_name(enum ka_trigger trigger);

struct ka_restart_request {
	bool immediate;
	bool ignore_inhibitors;
	bool no_wall;
	const char *message;	   /* to logged-in users; NULL: none of our own */
	uint64_t when;		   /* microseconds since 1970; 0: now */
	unsigned int stop_timeout; /* seconds; 0: systemd's own */
};

/* Which way this machine has. Looks at files only, so it works on a captured machine too. */
enum ka_trigger ka_restart_find(struct ka_host *host, bool immediate);

/*
 * All that speaks against the restart and can be known before anything is loaded: no graceful way,
 * inhibitors (named), a masked kexec.target, scheduling without logind. Live machine only.
 */
void ka_restart_check(struct ka_host *host, enum ka_trigger trigger,
		      const struct ka_restart_request *request, struct ka_findings *findings);

/*
 * The part of it that looks at files only, so it works on a captured machine too: does the shutdown
 * end in the jump, or in the firmware behind everybody's back?
 */
void ka_restart_check_end(struct ka_host *host, enum ka_trigger trigger,
			  struct ka_findings *findings);

/*
 * What another run may have left, and what changes while this one checks: a schedule, a shutdown that is
 * under way, the record of a restart that never came. To be asked under the lock (record.h), right before
 * the load; live machine only.
 */
void ka_restart_check_now(struct ka_host *host, const struct ka_restart_request *request,
			  struct ka_findings *findings);

/*
 * Ask for the restart. Returns 0 when it is under way (the call is asynchronous) or scheduled, 1 when it was
 * asked for and no answer came; with KA_TRIGGER_DIRECT it does not return then.
 */
int ka_restart(struct ka_host *host, enum ka_trigger trigger,
	       const struct ka_restart_request *request, struct ka_error *err) _must_check_;

/* What logind has scheduled. type is NULL when nothing is. */
struct ka_scheduled {
	char *type;    /* "kexec", "reboot", "poweroff", … */
	uint64_t when; /* microseconds since 1970 */
};

void ka_scheduled_done(struct ka_scheduled *scheduled);
int ka_restart_scheduled(struct ka_scheduled *ret, struct ka_error *err) _must_check_;
/* 1 cancelled, 0 nothing was scheduled. */
int ka_restart_cancel(struct ka_error *err) _must_check_;

/*
 * Read a time as systemd.time(7) has it ("+5m", "23:00", "2026-12-24 04:00"), by asking
 * systemd-analyze(1); "now" gives 0. A time of day that has passed means tomorrow's; another time
 * that has passed is -ERANGE.
 */
int ka_when_parse(const char *text, uint64_t *ret, struct ka_error *err) _must_check_;
/* The number behind "UNIX seconds: @" in its output, in microseconds. (For the tests.) */
int ka_when_read_output(const char *output, uint64_t *ret) _must_check_;

/*
 * The last look before the point of no return, which every way takes right before its request: with
 * nothing loaded, logind answers "success" and reboots through the firmware. What ka_on_out_of_memory()
 * would take back stays from here on.
 */
int ka_restart_last_look(struct ka_host *host, struct ka_error *err) _must_check_;

/* The single ways. */
void ka_logind_check(const struct ka_restart_request *request, struct ka_findings *findings);
/* -EOPNOTSUPP: there is no logind to ask, or it does not know the call. */
int ka_logind_restart(struct ka_host *host, const struct ka_restart_request *request,
		      struct ka_error *err) _must_check_;
void ka_logind_check_schedule(struct ka_host *host, bool later, struct ka_findings *findings);
/* systemd reads its units anew. */
int ka_systemd_reload(struct ka_error *err) _must_check_;
void ka_systemd_check(struct ka_findings *findings);
int ka_systemd_restart(struct ka_host *host, struct ka_error *err) _must_check_;
int ka_openrc_restart(struct ka_host *host, struct ka_error *err) _must_check_;
int ka_direct_restart(struct ka_host *host, struct ka_error *err) _must_check_;
