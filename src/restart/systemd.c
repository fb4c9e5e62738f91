// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd without logind: start kexec.target (systemd.special(7)), which stops everything in order
 * and then jumps. Over the system bus, or where there is none, over PID 1's own socket.
 */

#include "restart/restart.h"

#include "restart/bus.h"

#include <errno.h>

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT	    "/org/freedesktop/systemd1"
#define MANAGER	    "org.freedesktop.systemd1.Manager"

static int open_private(sd_bus **ret)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r;

	r = ka_bus->new (&bus);
	if (r >= 0)
		r = ka_bus->set_address(bus, "unix:path=/run/systemd/private");
	if (r >= 0)
		r = ka_bus->start(bus);
	if (r < 0)
		return r;
	*ret = bus;
	bus = NULL;
	return 0;
}

static int open_bus(sd_bus **ret, struct ka_error *err)
{
	int r = ka_bus_load(err);

	if (r < 0)
		return r;
	if (ka_bus->open_system(ret) >= 0)
		return 0;
	r = open_private(ret);
	if (r < 0)
		return ka_fail_sys(err, r,
				   "cannot reach systemd, neither over the system bus nor "
				   "over /run/systemd/private");
	return 0;
}

/* A masked target is refused late, after the load; better to know before. */
void ka_systemd_check(struct ka_findings *findings)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *state;

	/* What goes wrong here goes wrong again at the restart, which says why. */
	if (open_bus(&bus, NULL) < 0 ||
	    ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "GetUnitFileState", &error, &reply, "s",
			 "kexec.target") < 0 ||
	    ka_bus->read(reply, "s", &state) < 0)
		return;
	if (ka_streq(state, "masked") || ka_streq(state, "masked-runtime"))
		ka_report(findings, KA_ERROR, KA_ID_KEXEC_TARGET_MASKED, NULL,
			  "systemctl unmask kexec.target",
			  "the unit kexec.target is %s: systemd would refuse the restart", state);
}

int ka_systemd_reload(struct ka_error *err)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = open_bus(&bus, err);

	if (r < 0)
		return r;
	r = ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "Reload", &error, NULL, NULL);
	return r < 0 ? ka_fail(err, r, "systemd does not reload its units: %s",
			       error.message ? error.message : strerror(-r))
		     : 0;
}

int ka_systemd_restart(struct ka_host *host, struct ka_error *err)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = open_bus(&bus, err);
	if (r >= 0)
		r = ka_restart_last_look(host, err);
	if (r < 0)
		return r;
	r = ka_bus->call(bus, DESTINATION, OBJECT, MANAGER, "StartUnit", &error, NULL, "ss",
			 "kexec.target", "replace-irreversibly");
	if (r < 0 && ka_bus_is_lost_answer(&error, r))
		return 1;
	if (r < 0)
		return ka_fail(err, r, "systemd does not start kexec.target: %s",
			       error.message ? error.message : strerror(-r));
	return 0;
}
