// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB: grub.cfg is a program, so it is run (lang/, run/) until it shows its menu; the
 * default is resolved as GRUB resolves it, and the chosen entry's body is run to see what it loads.
 */

#include "pass.h"
#include "world/config.h"

#include <kexec-any/backend.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static int grub_backend_probe(struct ka_host *host, const struct ka_chain *chain,
			      struct ka_evidence *ret, struct ka_error *err)
{
	_cleanup_(grub_config_done) struct grub_config config = { NULL };
	bool booted = chain->program.kind == KA_PROGRAM_GRUB;

	if (!grub_config_find(host, chain, &config)) {
		if (config.unseen)
			return ka_fail(err, -EACCES,
				       "%s: whether GRUB is here cannot be told; run it as root",
				       config.unseen);
		ret->text = grub_config_missing();
		return 0;
	}
	ret->strength = booted ? KA_STRENGTH_BOOTED : KA_STRENGTH_INSTALLED;
	ret->text = ka_format("%s%s", config.main ? config.main : config.stub,
			      booted ? ", and GRUB boots this machine" : "");
	return 1;
}

/*
 * One run from where GRUB starts: the stub, when it leads to a menu; else it is perhaps not the one
 * in use. *ret_start is the file it was, to go the other ways from too.
 */
static int run_first(struct ka_host *host, const struct grub_config *config, const char **ret_start,
		     struct grub_pass *pass)
{
	int r;

	if (config->stub) {
		r = grub_pass_run(host, config, config->stub, NULL, pass);
		*ret_start = config->stub;
		if ((r < 0 && r != -E2BIG) || !config->main || pass->menu.n_entries > 0)
			return r;
		grub_pass_done(pass);
		*pass = (struct grub_pass){ .menu = KA_MENU_INIT };
	}
	*ret_start = config->main;
	return grub_pass_run(host, config, config->main, NULL, pass);
}

/* What decides and cannot be seen; or several configurations, and nothing tells which one is read. */
static void report_unsure(struct grub_config *config, struct ka_menu *menu)
{
	if (config->unseen)
		menu->undecided = ka_format("%s, and what GRUB boots depends on it; run it as root",
					    config->unseen);
	else
		menu->undecided = TAKE_PTR(config->doubt);
}

static int grub_backend_discover(struct ka_host *host, const struct ka_chain *chain,
				 struct ka_menu *ret, struct ka_error *err)
{
	_cleanup_(grub_pass_done) struct grub_pass pass = { .menu = KA_MENU_INIT };
	_cleanup_(grub_config_done) struct grub_config config = { NULL };
	const char *start;
	int r;

	if (!grub_config_find(host, chain, &config)) {
		_cleanup_free_ char *missing = grub_config_missing();

		if (config.unseen)
			return ka_fail(err, -EACCES, "%s; run it as root", config.unseen);
		return ka_fail(err, -ENOENT, "%s", missing);
	}
	r = run_first(host, &config, &start, &pass);
	if (r == -E2BIG)
		return ka_fail(err, r, "%s:%u: %s: kexec-any does not go on",
			       pass.g.limit_file ? pass.g.limit_file : "grub.cfg",
			       pass.g.limit_line, pass.g.limit ? pass.g.limit : "a limit");
	if (r < 0)
		return r;
	grub_try_all(host, &config, start, &pass);
	if (!pass.menu.undecided)
		report_unsure(&config, &pass.menu);
	if (pass.menu.undecided)
		pass.menu.default_index = -1;
	pass.menu.configuration = ka_strdup(start);
	pass.menu.dialect = config.dialect->name;
	*ret = ka_menu_take(&pass.menu);
	return 0;
}

const struct ka_backend ka_backend_grub = {
	.name = "grub",
	.summary = "GRUB 2: grub.cfg, run as GRUB runs it",
	.probe = grub_backend_probe,
	.discover = grub_backend_discover,
};
