// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what the next kernel will find: command line, root, /boot. */

#include "checks/checks.h"
#include "image/payload.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>

#define BLOCK_FOLDER "/sys/class/block"

/* What /dev/disk can answer for. Other forms (nfs, zfs, subvolumes) are the initrd's. */
static bool names_volume(const char *value)
{
	/* PARTUUID=…/PARTNROFF=n counts from another partition; only the kernel resolves that. */
	return !strstr(value, "/PARTNROFF=") &&
	       (ka_startswith(value, "UUID=") || ka_startswith(value, "LABEL=") ||
		ka_startswith(value, "PARTUUID=") || ka_startswith(value, "PARTLABEL=") ||
		ka_startswith(value, "/dev/disk/"));
}

/* KEY= names a volume that is not attached: 1 and its value; 0: it is, or who knows; -ENOMEM. */
static int find_missing(struct ka_check_context *c, const char *key, char **ret)
{
	_cleanup_free_ char *value = NULL;
	int r;

	if (!c->plan->cmdline)
		return 0;
	r = ka_cmdline_get(c->plan->cmdline, key, &value);
	if (r <= 0 || !names_volume(value))
		return r < 0 ? r : 0;
	r = ka_host_has_volume(c->host, value);
	if (r != 0)
		return r == -ENOMEM ? r : 0;
	*ret = TAKE_PTR(value);
	return 1;
}

/* "vg-root" of /dev/mapper/vg-root: is there such a device? 1 also where none was captured; 0. */
static int has_mapping(struct ka_host *host, char *const *devices, const char *name)
{
	bool is_known = ka_host_is_live(host);

	for (; *devices; devices++) {
		_cleanup_free_ char *path = ka_format(BLOCK_FOLDER "/%s/dm/name", *devices);
		_cleanup_free_ char *text = NULL;
		int r = path ? ka_host_read_line(host, path, &text, NULL) : -ENOMEM;

		if (r == -ENOMEM)
			return r;
		is_known = is_known || r == 0;
		if (r == 0 && ka_streq(text, name))
			return 1;
	}
	return !is_known;
}

/* Names that the kernel gives to disks; /dev/nfs, /dev/ram0 and folders of LVM are other things. */
static bool is_disk_name(const char *name)
{
	static const char *const stems[] = { "sd",     "vd",   "xvd", "hd",  "nvme",
					     "mmcblk", "dasd", "md",  "pmem" };

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++)
		if (ka_startswith(name, stems[i]))
			return !strchr(name, '/');
	return false;
}

/* A device by name, which the next kernel need not give to the same one: no more than a warning. */
static int check_device(struct ka_check_context *c, const char *key, const char *id)
{
	_cleanup_free_ char *value = NULL;
	_cleanup_strv_ char **devices = NULL;
	const char *name, *mapping;
	int r;

	r = c->plan->cmdline ? ka_cmdline_get(c->plan->cmdline, key, &value) : 0;
	if (r <= 0)
		return r;
	name = ka_startswith(value, "/dev/");
	mapping = name ? ka_startswith(name, "mapper/") : NULL;
	if (!name || !(mapping || is_disk_name(name)))
		return 0;
	r = ka_host_list(c->host, BLOCK_FOLDER, &devices, NULL);
	if (r < 0 || !*devices)
		return r == -ENOMEM ? r : 0;
	r = mapping ? has_mapping(c->host, devices, mapping) : ka_strv_contains(devices, name);
	if (r != 0)
		return r < 0 ? r : 0;
	return ka_report(c->findings, KA_WARNING, id, BLOCK_FOLDER,
			 "name it by UUID=, or correct the command line",
			 "%s=%s: there is no such device now; the next kernel may give its name to "
			 "another disk, or to none",
			 key, value);
}

