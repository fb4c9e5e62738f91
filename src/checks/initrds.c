// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the initrds: each by itself, then what they are together, for this kernel. */

#include "checks/checks.h"
#include "checks/config.h"
#include "unpack/unpack.h"

#include <kexec-any/text.h>

#include <errno.h>

/* For findings about what they are together. */
static const char *main_path(const struct ka_check_context *c)
{
	return c->plan->initrds[c->plan->main_initrd].path;
}

static void check_initrd(struct ka_check_context *c, const struct ka_plan_file *file, bool is_last)
{
	const struct ka_reader reader = {
		.fd = file->fd,
		.base = file->offset,
		.size = file->size,
	};
	const struct ka_initrd_context context = {
		.path = file->path,
		.init = c->rdinit,
		.fast = c->fast,
		.memory = c->machine->memory_total,
		.is_last = is_last,
	};
	int r;

	if (file->fd < 0) {
		c->initrds.is_partial = true;
		return; /* reported when it could not be opened */
	}
	r = ka_initrd_inspect(&reader, &context, &c->initrds, c->findings);
	if (r < 0)
		ka_report(c->findings, KA_ERROR, KA_ID_FILE_UNREADABLE, file->path, NULL,
			  "initrd: cannot read it: %s", strerror(-r));
}

/* Packed by the loader into an archive: what the file itself holds is nobody's business here. */
static bool is_packed(const struct ka_plan *plan, size_t index)
{
	return plan->initrds[index].continued || (index > 0 && plan->initrds[index - 1].continued);
}

/* Can the kernel alone find that root? It knows device names and PARTUUID= (init/do_mounts.c). */
static bool needs_init(const char *cmdline)
{
	_cleanup_free_ char *root = NULL;

	if (!cmdline)
		return false;
	return !ka_cmdline_get(cmdline, "root", &root) || ka_startswith(root, "UUID=") ||
	       ka_startswith(root, "LABEL=") || ka_startswith(root, "/dev/mapper/") ||
	       ka_startswith(root, "/dev/disk/");
}

/* Nothing in the initrd looks for the root: severity, or a warning when the kernel finds it alone. */
static void report_rootless(struct ka_check_context *c, enum ka_severity severity,
			    enum ka_finding_id id, const char *what, const char *remedy)
{
	bool needed = needs_init(c->plan->cmdline);

	ka_report(c->findings, needed ? severity : KA_WARNING, id, main_path(c), remedy,
		  "there is %s in the initrd%s", what,
		  needed ? ", and the kernel alone cannot find the root" : "");
}

static void check_init(struct ka_check_context *c)
{
	static const char *const words[] = {
		[KA_INITRD_INIT_ABSENT] = "no",
		[KA_INITRD_INIT_NO_FILE] = "a folder or device instead of",
		[KA_INITRD_INIT_EMPTY] = "an empty",
		[KA_INITRD_INIT_NOT_EXECUTABLE] = "a not executable",
	};
	enum ka_initrd_init init = c->initrds.init;
	_cleanup_free_ char *what = NULL;

	if (init == KA_INITRD_INIT_GOOD || c->initrds.is_partial)
		return;
	what = ka_format("%s %s", words[init], c->rdinit ? c->rdinit : "/init");
	/* By another name of its folder, a link's, it may be there all the same. */
	report_rootless(c, c->rdinit && init == KA_INITRD_INIT_ABSENT ? KA_WARNING : KA_ERROR,
			KA_ID_INITRD_NO_INIT, what,
			c->rdinit ? "correct rdinit= on the command line"
				  : "rebuild it: update-initramfs -u, dracut -f, mkinitcpio "
				    "-P, …");
}

/* Drivers for another kernel are no drivers. */
static void check_drivers(struct ka_check_context *c)
{
	_cleanup_free_ char *release = ka_image_release(&c->plan->image);
	const struct ka_initrd_summary *s = &c->initrds;

	if (!release || s->n_releases == 0 || s->has_more_releases || s->is_partial)
		return;
	for (size_t i = 0; i < s->n_releases; i++)
		if (ka_streq(s->releases[i], release))
			return;
	ka_report(c->findings, KA_ERROR, KA_ID_INITRD_OTHER_KERNEL, main_path(c),
		  "take the initrd of this kernel",
		  "the initrd has drivers for %s%s, and the kernel is %s: it could load none "
		  "of them",
		  s->releases[0], s->n_releases > 1 ? " and others" : "", release);
}

/* "CONFIG_RD_ZSTD=y" in the kernel's configuration, where that is installed. */
static void check_packing(struct ka_check_context *c, const char *config, const char *path,
			  enum ka_packing packing)
{
	_cleanup_free_ char *wanted = ka_format("CONFIG_RD_%s=y", ka_packing_name(packing));

