/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>

/*
 * Was this menu the one that started the running system, as far as that can be told? NULL: nothing speaks
 * against it. Else one sentence that names both sides, owned by the caller.
 */
char *ka_contradict(struct ka_host *host, const struct ka_chain *chain, const struct ka_menu *menu);
