// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a file that a script names is on this machine. */

#include "state/trouble.h"
#include "world/device.h"
#include "world/subvolume.h"

#include <kexec-any/memdisk.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* "lvmid/GROUP/VOLUME": LVM's identities with dashes, which device-mapper's link has without. */
static char *volume_of_lvm(const char *ids)
{
	char *path = ka_format("/dev/disk/by-id/dm-uuid-LVM-%s", ids), *out = path;

	out += strlen("/dev/disk/by-id/dm-uuid-LVM-");
	for (const char *p = out; *p; p++)
		if (*p != '-' && *p != '/')
			*out++ = *p;
	*out = '\0';
	return path;
}

/* Names that say what they are by themselves. NULL for the others. */
static char *volume_of_name(const char *name)
{
	const char *rest;

	if ((rest = ka_startswith(name, "lvm/")))
		return ka_format("/dev/mapper/%s", rest);
	if ((rest = ka_startswith(name, "md/")))
		return ka_format("/dev/md/%s", rest);
	if ((rest = ka_startswith(name, "cryptouuid/")))
		return ka_format("/dev/mapper/luks-%s", rest);
	/* mdadm's link has the same digits in groups of eight. */
	if ((rest = ka_startswith(name, "mduuid/")) && strlen(rest) == 32)
		return ka_format("/dev/disk/by-id/md-uuid-%.8s:%.8s:%.8s:%.8s", rest, rest + 8,
				 rest + 16, rest + 24);
	if ((rest = ka_startswith(name, "lvmid/")))
		return volume_of_lvm(rest);
	return NULL;
}

/*
 * May there be a device of such a name, although no node is called so? GRUB puts together itself what it
 * finds parts of; where there are none, there is no device. 1, 0; negative: cannot be told.
 */
static int has_parts(struct grub *g, const char *name)
{
	static const struct {
		const char *prefix, *type;
	} kinds[] = { { "lvm", "LVM2_member" },
		      { "md", "linux_raid_member" },
		      { "cryptouuid/", "crypto_LUKS" } };
	const char *array = ka_startswith(name, "md/");

	_Static_assert(ARRAY_SIZE(kinds) == ARRAY_SIZE(g->members), "one answer for each kind");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!ka_startswith(name, kinds[i].prefix))
			continue;
		if (!g->members[i].known && grub_charge(g, 4096))
			g->members[i].answer = ka_host_has_member(g->host, kinds[i].type);
		g->members[i].known = true;
		if (g->members[i].answer == 0 || !array || !grub_charge(g, 4096))
			return g->members[i].answer;
		return ka_host_has_array(g->host, array);
	}
	return -ENODATA;
}

char *grub_single_slashes(const char *path)
{
	char *copy = ka_malloc(strlen(path) + 2), *out = copy;

	*out++ = '/';
	for (; *path; path++)
		if (*path != '/' || out[-1] != '/')
			*out++ = *path;
	*out = '\0';
	return copy;
}

/* How many disks there are, and the name of the last one. */
static void count_disks(struct grub *g)
{
	_cleanup_strv_ char **names = NULL;

	if (g->disks.known)
		return;
	g->disks.known = true;
	if (ka_host_disks(g->host, &names) < 0)
		return;
	g->disks.n = ka_strv_length(names);
	if (g->disks.n > 0)
		g->disks.name = ka_strdup(names[g->disks.n - 1]);
}

bool grub_has_one_disk(struct grub *g)
{
	count_disks(g);
	return g->disks.n == 1;
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
	const char *comma = strchr(name, ','), *part, *disk;
	uint64_t number;
	size_t n;
	char *end;

	if (!ka_startswith(name, "hd") || !ka_is_digit(name[2]))
		return is_device_kind(name) ? -ENODEV : -ENOENT;
	number = strtoull(name + 2, &end, 10);
	if (*end && end != comma)
		return -ENOENT;
	count_disks(g);
	if (g->disks.n == 0)
		return -ENODEV;
	if (number >= g->disks.n)
		return -ENOENT;
	if (g->disks.n > 1)
		return -ENODEV;
	disk = g->disks.name;
	if (!comma) {
		*ret = ka_format("/dev/%s", disk);
		return 0;
	}
	for (part = comma + 1; *part && !ka_is_digit(*part);)
		part++;
	n = strlen(disk);
	*ret = ka_format("/dev/%s%s%s", disk, ka_is_digit(disk[n - 1]) ? "p" : "", part);
	return 0;
}

int grub_find_volume(struct grub *g, const char *name, char **ret)
{
	struct grub_device *d = grub_device_by_name(g, name, strlen(name));

	*ret = d && d->volume ? ka_strdup(d->volume) : volume_of_name(name);
	if (!*ret)
		return volume_of_disk(g, name, ret);
	if ((d && d->volume) || ka_host_lstat(g->host, *ret, NULL) != 0 || has_parts(g, name) != 0)
		return 0;
	free(*ret);
	*ret = NULL;
	return -ENOENT;
}

