/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* --- version.c */

/*
 * Order of versions as linux-base has it: numbers by value, the rest by bytes, broken before hyphens,
 * "-rc" and "-trunk" before everything, even the end. Below 0, 0 or above, as strcmp(3).
 */
int debian_compare_versions(const char *a, const char *b);
/* Does this name begin as a release number does? */
bool debian_is_version(const char *name);

/* --- links.c */

/* What /etc/kernel-img.conf says about the links. */
struct debian_link_config {
	bool present;
	bool in_boot;
	bool wanted; /* do_symlinks */
	char *dest;  /* image_dest, without a slash at the end; NULL when not said */
};

/* One of the four links, resolved. */
struct debian_link {
	char *path;   /* such as /vmlinuz.old */
	char *target; /* canonical where it exists; NULL when there is no link */
};

/* The machine as this backend sees it. */
struct debian_layout {
	struct debian_link_config config;
	struct debian_link kernel, kernel_old, initrd;
	struct debian_link second; /* the kernel link in the other folder, to name a disagreement */
	char **names;		   /* in /boot, sorted by bytes */
	char *unread; /* what decides and cannot be read, as a sentence; NULL: nothing */
};

/* 0; -E2BIG: /boot holds more than KA_HOST_NAMES_LIMIT names. What is not there stays NULL. */
int debian_layout_read(struct ka_host *host, struct debian_layout *layout) _must_check_;
void debian_layout_done(struct debian_layout *layout);
