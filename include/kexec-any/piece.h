/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * What an initrd is made of, in load order: whole files, parts of files (the sections of a unified
 * kernel image), and bytes that the loader makes itself (archives that carry credentials). The core
 * opens, checks and joins them.
 */
struct ka_piece {
	char *path; /* the file on this machine; NULL: the loader's own bytes */
	char *part; /* for people: the section, or what the bytes are; NULL: a whole file */
	uint64_t offset, size; /* of a part; size alone for own bytes; 0 for a whole file */
	char *data;	       /* own bytes, else NULL */
	bool continued;	       /* the next piece goes on in the same archive */
};

struct ka_pieces {
	struct ka_piece *items;
	size_t n;
};

void ka_pieces_done(struct ka_pieces *pieces);

/* A whole file. Owns path, also on failure; NULL gives -ENOMEM. */
int ka_pieces_add_file_take(struct ka_pieces *pieces, char *path) _must_check_;
/* A part of a file; copies the names. */
int ka_pieces_add_part(struct ka_pieces *pieces, const char *path, const char *part,
		       uint64_t offset, uint64_t size) _must_check_;
/* Own bytes. Takes data, also on failure. */
int ka_pieces_add_data_take(struct ka_pieces *pieces, const char *part, char *data, uint64_t size)
	_must_check_;

/*
 * Members of a "newc" cpio archive (Documentation/driver-api/early-userspace/buffer-format.rst),
 * for loaders that pack files themselves: the head of a member, whose bytes follow as a piece of
 * their own, and the end. All pieces of an archive but the last are "continued".
 */
struct ka_buf;
int ka_cpio_add_member(struct ka_buf *buf, const char *name, uint32_t mode, uint64_t size,
		       uint32_t inode) _must_check_;
int ka_cpio_add_end(struct ka_buf *buf) _must_check_;
