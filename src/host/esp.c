// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The partitions that EFI loaders read: the EFI system partition and the extended boot loader
 * partition of the same disk (UAPI.1 and UAPI.2). What the loader said of itself comes first, then
 * mount points by convention, then partition types, as udev has them in its database.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#define TYPE_ESP      "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define TYPE_XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"

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

static void take_value(char *line, const char *key, char **ret)
{
	const char *value = ka_startswith(line, key);

	if (value && !*ret)
		*ret = ka_strdup(value);
}

/* Without udev, or with nothing from it about this device, the members stay NULL. */
static int read_partition(struct ka_host *host, const char *name, struct partition *ret,
			  struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_udev_record(host, name, &text, err);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		take_value(line, "E:ID_PART_ENTRY_TYPE=", &ret->type);
		take_value(line, "E:ID_PART_ENTRY_DISK=", &ret->disk);
	}
	return 0;
}

static int partition_of(struct ka_host *host, dev_t devno, struct partition *ret,
			struct ka_error *err)
{
	char name[64];

	snprintf(name, sizeof(name), "b%u:%u", major(devno), minor(devno));
	return read_partition(host, name, ret, err);
}

static bool is_type(const struct partition *p, const char *type)
{
	return p->type && ka_casecmp(p->type, type) == 0;
}

/* A directory that stands in the mount table as nothing but a trap is mounted by looking into it. */
static void trigger_automounts(struct ka_host *host)
{
	struct ka_mounts *mounts;
	bool any = false;

	if (!host->live || ka_mounts_get(host, &mounts, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(esp_mounts); i++) {
		const struct ka_mount *m = ka_mounts_at(mounts, esp_mounts[i]);
		_cleanup_strv_ char **names = NULL;

		if (!m || !ka_streq(m->target, esp_mounts[i]) || !ka_streq(m->fstype, "autofs"))
			continue;
		any = true;
		(void)!ka_host_list(host, esp_mounts[i], &names, NULL);
	}
	if (any)
		ka_mounts_forget(host);
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

/*
 * Where the root of a volume is, without a slash at its end. *ret stays NULL when it is not attached;
 * negative when it is and cannot be looked into, on the live machine.
 */
static int root_of_volume(struct ka_host *host, const char *volume, char **ret,
			  struct ka_error *err)
{
	const struct ka_ref ref = { (char *)volume, (char *)"/" };
	char *path = NULL;
	size_t n;
	int r;

	r = ka_host_locate(host, &ref, &path, err);
	if (r == -ENODEV || (r == -ENXIO && !host->live))
		return 0;
	if (r < 0)
		return r;
	n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		path[--n] = '\0';
	*ret = path;
	return 0;
}

/* The partition the loader (or the stub) came from, as it told the firmware. */
static int esp_by_loader(struct ka_host *host, char **ret, struct ka_error *err)
{
	static const char name[] = "LoaderDevicePartUUID";
	_cleanup_free_ char *uuid = NULL, *volume = NULL;
	int r;

	r = ka_host_efi_string(host, name, KA_EFI_GUID_LOADER, &uuid);
	if (r == -ENOENT || r == -ENOTDIR || r == -EILSEQ || r == -EBADMSG)
		return 0;
	if (r < 0)
		return ka_fail_sys(err, r, "cannot read the EFI variable %s", name);
	for (char *p = uuid; *p; p++)
		*p = ka_lower(*p);
	volume = ka_format("PARTUUID=%s", uuid);
	return root_of_volume(host, volume, ret, err);
}

static int esp_by_mount(struct ka_host *host, const struct ka_mounts *mounts, char **ret,
			struct ka_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(esp_mounts); i++) {
		_cleanup_(partition_done) struct partition p = { NULL };
		const struct ka_mount *m = mount_at(mounts, esp_mounts[i]);
		int r;

		if (!m || !is_fat(m))
			continue;
		r = partition_of(host, m->devno, &p, err);
		if (r < 0)
			return r;
		if (p.type && !is_type(&p, TYPE_ESP))
			continue;
		*ret = ka_strdup(m->target);
		return 0;
	}
	return 0;
}

/* A machine whose mounts are not known: directories that look like one. */
static int esp_by_look(struct ka_host *host, char **ret, struct ka_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(esp_mounts); i++) {
		_cleanup_free_ char *loader = ka_format("%s/loader", esp_mounts[i]),
				    *efi = ka_format("%s/EFI", esp_mounts[i]);
		int r;

		r = ka_host_exists(host, loader, err);
		if (r == 0)
			r = ka_host_exists(host, efi, err);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		*ret = ka_strdup(esp_mounts[i]);
		return 0;
	}
	return 0;
}

