// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the initrds: each by itself, then what they are together, for this kernel. */

#include "checks/checks.h"
#include "checks/config.h"
#include "unpack/unpack.h"

#include <kexec-any/text.h>

#include <ctype.h>
#include <errno.h>

/* For findings about what they are together: the last one, as microcode comes first. */
static const char *main_path(const struct ka_check_context *c)
{
	return c->plan->initrds[c->plan->n_initrds - 1].path;
}

static int check_initrd(struct ka_check_context *c, const struct ka_plan_file *file, bool is_last)
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
		.is_last = is_last,
	};
	int r;

	if (file->fd < 0) {
		c->initrds.is_partial = true;
		return 0; /* reported when it could not be opened */
	}
	r = ka_initrd_inspect(&reader, &context, &c->initrds, c->findings);
	if (r < 0 && r != -ENOMEM)
		r = ka_report(c->findings, KA_ERROR, "file-unreadable", file->path, NULL,
			      "initrd: cannot read it: %s", strerror(-r));
	return r;
}

/* Packed by the loader into an archive: what the file itself holds is nobody's business here. */
static bool is_packed(const struct ka_plan *plan, size_t index)
{
	return plan->initrds[index].continued || (index > 0 && plan->initrds[index - 1].continued);
}

/* Can the kernel alone find that root? It knows device names and PARTUUID= (init/do_mounts.c). */
static int needs_init(const char *cmdline, bool *ret)
{
	_cleanup_free_ char *root = NULL;
	int r;

	*ret = false;
	if (!cmdline)
		return 0;
	r = ka_cmdline_get(cmdline, "root", &root);
	if (r < 0)
		return r;
	*ret = !root || ka_startswith(root, "UUID=") || ka_startswith(root, "LABEL=") ||
	       ka_startswith(root, "/dev/mapper/") || ka_startswith(root, "/dev/disk/");
	return 0;
}

/* Nothing in the initrd looks for the root: severity, or a warning when the kernel finds it alone. */
static int report_rootless(struct ka_check_context *c, enum ka_severity severity, const char *id,
			   const char *what, const char *remedy)
{
	bool needed;
	int r = needs_init(c->plan->cmdline, &needed);

	if (r < 0)
		return r;
	return ka_report(c->findings, needed ? severity : KA_WARNING, id, main_path(c), remedy,
			 "there is %s in the initrd%s", what,
			 needed ? ", and the kernel alone cannot find the root" : "");
}

static int check_init(struct ka_check_context *c)
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
		return 0;
	what = ka_format("%s %s", words[init], c->rdinit ? c->rdinit : "/init");
	if (!what)
		return -ENOMEM;
	/* By another name of its folder, a link's, it may be there all the same. */
	return report_rootless(c,
			       c->rdinit && init == KA_INITRD_INIT_ABSENT ? KA_WARNING : KA_ERROR,
			       "initrd-no-init", what,
			       c->rdinit ? "correct rdinit= on the command line"
					 : "rebuild it: update-initramfs -u, dracut -f, mkinitcpio "
					   "-P, …");
}

/* Drivers for another kernel are no drivers. */
static int check_drivers(struct ka_check_context *c)
{
	_cleanup_free_ char *release = ka_image_release(&c->plan->image);
	const struct ka_initrd_summary *s = &c->initrds;

	if (!release || s->n_releases == 0 || s->has_more_releases || s->is_partial)
		return 0;
	for (size_t i = 0; i < s->n_releases; i++)
		if (ka_streq(s->releases[i], release))
			return 0;
	return ka_report(
		c->findings, KA_ERROR, "initrd-other-kernel", main_path(c),
		"take the initrd of this kernel",
		"the initrd has drivers for %s%s, and the kernel is %s: it could load none "
		"of them",
		s->releases[0], s->n_releases > 1 ? " and others" : "", release);
}

/* "CONFIG_RD_ZSTD=y" in the kernel's configuration, where that is installed. */
static int check_packing(struct ka_check_context *c, const char *config, const char *path,
			 enum ka_packing packing)
{
	_cleanup_free_ char *wanted = ka_format("CONFIG_RD_%s=y", ka_packing_name(packing));

	if (!wanted)
		return -ENOMEM;
	for (char *p = wanted + strlen("CONFIG_RD_"); *p != '='; p++)
		*p = (char)toupper((unsigned char)*p);
	if (ka_config_has(config, wanted))
		return 0;
	return ka_report(
		c->findings, KA_ERROR, "initrd-compression", path, "pack the initrd in another way",
		"the initrd is packed by %s, which this kernel cannot unpack (no %s in its "
		"configuration)",
		ka_packing_name(packing), wanted);
}

static int check_config(struct ka_check_context *c)
{
	const char *config;
	int r;

	if (c->initrds.packings == 0)
		return 0;
	r = ka_config_read(c, KA_KERNEL_NEXT, &config);
	/* A file that says nothing of initrds is no configuration. */
	if (r <= 0 || !ka_config_has(config, "CONFIG_BLK_DEV_INITRD=y"))
		return r;
	r = 0;
	for (enum ka_packing p = KA_PACKING_GZIP; p < _KA_PACKING_MAX && r == 0; p++)
		if (c->initrds.packings & 1u << p)
			r = check_packing(c, config, main_path(c), p);
	return r;
}

static int check_microcode(struct ka_check_context *c)
{
	if (!c->initrds.has_microcode || c->initrds.has_other || c->initrds.is_partial)
		return 0;
	return report_rootless(c, KA_ERROR, "initrd-only-microcode", "only microcode",
			       "name the real initrd as well, with --initrd= after this one");
}

static int check_order(struct ka_check_context *c)
{
	if (!c->initrds.has_late_microcode)
		return 0;
	return ka_report(
		c->findings, KA_INFO, "initrd-late-microcode", main_path(c),
		"put it in front, not compressed",
		"microcode stands behind or inside a compressed part of the initrd: the "
		"kernel looks for it in front alone, and keeps what the processor has now");
}

/* Linux 5.12 takes a zero length for the end of lz4's stream; before, what follows was lost. */
static int check_lz4(struct ka_check_context *c)
{
	_cleanup_free_ char *release = ka_image_release(&c->plan->image);
	unsigned int number = ka_release_number(release);

	if (!c->initrds.has_more_after_lz4 || number == 0 || number >= 512)
		return 0;
	return ka_report(c->findings, KA_WARNING, "initrd-lz4-followed", main_path(c),
			 "pack it in another way, or put it last",
			 "something follows a part packed by lz4, which Linux %s does not unpack "
			 "(since 5.12)",
			 release);
}

int ka_check_initrds(struct ka_check_context *c)
{
	const struct ka_plan *plan = c->plan;
	int r = 0;

	if (plan->n_initrds == 0)
		return 0;
	r = plan->cmdline ? ka_cmdline_get(plan->cmdline, "rdinit", &c->rdinit) : 0;
	if (r < 0)
		return r;
	r = 0;
	for (size_t i = 0; i < plan->n_initrds && r == 0; i++) {
		if (is_packed(plan, i))
			c->initrds.is_partial = true;
		else
			r = check_initrd(c, &plan->initrds[i], i + 1 == plan->n_initrds);
	}
	if (r == 0)
		r = check_microcode(c);
	if (r == 0 && (c->initrds.has_other || !c->initrds.has_microcode))
		r = check_init(c);
	if (r == 0)
		r = check_drivers(c);
	if (r == 0)
		r = check_order(c);
	if (r == 0)
		r = check_lz4(c);
	return r == 0 ? check_config(c) : r;
}
