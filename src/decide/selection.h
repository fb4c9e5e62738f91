/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/backend.h>
#include <kexec-any/chain.h>

/* What is found before an entry is chosen: the backends, and the menu of the one in charge. */

struct ka_candidate {
	const struct ka_backend *backend;
	int present; /* 1, 0, or negative: could not tell */
	enum ka_strength strength;
	char *why; /* the evidence, or what was looked for, or the error; never NULL */
};

struct ka_selection {
	struct ka_chain chain;
	struct ka_candidate *candidates; /* in the order of the registry */
	size_t n_candidates;
	ssize_t in_charge;   /* index; -1 when no backend is present */
	struct ka_menu menu; /* of the backend in charge */
};

#define KA_SELECTION_INIT                                                                          \
	{                                                                                          \
		.in_charge = -1, .menu = KA_MENU_INIT                                              \
	}

void ka_selection_done(struct ka_selection *selection);