int grub_on_memdisk(struct grub *g, const char *path, const char **ret)
{
	_cleanup_free_ char *device = grub_path_device(g, path);

	if (!device || !ka_streq(device, "memdisk"))
		return 0;
	if (!g->memdisk && g->memdisk_error == 0)
		return 0; /* the program has none */
	*ret = *path == '(' ? strchrnul(path, ')') : path;
	*ret += **ret == ')';
	return g->memdisk ? 1 : g->memdisk_error;
}

/* A file of the memdisk is nowhere on this machine. */
static int look_on_memdisk(struct grub *g, const char *path)
{
	const char *rest;
	int r = grub_on_memdisk(g, path, &rest);

	if (r > 0)
		r = ka_memdisk_look(g->memdisk, rest) == KA_MEMDISK_NOTHING ? 0 : -ENODEV;
	return r;
}

/* The names on the EFI system partition, as GRUB finds them there. */
static int look_without_case(struct grub *g, const char *volume, const char *path, char **ret)
{
	char *found = NULL;
	int r;

	if (!g->core_root || ka_host_same_volume(g->host, volume, g->core_volume) <= 0)
		return 0;
	r = ka_host_find_nocase(g->host, g->core_root, path, &found);
	if (r > 0) {
		free(*ret);
		*ret = found;
	}
	return r;
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
	if (ka_streq(device, "memdisk") && (g->memdisk || g->core_modules))
		return look_on_memdisk(g, path);
	r = grub_find_volume(g, device, &ref.volume);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* The root file system of a machine whose mounts are not known. */
	if (!*ref.volume) {
		free(ref.volume);
		ref.volume = NULL;
	}
	ref.path = grub_single_slashes(rest);
	if (ref.volume)
		r = grub_path_from_top(g, ref.volume, &ref.path);
	if (r < 0)
		return r;
	r = ka_host_locate(g->host, &ref, ret, NULL);
	if (r < 0)
		return r;
	r = ka_host_stat(g->host, *ret, NULL);
	if (r == 0 && ref.volume)
		r = look_without_case(g, ref.volume, ref.path, ret);
	/* A link that runs in circles is no file for GRUB either. */
	return r == -ELOOP ? 0 : r;
}

/*
 * Entries name the same few files again and again. What was found stays true until there is another
 * device; a slot per hash, the latest wins.
 */
#define LOCATED_SLOTS 64

struct grub_located {
	char *device, *path, *host_path;
	int result;
	bool is_relative;
};

static void forget(struct grub_located *slot)
{
	free(slot->device);
	free(slot->path);
	free(slot->host_path);
	*slot = (struct grub_located){ NULL };
}

void grub_forget_located(struct grub *g)
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
		g->located = ka_calloc(LOCATED_SLOTS, sizeof(*g->located));
	for (; *path; path++)
		h = h * 33 ^ (unsigned char)*path;
	return &g->located[h % LOCATED_SLOTS];
}

static void remember(struct grub_located *slot, const char *device, const char *path,
		     const char *host_path, int result, bool is_relative)
{
	forget(slot);
	slot->device = ka_strdup(device);
	slot->path = ka_strdup(path);
	slot->host_path = ka_strdup_or_null(host_path);
	slot->result = result;
	slot->is_relative = is_relative;
}

int grub_locate_blocks(struct grub *g, const char *path, char **ret)
{
	_cleanup_free_ char *device = grub_path_device(g, path), *volume = NULL, *node = NULL;
	const char *rest = *path == '(' ? strchr(path, ')') : path;
	struct ka_blocks blocks;
	int r;

	rest += rest && *rest == ')';
	if (!rest || !device || !(*rest == '+' || ka_is_digit(*rest)))
		return 0;
	r = grub_find_volume(g, device, &volume);
	if (r >= 0)
		r = ka_host_volume_node(g->host, volume, &node);
	if (r <= 0)
		return r == -ENOENT ? 0 : r == 0 ? -ENODEV : r;
	*ret = ka_format("%s:%s", node, rest);
	free(node);
	node = NULL;
	/* Several runs of sectors: nobody writes that. */
	return ka_blocks_parse(*ret, &node, &blocks) ? 1 : -EOPNOTSUPP;
}

int grub_locate(struct grub *g, const char *path, char **ret)
{
	_cleanup_free_ char *device = grub_path_device(g, path), *found = NULL;
	struct grub_located *slot;
	int r;

	if (!device)
		return 0;
	slot = slot_of(g, path);
	if (slot->path && ka_streq(slot->path, path) && ka_streq(slot->device, device) &&
	    slot->is_relative == grub_is_relative(g)) {
		*ret = ka_strdup_or_null(slot->host_path);
		return slot->result;
	}
	grub_charge(g, 256);
	r = look(g, device, path, &found);
	if (r >= 0)
		remember(slot, device, path, found, r, grub_is_relative(g));
	*ret = TAKE_PTR(found);
	return r;
}
