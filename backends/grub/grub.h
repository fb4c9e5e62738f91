/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>
#include <kexec-any/findings.h>
#include <kexec-any/host.h>

#include "script.h"

/* The interpreter: GRUB's commands and variables over the files of a machine. */

/* Error numbers of GRUB (include/grub/err.h), which scripts see in $?. */
enum grub_status {
	GRUB_OK = 0,
	GRUB_FALSE = 1, /* "test failure" */
	GRUB_BAD_FILE_TYPE = 4,
	GRUB_FILE_NOT_FOUND = 5,
	GRUB_BAD_FILENAME = 7,
	GRUB_NO_DEVICE = 32, /* a name of no kind of device is tried as a network address last */
	GRUB_BAD_NUMBER = 10,
	GRUB_INVALID_COMMAND = 17,
	GRUB_BAD_ARGUMENT = 18,
	GRUB_EXTRACTOR = 31,
};

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
	bool bls_efi; /* entries with the key "efi" (Fedora 45, RHEL 10) */
};

extern const struct grub_dialect grub_upstream, grub_upstream_bls, grub_rhel8, grub_fedora_old,
	grub_fedora, grub_fedora_efi;

/* --- variables */

struct grub_variable {
	char *name, *value;
	bool exported;
	struct grub_variable *next; /* in its bucket */
};

#define GRUB_BUCKETS 64

/* One environment: that of the outermost file, of a submenu, of a configfile. */
struct grub_context {
	struct grub_variable *buckets[GRUB_BUCKETS];
	struct grub_menu *menu;
	struct grub_context *outer;
	unsigned int depth; /* 0: outermost */
};

/* --- what the script sees of the machine */

/*
 * A device as the script knows it: a name ("hd0,gpt2") and what it is here. Names are the hints of
 * a search command where it gives some, as the real one is firmware's to know.
 */
struct grub_device {
	char *name;
	char *volume;  /* for ka_ref; NULL: the name means nothing here */
	bool invented; /* no hint named it: the name is ours alone */
	struct grub_device *next;
};

/* A variable a loader would write into an environment block: the log of all, oldest first. */
struct grub_write {
	char *file; /* on this machine */
	char *name;
	char *value; /* NULL: deleted */
};

/* --- menus */

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

void grub_menu_free(struct grub_menu *menu);
void grub_boot_done(struct grub_boot *boot);

/* --- the interpreter */

struct grub_scope; /* parameters of a function or an entry */

struct grub {
	struct ka_host *host;
	const struct grub_dialect *dialect;
	struct ka_findings *problems;

	struct grub_context *context;
	struct grub_scope *scope;
	struct grub_device *devices;
	struct {
		struct grub_function *items;
		struct grub_arena arena; /* owns nothing but the list nodes */
	} functions;
	struct grub_scratch scratch;
	struct grub_unit *kept; /* units whose functions are in use */
	size_t n_kept;

	struct grub_write *writes;
	size_t n_writes;

	struct grub_located *located; /* files looked for before */

	char **names;	  /* of files, kept for entries and messages */
	const char *file; /* being read, on this machine */
	unsigned int line;
	unsigned int depth, source_depth, invented;
	bool has_regexp;	/* wildcards are expanded once that module is there */
	unsigned int extractor; /* inside extract_entries_*: entries only */

	struct grub_bls_entry **bls; /* read by blscfg, newest first */
	size_t n_bls;

	/* Loops. */
	unsigned long loops, breaks;
	bool is_continue, returning;

	/* What is loaded: by the running body, or outside of all. Never NULL. */
	struct grub_boot *boot, outside;

	/* A menu inside configfile that is shown: nothing behind it runs. */
	struct grub_context *shown;
	bool stopped; /* halt, reboot, exit, boot, or a menu is shown */

	/* What cannot be known is tried both ways: the answers so far, and the first question beyond
	 * them. */
	const uint8_t *decisions;
	size_t n_decisions, at_decision;
	char **questions; /* file, line and condition of each, in the order they were asked */
	bool listing;	  /* bodies run only to be shown: unknown is no, and nobody is asked */
	bool tainted;	  /* while listing: something unknown was asked */
	char *unread;	  /* the first thing GRUB reads and kexec-any cannot, and why */

	uint64_t steps, step_limit; /* commands run */
	uint64_t bytes;		    /* read and expanded; memory grows with it */
	const char *limit;	    /* that was hit, for people */
	int error; /* -ENOMEM, or -E2BIG with a finding when a limit was hit: all unwinds */

	/* Changes of variables to be taken back, while listing. */
	struct grub_undo *undo;
	size_t n_undo;
	unsigned int undo_depth;
	bool journaling;
};

/* Questions asked in one run; more than anybody writes. */
#define GRUB_QUESTIONS_LIMIT 32
#define GRUB_STEP_LIMIT	     2000000
#define GRUB_ENTRY_STEPS     100000 /* of an entry's body that only is listed */
#define GRUB_BYTES_LIMIT     (64u << 20)
#define GRUB_DEPTH_LIMIT     63
#define GRUB_SOURCE_LIMIT    16
#define GRUB_FILE_LIMIT	     (4u << 20)
#define GRUB_WORDS_LIMIT     65536
#define GRUB_VALUE_LIMIT     (1u << 20)

/* Between these two bytes in a value: the name of something that cannot be known from here. */
#define GRUB_UNKNOWN_START '\x01'
#define GRUB_UNKNOWN_END   '\x02'

/* interp.c */
int grub_init(struct grub *g, struct ka_host *host, const struct grub_dialect *dialect,
	      struct ka_findings *problems) _must_check_;
void grub_done(struct grub *g);
/* Run text in the current environment; file and line for messages. The status of its last
 * command. */
