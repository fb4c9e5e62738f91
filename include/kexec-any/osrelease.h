/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* os-release(5) of the machine looked at. All owned, NULL where it does not say. */
struct ka_os_release {
	char *id;
	char **id_like;
	char *version_id;
	char *platform_id; /* without "platform:" */
	char *pretty_name;
};

void ka_os_release_done(struct ka_os_release *os);

/* Of /etc/os-release, else /usr/lib/os-release. 1 read, 0: there is none, negative: it cannot be read. */
int ka_host_os_release(struct ka_host *host, struct ka_os_release *ret) _must_check_;

/* Is it this distribution, or does it say that it is like it? */
bool ka_os_release_is_like(const struct ka_os_release *os, const char *id);

/* "NAME=value" of a line of such a file, modified; its quotes are taken off. NULL: another name. */
char *ka_os_release_value(char *line, const char *name);
