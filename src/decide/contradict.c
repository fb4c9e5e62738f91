// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB leaves the path of its kernel on the running command line. A menu in which no entry uses that
 * directory is not the one it came from: another GRUB's, or one that is not read any more. A file that is
 * missing alone says nothing: the old kernel was removed.
 */

#include "decide/contradict.h"
#include "decide/running.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static bool has_digit(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] >= '0' && text[i] <= '9')
			return true;
	return false;
}

/*
 * The same directory, or one of another version: where a component differs, both have digits in it
 * ("/kernels/6.1.2", "/ostree/default-1f…").
 */
static bool is_alike(const char *a, const char *b)
{
	for (;;) {
		size_t n, m;

		a += strspn(a, "/");
		b += strspn(b, "/");
		n = strcspn(a, "/");
		m = strcspn(b, "/");
		/* The last component is the file. */
		if (!a[n] || !b[m])
			return !a[n] && !b[m];
		if ((n != m || strncmp(a, b, n) != 0) && !(has_digit(a, n) && has_digit(b, m)))
			return false;
		a += n;
		b += m;
	}
}

static bool is_used(const struct ka_menu *menu, const char *image)
{
	for (size_t i = 0; i < menu->n_entries; i++) {
		const struct ka_entry *entry = menu->entries[i];
		_cleanup_free_ char *value = NULL;
		const char *path;

		if (!entry->cmdline || ka_cmdline_get(entry->cmdline, "BOOT_IMAGE", &value) <= 0)
			continue;
		path = *value == '(' && strchr(value, ')') ? strchr(value, ')') + 1 : value;
		if (is_alike(path, image))
			return true;
	}
	return false;
}

static bool has_images(const struct ka_menu *menu)
{
	for (size_t i = 0; i < menu->n_entries; i++) {
		_cleanup_free_ char *value = NULL;

		if (menu->entries[i]->cmdline &&
		    ka_cmdline_get(menu->entries[i]->cmdline, "BOOT_IMAGE", &value) > 0)
			return true;
	}
	return false;
}

/* Machines whose root has a grub.cfg that no loader reads say where the one is that is read. */
static const char *hint(struct ka_host *host)
{
	return ka_host_seems_there(host, KA_PROXMOX_LIST)
		       ? "; this machine boots from the ESPs of proxmox-boot-tool "
			 "(" KA_PROXMOX_LIST ")"
		       : "";
}

char *ka_contradict(struct ka_host *host, const struct ka_chain *chain, const struct ka_menu *menu)
{
	_cleanup_(ka_running_done) struct ka_running running = { .kind = KA_PROGRAM_UNKNOWN };

	/* What comes next is not what started this machine: nothing to compare. */
	if (chain->from == KA_OPTION_BOOT_NEXT || chain->from == KA_OPTION_BOOT_ORDER)
		return NULL;
	ka_running_read(host, &running);
	if (!running.image || *running.image != '/' || !has_images(menu) ||
	    is_used(menu, running.image))
		return NULL;
	return ka_format("the running kernel was started as BOOT_IMAGE=%s, and no entry of %s has "
			 "its kernel in that directory: another configuration was read%s",
			 running.image, menu->configuration ? menu->configuration : "this menu",
			 hint(host));
}
