// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands search and probe. */

#include "lang/options.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"
#include "world/subvolume.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

enum {
	SEARCH_FILE = 'f',
	SEARCH_LABEL = 'l',
	SEARCH_UUID = 'u',
	SEARCH_SET = 's',
	SEARCH_HINT = 'h',
	SEARCH_HINT_PLATFORM = 'p',
	SEARCH_OTHER = 'o'
};

static const struct grub_option search_options[] = {
	{ "file", 'f', SEARCH_FILE, GRUB_ARGUMENT_NONE },
	{ "label", 'l', SEARCH_LABEL, GRUB_ARGUMENT_NONE },
	{ "fs-label", 0, SEARCH_LABEL, GRUB_ARGUMENT_NONE },
	{ "fs-uuid", 'u', SEARCH_UUID, GRUB_ARGUMENT_NONE },
	{ "set", 's', SEARCH_SET, GRUB_ARGUMENT_OPTIONAL },
	{ "no-floppy", 'n', SEARCH_OTHER, GRUB_ARGUMENT_NONE },
	{ "efidisk-only", 0, SEARCH_OTHER, GRUB_ARGUMENT_NONE },
	{ "cryptodisk-only", 0, SEARCH_OTHER, GRUB_ARGUMENT_NONE },
	{ "root-dev-only", 0, SEARCH_OTHER, GRUB_ARGUMENT_NONE },
	{ "hint", 'h', SEARCH_HINT, GRUB_ARGUMENT_REQUIRED },
	{ "hint-bios", 0, 'B', GRUB_ARGUMENT_REQUIRED },
	{ "hint-efi", 0, 'E', GRUB_ARGUMENT_REQUIRED },
	{ "hint-ieee1275", 0, SEARCH_OTHER, GRUB_ARGUMENT_REQUIRED },
	{ "hint-baremetal", 0, SEARCH_OTHER, GRUB_ARGUMENT_REQUIRED },
	{ "hint-arc", 0, SEARCH_OTHER, GRUB_ARGUMENT_REQUIRED },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

/* GRUB writes the identity of a ZFS pool in hexadecimal, udev in decimal. */
static char *zfs_volume(const char *tag, const char *value)
{
	char *end;
	unsigned long long id = strtoull(value, &end, 16);

	if (!ka_streq(tag, "UUID") || strlen(value) != 16 || *end)
		return NULL;
	return ka_format("UUID=%llu", id);
}

/* A volume by UUID, compared without case, as udev's links do not. 1, 0, negative: not known. */
static int find_by_tag(struct grub *g, const char *tag, const char *folder, const char *value,
		       char **ret)
{
	_cleanup_free_ char *volume = ka_format("%s=%s", tag, value);
	_cleanup_strv_ char **names = NULL;
	int r;

	grub_charge(g, 1024);
	r = ka_host_has_volume(g->host, volume);
	if (r == 0 && ka_streq(tag, "UUID"))
		r = ka_host_list(g->host, folder, &names, NULL);
	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		for (char **p = names; p && *p && r == 0; p++)
			if (grub_charge(g, 32) && ka_casecmp(*p, value) == 0) {
				free(volume);
				volume = ka_format("%s=%s", tag, *p);
				r = 1;
			}
	if (r == 0) {
		_cleanup_free_ char *pool = zfs_volume(tag, value);

		r = pool ? ka_host_has_volume(g->host, pool) : 0;
		if (r > 0) {
			free(volume);
			volume = TAKE_PTR(pool);
		}
	}
	if (r > 0)
		*ret = TAKE_PTR(volume);
	return r;
}

/* The first mounted volume that has the file; the hinted one first. Others may have it too. */
static int find_by_file(struct grub *g, const char *path, const char *hint, char **ret)
{
	_cleanup_strv_ char **volumes = NULL;
	const struct grub_device *hinted = hint ? grub_device_by_name(g, hint, strlen(hint)) : NULL;
	size_t n_found = 0;
	int r, unseen = 0;

	r = ka_host_volumes(g->host, &volumes);
	if (r < 0)
		return r;
	for (char **p = volumes; p && *p && grub_charge(g, 512); p++) {
		_cleanup_free_ char *name = grub_single_slashes(path), *host_path = NULL;
		struct ka_ref ref = { *p, NULL };

		r = grub_path_from_top(g, *p, &name);
		if (r < 0) {
			unseen = r;
			continue;
		}
		ref.path = name;
		if (ka_host_locate(g->host, &ref, &host_path, NULL) < 0)
			continue;
		r = ka_host_stat(g->host, host_path, NULL);
		if (r < 0 && r != -ELOOP)
			unseen = r;
		if (r <= 0)
			continue;
		n_found++;
		if (*ret && !(hinted && hinted->volume &&
			      ka_host_same_volume(g->host, hinted->volume, *p) > 0))
			continue;
		free(*ret);
		*ret = ka_strdup(*p);
	}
	if (n_found > 1 && !hinted)
		grub_complain(g, KA_WARNING, KA_ID_GRUB_SEARCH_AMBIGUOUS,
			      "%zu volumes have the file '%s'; which one GRUB finds first is the "
			      "firmware's order",
			      n_found, path);
	return *ret ? 1 : unseen;
}

static int search_volume(struct grub *g, int type, const char *key, const char *hint, char **ret)
{
	switch (type) {
	case SEARCH_LABEL:
		return find_by_tag(g, "LABEL", "/dev/disk/by-label", key, ret);
	case SEARCH_UUID:
		return find_by_tag(g, "UUID", "/dev/disk/by-uuid", key, ret);
	default:
		return find_by_file(g, key, hint, ret);
	}
}

/*
 * The memdisk is searched too; when another device has the file as well, the order of drivers inside GRUB says
 * which is found. True: the file is there.
 */
static bool search_memdisk(struct grub *g, int type, const char *key, const char *variable,
			   bool elsewhere)
{
	if (type != SEARCH_FILE || !g->memdisk ||
	    ka_memdisk_look(g->memdisk, key) == KA_MEMDISK_NOTHING)
		return false;
	if (elsewhere && !g->unread)
		g->unread = ka_format("the memdisk of GRUB's program has the file %s that it "
				      "searches for, and so has another device",
				      key);
	if (variable)
		grub_set(g, variable, "memdisk");
	return true;
}

static int search_and_set(struct grub *g, int type, const char *key, const char *variable,
			  const char *hint)
{
	_cleanup_free_ char *volume = NULL;
	struct grub_device *d;
	int r;

	r = search_volume(g, type, key, hint, &volume);
	if (r < 0) {
		grub_decide(g, "a search for a volume, and /dev/disk is not there to look at");
		return GRUB_FILE_NOT_FOUND;
	}
	if (search_memdisk(g, type, key, variable, r > 0))
		return GRUB_OK;
	if (r == 0)
		return GRUB_FILE_NOT_FOUND;
	d = grub_device_name(g, volume, hint);
	if (variable)
		grub_set(g, variable, d->name);
	return GRUB_OK;
}

/* search.fs_uuid KEY [VARIABLE [HINT…]] */
static int search_short(struct grub *g, int type, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	return search_and_set(g, type, argv[1], argc > 2 ? argv[2] : NULL,
			      argc > 3 ? argv[3] : NULL);
}

static const char *best_hint(const struct grub *g, const struct grub_options *o)
{
	const char *platform = grub_get(g, "grub_platform"), *hint;

	hint = grub_option_value(o, SEARCH_HINT);
	if (!hint)
		hint = grub_option_value(o, platform && ka_streq(platform, "efi") ? 'E' : 'B');
	return hint;
}

int grub_search(struct grub *g, char **argv, size_t argc)
{
	const char *variable = NULL, *key = NULL, *set;
	struct grub_options o;
	size_t first = 1;
	int type;

	if (ka_streq(argv[0], "search.file"))
		return search_short(g, SEARCH_FILE, argv, argc);
	if (ka_streq(argv[0], "search.fs_label"))
		return search_short(g, SEARCH_LABEL, argv, argc);
	if (ka_streq(argv[0], "search.fs_uuid"))
		return search_short(g, SEARCH_UUID, argv, argc);

	if (grub_options_parse(search_options, true, argv, argc, &o) < 0)
		return GRUB_BAD_ARGUMENT;
	while (first <= o.n_words && ka_startswith(argv[first], "--hint-"))
		first++;
	set = grub_option_value(&o, SEARCH_SET);
	if (grub_option_given(&o, SEARCH_SET))
		variable = set ? set : "root";
	if (first <= o.n_words) {
		key = argv[first];
	} else if (set) {
		key = set;
		variable = "root";
	} else {
		return GRUB_BAD_ARGUMENT;
	}

	type = grub_option_given(&o, SEARCH_LABEL)  ? SEARCH_LABEL
	       : grub_option_given(&o, SEARCH_UUID) ? SEARCH_UUID
	       : grub_option_given(&o, SEARCH_FILE) ? SEARCH_FILE
						    : 0;
	if (!type)
		return GRUB_INVALID_COMMAND;
	return search_and_set(g, type, key, variable, best_hint(g, &o));
}

static const struct grub_option probe_options[] = {
	{ "set", 's', 's', GRUB_ARGUMENT_REQUIRED }, { "driver", 'd', 'd', GRUB_ARGUMENT_NONE },
	{ "partmap", 'p', 'p', GRUB_ARGUMENT_NONE }, { "fs", 'f', 'f', GRUB_ARGUMENT_NONE },
	{ "fs-uuid", 'u', 'u', GRUB_ARGUMENT_NONE }, { "label", 'l', 'l', GRUB_ARGUMENT_NONE },
	{ "part-uuid", 0, 'P', GRUB_ARGUMENT_NONE }, { NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

/* What probe says (nothing about a device that does not exist), or the mark of something that cannot be known from here. */
static int probe_value(struct grub *g, const struct grub_options *o, const char *device, char **ret)
{
	_cleanup_free_ char *volume = NULL;
	const char *tag = grub_option_given(o, 'u')   ? "UUID"
			  : grub_option_given(o, 'l') ? "LABEL"
			  : grub_option_given(o, 'P') ? "PARTUUID"
						      : NULL;
	int r;

	grub_charge(g, 1024);
	if (grub_find_volume(g, device, &volume) == -ENOENT)
		return -ENOENT;
	/* What cannot be told is unknown, as a tag that is not there. */
	r = volume && tag ? ka_host_volume_name(g->host, volume, tag, ret) : -ENODATA;
	if (r == 0 && ka_streq(tag, "LABEL"))
		*ret = ka_strdup("");
	if (!*ret)
		*ret = ka_strdup(GRUB_UNKNOWN("probe"));
	return 0;
}

int grub_probe(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *device = NULL, *value = NULL;
	struct grub_options o;
	const char *set;
	size_t n;

	if (grub_options_parse(probe_options, false, argv, argc, &o) < 0 || o.n_words != 1)
		return GRUB_BAD_ARGUMENT;
	n = strlen(argv[1]);
	device = *argv[1] == '(' && argv[1][n - 1] == ')' ? ka_strndup(argv[1] + 1, n - 2)
							  : ka_strdup(argv[1]);
	if (probe_value(g, &o, device, &value) < 0)
		return GRUB_NO_DEVICE;
	set = grub_option_value(&o, 's');
	if (set)
		grub_set(g, set, value);
	return GRUB_OK;
}
