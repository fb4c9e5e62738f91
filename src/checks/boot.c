// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what the next kernel will find: command line, root, /boot. */

#include "checks/checks.h"
#include "image/payload.h"

#include <kexec-any/memory.h>
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

/*
 * The same id in other letters. The kernel itself takes PARTUUID= without regard to case (block/early-lookup.c), and
 * so does busybox' findfs; blkid(8), which initramfs-tools asks, and udev's links, which dracut and systemd
 * follow, tell letters apart.
 */
static bool is_attached_by_case(struct ka_host *host, const char *value)
{
	_cleanup_free_ char *lower = ka_strdup(value), *upper = ka_strdup(value);
	size_t at = strcspn(value, "=") + 1;

	if (!ka_startswith(value, "UUID=") && !ka_startswith(value, "PARTUUID="))
		return false;
	for (size_t i = at; value[i]; i++) {
		lower[i] = ka_lower(value[i]);
		upper[i] = ka_upper(value[i]);
	}
	return ka_host_has_volume(host, lower) != 0 || ka_host_has_volume(host, upper) != 0;
}

/* KEY= names a volume that is not attached: its value. NULL: it is, or who knows. */
static char *find_missing(struct ka_check_context *c, const char *key)
{
	_cleanup_free_ char *value = NULL;

	if (!c->plan->cmdline || !ka_cmdline_get(c->plan->cmdline, key, &value) ||
	    !names_volume(value) || ka_host_has_volume(c->host, value) != 0 ||
	    is_attached_by_case(c->host, value))
		return NULL;
	return TAKE_PTR(value);
}

/* "vg-root" of /dev/mapper/vg-root: is there such a device? Also where none was captured. */
static bool has_mapping(struct ka_host *host, char *const *devices, const char *name)
{
	bool is_known = ka_host_is_live(host);

	for (; *devices; devices++) {
		_cleanup_free_ char *path = ka_format(BLOCK_FOLDER "/%s/dm/name", *devices);
		_cleanup_free_ char *text = NULL;
		int r = ka_host_read_line(host, path, &text, NULL);

		is_known = is_known || r == 0;
		if (r == 0 && ka_streq(text, name))
			return true;
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
static void check_device(struct ka_check_context *c, const char *key, enum ka_finding_id id)
{
	_cleanup_free_ char *value = NULL;
	_cleanup_strv_ char **devices = NULL;
	const char *name, *mapping;

	if (!c->plan->cmdline || !ka_cmdline_get(c->plan->cmdline, key, &value))
		return;
	name = ka_startswith(value, "/dev/");
	mapping = name ? ka_startswith(name, "mapper/") : NULL;
	if (!name || !(mapping || is_disk_name(name)))
		return;
	if (ka_host_list(c->host, BLOCK_FOLDER, &devices, NULL) < 0 || !*devices ||
	    (mapping ? has_mapping(c->host, devices, mapping) : ka_strv_contains(devices, name)))
		return;
	ka_report(c->findings, KA_WARNING, id, BLOCK_FOLDER,
		  "name it by UUID=, or correct the command line",
		  "%s=%s: there is no such device now; the next kernel may give its name to "
		  "another disk, or to none",
		  key, value);
}

/* Would whatever looks for the root find it only without regard to case? The running system did, by the same text. */
static void check_case(struct ka_check_context *c)
{
	_cleanup_free_ char *root = NULL, *now = NULL;

	if (!c->plan->cmdline || !ka_cmdline_get(c->plan->cmdline, "root", &root) ||
	    !names_volume(root) || ka_host_has_volume(c->host, root) != 0 ||
	    (c->plan->n_initrds == 0 && ka_startswith(root, "PARTUUID=")))
		return;
	if (c->machine->cmdline && ka_cmdline_get(c->machine->cmdline, "root", &now) &&
	    ka_streq(root, now))
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_ROOT_MISSING, NULL,
		  "write it as /dev/disk has it, or pass --cmdline=",
		  "root=%s is on this machine in other letters, capital or small: most initrds do "
		  "not find it so",
		  root);
}

void ka_check_root(struct ka_check_context *c)
{
	_cleanup_free_ char *root = find_missing(c, "root");

	if (!root) {
		check_device(c, "root", KA_ID_ROOT_MISSING);
		check_case(c);
		return;
	}
	ka_report(c->findings, KA_ERROR, KA_ID_ROOT_MISSING, NULL,
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

void ka_check_resume(struct ka_check_context *c)
{
	_cleanup_free_ char *resume = NULL;

	if (c->plan->cmdline && has_word(c->plan->cmdline, "noresume"))
		return;
	resume = find_missing(c, "resume");
	if (!resume) {
		check_device(c, "resume", KA_ID_RESUME_MISSING);
		return;
	}
	ka_report(c->findings, KA_WARNING, KA_ID_RESUME_MISSING, NULL,
		  "correct the command line, or add noresume",
		  "resume=%s is on none of the disks of this machine: the initrd may wait for "
		  "it",
		  resume);
}

/* A file system of its own that is not mounted: what lies below its folder is from long ago. */
void ka_check_boot_mount(struct ka_check_context *c)
{
	const char *path = c->plan->kernel.path;
	_cleanup_free_ char *folder = NULL;

	if (!path)
		return;
	if (ka_host_find_unmounted(c->host, path, &folder) > 0) {
		ka_report(c->findings, KA_ERROR, KA_ID_BOOT_NOT_MOUNTED, folder, "mount it",
			  "/etc/fstab gives %s a file system of its own, which is not mounted: "
			  "the files seen there may be stale",
			  folder);
		return;
	}
	if (ka_host_is_own_mount(c->host, path) <= 0)
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_MOUNT_NAMESPACE, path,
		  "run it where the system runs: nsenter --mount=/proc/1/ns/mnt kexec-any",
		  "this process has it on another file system than the system has (a mount "
		  "namespace)");
}

/* Version texts can be alike where the kernels are not; build-ids cannot. */
static bool is_other_build(struct ka_check_context *c)
{
	_cleanup_free_ char *notes = NULL, *id = NULL;
	size_t size = 0;

	if (!c->plan->image.build_id ||
	    ka_host_read(c->host, "/sys/kernel/notes", 65536, &notes, &size, NULL) < 0)
		return false;
	id = ka_notes_build_id((const uint8_t *)notes, size);
	return id && !ka_streq(id, c->plan->image.build_id);
}

/* But for what a loader adds. */
static bool is_same_cmdline(const char *a, const char *b)
{
	_cleanup_free_ char *x = a ? ka_cmdline_reusable(a) : NULL;
	_cleanup_free_ char *y = b ? ka_cmdline_reusable(b) : NULL;

	return x && y && ka_streq(x, y);
}

void ka_check_running(struct ka_check_context *c)
{
	bool same_cmdline;

	if (c->plan->entry->running != KA_YES || is_other_build(c))
		return;
	same_cmdline = is_same_cmdline(c->machine->cmdline, c->plan->cmdline);
	ka_report(c->findings, KA_INFO, KA_ID_SAME_KERNEL, c->plan->entry->kernel,
		  same_cmdline ? "systemctl soft-reboot restarts the services without a new kernel"
			       : NULL,
		  "this very kernel is running now%s",
		  same_cmdline ? "" : ", with another command line");
}
