/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>
#include <kexec-any/entry.h>
#include <kexec-any/host.h>
#include <kexec-any/uki.h>

/*
 * The Boot Loader Specification (UAPI.1) as systemd-boot reads it. Where user space (bootctl) and
 * the loader differ, the loader is followed: src/boot/boot.c of systemd 243 to 262.
 */

/* --- rules.c: what follows the version */

struct bls_version {
	unsigned int major, minor; /* 257, 13 */
};

/* The releases whose rules are known. */
#define BLS_OLDEST 243
#define BLS_NEWEST 262

/* Which systemd-boot it is, as far as its rules differ. Passed everywhere, guessed nowhere. */
struct bls_dialect {
	struct bls_version version;
	bool is_pop; /* Pop!_OS's, which takes ids without ".conf" */
};

/* What some versions do and others do not. */
enum bls_rule {
	/* which files are entries */
	BLS_KERNEL_MUST_EXIST,
	BLS_ID_HAS_SUFFIX,    /* the id of Type #1 ends in ".conf" */
	BLS_UKI_ID_IS_FILE,   /* before: "ID-VERSION" of .osrel */
	BLS_UKI_NAME_ALONE,   /* a name in .osrel suffices; before, a version has to be there */
	BLS_UKI_IMAGE_FIELDS, /* IMAGE_ID and IMAGE_VERSION, and ID as a name */
	BLS_UKI_OTHER_NAMES,  /* NAME, where PRETTY_NAME is missing */
	BLS_UKI_VERSION,      /* VERSION counts as a version */
	BLS_UKI_SKIPS_AUTO,   /* "auto-…" is no UKI's name */
	BLS_AUTO_ANY_CASE,    /* "Auto-…" neither */
	BLS_LONG_NAME_ENDS,   /* a name of more than 215 characters ends its directory */

	/* lines and keys */
	BLS_BLANKS_SWALLOW, /* behind a line of blanks the next key takes all that follows */
	BLS_EMPTY_SWALLOWS, /* so does an empty value of .osrel and .profile */
	BLS_EMPTY_IS_NONE,  /* a value of nothing, as by "", is as if there were no such line */
	BLS_SINGLE_QUOTES,
	BLS_ARCH_ANY_CASE,
	BLS_ONE_LOADER_KEY, /* "linux" and "efi" in one file hide it; before, the last one counts */
	BLS_DEVICETREE,
	BLS_DEVICETREE_INSECURE, /* not under Secure Boot */
	BLS_SORT_KEY,
	BLS_UKI_KEY, /* "uki", "uki-url" */
	BLS_PROFILE_KEY,
	BLS_EXTRA,

	/* boot counters */
	BLS_WHOLE_COUNTERS, /* before, the last digit alone */
	BLS_COUNTER_SUFFIX_ANY_CASE,
	BLS_NO_TRIES_LAST, /* an entry without attempts boots last; before, first */
	BLS_STRIPS_TRIES,  /* ids are without the counter */
	BLS_COUNTED_KEEPS_CASE,
	BLS_COUNTED_UKI_KEEPS_CASE,
	BLS_COUNTED_PROFILES_ALIKE, /* all profiles of a counted UKI have one id */
	BLS_PROFILE_KEEPS_CASE,	    /* "@ID" is not made lower case */

	/* the order */
	BLS_DESCENDING,	    /* with sort-key and version; before, by id, and the last one boots */
	BLS_IMPROVED_ORDER, /* UAPI.10; before, str_verscmp() */
	BLS_DIGITS_BEAT_LETTERS,
	BLS_SORTS_PROFILES,
	BLS_PROFILES_NOT_ALONE, /* profiles behind the first do not boot by themselves */

	/* the default */
	BLS_FIRST_MATCH,       /* of a pattern; before, the last one */
	BLS_PATTERN_AUTO,      /* patterns name automatic entries too */
	BLS_PATTERN_ESCAPES,   /* its own patterns; before, the firmware's, without '\' */
	BLS_VARIABLE_PATTERNS, /* variables are patterns, in any case; before, exact ids */
	BLS_SAVED,
	BLS_SAVED_ANY_CASE,
	BLS_PREFERRED, /* LoaderEntryPreferred, "preferred" */

	/* what the kernel gets */
	BLS_CMDLINE_EXTRA,  /* SMBIOS io.systemd.boot.kernel-cmdline-extra= */
	BLS_CMDLINE_NULL,   /* which puts "(null) " in front of itself on an empty line */
	BLS_POWER_ENTRIES,  /* to power off, to reboot */
	BLS_SMBIOS_ENTRIES, /* io.systemd.boot.entries-extra: */
	BLS_PROFILES,	    /* of UKIs, as entries */
	BLS_PROFILES_NEED_CMDLINE,
	BLS_PASSES_CMDLINE,	  /* of a UKI, as LoadOptions */
	BLS_KERNEL_READS_INITRDS, /* from words of the command line */
	BLS_PADS_INITRDS,
	_BLS_RULE_MAX
};

