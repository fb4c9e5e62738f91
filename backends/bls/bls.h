/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/host.h>
#include <kexec-any/uki.h>

/*
 * The Boot Loader Specification (UAPI.1) as systemd-boot reads it. Where user space (bootctl) and
 * the loader differ, the loader is followed: src/boot/boot.c of systemd 252 to 262.
 */

/* Which systemd-boot it is, as far as its rules differ. Passed everywhere, guessed nowhere. */
struct bls_dialect {
	unsigned int version; /* 252, 257, …; a recent one when nothing says */
};

/* First versions of systemd-boot with a rule. */
#define BLS_CMDLINE_EXTRA 256 /* SMBIOS io.systemd.boot.kernel-cmdline-extra= */
#define BLS_PROFILES	  257 /* of UKIs, as entries */
#define BLS_STRIPS_TRIES  257 /* ids without the boot counter */
#define BLS_UKI_KEY	  258 /* "uki", "uki-url", LoaderEntrySysFail */
#define BLS_PROFILE_KEY	  259
#define BLS_PREFERRED	  260 /* LoaderEntryPreferred, "preferred" */
#define BLS_EXTRA	  261
#define BLS_NEWEST	  262

enum bls_kind {
	BLS_UNDEFINED,
	BLS_LINUX,
	BLS_UKI,     /* Type #1 that names a UKI */
	BLS_UKI_URL, /* one from the network */
	BLS_EFI,
	BLS_TYPE2, /* a UKI found in /EFI/Linux */
	BLS_AUTO,  /* another loader, found by itself */
	BLS_FIRMWARE,
	BLS_POWER, /* power off, reboot */
};

/* --- type1.c: one entry file */

struct bls_type1 {
	char *title, *version, *machine_id, *sort_key, *options, *devicetree;
	enum bls_kind kind;
	char *loader;	/* path of "linux", "uki" or "efi" (or the URL) */
	char **initrds; /* paths, in order */
	char **extras;
	unsigned int profile;
	const char *hidden; /* why systemd-boot does not show the entry; a literal, NULL: it does */
};

void bls_type1_done(struct bls_type1 *entry);
/* Parse the text of an entry file. arch: "x64", …, the EFI name of the machine. */
void bls_type1_parse(const char *text, const struct bls_dialect *dialect, const char *arch,
		     struct bls_type1 *ret);

/* --- config.c: loader.conf, and what is asked of it */

struct bls_config {
	char *default_pattern, *preferred_pattern; /* lower case; NULL: not set */
	char *timeout;
	bool auto_entries, auto_firmware, auto_poweroff, auto_reboot;
};

void bls_config_done(struct bls_config *config);
void bls_config_parse(const char *text, struct bls_config *ret);

/* --- name.c: names of entry files */

/* "NAME+LEFT[-DONE].conf": the counters and where they begin. False: not counted. */
bool bls_parse_tries(const char *name, const char *suffix, int *ret_left, int *ret_done,
		     size_t *ret_prefix);
/*
 * A path on a partition as a file of this machine. Firmware's file systems do not tell the case of
 * letters; on a captured machine they may lie on one that does. 1 found, 0 not; negative: that cannot
 * be told.
 */
int bls_locate(struct ka_host *host, const char *root, const char *path, char **ret) _must_check_;
/* ASCII letters to lower case, in place; returns text. */
char *bls_lower(char *text);

/* --- order.c */

/* UAPI.10 version format; <0, 0, >0. NULL is the empty string. */
int bls_compare_versions(const char *a, const char *b);
/* systemd-boot's patterns: '*', '?', '[a-z]', '\'. */
bool bls_match(const char *pattern, const char *text);

/* --- the menu in the making */

struct bls_item {
	enum bls_kind kind;
	const char *root; /* the partition it is on; borrowed */
	char *source;	  /* path on this machine */
	char *file_name;
	char *id;		  /* as systemd-boot has it: lower case, with suffix */
	char *id_without_profile; /* of further profiles of a UKI */
	char *title, *version, *machine_id, *sort_key;
	unsigned int profile;
	int tries_left, tries_done; /* -1: not counted */
	const char *hidden;	    /* as in bls_type1; also "kernel missing" */
	char *unread;		/* why nobody knows whether it is shown, and where; NULL: known */
	struct bls_type1 type1; /* of the Type #1 kinds */
	struct ka_uki uki;	/* of BLS_TYPE2, for its first profile; the others share it */
	const struct ka_uki *shared;
	size_t found;	  /* place in the order they were found */
	size_t place;	  /* and in the menu */
	bool is_repeated; /* another one with this id comes first */
};

struct bls_menu {
	struct ka_host *host;
	struct bls_dialect dialect;
	const char *arch;
	struct ka_boot_partitions partitions;
	struct bls_config config;
	char *config_path;
	/* What could not be read, as a sentence: loader.conf; what may hold any entry. NULL: nothing. */
	char *config_unread, *unread;
	struct bls_item **items;
	size_t n_items;
	struct ka_findings *problems;
};

void bls_menu_done(struct bls_menu *menu);
/* Append a new item, to be filled by the caller. */
struct bls_item *bls_add_item(struct bls_menu *menu, enum bls_kind kind, const char *root);

/* How LoaderInfo and .sdmagic of systemd-boot begin; its version follows. */
#define BLS_LOADER_INFO "systemd-boot "

/* read.c: path cannot be read (r, with or without a sentence in err). Becomes a problem; returns the
 * sentence with what to do, the caller's. */
char *bls_unread(struct bls_menu *menu, const char *path, int r, const struct ka_error *err);
/* Does a failure to read a variable of the firmware leave open whether it is set? */
bool bls_is_unread(int r);

/* version.c: is this program systemd-boot, and which? 1, 0, or negative: it cannot be read. */
int bls_loader_version(struct ka_host *host, const char *path, unsigned int *ret);
/* Whose rules the menu follows: fills menu->dialect. */
void bls_find_dialect(struct bls_menu *menu);
/* read.c: everything systemd-boot looks at on its partitions, in its order. */
void bls_read_all(struct bls_menu *menu);
/* auto.c: the entries it makes itself, behind the others. */
void bls_add_automatic(struct bls_menu *menu);
/* order.c: sort the first n items as the menu shows them; what is hidden goes last. */
void bls_sort(struct bls_menu *menu, size_t n);
/* titles.c: make equal titles different. */
void bls_make_titles_unique(struct bls_menu *menu);

/* What decides the default. */
struct bls_choice {
	ssize_t index; /* into items; -1: none */
	enum ka_reason reason;
	char *source, *text;
	char *undecided; /* a variable that cannot be read decides */
	bool has_oneshot, is_saved;
};

/* default.c */
void bls_choose(struct bls_menu *menu, struct bls_choice *ret);
void bls_choice_done(struct bls_choice *choice);

/* fill.c: from an item to an entry, with its files. */
int bls_make_entry(struct bls_menu *menu, const struct bls_item *item, struct ka_entry **ret)
	_must_check_;
