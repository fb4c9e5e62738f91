// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles of the system and their generations: links "NAME-N-link" in Nix's folder of profiles. */

#include "nixos.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define SYSTEM_FOLDER "/nix/var/nix/profiles"
#define OTHERS_FOLDER "/nix/var/nix/profiles/system-profiles"

void nixos_profiles_done(struct nixos_profiles *profiles)
{
	for (size_t i = 0; i < profiles->n; i++) {
		struct nixos_generation *g = &profiles->items[i];

		free(g->profile);
		free(g->link);
		free(g->closure);
	}
	free(profiles->items);
	free(profiles->target);
	free(profiles->current);
	free(profiles->booted);
	*profiles = (struct nixos_profiles){ .n = 0 };
}

/* "NAME-N-link": N, and the length of NAME. False: no such name. */
static bool parse_link(const char *name, size_t *ret_len, uint64_t *ret_number)
{
	_cleanup_free_ char *digits = NULL;
	size_t n = strlen(name), end, begin;

	if (!ka_endswith(name, "-link"))
		return false;
	end = begin = n - strlen("-link");
	while (begin > 0 && ka_is_digit(name[begin - 1]))
		begin--;
	if (begin == end || begin < 2 || name[begin - 1] != '-' || name[begin] == '0')
		return false;
	digits = ka_strndup(name + begin, end - begin);
	if (ka_parse_u64(digits, UINT32_MAX, ret_number) < 0)
		return false;
	*ret_len = begin - 1;
	return true;
}

/* Where a link leads; NULL: nothing is there, or (*ret_error) nobody knows. */
static char *closure_of(struct ka_host *host, const char *link, int *ret_error)
{
	_cleanup_free_ char *target = NULL;
	int r = ka_host_canonical(host, link, &target);

	*ret_error = r == -ENOENT || r == -ENOTDIR || r > 0 ? 0 : r;
	/* 0: the last component is not there, or it is no link at all. */
	return r > 0 ? TAKE_PTR(target) : NULL;
}

static struct nixos_generation *add(struct nixos_profiles *profiles)
{
	size_t n = profiles->n;

	if ((n & (n - 1)) == 0)
		profiles->items =
			ka_reallocarray(profiles->items, n ? n * 2 : 1, sizeof(*profiles->items));
	profiles->items[n] = (struct nixos_generation){ .number = 0 };
	profiles->n++;
	return &profiles->items[n];
}

static void add_generation(struct ka_host *host, const char *folder, const char *name,
			   const char *profile, uint64_t number, struct nixos_profiles *profiles)
{
	struct nixos_generation *g = add(profiles);
	struct stat st;

	g->number = number;
	g->link = ka_format("%s/%s", folder, name);
	g->profile = ka_strdup_or_null(profile);
	if (ka_host_lstat(host, g->link, &st) > 0)
		g->time = st.st_mtime;
	g->closure = closure_of(host, g->link, &g->error);
}

/* All generations in a folder; only: of this profile alone. */
static int read_folder(struct ka_host *host, const char *folder, const char *only,
		       struct nixos_profiles *profiles, struct ka_error *err)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, folder, &names, err);
	if (r < 0)
		return r;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *profile = NULL;
		uint64_t number;
		size_t len;

		if (!parse_link(*p, &len, &number))
			continue;
		profile = ka_strndup(*p, len);
		if (!only || ka_streq(profile, only))
			add_generation(host, folder, *p, only ? NULL : profile, number, profiles);
	}
	return 0;
}

static int compare(const void *x, const void *y)
{
	const struct nixos_generation *a = x, *b = y;
	int c;

	if (!a->profile != !b->profile)
		return a->profile ? 1 : -1;
	c = a->profile ? strcmp(a->profile, b->profile) : 0;
	return c != 0 ? c : (a->number < b->number) - (a->number > b->number);
}

/* The generation the system profile points to; it need not be the newest. */
static void read_current(struct ka_host *host, struct nixos_profiles *profiles)
{
	const char *name;
	size_t len;
	int error;

	profiles->current = closure_of(host, NIXOS_PROFILE, &error);
	profiles->booted = closure_of(host, "/run/booted-system", &error);
	if (ka_host_readlink(host, NIXOS_PROFILE, &profiles->target) < 0) {
		profiles->target = ka_strdup("");
		return;
	}
	name = strrchr(profiles->target, '/');
	name = name ? name + 1 : profiles->target;
	/* It may also lead to another profile's, or past the links into the store. */
	if (!parse_link(name, &len, &profiles->current_number) || len != strlen("system") ||
	    !ka_startswith(name, "system"))
		profiles->current_number = 0;
}

int nixos_profiles_read(struct ka_host *host, struct nixos_profiles *ret, struct ka_error *err)
{
	struct nixos_profiles profiles = { .n = 0 };
	int r;

	read_current(host, &profiles);
	r = read_folder(host, SYSTEM_FOLDER, "system", &profiles, err);
	if (r == 0)
		r = ka_host_exists(host, OTHERS_FOLDER, err);
	if (r > 0)
		r = read_folder(host, OTHERS_FOLDER, NULL, &profiles, err);
	if (r < 0) {
		nixos_profiles_done(&profiles);
		return r;
	}
	if (profiles.n > 0)
		qsort(profiles.items, profiles.n, sizeof(*profiles.items), compare);
	*ret = profiles;
	return 0;
}
