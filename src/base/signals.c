// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/signals.h"

#include <kexec-any/base.h>

#include <stdbool.h>

void ka_signals_hold(sigset_t *ret_old)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(&set, faults[i]);
	/* Held back, it would kill the process in the end. */
	sigdelset(&set, SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, ret_old);
}

/* signal(7): what the default action of does not end the process. */
static bool is_harmless(int number)
{
	return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH ||
	       number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* Linux keeps a blocked signal even where it is ignored, as by nohup(1). */
static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int ka_signals_pending(void)
{
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return 0;
	for (int i = 1; i <= SIGRTMAX; i++)
		if (sigismember(&pending, i) == 1 && !is_harmless(i) && !is_ignored(i))
			return i;
	return 0;
}

void ka_signals_release(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}
