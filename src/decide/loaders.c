// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traces of boot loaders. What started the machine: the EFI variables LoaderInfo and StubInfo
 * (systemd.io/BOOT_LOADER_INTERFACE), BOOT_IMAGE= on the running command line (GRUB writes it as
 * "(device)/path" or "/path"; syslinux and LILO write the bare name). What is installed: the
 * configuration files each of them reads.
 */

#include "decide/loaders.h"
#include "decide/registry.h"

#include <kexec-any/text.h>

static const struct {
	const char *name;
	const char *backend;	 /* the backend that reads it, once there is one */
	const char *loader_info; /* how LoaderInfo or StubInfo begin; NULL: sets neither */
	const char *paths[6];
} loaders[] = {
	{ "GRUB", "grub", "GRUB ", { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg" } },
	{ "systemd-boot",
	  "bls",
	  "systemd-boot ",
	  { "/boot/loader/loader.conf", "/efi/loader/loader.conf",
	    "/boot/efi/loader/loader.conf" } },
	{ "systemd-stub (UKI)", "bls", "systemd-stub ", { NULL } },
	{ "the NixOS system profile", "nixos", NULL, { "/nix/var/nix/profiles/system" } },
	{ "extlinux",
	  "extlinux",
	  NULL,
	  { "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf",
	    "/boot/syslinux/syslinux.cfg" } },
	{ "limine",
	  "limine",
	  "Limine ",
	  { "/boot/limine.conf", "/boot/limine/limine.conf", "/boot/EFI/limine/limine.conf" } },
	{ "rEFInd",
	  "refind",
	  NULL,
	  { "/boot/efi/EFI/refind/refind.conf", "/boot/EFI/refind/refind.conf",
	    "/efi/EFI/refind/refind.conf" } },
	{ "zipl", "zipl", NULL, { "/etc/zipl.conf" } },
};

/* What the loader itself told the firmware, the stub where the loader said nothing. */
static char *booted_by(struct ka_host *host)
{
	char *name = NULL;

	if (ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &name) < 0 &&
	    ka_host_efi_string(host, "StubInfo", KA_EFI_GUID_LOADER, &name) < 0)
		return NULL;
	return name;
}

/* GRUB leaves no variable on BIOS machines, but BOOT_IMAGE= with a path on the command line. */
static bool has_grub_image(struct ka_host *host)
{
	_cleanup_free_ char *cmdline = NULL, *image = NULL;

	return ka_host_read_line(host, "/proc/cmdline", &cmdline, NULL) == 0 &&
	       ka_cmdline_get(cmdline, "BOOT_IMAGE", &image) && (*image == '(' || *image == '/');
}

static const char *first_path(struct ka_host *host, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n && paths[i]; i++)
		if (ka_host_seems_there(host, paths[i]))
			return paths[i];
	return NULL;
}

static void report(struct ka_findings *problems, const char *name, const char *path, bool booted,
		   const char *in_charge)
{
	ka_report(problems, KA_WARNING, "loader-not-read", path,
		  "compare with the loader's own menu, or name the entry with --entry=",
		  "%s %s, but %s; the default shown here comes from the '%s' rules and may "
		  "differ",
		  name, booted ? "started this machine" : "is installed on this machine",
		  path ? "this version of kexec-any does not read its configuration"
		       : "its configuration was not found",
		  in_charge);
}

/* Read by a backend of its own, which was weighed against the one in charge. */
static bool is_read(const struct ka_selection *selection, const char *backend, const char *path)
{
	if (path && ka_backend_by_name(backend))
		return true;
	for (size_t i = 0; i < selection->n_candidates; i++)
		if (selection->candidates[i].present > 0 &&
		    ka_streq(selection->candidates[i].backend->name, backend))
			return true;
	return false;
}

void ka_loaders_report(struct ka_host *host, struct ka_selection *selection)
{
	const char *in_charge = selection->candidates[selection->in_charge].backend->name;
	_cleanup_free_ char *info = booted_by(host);
	bool grub_image = has_grub_image(host);

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		const char *path = first_path(host, loaders[i].paths, ARRAY_SIZE(loaders[i].paths));
		bool booted = info && loaders[i].loader_info &&
			      ka_startswith(info, loaders[i].loader_info);

		if (ka_streq(loaders[i].name, "GRUB") && grub_image && !info)
			booted = true;
		if ((!path && !booted) || ka_streq(loaders[i].backend, in_charge) ||
		    is_read(selection, loaders[i].backend, path))
			continue;
		report(&selection->menu.problems, loaders[i].name, path, booted, in_charge);
	}
}
