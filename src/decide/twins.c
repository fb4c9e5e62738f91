// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mirrored EFI system partitions: each has the program and a menu, and which one the firmware takes is no
 * question as long as both boot the same. After a refresh that failed for one of them it is.
 */

#include "decide/twins.h"

#include "base/reader.h"
#include "decide/chain.h"
#include "decide/firmware.h"
#include "decide/proxmox.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define TWINS_LIMIT 4
/* Of one file; what is behind that is compared by its length alone. */
#define BYTES_LIMIT (256u << 20)
#define CHUNK	    (128u << 10)

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

/* --- the same names, other bytes */

static int open_file(struct ka_host *host, const char *path, struct ka_reader *ret)
{
	struct stat st;
	int r = ka_host_open(host, path, &ret->fd, NULL);

	if (r < 0)
		return r;
	if (fstat(ret->fd, &st) < 0)
		return ka_errno();
	ret->size = (uint64_t)st.st_size;
	return 0;
}

/* Bytes that cannot be read are no difference: the checks say what is wrong with a file. */
static bool bytes_differ(const struct ka_reader *a, const struct ka_reader *b)
{
	_cleanup_free_ uint8_t *x = ka_malloc(CHUNK), *y = ka_malloc(CHUNK);
	uint64_t end = a->size < BYTES_LIMIT ? a->size : BYTES_LIMIT;

	for (uint64_t at = 0; at < end; at += CHUNK) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;

		if (ka_read_at(a, at, x, n) < 0 || ka_read_at(b, at, y, n) < 0)
			return false;
		if (memcmp(x, y, n) != 0)
			return true;
	}
	return false;
}

/* "/efi/initrd-1 and /efi2/initrd-1 differ". NULL: they do not, or it cannot be told. */
static char *compare_files(struct ka_host *host, const char *own, const char *other)
{
	_cleanup_close_ int own_fd = -1, other_fd = -1;
	struct ka_reader a = { .fd = -1 }, b = { .fd = -1 };
	int r;

	/* One place in both: another partition's, which both use. */
	if (!own || !other || ka_streq(own, other))
		return NULL;
	r = open_file(host, own, &a);
	own_fd = a.fd;
	if (r == 0)
		r = open_file(host, other, &b);
	other_fd = b.fd;
	if (r < 0)
		return NULL;
	if (a.size != b.size)
		return ka_format("%s has %llu bytes, and %s has %llu", own,
				 (unsigned long long)a.size, other, (unsigned long long)b.size);
	return bytes_differ(&a, &b) ? ka_format("%s and %s have different bytes", own, other)
				    : NULL;
}

static char *compare_entries(struct ka_host *host, const struct ka_entry *own,
			     const struct ka_entry *other)
{
	char *text = compare_files(host, own->kernel, other->kernel);

	for (size_t i = 0; i < own->initrds.n && i < other->initrds.n && !text; i++)
		text = compare_files(host, own->initrds.items[i].path,
				     other->initrds.items[i].path);
	return text;
}

/* --- each twin */

/* With BIOS the program is in no file. */
static const char *place_of(const struct ka_chain *chain)
{
	return chain->path ? chain->path : chain->partition;
}

static bool next_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
		      struct ka_chain *ret)
{
	return chain->firmware == KA_FIRMWARE_BIOS ? ka_proxmox_twin(host, chain, cursor, ret)
						   : ka_firmware_twin(host, chain, cursor, ret);
}

static char *compare_menus(struct ka_host *host, const struct ka_selection *selection,
			   const struct ka_chain *twin, const struct ka_menu *menu)
{
	const struct ka_chain *chain = &selection->chain;
	_cleanup_free_ char *own = describe(chain, &selection->menu), *other = describe(twin, menu),
			    *files = NULL;

	if (!own || !other)
		return NULL;
	if (!ka_streq(own, other))
		return ka_format("two partitions have the program that boots next, and their "
				 "menus differ: %s boots %s, and %s boots %s",
				 place_of(chain), own, place_of(twin), other);
	files = compare_entries(host, selection->menu.entries[selection->menu.default_index],
				menu->entries[menu->default_index]);
	return files ? ka_format("two partitions have the program that boots next (%s and %s), "
				 "and what they boot differs: %s",
				 place_of(chain), place_of(twin), files)
		     : NULL;
}

static char *compare_twin(struct ka_host *host, const struct ka_selection *selection,
			  struct ka_chain *twin)
{
	const struct ka_backend *backend = selection->candidates[selection->in_charge].backend;
	struct ka_menu menu = KA_MENU_INIT;
	char *text = NULL;

	if (twin->path)
		ka_chain_identify(host, twin);
	if (backend->discover(host, twin, &menu, NULL) == 0 && place_of(twin))
		text = compare_menus(host, selection, twin, &menu);
	ka_menu_done(&menu);
	return text;
}

char *ka_twins_differ(struct ka_host *host, const struct ka_selection *selection)
{
	const struct ka_candidate *c = &selection->candidates[selection->in_charge];
	const struct ka_chain *chain = &selection->chain;
	char *text = NULL;
	size_t cursor = 0;

	/* The menus of the others are not beside their program. */
	if ((!ka_streq(c->backend->name, "grub") && !ka_streq(c->backend->name, "bls")) ||
	    !chain->partition || selection->menu.default_index < 0 ||
	    (!chain->path && chain->firmware != KA_FIRMWARE_BIOS))
		return NULL;
	for (size_t i = 0; !text && i < TWINS_LIMIT; i++) {
		struct ka_chain twin;

		if (!next_twin(host, chain, &cursor, &twin))
			break;
		text = compare_twin(host, selection, &twin);
		ka_chain_done(&twin);
	}
	return text;
}
