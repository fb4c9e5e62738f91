// SPDX-License-Identifier: GPL-2.0-or-later
/* Where Debian's links are and lead to: kernel-img.conf(5), linux-update-symlinks(1). */

#include "debian.h"

#include <kexec-any/memory.h>
#include <kexec-any/osrelease.h>
#include <kexec-any/text.h>

#include <errno.h>

#define CONFIG_LIMIT 65536

static void link_done(struct debian_link *link)
{
	free(link->path);
	free(link->target);
}

static void link_config_done(struct debian_link_config *config)
{
	free(config->dest);
}

static bool parse_yes(const char *value)
{
	return ka_casecmp(value, "no") != 0 && ka_casecmp(value, "false") != 0 &&
	       !ka_streq(value, "0");
}

/* kernel-img.conf(5): NAME = VALUE, '#' comments, names case-insensitive. */
static void parse_link_config(char *text, struct debian_link_config *config)
{
	char *line;

	while ((line = ka_next_line(&text))) {
		char *value, *name;

		line[strcspn(line, "#")] = '\0';
		value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		name = ka_strip(line);
		value = ka_strip(value);

		if (ka_casecmp(name, "link_in_boot") == 0) {
			config->in_boot = parse_yes(value);
		} else if (ka_casecmp(name, "do_symlinks") == 0) {
			config->wanted = parse_yes(value);
		} else if (ka_casecmp(name, "image_dest") == 0 && *value == '/') {
			size_t n = strlen(value);

			while (n > 0 && value[n - 1] == '/')
				value[--n] = '\0';
			free(config->dest);
			config->dest = ka_strdup(value);
		}
	}
}

/* What decides cannot be read (r); the first such file stays. */
static void note_unread(struct debian_layout *layout, const char *path, int r)
{
	const char *remedy = ka_unread_remedy(r);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR && !layout->unread)
		layout->unread = ka_format("'%s' cannot be read: %s%s%s", path, strerror(-r),
					   remedy ? "; " : "", remedy ? remedy : "");
}

static void read_link_config(struct ka_host *host, struct debian_layout *layout)
{
	static const char path[] = "/etc/kernel-img.conf";
	struct debian_link_config *config = &layout->config;
	_cleanup_free_ char *text = NULL;
	int r;

	config->wanted = true;
	r = ka_host_read(host, path, CONFIG_LIMIT, &text, NULL, NULL);
	note_unread(layout, path, r);
	if (r < 0)
		return;
	config->present = true;
	parse_link_config(text, config);
}

/* A link (or a plain file of that name, as some systems have it). One that dangles is kept with
 * the path it leads to: it still says what is wanted. */
static void resolve_link(struct ka_host *host, const char *dir, const char *name,
			 struct debian_layout *layout, struct debian_link *link)
{
	_cleanup_free_ char *text = NULL;
	int r;

	*link = (struct debian_link){ .path = ka_format("%s/%s", dir, name) };
	r = ka_host_canonical(host, link->path, &link->target);
	if (r == 1)
		return;
	if (r == 0) {
		if (ka_streq(link->target, link->path)) {
			free(link->target);
			link->target = NULL;
		}
		return;
	}

	/* Not even the folder it leads to is there, or it runs in a circle: its own text, then. */
	r = ka_host_readlink(host, link->path, &text);
	note_unread(layout, link->path, r);
	if (r == 0)
		link->target = *text == '/' ? TAKE_PTR(text) : ka_format("%s/%s", dir, text);
}

/*
 * The folders that may hold the links, the one in use first. kernel-img.conf decides; without it
 * linux-base takes / (Debian) or /boot (Ubuntu's build of it).
 */
static void link_folders(struct ka_host *host, struct debian_layout *layout, const char **ret)
{
	const struct debian_link_config *config = &layout->config;
	_cleanup_(ka_os_release_done) struct ka_os_release os = { NULL };
	bool boot_first;

	if (config->present && (config->in_boot || config->dest)) {
		boot_first = config->in_boot || ka_streq(config->dest, "/boot");
	} else {
		note_unread(layout, "/etc/os-release", ka_host_os_release(host, &os));
		boot_first = ka_os_release_is_like(&os, "ubuntu");
	}
	ret[0] = boot_first ? "/boot" : config->dest && *config->dest ? config->dest : "";
	ret[1] = boot_first ? "" : "/boot";
}

void debian_layout_done(struct debian_layout *layout)
{
	link_config_done(&layout->config);
	link_done(&layout->kernel);
	link_done(&layout->kernel_old);
	link_done(&layout->initrd);
	link_done(&layout->second);
	ka_strv_free(layout->names);
	free(layout->unread);
}

static void find_links_in(struct ka_host *host, const char *dir, struct debian_layout *layout)
{
	static const char *const stems[] = { "vmlinuz", "vmlinux" };

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		_cleanup_free_ char *old = ka_format("%s.old", stems[i]);

		link_done(&layout->kernel);
		link_done(&layout->kernel_old);
		resolve_link(host, dir, stems[i], layout, &layout->kernel);
		resolve_link(host, dir, old, layout, &layout->kernel_old);
		if (layout->kernel.target)
			break;
	}
	link_done(&layout->initrd);
	resolve_link(host, dir, "initrd.img", layout, &layout->initrd);
}

int debian_layout_read(struct ka_host *host, struct debian_layout *layout)
{
	const char *folders[2] = { NULL };
	int r;

	read_link_config(host, layout);
	link_folders(host, layout, folders);
	find_links_in(host, folders[0], layout);
	if (layout->kernel.target)
		resolve_link(host, folders[1], "vmlinuz", layout, &layout->second);
	else
		find_links_in(host, folders[1], layout);

	r = ka_host_list(host, "/boot", &layout->names, NULL);
	if (r == -E2BIG)
		return r;
	note_unread(layout, "/boot", r);
	return 0;
}
