// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the configuration is. SYSLINUX begins in the directory that it was installed in, where its ldlinux.sys is
 * (with EFI, that of the program), then looks at fixed places of the same volume (core/fs/lib/loadconfig.c). U-Boot
 * looks at fixed places of each partition (boot/bootmeth_extlinux.c, and distro_bootcmd before).
 */

#include "extlinux.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

void ext_place_done(struct ext_place *place)
{
	free(place->root);
	free(place->folder);
	free(place->path);
	free(place->installed);
	free(place->modules);
	free(place->doubt);
	*place = (struct ext_place){ .root = NULL };
}

/* --- names */

char *ext_path(const struct ext_place *place, const char *name)
{
	_cleanup_free_ char *whole = *name == '/' ? ka_strdup(name)
						  : ka_format("%s/%s", place->folder, name);
	char *path = ka_malloc(strlen(whole) + 2), *end = path;

	for (const char *p = whole + strspn(whole, "/"); *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && strncmp(p, "..", n) == 0) {
			while (end > path && *--end != '/')
				;
		} else if (n != 1 || *p != '.') {
			*end++ = '/';
			memcpy(end, p, n);
			end += n;
		}
		p += n;
	}
	if (end == path)
		*end++ = '/';
	*end = '\0';
	return path;
}

static int find_file(struct ka_host *host, const char *root, const char *path, bool is_fat,
		     char **ret)
{
	char *at;
	int r;

	if (is_fat)
		return ka_host_find_nocase(host, root, path, ret);
	at = ka_format("%s%s", root, path);
	r = ka_host_stat(host, at, NULL);
	if (r > 0)
		*ret = at;
	else
		free(at);
	return r;
}

/* --- volumes */

/* The length of the part of a canonical path that is where its volume is mounted. */
static size_t mount_length(struct ka_host *host, const char *canonical)
{
	size_t n = ka_streq(canonical, "/") ? 0 : strlen(canonical);

	while (n > 0) {
		_cleanup_free_ char *root = ka_strndup(canonical, n);
		int r = ka_host_is_mount_point(host, root);

		/* Without a table of mounts all is one volume. */
		if (r != 0)
			return r < 0 ? 0 : n;
		while (n > 0 && canonical[--n] != '/')
			;
	}
	return n;
}

/* The volume of a directory here ("" for the root), and the directory on it. */
static int split(struct ka_host *host, const char *directory, struct ext_place *ret)
{
	_cleanup_free_ char *canonical = NULL;
	size_t n;
	int r = ka_host_canonical(host, *directory ? directory : "/", &canonical);

	if (r < 0)
		return r;
	n = mount_length(host, canonical);
	ret->root = ka_strndup(canonical, n);
	ret->folder = ka_strdup(ka_streq(canonical, "/") ? "" : canonical + n);
	ret->is_fat = ka_host_is_fat(host, *ret->root ? ret->root : "/");
	return 0;
}

/* What is mounted over the volume hides its own files: then they cannot be told. */
static bool is_hidden(struct ka_host *host, const char *root, const char *path)
{
	_cleanup_free_ char *canonical = NULL;
	size_t n;

	if ((*root && ka_host_is_mount_point(host, root) <= 0) ||
	    ka_host_canonical(host, path, &canonical) < 0)
		return false;
	n = mount_length(host, canonical);
	return n != strlen(root) || strncmp(canonical, root, n) != 0;
}

int ext_find(struct ka_host *host, const struct ext_place *place, const char *name, char **ret)
{
	_cleanup_free_ char *path = ext_path(place, name);
	int r;

	r = find_file(host, place->root, path, place->is_fat, ret);
	if (r > 0 && is_hidden(host, place->root, *ret)) {
		free(*ret);
		*ret = NULL;
		return -ENXIO;
	}
	return r;
}

/* --- SYSLINUX */

