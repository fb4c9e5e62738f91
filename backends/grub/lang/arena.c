// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory a syntax tree lies in, and how one unit after the other uses it again. */

#include "lang/script.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define CHUNK_SIZE 16384

struct grub_arena_chunk {
	struct grub_arena_chunk *next;
	size_t used, size;
	max_align_t data[];
};

void *grub_arena_alloc(struct grub_arena *arena, size_t size)
{
	struct grub_arena_chunk *chunk = arena->chunks;
	void *p;

	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		/* Small first: most units are one line. */
		size_t room = chunk ? CHUNK_SIZE : GRUB_UNIT_SIZE;

		if (room < size)
			room = size;
		chunk = ka_malloc(sizeof(*chunk) + room);
		chunk->size = room;
		chunk->used = 0;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	p = (char *)chunk->data + chunk->used;
	chunk->used += size;
	arena->used += size;
	return memset(p, 0, size);
}

char *grub_arena_strndup(struct grub_arena *arena, const char *text, size_t len)
{
	char *p = grub_arena_alloc(arena, len + 1);

	memcpy(p, text, len);
	return p;
}

void grub_arena_done(struct grub_arena *arena)
{
	while (arena->chunks) {
		struct grub_arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
}

/* Most units fit into the first, small chunk: the next unit takes it over. */
static void keep_chunk(struct grub_arena *arena, struct grub_scratch *scratch)
{
	struct grub_arena_chunk *chunk = arena->chunks;

	if (!chunk || chunk->next)
		return;
	chunk->used = 0;
	chunk->next = scratch->spare;
	scratch->spare = chunk;
	arena->chunks = NULL;
	arena->used = 0;
}

void grub_arena_reuse(struct grub_arena *arena, struct grub_scratch *scratch)
{
	struct grub_arena_chunk *chunk = scratch->spare;

	if (!chunk)
		return;
	scratch->spare = chunk->next;
	chunk->next = NULL;
	arena->chunks = chunk;
}

void grub_unit_done(struct grub_unit *unit, struct grub_scratch *scratch)
{
	if (scratch)
		keep_chunk(&unit->arena, scratch);
	grub_arena_done(&unit->arena);
	*unit = (struct grub_unit){ 0 };
}

void grub_scratch_done(struct grub_scratch *scratch)
{
	struct grub_arena arena = { .chunks = scratch->spare };

	grub_arena_done(&arena);
	ka_buf_done(&scratch->buf);
	free(scratch->lines);
	*scratch = (struct grub_scratch){ 0 };
}
