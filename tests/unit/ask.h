/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "decide/chain.h"

#include <kexec-any/backend.h>

/* A backend asked with the chain that its machine has. */

static inline int ask_probe(const struct ka_backend *backend, struct ka_host *host,
			    struct ka_evidence *ret, struct ka_error *err)
{
	struct ka_chain chain;
	int r;

	ka_chain_make(host, &chain);
	r = backend->probe(host, &chain, ret, err);
	ka_chain_done(&chain);
	return r;
}

static inline int ask_discover(const struct ka_backend *backend, struct ka_host *host,
			       struct ka_menu *ret, struct ka_error *err)
{
	struct ka_chain chain;
	int r;

	ka_chain_make(host, &chain);
	r = backend->discover(host, &chain, ret, err);
	ka_chain_done(&chain);
	return r;
}
