/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/error.h>
#include <kexec-any/host.h>

/*
 * Writing, in the loader's place, what it writes when it boots an entry: so that a one-shot choice
 * is used up by the restart it was meant for, and not once more by the next cold boot.
 */

struct ka_commit_file {
	enum ka_write_kind kind; /* KA_WRITE_GRUBENV or KA_WRITE_EFI */
	char *path;
	char *node;		 /* of sectors of a volume; NULL: it is a file */
	struct ka_blocks blocks; /* which they are */
	char *data;		 /* as it was; NULL: it was not there */
	size_t size;
	char *written; /* as it is now; NULL: it is not there */
	size_t written_size;
};

struct ka_commit {
	struct ka_commit_file *files; /* as they were, to be put back */
	size_t n_files;
};

#define KA_COMMIT_INIT                                                                             \
	{                                                                                          \
		.n_files = 0                                                                       \
	}

void ka_commit_done(struct ka_commit *commit);

/* Apply the writes in order. On failure what was written is put back. */
int ka_commit_apply(struct ka_commit *commit, const struct ka_writes *writes, struct ka_error *err)
	_must_check_;

/* The bytes that are there now; NULL: there is no such file. */
int ka_commit_read(const struct ka_commit_file *f, char **ret, size_t *ret_size,
		   struct ka_error *err) _must_check_;

/* The restart was refused: put every file back as it was. */
int ka_commit_revert(struct ka_commit *commit, struct ka_error *err) _must_check_;

/* The same as well as it goes, for ka_on_out_of_memory(): allocates nothing, tells nothing. */
void ka_commit_revert_now(const struct ka_commit *commit);

/*
 * Set (or, with NULL, delete) a variable of a GRUB environment block in memory, as GRUB itself does
 * it: in place, the size unchanged, padding with '#'. -EBADMSG: no environment block; -ENOSPC: no
 * room left in it.
 */
int ka_grubenv_edit(char *data, size_t size, const char *name, const char *value) _must_check_;
