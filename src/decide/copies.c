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

/* Without quotes, single blanks between the words. */
static char *plain_words(const char *cmdline)
{
	_cleanup_free_ char *words = ka_cmdline_reusable(cmdline);
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	bool blank = false;

	for (const char *p = words; *p; p++) {
		if (*p == '"')
			continue;
		if (!ka_is_space(*p)) {
			ka_buf_addf(&buf, "%s%c", blank ? " " : "", *p);
			blank = false;
		} else {
			blank = true;
		}
	}
	return ka_buf_take(&buf);
}

bool ka_cmdlines_are_same(const char *a, const char *b)
{
	_cleanup_free_ char *x = plain_words(a ? a : ""), *y = plain_words(b ? b : "");

	return ka_streq(x, y);
}
