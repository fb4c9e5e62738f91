// SPDX-License-Identifier: GPL-2.0-or-later
/* Which systemd-boot it is, whose rules are to be followed. */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

int bls_loader_version(struct ka_host *host, const char *path, struct bls_dialect *ret)
{
	struct ka_program program;
	struct bls_dialect dialect = { .version = { 0, 0 } };
	int r = ka_program_identify(host, path, &program);

	/* A directory of that name. */
	if (r == -EISDIR || r == -EINVAL)
		return 0;
	if (r < 0)
		return r;
	r = program.kind == KA_PROGRAM_SYSTEMD_BOOT;
	if (r > 0 && program.version)
		(void)bls_parse_version(program.version, &dialect);
	if (r > 0)
		*ret = dialect;
	ka_program_done(&program);
	return r;
}

/* The path of a program of this machine on its partition. */
static void set_own_path(struct bls_menu *menu, const char *path)
{
	const char *own = ka_startswith(path, menu->partitions.esp);

	free(menu->own_path);
	menu->own_path = own && *own == '/' ? ka_strdup(own) : NULL;
}

/* True: the rules are those of the program at this path of the ESP. */
static bool try_program(struct bls_menu *menu, const char *path)
{
	_cleanup_free_ char *found = NULL, *asked = NULL, *text = NULL;
	struct bls_dialect dialect;
	int r = bls_locate(menu->host, menu->partitions.esp, path, &found);

	if (r > 0)
		r = bls_loader_version(menu->host, found, &dialect);
	if (r > 0 && dialect.version.major > 0) {
		menu->dialect = dialect;
		set_own_path(menu, found);
		return true;
	}
	if (r >= 0)
		return false;
	asked = ka_format("%s%s", menu->partitions.esp, path);
	text = bls_unread(menu, asked, r, NULL);
	if (!menu->unread)
		menu->unread = TAKE_PTR(text);
	return false;
}

static bool try_own_word(struct bls_menu *menu)
{
	_cleanup_free_ char *info = NULL;
	const char *version;

	if (ka_host_efi_string(menu->host, "LoaderInfo", KA_EFI_GUID_LOADER, &info) < 0)
		return false;
	version = ka_startswith(info, "systemd-boot ");
	return version && bls_parse_version(version, &menu->dialect);
}

/*
 * Where the chain does not have the program's bytes: the one that started this machine, as it is on the ESP
 * now; where bootctl installs it; what it said of itself.
 */
static bool search(struct bls_menu *menu)
{
	_cleanup_free_ char *identifier = NULL, *installed = NULL;

	if (ka_host_efi_string(menu->host, "LoaderImageIdentifier", KA_EFI_GUID_LOADER,
			       &identifier) == 0)
		for (char *p = identifier; *p; p++)
			if (*p == '\\')
				*p = '/';
	if (identifier && *identifier == '/' && try_program(menu, identifier))
		return true;
	installed = ka_format("/EFI/systemd/systemd-boot%s.efi", menu->arch);
	return try_program(menu, installed) || try_own_word(menu);
}

static bool is_by_bytes(const struct ka_program *program)
{
	return program->evidence == KA_EVIDENCE_SDMAGIC || program->evidence == KA_EVIDENCE_SBAT;
}

/* The next boot is by the program that the chain leads to, which may be newer than the one that started
 * this machine. */
void bls_find_dialect(struct bls_menu *menu, const struct ka_chain *chain)
{
	const struct ka_program *program = &chain->program;

	if (chain->path)
		set_own_path(menu, chain->path);
	if (program->kind == KA_PROGRAM_SYSTEMD_BOOT && is_by_bytes(program) && program->version &&
	    bls_parse_version(program->version, &menu->dialect))
		return;
	if (search(menu))
		return;
	menu->is_unknown = true;
	menu->dialect = (struct bls_dialect){ .version = { BLS_NEWEST, 0 } };
}
