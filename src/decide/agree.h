/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "decide/selection.h"

/*
 * Where the distribution decrees what boots (struct ka_decree), the loader still has entries of its
 * own for the same systems. Ask the other backends that are present: take kernel and initrds from their
 * entries where ours are not what boots (needs_loader_copies; under Secure Boot, signed ones; of the loader that
 * boots, where they are other ones), and say when their default is another system. Of a loader that no backend
 * reads, refuse what is not known to be the same. What goes wrong becomes a problem.
 */
void ka_agree(struct ka_host *host, struct ka_selection *selection);