	for (char *p = wanted + strlen("CONFIG_RD_"); *p != '='; p++)
		*p = ka_upper(*p);
	if (ka_config_has(config, wanted))
		return;
	ka_report(c->findings, KA_ERROR, KA_ID_INITRD_COMPRESSION, path,
		  "pack the initrd in another way",
		  "the initrd is packed by %s, which this kernel cannot unpack (no %s in its "
		  "configuration)",
		  ka_packing_name(packing), wanted);
}

static void check_config(struct ka_check_context *c)
{
	const char *config;

	if (c->initrds.packings == 0)
		return;
	config = ka_config_read(c, KA_KERNEL_NEXT);
	/* A file that says nothing of initrds is no configuration. */
	if (!config || !ka_config_has(config, "CONFIG_BLK_DEV_INITRD=y"))
		return;
	for (enum ka_packing p = KA_PACKING_GZIP; p < _KA_PACKING_MAX; p++)
		if (c->initrds.packings & 1u << p)
			check_packing(c, config, main_path(c), p);
}

static void check_microcode(struct ka_check_context *c)
{
	if (!c->initrds.has_microcode || c->initrds.has_other || c->initrds.is_partial)
		return;
	report_rootless(c, KA_ERROR, KA_ID_INITRD_ONLY_MICROCODE, "only microcode",
			"name the real initrd as well, with --initrd= after this one");
}

static void check_order(struct ka_check_context *c)
{
	if (!c->initrds.has_late_microcode)
		return;
	ka_report(c->findings, KA_INFO, KA_ID_INITRD_LATE_MICROCODE, main_path(c),
		  "put it in front, not compressed",
		  "microcode stands behind or inside a compressed part of the initrd: the "
		  "kernel looks for it in front alone, and keeps what the processor has now");
}

/* Linux 5.12 takes a zero length for the end of lz4's stream; before, what follows was lost. */
static void check_lz4(struct ka_check_context *c)
{
	_cleanup_free_ char *release = ka_image_release(&c->plan->image);
	unsigned int number = ka_release_number(release);

	if (!c->initrds.has_more_after_lz4 || number == 0 || number >= 512)
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_INITRD_LZ4_FOLLOWED, main_path(c),
		  "pack it in another way, or put it last",
		  "something follows a part packed by lz4, which Linux %s does not unpack "
		  "(since 5.12)",
		  release);
}

/* Of dracut and of initramfs-tools' and mkinitcpio's ZFS hooks: "root=ZFS=POOL/SET", "root=zfs:POOL/SET", "zfs=". */
static bool is_root_on_zfs(const char *cmdline)
{
	_cleanup_free_ char *root = NULL, *zfs = NULL;

	if (!cmdline)
		return false;
	if (ka_cmdline_get(cmdline, "root", &root) &&
	    (ka_startswith(root, "ZFS=") || ka_startswith(root, "zfs=") ||
	     ka_startswith(root, "zfs:")))
		return true;
	return ka_cmdline_get(cmdline, "zfs", &zfs);
}

/* An initrd without any driver is for a kernel that has all of them built in. */
static void check_zfs(struct ka_check_context *c)
{
	const char *config;

	if (c->initrds.is_partial || c->initrds.has_zfs || c->initrds.n_releases == 0 ||
	    !is_root_on_zfs(c->plan->cmdline))
		return;
	config = ka_config_read(c, KA_KERNEL_NEXT);
	if (config && ka_config_has(config, "CONFIG_ZFS=y"))
		return;
	ka_report(
		c->findings, KA_ERROR, KA_ID_INITRD_NO_ZFS, main_path(c),
		"build ZFS for this kernel (dkms autoinstall) and the initrd anew",
		"the root is on ZFS, and the initrd has drivers for %s but no zfs.ko: it could not "
		"mount the root",
		c->initrds.releases[0]);
}

void ka_check_initrds(struct ka_check_context *c)
{
	const struct ka_plan *plan = c->plan;

	if (plan->n_initrds == 0)
		return;
	if (plan->cmdline)
		ka_cmdline_get(plan->cmdline, "rdinit", &c->rdinit);
	for (size_t i = 0; i < plan->n_initrds; i++) {
		if (is_packed(plan, i))
			c->initrds.is_partial = true;
		else
			check_initrd(c, &plan->initrds[i], i + 1 == plan->n_initrds);
	}
	check_microcode(c);
	if (c->initrds.has_other || !c->initrds.has_microcode)
		check_init(c);
	check_drivers(c);
	check_zfs(c);
	check_order(c);
	check_lz4(c);
	check_config(c);
}
