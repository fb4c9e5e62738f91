/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/*
 * --stop-timeout=: a unit below /run that kexec.target starts with the shutdown. At the deadline it kills what
 * is still being stopped, and where that does not end the shutdown either, it asks systemd for the jump at
 * once. Because kexec.target starts it, it works for a scheduled restart as well. systemd's own
 * JobTimeoutAction=kexec-force (254) is not used: before it does not exist, and after it still waits for what
 * refuses to stop (DefaultTimeoutStopSec=, 90 s).
 */

/* "90", "20s", "2min", "1h 30min": in seconds. -EINVAL: it is none, or 0, or more than a day. */
int ka_deadline_parse(const char *text, unsigned int *ret, struct ka_error *err) _must_check_;

/* From here on every shutdown that ends in a kexec has the limit. */
int ka_deadline_set(unsigned int seconds, struct ka_error *err) _must_check_;
/* 1 it had been set, 0 not. */
int ka_deadline_clear(struct ka_host *host, struct ka_error *err) _must_check_;
/* The files alone, for ka_on_out_of_memory(): allocates nothing, tells nothing. */
void ka_deadline_clear_now(void);

/* How long after the deadline the jump comes at the latest, if nothing but services holds it up. */
#define KA_DEADLINE_GRACE 10
