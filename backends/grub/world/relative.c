// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SUSE's GRUB on btrfs starts at the default subvolume when its core was made so. grub-install and
 * grub-mkconfig write that into what they make by the same setting (SUSE_BTRFS_SNAPSHOT_BOOTING): the core's
 * own small configuration, of which grub-install leaves a copy beside the modules, and grub.cfg.
 */

#include "world/config.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define CONFIG_LIMIT (4u << 20)

static bool sets_relative(struct ka_host *host, const char *path)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read(host, path, CONFIG_LIMIT, &text, NULL, NULL) < 0)
		return false;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		const char *value;

		line += strspn(line, " \t");
		value = ka_startswith(line, "set ");
		value = ka_startswith(value ? value : line, "btrfs_relative_path=");
		if (!value)
			continue;
		value += *value == '"' || *value == '\'';
		if (*value == 'y' || *value == '1')
			return true;
	}
	return false;
}

/* "/boot/grub2/i386-pc/load.cfg" */
static bool core_sets_relative(struct ka_host *host, const char *config)
{
	_cleanup_free_ char *folder = ka_strndup(config, (size_t)(strrchr(config, '/') - config));
	_cleanup_strv_ char **names = NULL;
	bool found = false;

	if (ka_host_list(host, folder, &names, NULL) < 0)
		return false;
	for (char **p = names; *p && !found; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s/load.cfg", folder, *p);

		found = ka_host_seems_there(host, path) && sets_relative(host, path);
	}
	return found;
}

void grub_config_find_relative(struct ka_host *host, struct grub_config *config)
{
	_cleanup_(ka_ref_done) struct ka_ref root = { NULL, NULL }, ref = { NULL, NULL };
	const char *rest;

	if (!sets_relative(host, config->main) && !core_sets_relative(host, config->main))
		return;
	/* Another volume holds it, or mounts are not known. */
	if (ka_host_reference(host, config->main, &ref) < 0 ||
	    ka_host_reference(host, "/", &root) < 0 || !ka_streq(root.volume, ref.volume))
		return;
	rest = ka_startswith(ref.path, root.path);
	/* The path of the root ends in a slash. */
	if (rest && *root.path && rest > ref.path)
		config->relative = ka_format("/%s", rest);
	else if (!config->doubt)
		config->doubt = ka_format("%s lies in a subvolume of its own, and where GRUB finds "
					  "it from the default one is not known",
					  config->main);
}
