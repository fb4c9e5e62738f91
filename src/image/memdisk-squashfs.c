// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A memdisk that is a squashfs image of version 4.0 (Linux: Documentation/filesystems/squashfs.rst,
 * fs/squashfs/squashfs_fs.h), as Ubuntu's signed programs and Debian's since 2.12 have it. Small ones
 * alone are met there, so both tables are unpacked whole.
 */

#include "image/memdisk.h"
#include "unpack/unpack.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define SUPER_SIZE   96u
#define BLOCK_LIMIT  8192u /* of a table's block, unpacked */
#define TABLE_LIMIT  (1u << 20)
#define BLOCKS_LIMIT (TABLE_LIMIT / 64)
#define DATA_LIMIT   (1u << 20) /* of a block of files, unpacked */
#define NO_FRAGMENT  UINT32_MAX
#define STORED	     0x1000000u /* of a data block's size: not packed */
#define NAME_LIMIT   256u
#define VISITS_LIMIT KA_MEMDISK_FILES_LIMIT

enum {
	COMPRESSOR_XZ = 4,
	COMPRESSOR_ZSTD = 6,
	TYPE_FOLDER = 1,
	TYPE_FILE = 2,
	TYPE_LONG_FOLDER = 8,
	TYPE_LONG_FILE = 9,
};

/* A table: blocks of up to 8 KiB, each found by where it was in the file. */
struct table {
	uint8_t *data;
	size_t size;
	struct {
		uint32_t from; /* the start of the table */
		size_t at;     /* in data */
	} * blocks;
	size_t n_blocks;
};

struct squashfs {
	const struct ka_reader *reader;
	struct ka_memdisk *disk;
	enum ka_packing packing;
	uint32_t block_size;
	uint64_t fragments;
	uint32_t n_fragments;
	struct table inodes, folders;
	size_t visits;
};

/* --- unpacking */

struct sink {
	uint8_t *data;
	size_t size, len;
};

static int take(void *userdata, const uint8_t *data, size_t n)
{
	struct sink *sink = userdata;

	if (n > sink->size - sink->len)
		return -EFBIG;
	memcpy(sink->data + sink->len, data, n);
	sink->len += n;
	return 0;
}

/* n bytes at an offset become at most size bytes. */
static int unpack(const struct squashfs *s, uint64_t at, size_t n, bool stored, struct sink *sink)
{
	struct ka_reader part = { s->reader->fd, s->reader->base + at, n };
	struct ka_unpacked unpacked;
	int r;

	if (at > s->reader->size || n > s->reader->size - at)
		return -EBADMSG;
	if (!stored)
		return ka_unpack(&part, s->packing, sink->size - sink->len, take, sink, &unpacked,
				 NULL);
	if (n > sink->size - sink->len)
		return -EBADMSG;
	r = ka_read_at(&part, 0, sink->data + sink->len, n);
	if (r == 0)
		sink->len += n;
	return r;
}

/* A block of a table. *at moves behind it. */
static int unpack_block(const struct squashfs *s, uint64_t *at, struct sink *sink)
{
	uint8_t h[2];
	size_t n;
	int r = ka_read_at(s->reader, *at, h, sizeof(h));

	if (r < 0)
		return r;
	n = ka_le16(h) & 0x7fff;
	r = n > BLOCK_LIMIT ? -EBADMSG : unpack(s, *at + 2, n, (ka_le16(h) & 0x8000) != 0, sink);
	*at += 2 + n;
	return r;
}

static int read_table(const struct squashfs *s, uint64_t at, uint64_t end, struct table *ret)
{
	struct sink sink = { .size = TABLE_LIMIT };
	const uint64_t start = at;
	int r = 0;

	if (at > end || end > s->reader->size || end - at > TABLE_LIMIT)
		return -EFBIG;
	ret->data = sink.data = ka_malloc(TABLE_LIMIT);
	ret->blocks = ka_calloc(BLOCKS_LIMIT, sizeof(*ret->blocks));
	while (at < end && r == 0) {
		if (ret->n_blocks >= BLOCKS_LIMIT)
			return -EFBIG;
		ret->blocks[ret->n_blocks].from = (uint32_t)(at - start);
		ret->blocks[ret->n_blocks++].at = sink.len;
		r = unpack_block(s, &at, &sink);
	}
	ret->size = sink.len;
	return r;
}

static void table_done(struct table *table)
{
	free(table->data);
	free(table->blocks);
}

/* n bytes at an offset of the block that began there. NULL: the table does not have them. */
static const uint8_t *in_table(const struct table *table, uint32_t block, size_t offset, size_t n)
{
	for (size_t i = 0; i < table->n_blocks; i++) {
		size_t at = table->blocks[i].at;

		if (table->blocks[i].from == block)
			return offset <= table->size - at && n <= table->size - at - offset
				       ? table->data + at + offset
				       : NULL;
	}
	return NULL;
}

