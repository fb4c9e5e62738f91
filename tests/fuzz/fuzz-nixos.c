// SPDX-License-Identifier: GPL-2.0-or-later
/* A bootspec: boot.json. */

#include "fuzz.h"
#include "nixos.h"

#include <kexec-any/memory.h>

static void check(const struct nixos_system *s)
{
	/* What the backend counts on. */
	if (!s->kernel || !s->init || !s->toplevel || !s->params || !s->label ||
	    *s->kernel != '/' || strchr(s->params, '\n'))
		abort();
	for (size_t i = 0; i < s->n_specialisations; i++) {
		if (!s->specialisations[i].name)
			abort();
		check(&s->specialisations[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nixos_system system;
	enum nixos_bootspec kind;
	char *text = ka_strndup((const char *)data, size), *why;

	kind = nixos_bootspec_parse(text, strlen(text), &system, &why);
	if (kind == NIXOS_BOOTSPEC_OK) {
		check(&system);
		nixos_system_done(&system);
	} else if (!why)
		abort();
	free(why);
	free(text);
	return 0;
}
