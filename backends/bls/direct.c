// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No loader: the firmware starts a unified kernel image by one of its boot options (UEFI, section 3.1).
 * The next one is BootNext, else the first active one of BootOrder.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* The numbers in a variable such as BootOrder; none when it is not there. */
static size_t read_numbers(struct ka_host *host, const char *name, uint8_t **ret)
{
	size_t len = 0;
	int r = ka_host_efi_variable(host, name, KA_EFI_GUID_GLOBAL, ret, &len);

	return r < 0 ? 0 : len / 2;
}

/* The entry of one boot option. 1 added, 0: it starts no UKI that can be seen. */
static int add_option(struct bls_menu *b, const struct ka_boot_option *option, unsigned int number,
		      struct ka_menu *menu)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	_cleanup_free_ char *file = NULL;
	struct ka_uki_start start = { .root = b->partitions.esp, .options = option->options };
	const char *why = NULL;
	struct ka_uki uki;
	int r;

	if (!option->path)
		return 0;
	r = bls_locate(b->host, b->partitions.esp, option->path, &file);
	if (r > 0)
		r = ka_uki_read(b->host, file, &uki, &why);
	if (r <= 0)
		return 0;
	entry = ka_entry_new();
	entry->id = ka_format("Boot%04X", number);
	entry->title = ka_strdup(option->description ? option->description : entry->id);
	entry->version = ka_strdup_or_null(uki.profiles[0].os_version);
	entry->source_path = ka_strdup(file);
	entry->linux_ref.path = ka_strdup(option->path);
	start.path = file + strlen(b->partitions.esp);
	r = ka_uki_fill_entry(b->host, &uki, &start, entry);
	ka_uki_done(&uki);
	if (r == 0)
		r = ka_menu_add(menu, entry);
	if (r < 0)
		return r;
	entry = NULL;
	return 1;
}

static int add_number(struct bls_menu *b, const uint8_t *p, struct ka_menu *menu, bool *ret_active)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { 0 };
	unsigned int number = (unsigned int)(p[0] | p[1] << 8);
	int r;

	*ret_active = false;
	r = ka_host_boot_option(b->host, number, &option);
	if (r <= 0)
		return r;
	*ret_active = option.is_active;
	return add_option(b, &option, number, menu);
}

/* Everything the firmware may start; the first active one decides, whatever it is. */
int bls_read_direct(struct bls_menu *b, struct ka_menu *menu)
{
	_cleanup_free_ uint8_t *next = NULL, *order = NULL;
	size_t n_next, n_order;
	bool decided = false;
	int r;

	n_next = read_numbers(b->host, "BootNext", &next);
	n_order = read_numbers(b->host, "BootOrder", &order);
	for (size_t i = 0; i < n_next + n_order; i++) {
		bool from_next = i < n_next, active;
		const uint8_t *p = from_next ? next + 2 * i : order + 2 * (i - n_next);

		if (!from_next && n_next > 0 && memcmp(p, next, 2) == 0)
			continue;
		r = add_number(b, p, menu, &active);
		if (r < 0)
			return r;
		if (decided || (!active && !from_next))
			continue;
		decided = true;
		menu->reason = from_next ? KA_REASON_ONESHOT : KA_REASON_CONFIGURED;
		menu->reason_source = ka_strdup(from_next ? "BootNext" : "BootOrder");
		menu->reason_text = ka_format("the firmware starts Boot%04X", p[0] | p[1] << 8);
		if (r > 0)
			menu->default_index = (ssize_t)menu->n_entries - 1;
		else
			menu->undecided =
				ka_format("the firmware would start Boot%04X, which is no "
					  "unified kernel image on the EFI partition",
					  p[0] | p[1] << 8);
	}
	return menu->n_entries > 0;
}
