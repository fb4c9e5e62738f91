/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/request.h"

/*
 * What an administrator settles for every run, in kexec-any.conf and files beside it:
 *
 *	[kexec-any]
 *	Backend=NAME, Append=TEXT, Ignore=ID[,ID...], StopTimeout=TIME
 *
 * The main file is the first of /etc, /run and /usr/lib; of kexec-any.conf.d in all three, those files count
 * that no directory before has by that name, in the order of their names. A later file replaces a key.
 */

/* One key, as the last file has it. */
struct ka_setting {
	char *value; /* NULL: not set */
	char *path;  /* of the file */
};

struct ka_settings {
	struct ka_setting backend, append, ignore, stop_timeout;
};

#define KA_SETTINGS_INIT                                                                           \
	{                                                                                          \
		.backend = {.value = NULL }                                                        \
	}

void ka_settings_done(struct ka_settings *settings);

/*
 * Read them from the machine that the request is about, and give the request what its command line does not
 * say otherwise. It borrows from ret. A file that cannot be read or understood is an error.
 */
int ka_settings_apply(struct ka_request *request, struct ka_settings *ret, struct ka_error *err)
	_must_check_;
