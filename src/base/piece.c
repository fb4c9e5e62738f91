// SPDX-License-Identifier: GPL-2.0-or-later
/* The pieces of an initrd, and the heads of cpio members among them. */

#include <kexec-any/memory.h>
#include <kexec-any/piece.h>
#include <kexec-any/text.h>

static void piece_done(struct ka_piece *piece)
{
	free(piece->path);
	free(piece->part);
	free(piece->data);
	free(piece->sha256);
}

void ka_pieces_done(struct ka_pieces *pieces)
{
	for (size_t i = 0; i < pieces->n; i++)
		piece_done(&pieces->items[i]);
	free(pieces->items);
	*pieces = (struct ka_pieces){ .n = 0 };
}

static void add_take(struct ka_pieces *pieces, struct ka_piece piece)
{
	pieces->items = ka_reallocarray(pieces->items, pieces->n + 1, sizeof(*pieces->items));
	pieces->items[pieces->n++] = piece;
}

void ka_pieces_copy(struct ka_pieces *pieces, const struct ka_pieces *other)
{
	for (size_t i = 0; i < other->n; i++) {
		struct ka_piece piece = other->items[i];

		piece.path = ka_strdup_or_null(piece.path);
		piece.part = ka_strdup_or_null(piece.part);
		piece.sha256 = ka_strdup_or_null(piece.sha256);
		if (piece.data)
			piece.data = ka_memdup(piece.data, piece.size);
		add_take(pieces, piece);
	}
}

void ka_pieces_add_file_take(struct ka_pieces *pieces, char *path)
{
	add_take(pieces, (struct ka_piece){ .path = path });
}

void ka_pieces_add_part(struct ka_pieces *pieces, const char *path, const char *part,
			uint64_t offset, uint64_t size)
{
	add_take(pieces, (struct ka_piece){
				 .path = ka_strdup(path),
				 .part = ka_strdup(part),
				 .offset = offset,
				 .size = size,
			 });
}

void ka_pieces_add_data_take(struct ka_pieces *pieces, const char *part, char *data, uint64_t size)
{
	add_take(pieces, (struct ka_piece){ .part = ka_strdup(part), .data = data, .size = size });
}

#define FOLDER 0040000u
#define FILE_  0100000u

static void pad(struct ka_buf *buf)
{
	static const char zeros[4];

	ka_buf_add(buf, zeros, -buf->len & 3);
}

/* The head of a member: magic, inode, mode, uid, gid, links, time, size, two device numbers, the
 * name's length, a sum; then the name. */
static void add_head(struct ka_packer *p, const char *name, uint32_t mode, uint64_t size)
{
	size_t len = strlen(name) + 1;

	ka_buf_addf(&p->head, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X",
		    p->inode++, mode, 0u, 0u, mode & FOLDER ? 2u : 1u, 0u, (uint32_t)size, 0u, 0u,
		    0u, 0u, len, 0u);
	ka_buf_add(&p->head, name, len);
	pad(&p->head);
}

/* What was collected becomes a piece. */
static void flush(struct ka_packer *p)
{
	size_t len = p->head.len;

	ka_pieces_add_data_take(p->pieces, p->what, ka_buf_take(&p->head), len);
}

static void go_on(struct ka_packer *p)
{
	p->pieces->items[p->pieces->n - 1].continued = true;
}

void ka_packer_done(struct ka_packer *packer)
{
	ka_buf_done(&packer->head);
}

void ka_packer_folder(struct ka_packer *packer, const char *name, uint32_t mode)
{
	add_head(packer, name, FOLDER | mode, 0);
}

int ka_packer_file(struct ka_packer *packer, const char *name, uint32_t mode, const char *path,
		   uint64_t offset, uint64_t size)
{
	if (size > UINT32_MAX)
		return -EFBIG;
	add_head(packer, name, FILE_ | mode, size);
	flush(packer);
	go_on(packer);
	packer->open = true;
	if (size == 0)
		return 0;
	ka_pieces_add_part(packer->pieces, path, name, offset, size);
	go_on(packer);
	return 0;
}

void ka_packer_end(struct ka_packer *packer)
{
	if (!packer->open)
		return;
	packer->inode = 0;
	packer->open = false;
	add_head(packer, "TRAILER!!!", 0, 0);
	flush(packer);
}