int ka_check_root(struct ka_check_context *c)
{
	_cleanup_free_ char *root = NULL;
	int r;

	r = find_missing(c, "root", &root);
	if (r == 0)
		return check_device(c, "root", "root-missing");
	if (r < 0)
		return r;
	return ka_report(
		c->findings, KA_ERROR, "root-missing", NULL,
		"correct the command line, or pass --cmdline=",
		"root=%s is on none of the disks of this machine: the next kernel would not "
		"find its root",
		root);
}

static bool has_word(const char *cmdline, const char *text)
{
	struct ka_word word;

	while (ka_cmdline_next(&cmdline, &word))
		if (ka_word_is(&word, text))
			return true;
	return false;
}

int ka_check_resume(struct ka_check_context *c)
{
	_cleanup_free_ char *resume = NULL;
	int r;

	if (c->plan->cmdline && has_word(c->plan->cmdline, "noresume"))
		return 0;
	r = find_missing(c, "resume", &resume);
	if (r == 0)
		return check_device(c, "resume", "resume-missing");
	if (r < 0)
		return r;
	return ka_report(
		c->findings, KA_WARNING, "resume-missing", NULL,
		"correct the command line, or add noresume",
		"resume=%s is on none of the disks of this machine: the initrd may wait for "
		"it",
		resume);
}

/* A file system of its own that is not mounted: what lies below its folder is from long ago. */
int ka_check_boot_mount(struct ka_check_context *c)
{
	const char *path = c->plan->kernel.path;
	_cleanup_free_ char *folder = NULL;
	int r;

	if (!path)
		return 0;
	r = ka_host_find_unmounted(c->host, path, &folder);
	if (r > 0)
		return ka_report(
			c->findings, KA_ERROR, "boot-not-mounted", folder, "mount it",
			"/etc/fstab gives %s a file system of its own, which is not mounted: "
			"the files seen there may be stale",
			folder);
	if (ka_host_is_own_mount(c->host, path) <= 0)
		return 0;
	return ka_report(c->findings, KA_WARNING, "mount-namespace", path,
			 "run it where the system runs: nsenter --mount=/proc/1/ns/mnt kexec-any",
			 "this process has it on another file system than the system has (a mount "
			 "namespace)");
}

/* Version texts can be alike where the kernels are not; build-ids cannot. */
static int is_other_build(struct ka_check_context *c, bool *ret)
{
	_cleanup_free_ char *notes = NULL, *id = NULL;
	size_t size = 0;
	int r;

	*ret = false;
	if (!c->plan->image.build_id)
		return 0;
	r = ka_host_read(c->host, "/sys/kernel/notes", 65536, &notes, &size, NULL);
	if (r == 0)
		r = ka_notes_build_id((const uint8_t *)notes, size, &id);
	*ret = id && !ka_streq(id, c->plan->image.build_id);
	return r == -ENOMEM ? r : 0;
}

/* But for what a loader adds. 1, 0, -ENOMEM. */
static int is_same_cmdline(const char *a, const char *b)
{
	_cleanup_free_ char *x = a ? ka_cmdline_reusable(a) : NULL;
	_cleanup_free_ char *y = b ? ka_cmdline_reusable(b) : NULL;

	if ((a && !x) || (b && !y))
		return -ENOMEM;
	return x && y && ka_streq(x, y);
}

int ka_check_running(struct ka_check_context *c)
{
	bool other, same_cmdline;
	int r;

	if (c->plan->entry->running != KA_YES)
		return 0;
	r = is_other_build(c, &other);
	if (r < 0 || other)
		return r;
	r = is_same_cmdline(c->machine->cmdline, c->plan->cmdline);
	if (r < 0)
		return r;
	same_cmdline = r;
	return ka_report(
		c->findings, KA_INFO, "same-kernel", c->plan->entry->kernel,
		same_cmdline ? "systemctl soft-reboot restarts the services without a new kernel"
			     : NULL,
		"this very kernel is running now%s",
		same_cmdline ? "" : ", with another command line");
}
