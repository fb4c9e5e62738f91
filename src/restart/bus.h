/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

#include <systemd/sd-bus.h>

/*
 * sd-bus, the part of libsystemd by which systemd and logind are asked. Beside base/sys.h this is the
 * other half of the seam: a unit test puts its own calls in ka_bus.
 */
struct ka_bus_calls {
	__typeof__(&sd_bus_open_system) open_system;
	__typeof__(&sd_bus_new) new;
	__typeof__(&sd_bus_set_address) set_address;
	__typeof__(&sd_bus_start) start;
	__typeof__(&sd_bus_set_allow_interactive_authorization) allow_interactive_authorization;
	__typeof__(&sd_bus_flush_close_unref) close;
	__typeof__(&sd_bus_call_method) call;
	__typeof__(&sd_bus_get_property) get_property;
	__typeof__(&sd_bus_message_enter_container) enter_container;
	__typeof__(&sd_bus_message_read) read;
	__typeof__(&sd_bus_message_unref) message_unref;
	__typeof__(&sd_bus_error_has_name) error_has_name;
	__typeof__(&sd_bus_error_free) error_free;
};

/* Did a call fail in a way that leaves open whether it was received and is being carried out? */
bool ka_bus_is_lost_answer(const sd_bus_error *error, int r);

/* NULL until it is loaded. */
extern const struct ka_bus_calls *ka_bus;

/* Before any of them is called. -EOPNOTSUPP: libsystemd is not here, which the error says. */
int ka_bus_load(struct ka_error *err) _must_check_;

static inline void ka_bus_closep(sd_bus **bus)
{
	if (*bus)
		ka_bus->close(*bus);
}

static inline void ka_bus_message_unrefp(sd_bus_message **message)
{
	if (*message)
		ka_bus->message_unref(*message);
}

/* Nothing is in it that was not put there by a call. */
static inline void ka_bus_error_done(sd_bus_error *error)
{
	if (ka_bus)
		ka_bus->error_free(error);
}

#define _cleanup_bus_	    _cleanup_(ka_bus_closep)
#define _cleanup_message_   _cleanup_(ka_bus_message_unrefp)
#define _cleanup_bus_error_ _cleanup_(ka_bus_error_done)