int grub_run_text(struct grub *g, const char *text, const char *file, unsigned int line,
		  bool is_file);
/* Run a menu entry's body with its parameters. */
int grub_run_body(struct grub *g, const struct grub_item *item);
int grub_call_function(struct grub *g, const struct grub_function *f, char **words);
const struct grub_function *grub_find_function(const struct grub *g, const char *name);
int grub_break(struct grub *g, char **argv, size_t argc);
int grub_shift(struct grub *g, char **argv, size_t argc);
int grub_setparams(struct grub *g, char **argv, size_t argc);
int grub_return(struct grub *g, char **argv, size_t argc);
/* Read and run a file named as the script names it. */
int grub_source(struct grub *g, const char *path);
/* A limit was hit, or memory is short: everything unwinds. */
int grub_give_up(struct grub *g, int error, const char *what);
/* Count bytes that are kept or worked through. False: GRUB_BYTES_LIMIT is passed, all unwinds. */
bool grub_charge(struct grub *g, size_t bytes);
/* Yes or no to something that cannot be known; about: for people. */
bool grub_decide(struct grub *g, const char *about);
/*
 * GRUB reads this, and kexec-any cannot (error: why, negative errno): it may say anything, so
 * nothing is decided. -ENOMEM only unwinds; while listing it is no more than unknown.
 */
void grub_unread(struct grub *g, const char *path, int error);
/* What GRUB would print as an error: kept as a finding. */
void grub_complain(struct grub *g, enum ka_severity severity, const char *id, const char *fmt, ...)
	_printf_(4, 5);

/* env.c */
const char *grub_get(const struct grub *g, const char *name);
void grub_set(struct grub *g, const char *name, const char *value);
void grub_unset(struct grub *g, const char *name);
void grub_export(struct grub *g, const char *name);
/* A new environment with the exported variables (or all, by dialect). */
bool grub_context_open(struct grub *g);
void grub_context_close(struct grub *g);
/* Changes of variables between push and pop are taken back by pop. They nest. */
struct grub_journal {
	size_t start;
	unsigned int depth;
	bool was_on;
};
void grub_journal_push(struct grub *g, struct grub_journal *ret);
void grub_journal_pop(struct grub *g, const struct grub_journal *journal);

/* expand.c: the words of a command, split, expanded, unquoted. NULL with g->error, or when nothing
 * is left. */
char **grub_expand(struct grub *g, const struct grub_word *words);

/* scope, in interp.c: $1, $#, … */
char **grub_params(const struct grub *g);   /* NULL outside of functions and entries, or none */
bool grub_has_params(const struct grub *g); /* in a function or an entry, with or without */

/* commands.c */
typedef int (*grub_command_fn)(struct grub *g, char **argv, size_t argc);
struct grub_command {
	const char *name;
	grub_command_fn run; /* argv[0] is the name; argc counts it */
	bool in_extractor;
};
const struct grub_command *grub_find_command(const struct grub *g, const char *name);
/* menuentry and submenu need to know where their block stands. */
int grub_add_item(struct grub *g, char **argv, size_t argc, unsigned int line,
		  unsigned int block_line, bool has_block);

/*
 * A number as grub_strtoull() reads it with base 0: blanks, 0x…, 0 and an octal digit, else decimal.
 * *ret_end is behind it; equal to text when it is none. Too large: UINT64_MAX.
 */
uint64_t grub_number(const char *text, const char **ret_end);

/* An entry made by blscfg. */
void grub_add_bls_item(struct grub *g, const char *id, char *const *params, const char *body,
		       const char *file, bool restricted);

/* test.c */
int grub_test(struct grub *g, char **argv, size_t argc);

/* device.c */
struct grub_device *grub_device_by_name(struct grub *g, const char *name, size_t len);
/* A device under the name GRUB most likely has for it. */
struct grub_device *grub_device_guess(struct grub *g, const char *volume);
struct grub_device *grub_device_add(struct grub *g, const char *name, const char *volume);
/* Where a path of the script is on this machine. 1: there, 0: no such file, negative: the device
 * means nothing here, or its volume is not mounted. *ret may be set for 0 too. */
int grub_locate(struct grub *g, const char *path, char **ret);
/* The device part of a path, without parentheses: its own, or $root. NULL: none set. */
char *grub_path_device(struct grub *g, const char *path);
void grub_located_done(struct grub *g);
int grub_search(struct grub *g, char **argv, size_t argc);
int grub_probe(struct grub *g, char **argv, size_t argc);

/* envblk.c */
int grub_load_env(struct grub *g, char **argv, size_t argc);
int grub_save_env(struct grub *g, char **argv, size_t argc);
int grub_list_env(struct grub *g, char **argv, size_t argc);

/* Forget all but the first n writes. */
void grub_drop_writes(struct grub *g, size_t n);

/* An environment block: names and values, in file order. */
struct grub_envblk {
	char **names, **values;
	size_t n;
};
void grub_envblk_done(struct grub_envblk *block);
/* 0; -EBADMSG: no environment block; -ENOMEM. */
int grub_envblk_parse(const char *data, size_t len, struct grub_envblk *ret) _must_check_;

/* default.c: which entry of a menu would boot. */
size_t grub_default_index(const struct grub *g, const struct grub_menu *menu, const char *value);
/*
 * The entry that "fallback" names first: a number, at Red Hat an id as well. False: none, or one that
 * is not there, for which GRUB does undefined things.
 */
bool grub_fallback_index(const struct grub *g, const struct grub_menu *menu, const char *value,
			 size_t *ret);
/* What follows the first single '>' of a value, NULL if nothing does. */
const char *grub_default_rest(const char *value);

/* cmdline.c: the kernel's command line from the words of "linux". NULL: no memory. */
char *grub_kernel_cmdline(const struct grub_dialect *dialect, char *const *words);
