// SPDX-License-Identifier: GPL-2.0-or-later
/* The backends and the menu found: released. */

#include "decide/selection.h"

void ka_selection_done(struct ka_selection *selection)
{
	for (size_t i = 0; i < selection->n_candidates; i++)
		free(selection->candidates[i].why);
	free(selection->candidates);
	ka_chain_done(&selection->chain);
	ka_menu_done(&selection->menu);
	*selection = (struct ka_selection)KA_SELECTION_INIT;
}
