// SPDX-License-Identifier: GPL-2.0-or-later
/* The pieces of an initrd, and the heads of cpio members among them. */

#include <kexec-any/piece.h>
#include <kexec-any/text.h>

#include <errno.h>

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

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static int copy_piece(const struct ka_piece *from, struct ka_piece *to)
{
	*to = (struct ka_piece){
		.offset = from->offset,
		.size = from->size,
		.continued = from->continued,
	};
	if (copy_text(&to->path, from->path) && copy_text(&to->part, from->part) &&
	    copy_text(&to->sha256, from->sha256) &&
	    (!from->data || (to->data = malloc(from->size + 1)))) {
		if (from->data)
			memcpy(to->data, from->data, from->size);
		return 0;
	}
	piece_done(to);
	return -ENOMEM;
}

int ka_pieces_copy(struct ka_pieces *pieces, const struct ka_pieces *other)
{
	int r = 0;

	for (size_t i = 0; i < other->n && r == 0; i++) {
		struct ka_piece piece;

		r = copy_piece(&other->items[i], &piece);
		if (r == 0)
			r = add_take(pieces, &piece);
	}
	return r;
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

#define FOLDER 0040000u
#define FILE_  0100000u

static int pad(struct ka_buf *buf)
{
	static const char zeros[4];

	return ka_buf_add(buf, zeros, -buf->len & 3);
}

/* The head of a member: magic, inode, mode, uid, gid, links, time, size, two device numbers, the
 * name's length, a sum; then the name. */
static int add_head(struct ka_packer *p, const char *name, uint32_t mode, uint64_t size)
{
	size_t len = strlen(name) + 1;
	int r;

	r = ka_buf_addf(&p->head, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X",
			p->inode++, mode, 0u, 0u, mode & FOLDER ? 2u : 1u, 0u, (uint32_t)size, 0u,
			0u, 0u, 0u, len, 0u);
	if (r == 0)
		r = ka_buf_add(&p->head, name, len);
	return r == 0 ? pad(&p->head) : r;
}

/* What was collected becomes a piece. */
static int flush(struct ka_packer *p)
{
	size_t len = p->head.len;

	return ka_pieces_add_data_take(p->pieces, p->what, ka_buf_take(&p->head), len);
}

static void go_on(struct ka_packer *p)
{
	p->pieces->items[p->pieces->n - 1].continued = true;
}

void ka_packer_done(struct ka_packer *packer)
{
	ka_buf_done(&packer->head);
}

int ka_packer_folder(struct ka_packer *packer, const char *name, uint32_t mode)
{
	return add_head(packer, name, FOLDER | mode, 0);
}

int ka_packer_file(struct ka_packer *packer, const char *name, uint32_t mode, const char *path,
		   uint64_t offset, uint64_t size)
{
	int r;

	if (size > UINT32_MAX)
		return -EFBIG;
	r = add_head(packer, name, FILE_ | mode, size);
	if (r == 0)
		r = flush(packer);
	if (r < 0)
		return r;
	go_on(packer);
	packer->open = true;
	if (size == 0)
		return 0;
	r = ka_pieces_add_part(packer->pieces, path, name, offset, size);
	if (r == 0)
		go_on(packer);
	return r;
}

int ka_packer_end(struct ka_packer *packer)
{
	int r;

	if (!packer->open)
		return 0;
	packer->inode = 0;
	packer->open = false;
	r = add_head(packer, "TRAILER!!!", 0, 0);
	return r == 0 ? flush(packer) : r;
}
