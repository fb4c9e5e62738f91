// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Wildcards for paths (commands/wildcard.c): one step for each part that has some, and behind the first
 * of them what is no wildcard has to exist.
 */

#include "run/wildcard.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

bool grub_has_wildcard(const char *guarded)
{
	for (; *guarded; guarded++) {
		if (*guarded == '\\' && guarded[1])
			guarded++;
		else if (*guarded == '*' || *guarded == '?')
			return true;
	}
	return false;
}

char *grub_unguard(const char *guarded, size_t len)
{
	const char *end = guarded + len;
	char *text = ka_malloc(len + 1), *p = text;

	while (guarded < end) {
		if (*guarded == '\\' && guarded + 1 < end)
			guarded++;
		*p++ = *guarded++;
	}
	*p = '\0';
	return text;
}

/* --- one name */

/* GRUB's regular expressions, which it matches with, know UTF-8. */
static size_t character_length(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;

	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

/* One step. False: here it does not go on. '^' and '$' are anchors, as in any regular expression. */
static bool step(const char **pattern, const char *end, const char **at, const char *name)
{
	const char *p = *pattern;

	if (*p == '?' && **at) {
		*at += character_length(*at);
	} else if (*p == '^' || *p == '$') {
		if (*p == '^' ? *at != name : **at != '\0')
			return false;
	} else {
		p += *p == '\\' && p + 1 < end;
		if (*p != **at || !**at)
			return false;
		(*at)++;
	}
	*pattern = p + 1;
	return true;
}

/* The last '*' may take more, when it does not go on: no other one needs to. */
bool grub_wildcard_match(const char *pattern, size_t len, const char *name)
{
	const char *end = pattern + len, *at = name, *star = NULL, *taken = NULL;

	for (;;) {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			taken = at;
		} else if (pattern == end ? !*at : step(&pattern, end, &at, name)) {
			if (pattern == end && !*at)
				return true;
		} else {
			if (!star || !*taken)
				return false;
			taken += character_length(taken);
			at = taken;
			pattern = star;
		}
	}
}

/* --- paths */

struct paths {
	char **items; /* NULL-terminated; NULL: none */
	size_t n, size;
};

/* Owns path. */
static void add_path(struct paths *paths, char *path)
{
	if (paths->n + 1 >= paths->size) {
		paths->size += paths->size / 2 + 8;
		paths->items = ka_reallocarray(paths->items, paths->size, sizeof(*paths->items));
	}
	paths->items[paths->n++] = path;
	paths->items[paths->n] = NULL;
}

/* The next part: up to plain it has no wildcards, behind it, up to the end, some. */
static const char *split(const char *part, const char **ret_plain)
{
	const char *end = part, *plain = part;
	bool wild = false;

	for (; *end && !(wild && *end == '/'); end++) {
		if (*end == '\\' && end[1])
			end++;
		else if (*end == '*' || *end == '?')
			wild = true;
		else if (*end == '/')
			plain = end + 1;
	}
	*ret_plain = wild ? plain : end;
	return end;
}

/* Names below "prefix + plain part" that match. */
static void match_names(struct grub *g, const char *prefix, const char *part, const char *plain,
			const char *end, struct paths *ret)
{
	_cleanup_free_ char *text = grub_unguard(part, (size_t)(plain - part)), *host_path = NULL;
	_cleanup_free_ char *folder = ka_format("%s%s", prefix, text);
	_cleanup_strv_ char **names = NULL;
	int r;

	r = grub_locate(g, folder, &host_path);
	if (r > 0)
		r = ka_host_list(g->host, host_path, &names, NULL);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		grub_unread(g, folder, r);
	for (char **p = names; p && *p && grub_charge(g, 32); p++) {
		if (!grub_wildcard_match(plain, (size_t)(end - plain), *p) ||
		    !grub_charge(g, strlen(folder) + 64))
			continue;
		add_path(ret, ka_format("%s%s", folder, *p));
	}
}

/* "folder/", or a file, by its last component. */
static bool is_there(struct grub *g, const char *path)
{
	_cleanup_free_ char *host_path = NULL;
	struct stat st;
	int r;

	r = grub_locate(g, path, &host_path);
	if (r > 0)
		r = ka_host_stat(g->host, host_path, &st);
	if (r < 0)
		grub_unread(g, path, r);
	return r > 0 && (!ka_endswith(path, "/") || S_ISDIR(st.st_mode));
}

/* What stands behind wildcards and has none itself. */
static void add_plain(struct grub *g, const char *prefix, const char *part, const char *end,
		      struct paths *ret)
{
	_cleanup_free_ char *text = grub_unguard(part, (size_t)(end - part));
	_cleanup_free_ char *path = ka_format("%s%s", prefix, text);

	if (grub_charge(g, strlen(path) + 64) && is_there(g, path))
		add_path(ret, TAKE_PTR(path));
}

/* Which devices there are only the firmware knows. */
static char **unknown_devices(void)
{
	struct paths paths = { .items = NULL };

	add_path(&paths, ka_strdup(GRUB_UNKNOWN("devices")));
	return paths.items;
}

char **grub_expand_wildcards(struct grub *g, const char *guarded)
{
	struct paths paths = { .items = NULL };
	const char *plain, *end;

	if (!*guarded || !strchr("/(*", *guarded))
		return NULL;
	end = split(guarded, &plain);
	if (plain == guarded)
		return unknown_devices();
	match_names(g, "", guarded, plain, end, &paths);

	for (const char *part = end; *part && paths.items && !g->error; part = end) {
		struct paths longer = { .items = NULL };

		end = split(part, &plain);
		for (size_t i = 0; i < paths.n; i++) {
			if (plain == end)
				add_plain(g, paths.items[i], part, end, &longer);
			else
				match_names(g, paths.items[i], part, plain, end, &longer);
		}
		ka_strv_free(paths.items);
		paths = longer;
	}
	return paths.items;
}
