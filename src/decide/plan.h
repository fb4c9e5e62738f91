/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/findings.h>

#include "image/image.h"

#include <sys/stat.h>

/*
 * The second decision: exactly which bytes are loaded. Every file is opened here, once; what is
 * checked and what is loaded are the same descriptors.
 */

struct ka_plan_file {
	char *path; /* of a part, "FILE (PART)": for people */
	int fd;	    /* -1: could not be opened, which is a finding */
	uint64_t offset, size;
	bool is_empty;	    /* which is a finding; fd is -1 */
	bool is_part;	    /* of a file, or bytes that are in no file */
	bool is_unpacked;   /* the file is a packed kernel, and this what comes out of it */
	bool continued;	    /* struct ka_piece's */
	const char *sha256; /* what it must hash to, borrowed from the entry; NULL: nobody says */
	struct ka_reader hashed; /* the bytes that must: of the file as it is; its fd is owned */
	/* The file of the machine when it was opened; st_size 0: all is in memory. */
	struct stat opened;
};

struct ka_plan {
	const struct ka_entry *entry; /* borrowed from the menu */
	struct ka_plan_file kernel;
	struct ka_plan_file *initrds; /* in load order */
	size_t n_initrds;
	size_t main_initrd;    /* the last of them that was not added: microcode comes first */
	char *cmdline;	       /* NULL: unknown, which is a finding */
	struct ka_image image; /* filled by the checks */
};

#define KA_PLAN_INIT                                                                               \
	{                                                                                          \
		.kernel = {.fd = -1, .hashed = { .fd = -1 } }                                      \
	}

/* What the person at the keyboard wants different from the entry. All borrowed. */
struct ka_overrides {
	const char *cmdline;	    /* --cmdline= */
	bool reuse_cmdline;	    /* --reuse-cmdline */
	char *const *append;	    /* --append= */
	char *const *initrds;	    /* --initrd= */
	char *const *added_initrds; /* --add-initrd= */
};

void ka_plan_done(struct ka_plan *plan);

/*
 * Open the files of an entry and settle the command line. Whatever cannot be opened becomes an
 * error finding, not a failure; negative only when a file in memory cannot be made.
 */
int ka_plan_make(struct ka_host *host, const struct ka_entry *entry,
		 const struct ka_overrides *overrides, struct ka_plan *ret,
		 struct ka_findings *findings) _must_check_;

/*
 * Report every file that is not any more what was opened and checked: in place, by size and times. Files
 * in memory are sealed. Returns whether there is one.
 */
bool ka_plan_report_changes(const struct ka_plan *plan, struct ka_findings *findings) _must_check_;

/* Size of the initrd the kernel will get, joined when there are several. */
uint64_t ka_plan_initrd_size(const struct ka_plan *plan);

/* Is the initrd made of more than one file, so that it must be joined in memory? */
bool ka_plan_joins(const struct ka_plan *plan);

/*
 * Memory the load takes at its peak, bytes: the kernel file (twice when it is inside another file),
 * the memory the new kernel needs to start (init_size), and the initrd twice (read buffer and final
 * place), or three times when it is joined (the memory file as well).
 */
uint64_t ka_plan_memory_needed(const struct ka_plan *plan);

/* What loads it: "kexec_file_load" or "kexec(8)". */
const char *ka_plan_loader(const struct ka_plan *plan);
