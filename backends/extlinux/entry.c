// SPDX-License-Identifier: GPL-2.0-or-later
/* The files of an entry, by the names that the configuration has for them. */

#include "extlinux.h"

#include <kexec-any/image.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

char *ext_take_file(const struct ext_menu *m, struct ka_entry *entry, const char *what,
		    const char *name, enum ka_finding_id missing)
{
	_cleanup_free_ char *place = ka_format("on the volume of the configuration (%s)",
					       *m->place->root ? m->place->root : "/");
	const struct ka_sought sought = {
		.what = what,
		.name = name,
		.path = entry->source_path,
		.place = place,
		.missing = missing,
		.remedy = "reinstall the kernel package, or correct the entry",
	};
	char *found = NULL;
	int r = ext_find(m->host, m->place, name, &found);

	return ka_entry_take_found(entry, r, found, &sought);
}

void ext_take_kernel(const struct ext_menu *m, struct ka_entry *entry, const char *name)
{
	entry->linux_ref.path = ka_strdup(name);
	entry->kernel = ext_take_file(m, entry, "kernel", name, KA_ID_KERNEL_MISSING);
	/* What is wrong with it is for the checks to say. */
	if (entry->kernel && ka_image_kernel_release(m->host, entry->kernel, &entry->version) < 0)
		entry->version = NULL;
}

void ext_take_initrd(const struct ext_menu *m, struct ka_entry *entry, const char *name, size_t n)
{
	_cleanup_free_ char *copy = ka_strndup(name, n);
	char *found = ext_take_file(m, entry, "initrd", copy, KA_ID_INITRD_MISSING);

	if (found)
		ka_pieces_add_file_take(&entry->initrds, found);
}
