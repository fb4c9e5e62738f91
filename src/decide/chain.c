// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chain from the firmware to the loader. The program that comes next is asked for its bytes first;
 * what the running system says of its own boot counts where they cannot be seen, and only for the
 * program that started it; a file's name is the last resort.
 */

#include "decide/chain.h"

#include "decide/firmware.h"
#include "decide/running.h"
#include "decide/traces.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static const char *const firmwares[] = {
	[KA_FIRMWARE_UEFI] = "uefi",
	[KA_FIRMWARE_BIOS] = "bios",
	[KA_FIRMWARE_OTHER] = "other",
};

static const char *const sources[_KA_OPTION_MAX] = {
	[KA_OPTION_BOOT_NEXT] = "BootNext",
	[KA_OPTION_BOOT_ORDER] = "BootOrder",
	[KA_OPTION_BOOT_CURRENT] = "BootCurrent",
	[KA_OPTION_REMOVABLE] = "removable",
};

const char *ka_firmware_name(enum ka_firmware firmware)
{
	return firmwares[firmware];
}

const char *ka_option_from_name(enum ka_option_from from)
{
	return sources[from];
}

void ka_chain_done(struct ka_chain *chain)
{
	ka_boot_option_done(&chain->option);
	free(chain->partition);
	free(chain->path);
	ka_program_done(&chain->program);
	free(chain->configuration);
	free(chain->why);
	free(chain->refusal);
	ka_writes_done(&chain->writes);
	*chain = (struct ka_chain){ .from = KA_OPTION_NONE };
}

/* --- behind shim */

/* "/EFI/debian" of "/boot/efi/EFI/debian/shimx64.efi", as a length. */
static int folder_length(const char *path)
{
	return (int)(strrchr(path, '/') - path);
}

/* "x64.efi" of "shimx64.efi" or "BOOTX64.EFI": what follows the name of the program, as shim writes it. */
static char *architecture_of(const char *path)
{
	static const char *const starts[] = { "shim", "BOOT" };
	const char *name = strrchr(path, '/') + 1, *end = "x64.efi";
	char *arch;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (ka_ncasecmp(name, starts[i], strlen(starts[i])) == 0)
			end = name + strlen(starts[i]);
	arch = ka_strdup(end);
	for (char *p = arch; *p; p++)
		*p = ka_lower(*p);
	return arch;
}

/* The second stage: named in the option's data, else grubARCH.efi beside it. 1, 0, negative. */
static int find_second_stage(struct ka_host *host, const struct ka_chain *chain, char **ret)
{
	const char *named = chain->option.options;
	_cleanup_free_ char *folder = ka_strndup(chain->path, (size_t)folder_length(chain->path)),
			    *name = NULL;

	if (named && ka_endswith_nocase(named, ".efi")) {
		name = ka_format("/%s", named + strspn(named, "\\/"));
		for (char *p = name; *p; p++)
			if (*p == '\\')
				*p = '/';
		/* With a directory it is a path on the partition (shim's set_second_stage()). */
		if (strchr(name + 1, '/'))
			return ka_host_find_nocase(host, chain->partition, name, ret);
	} else {
		_cleanup_free_ char *arch = architecture_of(chain->path);

		name = ka_format("/grub%s", arch);
	}
	return ka_host_find_nocase(host, folder, name, ret);
}

/*
 * shim's fallback beside it makes boot options of what \EFI\NAME\BOOTX64.CSV say and starts the first: the
 * program's folder is known when there is one such file alone.
 */
static int find_by_csv(struct ka_host *host, const struct ka_chain *chain, char **ret)
{
	_cleanup_free_ char *efi = NULL, *only = NULL, *arch = architecture_of(chain->path);
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_find_nocase(host, chain->partition, "/EFI", &efi);
	if (r > 0)
		r = ka_host_list(host, efi, &names, NULL);
	if (r < 0)
		return r;
	for (char **p = names; p && *p; p++) {
		_cleanup_free_ char *csv = NULL, *path = ka_format("/%s/BOOT%.*s.CSV", *p,
								   (int)strcspn(arch, "."), arch);

		if (ka_casecmp(*p, "BOOT") == 0 || ka_host_find_nocase(host, efi, path, &csv) <= 0)
			continue;
		if (only)
			return -ENOTUNIQ;
		only = ka_format("%s/%s", efi, *p);
	}
	if (only) {
		_cleanup_free_ char *name = ka_format("/grub%s", arch);

		return ka_host_find_nocase(host, only, name, ret);
	}
	return 0;
}

