// SPDX-License-Identifier: GPL-2.0-or-later
/* Are a loader's files and words for a system those of the system itself? */

#include "decide/copies.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "/nix/store/X/Y" and "/boot/kernels/X-Y": the name tells the file, for the store's path holds a hash. */
static bool is_named_after(const char *original, const char *copy)
{
	const char *name = base_name(copy), *last = base_name(original), *rest;
	size_t n = (size_t)(last - original);
	_cleanup_free_ char *folder = NULL, *stem = NULL;

	if (n < 2)
		return false;
	folder = ka_strndup(original, n - 1);
	stem = ka_format("%s-%s", base_name(folder), last);
	rest = ka_startswith(name, stem);
	return rest && (!*rest || ka_streq(rest, ".efi"));
}

bool ka_copy_is_same(struct ka_host *host, const char *original, const char *copy)
{
	struct stat a, b;

	if (ka_streq(original, copy))
		return true;
	return is_named_after(original, copy) && ka_host_stat(host, original, &a) > 0 &&
	       ka_host_stat(host, copy, &b) > 0 && a.st_size == b.st_size;
}

static bool is_whole_file(const struct ka_piece *piece)
{
	return piece->path && !piece->part && !piece->offset && !piece->size;
}

bool ka_copies_are_same(struct ka_host *host, const struct ka_entry *ours,
			const struct ka_entry *theirs)
{
	if (!ours->kernel || theirs->kernel_offset || theirs->kernel_size ||
	    ours->initrds.n != theirs->initrds.n ||
	    !ka_copy_is_same(host, ours->kernel, theirs->kernel))
		return false;
	for (size_t i = 0; i < ours->initrds.n; i++) {
		const struct ka_piece *a = &ours->initrds.items[i], *b = &theirs->initrds.items[i];

		if (!is_whole_file(a) || !is_whole_file(b) ||
		    !ka_copy_is_same(host, a->path, b->path))
			return false;
	}
	return true;
}

/* Quotes may stand around the whole word or around its value: the kernel takes them away. */
static bool is_same_word(const struct ka_word *a, const struct ka_word *b)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a->len && a->text[i] == '"')
			i++;
		while (j < b->len && b->text[j] == '"')
			j++;
		if (i == a->len || j == b->len)
			return i == a->len && j == b->len;
		if (a->text[i] != b->text[j])
			return false;
	}
}

bool ka_cmdlines_are_same(const char *a, const char *b)
{
	_cleanup_free_ char *x = ka_cmdline_reusable(a ? a : ""),
			    *y = ka_cmdline_reusable(b ? b : "");
	const char *p = x, *q = y;
	struct ka_word v, w;

	while (ka_cmdline_next(&p, &v))
		if (!ka_cmdline_next(&q, &w) || !is_same_word(&v, &w))
			return false;
	return !ka_cmdline_next(&q, &w);
}
