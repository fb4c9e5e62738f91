// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chain from the firmware to the loader. The program that comes next is asked for its bytes first;
 * what the running system says of its own boot counts where they cannot be seen, and only for the
 * program that started it; a file's name is the last resort.
 */

#include "decide/chain.h"

#include "decide/bios.h"
#include "decide/firmware.h"
#include "decide/proxmox.h"
#include "decide/running.h"
#include "decide/traces.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define CSV_LIMIT (64u << 10)

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
	static const char *const starts[] = { "shim", "BOOT", "fb" };
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

static bool is_removable(const struct ka_chain *chain)
{
	const char *path = chain->path + strlen(chain->partition);

	return ka_ncasecmp(path, "/EFI/BOOT/BOOT", strlen("/EFI/BOOT/BOOT")) == 0;
}

/* A file beside the program of the chain. 1, 0, negative. */
static int find_beside(struct ka_host *host, const struct ka_chain *chain, const char *stem,
		       char **ret)
{
	_cleanup_free_ char *folder = ka_strndup(chain->path, (size_t)folder_length(chain->path)),
			    *arch = architecture_of(chain->path),
			    *name = ka_format("/%s%s", stem, arch);

	return ka_host_find_nocase(host, folder, name, ret);
}

/*
 * The second stage: named in the option's data unless shim is on the removable path, else grubARCH.efi beside it.
 * 1, 0, negative.
 */
static int find_second_stage(struct ka_host *host, const struct ka_chain *chain, char **ret)
{
	const char *named = chain->option.options;
	_cleanup_free_ char *folder = ka_strndup(chain->path, (size_t)folder_length(chain->path)),
			    *name = NULL;
	int r;

	if (!is_removable(chain) && named && ka_endswith_nocase(named, ".efi")) {
		name = ka_format("/%s", named + strspn(named, "\\/"));
		for (char *p = name; *p; p++)
			if (*p == '\\')
				*p = '/';
		/* With a directory it is a path on the partition (shim's set_second_stage()). */
		r = ka_host_find_nocase(host, strchr(name + 1, '/') ? chain->partition : folder,
					name, ret);
		/* One that is not there is as none (init_grub()). */
		if (r != 0)
			return r;
	}
	return find_beside(host, chain, "grub", ret);
}

/* --- fallback.c of shim */

/* The first of "PROGRAM,LABEL,ARGUMENTS,…"; and whether there are more. 1, 0, negative. */
static int read_csv(struct ka_host *host, const char *path, char **ret_program, char **ret_options)
{
	_cleanup_free_ char *raw = NULL, *text = NULL;
	char *cursor, *line, *first = NULL;
	size_t len = 0;
	int r = ka_host_read(host, path, CSV_LIMIT, &raw, &len, NULL);

	if (r < 0)
		return r;
	r = ka_efi_decode((const uint8_t *)raw, len & ~(size_t)1, &text);
	if (r < 0 || !text)
		return r < 0 ? r : 0;
	cursor = ka_startswith(text, "\xef\xbb\xbf") ? text + 3 : text;
	while ((line = ka_next_line(&cursor))) {
		if (!*line)
			continue;
		if (first)
			return -ENOTUNIQ;
		first = line;
	}
	if (!first || *first == ',' || !strchr(first, ','))
		return 0;
	*ret_program = ka_strndup(first, strcspn(first, ","));
	first += strcspn(first, ",") + 1;
	first += strcspn(first, ",");
	first += *first == ',';
	*ret_options = ka_strndup(first, strcspn(first, ","));
	return 1;
}

/* bootARCH.csv of a folder, else boot.csv. 1, 0, negative. */
static int find_csv(struct ka_host *host, const struct ka_chain *chain, const char *folder,
		    char **ret)
{
	_cleanup_free_ char *arch = architecture_of(chain->path),
			    *own = ka_format("/BOOT%.*s.CSV", (int)strcspn(arch, "."), arch);
	int r = ka_host_find_nocase(host, folder, own, ret);

	return r == 0 ? ka_host_find_nocase(host, folder, "/BOOT.CSV", ret) : r;
}

/*
 * fallback makes boot options of what the files say and starts the first, in the order of the folder on the
 * partition: known where one file has one line. *chain becomes that program's.
 */
static int take_option_of(struct ka_host *host, const char *folder, const char *csv,
			  struct ka_chain *chain)
{
	_cleanup_free_ char *program = NULL, *options = NULL, *name = NULL;
	char *found = NULL;
	int r = read_csv(host, csv, &program, &options);

	if (r <= 0)
		return r;
	name = ka_format("/%s", program);
	r = ka_host_find_nocase(host, folder, name, &found);
	if (r <= 0)
		return r;
	free(chain->path);
	chain->path = found;
	free(chain->option.options);
	chain->option.options = *options ? TAKE_PTR(options) : NULL;
	return 1;
}

