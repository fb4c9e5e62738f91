/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "decide/selection.h"

/* The first decision: which loader is in charge, and which of its entries is meant. */

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
