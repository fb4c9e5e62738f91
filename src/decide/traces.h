/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "decide/running.h"

/*
 * Loaders that no backend reads. Where the chain leads to one, or nothing tells which program boots and
 * one of them has left its configuration here, there is no default: chain->refusal names it and where its
 * configuration is.
 */
void ka_traces_judge(struct ka_host *host, const struct ka_running *running,
		     struct ka_chain *chain);

/* The backend that reads the menu of this program; NULL: none does. */
const char *ka_traces_backend(enum ka_program_kind kind);

/* The first configuration of a loader that no backend reads; *ret_kind: whose. NULL: there is none. */
char *ka_traces_find(struct ka_host *host, const struct ka_chain *chain,
		     enum ka_program_kind *ret_kind);
