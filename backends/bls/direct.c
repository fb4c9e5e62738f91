// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No loader: the firmware starts a unified kernel image by one of its boot options (UEFI, section 3.1).
 * The next one is BootNext, else the first active one of BootOrder.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* The numbers in a variable such as BootOrder; none when it is not there. */
static size_t read_numbers(struct ka_host *host, const char *name, uint8_t **ret,
			   struct ka_menu *menu)
{
	size_t len = 0;
	int r = ka_host_efi_variable(host, name, KA_EFI_GUID_GLOBAL, ret, &len);

	if (bls_is_unread(r) && !menu->undecided)
		menu->undecided = ka_format("the EFI variable %s cannot be read: %s%s%s", name,
					    strerror(-r), ka_unread_remedy(r) ? "; " : "",
					    ka_unread_remedy(r) ? ka_unread_remedy(r) : "");
	return r < 0 ? 0 : len / 2;
}

/* The image that an option names. 1 read, 0: it is none that can be seen; what cannot be read is noted. */
static int read_image(struct bls_menu *b, const char *path, char **ret_file, struct ka_uki *ret)
{
	_cleanup_free_ char *asked = NULL;
	const char *why = NULL;
	int r = bls_locate(b->host, b->partitions.esp, path, ret_file);

	if (r > 0)
		r = ka_uki_read(b->host, *ret_file, ret, &why);
	if (!bls_is_unread(r))
		return r > 0;
	asked = ka_format("%s%s", b->partitions.esp, path);
	free(b->unread);
	b->unread = bls_unread(b, asked, r, NULL);
	return 0;
}

/* The entry of one boot option. 1 added, 0: it starts no UKI that can be seen. */
static int add_option(struct bls_menu *b, const struct ka_boot_option *option, unsigned int number,
		      struct ka_menu *menu)
{
	struct ka_uki_start start = { .root = b->partitions.esp, .options = option->options };
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	_cleanup_free_ char *file = NULL;
	struct ka_uki uki;
	int r;

	if (!option->path || read_image(b, option->path, &file, &uki) == 0)
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

static int add_number(struct bls_menu *b, unsigned int number, struct ka_menu *menu,
		      bool *ret_active)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { 0 };
	int r;

	*ret_active = false;
	r = ka_host_boot_option(b->host, number, &option);
	if (r < 0) {
		free(b->unread);
		b->unread = ka_format("the EFI variable Boot%04X cannot be read: %s%s%s", number,
				      strerror(-r), ka_unread_remedy(r) ? "; " : "",
				      ka_unread_remedy(r) ? ka_unread_remedy(r) : "");
		*ret_active = true; /* for all that is known */
		return 0;
	}
	if (r == 0)
		return 0;
	*ret_active = option.is_active;
	return add_option(b, &option, number, menu);
}

/* The firmware starts this one: the entry added last, when one was. */
static void decide(struct bls_menu *b, unsigned int number, bool from_next, bool added,
		   struct ka_menu *menu)
{
	menu->reason = from_next ? KA_REASON_ONESHOT : KA_REASON_CONFIGURED;
	menu->reason_source = ka_strdup(from_next ? "BootNext" : "BootOrder");
	menu->reason_text = ka_format("the firmware starts Boot%04X", number);
	if (added)
		menu->default_index = (ssize_t)menu->n_entries - 1;
	else if (!menu->undecided)
		menu->undecided = b->unread ? TAKE_PTR(b->unread)
					    : ka_format("the firmware would start Boot%04X, which "
							"is no unified kernel image on the EFI "
							"partition",
							number);
}

/* Everything the firmware may start; the first active one decides, whatever it is. */
int bls_read_direct(struct bls_menu *b, struct ka_menu *menu)
{
	_cleanup_free_ uint8_t *next = NULL, *order = NULL;
	size_t n_next = read_numbers(b->host, "BootNext", &next, menu);
	size_t n_order = read_numbers(b->host, "BootOrder", &order, menu);
	bool decided = false;

	for (size_t i = 0; i < n_next + n_order; i++) {
		bool from_next = i < n_next, active;
		const uint8_t *p = from_next ? next + 2 * i : order + 2 * (i - n_next);
		unsigned int number = (unsigned int)(p[0] | p[1] << 8);
		int r;

		if (!from_next && n_next > 0 && memcmp(p, next, 2) == 0)
			continue;
		r = add_number(b, number, menu, &active);
		if (r < 0)
			return r;
		if (decided || (!active && !from_next))
			continue;
		decided = true;
		decide(b, number, from_next, r > 0, menu);
	}
	ka_menu_make_ids_unique(menu);
	if (menu->undecided)
		menu->default_index = -1;
	return menu->n_entries > 0;
}
