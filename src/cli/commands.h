/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/request.h"

/* One function per command; each prints what it has to say and returns the exit status. */

enum ka_exit ka_cmd_list(const struct ka_request *request);
enum ka_exit ka_cmd_show(const struct ka_request *request);
enum ka_exit ka_cmd_check(const struct ka_request *request);
enum ka_exit ka_cmd_boot(const struct ka_request *request); /* restart, --load, --dry-run */
enum ka_exit ka_cmd_menu(const struct ka_request *request);
enum ka_exit ka_cmd_unload(const struct ka_request *request);
enum ka_exit ka_cmd_cancel(const struct ka_request *request); /* --when=cancel */
enum ka_exit ka_cmd_status(const struct ka_request *request);
enum ka_exit ka_cmd_complete(const struct ka_request *request);
enum ka_exit ka_cmd_help(const struct ka_request *request); /* --help[=all] */
