/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* Which blscfg it has. */
enum grub_bls {
	GRUB_BLS_NONE,
	GRUB_BLS_UPSTREAM, /* 2.14 */
	GRUB_BLS_RHEL8,
	GRUB_BLS_REDHAT, /* Fedora, RHEL 9 and newer */
};

/* Whose GRUB it is. Carried as a value everywhere; nothing guesses it from a file's text. */
struct grub_dialect {
	const char *name;
	bool redhat_default; /* ids and titles before numbers */
	bool inherits_all;   /* submenus and configfile see all variables, and keep $default */
	bool status_decides; /* a loaded kernel boots only if the body ended well */
	bool has_increment;
	bool keeps_hex;	     /* \xNN keeps its backslash */
	bool optional_users; /* --users may lack its value */
	enum grub_bls bls;
	bool has_subvolumes; /* SUSE's: paths on btrfs may start at its default subvolume */
	bool bls_efi;	     /* entries with the key "efi" (Fedora 45, RHEL 10) */
};

extern const struct grub_dialect grub_upstream, grub_upstream_bls, grub_suse, grub_suse_bls,
	grub_rhel7, grub_rhel8, grub_fedora_old, grub_fedora, grub_fedora_efi;
