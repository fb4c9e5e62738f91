// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the menu's kernels is the one that runs now. */

#include "decide/mark.h"

#include "host/machine.h"

#include <kexec-any/image.h>
#include <kexec-any/text.h>

#include <errno.h>

/* Both ways lead to the same word: equal text means the same build of the same source. */
static bool is_same_build(const struct ka_machine *machine, const char *kernel_version)
{
	const char *rest = ka_startswith(kernel_version, machine->release);

	return rest && *rest == ' ' && ka_endswith(rest, machine->version) &&
	       rest[strlen(rest) - strlen(machine->version) - 1] == ' ';
}

/* The kernel looked at last: menus have many entries for one. */
struct looked_at {
	const struct ka_entry *entry;
	enum ka_tristate running;
};

static bool same_kernel(const struct ka_entry *a, const struct ka_entry *b)
{
	return ka_streq(a->kernel, b->kernel) && a->kernel_offset == b->kernel_offset;
}

static void mark_entry(struct ka_host *host, const struct ka_machine *machine,
		       struct ka_entry *entry, struct looked_at *last)
{
	_cleanup_free_ char *version = NULL;

	if (!entry->kernel || !machine->release || !machine->version)
		return;
	if (last->entry && same_kernel(last->entry, entry)) {
		entry->running = last->running;
		return;
	}
	if (ka_image_kernel_version(host, entry->kernel, entry->kernel_offset, entry->kernel_size,
				    &version) > 0)
		entry->running = is_same_build(machine, version) ? KA_YES : KA_NO;
	*last = (struct looked_at){ .entry = entry, .running = entry->running };
}

/*
 * Is the kernel's file named by the entry's version, as a release, and is that another one than runs? Only
 * then it need not be looked into: a version is the menu's text otherwise, of a system or of an image.
 */
static bool is_other_by_name(const struct ka_machine *machine, const struct ka_entry *entry)
{
	const char *version = entry->version, *at;
	size_t n = version ? strlen(version) : 0;

	if (n == 0 || !machine->release || !entry->kernel || entry->kernel_size > 0 ||
	    !ka_is_digit(*version) || ka_streq(version, machine->release))
		return false;
	at = strstr(entry->kernel, version);
	return at && at > entry->kernel && (at[-1] == '-' || at[-1] == '/') &&
	       (at[n] == '\0' || at[n] == '/');
}

int ka_mark_running(struct ka_host *host, struct ka_menu *menu)
{
	_cleanup_(ka_machine_done) struct ka_machine machine = { 0 };
	struct looked_at last = { .entry = NULL };
	int r;

	r = ka_machine_read(host, &machine, NULL);
	for (size_t i = 0; i < menu->n_entries && r == 0; i++) {
		struct ka_entry *entry = menu->entries[i];

		if (entry->running != KA_UNKNOWN)
			continue;
		if (is_other_by_name(&machine, entry))
			entry->running = KA_NO;
		else
			mark_entry(host, &machine, entry, &last);
	}
	return r;
}
