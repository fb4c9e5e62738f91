/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* A menu as a script makes it, and what a body loads. */

enum grub_boot_kind {
	GRUB_BOOT_NOTHING,
	GRUB_BOOT_LINUX,
	GRUB_BOOT_XEN,
	GRUB_BOOT_CHAIN,
	GRUB_BOOT_EFI, /* a UKI or another EFI program named by blscfg or uki */
	GRUB_BOOT_FIRMWARE,
	GRUB_BOOT_OTHER,
};

/* What a body loads. */
struct grub_boot {
	enum grub_boot_kind kind;
	char **linux_words;  /* path first; of chainloader with the device it is on */
	char *linux_device;  /* name of the device behind the path */
	char **initrd_words; /* with the device they are on: "(dev)/path", or newc:… */
	char *devicetree;
	char *command; /* the command that made it, for people */
	char *unknown; /* the first command that is not known here */
	bool booted;   /* "boot" ran, or the machine went off */
	int status;    /* of the body's last command */
};

struct grub_item {
	char *id, *title;
	char **params; /* title and what follows it */
	char *body;    /* text */
	char *file;
	unsigned int line, body_line;
	bool is_submenu;
	bool restricted; /* asks for a password when superusers is set */
};

struct grub_menu {
	struct grub_item **items;
	size_t n_items;
};

void grub_item_free(struct grub_item *item);
void grub_menu_free(struct grub_menu *menu);
void grub_boot_done(struct grub_boot *boot);