static bool is_removable(const struct ka_chain *chain)
{
	return chain->from == KA_OPTION_REMOVABLE || !chain->option.path;
}

/* Follow shim to what it starts. The chain's path is shim's before, and what is found after. */
static void follow_shim(struct ka_host *host, struct ka_chain *chain)
{
	char *second = NULL;
	int r = find_second_stage(host, chain, &second);

	if (r == 0 && is_removable(chain))
		r = find_by_csv(host, chain, &second);
	if (r <= 0) {
		chain->why = ka_format("%s is shim, and the program that it starts %s", chain->path,
				       r == 0 ? "is not beside it" : "cannot be told");
		return;
	}
	free(chain->path);
	chain->path = second;
	ka_program_done(&chain->program);
	if (ka_program_identify(host, chain->path, &chain->program) < 0)
		chain->program.kind = KA_PROGRAM_UNKNOWN;
}

/* --- by name, the last resort */

static const struct {
	const char *part; /* of the path, lower case */
	enum ka_program_kind kind;
} names[] = {
	{ "/shim", KA_PROGRAM_SHIM },
	{ "/grub", KA_PROGRAM_GRUB },
	{ "/systemd-boot", KA_PROGRAM_SYSTEMD_BOOT },
	{ "refind", KA_PROGRAM_REFIND },
	{ "limine", KA_PROGRAM_LIMINE },
	{ "/syslinux", KA_PROGRAM_SYSLINUX },
	{ "zfsbootmenu", KA_PROGRAM_ZFSBOOTMENU },
	{ "/zbm/", KA_PROGRAM_ZFSBOOTMENU },
	{ "opencore", KA_PROGRAM_OPENCORE },
	{ "/clover", KA_PROGRAM_CLOVER },
	{ "memtest", KA_PROGRAM_MEMTEST },
	{ "ipxe", KA_PROGRAM_IPXE },
	{ "fwupd", KA_PROGRAM_FWUPD },
	{ "/microsoft/", KA_PROGRAM_WINDOWS },
	{ "bootmgfw", KA_PROGRAM_WINDOWS },
	{ "/oc/", KA_PROGRAM_OPENCORE },
};

static enum ka_program_kind kind_by_name(const char *path)
{
	_cleanup_free_ char *lower = ka_strdup_or_null(path);

	for (char *p = lower; p && *p; p++)
		*p = ka_lower(*p);
	for (size_t i = 0; lower && i < ARRAY_SIZE(names); i++)
		if (strstr(lower, names[i].part))
			return names[i].kind == KA_PROGRAM_SHIM ? KA_PROGRAM_GRUB : names[i].kind;
	return KA_PROGRAM_UNKNOWN;
}

/* --- the links, joined */

/* "Boot0003 ('debian', /EFI/debian/shimx64.efi)": the option, for people. */
static char *option_text(const struct ka_chain *chain)
{
	if (chain->from == KA_OPTION_NONE)
		return ka_strdup("the firmware");
	if (chain->from == KA_OPTION_REMOVABLE)
		return ka_format("the firmware's default path (%s)", chain->path);
	return ka_format("Boot%04X ('%s'%s%s)", chain->number, chain->option.description,
			 chain->option.path ? ", " : "",
			 chain->option.path ? chain->option.path : "");
}

/* Did the program that comes next start the running system, so that its signs speak of it? */
static bool is_same_boot(struct ka_host *host, const struct ka_chain *chain)
{
	_cleanup_free_ uint8_t *current = NULL;
	size_t len;

	if (chain->from == KA_OPTION_BOOT_CURRENT || chain->from == KA_OPTION_NONE ||
	    chain->from == KA_OPTION_REMOVABLE)
		return true;
	return ka_host_efi_variable(host, "BootCurrent", KA_EFI_GUID_GLOBAL, &current, &len) == 0 &&
	       len >= 2 && (unsigned int)(current[0] | current[1] << 8) == chain->number;
}

