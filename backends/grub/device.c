// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices and paths of a script. GRUB's own names ("hd0,gpt2") are an order of the firmware's that
 * nobody knows from here; what a search command finds is known, by its UUID, label or file. So a
 * device is a name the script uses together with the volume that stands behind it.
 */

#include "grub.h"
#include "options.h"

#include <kexec-any/text.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

struct grub_device *grub_device_by_name(struct grub *g, const char *name, size_t len)
{
	for (struct grub_device *d = g->devices; d; d = d->next)
		if (strlen(d->name) == len && strncmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

struct grub_device *grub_device_add(struct grub *g, const char *name, const char *volume)
{
	struct grub_device *d = calloc(1, sizeof(*d));

	if (d) {
		d->name = strdup(name);
		d->volume = volume ? strdup(volume) : NULL;
	}
	if (!d || !d->name || (volume && !d->volume)) {
		if (d)
			free(d->name);
		free(d);
		g->error = -ENOMEM;
		return NULL;
	}
	d->next = g->devices;
	g->devices = d;
	/* What the name meant before, it may not mean any more. */
	grub_located_done(g);
	return d;
}

/* The device of this volume, whatever it is called. */
static struct grub_device *device_by_volume(struct grub *g, const char *volume)
{
	for (struct grub_device *d = g->devices; d; d = d->next)
		if (d->volume && (ka_streq(d->volume, volume) ||
				  ka_host_same_volume(g->host, d->volume, volume)))
			return d;
	return NULL;
}

/*
 * What GRUB most likely calls a volume: the partition's number is a fact, its disk is taken for the
 * first one. MBR partitions have a PARTUUID of 8 digits, a dash and a number.
 */
static int guess_name(struct grub *g, const char *volume, char **ret)
{
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	_cleanup_free_ char *uuid = NULL;
	const char *dash;
	size_t digits;
	int r;

	r = *volume ? ka_host_volume_name(g->host, volume, "PARTUUID", &uuid) : 0;
	if (r < 0)
		return r;
	r = ka_host_volume_node(g->host, volume, &ref.volume);
	if (r == -ENOMEM)
		return r;
	digits = ref.volume ? strlen(ref.volume) : 0;
	while (digits > 0 && isdigit((unsigned char)ref.volume[digits - 1]))
		digits--;
	if (!ref.volume || !ref.volume[digits] || ka_startswith(ref.volume, "/dev/dm-")) {
		*ret = strdup("hd0");
	} else {
		dash = uuid ? strchr(uuid, '-') : NULL;
		*ret = ka_format("hd0,%s%s",
				 dash && dash - uuid == 8 && strlen(dash) == 3 ? "msdos" : "gpt",
				 ref.volume + digits);
	}
	return *ret ? 0 : -ENOMEM;
}

struct grub_device *grub_device_guess(struct grub *g, const char *volume)
{
	_cleanup_free_ char *name = NULL;
	struct grub_device *d;
	char own[32];

	if (guess_name(g, volume, &name) < 0) {
		g->error = -ENOMEM;
		return NULL;
	}
	snprintf(own, sizeof(own), "ka%u", g->invented++);
	d = grub_device_add(g, grub_device_by_name(g, name, strlen(name)) ? own : name, volume);
	if (d)
		d->invented = true;
	return d;
}

/* A name for a volume that was found: what it is called already, the first hint, else a guess. */
static struct grub_device *name_device(struct grub *g, const char *volume, const char *hint)
{
	struct grub_device *d = device_by_volume(g, volume), *other;

	if (hint && (!*hint || ka_endswith(hint, ",")))
		hint = NULL;
	other = hint ? grub_device_by_name(g, hint, strlen(hint)) : NULL;
	if (d && (!d->invented || !hint || other))
		return d;
	if (hint && !other)
		return grub_device_add(g, hint, volume);
	return grub_device_guess(g, volume);
}

/* Names that say what they are by themselves. *ret stays NULL for the others. */
static int volume_of_name(const char *name, char **ret)
{
	const char *rest;

	if ((rest = ka_startswith(name, "lvm/")))
		*ret = ka_format("/dev/mapper/%s", rest);
	else if ((rest = ka_startswith(name, "md/")))
		*ret = ka_format("/dev/md/%s", rest);
	else if ((rest = ka_startswith(name, "cryptouuid/")))
		*ret = ka_format("/dev/mapper/luks-%s", rest);
	else
		return 0;
	return *ret ? 0 : -ENOMEM;
}

char *grub_path_device(struct grub *g, const char *path)
{
	const char *root;

	if (*path == '(')
		return strndup(path + 1, strcspn(path + 1, ")"));
	root = grub_get(g, "root");
	return root && *root ? strdup(root) : NULL;
}

/* "//a/b" is "/a/b" for GRUB's file systems. */
static char *single_slashes(const char *path)
{
	char *copy = malloc(strlen(path) + 2), *out = copy;

	if (!copy)
		return NULL;
	*out++ = '/';
	for (; *path; path++)
		if (*path != '/' || out[-1] != '/')
			*out++ = *path;
	*out = '\0';
	return copy;
}

/* Is this the name of a whole disk, not of a partition or of something made of disks? */
static bool is_disk(struct ka_host *host, const char *name)
{
	static const char *const others[] = {
		"loop", "ram", "dm-", "md", "zram", "sr", "fd", "nbd"
	};
	size_t n = strlen(name), digits = n;
	_cleanup_free_ char *path = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (ka_startswith(name, others[i]))
			return false;
	path = ka_format("/sys/class/block/%s/partition", name);
	if (!path || ka_host_exists(host, path))
		return false;
	/* A captured machine may lack that file: vda1, nvme0n1p1. */
	while (digits > 0 && isdigit((unsigned char)name[digits - 1]))
		digits--;
	if (digits == n)
		return true;
	return (ka_startswith(name, "nvme") || ka_startswith(name, "mmcblk")) &&
	       name[digits - 1] != 'p';
}

/* How many disks there are, and the name of the last one seen; 0: not known. */
static size_t count_disks(struct grub *g, char **ret_name)
{
	_cleanup_strv_ char **names = NULL;
	size_t n = 0;

	if (ka_host_list(g->host, "/sys/class/block", &names, NULL) < 0)
		return 0;
	for (char **p = names; *p; p++) {
		if (!is_disk(g->host, *p))
			continue;
		free(*ret_name);
		*ret_name = strdup(*p);
		if (!*ret_name)
			g->error = -ENOMEM;
		n++;
	}
	return n;
}

/* Kinds of devices GRUB may have and we cannot see (grub-core/disk, net, osdep). */
static bool is_device_kind(const char *name)
{
	static const char *const kinds[] = { "fd",   "cd",	 "ahci",   "ata",    "usb",
					     "scsi", "ieee1275", "xen",	   "crypto", "mduuid",
					     "loop", "memdisk",	 "proc",   "pxe",    "tftp",
					     "http", "arc",	 "ofdisk", "host",   "hostdisk",
					     "nand", "ldm",	 "efi" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (ka_startswith(name, kinds[i]))
			return true;
	return false;
}

/*
 * "hd0,gpt2": the partition is a fact, the number of the disk is the firmware's. With one disk there
 * is nothing to guess; and a disk beyond the last one does not exist for GRUB either (-ENOENT).
 */
static int volume_of_disk(struct grub *g, const char *name, char **ret)
{
	_cleanup_free_ char *disk = NULL;
	const char *comma = strchr(name, ','), *part;
	size_t n_disks, n;
	uint64_t number;
	char *end;

	if (!ka_startswith(name, "hd") || !isdigit((unsigned char)name[2]))
		return is_device_kind(name) ? -ENODEV : -ENOENT;
	number = strtoull(name + 2, &end, 10);
	if (*end && end != comma)
		return -ENOENT;
	n_disks = count_disks(g, &disk);
	if (n_disks == 0)
		return -ENODEV;
	if (number >= n_disks)
		return -ENOENT;
	if (n_disks > 1 || !disk)
		return -ENODEV;
	if (!comma) {
		*ret = ka_format("/dev/%s", disk);
		return *ret ? 0 : -ENOMEM;
	}
	for (part = comma + 1; *part && !isdigit((unsigned char)*part);)
		part++;
	n = strlen(disk);
	*ret = ka_format("/dev/%s%s%s", disk, isdigit((unsigned char)disk[n - 1]) ? "p" : "", part);
	return *ret ? 0 : -ENOMEM;
}

/* The volume behind a device's name. -ENODEV: nobody knows; -ENOENT: there is no such device. */
static int find_volume(struct grub *g, const char *name, char **ret)
{
	struct grub_device *d = grub_device_by_name(g, name, strlen(name));
	int r;

	if (d && d->volume) {
		*ret = strdup(d->volume);
		return *ret ? 0 : -ENOMEM;
	}
	r = volume_of_name(name, ret);
	if (r < 0 || *ret)
		return r;
	return volume_of_disk(g, name, ret);
}

static int look(struct grub *g, const char *device, const char *path, char **ret)
{
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	const char *rest = path;
	int r;

	if (*path == '(') {
		rest = strchr(path, ')');
		if (!rest)
			return 0;
		rest++;
	}
	if (!device || *rest != '/') /* "invalid file name" */
		return 0;
	r = find_volume(g, device, &ref.volume);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* The root file system of a machine whose mounts are not known. */
	if (!*ref.volume) {
		free(ref.volume);
		ref.volume = NULL;
	}
	ref.path = single_slashes(rest);
	if (!ref.path)
		return -ENOMEM;
	r = ka_host_locate(g->host, &ref, ret, NULL);
	if (r < 0)
		return r;
	r = ka_host_stat(g->host, *ret, NULL);
	/* A link that runs in circles, or a name too long, is no file for GRUB either. */
	return r < 0 && r != -ENOMEM && r != -EACCES ? 0 : r;
}

/*
 * Entries name the same few files again and again. What was found stays true until there is another
 * device; a slot per hash, the latest wins.
 */
#define LOCATED_SLOTS 64

struct grub_located {
	char *device, *path, *host_path;
	int result;
};

static void forget(struct grub_located *slot)
{
	free(slot->device);
	free(slot->path);
	free(slot->host_path);
	*slot = (struct grub_located){ NULL };
}

void grub_located_done(struct grub *g)
{
	for (size_t i = 0; g->located && i < LOCATED_SLOTS; i++)
		forget(&g->located[i]);
	free(g->located);
	g->located = NULL;
}

static struct grub_located *slot_of(struct grub *g, const char *path)
{
	unsigned int h = 5381;

	if (!g->located)
		g->located = calloc(LOCATED_SLOTS, sizeof(*g->located));
	for (; *path; path++)
		h = h * 33 ^ (unsigned char)*path;
	return g->located ? &g->located[h % LOCATED_SLOTS] : NULL;
}

static void remember(struct grub_located *slot, const char *device, const char *path,
		     const char *host_path, int result)
{
	forget(slot);
	slot->device = strdup(device);
	slot->path = strdup(path);
	slot->host_path = host_path ? strdup(host_path) : NULL;
	slot->result = result;
	if (!slot->device || !slot->path || (host_path && !slot->host_path))
		forget(slot);
}

int grub_locate(struct grub *g, const char *path, char **ret)
{
	_cleanup_free_ char *device = grub_path_device(g, path), *found = NULL;
	struct grub_located *slot;
	int r;

	if (!device)
		return 0;
	slot = slot_of(g, path);
	if (!slot)
		return -ENOMEM;
	if (slot->path && ka_streq(slot->path, path) && ka_streq(slot->device, device)) {
		*ret = slot->host_path ? strdup(slot->host_path) : NULL;
		return *ret || !slot->host_path ? slot->result : -ENOMEM;
	}
	r = look(g, device, path, &found);
	if (r >= 0)
		remember(slot, device, path, found, r);
	*ret = TAKE_PTR(found);
	return r;
}

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

	if (!volume)
		return -ENOMEM;
	r = ka_host_has_volume(g->host, volume);
	if (r == 0 && ka_streq(tag, "UUID") && ka_host_list(g->host, folder, &names, NULL) == 0)
		for (char **p = names; *p && r == 0; p++)
			if (strcasecmp(*p, value) == 0) {
				free(volume);
				volume = ka_format("%s=%s", tag, *p);
				r = volume ? 1 : -ENOMEM;
			}
	if (r == 0) {
		_cleanup_free_ char *pool = zfs_volume(tag, value);

		if (pool && ka_host_has_volume(g->host, pool) > 0) {
			free(volume);
			volume = TAKE_PTR(pool);
			r = 1;
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
	int r;

	r = ka_host_volumes(g->host, &volumes);
	if (r < 0)
		return r;
	for (char **p = volumes; p && *p; p++) {
		struct ka_ref ref = { *p, single_slashes(path) };
		_cleanup_free_ char *host_path = NULL, *owned = ref.path;

		if (!owned)
			return -ENOMEM;
		if (ka_host_locate(g->host, &ref, &host_path, NULL) < 0 ||
		    ka_host_stat(g->host, host_path, NULL) <= 0)
			continue;
		n_found++;
		if (*ret &&
		    !(hinted && hinted->volume && ka_host_same_volume(g->host, hinted->volume, *p)))
			continue;
		free(*ret);
		*ret = strdup(*p);
		if (!*ret)
			return -ENOMEM;
	}
	if (n_found > 1 && !hinted)
		grub_complain(g, KA_WARNING, "grub-search-ambiguous",
			      "%zu volumes have the file '%s'; which one GRUB finds first is the "
			      "firmware's order",
			      n_found, path);
	return *ret ? 1 : 0;
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

static int search_and_set(struct grub *g, int type, const char *key, const char *variable,
			  const char *hint)
{
	_cleanup_free_ char *volume = NULL;
	struct grub_device *d;
	int r;

	r = search_volume(g, type, key, hint, &volume);
	if (r == -ENOMEM)
		g->error = r;
	if (r < 0) {
		grub_decide(g, "a search for a volume, and /dev/disk is not there to look at");
		return GRUB_FILE_NOT_FOUND;
	}
	if (r == 0)
		return GRUB_FILE_NOT_FOUND;
	d = name_device(g, volume, hint);
	if (d && variable)
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

	r = find_volume(g, device, &volume);
	if (volume && tag)
		r = ka_host_volume_name(g->host, volume, tag, ret);
	if (r < 0 && r != -ENODEV)
		return r;
	if (!*ret && volume && tag && ka_streq(tag, "LABEL"))
		*ret = strdup("");
	if (!*ret)
		*ret = ka_format("%cprobe%c", GRUB_UNKNOWN_START, GRUB_UNKNOWN_END);
	return *ret ? 0 : -ENOMEM;
}

int grub_probe(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *device = NULL, *value = NULL;
	struct grub_options o;
	const char *set;
	size_t n;
	int r;

	if (grub_options_parse(probe_options, false, argv, argc, &o) < 0 || o.n_words != 1)
		return GRUB_BAD_ARGUMENT;
	n = strlen(argv[1]);
	device = *argv[1] == '(' && argv[1][n - 1] == ')' ? strndup(argv[1] + 1, n - 2)
							  : strdup(argv[1]);
	r = device ? probe_value(g, &o, device, &value) : -ENOMEM;
	if (r == -ENOENT)
		return GRUB_NO_DEVICE;
	if (r < 0) {
		g->error = -ENOMEM;
		return GRUB_OK;
	}
	set = grub_option_value(&o, 's');
	if (set)
		grub_set(g, set, value);
	return GRUB_OK;
}
