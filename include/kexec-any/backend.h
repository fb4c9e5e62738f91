/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>
#include <kexec-any/chain.h>
#include <kexec-any/entry.h>
#include <kexec-any/error.h>
#include <kexec-any/host.h>

/*
 * A backend knows the rules of one boot loader: what it would show and what it would take. It is a
 * pure function of the host. docs/backends.md says how to write one.
 */

/*
 * How strongly the machine says "this is the loader that boots me". The strongest present backend
 * is in charge; between equals, the order in src/decide/registry.c decides.
 */
enum ka_strength {
	KA_STRENGTH_LAST_RESORT, /* files to boot are there, but no loader's configuration */
	KA_STRENGTH_INSTALLED,	 /* the loader's configuration is on disk */
	KA_STRENGTH_BOOTED,	 /* the running system was started by it */
	KA_STRENGTH_DECREED,	 /* the distribution itself defines the answer (NixOS profile) */
};

struct ka_evidence {
	enum ka_strength strength;
	char *text; /* owned: one line for people; set by probe when present */
};

/*
 * Of a backend whose own records decide what boots, whichever loader is installed (its evidence is
 * KA_STRENGTH_DECREED): the loaders' menus were made from the same records. An entry here and one of a
 * loader are the same system when both command lines have the word with the same value. The core
 * compares the defaults, and takes the loader's kernel and initrds where they are needed
 * (needs_loader_copies; under Secure Boot, signed ones) or are not the same. All literals, for people but for the word.
 */
struct ka_decree {
	const char *word;    /* "init" */
	const char *records; /* "the system profile" */
	const char *place; /* where kernels and initrds lie, that are not a loader's: "the store" */
	const char *if_differs; /* remedy: the loader's default is another system */
	const char *if_missing; /* remedy: no loader has an entry of this system */
};

struct ka_backend {
	const char *name;		/* [a-z0-9-]+, what --backend= takes */
	const char *summary;		/* one line for --status */
	const struct ka_decree *decree; /* NULL: a loader's backend, or the last resort */

	/*
	 * Is this loader here? 1 yes (ret filled), 0 no (ret->text may say what was looked for),
	 * negative: could not tell. Cheap: looks at names, parses nothing.
	 */
	int (*probe)(struct ka_host *host, const struct ka_chain *chain, struct ka_evidence *ret,
		     struct ka_error *err);

	/*
	 * Fill the menu: entries in the loader's order, the default and why. A broken entry stays
	 * with its problem; negative only when nothing sensible can be said.
	 */
	int (*discover)(struct ka_host *host, const struct ka_chain *chain, struct ka_menu *ret,
			struct ka_error *err);
};