static void by_program(struct ka_chain *chain)
{
	_cleanup_free_ char *option = option_text(chain);
	const struct ka_program *p = &chain->program;

	chain->certain = true;
	free(chain->why);
	chain->why = ka_format("%s starts %s%s%s: %s", option, ka_program_title(p->kind),
			       p->version ? " " : "", p->version ? p->version : "", chain->path);
}

static void by_running(struct ka_chain *chain, const struct ka_running *running)
{
	_cleanup_free_ char *option = option_text(chain);

	ka_program_done(&chain->program);
	chain->program.kind = running->kind;
	chain->program.evidence = running->evidence;
	chain->program.version = ka_strdup_or_null(running->version);
	chain->certain = running->by_kexec != KA_YES;
	free(chain->why);
	chain->why = ka_format("%s started the running system by %s (%s)", option,
			       ka_program_title(running->kind), running->text);
}

static void by_name(struct ka_chain *chain, enum ka_program_kind kind)
{
	_cleanup_free_ char *option = option_text(chain);

	chain->program.kind = kind;
	chain->program.evidence = KA_EVIDENCE_FILES;
	free(chain->why);
	chain->why = ka_format("%s starts %s, by its name alone: its bytes %s", option,
			       ka_program_title(kind),
			       chain->path ? "do not tell" : "cannot be read from here");
}

/*
 * Does the name of the program say more than the sign on the running system? Another loader than the sign
 * is of; or any, when the sign is a kernel's or its stub's, which loaders start as the firmware does.
 */
static bool is_weaker(enum ka_program_kind running, enum ka_program_kind name)
{
	return name != KA_PROGRAM_UNKNOWN && running != name;
}

static void identify_efi(struct ka_host *host, struct ka_chain *chain,
			 const struct ka_running *running)
{
	enum ka_program_kind name;

	if (chain->path && ka_program_identify(host, chain->path, &chain->program) < 0)
		chain->program.kind = KA_PROGRAM_UNKNOWN;
	if (chain->path &&
	    (chain->program.kind == KA_PROGRAM_SHIM || chain->program.kind == KA_PROGRAM_FALLBACK))
		follow_shim(host, chain);
	if (chain->program.kind != KA_PROGRAM_UNKNOWN && chain->program.kind != KA_PROGRAM_SHIM) {
		by_program(chain);
		return;
	}
	/* What shim does not find is not GRUB because shims mostly start GRUB. */
	name = chain->program.kind == KA_PROGRAM_SHIM
		       ? KA_PROGRAM_UNKNOWN
		       : kind_by_name(chain->path ? chain->path : chain->option.path);
	if (running->kind != KA_PROGRAM_UNKNOWN && is_same_boot(host, chain) &&
	    !is_weaker(running->kind, name))
		by_running(chain, running);
	else if (name != KA_PROGRAM_UNKNOWN)
		by_name(chain, name);
}

static void without_efi(struct ka_chain *chain, const struct ka_running *running)
{
	if (running->kind != KA_PROGRAM_UNKNOWN)
		by_running(chain, running);
}

static enum ka_firmware find_firmware(struct ka_host *host)
{
	_cleanup_free_ char *machine = NULL;

	if (ka_host_seems_there(host, "/sys/firmware/efi"))
		return KA_FIRMWARE_UEFI;
	if (ka_host_machine(host, &machine) < 0 || ka_streq(machine, "x86_64") ||
	    ka_streq(machine, "i686"))
		return KA_FIRMWARE_BIOS;
	return KA_FIRMWARE_OTHER;
}

void ka_chain_make(struct ka_host *host, struct ka_chain *ret)
{
	_cleanup_(ka_running_done) struct ka_running running = { .kind = KA_PROGRAM_UNKNOWN };
	struct ka_chain chain = { .firmware = find_firmware(host) };

	ka_running_read(host, &running);
	chain.by_kexec = running.by_kexec;
	if (chain.firmware == KA_FIRMWARE_UEFI) {
		ka_firmware_choose(host, &chain);
		identify_efi(host, &chain, &running);
	} else {
		without_efi(&chain, &running);
	}
	ka_traces_judge(host, &running, &chain);
	if (!chain.why)
		chain.why = ka_strdup("nothing tells which program boots this machine");
	*ret = chain;
}