/* The first partition of a type (on that disk, when one is named), wherever it is. */
static int find_by_type(struct ka_host *host, const char *type, const char *disk, char **ret,
			struct ka_error *err)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = ka_host_list(host, KA_UDEV_FOLDER, &names, err);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	for (char **p = names; *p && r == 0 && !*ret; p++) {
		_cleanup_(partition_done) struct partition part = { NULL };
		_cleanup_free_ char *node = NULL;
		dev_t devno;

		/* "b254:1" */
		if (**p != 'b' || ka_parse_devno(*p + 1, &devno) < 0)
			continue;
		r = read_partition(host, *p, &part, err);
		if (r < 0 || !is_type(&part, type) ||
		    (disk && part.disk && !ka_streq(part.disk, disk)))
			continue;
		if (ka_volumes_node_of(host, devno, &node) > 0)
			r = root_of_volume(host, node, ret, err);
	}
	return r;
}

/* The disk a mounted ESP is on; *ret stays NULL when nobody says. */
static int disk_of_mount(struct ka_host *host, const struct ka_mounts *mounts, const char *target,
			 char **ret, struct ka_error *err)
{
	_cleanup_(partition_done) struct partition p = { NULL };
	const struct ka_mount *m = mount_at(mounts, target);
	int r;

	if (!m)
		return 0;
	r = partition_of(host, m->devno, &p, err);
	if (r == 0)
		*ret = TAKE_PTR(p.disk);
	return r;
}

static int find_xbootldr(struct ka_host *host, const struct ka_mounts *mounts,
			 struct ka_boot_partitions *partitions, struct ka_error *err)
{
	_cleanup_(partition_done) struct partition p = { NULL };
	const struct ka_mount *m = mount_at(mounts, "/boot");
	_cleanup_free_ char *disk = NULL;
	int r;

	r = disk_of_mount(host, mounts, partitions->esp, &disk, err);
	if (r < 0)
		return r;
	if (m && !ka_streq(m->target, partitions->esp)) {
		r = partition_of(host, m->devno, &p, err);
		if (r < 0)
			return r;
		/* Without udev's word: what firmware can read. */
		if (p.type ? is_type(&p, TYPE_XBOOTLDR) : is_fat(m)) {
			partitions->xbootldr = ka_strdup(m->target);
			return 0;
		}
	}
	return find_by_type(host, TYPE_XBOOTLDR, disk, &partitions->xbootldr, err);
}

static int find_by_mounts(struct ka_host *host, const struct ka_mounts *mounts,
			  struct ka_boot_partitions *found, struct ka_error *err)
{
	int r = 0;

	if (!found->esp)
		r = esp_by_mount(host, mounts, &found->esp, err);
	if (r == 0 && !found->esp)
		r = find_by_type(host, TYPE_ESP, NULL, &found->esp, err);
	if (r == 0 && found->esp)
		r = find_xbootldr(host, mounts, found, err);
	return r;
}

static int find_boot_partitions(struct ka_host *host, const char *esp,
				struct ka_boot_partitions *ret, struct ka_error *err)
{
	_cleanup_(ka_boot_partitions_done) struct ka_boot_partitions found = {
		.esp = ka_strdup_or_null(esp),
	};
	struct ka_mounts *mounts = NULL;
	int r = 0;

	trigger_automounts(host);
	if (!esp)
		r = esp_by_loader(host, &found.esp, err);
	if (r < 0)
		return r;
	r = ka_mounts_get(host, &mounts, err);
	if (r >= 0)
		r = find_by_mounts(host, mounts, &found, err);
	else if (r == -ENOENT && !host->live)
		r = found.esp ? 0 : esp_by_look(host, &found.esp, err);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct ka_boot_partitions){ NULL };
	return ret->esp != NULL;
}

int ka_host_boot_partitions(struct ka_host *host, const char *esp, struct ka_boot_partitions *ret,
			    struct ka_error *err)
{
	int r = find_boot_partitions(host, esp, ret, err);

	/* One way may have failed before another succeeded. */
	if (r >= 0 && err)
		ka_error_done(err);
	return r;
}
