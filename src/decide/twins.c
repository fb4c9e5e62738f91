// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mirrored EFI system partitions: each has the program and a menu, and which one the firmware takes is no
 * question as long as both boot the same. After a refresh that failed for one of them it is.
 */

#include "decide/twins.h"

#include "decide/chain.h"
#include "decide/firmware.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define TWINS_LIMIT 4

static const char *below(const struct ka_chain *chain, const char *path)
{
	const char *rest = ka_startswith(path, chain->partition);

	return rest && *rest == '/' ? rest : path;
}

/* "BOOT_IMAGE=(hd0,gpt1)/k ro" without the device, whose name is not the partition's. */
static void add_cmdline(struct ka_buf *buf, const char *cmdline)
{
	const char *device = strstr(cmdline, "BOOT_IMAGE=("), *end;

	if (device && (end = strchr(device, ')'))) {
		ka_buf_add(buf, cmdline, (size_t)(device - cmdline) + strlen("BOOT_IMAGE="));
		cmdline = end + 1;
	}
	ka_buf_adds(buf, cmdline);
}

/* "/vmlinuz-1, /initrd-1 with 'root=x'": what boots, as it is on its partition. NULL: nothing does. */
static char *describe(const struct ka_chain *chain, const struct ka_menu *menu)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	const struct ka_entry *e;

	if (menu->default_index < 0)
		return NULL;
	e = menu->entries[menu->default_index];
	if (!e->kernel)
		return NULL;
	ka_buf_adds(&buf, below(chain, e->kernel));
	for (size_t i = 0; i < e->initrds.n; i++)
		if (e->initrds.items[i].path)
			ka_buf_addf(&buf, ", %s", below(chain, e->initrds.items[i].path));
	ka_buf_adds(&buf, " with '");
	add_cmdline(&buf, e->cmdline ? e->cmdline : "");
	ka_buf_adds(&buf, "'");
	return ka_buf_take(&buf);
}

static char *describe_twin(struct ka_host *host, const struct ka_backend *backend,
			   struct ka_chain *twin)
{
	struct ka_menu menu = KA_MENU_INIT;
	char *text = NULL;

	ka_chain_identify(host, twin);
	if (backend->discover(host, twin, &menu, NULL) == 0)
		text = describe(twin, &menu);
	ka_menu_done(&menu);
	return text;
}

char *ka_twins_differ(struct ka_host *host, const struct ka_selection *selection)
{
	const struct ka_candidate *c = &selection->candidates[selection->in_charge];
	const struct ka_chain *chain = &selection->chain;
	_cleanup_free_ char *own = NULL;
	char *text = NULL;
	size_t cursor = 0;

	/* The menus of the others are not beside their program. */
	if ((!ka_streq(c->backend->name, "grub") && !ka_streq(c->backend->name, "bls")) ||
	    !chain->partition || !chain->path)
		return NULL;
	own = describe(chain, &selection->menu);
	for (size_t i = 0; own && !text && i < TWINS_LIMIT; i++) {
		struct ka_chain twin;
		_cleanup_free_ char *other = NULL;

		if (!ka_firmware_twin(host, chain, &cursor, &twin))
			break;
		other = describe_twin(host, c->backend, &twin);
		if (other && twin.path && !ka_streq(own, other))
			text = ka_format(
				"two partitions have the program that boots next, and their "
				"menus differ: %s boots %s, and %s boots %s",
				chain->path, own, twin.path, other);
		ka_chain_done(&twin);
	}
	return text;
}
