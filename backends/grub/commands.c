// SPDX-License-Identifier: GPL-2.0-or-later
/* Every command that a GRUB has, and in which dialect. */

#include "commands.h"
#include "menu/bls.h"
#include "menu/items.h"
#include "menu/load.h"
#include "run/commands.h"
#include "run/test.h"
#include "state/env.h"
#include "world/device.h"
#include "world/envblk.h"
#include "world/subvolume.h"

/* Sorted by name, for bsearch(). */
static const struct grub_command commands[] = {
	{ ".", grub_do_source, true },
	{ "[", grub_test, true },
	{ "acpi", grub_do_nothing, false },
	{ "authenticate", grub_do_nothing, false },
	{ "background_color", grub_do_nothing, false },
	{ "background_image", grub_do_nothing, false },
	{ "badram", grub_do_nothing, false },
	{ "boot", grub_do_boot, false },
	{ "break", grub_break, true },
	{ "cat", grub_do_nothing, false },
	{ "chainloader", grub_do_chainloader, false },
	{ "clear", grub_do_nothing, false },
	{ "cmosclean", grub_do_nothing, false },
	{ "cmostest", grub_do_question, false },
	{ "configfile", grub_do_configfile, false },
	{ "continue", grub_break, true },
	{ "cpuid", grub_do_cpuid, true },
	{ "cryptomount", grub_do_cryptomount, false },
	{ "cutmem", grub_do_nothing, false },
	{ "date", grub_do_nothing, false },
	{ "devicetree", grub_do_devicetree, false },
	{ "echo", grub_do_nothing, true },
	{ "eval", grub_do_eval, true },
	{ "exit", grub_do_leave, false },
	{ "export", grub_do_export, true },
	{ "extract_entries_configfile", grub_do_extract, true },
	{ "extract_entries_source", grub_do_extract, true },
	{ "false", grub_do_false, true },
	{ "freedos", grub_do_other_kernel, false },
	{ "fwsetup", grub_do_fwsetup, false },
	{ "gptprio.next", grub_do_unknown_value, false },
	{ "halt", grub_do_leave, false },
	{ "hiddenentry", grub_hide_item, false },
	{ "initrd", grub_do_initrd, false },
	{ "initrd16", grub_do_initrd, false },
	{ "initrdefi", grub_do_initrd, false },
	{ "insmod", grub_do_insmod, false },
	{ "keystatus", grub_do_question, false },
	{ "kfreebsd", grub_do_other_kernel, false },
	{ "knetbsd", grub_do_other_kernel, false },
	{ "kopenbsd", grub_do_other_kernel, false },
	{ "legacy_configfile", grub_do_question, false },
	{ "linux", grub_do_linux, false },
	{ "linux16", grub_do_linux, false },
	{ "linuxefi", grub_do_linux, false },
	{ "list_env", grub_list_env, false },
	{ "load_env", grub_load_env, false },
	{ "loadfont", grub_do_nothing, false },
	{ "loopback", grub_do_nothing, false },
	{ "ls", grub_do_nothing, false },
	{ "lsmod", grub_do_nothing, false },
	{ "menuentry", grub_add_item, true },
	{ "module", grub_do_nothing, false },
	{ "module2", grub_do_nothing, false },
	{ "multiboot", grub_do_other_kernel, false },
	{ "multiboot2", grub_do_other_kernel, false },
	{ "nativedisk", grub_do_nothing, false },
	{ "normal", grub_do_normal, false },
	{ "normal_exit", grub_do_leave, false },
	{ "ntldr", grub_do_other_kernel, false },
	{ "outb", grub_do_nothing, false },
	{ "password", grub_do_nothing, false },
	{ "password_pbkdf2", grub_do_nothing, false },
	{ "plan9", grub_do_other_kernel, false },
	{ "play", grub_do_nothing, false },
	{ "probe", grub_probe, true },
	{ "read", grub_do_unknown_value, false },
	{ "reboot", grub_do_leave, false },
	{ "regexp", grub_do_regexp, false },
	{ "return", grub_return, true },
	{ "rmmod", grub_do_nothing, false },
	{ "save_env", grub_save_env, false },
	{ "search", grub_search, true },
	{ "search.file", grub_search, true },
	{ "search.fs_label", grub_search, true },
	{ "search.fs_uuid", grub_search, true },
	{ "serial", grub_do_nothing, false },
	{ "set", grub_do_set, true },
	{ "setparams", grub_setparams, true },
	{ "shift", grub_shift, true },
	{ "sleep", grub_do_nothing, false },
	{ "smbios", grub_do_unknown_value, false },
	{ "source", grub_do_source, true },
	{ "submenu", grub_add_item, true },
	{ "terminal_input", grub_do_nothing, false },
	{ "terminal_output", grub_do_nothing, false },
	{ "terminfo", grub_do_nothing, false },
	{ "test", grub_test, true },
	{ "true", grub_do_nothing, true },
	{ "truecrypt", grub_do_other_kernel, false },
	{ "unset", grub_do_unset, true },
	{ "usb", grub_do_nothing, false },
	{ "vbeinfo", grub_do_nothing, false },
	{ "videoinfo", grub_do_nothing, false },
	{ "xen_hypervisor", grub_do_other_kernel, false },
	{ "xen_module", grub_do_nothing, false },
	{ "xnu_kernel", grub_do_other_kernel, false },
	{ "xnu_kernel64", grub_do_other_kernel, false },
};

static const struct grub_command uki_command = { "uki", grub_uki, false };
static const struct grub_command bls_command = { "blscfg", grub_blscfg, false };
static const struct grub_command bls_import = { "bls_import", grub_blscfg, false };

static const struct grub_command hwmatch_command = { "hwmatch", grub_do_hwmatch, false };

static const struct grub_command subvolume_command = { "btrfs-mount-subvol", grub_mount_subvolume,
						       false };

static const struct grub_command redhat_commands[] = {
	{ "decrement", grub_do_increment, false },
	{ "increment", grub_do_increment, false },
};

static bool is_bios(const struct grub *g)
{
	const char *platform = grub_get(g, "grub_platform");

	return platform && ka_streq(platform, "pc");
}

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct grub_command *)element)->name);
}

const struct grub_command *grub_find_command(const struct grub *g, const char *name)
{
	if (g->dialect->bls != GRUB_BLS_NONE && ka_streq(name, bls_command.name))
		return &bls_command;
	/* In EFI's GRUB alone; Fedora's has upstream's beside its own blscfg. */
	if (g->dialect->bls != GRUB_BLS_NONE && g->dialect->bls != GRUB_BLS_RHEL8 &&
	    ka_streq(name, uki_command.name) && ka_host_seems_there(g->host, "/sys/firmware/efi"))
		return &uki_command;
	if (g->dialect->bls == GRUB_BLS_REDHAT && ka_streq(name, bls_import.name))
		return &bls_import;
	/* A module of GRUB's for BIOS alone: to others the word is unknown, and they go on. */
	if (ka_streq(name, hwmatch_command.name) && is_bios(g))
		return &hwmatch_command;
	if (g->dialect->has_subvolumes && ka_streq(name, subvolume_command.name))
		return &subvolume_command;
	if (g->dialect->has_increment)
		for (size_t i = 0; i < ARRAY_SIZE(redhat_commands); i++)
			if (ka_streq(redhat_commands[i].name, name))
				return &redhat_commands[i];
	return bsearch(name, commands, ARRAY_SIZE(commands), sizeof(commands[0]), compare_name);
}
