// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which mount is visible at a path. The order of the lines in mountinfo does not tell: a mount that is
 * moved keeps its place, so that what an initramfs mounted stands before "/". Every mount names its
 * parent instead, and the kernel's own walk is repeated: from the root, component by component, into
 * the mount that the one at hand has there, and into what is stacked on that.
 *
 * What is mounted over "/" itself is not seen: the kernel starts at the root of the process, below it.
 *
 * Mounts are found by parent and target in a hash table, so that 100,000 of them (fs.mount-max) cost no
 * more than reading them.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>

#include <sys/auxv.h>

#define NONE UINT32_MAX

/* FNV-1a; the seed differs from run to run, so that nobody can choose colliding names. */
static uint64_t hash_byte(uint64_t hash, char byte)
{
	return (hash ^ (uint8_t)byte) * 0x100000001b3u;
}

static uint64_t hash_seed(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM); /* 16 bytes */
	uint64_t seed = 0xcbf29ce484222325u;

	if (random)
		memcpy(&seed, random, sizeof(seed));
	return seed;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = hash_byte(hash, *text);
	return hash;
}

/* Where the mount with this parent and target stands, or the free slot for it. */
static size_t find_slot(const struct ka_mounts *mounts, uint32_t parent, const char *target,
			size_t len, uint64_t hash)
{
	size_t mask = mounts->n_slots - 1, at;

	hash = hash_byte(hash, '\0') ^ parent * 0x9e3779b97f4a7c15u;
	for (at = (hash ^ hash >> 32) & mask; mounts->slots[at] != NONE; at = (at + 1) & mask) {
		const struct ka_mount *m = &mounts->items[mounts->slots[at]];

		if (m->parent == parent && strncmp(m->target, target, len) == 0 &&
		    m->target[len] == '\0')
			break;
	}
	return at;
}

static uint32_t find_child(const struct ka_mounts *mounts, uint32_t parent, const char *target,
			   size_t len, uint64_t hash)
{
	return mounts->slots[find_slot(mounts, parent, target, len, hash)];
}

struct id {
	int id;
	uint32_t index;
};

static int compare_ids(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The first mount with this id. */
static uint32_t find_id(const struct id *ids, size_t n, int id)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ids[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && ids[low].id == id ? ids[low].index : NONE;
}

/* The root's parent is not in the table, or the root itself: so it is found. */
static void find_parents(struct ka_mounts *mounts)
{
	struct id *ids = ka_calloc(mounts->n + 1, sizeof(*ids));

	mounts->root = NONE;
	for (size_t i = 0; i < mounts->n; i++)
		ids[i] = (struct id){ mounts->items[i].id, (uint32_t)i };
	qsort(ids, mounts->n, sizeof(*ids), compare_ids);
	for (uint32_t i = 0; i < mounts->n; i++) {
		struct ka_mount *m = &mounts->items[i];

		m->parent = find_id(ids, mounts->n, m->parent_id);
		if (m->parent == i)
			m->parent = NONE;
		if (m->parent == NONE && ka_streq(m->target, "/"))
			mounts->root = i;
	}
	free(ids);
	/* Below a root that is no mount's (a chroot into a directory), others lack their parent too. */
	for (uint32_t i = 0; i < mounts->n; i++)
		if (mounts->items[i].parent == NONE && i != mounts->root)
			mounts->items[i].parent = mounts->root;
}

static void fill_slots(struct ka_mounts *mounts)
{
	mounts->seed = hash_seed();
	for (mounts->n_slots = 16; mounts->n_slots < 2 * mounts->n;)
		mounts->n_slots *= 2;
	mounts->slots = ka_malloc(mounts->n_slots * sizeof(*mounts->slots));
	memset(mounts->slots, 0xff, mounts->n_slots * sizeof(*mounts->slots));
	/* Of two in one place the later one counts. */
	for (uint32_t i = 0; i < mounts->n; i++) {
		const struct ka_mount *m = &mounts->items[i];
		uint64_t hash = hash_text(mounts->seed, m->target);

		if (i == mounts->root)
			continue;
		mounts->slots[find_slot(mounts, m->parent, m->target, strlen(m->target), hash)] = i;
	}
}

/* What is mounted right over a mount; NONE: nothing. */
static uint32_t find_over(const struct ka_mounts *mounts, uint32_t index)
{
	const struct ka_mount *m = &mounts->items[index];

	if (index == mounts->root)
		return NONE;
	return find_child(mounts, index, m->target, strlen(m->target),
			  hash_text(mounts->seed, m->target));
}

/* The top of each stack of mounts, once: a stack may be as high as the table is long. */
static void find_tops(struct ka_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		mounts->items[i].top = NONE;
	for (uint32_t i = 0; i < mounts->n; i++) {
		uint32_t at = i, over, top;

		/* Marked on the way, so that a circle ends it; no kernel writes one. */
		while (mounts->items[at].top == NONE) {
			mounts->items[at].top = at;
			over = find_over(mounts, at);
			if (over != NONE)
				at = over;
		}
		top = mounts->items[at].top;
		for (at = i; at != top; at = over) {
			over = find_over(mounts, at);
			if (mounts->items[at].top == top || over == NONE)
				break;
			mounts->items[at].top = top;
		}
	}
}

static uint32_t find_visible(const struct ka_mounts *mounts, const char *path)
{
	uint32_t at = mounts->root, child;
	uint64_t hash = mounts->seed;

	if (mounts->n == 0)
		return NONE;
	for (size_t len = 0; path[len]; len++) {
		hash = hash_byte(hash, path[len]);
		if (len == 0 || (path[len + 1] != '/' && path[len + 1] != '\0'))
			continue;
		child = find_child(mounts, at, path, len + 1, hash);
		if (child != NONE)
			at = mounts->items[child].top;
	}
	return at;
}

void ka_mounts_index(struct ka_mounts *mounts)
{
	find_parents(mounts);
	fill_slots(mounts);
	find_tops(mounts);
	for (uint32_t i = 0; i < mounts->n; i++)
		mounts->items[i].is_visible = find_visible(mounts, mounts->items[i].target) == i;
}

const struct ka_mount *ka_mounts_at(const struct ka_mounts *mounts, const char *path)
{
	uint32_t at = find_visible(mounts, path);

	return at == NONE ? NULL : &mounts->items[at];
}