/* Where volumes are mounted that it may be on, or directories of them. */
static const struct {
	const char *path;
	const char *name; /* in what is listed before; NULL: it is always there */
	int above;
} bases[] = {
	{ "/boot", NULL, 0 },	   { "", NULL, 0 },	 { "/boot/boot", "boot", 0 },
	{ "/boot/efi", "efi", 0 }, { "/efi", "efi", 1 },
};

static bool has_name(char *const *names, const char *name, char **ret)
{
	for (; *names; names++)
		if (ka_casecmp(*names, name) == 0) {
			*ret = *names;
			return true;
		}
	return false;
}

/* The directories below a base that its names speak of, the base itself last. */
static void add_folders(const char *base, char *const *names, char ***folders)
{
	static const char *const below[] = { "extlinux", "syslinux", "EFI" }, *const files[] = {
		"ldlinux.sys", "extlinux.conf", "syslinux.cfg"
	};
	char *name;

	for (size_t i = 0; i < ARRAY_SIZE(below); i++)
		if (has_name(names, below[i], &name))
			ka_strv_add_take(folders,
					 ka_format("%s/%s%s", base, name,
						   ka_streq(below[i], "EFI") ? "/syslinux" : ""));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (has_name(names, files[i], &name)) {
			ka_strv_add(folders, base);
			return;
		}
}

/* Where installers put it, as far as there are such directories. */
static int find_folders(struct ka_host *host, char ***ret)
{
	char **names[ARRAY_SIZE(bases)] = { NULL };
	char *name;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(bases); i++) {
		char *const *above = names[bases[i].above];

		if (bases[i].name && (!above || !has_name(above, bases[i].name, &name)))
			continue;
		r = ka_host_list(host, *bases[i].path ? bases[i].path : "/", &names[i], NULL);
		if (r == 0)
			add_folders(bases[i].path, names[i], ret);
		else if (r == -ENOENT || r == -ENOTDIR)
			r = 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++)
		ka_strv_free(names[i]);
	return r;
}

/* The same file by two names, as with a link /boot/boot to itself. */
static bool is_same_file(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return ka_host_canonical(host, a, &x) > 0 && ka_host_canonical(host, b, &y) > 0 &&
	       ka_streq(x, y);
}

/* The directory with ldlinux.sys. 1, 0, negative. */
static int find_installation(struct ka_host *host, char *const *folders, struct ext_place *ret)
{
	for (; folders && *folders; folders++) {
		_cleanup_free_ char *path = NULL;
		int r = ka_host_find_nocase(host, *folders, "/ldlinux.sys", &path);

		if (r < 0 && r != -ENOTDIR)
			return r;
		if (r <= 0)
			continue;
		if (!ret->installed) {
			ret->installed = TAKE_PTR(path);
			r = split(host, *folders, ret);
			if (r < 0)
				return r;
			ret->modules = ka_strdup(ret->folder);
		} else if (!ret->doubt && !is_same_file(host, ret->installed, path)) {
			ret->doubt = ka_format("SYSLINUX is installed twice, as %s and %s, and "
					       "which one is started is not known",
					       ret->installed, path);
		}
	}
	return ret->installed != NULL;
}

/* Behind the directory of the installation. */
static const char *const others[] = { NULL, "/boot/syslinux", "/syslinux", "" };

static int find_in(struct ka_host *host, const char *const *names, struct ext_place *place)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		for (size_t k = 0; names[k]; k++) {
			const char *folder = others[i] ? others[i] : place->folder;
			_cleanup_free_ char *path = ka_format("%s/%s", folder, names[k]);
			int r = find_file(host, place->root, path, place->is_fat, &place->path);

			if (r < 0 && r != -ENOTDIR)
				return r;
			if (r <= 0)
				continue;
			if (others[i]) {
				free(place->folder);
				place->folder = ka_strdup(folder);
			}
			return 1;
		}
	return 0;
}

