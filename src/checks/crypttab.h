/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* The encrypted volumes of /etc/crypttab (crypttab(5)), one after the other. */
struct ka_crypttab {
	char *text, *cursor;
};

/* A line, in its table's memory. What stands behind the last word is NULL. */
struct ka_crypttab_line {
	const char *name, *device, *key;
	char *options;
};

/* An empty one when it is not there or cannot be read, which the host notes. */
struct ka_crypttab ka_crypttab_open(struct ka_host *host) _must_check_;
void ka_crypttab_done(struct ka_crypttab *table);

/* The next volume; false: there is none. */
bool ka_crypttab_next(struct ka_crypttab *table, struct ka_crypttab_line *ret) _must_check_;
