/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>
#include <kexec-any/text.h>

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
	char *sha256;	       /* what the file must hash to, hexadecimal; NULL: nobody says */
	bool continued;	       /* the next piece goes on in the same archive */
};

struct ka_pieces {
	struct ka_piece *items;
	size_t n;
};

void ka_pieces_done(struct ka_pieces *pieces);

/* Append copies of all that other has. */
void ka_pieces_copy(struct ka_pieces *pieces, const struct ka_pieces *other);

/* A whole file. Owns path. */
void ka_pieces_add_file_take(struct ka_pieces *pieces, char *path);
/* A part of a file; copies the names. */
void ka_pieces_add_part(struct ka_pieces *pieces, const char *path, const char *part,
			uint64_t offset, uint64_t size);
/* Own bytes. Takes data. */
void ka_pieces_add_data_take(struct ka_pieces *pieces, const char *part, char *data, uint64_t size);

/*
 * Packing files into a "newc" cpio archive (Documentation/driver-api/early-userspace/
 * buffer-format.rst), as loaders do that hand files of their own to the initrd. The files stay where
 * they are: the archive becomes pieces, heads of members between parts of files.
 */
struct ka_packer {
	struct ka_pieces *pieces;
	const char *what;   /* for people: who packs; a literal */
	struct ka_buf head; /* of the member that comes next */
	uint32_t inode;
	bool open; /* a member was packed, and there is no end yet */
};

void ka_packer_done(struct ka_packer *packer);
/* mode: permissions alone. */
void ka_packer_folder(struct ka_packer *packer, const char *name, uint32_t mode);
/* size bytes at offset of path, as the member name. -EFBIG: more than cpio can hold (4 GiB). */
int ka_packer_file(struct ka_packer *packer, const char *name, uint32_t mode, const char *path,
		   uint64_t offset, uint64_t size) _must_check_;
/* End the archive, when there is one. Another may begin behind it. */
void ka_packer_end(struct ka_packer *packer);
