// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits, questions nobody here can answer, files nobody here can read, complaints. */

#include "state/trouble.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <stdarg.h>

static const char *file_of(const struct grub *g)
{
	return g->file ? g->file : "grub.cfg";
}

int grub_give_up(struct grub *g, const char *what)
{
	if (g->error)
		return g->error;
	g->error = -E2BIG;
	g->limit = what;
	g->limit_file = g->file;
	g->limit_line = g->line;
	/* A body that is only listed takes itself out, not the menu. */
	if (!g->listing)
		ka_report(g->problems, KA_ERROR, KA_ID_GRUB_LIMIT, g->file, NULL,
			  "%s:%u: %s: kexec-any does not go on", file_of(g), g->line, what);
	return g->error;
}

bool grub_charge(struct grub *g, size_t bytes)
{
	g->bytes += bytes;
	if (g->bytes > GRUB_BYTES_LIMIT)
		grub_give_up(g, "more than 64 MiB of text to work through");
	return !g->error;
}

void grub_complain(struct grub *g, enum ka_severity severity, enum ka_finding_id id,
		   const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	/* Bodies run many times while listing; what is wrong in them is said once, when booted. */
	if (g->listing)
		return;
	va_start(ap, fmt);
	text = ka_vformat(fmt, ap);
	va_end(ap);
	ka_report(g->problems, severity, id, g->file, NULL, "%s:%u: %s", file_of(g), g->line, text);
}

bool grub_decide(struct grub *g, const char *about)
{
	if (g->listing) {
		g->tainted = true;
		return false;
	}
	if (g->at_decision >= GRUB_QUESTIONS_LIMIT)
		return false;
	ka_strv_add_take(&g->questions, ka_format("%s:%u: %s", file_of(g), g->line, about));
	g->at_decision++;
	return g->at_decision <= g->n_decisions && g->decisions[g->at_decision - 1];
}

void grub_unknown(struct grub *g, const char *command)
{
	if (g->listing)
		g->tainted = true;
	if (g->listing || g->unread)
		return;
	g->unread =
		ka_format("%s:%u: the command '%s' decides what boots, and the GRUB that is read "
			  "here (%s) does not have it",
			  file_of(g), g->line, command, g->dialect->name);
}

void grub_unread(struct grub *g, const char *path, int error)
{
	if (g->listing)
		g->tainted = true;
	if (g->listing || g->unread)
		return;
	g->unread = error == -EACCES || error == -EPERM || error == -EIO
			    ? ka_format("%s: %s, and GRUB reads it", path, strerror(-error))
			    : ka_format("%s cannot be seen from here (%s), and GRUB reads it", path,
					strerror(-error));
}
