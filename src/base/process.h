/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

/* Running another program: never through a shell, its words caught. */

/*
 * Run argv (argv[0] is a path, or the name of one of the system's programs: the caller's PATH is not
 * asked) with an empty standard input, the C locale and the caller's time zone, and wait for it. *ret_output gets what it wrote to stdout and stderr (at most 64 KiB,
 * stripped). keep_fds: n_keep descriptors the program inherits under the same numbers.
 * Returns its exit status, negative when it could not be run (-ENOENT: not installed) or was
 * killed.
 */
int ka_process_run(const char *const *argv, const int *keep_fds, size_t n_keep, char **ret_output,
		   struct ka_error *err) _must_check_;
