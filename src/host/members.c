// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of what software makes of disks (RAID, LVM, LUKS), by udev's database, which also knows those that
 * were not put together. A device that udev says nothing of may be one.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define BLOCK_FOLDER "/sys/class/block"
#define UDEV_LIMIT   65536

int ka_udev_record(struct ka_host *host, const char *name, char **ret, struct ka_error *err)
{
	_cleanup_free_ char *path = ka_format(KA_UDEV_FOLDER "/%s", name);

	return ka_host_read(host, path, UDEV_LIMIT, ret, NULL, err);
}

/* udev's record of a device by its name in sysfs. */
static int read_record(struct ka_host *host, const char *device, char **ret)
{
	_cleanup_free_ char *path = ka_format("%s/%s/dev", BLOCK_FOLDER, device);
	_cleanup_free_ char *number = NULL, *name = NULL;
	int r = ka_host_read_line(host, path, &number, NULL);

	if (r < 0)
		return r;
	name = ka_format("b%s", number);
	return ka_udev_record(host, name, ret, NULL);
}

/* The value of a line "E:KEY=VALUE" (key with both marks); NULL: there is none. */
static char *find_value(const char *record, const char *key)
{
	_cleanup_free_ char *text = ka_strdup(record);
	char *cursor = text, *line;

	while ((line = ka_next_line(&cursor))) {
		const char *value = ka_startswith(line, key);

		if (value)
			return ka_strdup(value);
	}
	return NULL;
}

/* These are in memory or in files: no loader sees them. */
static bool is_no_disk(const char *device)
{
	return ka_startswith(device, "loop") || ka_startswith(device, "ram") ||
	       ka_startswith(device, "zram");
}

/* 1, 0; negative: not known, as where libblkid finds two things on one device. */
static int is_member(struct ka_host *host, const char *device, const char *type)
{
	_cleanup_free_ char *record = NULL, *found = NULL, *several = NULL;
	int r = read_record(host, device, &record);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? -ENODATA : r;
	several = find_value(record, "E:ID_FS_AMBIVALENT=");
	if (several)
		return -ENODATA;
	found = find_value(record, "E:ID_FS_TYPE=");
	return found && ka_streq(found, type);
}

/* The first answer that is not "no" to a question about each disk and partition; "yes" counts most. */
static int ask_all(struct ka_host *host, const char *type, const char *array,
		   int (*ask)(struct ka_host *host, char **devices, const char *device,
			      const char *array))
{
	_cleanup_strv_ char **devices = NULL;
	int r = ka_host_list(host, BLOCK_FOLDER, &devices, NULL), unknown = 0;

	if (r < 0)
		return r;
	for (char **p = devices; *p; p++) {
		if (is_no_disk(*p))
			continue;
		r = is_member(host, *p, type);
		if (r > 0 && ask)
			r = ask(host, devices, *p, array);
		if (r > 0)
			return 1;
		if (r < 0)
			unknown = r;
	}
	return unknown;
}

int ka_host_has_member(struct ka_host *host, const char *type)
{
	return ask_all(host, type, NULL, NULL);
}

/* "HOST:NAME", where HOST is who made it (mdadm --homehost); GRUB has no use for that. */
static int is_called(struct ka_host *host, const char *array, const char *name)
{
	_cleanup_free_ char *record = NULL, *whole = NULL;
	const char *own;

	if (read_record(host, array, &record) < 0)
		return -ENODATA;
	whole = find_value(record, "E:MD_NAME=");
	if (!whole)
		return -ENODATA; /* metadata of old has no names */
	own = strchr(whole, ':');
	return ka_streq(own ? own + 1 : whole, name);
}

/* The array that a member is in says its name. Without one, the name is in the member alone. */
static int is_in_array(struct ka_host *host, char **devices, const char *member, const char *name)
{
	for (char **p = devices; *p; p++) {
		_cleanup_free_ char *slave = ka_format("%s/%s/slaves/%s", BLOCK_FOLDER, *p, member);

		if (ka_startswith(*p, "md") && ka_host_lstat(host, slave, NULL) > 0)
			return is_called(host, *p, name);
	}
	return -ENODATA;
}

int ka_host_has_array(struct ka_host *host, const char *name)
{
	return ask_all(host, "linux_raid_member", name, is_in_array);
}
