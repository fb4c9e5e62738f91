/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>
#include <kexec-any/findings.h>
#include <kexec-any/host.h>
#include <kexec-any/piece.h>

/* A boot menu as one loader would show it. */

enum ka_entry_type {
	KA_TYPE_LINUX,
	KA_TYPE_UKI,
	KA_TYPE_XEN,
	KA_TYPE_CHAINLOADER,
	KA_TYPE_EFI,
	KA_TYPE_FIRMWARE,
	KA_TYPE_OTHER,
	_KA_TYPE_MAX
};

const char *ka_entry_type_name(enum ka_entry_type type);

/*
 * Something the loader writes on the way to an entry, such as clearing a one-shot choice. A real run
 * does it in the loader's place, right before the restart.
 */
enum ka_write_kind {
	KA_WRITE_GRUBENV,    /* a variable of a GRUB environment block */
	KA_WRITE_EFI,	     /* an EFI variable of systemd-boot: a string */
	KA_WRITE_EFI_GLOBAL, /* one of the firmware's own; it can only go away */
};

struct ka_write {
	enum ka_write_kind kind;
	char *path; /* the file on this machine; NULL for an EFI variable */
	char *name;
	char *value; /* NULL: the variable goes away */
};

struct ka_writes {
	struct ka_write *items; /* in order; of two about one variable the later counts */
	size_t n;
};

void ka_writes_done(struct ka_writes *writes);
/* Append one; copies everything. */
void ka_writes_add(struct ka_writes *writes, enum ka_write_kind kind, const char *path,
		   const char *name, const char *value);
/* "grubenv next_entry=", as --dry-run shows it. */
char *ka_write_text(const struct ka_write *write) _must_check_;

/*
 * One entry. A broken or foreign one stays in the menu with its reason in problems: "why is my
 * kernel missing" is the first question. All strings are owned and may be NULL where nothing is
 * known, except id and title.
 */
struct ka_entry {
	char *id;	/* unique in its menu; what --entry takes */
	char **aliases; /* other exact names for it, such as "vmlinuz.old" */
	char *title;
	char **menu; /* titles of the submenus around it, outermost first */
	enum ka_entry_type type;
	char *version;
	char *machine_id;
	char *sort_key;
	char *architecture;
	char *source_path;	  /* where it is written */
	unsigned int source_line; /* from 1; 0 when the source has no lines */
	struct ka_ref linux_ref;  /* the kernel as the configuration names it */
	char *kernel;		  /* the same file on this machine; NULL when it is not there */
	uint64_t kernel_offset;	  /* of the kernel inside that file (a UKI's .linux) */
	uint64_t kernel_size;	  /* bytes; 0: it is the whole file */
	char *kernel_sha256;	  /* what it must hash to, hexadecimal; NULL: nobody says */
	struct ka_pieces initrds; /* in load order */
	char *devicetree;
	char *modules; /* the folder with RELEASE/ of this entry's system; NULL: the running one's */
	/*
	 * What boots are a loader's own copies of kernel and initrds, which hold more than these:
	 * secrets, signatures. The core takes them from the loader's entry of the same system (struct
	 * ka_decree) and refuses this one where there is none.
	 */
	bool needs_loader_copies;
	char *cmdline;	/* exactly what the kernel will see */
	int tries_left; /* boot counting; -1 when the entry is not counted */
	int tries_done;
	enum ka_tristate running; /* this very kernel build runs now; filled by the core */
	/* This very system runs now, where many share a kernel; KA_UNKNOWN: the kernel tells. */
	enum ka_tristate booted;
	struct ka_writes writes; /* what the loader writes when this entry is chosen */
	struct ka_findings problems;
};

struct ka_entry *ka_entry_new(void) _must_check_;
struct ka_entry *ka_entry_free(struct ka_entry *entry); /* takes NULL, returns NULL */
void ka_entry_freep(struct ka_entry **entry);

/* A Linux kernel or UKI without an error among its problems. */
bool ka_entry_is_bootable(const struct ka_entry *entry);
/* What people take for the running entry: its system where that is known, else its kernel. */
bool ka_entry_is_running(const struct ka_entry *entry);

/* A file that an entry names, and how it is reported when it is not there. All borrowed. */
struct ka_sought {
	const char *what;  /* "kernel", "initrd", "devicetree" */
	const char *name;  /* as the configuration has it */
	const char *path;  /* of the finding: where the file should be, or its name is written */
	const char *place; /* "on the partition of the kernel"; NULL: anywhere here */
	enum ka_finding_id missing; /* KA_ID_KERNEL_MISSING, KA_ID_INITRD_MISSING, … */
	const char *remedy;	    /* when it is missing; a literal or NULL */
};

/*
 * The file of a path on a volume, where it is on this machine. NULL: it is not there, or that cannot be told;
 * a problem of the entry says so. sought->name is taken from ref, whose path must be set; sought->path may
 * be NULL for the file's own.
 */
char *ka_entry_find_file(struct ka_entry *entry, struct ka_host *host, const struct ka_ref *ref,
			 const struct ka_sought *sought) _must_check_;
/*
 * The same for what a loader looks for by rules of its own: r is 1 for a file that is there (found), 0 for
 * one that is not (found: where it would be, or NULL), negative when it cannot be told (-ENXIO: its volume
 * is not mounted), as ka_host_stat() and ka_host_find_nocase() say it. Takes found.
 */
char *ka_entry_take_found(struct ka_entry *entry, int r, char *found,
			  const struct ka_sought *sought) _must_check_;

/* Why the default is the default: the word of the "reason" field and its evidence. */
enum ka_reason {
	KA_REASON_NONE,
	KA_REASON_ONESHOT,
	KA_REASON_SAVED,
	KA_REASON_CONFIGURED,
	KA_REASON_PATTERN,
	KA_REASON_FIRST,
	KA_REASON_ONLY,
	_KA_REASON_MAX
};

const char *ka_reason_name(enum ka_reason reason);

struct ka_menu {
	struct ka_entry **entries; /* in the loader's order, submenus flattened in place */
	size_t n_entries;
	ssize_t default_index; /* -1: there is none, or it is undecided */
	enum ka_reason reason;
	char *reason_source; /* the file or variable that says so */
	char *reason_text;
	struct ka_writes writes; /* what the loader writes before it shows the menu */
	char *undecided;	 /* a condition user space cannot know decided the default */
	char *configuration;	 /* the file the loader reads first; NULL: it has none */
	const char *dialect; /* whose rules it was read by; a literal, NULL: there is one alone */
	struct ka_findings problems; /* about the configuration as a whole */
};

#define KA_MENU_INIT                                                                               \
	{                                                                                          \
		.default_index = -1                                                                \
	}

/* More entries than any loader shows; a menu does not grow beyond it (-E2BIG). */
#define KA_MENU_LIMIT 16384

void ka_menu_done(struct ka_menu *menu);

/* Hand a menu on; what stays is an empty one. */
static inline struct ka_menu ka_menu_take(struct ka_menu *menu)
{
	struct ka_menu taken = *menu;

	*menu = (struct ka_menu)KA_MENU_INIT;
	return taken;
}

/*
 * Make ids that stand twice different: the first keeps its id, the others get "#2", "#3", … behind it
 * (or the next number that is free).
 */
void ka_menu_make_ids_unique(struct ka_menu *menu);

/* Append an entry and own it; on failure it is freed. */
int ka_menu_add_take(struct ka_menu *menu, struct ka_entry *entry) _must_check_;
