// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what the next kernel will find: command line, root, /boot. */

#include "checks/checks.h"
#include "image/payload.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>

int ka_check_cmdline(struct ka_check_context *c)
{
	if (!c->plan->cmdline)
		return c->plan->entry->cmdline || ka_findings_first(c->findings, KA_ERROR)
			       ? 0
			       : ka_report(c->findings, KA_ERROR, "cmdline-unknown", NULL,
					   "pass --cmdline=", "the command line is unknown");
	if (*c->plan->cmdline)
		return 0;
	return ka_report(c->findings, KA_WARNING, "cmdline-empty", NULL,
			 "pass --cmdline=", "the command line is empty");
}

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

int ka_check_root(struct ka_check_context *c)
{
	_cleanup_free_ char *root = NULL;
	int r;

	r = find_missing(c, "root", &root);
	if (r <= 0)
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

	r = find_missing(c, "resume", &resume);
	if (r <= 0 || has_word(c->plan->cmdline, "noresume"))
		return r < 0 ? r : 0;
	return ka_report(
		c->findings, KA_WARNING, "resume-missing", NULL,
		"correct the command line, or add noresume",
		"resume=%s is on none of the disks of this machine: the initrd may wait for "
		"it",
		resume);
}

/* The fields of one fstab line; false for comments and short ones. */
static bool next_fields(char *line, char **ret_target, char **ret_type, char **ret_options)
{
	char *save = NULL, *source = strtok_r(line, " \t", &save);

	*ret_target = strtok_r(NULL, " \t", &save);
	*ret_type = strtok_r(NULL, " \t", &save);
	*ret_options = strtok_r(NULL, " \t", &save);
	return source && *source != '#' && *ret_target && *ret_type && *ret_options;
}

static bool is_mounted(struct ka_host *host, const char *target)
{
	struct stat here, above;

	return ka_host_stat(host, target, &here) > 0 && ka_host_stat(host, "/", &above) > 0 &&
	       here.st_dev != above.st_dev;
}

/* /boot on its own file system that is not mounted: what lies below it is from long ago. */
int ka_check_boot_mount(struct ka_check_context *c)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line, *target, *type, *options;

	if (!ka_host_is_live(c->host) || !c->plan->kernel.path ||
	    !ka_startswith(c->plan->kernel.path, "/boot/") ||
	    ka_host_read(c->host, "/etc/fstab", 1u << 20, &text, NULL, NULL) < 0)
		return 0;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		if (!next_fields(line, &target, &type, &options) || !ka_streq(target, "/boot"))
			continue;
		/* A bind mount or a subvolume of the root shares its device number. */
		if (is_mounted(c->host, "/boot") || strstr(options, "bind") ||
		    strstr(options, "subvol"))
			return 0;
		return ka_report(c->findings, KA_ERROR, "boot-not-mounted", "/boot", "mount /boot",
				 "/etc/fstab gives /boot a file system of its own, which is not "
				 "mounted: the files seen there may be stale");
	}
	return 0;
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

int ka_check_running(struct ka_check_context *c)
{
	bool other;
	int r;

	if (c->plan->entry->running != KA_YES)
		return 0;
	r = is_other_build(c, &other);
	if (r < 0 || other)
		return r;
	return ka_report(c->findings, KA_INFO, "same-kernel", c->plan->entry->kernel,
			 "systemctl soft-reboot restarts the services without a new kernel",
			 "this very kernel is running now");
}
