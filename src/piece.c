// SPDX-License-Identifier: GPL-2.0-or-later
/* The pieces of an initrd, and the heads of cpio members among them. */

#include <kexec-any/piece.h>
#include <kexec-any/text.h>

static void piece_done(struct ka_piece *piece)
{
	free(piece->path);
	free(piece->part);
	free(piece->data);
}

void ka_pieces_done(struct ka_pieces *pieces)
{
	for (size_t i = 0; i < pieces->n; i++)
		piece_done(&pieces->items[i]);
	free(pieces->items);
	*pieces = (struct ka_pieces){ .n = 0 };
}

static int add_take(struct ka_pieces *pieces, struct ka_piece *piece)
{
	struct ka_piece *p = reallocarray(pieces->items, pieces->n + 1, sizeof(*p));

	if (!p) {
		piece_done(piece);
		return -ENOMEM;
	}
	pieces->items = p;
	p[pieces->n++] = *piece;
	return 0;
}

int ka_pieces_add_file_take(struct ka_pieces *pieces, char *path)
{
	struct ka_piece piece = { .path = path };

	return path ? add_take(pieces, &piece) : -ENOMEM;
}

int ka_pieces_add_part(struct ka_pieces *pieces, const char *path, const char *part,
		       uint64_t offset, uint64_t size)
{
	struct ka_piece piece = {
		.path = strdup(path),
		.part = strdup(part),
		.offset = offset,
		.size = size,
	};

	if (!piece.path || !piece.part) {
		piece_done(&piece);
		return -ENOMEM;
	}
	return add_take(pieces, &piece);
}

int ka_pieces_add_data_take(struct ka_pieces *pieces, const char *part, char *data, uint64_t size)
{
	struct ka_piece piece = { .part = strdup(part), .data = data, .size = size };

	if (!piece.part || !data) {
		piece_done(&piece);
		return -ENOMEM;
	}
	return add_take(pieces, &piece);
}

static int pad(struct ka_buf *buf)
{
	static const char zeros[4];

	return ka_buf_add(buf, zeros, -buf->len & 3);
}

int ka_cpio_add_member(struct ka_buf *buf, const char *name, uint32_t mode, uint64_t size,
		       uint32_t inode)
{
	size_t len = strlen(name) + 1;
	bool is_folder = (mode & 0170000) == 0040000;
	int r;

	if (size > UINT32_MAX)
		return -EFBIG;
	r = pad(buf);
	/* magic, inode, mode, uid, gid, links, time, size, two device numbers, name's length, sum */
	if (r == 0)
		r = ka_buf_addf(buf, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X",
				inode, mode, 0u, 0u, is_folder ? 2u : 1u, 0u, (uint32_t)size, 0u,
				0u, 0u, 0u, len, 0u);
	if (r == 0)
		r = ka_buf_add(buf, name, len);
	return r == 0 ? pad(buf) : r;
}

int ka_cpio_add_end(struct ka_buf *buf)
{
	return ka_cpio_add_member(buf, "TRAILER!!!", 0, 0, 0);
}
