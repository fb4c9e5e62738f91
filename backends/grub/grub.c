// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB: grub.cfg is a program, so it is run (lang/, run/) until it shows its menu; the
 * default is resolved as GRUB resolves it, and the chosen entry's body is run to see what it loads.
 */

#include "pass.h"
#include "world/config.h"

#include <kexec-any/backend.h>
#include <kexec-any/text.h>

#include <errno.h>

/* GRUB writes BOOT_IMAGE= with a path; LoaderInfo names it on EFI. */
static bool was_booted(struct ka_host *host)
{
	_cleanup_free_ char *info = NULL, *cmdline = NULL, *image = NULL;

	if (ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &info) == 0)
		return ka_startswith(info, "GRUB") != NULL;
	return ka_host_read_line(host, "/proc/cmdline", &cmdline, NULL) == 0 &&
	       ka_cmdline_get(cmdline, "BOOT_IMAGE", &image) > 0 && strchr("(/", *image) && *image;
}

static int grub_backend_probe(struct ka_host *host, struct ka_evidence *ret,
			      _unused_ struct ka_error *err)
{
	_cleanup_(grub_config_done) struct grub_config config = { NULL };
	bool booted;

	if (!grub_config_find(host, &config)) {
		ret->text = grub_config_missing();
		return 0;
	}
	booted = was_booted(host);
	ret->strength = booted ? KA_STRENGTH_BOOTED : KA_STRENGTH_INSTALLED;
	ret->text = ka_format("%s%s", config.main ? config.main : config.stub,
			      booted ? ", and GRUB started this machine" : "");
	return 1;
}

/*
 * One run from where GRUB starts: the stub, when it leads to a menu; else it is perhaps not the one
 * in use. *ret_start is the file it was, to go the other ways from too.
 */
static int run_first(struct ka_host *host, const struct grub_dialect *dialect,
		     const struct grub_config *config, const char **ret_start,
		     struct grub_pass *pass)
{
	int r;

	if (config->stub) {
		r = grub_pass_run(host, dialect, config->stub, NULL, pass);
		*ret_start = config->stub;
		if ((r < 0 && r != -E2BIG) || !config->main || pass->menu.n_entries > 0)
			return r;
		grub_pass_done(pass);
		*pass = (struct grub_pass){ .menu = KA_MENU_INIT };
	}
	*ret_start = config->main;
	return grub_pass_run(host, dialect, config->main, NULL, pass);
}

/* Two installations, and nothing tells which one the firmware starts. */
static void report_second(const struct grub_config *config, const char *start, struct ka_menu *menu)
{
	if (!config->other || start != config->main)
		return;
	menu->undecided = ka_format("there are two GRUB configurations, %s and %s, and nothing "
				    "here tells which one the firmware starts",
				    config->main, config->other);
}

static int grub_backend_discover(struct ka_host *host, struct ka_menu *ret, struct ka_error *err)
{
	_cleanup_(grub_pass_done) struct grub_pass pass = { .menu = KA_MENU_INIT };
	_cleanup_(grub_config_done) struct grub_config config = { NULL };
	const struct grub_dialect *dialect;
	const char *start;
	int r;

	if (!grub_config_find(host, &config)) {
		_cleanup_free_ char *missing = grub_config_missing();

		return ka_fail(err, -ENOENT, "%s", missing);
	}
	dialect = grub_config_dialect(host, config.main ? config.main : config.stub);
	r = run_first(host, dialect, &config, &start, &pass);
	if (r == -E2BIG)
		return ka_fail(err, r, "%s:%u: %s: kexec-any does not go on",
			       pass.g.limit_file ? pass.g.limit_file : "grub.cfg",
			       pass.g.limit_line, pass.g.limit ? pass.g.limit : "a limit");
	if (r < 0)
		return r;
	grub_try_all(host, dialect, start, &pass);
	if (!pass.menu.undecided)
		report_second(&config, start, &pass.menu);
	if (pass.menu.undecided)
		pass.menu.default_index = -1;
	*ret = ka_menu_take(&pass.menu);
	return 0;
}

const struct ka_backend ka_backend_grub = {
	.name = "grub",
	.summary = "GRUB 2: grub.cfg, run as GRUB runs it",
	.probe = grub_backend_probe,
	.discover = grub_backend_discover,
};
