// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * extlinux.conf, by the loader that reads it: SYSLINUX and EXTLINUX on x86, U-Boot on other machines.
 */

#include "extlinux.h"

#include <kexec-any/backend.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* KA_UNKNOWN: the machine does not tell. */
static enum ka_tristate is_x86(struct ka_host *host, const struct ka_chain *chain)
{
	_cleanup_free_ char *machine = NULL;

	if (chain->program.kind == KA_PROGRAM_SYSLINUX)
		return KA_YES;
	if (chain->program.kind == KA_PROGRAM_U_BOOT)
		return KA_NO;
	if (ka_host_machine(host, &machine) < 0)
		return KA_UNKNOWN;
	return ka_streq(machine, "x86_64") || ka_streq(machine, "i686") ? KA_YES : KA_NO;
}

/* With EFI the firmware names the program, and U-Boot's own way is none of them. */
static bool is_proven(const struct ka_chain *chain)
{
	return chain->firmware != KA_FIRMWARE_UEFI ||
	       (chain->program.kind == KA_PROGRAM_SYSLINUX && chain->path && chain->partition);
}

static int find(struct ka_host *host, const struct ka_chain *chain, struct ext_place *ret,
		enum ka_tristate *ret_x86)
{
	int r;

	*ret_x86 = is_x86(host, chain);
	r = *ret_x86 == KA_NO ? ext_place_uboot(host, ret) : ext_place_syslinux(host, chain, ret);
	if (r > 0 && !ret->doubt && !is_proven(chain))
		ret->doubt =
			ka_format("'%s' is there, and that the firmware (EFI) starts its loader "
				  "is not known",
				  ret->path);
	return r;
}

static int extlinux_probe(struct ka_host *host, const struct ka_chain *chain,
			  struct ka_evidence *ret, struct ka_error *err)
{
	_cleanup_(ext_place_done) struct ext_place place = { .root = NULL };
	enum ka_tristate x86;
	int r = find(host, chain, &place, &x86);

	if (r < 0)
		return ka_fail_sys(err, r, "cannot look for extlinux.conf and syslinux.cfg");
	ret->strength = KA_STRENGTH_INSTALLED;
	if (r > 0)
		ret->text = ka_strdup(place.path);
	else if (place.installed)
		ret->text = ka_format("%s, and no extlinux.conf or syslinux.cfg", place.installed);
	else
		ret->text = ka_strdup(x86 == KA_NO ? "no extlinux/extlinux.conf"
						   : "no extlinux.conf or syslinux.cfg");
	return r;
}

static int extlinux_discover(struct ka_host *host, const struct ka_chain *chain,
			     struct ka_menu *ret, struct ka_error *err)
{
	_cleanup_(ext_place_done) struct ext_place place = { .root = NULL };
	_cleanup_(ka_menu_done) struct ka_menu menu = KA_MENU_INIT;
	const struct ext_menu m = { .host = host, .place = &place, .menu = &menu };
	enum ka_tristate x86;
	int r = find(host, chain, &place, &x86);

	if (r < 0)
		return ka_fail_sys(err, r, "cannot look for extlinux.conf and syslinux.cfg");
	if (r == 0)
		return ka_fail(err, -ENOENT, "no extlinux.conf or syslinux.cfg");
	menu.configuration = ka_strdup(place.path);
	r = x86 == KA_NO ? uboot_discover(&m, err) : sys_discover(&m, chain, err);
	if (r < 0)
		return r;
	*ret = ka_menu_take(&menu);
	return 0;
}

const struct ka_backend ka_backend_extlinux = {
	.name = "extlinux",
	.summary = "SYSLINUX, EXTLINUX, and U-Boot: extlinux.conf, syslinux.cfg",
	.probe = extlinux_probe,
	.discover = extlinux_discover,
};
