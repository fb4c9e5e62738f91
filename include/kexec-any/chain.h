/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/host.h>
#include <kexec-any/program.h>

/*
 * What boots this machine next, link by link: what the firmware starts, what that program is, and how
 * sure that is. Made once, before any backend looks for its menu. Which configuration the program reads
 * and in which dialect is its backend's knowledge; it says so in its menu.
 */

enum ka_firmware {
	KA_FIRMWARE_UEFI,
	KA_FIRMWARE_BIOS,
	KA_FIRMWARE_OTHER, /* Open Firmware, a devicetree, s390x */
};

/* Who names the boot option (UEFI, section 3.1.1). */
enum ka_option_from {
	KA_OPTION_NONE, /* not known */
	KA_OPTION_BOOT_NEXT,
	KA_OPTION_BOOT_ORDER,
	KA_OPTION_BOOT_CURRENT,
	KA_OPTION_REMOVABLE, /* no option: \EFI\BOOT\BOOTX64.EFI and its like */
	_KA_OPTION_MAX
};

struct ka_chain {
	enum ka_firmware firmware;
	enum ka_tristate by_kexec; /* the running system was started by kexec */
	enum ka_option_from from;
	unsigned int number; /* of Boot####; without meaning for NONE and REMOVABLE */
	struct ka_boot_option option;
	char *partition; /* the root of the program's partition here, without a slash at its end:
			    "/boot/efi", "/dev/sda1:"; NULL: not to be seen */
	char *path;	 /* of the program behind shim, here; NULL: not to be seen */
	struct ka_program program;
	char *configuration; /* of a program whose menu no backend reads; NULL: not found */
	bool is_direct; /* x86, and neither GRUB nor another loader left its sign on the running system */
	bool certain;
	char *why;     /* one sentence; never NULL */
	char *refusal; /* why nothing can be the default; NULL: nothing speaks against one */
	struct ka_writes writes; /* the firmware's own: BootNext goes away */
};

void ka_chain_done(struct ka_chain *chain);

/* The ESPs of proxmox-boot-tool, a UUID a line: what boots is there, and never below /boot. */
#define KA_PROXMOX_LIST "/etc/kernel/proxmox-boot-uuids"

/* "uefi", "bios", "other"; "BootNext", …, NULL for none. */
const char *ka_firmware_name(enum ka_firmware firmware);
const char *ka_option_from_name(enum ka_option_from from);
