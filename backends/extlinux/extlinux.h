/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>
#include <kexec-any/entry.h>
#include <kexec-any/host.h>

/*
 * Two loaders read extlinux.conf, by different rules: SYSLINUX and EXTLINUX on x86, U-Boot elsewhere. What both
 * share: where files are, and how an entry is made of what a label says.
 */

/* --- place.c: where the configuration is */

struct ext_place {
	char *root;   /* the volume here, without a slash at its end: "", "/boot", "/dev/sda1:" */
	char *folder; /* of the configuration, on the volume: "/extlinux"; "" for its root */
	char *path;   /* the configuration here; NULL: there is none */
	char *installed; /* SYSLINUX: its ldlinux.sys here; NULL: there is none */
	char *modules; /* SYSLINUX: the directory of its programs, on the volume; NULL: not known */
	bool is_fat;   /* names know no case */
	char *doubt;   /* why it may be another one; NULL: it is this one */
};

void ext_place_done(struct ext_place *place);
/* 1 found, 0 not; negative: cannot be told. */
int ext_place_syslinux(struct ka_host *host, const struct ka_chain *chain, struct ext_place *ret)
	_must_check_;
int ext_place_uboot(struct ka_host *host, struct ext_place *ret) _must_check_;

/* A name in the configuration as a path on the volume: "." and ".." are gone. */
char *ext_path(const struct ext_place *place, const char *name) _must_check_;
/* Its file here. 1, 0, negative. */
int ext_find(struct ka_host *host, const struct ext_place *place, const char *name, char **ret)
	_must_check_;

/* --- entry.c */

/* One menu on its way. */
struct ext_menu {
	struct ka_host *host;
	const struct ext_place *place;
	struct ka_menu *menu;
};

/* A file of the entry, where it is here. NULL: it is not, which a problem of the entry says. */
char *ext_take_file(const struct ext_menu *m, struct ka_entry *entry, const char *what,
		    const char *name, enum ka_finding_id missing) _must_check_;
/* The kernel that the loader knows by this name. */
void ext_take_kernel(const struct ext_menu *m, struct ka_entry *entry, const char *name);
void ext_take_initrd(const struct ext_menu *m, struct ka_entry *entry, const char *name, size_t n);

/* --- the two dialects */

int sys_discover(const struct ext_menu *m, const struct ka_chain *chain, struct ka_error *err)
	_must_check_;
int uboot_discover(const struct ext_menu *m, struct ka_error *err) _must_check_;

/* Larger than any configuration, all its files together. */
#define EXT_CONFIG_LIMIT (1u << 20)
#define EXT_DEPTH_LIMIT	 16
#define EXT_ITEMS_LIMIT	 4096
