// SPDX-License-Identifier: GPL-2.0-or-later
/* One GRUB: made with all commands it has, and released. */

#include "session.h"
#include "commands.h"
#include "entries.h"
#include "menu/bls.h"
#include "run/interp.h"
#include "state/env.h"
#include "world/device.h"
#include "world/envblk.h"
#include "world/subvolume.h"

void grub_init(struct grub *g, struct ka_host *host, const struct grub_dialect *dialect,
	       struct ka_findings *problems)
{
	*g = (struct grub){
		.host = host,
		.dialect = dialect,
		.problems = problems,
		.find_command = grub_find_command,
		.step_limit = GRUB_STEP_LIMIT,
	};
	g->boot = &g->outside;
	grub_context_open(g);
}

void grub_done(struct grub *g)
{
	const struct grub_journal none = { .start = 0 };

	grub_journal_pop(g, &none);
	free(g->undo);
	free(g->unread);
	while (g->context)
		grub_context_close(g);
	grub_devices_done(g);
	grub_subvolumes_done(g);
	grub_bls_done(g);
	grub_boot_done(&g->outside);
	grub_drop_writes(g, 0);
	free(g->writes);
	grub_interp_done(g);
	ka_strv_free(g->questions);
	ka_strv_free(g->inserted);
	ka_strv_free(g->hidden);
	grub_entries_done(g);
	*g = (struct grub){ 0 };
}
