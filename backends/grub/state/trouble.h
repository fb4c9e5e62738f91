/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* What cannot go on, what cannot be known, and what is to be complained of. */

/* A limit was hit: everything unwinds. what: a literal. */
int grub_give_up(struct grub *g, const char *what);
/* Count bytes that are kept or worked through. False: GRUB_BYTES_LIMIT is passed, all unwinds. */
bool grub_charge(struct grub *g, size_t bytes);
/* Yes or no to something that cannot be known; about: for people. */
bool grub_decide(struct grub *g, const char *about);
/*
 * GRUB reads this, and kexec-any cannot (error: why, negative errno): it may say anything, so
 * nothing is decided. While listing it is no more than unknown.
 */
void grub_unread(struct grub *g, const char *path, int error);
/* A command that decides what boots, and that this dialect does not have: nothing is decided. */
void grub_unknown(struct grub *g, const char *command);
/* What GRUB would print as an error: kept as a finding. */
void grub_complain(struct grub *g, enum ka_severity severity, enum ka_finding_id id,
		   const char *fmt, ...) _printf_(4, 5);
