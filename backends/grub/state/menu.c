// SPDX-License-Identifier: GPL-2.0-or-later
/* Menus and what bodies load: released. */

#include "state/menu.h"

#include <kexec-any/text.h>

void grub_boot_done(struct grub_boot *boot)
{
	ka_strv_free(boot->linux_words);
	free(boot->linux_device);
	ka_strv_free(boot->initrd_words);
	free(boot->devicetree);
	free(boot->command);
	free(boot->unknown);
	*boot = (struct grub_boot){ .kind = GRUB_BOOT_NOTHING };
}

void grub_item_free(struct grub_item *item)
{
	if (!item)
		return;
	free(item->id);
	free(item->title);
	ka_strv_free(item->params);
	free(item->body);
	free(item->file);
	free(item);
}

void grub_menu_free(struct grub_menu *menu)
{
	if (!menu)
		return;
	for (size_t i = 0; i < menu->n_items; i++)
		grub_item_free(menu->items[i]);
	free(menu->items);
	free(menu);
}