/* The one that the firmware starts: its directory is that of the installation. */
static int find_efi(struct ka_host *host, const struct ka_chain *chain, struct ext_place *ret)
{
	const char *below = chain->path + strlen(chain->partition), *end = strrchr(below, '/');
	_cleanup_free_ char *machine = NULL;
	bool is_32 = ka_host_machine(host, &machine) >= 0 && ka_streq(machine, "i686");
	const char *const names[] = { "extlinux.conf", is_32 ? "syslia32.cfg" : "syslx64.cfg",
				      "syslinux.cfg", NULL };

	ret->root = ka_strdup(chain->partition);
	ret->folder = ka_strndup(below, end ? (size_t)(end - below) : 0);
	ret->modules = ka_strdup(ret->folder);
	ret->is_fat = true;
	/* With EFI the vector is looked for in the root. */
	if (ka_host_find_nocase(host, ret->root, "/ldlinux.sys", &ret->installed) < 0)
		ret->doubt = ka_strdup("whether there is a boot-once setting cannot be told");
	return find_in(host, names, ret);
}

/* A configuration without a loader beside it. */
static int find_alone(struct ka_host *host, char *const *folders, struct ext_place *ret)
{
	static const char *const names[] = { "/extlinux.conf", "/syslinux.cfg" };

	for (; folders && *folders; folders++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			char *path = NULL;
			int r = ka_host_find_nocase(host, *folders, names[i], &path);

			if (r < 0 && r != -ENOTDIR)
				return r;
			if (r <= 0)
				continue;
			ret->path = path;
			r = split(host, *folders, ret);
			return r < 0 ? r : 1;
		}
	return 0;
}

int ext_place_syslinux(struct ka_host *host, const struct ka_chain *chain, struct ext_place *ret)
{
	static const char *const names[] = { "extlinux.conf", "syslinux.cfg", NULL };
	_cleanup_strv_ char **folders = NULL;
	int r;

	if (chain->program.kind == KA_PROGRAM_SYSLINUX && chain->path && chain->partition)
		return find_efi(host, chain, ret);
	r = find_folders(host, &folders);
	if (r == 0)
		r = find_installation(host, folders, ret);
	if (r < 0)
		return r;
	if (r > 0)
		return find_in(host, names, ret);
	r = find_alone(host, folders, ret);
	if (r > 0)
		ret->doubt =
			ka_format("'%s' is there and ldlinux.sys is not beside it: whether and "
				  "where SYSLINUX is installed is not known",
				  ret->path);
	return r;
}

/* --- U-Boot */

/* The directories of partitions, which U-Boot reads before it reads their /boot. */
static const char *const prefixes[] = { "", "/boot" };

static int find_on(struct ka_host *host, const char *root, struct ext_place *ret)
{
	bool is_fat = ka_host_is_fat(host, *root ? root : "/");

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		_cleanup_free_ char *folder = ka_format("%s/extlinux", prefixes[i]),
				    *path = ka_format("%s/extlinux.conf", folder);
		int r;

		/* The other volume's own. */
		if (*prefixes[i] && !*root && ka_host_is_mount_point(host, prefixes[i]) > 0)
			continue;
		r = find_file(host, root, path, is_fat, &ret->path);
		if (r < 0 && r != -ENOTDIR)
			return r;
		if (r <= 0)
			continue;
		ret->root = ka_strdup(root);
		ret->folder = TAKE_PTR(folder);
		ret->is_fat = is_fat;
		return 1;
	}
	return 0;
}

int ext_place_uboot(struct ka_host *host, struct ext_place *ret)
{
	static const char *const roots[] = { "", "/boot", "/boot/efi", "/boot/firmware", "/efi" };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		_cleanup_(ext_place_done) struct ext_place place = { .root = NULL };

		if (*roots[i]) {
			r = ka_host_is_mount_point(host, roots[i]);
			if (r == 0)
				continue;
		}
		r = find_on(host, roots[i], &place);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (!ret->path) {
			*ret = place;
			place = (struct ext_place){ .root = NULL };
		} else if (!ret->doubt && !is_same_file(host, ret->path, place.path)) {
			ret->doubt =
				ka_format("two partitions have one, '%s' and '%s', and which of "
					  "both U-Boot reads first is not known",
					  ret->path, place.path);
		}
	}
	return ret->path != NULL;
}
