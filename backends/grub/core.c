// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB from its program on (kern/main.c): the prefix that is built in, the configuration that is embedded, and
 * then $prefix/grub.cfg, unless the embedded one led to a menu.
 */

#include "entries.h"
#include "pass.h"
#include "run/commands.h"
#include "run/interp.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

void grub_set_exported(struct grub *g, const char *name, const char *value)
{
	grub_set(g, name, value);
	grub_export(g, name);
}

void grub_set_features(struct grub *g, const struct grub_config *config)
{
	static const char *const features[] = {
		"chainloader_bpb",  "ntldr",	     "platform_search_hint", "default_font_path",
		"all_video_module", "menuentry_id",  "menuentry_options",    "200_final",
		"nativedisk_cmd",   "timeout_style",
	};

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		char name[64];

		snprintf(name, sizeof(name), "feature_%s", features[i]);
		grub_set_exported(g, name, "y");
	}
	/* Since 2.14, and in Fedora from 43 on. */
	if (g->dialect->status_decides || g->dialect->bls == GRUB_BLS_UPSTREAM)
		grub_set_exported(g, "feature_search_cryptodisk_only", "y");
	grub_set_exported(g, "grub_platform", config->target.platform);
	grub_set_exported(g, "grub_cpu", config->target.cpu);
	grub_set(g, "?", "0"); /* left by what ran before the file */
}

/* --- grub_set_prefix_and_root() */

/* "/dev/sda1" of a disk is "/dev/sda2" for partition 2; NULL: it is no partition. */
static char *neighbour(const char *node, const char *number)
{
	size_t n = strlen(node);

	while (n > 0 && ka_is_digit(node[n - 1]))
		n--;
	if (n == 0 || !node[n] || !*number || ka_startswith(node, "/dev/dm-") ||
	    ka_startswith(node, "/dev/md"))
		return NULL;
	return ka_format("%.*s%s", (int)n, node, number);
}

/* ",gpt2": that partition of the disk that the program is on. */
static const char *add_neighbour(struct grub *g, const struct grub_device *own, const char *part)
{
	_cleanup_free_ char *node = NULL, *volume = NULL, *name = NULL;
	const char *number = part;

	name = ka_format("%.*s%s", (int)strcspn(own->name, ","), own->name, part);
	while (*number && !ka_is_digit(*number))
		number++;
	if (ka_host_volume_node(g->host, own->volume, &node) > 0)
		volume = neighbour(node, number);
	return grub_device_add(g, name, volume)->name;
}

/* Names of ours are not the firmware's, where that has several disks. */
static const char *prefix_device(struct grub *g, const struct grub_device *own, const char *device)
{
	const struct grub_device *known;

	if (!*device)
		return own->name;
	if (*device == ',')
		return add_neighbour(g, own, device);
	known = grub_device_by_name(g, device, strlen(device));
	if (known && known->invented && !grub_has_one_disk(g))
		return grub_device_add(g, device, NULL)->name;
	return known ? known->name : NULL;
}

static void set_prefix(struct grub *g, const struct grub_device *own, const char *prefix,
		       const char *folder)
{
	const char *end = prefix && *prefix == '(' ? strrchr(prefix, ')') : NULL;
	_cleanup_free_ char *device = end ? ka_strndup(prefix + 1, (size_t)(end - prefix - 1))
					  : ka_strdup("");
	const char *path = end ? end + 1 : prefix, *name = prefix_device(g, own, device);
	_cleanup_free_ char *value = NULL;

	if (!path || !*path)
		path = folder;
	value = ka_format("(%s)%s", name ? name : device, path);
	grub_set_exported(g, "prefix", value);
	grub_set_exported(g, "root", name ? name : device);
}

static void set_start(struct grub *g, const struct ka_chain *chain)
{
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	_cleanup_free_ char *folder = NULL, *cmdpath = NULL;
	const struct grub_device *own;
	const char *slash;

	if (ka_host_reference(g->host, chain->path, &ref) < 0) {
		/* Mounts unknown: everything on one file system. */
		ref.volume = ka_strdup("");
		ref.path = ka_strdup(chain->path);
	}
	own = grub_device_guess(g, ref.volume);
	if (*ref.volume) {
		g->core_volume = own->volume;
		g->core_root = chain->partition;
	}
	slash = strrchr(ref.path, '/');
	folder = ka_strndup(ref.path, slash ? (size_t)(slash - ref.path) : 0);
	cmdpath = ka_format("(%s)%s", own->name, folder);
	grub_set_exported(g, "cmdpath", cmdpath);
	/* Red Hat's looks there first. */
	if (g->dialect->bls != GRUB_BLS_NONE && g->dialect->bls != GRUB_BLS_UPSTREAM)
		grub_set(g, "fw_path", cmdpath);
	set_prefix(g, own, chain->program.prefix, folder);
}

/* --- grub_main() */

/* grub_try_normal() of Red Hat's normal/main.c. False: there is no such file. */
static bool try_folder(struct grub *g, const char *variable)
{
	const char *folder = grub_get(g, variable);
	_cleanup_free_ char *path = NULL, *host_path = NULL;
	char *argv[] = { (char *)"normal", NULL, NULL };

	if (!folder)
		return false;
	argv[1] = path = ka_format("%s/grub.cfg", folder);
	if (grub_locate(g, path, &host_path) <= 0)
		return false;
	grub_do_normal(g, argv, 2);
	return true;
}

/* SUSE's normal/main.c: no grub.cfg is read then. By whose rules else is not known. */
static bool show_entries(struct grub *g, const char *path)
{
	const char *value = grub_get(g, "enable_blscfg");

	if (!value || !(ka_streq(value, "1") || ka_streq(value, "y") || ka_streq(value, "yes")))
		return false;
	if (g->dialect->has_subvolumes && g->dialect->bls == GRUB_BLS_UPSTREAM) {
		g->entries.shown = true;
		grub_show_entries(g, path);
		return true;
	}
	if (!g->unread)
		g->unread = grub_entries_alone(path);
	g->stopped = true;
	return true;
}

void grub_run_core(struct grub *g, const struct grub_config *config)
{
	const struct ka_program *program = &config->core->program;
	char *argv[] = { (char *)"normal", NULL };

	g->is_core = true;
	g->memdisk = config->memdisk;
	g->memdisk_error = config->memdisk_error;
	g->core_modules = program->modules;
	set_start(g, config->core);
	grub_set_features(g, config);
	if (program->config)
		grub_run_embedded(g, program->config, config->core->path);
	if (!g->stopped && !g->error && !show_entries(g, config->core->path) &&
	    !try_folder(g, "fw_path"))
		grub_do_normal(g, argv, 1);
	g->is_core = false;
}
