// SPDX-License-Identifier: GPL-2.0-or-later
#include "restart/bus.h"

#include "base/library.h"

static struct ka_bus_calls calls;
const struct ka_bus_calls *ka_bus;

int ka_bus_load(struct ka_error *err)
{
	const struct ka_symbol symbols[] = {
		{ &calls.open_system, "sd_bus_open_system" },
		{ &calls.new, "sd_bus_new" },
		{ &calls.set_address, "sd_bus_set_address" },
		{ &calls.start, "sd_bus_start" },
		{ &calls.allow_interactive_authorization,
		  "sd_bus_set_allow_interactive_authorization" },
		{ &calls.close, "sd_bus_flush_close_unref" },
		{ &calls.call, "sd_bus_call_method" },
		{ &calls.get_property, "sd_bus_get_property" },
		{ &calls.enter_container, "sd_bus_message_enter_container" },
		{ &calls.read, "sd_bus_message_read" },
		{ &calls.message_unref, "sd_bus_message_unref" },
		{ &calls.error_has_name, "sd_bus_error_has_name" },
		{ &calls.error_free, "sd_bus_error_free" },
	};
	int r;

	if (ka_bus)
		return 0;
	r = ka_library_load(KA_LIBRARY_SYSTEMD, symbols, ARRAY_SIZE(symbols), err);
	if (r == 0)
		ka_bus = &calls;
	return r;
}
