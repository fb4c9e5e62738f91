/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <signal.h>

/*
 * From the load to the trigger no signal may end the process: a kernel would stay armed that nobody asked
 * to start. What comes meanwhile waits; whoever loads looks at it before each step that cannot be undone.
 */

/* Hold back all signals but those of a fault. A pipe without a reader gives an error from now on. */
void ka_signals_hold(sigset_t *ret_old);
/* A held signal that would have ended the process; 0: none. */
int ka_signals_pending(void);
/* What was held is delivered now. */
void ka_signals_release(const sigset_t *old);
