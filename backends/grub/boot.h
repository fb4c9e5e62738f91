/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>

#include "state/grub.h"

/*
 * Turn what a body loaded into an entry that has its id, title and source already: type, files,
 * command line, and what is wrong with them. running: the running kernel's command line, or NULL.
 */
int grub_fill_entry(struct grub *g, const struct grub_boot *boot, const char *running,
		    struct ka_entry *entry) _must_check_;

/*
 * chainloaded.c: an entry that chainloads a unified kernel image becomes one of that image. 1 it did, 0: it
 * chainloads something else, or nothing that can be seen.
 */
int grub_fill_chainloaded(struct grub *g, const struct grub_boot *boot, struct ka_entry *entry)
	_must_check_;