bool bls_has(const struct bls_dialect *dialect, enum bls_rule rule);
/* "257.13-1~deb13u1"; false: that is no version. */
bool bls_parse_version(const char *text, struct bls_dialect *ret);

struct bls_dialects {
	struct bls_dialect *items; /* owned by the caller */
	size_t n;
};

/* One of each kind between BLS_OLDEST and BLS_NEWEST that differs from the one before, the newest first. */
void bls_all_dialects(struct bls_dialects *ret);

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

/* --- lines.c */

/*
 * The next line of "key value" behind *cursor, which is written into: blanks cut off, comments passed over,
 * one pair of quotes removed. The value is good until the next call. False: there is none.
 */
bool bls_next_key_value(const struct bls_dialect *dialect, char **cursor, const char *separators,
			char **ret_key, char **ret_value);

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
/* What an entry file is read by. All borrowed. */
struct bls_reading {
	const struct bls_dialect *dialect;
	const char *arch; /* "x64", …, the EFI name of the machine */
	const char *
		own_path; /* of systemd-boot on this partition, which is no entry; NULL: not here */
};

void bls_type1_parse(const char *text, const struct bls_reading *by, struct bls_type1 *ret);

/* --- osrel.c: .osrel of a UKI */

struct bls_osrel {
	char *name, *version, *sort_key;
	char *id; /* of the loader's that name entries by it; NULL: the file's name is */
};

void bls_osrel_done(struct bls_osrel *osrel);
/* False: systemd-boot passes over an image that says no more than this. */
bool bls_osrel_parse(const char *text, const struct bls_dialect *dialect, struct bls_osrel *ret);

/* --- config.c: loader.conf, and what is asked of it */

struct bls_config {
	char *default_pattern, *preferred_pattern; /* lower case; NULL: not set */
	bool default_saved, preferred_saved;	   /* it is "@saved", and that means something */
	char *timeout;
	bool auto_entries, auto_firmware, auto_poweroff, auto_reboot;
};

void bls_config_done(struct bls_config *config);
void bls_config_parse(const char *text, const struct bls_dialect *dialect, struct bls_config *ret);

/* --- name.c: names of entry files */

/* "NAME+LEFT[-DONE].conf": the counters and where they begin. False: not counted. */
bool bls_parse_tries(const struct bls_dialect *dialect, const char *name, const char *suffix,
		     int *ret_left, int *ret_done, size_t *ret_prefix);
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
/* The same as this systemd-boot has it. */
int bls_compare_by(const struct bls_dialect *dialect, const char *a, const char *b);

/* --- match.c: patterns: '*', '?', '[a-z]', and '\' where it escapes */
bool bls_match(const char *pattern, const char *text, bool escapes);

/* --- the menu in the making */

struct bls_item {
	enum bls_kind kind;
	const char *root; /* the partition it is on; borrowed */
	char *source;	  /* path on this machine */
	char *file_name;
	char *id;		  /* as systemd-boot has it: mostly lower case, with suffix */
	char *short_id;		  /* a second one, without the suffix; NULL: none */
	char *id_without_profile; /* of further profiles of a UKI: what they are sorted by */
	char *profile_id;	  /* of them: its ID or number */
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
	bool is_unknown; /* nothing tells which version it is */
	char *own_path;	 /* of the program on the ESP; NULL: not known */
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

/* read.c: path cannot be read (r, with or without a sentence in err). Becomes a problem; returns the
 * sentence with what to do, the caller's. */
char *bls_unread(struct bls_menu *menu, const char *path, int r, const struct ka_error *err);
/* Does a failure to read a variable of the firmware leave open whether it is set? */
bool bls_is_unread(int r);

/* version.c: is this program systemd-boot, and which (major 0: it does not say)? 1, 0, or negative: it
 * cannot be read. */
int bls_loader_version(struct ka_host *host, const char *path, struct bls_dialect *ret);
/* Whose rules the menu follows: fills menu->dialect, or says that nothing tells. */
void bls_find_dialect(struct bls_menu *menu, const struct ka_chain *chain);
/*
 * unknown.c: takes the default away where it rests on rules that are not known: of a version older than
 * BLS_OLDEST; of one that nobody knows, or that is newer than BLS_NEWEST, unless all that may be it agree
 * about this menu. fill makes the menu by menu->dialect.
 */
typedef int (*bls_fill_fn)(struct bls_menu *menu, struct ka_menu *ret);
int bls_judge_version(const struct bls_menu *menu, bls_fill_fn fill, struct ka_menu *ret)
	_must_check_;
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
