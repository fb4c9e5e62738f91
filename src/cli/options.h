/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

#include "cli/request.h"

/* Read the command line. 0, or -EINVAL with the mistake in err. Strings of argv are borrowed. */
int ka_options_parse(int argc, char **argv, struct ka_request *ret, struct ka_error *err)
	_must_check_;
