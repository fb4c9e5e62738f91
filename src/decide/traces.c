// SPDX-License-Identifier: GPL-2.0-or-later
/* What loaders leave on the disks: where the configuration of each lies, for those that are not read. */

#include "decide/traces.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static const struct {
	enum ka_program_kind kind;
	const char *backend;
} readers[] = {
	{ KA_PROGRAM_GRUB, "grub" },
	{ KA_PROGRAM_SYSTEMD_BOOT, "bls" },
	{ KA_PROGRAM_SYSLINUX, "extlinux" },
	{ KA_PROGRAM_U_BOOT, "extlinux" }, /* its scripts are read by none */
	{ KA_PROGRAM_SYSTEMD_STUB, "firmware" },
	{ KA_PROGRAM_LINUX, "firmware" },
	{ KA_PROGRAM_ZFSBOOTMENU, "firmware" }, /* an image like any other */
};

const char *ka_traces_backend(enum ka_program_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i].kind == kind)
			return readers[i].backend;
	return NULL;
}

/*
 * Files that decide what these boot, below the root. An EFI program's are looked for on its own partition
 * too (where the path begins with ESP).
 */
#define ESP "@"

static const struct {
	enum ka_program_kind kind;
	const char *path;
} files[] = {
	{ KA_PROGRAM_HEADS, "/boot/kexec.sig" },
	{ KA_PROGRAM_HEADS, "/boot/kexec_hashes.txt" },
	{ KA_PROGRAM_PETITBOOT, "/proc/device-tree/ibm,firmware-versions/petitboot" },
	{ KA_PROGRAM_REFIND, ESP "/EFI/refind/refind.conf" },
	{ KA_PROGRAM_REFIND, "/boot/refind_linux.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/limine.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/limine/limine.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/boot/limine.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/boot/limine/limine.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/EFI/limine/limine.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/EFI/BOOT/limine.conf" },
	{ KA_PROGRAM_LIMINE, ESP "/limine.cfg" },
	{ KA_PROGRAM_LIMINE, ESP "/EFI/BOOT/limine.cfg" },
	{ KA_PROGRAM_LIMINE, "/boot/limine.conf" },
	{ KA_PROGRAM_LIMINE, "/boot/limine/limine.conf" },
	{ KA_PROGRAM_LIMINE, "/boot/limine.cfg" },
	{ KA_PROGRAM_LIMINE, "/boot/limine/limine.cfg" },
	{ KA_PROGRAM_LIMINE, "/limine.conf" },
	{ KA_PROGRAM_ZIPL, "/etc/zipl.conf" },
	{ KA_PROGRAM_LILO, "/etc/lilo.conf" },
	{ KA_PROGRAM_LILO, "/etc/elilo.conf" },
	{ KA_PROGRAM_GRUB_LEGACY, "/boot/grub/menu.lst" },
	{ KA_PROGRAM_GRUB_LEGACY, "/boot/grub/grub.conf" },
	{ KA_PROGRAM_ZFSBOOTMENU, "/etc/zfsbootmenu/config.yaml" },
	{ KA_PROGRAM_RASPBERRYPI, "/boot/firmware/config.txt" },
	{ KA_PROGRAM_RASPBERRYPI, "/boot/config.txt" },
	{ KA_PROGRAM_U_BOOT, "/boot/boot.scr" },
	{ KA_PROGRAM_U_BOOT, "/boot/boot.scr.uimg" },
	{ KA_PROGRAM_U_BOOT, "/boot/armbianEnv.txt" },
	{ KA_PROGRAM_DEPTHCHARGE, "/boot/vmlinux.kpart" },
	{ KA_PROGRAM_OPENCORE, ESP "/EFI/OC/config.plist" },
	{ KA_PROGRAM_CLOVER, ESP "/EFI/CLOVER/config.plist" },
};

static const char *const esps[] = { "/boot/efi", "/efi", "/boot" };

/* One of them, wherever it is. NULL: it is not there. */
static char *find_file(struct ka_host *host, const struct ka_chain *chain, const char *path)
{
	const char *below = ka_startswith(path, ESP);
	char *found = NULL;

	if (!below)
		return ka_host_seems_there(host, path) ? ka_strdup(path) : NULL;
	if (chain->partition && ka_host_find_nocase(host, chain->partition, below, &found) > 0)
		return found;
	for (size_t i = 0; i < ARRAY_SIZE(esps); i++)
		if (ka_host_find_nocase(host, esps[i], below, &found) > 0)
			return found;
	return NULL;
}

