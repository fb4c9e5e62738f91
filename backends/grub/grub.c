// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB: grub.cfg is a program, so it is run (lang/, run/) until it shows its menu; the
 * default is resolved as GRUB resolves it, and the chosen entry's body is run to see what it loads.
 */

#include "pass.h"
#include "state/env.h"
#include "world/config.h"
#include "world/device.h"
#include "world/subvolume.h"

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
	ret->text = ka_format("%s%s",
			      config.main   ? config.main
			      : config.stub ? config.stub
					    : chain->path,
			      booted ? ", and GRUB boots this machine" : "");
	return 1;
}

static void forget_doubt(struct grub_config *config)
{
	free(config->doubt);
	config->doubt = NULL;
}

static char *no_menu(const struct ka_chain *core, const char *prefix)
{
	const struct ka_program *p = &core->program;

	return ka_format("%s shows no menu: there is none in %s/grub.cfg (where its prefix '%s'%s "
			 "leads), and GRUB waits at its prompt",
			 core->path, prefix ? prefix : "", p->prefix ? p->prefix : "",
			 p->config ? " and its embedded configuration" : "");
}

/*
 * The program itself leads to no menu. Another configuration's may be listed, but what boots is known not to
 * come from there, or not known at all.
 */
static void leave_core(struct grub_config *config, struct grub_pass *pass)
{
	forget_doubt(config);
	if (pass->g.unread)
		config->doubt = ka_strdup(pass->g.unread);
	else if (pass->g.outside.kind != GRUB_BOOT_NOTHING)
		config->doubt = ka_format("%s boots without a menu", config->core->path);
	else
		config->doubt = no_menu(config->core, grub_get(&pass->g, "prefix"));
	grub_pass_done(pass);
	*pass = (struct grub_pass){ .menu = KA_MENU_INIT };
}

/*
 * SUSE's GRUB started in a default subvolume that leads to no menu. What is in the one that is mounted is then
 * not what boots. NULL: its paths start elsewhere.
 */
static char *no_menu_in_subvolume(struct grub *g)
{
	const char *prefix = grub_get(g, "prefix");
	_cleanup_free_ char *device = prefix ? grub_path_device(g, prefix) : NULL;
	_cleanup_free_ char *volume = NULL, *start = NULL;

	if (!device || grub_find_volume(g, device, &volume) < 0 || !*volume)
		return NULL;
	start = grub_tree_start(g, volume);
	if (!start)
		return NULL;
	return ka_format(
		"GRUB starts in the default subvolume of %s, '%s', and there is no menu in its "
		"%s/grub.cfg; 'btrfs subvolume set-default' changes it",
		volume, *start ? start : "/",
		strchr(prefix, ')') ? strchr(prefix, ')') + 1 : prefix);
}

/* A run that came to no menu: why nothing is decided by it, if that is known. */
static void explain_no_menu(struct grub_config *config, struct grub *g)
{
	if (config->doubt)
		return;
	config->doubt = g->unread ? ka_strdup(g->unread) : no_menu_in_subvolume(g);
}

/*
 * One run from where GRUB starts: the program when all of it was read; the stub, when it leads to a menu; else
 * it is perhaps not the one in use. *ret_start is the file it was (NULL: the program), to go the other ways
 * from too.
 */
static int run_first(struct ka_host *host, struct grub_config *config, const char **ret_start,
		     struct grub_pass *pass)
{
	int r;

	*ret_start = NULL;
	if (config->core) {
		r = grub_pass_run(host, config, NULL, NULL, pass);
		if (r == 0 && pass->menu.n_entries == 0)
			leave_core(config, pass);
		else
			forget_doubt(config);
		if (r < 0 || pass->menu.n_entries > 0 || (!config->stub && !config->main))
			return r;
	}
	if (config->stub) {
		r = grub_pass_run(host, config, config->stub, NULL, pass);
		*ret_start = config->stub;
		if ((r < 0 && r != -E2BIG) || !config->main || pass->menu.n_entries > 0)
			return r;
		if (config->dialect->has_subvolumes)
			explain_no_menu(config, &pass->g);
		grub_pass_done(pass);
		*pass = (struct grub_pass){ .menu = KA_MENU_INIT };
	}
	*ret_start = config->main;
	r = grub_pass_run(host, config, config->main, NULL, pass);
	if (r == 0 && pass->menu.n_entries == 0 && config->relative)
		explain_no_menu(config, &pass->g);
	return r;
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
	if ((!start || (config.relative && ka_streq(start, config.main))) && pass.g.first_file)
		start = pass.g.first_file;
	if (!start)
		start = chain->path;
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
