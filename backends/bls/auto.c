// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The entries systemd-boot makes itself, behind all others: other loaders it knows by their paths,
 * the firmware's setup, power. kexec starts none of them; they are here because one of them may be
 * what boots.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define SETUP_FLAG 0x1u /* EFI_OS_INDICATIONS_BOOT_TO_FW_UI */

static void add(struct bls_menu *menu, enum bls_kind kind, const char *id, const char *title,
		const char *path)
{
	struct bls_item *item = bls_add_item(menu, kind, menu->partitions.esp);

	item->id = ka_strdup(id);
	item->title = ka_strdup(title);
	item->source = ka_strdup_or_null(path);
}

static void add_program(struct bls_menu *menu, const char *id, const char *title, const char *path)
{
	_cleanup_free_ char *found = NULL;

	if (menu->config.auto_entries &&
	    bls_locate(menu->host, menu->partitions.esp, path, &found) > 0)
		add(menu, BLS_AUTO, id, title, found);
}

/* The firmware's default loader: shown unless it is systemd-boot itself, or shim in front of it. */
static void add_default_loader(struct bls_menu *menu)
{
	static const char *const names[] = { "BOOT", "GRUB" };
	_cleanup_free_ char *shown = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = ka_format("/EFI/BOOT/%s%s.EFI", names[i], menu->arch),
				    *found = NULL;
		struct bls_dialect dialect;

		if (bls_locate(menu->host, menu->partitions.esp, path, &found) > 0 &&
		    bls_loader_version(menu->host, found, &dialect) > 0)
			return;
		if (i == 0)
			shown = TAKE_PTR(path);
	}
	add_program(menu, "auto-efi-default", "EFI Default Loader", shown);
}

static void add_firmware(struct bls_menu *menu)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;
	int r;

	if (!menu->config.auto_firmware)
		return;
	r = ka_host_efi_variable(menu->host, "OsIndicationsSupported", KA_EFI_GUID_GLOBAL, &value,
				 &len);
	if (r == 0 && len > 0 && (value[0] & SETUP_FLAG))
		add(menu, BLS_FIRMWARE, "auto-reboot-to-firmware-setup",
		    "Reboot Into Firmware Interface", NULL);
}

void bls_add_automatic(struct bls_menu *menu)
{
	_cleanup_free_ char *shell = ka_format("/shell%s.efi", menu->arch);

	add_program(menu, "auto-windows", "Windows Boot Manager",
		    "/EFI/Microsoft/Boot/bootmgfw.efi");
	add_program(menu, "auto-efi-shell", "EFI Shell", shell);
	add_default_loader(menu);
	add_firmware(menu);
	if (!bls_has(&menu->dialect, BLS_POWER_ENTRIES))
		return;
	if (menu->config.auto_poweroff)
		add(menu, BLS_POWER, "auto-poweroff", "Power Off The System", NULL);
	if (menu->config.auto_reboot)
		add(menu, BLS_POWER, "auto-reboot", "Reboot The System", NULL);
}
