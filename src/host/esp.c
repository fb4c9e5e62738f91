// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The partitions that EFI loaders read: the EFI system partition and the extended boot loader
 * partition of the same disk (UAPI.1 and UAPI.2). What the loader said of itself comes first, then
 * mount points by convention, then partition types, as udev has them in its database.
 */

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#define TYPE_ESP      "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define TYPE_XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define UDEV_FOLDER   "/run/udev/data"
#define UDEV_LIMIT    65536

static const char *const esp_mounts[] = { "/efi", "/boot", "/boot/efi" };

void ka_boot_partitions_done(struct ka_boot_partitions *partitions)
{
	free(partitions->esp);
	free(partitions->xbootldr);
	*partitions = (struct ka_boot_partitions){ NULL };
}

/* What udev's database says of a block device. NULL members: it does not say. */
struct partition {
	char *type; /* ID_PART_ENTRY_TYPE, lower case on GPT */
	char *disk; /* ID_PART_ENTRY_DISK, "254:0" */
};

static void partition_done(struct partition *p)
{
	free(p->type);
	free(p->disk);
}

static int take_value(char *line, const char *key, char **ret)
{
	const char *value = ka_startswith(line, key);

	if (!value || *ret)
		return 0;
	*ret = strdup(value);
	return *ret ? 0 : -ENOMEM;
}

static int read_partition(struct ka_host *host, const char *name, struct partition *ret)
{
	_cleanup_free_ char *path = ka_format("%s/%s", UDEV_FOLDER, name), *text = NULL;
	char *cursor, *line;
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_read(host, path, UDEV_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (cursor = text; r == 0 && (line = ka_next_line(&cursor));) {
		r = take_value(line, "E:ID_PART_ENTRY_TYPE=", &ret->type);
		if (r == 0)
			r = take_value(line, "E:ID_PART_ENTRY_DISK=", &ret->disk);
	}
	return r;
}

static int partition_of(struct ka_host *host, dev_t devno, struct partition *ret)
{
	char name[64];

	snprintf(name, sizeof(name), "b%u:%u", major(devno), minor(devno));
	return read_partition(host, name, ret);
}

static bool is_type(const struct partition *p, const char *type)
{
	return p->type && ka_casecmp(p->type, type) == 0;
}

/* A folder that stands in the mount table as nothing but a trap is mounted by looking into it. */
static int trigger_automounts(struct ka_host *host)
{
	struct ka_mounts *mounts;
	bool any = false;
	int r;

	if (!host->live)
		return 0;
	r = ka_mounts_get(host, &mounts, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < ARRAY_SIZE(esp_mounts); i++)
		for (size_t k = 0; k < mounts->n; k++) {
			_cleanup_strv_ char **names = NULL;

			if (!ka_streq(mounts->items[k].fstype, "autofs") ||
			    !ka_streq(mounts->items[k].target, esp_mounts[i]))
				continue;
			any = true;
			if (ka_host_list(host, esp_mounts[i], &names, NULL) == -ENOMEM)
				return -ENOMEM;
		}
	if (any)
		ka_mounts_forget(host);
	return 0;
}

/* The file system one sees at a directory; NULL: none is mounted there. */
static const struct ka_mount *mount_at(const struct ka_mounts *mounts, const char *target)
{
	const struct ka_mount *m = ka_mounts_at(mounts, target);

	return m && ka_streq(m->target, target) && !ka_streq(m->fstype, "autofs") ? m : NULL;
}

static bool is_fat(const struct ka_mount *m)
{
	return ka_streq(m->fstype, "vfat") || ka_streq(m->fstype, "msdos");
}

/* Where the root of a volume is, without a slash at its end. */
static int root_of_volume(struct ka_host *host, const char *volume, char **ret)
{
	const struct ka_ref ref = { (char *)volume, (char *)"/" };
	char *path = NULL;
	size_t n;
	int r;

	r = ka_host_locate(host, &ref, &path, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		path[--n] = '\0';
	*ret = path;
	return 0;
}

/* The partition the loader (or the stub) came from, as it told the firmware. */
static int esp_by_loader(struct ka_host *host, char **ret)
{
	_cleanup_free_ char *uuid = NULL, *volume = NULL;
	int r;

	r = ka_host_efi_string(host, "LoaderDevicePartUUID", KA_EFI_GUID_LOADER, &uuid);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (char *p = uuid; *p; p++)
		*p = ka_lower(*p);
	volume = ka_format("PARTUUID=%s", uuid);
	return volume ? root_of_volume(host, volume, ret) : -ENOMEM;
}

static int esp_by_mount(struct ka_host *host, const struct ka_mounts *mounts, char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(esp_mounts) && !*ret; i++) {
		_cleanup_(partition_done) struct partition p = { NULL };
		const struct ka_mount *m = mount_at(mounts, esp_mounts[i]);
		int r;

		if (!m || !is_fat(m))
			continue;
		r = partition_of(host, m->devno, &p);
		if (r < 0)
			return r;
		if (p.type && !is_type(&p, TYPE_ESP))
			continue;
		*ret = strdup(m->target);
		if (!*ret)
			return -ENOMEM;
	}
	return 0;
}

/* A machine whose mounts are not known: folders that look like one. */
static int esp_by_look(struct ka_host *host, char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(esp_mounts) && !*ret; i++) {
		_cleanup_free_ char *loader = ka_format("%s/loader", esp_mounts[i]),
				    *efi = ka_format("%s/EFI", esp_mounts[i]);

		if (!loader || !efi)
			return -ENOMEM;
		if (!ka_host_seems_there(host, loader) && !ka_host_seems_there(host, efi))
			continue;
		*ret = strdup(esp_mounts[i]);
		if (!*ret)
			return -ENOMEM;
	}
	return 0;
}