static int follow_fallback(struct ka_host *host, struct ka_chain *chain)
{
	_cleanup_free_ char *efi = NULL, *only = NULL, *only_folder = NULL;
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_find_nocase(host, chain->partition, "/EFI", &efi);
	if (r > 0)
		r = ka_host_list(host, efi, &names, NULL);
	if (r < 0)
		return r;
	for (char **p = names; p && *p; p++) {
		_cleanup_free_ char *folder = ka_format("%s/%s", efi, *p);
		char *csv = NULL;

		if (ka_casecmp(*p, "BOOT") == 0)
			continue;
		r = find_csv(host, chain, folder, &csv);
		if (r < 0 && r != -ENOTDIR)
			return r;
		if (r <= 0)
			continue;
		if (only) {
			free(csv);
			return -ENOTUNIQ;
		}
		only = csv;
		only_folder = TAKE_PTR(folder);
	}
	return only ? take_option_of(host, only_folder, only, chain) : 0;
}

/* --- from shim on */

static void identify_path(struct ka_host *host, struct ka_chain *chain)
{
	ka_program_done(&chain->program);
	chain->program = (struct ka_program){ .kind = KA_PROGRAM_UNKNOWN };
	if (chain->path && ka_program_identify(host, chain->path, &chain->program) < 0)
		chain->program.kind = KA_PROGRAM_UNKNOWN;
}

static void cannot_follow(struct ka_chain *chain, const char *what, int r)
{
	chain->why = ka_format("%s is %s, and the program that it starts %s", chain->path, what,
			       r == 0		? "is not beside it"
			       : r == -ENOTUNIQ ? "is one of several"
						: "cannot be told");
}

/* shim on the removable path starts its fallback when that is there (should_use_fallback()). */
static bool has_fallback(struct ka_host *host, const struct ka_chain *chain)
{
	_cleanup_free_ char *path = NULL;

	return chain->program.kind == KA_PROGRAM_FALLBACK ||
	       (is_removable(chain) && find_beside(host, chain, "fb", &path) > 0);
}

/* Follow shim to what it starts. The chain's path is shim's before, and what is found after. */
static void follow_shim(struct ka_host *host, struct ka_chain *chain)
{
	char *second = NULL;
	int r;

	if (has_fallback(host, chain)) {
		r = follow_fallback(host, chain);
		if (r <= 0) {
			cannot_follow(chain, "shim with its fallback", r);
			return;
		}
		identify_path(host, chain);
		if (chain->program.kind != KA_PROGRAM_SHIM)
			return;
	}
	r = find_second_stage(host, chain, &second);
	if (r <= 0) {
		cannot_follow(chain, "shim", r);
		return;
	}
	free(chain->path);
	chain->path = second;
	identify_path(host, chain);
}

static bool is_shim(const struct ka_chain *chain)
{
	return chain->program.kind == KA_PROGRAM_SHIM || chain->program.kind == KA_PROGRAM_FALLBACK;
}

void ka_chain_identify(struct ka_host *host, struct ka_chain *chain)
{
	identify_path(host, chain);
	if (chain->path && is_shim(chain))
		follow_shim(host, chain);
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

	ka_chain_identify(host, chain);
	if (chain->program.kind != KA_PROGRAM_UNKNOWN && !is_shim(chain)) {
		by_program(chain);
		return;
	}
	/* What shim does not find is not GRUB because shims mostly start GRUB. */
	name = is_shim(chain) ? KA_PROGRAM_UNKNOWN
			      : kind_by_name(chain->path ? chain->path : chain->option.path);
	if (running->kind != KA_PROGRAM_UNKNOWN && is_same_boot(host, chain) &&
	    !is_weaker(running->kind, name))
		by_running(chain, running);
	else if (name != KA_PROGRAM_UNKNOWN)
		by_name(chain, name);
}

/* U-Boot writes its version into the devicetree that it hands on, since 2021. */
static void by_devicetree(struct ka_host *host, struct ka_chain *chain)
{
	_cleanup_free_ char *version = NULL;

	if (ka_host_read_line(host, "/proc/device-tree/chosen/u-boot,version", &version, NULL) < 0)
		return;
	chain->program.kind = KA_PROGRAM_U_BOOT;
	chain->program.evidence = KA_EVIDENCE_FILES;
	chain->certain = true;
	chain->why = ka_format("the devicetree is U-Boot's (%s)", version);
	chain->program.version = TAKE_PTR(version);
}

static void without_efi(struct ka_host *host, struct ka_chain *chain,
			const struct ka_running *running)
{
	if (running->kind != KA_PROGRAM_UNKNOWN)
		by_running(chain, running);
	else if (chain->firmware == KA_FIRMWARE_OTHER)
		by_devicetree(host, chain);
	if (chain->firmware != KA_FIRMWARE_BIOS)
		return;
	ka_bios_identify(host, running, chain);
	if (chain->program.kind == KA_PROGRAM_GRUB || chain->program.kind == KA_PROGRAM_UNKNOWN)
		ka_proxmox_find(host, chain);
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
		without_efi(host, &chain, &running);
	}
	ka_traces_judge(host, &running, &chain);
	if (!chain.why)
		chain.why = ka_strdup("nothing tells which program boots this machine");
	*ret = chain;
}