/* --- files */

struct file {
	uint64_t start, size;
	uint32_t fragment, offset; /* of its end, in a block that files share */
	const uint8_t *sizes;	   /* of its own blocks */
	size_t n_sizes;
};

/* A fragment's place: a table of blocks, found by a list of them. */
static int read_fragment(const struct squashfs *s, const struct file *file, struct sink *sink)
{
	_cleanup_free_ uint8_t *data = NULL, *entries = NULL;
	struct sink whole = { .size = s->block_size }, table = { .size = BLOCK_LIMIT };
	const size_t n = (size_t)(file->size % s->block_size), in_block = file->fragment % 512;
	uint8_t place[8];
	const uint8_t *e;
	uint64_t at;
	int r;

	if (file->fragment >= s->n_fragments)
		return -EBADMSG;
	r = ka_read_at(s->reader, s->fragments + (uint64_t)(file->fragment / 512) * 8, place,
		       sizeof(place));
	at = ka_le64(place);
	table.data = entries = ka_calloc(1, BLOCK_LIMIT);
	if (r == 0)
		r = unpack_block(s, &at, &table);
	if (r < 0)
		return r;
	e = entries + in_block * 16;
	whole.data = data = ka_malloc(s->block_size);
	r = unpack(s, ka_le64(e), ka_le32(e + 8) & (STORED - 1), ka_le32(e + 8) & STORED, &whole);
	if (r < 0)
		return r;
	if (file->offset > whole.len || n > whole.len - file->offset)
		return -EBADMSG;
	return take(sink, data + file->offset, n);
}

static int read_blocks(const struct squashfs *s, const struct file *file, struct sink *sink)
{
	uint64_t at = file->start;

	for (size_t i = 0; i < file->n_sizes; i++) {
		uint32_t size = ka_le32(file->sizes + 4 * i), n = size & (STORED - 1);
		int r;

		/* A hole is not what a script is made of. */
		if (n == 0)
			return -EOPNOTSUPP;
		r = unpack(s, at, n, size & STORED, sink);
		if (r < 0)
			return r;
		at += n;
	}
	return file->fragment == NO_FRAGMENT ? 0 : read_fragment(s, file, sink);
}

/* The fields of a file's inode. -EBADMSG: the table ends before. */
static int read_inode(const struct squashfs *s, uint32_t block, size_t offset, struct file *ret)
{
	const uint8_t *p = in_table(&s->inodes, block, offset, 32);
	bool is_long = p && ka_le16(p) == TYPE_LONG_FILE;
	size_t head = is_long ? 56 : 32;

	p = in_table(&s->inodes, block, offset, head);
	if (!p)
		return -EBADMSG;
	ret->start = is_long ? ka_le64(p + 16) : ka_le32(p + 16);
	ret->size = is_long ? ka_le64(p + 24) : ka_le32(p + 28);
	ret->fragment = ka_le32(p + (is_long ? 44 : 20));
	ret->offset = ka_le32(p + (is_long ? 48 : 24));
	ret->n_sizes = (size_t)(ret->size / s->block_size) +
		       (ret->fragment == NO_FRAGMENT && ret->size % s->block_size != 0);
	if (ret->n_sizes > TABLE_LIMIT / 4)
		return -EFBIG;
	p = in_table(&s->inodes, block, offset, head + 4 * ret->n_sizes);
	ret->sizes = p ? p + head : NULL;
	return p ? 0 : -EBADMSG;
}

static int read_file(struct squashfs *s, const char *path, uint32_t block, size_t offset)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct file file;
	struct sink sink = { .data = NULL };
	int r = read_inode(s, block, offset, &file);

	if (r < 0)
		return r;
	if (ka_memdisk_keeps(s->disk, file.size)) {
		sink.size = (size_t)file.size;
		sink.data = data = ka_malloc(sink.size + 1);
		r = read_blocks(s, &file, &sink);
		if (r == 0 && sink.len != sink.size)
			r = -EBADMSG;
	}
	if (r < 0)
		return r;
	return ka_memdisk_add(s->disk, path, false, data, sink.len) ? 0 : -EFBIG;
}

/* --- folders */

static int read_folder(struct squashfs *s, const char *path, uint32_t block, size_t offset,
		       unsigned int depth);

static int read_entry(struct squashfs *s, const char *path, uint16_t type, uint32_t block,
		      size_t offset, unsigned int depth)
{
	if (++s->visits > VISITS_LIMIT)
		return -EFBIG;
	if (type == TYPE_FILE)
		return read_file(s, path, block, offset);
	if (!ka_memdisk_add(s->disk, path, type == TYPE_FOLDER, NULL, 0))
		return -EFBIG;
	return type == TYPE_FOLDER ? read_folder(s, path, block, offset, depth + 1) : 0;
}