/* The device node of a devno in udev's names, "b254:1". */
static int node_of(struct ka_host *host, const char *name, char **ret)
{
	dev_t devno;

	return ka_parse_devno(name + 1, &devno) < 0 ? 0 : ka_volumes_node_of(host, devno, ret);
}

/* The first partition of a type (on that disk, when one is named), wherever it is. */
static int find_by_type(struct ka_host *host, const char *type, const char *disk, char **ret)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, UDEV_FOLDER, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (char **p = names; *p && r == 0 && !*ret; p++) {
		_cleanup_(partition_done) struct partition part = { NULL };
		_cleanup_free_ char *node = NULL;

		if (**p != 'b')
			continue;
		r = read_partition(host, *p, &part);
		if (r < 0 || !is_type(&part, type) ||
		    (disk && part.disk && !ka_streq(part.disk, disk)))
			continue;
		r = node_of(host, *p, &node);
		if (r > 0)
			r = root_of_volume(host, node, ret);
	}
	return r;
}

/* The disk a mounted ESP is on; *ret stays NULL when nobody says. */
static int disk_of_mount(struct ka_host *host, const struct ka_mounts *mounts, const char *target,
			 char **ret)
{
	_cleanup_(partition_done) struct partition p = { NULL };
	const struct ka_mount *m = mount_at(mounts, target);
	int r;

	if (!m)
		return 0;
	r = partition_of(host, m->devno, &p);
	if (r == 0)
		*ret = TAKE_PTR(p.disk);
	return r;
}

static int find_xbootldr(struct ka_host *host, const struct ka_mounts *mounts,
			 struct ka_boot_partitions *partitions)
{
	_cleanup_(partition_done) struct partition p = { NULL };
	const struct ka_mount *m = mount_at(mounts, "/boot");
	_cleanup_free_ char *disk = NULL;
	int r;

	r = disk_of_mount(host, mounts, partitions->esp, &disk);
	if (r < 0)
		return r;
	if (m && !ka_streq(m->target, partitions->esp)) {
		r = partition_of(host, m->devno, &p);
		if (r < 0)
			return r;
		/* Without udev's word: what firmware can read. */
		if (p.type ? is_type(&p, TYPE_XBOOTLDR) : is_fat(m)) {
			partitions->xbootldr = strdup(m->target);
			return partitions->xbootldr ? 0 : -ENOMEM;
		}
	}
	return find_by_type(host, TYPE_XBOOTLDR, disk, &partitions->xbootldr);
}

int ka_host_boot_partitions(struct ka_host *host, struct ka_boot_partitions *ret)
{
	_cleanup_(ka_boot_partitions_done) struct ka_boot_partitions found = { NULL };
	struct ka_mounts *mounts = NULL;
	int r;

	r = trigger_automounts(host);
	if (r == 0)
		r = esp_by_loader(host, &found.esp);
	if (r < 0)
		return r;
	r = ka_mounts_get(host, &mounts, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		r = esp_by_look(host, &found.esp);
	} else {
		r = found.esp ? 0 : esp_by_mount(host, mounts, &found.esp);
		if (r == 0 && !found.esp)
			r = find_by_type(host, TYPE_ESP, NULL, &found.esp);
		if (r == 0 && found.esp)
			r = find_xbootldr(host, mounts, &found);
	}
	if (r < 0)
		return r;
	r = found.esp != NULL;
	*ret = found;
	found = (struct ka_boot_partitions){ NULL };
	return r;
}