/* The backend of extlinux.conf knows that U-Boot may run a script before it reads that. */
static bool is_judged(struct ka_host *host, enum ka_program_kind kind)
{
	return kind == KA_PROGRAM_U_BOOT &&
	       (ka_host_seems_there(host, "/boot/extlinux/extlinux.conf") ||
		ka_host_seems_there(host, "/extlinux/extlinux.conf"));
}

char *ka_traces_find(struct ka_host *host, const struct ka_chain *chain,
		     enum ka_program_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *found = find_file(host, chain, files[i].path);

		if (found && !is_judged(host, files[i].kind)) {
			*ret_kind = files[i].kind;
			return found;
		}
		free(found);
	}
	return NULL;
}

/* What these look for in their own folder first. */
static const struct {
	enum ka_program_kind kind;
	const char *name;
} beside[] = {
	{ KA_PROGRAM_REFIND, "/refind.conf" },
	{ KA_PROGRAM_LIMINE, "/limine.conf" },
	{ KA_PROGRAM_LIMINE, "/limine.cfg" },
	{ KA_PROGRAM_OPENCORE, "/config.plist" },
};

static char *find_beside(struct ka_host *host, const struct ka_chain *chain)
{
	const char *end = chain->path ? strrchr(chain->path, '/') : NULL;
	_cleanup_free_ char *folder = end ? ka_strndup(chain->path, (size_t)(end - chain->path))
					  : NULL;
	char *found = NULL;

	for (size_t i = 0; folder && i < ARRAY_SIZE(beside); i++)
		if (beside[i].kind == chain->program.kind &&
		    ka_host_find_nocase(host, folder, beside[i].name, &found) > 0)
			return found;
	return NULL;
}

/* Where the configuration of this loader is; NULL: not to be found. */
static char *find_configuration(struct ka_host *host, const struct ka_chain *chain)
{
	char *nearest = find_beside(host, chain);

	if (nearest)
		return nearest;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *found = files[i].kind == chain->program.kind
				      ? find_file(host, chain, files[i].path)
				      : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static void refuse_program(struct ka_host *host, struct ka_chain *chain)
{
	const char *path = chain->configuration = find_configuration(host, chain);

	chain->refusal = ka_format("%s; no backend reads the menu of %s%s%s", chain->why,
				   ka_program_title(chain->program.kind),
				   path ? ", which is in " : "", path ? path : "");
}

/* A program was found that is of no kind known here. */
static void refuse_unknown(struct ka_chain *chain)
{
	chain->refusal = ka_format("the firmware starts %s (Boot%04X, '%s') next, and what program "
				   "that is cannot be told",
				   chain->path, chain->number, chain->option.description);
}

void ka_traces_judge(struct ka_host *host, const struct ka_running *running, struct ka_chain *chain)
{
	_cleanup_free_ char *path = NULL;
	enum ka_program_kind kind;

	if (chain->refusal)
		return;
	/* Bytes of the program are more than what the last boot left. */
	if (running->unread && chain->program.evidence != KA_EVIDENCE_SBAT &&
	    chain->program.evidence != KA_EVIDENCE_SDMAGIC &&
	    chain->program.evidence != KA_EVIDENCE_MODS &&
	    chain->program.evidence != KA_EVIDENCE_BOOT_SECTOR &&
	    chain->program.evidence != KA_EVIDENCE_HEADER) {
		chain->refusal =
			ka_format("%s, so it is not known which loader started this machine; "
				  "run kexec-any as root",
				  running->unread);
		return;
	}
	if (chain->program.kind != KA_PROGRAM_UNKNOWN) {
		if (!ka_traces_backend(chain->program.kind))
			refuse_program(host, chain);
		return;
	}
	if (chain->path && chain->from != KA_OPTION_REMOVABLE && chain->from != KA_OPTION_NONE) {
		refuse_unknown(chain);
		return;
	}
	path = ka_traces_find(host, chain, &kind);
	if (path)
		chain->refusal = ka_format("%s has its configuration here (%s), no backend reads "
					   "it, and nothing tells which program boots this machine",
					   ka_program_title(kind), path);
	else if (running->is_direct)
		chain->is_direct = true;
}
