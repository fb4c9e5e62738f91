// SPDX-License-Identifier: GPL-2.0-or-later
/* Through a stream without unpacking it: "Zstandard Compression", RFC 8878, section 3.1. */

#include "unpack/unpack-internal.h"

#include <errno.h>

#define ZSTD_MAGIC	  0xfd2fb528u
#define BLOCK_RLE	  1
#define BLOCK_RESERVED	  3
#define BLOCK_HEADER_SIZE 3
#define BLOCK_LIMIT	  (128u << 10)
/* Of 128 KiB each 128 GiB come out; smaller ones are rare, and each costs a read. */
#define BLOCKS_LIMIT (1u << 20)

/* The size of a frame's header, magic included; 0: it is none. */
static size_t header_size(const uint8_t *head)
{
	static const size_t dictionary_sizes[] = { 0, 1, 2, 4 }, content_sizes[] = { 0, 2, 4, 8 };
	uint8_t flags = head[4];
	bool is_single = flags & 0x20;
	size_t content = content_sizes[flags >> 6];

	if (ka_le32(head) != ZSTD_MAGIC || flags & 0x08)
		return 0;
	if (is_single && content == 0)
		content = 1;
	return 5 + !is_single + dictionary_sizes[flags & 3] + content;
}

int ka_zstd_walk(const struct ka_reader *reader, uint64_t *ret)
{
	uint8_t head[5], block[4] = { 0 };
	uint64_t at;
	unsigned int n_blocks = 0;
	bool is_last;
	int r;

	r = ka_read_at(reader, 0, head, sizeof(head));
	if (r < 0)
		return r == -ENODATA ? -EBADMSG : r;
	at = header_size(head);
	if (at == 0)
		return -EBADMSG;
	do {
		uint32_t word, type;

		r = ka_read_at(reader, at, block, BLOCK_HEADER_SIZE);
		if (r < 0)
			return r == -ENODATA ? -EBADMSG : r;
		word = ka_le32(block);
		is_last = word & 1;
		type = word >> 1 & 3;
		if (type == BLOCK_RESERVED || ++n_blocks > BLOCKS_LIMIT ||
		    (type != BLOCK_RLE && word >> 3 > BLOCK_LIMIT))
			return -EBADMSG;
		at += BLOCK_HEADER_SIZE + (type == BLOCK_RLE ? 1 : word >> 3);
	} while (!is_last);
	at += head[4] & 0x04 ? 4 : 0; /* a checksum of what comes out */
	if (at > reader->size)
		return -EBADMSG;
	*ret = at;
	return 0;
}
