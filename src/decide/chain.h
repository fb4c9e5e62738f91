/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>
#include <kexec-any/error.h>

/*
 * Make the chain of this machine. What cannot be read is not known, which the chain says; so this never
 * fails.
 */
void ka_chain_make(struct ka_host *host, struct ka_chain *ret);
/* What the program at the chain's path is; behind shim, path is what it starts. */
void ka_chain_identify(struct ka_host *host, struct ka_chain *chain);
