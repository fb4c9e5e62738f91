// SPDX-License-Identifier: GPL-2.0-or-later
/* Where Debian's links are and lead to: kernel-img.conf(5), linux-update-symlinks(1). */

#include "debian.h"

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
	return strcasecmp(value, "no") != 0 && strcasecmp(value, "false") != 0 &&
	       !ka_streq(value, "0");
}

/* kernel-img.conf(5): NAME = VALUE, '#' comments, names case-insensitive. */
static int parse_link_config(char *text, struct debian_link_config *config)
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

		if (strcasecmp(name, "link_in_boot") == 0) {
			config->in_boot = parse_yes(value);
		} else if (strcasecmp(name, "do_symlinks") == 0) {
			config->wanted = parse_yes(value);
		} else if (strcasecmp(name, "image_dest") == 0 && *value == '/') {
			size_t n = strlen(value);

			while (n > 0 && value[n - 1] == '/')
				value[--n] = '\0';
			free(config->dest);
			config->dest = strdup(value);
			if (!config->dest)
				return -ENOMEM;
		}
	}
	return 0;
}

static int read_link_config(struct ka_host *host, struct debian_link_config *config)
{
	_cleanup_free_ char *text = NULL;
	int r;

	config->wanted = true;
	r = ka_host_read(host, "/etc/kernel-img.conf", CONFIG_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	config->present = true;
	return parse_link_config(text, config);
}

int debian_os_release(struct ka_host *host, const char *key, char **ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_host_read(host, "/etc/os-release", CONFIG_LIMIT, &text, NULL, NULL);
	if (r < 0)
		r = ka_host_read(host, "/usr/lib/os-release", CONFIG_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;

	for (cursor = text; (line = ka_next_line(&cursor));) {
		const char *value = ka_startswith(line, key);
		size_t n;

		if (!value || *value++ != '=')
			continue;
		if (*value == '"' || *value == '\'')
			value++;
		n = strlen(value);
		if (n > 0 && (value[n - 1] == '"' || value[n - 1] == '\''))
			n--;
		*ret = strndup(value, n);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

/* A link (or a plain file of that name, as some systems have it). One that dangles is kept with
 * the path it leads to: it still says what is wanted. */
static int resolve_link(struct ka_host *host, const char *dir, const char *name,
			struct debian_link *link)
{
	_cleanup_free_ char *text = NULL;
	int r;

	link->path = ka_format("%s/%s", dir, name);
	if (!link->path)
		return -ENOMEM;
	r = ka_host_canonical(host, link->path, &link->target);
	if (r == 1 || r == -ENOMEM)
		return r < 0 ? r : 0;
	if (r == 0) {
		if (ka_streq(link->target, link->path)) {
			free(link->target);
			link->target = NULL;
		}
		return 0;
	}

	/* Not even the folder it leads to is there, or it runs in a circle: its own text, then. */
	r = ka_host_readlink(host, link->path, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	link->target = *text == '/' ? TAKE_PTR(text) : ka_format("%s/%s", dir, text);
	return link->target ? 0 : -ENOMEM;
}

/*
 * The folders that may hold the links, the one in use first. kernel-img.conf decides; without it
 * linux-base takes / (Debian) or /boot (Ubuntu's build of it).
 */
static int link_folders(struct ka_host *host, const struct debian_link_config *config,
			const char **ret)
{
	_cleanup_free_ char *id = NULL, *like = NULL;
	bool boot_first;

	if (config->present && (config->in_boot || config->dest)) {
		boot_first = config->in_boot || ka_streq(config->dest, "/boot");
	} else {
		if (debian_os_release(host, "ID", &id) < 0 ||
		    debian_os_release(host, "ID_LIKE", &like) < 0)
			return -ENOMEM;
		boot_first = (id && ka_streq(id, "ubuntu")) || (like && strstr(like, "ubuntu"));
	}
	ret[0] = boot_first ? "/boot" : config->dest && *config->dest ? config->dest : "";
	ret[1] = boot_first ? "" : "/boot";
	return 0;
}

void debian_layout_done(struct debian_layout *layout)
{
	link_config_done(&layout->config);
	link_done(&layout->kernel);
	link_done(&layout->kernel_old);
	link_done(&layout->initrd);
	link_done(&layout->second);
	ka_strv_free(layout->names);
}

static int find_links_in(struct ka_host *host, const char *dir, struct debian_layout *layout)
{
	static const char *const stems[] = { "vmlinuz", "vmlinux" };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		_cleanup_free_ char *old = ka_format("%s.old", stems[i]);

		if (!old)
			return -ENOMEM;
		link_done(&layout->kernel);
		link_done(&layout->kernel_old);
		layout->kernel = layout->kernel_old = (struct debian_link){ 0 };
		r = resolve_link(host, dir, stems[i], &layout->kernel);
		if (r == 0)
			r = resolve_link(host, dir, old, &layout->kernel_old);
		if (r < 0 || layout->kernel.target)
			break;
	}
	if (r < 0)
		return r;
	link_done(&layout->initrd);
	layout->initrd = (struct debian_link){ 0 };
	return resolve_link(host, dir, "initrd.img", &layout->initrd);
}

int debian_layout_read(struct ka_host *host, struct debian_layout *layout)
{
	const char *folders[2] = { NULL };
	int r;

	r = read_link_config(host, &layout->config);
	if (r == 0)
		r = link_folders(host, &layout->config, folders);
	if (r == 0)
		r = find_links_in(host, folders[0], layout);
	if (r < 0)
		return r;
	if (layout->kernel.target)
		r = resolve_link(host, folders[1], "vmlinuz", &layout->second);
	else
		r = find_links_in(host, folders[1], layout);
	if (r < 0)
		return r;

	r = ka_host_list(host, "/boot", &layout->names, NULL);
	if (r == -ENOMEM || r == -E2BIG)
		return r;
	return 0;
}
