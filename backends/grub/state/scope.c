// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of functions and entries. */

#include "state/scope.h"

#include <kexec-any/text.h>

char **grub_params(const struct grub *g)
{
	return g->scope ? g->scope->params : NULL;
}

size_t grub_n_params(const struct grub *g)
{
	return g->scope ? g->scope->n : 0;
}

bool grub_has_params(const struct grub *g)
{
	return g->scope != NULL;
}

void grub_scope_replace(struct grub_scope *scope, char **params, size_t n)
{
	if (scope->owned)
		ka_strv_free(scope->params - scope->shifts);
	*scope = (struct grub_scope){ .params = params, .n = n, .owned = true };
}

/* shift leaves the words before params to their owner: they are freed from the start. */
void grub_scope_done(struct grub_scope *scope)
{
	grub_scope_replace(scope, NULL, 0);
}