/* Entries of one header: names, and inodes in one block. What is left of the folder: *p, *n. */
static int read_names(struct squashfs *s, const char *path, const uint8_t **p, size_t *n,
		      unsigned int depth)
{
	const uint8_t *h = *p;
	size_t count = (size_t)ka_le32(h) + 1;
	int r = 0;

	if (count > NAME_LIMIT)
		return -EBADMSG;
	*p += 12;
	*n -= 12;
	for (; count > 0 && r == 0; count--) {
		_cleanup_free_ char *name = NULL;
		const uint8_t *e = *p;
		size_t len;

		if (*n < 8 || (len = (size_t)ka_le16(e + 6) + 1) > NAME_LIMIT || len > *n - 8)
			return -EBADMSG;
		name = ka_format("%s/%.*s", path, (int)len, (const char *)e + 8);
		*p += 8 + len;
		*n -= 8 + len;
		r = read_entry(s, name, ka_le16(e + 4), ka_le32(h + 4), ka_le16(e), depth);
	}
	return r;
}

static int read_folder(struct squashfs *s, const char *path, uint32_t block, size_t offset,
		       unsigned int depth)
{
	const uint8_t *inode = in_table(&s->inodes, block, offset, 32), *p;
	bool is_long = inode && ka_le16(inode) == TYPE_LONG_FOLDER;
	size_t n;
	int r = 0;

	if (is_long)
		inode = in_table(&s->inodes, block, offset, 40);
	if (!inode || (!is_long && ka_le16(inode) != TYPE_FOLDER))
		return -EBADMSG;
	if (depth >= KA_MEMDISK_DEPTH_LIMIT)
		return -EFBIG;
	/* The size counts "." and "..", which are not there. */
	n = is_long ? ka_le32(inode + 20) : ka_le16(inode + 24);
	if (n <= 3)
		return 0;
	n -= 3;
	p = in_table(&s->folders, ka_le32(inode + (is_long ? 24 : 16)),
		     ka_le16(inode + (is_long ? 34 : 26)), n);
	if (!p)
		return -EBADMSG;
	while (n >= 12 && r == 0)
		r = read_names(s, path, &p, &n, depth);
	return r;
}

/* --- all together */

static int read_super(const uint8_t *b, struct squashfs *s)
{
	uint16_t compressor = ka_le16(b + 20);

	s->block_size = ka_le32(b + 12);
	s->n_fragments = ka_le32(b + 16);
	s->fragments = ka_le64(b + 80);
	s->packing = compressor == COMPRESSOR_XZ     ? KA_PACKING_XZ
		     : compressor == COMPRESSOR_ZSTD ? KA_PACKING_ZSTD
						     : KA_PACKING_NONE;
	if (ka_le16(b + 28) != 4 || s->packing == KA_PACKING_NONE)
		return -EOPNOTSUPP;
	return s->block_size < 4096 || s->block_size > DATA_LIMIT ? -EBADMSG : 0;
}

/* The folders end where the blocks of another table begin: a list of their places names the first. */
static int find_end(const struct squashfs *s, const uint8_t *b, uint64_t folders, uint64_t *ret)
{
	static const size_t lists[] = { 48, 80, 88 }; /* of users, fragments, exports */

	*ret = UINT64_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		uint64_t list = ka_le64(b + lists[i]);
		uint8_t first[8];
		int r;

		if (list == UINT64_MAX || (lists[i] == 80 && s->n_fragments == 0))
			continue;
		r = ka_read_at(s->reader, list, first, sizeof(first));
		if (r < 0)
			return r;
		if (ka_le64(first) >= folders && ka_le64(first) < *ret)
			*ret = ka_le64(first);
	}
	return *ret == UINT64_MAX ? -EBADMSG : 0;
}

static int read_all(struct squashfs *s, const uint8_t *b)
{
	uint64_t inodes = ka_le64(b + 64), folders = ka_le64(b + 72), root = ka_le64(b + 32), end;
	int r = find_end(s, b, folders, &end);

	if (r == 0)
		r = read_table(s, inodes, folders, &s->inodes);
	if (r == 0)
		r = read_table(s, folders, end, &s->folders);
	return r == 0 ? read_folder(s, "", (uint32_t)(root >> 16), root & 0xffff, 0) : r;
}

int ka_memdisk_read_squashfs(const struct ka_reader *reader, struct ka_memdisk *ret)
{
	struct squashfs s = { .reader = reader, .disk = ret };
	uint8_t b[SUPER_SIZE];
	int r;

	if (reader->size < sizeof(b))
		return 1;
	r = ka_read_at(reader, 0, b, sizeof(b));
	if (r < 0)
		return r;
	if (memcmp(b, "hsqs", 4) != 0)
		return 1;
	r = read_super(b, &s);
	if (r == 0)
		r = read_all(&s, b);
	table_done(&s.inodes);
	table_done(&s.folders);
	return r;
}
