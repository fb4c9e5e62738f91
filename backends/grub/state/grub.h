/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>
#include <kexec-any/findings.h>
#include <kexec-any/host.h>
#include <kexec-any/memdisk.h>

#include "lang/script.h"
#include "state/dialect.h"
#include "state/menu.h"
#include "state/table.h"

/* GRUB while it runs a script: all that lasts longer than one command. */

/* Error numbers of GRUB (include/grub/err.h), which scripts see in $?. */
enum grub_status {
	GRUB_OK = 0,
	GRUB_FALSE = 1, /* "test failure" */
	GRUB_BAD_FILE_TYPE = 4,
	GRUB_FILE_NOT_FOUND = 5,
	GRUB_BAD_FILENAME = 7,
	GRUB_NO_DEVICE = 32, /* a name of no kind of device is tried as a network address last */
	GRUB_BAD_NUMBER = 10,
	GRUB_OUT_OF_RANGE = 11,
	GRUB_INVALID_COMMAND = 17,
	GRUB_BAD_ARGUMENT = 18,
	GRUB_EXTRACTOR = 31,
};

/* A variable a loader would write into an environment block: the log of all, oldest first. */
struct grub_write {
	char *file; /* on this machine */
	char *name;
	char *value; /* NULL: deleted */
};

/* One environment: that of the outermost file, of a submenu, of a configfile. */
struct grub_context {
	struct grub_table variables;
	struct grub_menu *menu;
	struct grub_context *outer;
	unsigned int depth;  /* 0: outermost */
	unsigned int serial; /* from 1; no other one of this run has it */
};

struct grub_scope;	/* scope.h */
struct grub_device;	/* world/device.h */
struct grub_located;	/* world/device.c */
struct grub_subvolumes; /* world/subvolume.c */
struct grub_command;	/* run/command.h */

struct grub {
	struct ka_host *host;
	const struct grub_dialect *dialect;
	bool dialect_guessed; /* nothing was seen that tells whose GRUB it is */
	struct ka_findings *problems;

	/* What this GRUB knows by that name; NULL: nothing. */
	const struct grub_command *(*find_command)(const struct grub *g, const char *name);

	struct grub_context *context;
	unsigned int n_contexts; /* opened so far */
	struct grub_scope *scope;
	struct grub_device *devices;
	struct grub_table functions; /* interp.c */
	struct grub_scratch scratch;
	struct grub_unit *kept; /* units whose functions are in use */
	size_t n_kept;

	struct grub_write *writes;
	size_t n_writes;

	/*
	 * The program that starts all: its memdisk (NULL: none, or memdisk_error says why it cannot be
	 * read), its modules (NULL: not known), and the partition that it is on, whose names know no case.
	 */
	const struct ka_memdisk *memdisk;
	char *const *core_modules;
	char **inserted;		     /* modules that were added to these */
	const char *core_volume, *core_root; /* as in ka_ref; its root on this machine */
	const char *first_file; /* the first that was read, on this machine; NULL: none */

	struct grub_located *located;	    /* files looked for before */
	struct grub_subvolumes *subvolumes; /* of btrfs, for SUSE's; NULL: none was asked for */
	struct {
		bool known;
		size_t n;   /* 0: not to be seen */
		char *name; /* of the last one */
	} disks;
	/* Is there a part of something made by software, by kind (locate.c)? */
	struct {
		bool known;
		int answer;
	} members[3];

	struct grub_table names; /* of files, kept for entries and messages */
	const char *file;	 /* being read, on this machine */
	unsigned int line;
	unsigned int block_line; /* of the running command's block; 0: it has none */
	unsigned int depth, source_depth, invented;
	int memdisk_error;
	bool is_core;		/* the program did not show a menu yet */
	bool has_regexp;	/* wildcards are expanded once that module is there */
	unsigned int extractor; /* inside extract_entries_*: entries only */

	struct grub_bls_entry **bls; /* read by blscfg, newest first */
	size_t n_bls;

	/* Loops. */
	unsigned long loops, breaks;
	bool is_continue, returning;

	/* What is loaded: by the running body, or outside of all. Never NULL. */
	struct grub_boot *boot, outside;

	char **hidden; /* titles and ids of hidden entries */

	/* Of a program that shows the entries of its partition alone (entries.c). */
	struct {
		bool shown;
		bool names_device;   /* BOOT_IMAGE= begins with the device */
		bool is_oneshot;     /* LoaderEntryOneShot is set, and goes away */
		char *text, *source; /* why its default is the default, and where that is written */
	} entries;

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
	char *unread; /* why nothing is decided: the first thing GRUB knows and nobody here can */

	uint64_t steps, step_limit; /* commands run */
	uint64_t bytes;		    /* read and expanded; memory grows with it */
	const char *limit;	    /* that was hit, for people */
	const char *limit_file;	    /* where */
	unsigned int limit_line;
	int error; /* -E2BIG, with a finding, when a limit was hit: all unwinds */

	/* Changes of variables to be taken back, while listing. */
	struct grub_undo *undo;
	size_t n_undo;
	unsigned int undo_depth;
	unsigned int journal;	 /* serial of the innermost one; 0: none */
	unsigned int n_journals; /* begun so far */
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
#define GRUB_UNKNOWN(what) "\x01" what "\x02"
