// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB script: lexer, parser and evaluator over an empty machine. The first byte picks a dialect. */

#include "fuzz.h"
#include "menu/default.h"
#include "run/interp.h"
#include "session.h"
#include "state/env.h"

#include <stdlib.h>

/* A fuzzer wants many short runs in little memory. */
#define STEPS 20000		/* of GRUB_STEP_LIMIT */
#define BYTES ((size_t)4 << 20) /* of GRUB_BYTES_LIMIT */

static void run(struct ka_host *host, const struct grub_dialect *dialect, const char *text)
{
	struct ka_findings problems = KA_FINDINGS_INIT;
	struct grub g;

	grub_init(&g, host, dialect, &problems);
	g.steps = GRUB_STEP_LIMIT - STEPS;
	g.bytes = GRUB_BYTES_LIMIT - BYTES;
	g.context->menu = calloc(1, sizeof(*g.context->menu));
	grub_run_text(&g, text, "/fuzz.cfg", 1, true);
	g.stopped = g.returning = false;
	for (size_t i = 0; g.context->menu && i < g.context->menu->n_items && i < 8; i++) {
		struct grub_boot boot = { .kind = GRUB_BOOT_NOTHING };

		g.boot = &boot;
		grub_run_body(&g, g.context->menu->items[i]);
		g.boot = &g.outside;
		g.stopped = false;
		grub_boot_done(&boot);
	}
	grub_default_index(&g,
			   g.context->menu ? g.context->menu : &(struct grub_menu){ .n_items = 0 },
			   grub_get(&g, "default"));
	grub_done(&g);
	ka_findings_done(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct grub_dialect *const dialects[] = { &grub_upstream, &grub_upstream_bls,
							       &grub_rhel8, &grub_fedora };
	static struct ka_host *host;
	char *text;

	if (size == 0)
		return 0;
	if (!host) {
		char dir[] = "/tmp/kexec-any-fuzz-XXXXXX";

		if (!mkdtemp(dir) || ka_host_new(dir, &host, NULL) < 0)
			abort();
		rmdir(dir);
	}
	text = strndup((const char *)data + 1, size - 1);
	if (text)
		run(host, dialects[data[0] % ARRAY_SIZE(dialects)], text);
	free(text);
	return 0;
}
