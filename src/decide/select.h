/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/backend.h>

/* The first decision: which loader is in charge, and which of its entries is meant. */

struct ka_candidate {
	const struct ka_backend *backend;
	int present; /* 1, 0, or negative: could not tell */
	enum ka_strength strength;
	char *why; /* the evidence, or what was looked for, or the error; never NULL */
};

struct ka_selection {
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

/*
 * Probe all backends and fill the menu of the one in charge. only: the value of --backend=, or
 * NULL. With no backend present this succeeds with in_charge = -1; -ENOENT when only names a
 * backend that does not exist or is not present here.
 */
int ka_select_backend(struct ka_host *host, const char *only, struct ka_selection *ret,
		      struct ka_error *err) _must_check_;

/*
 * Find the entry --entry=spec means: exact id (or alias), exact title, the number --list shows,
 * a unique prefix of an id; each with its case first, then (but for the number) without.
 * -ENOENT: none; -ENOTUNIQ: several, named in the error.
 */
int ka_select_entry(const struct ka_menu *menu, const char *spec, size_t *ret, struct ka_error *err)
	_must_check_;
