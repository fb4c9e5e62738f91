// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Volumes: from the name boot configuration gives one (UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=…,
 * a device node) to the place where it is mounted on this machine.
 *
 * The links of /dev/disk/by-* say which device a name means; they are text, so a captured machine
 * answers too, although its device nodes are not there. On the live machine libblkid is asked
 * where udev left no link.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <blkid/blkid.h>
#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

void ka_ref_done(struct ka_ref *ref)
{
	free(ref->volume);
	free(ref->path);
	*ref = (struct ka_ref){ 0 };
}

static const struct {
	const char *tag;
	const char *folder;
} by_folders[] = {
	{ "UUID=", "/dev/disk/by-uuid" },
	{ "LABEL=", "/dev/disk/by-label" },
	{ "PARTUUID=", "/dev/disk/by-partuuid" },
	{ "PARTLABEL=", "/dev/disk/by-partlabel" },
};

/*
 * udev writes bytes that do not belong into a file name as \xNN; libblkid has the rule. Its encoder
 * writes one byte behind a buffer that is just used up, so there is room to spare.
 */
static int link_path(const char *folder, const char *value, char **ret)
{
	char encoded[4 * NAME_MAX + 8];

	/* Longer than a file's name: no link is called so. */
	if (strlen(value) > NAME_MAX)
		return -ENOENT;
	if (blkid_encode_string(value, encoded, sizeof(encoded)) != 0)
		return -EINVAL;
	*ret = ka_format("%s/%s", folder, encoded);
	return *ret ? 0 : -ENOMEM;
}

/* The node a tag's link leads to, such as /dev/vda2. 1 found, 0 no such link. */
static int node_by_link(struct ka_host *host, const char *folder, const char *value, char **ret)
{
	_cleanup_free_ char *path = NULL, *target = NULL;
	int r;

	r = link_path(folder, value, &path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = ka_host_readlink(host, path, &target);
	if (r < 0) {
		if (r != -ENOENT)
			return r;
		return ka_host_seems_there(host, folder) || host->live ? 0 : -ENODATA;
	}
	r = ka_host_canonical(host, path, ret);
	return r < 0 ? r : 1;
}

/* The live machine without udev's link: ask libblkid, which probes the devices. */
static int node_by_probe(struct ka_host *host, const char *volume, char **ret)
{
	_cleanup_free_ char *node = NULL;

	if (!host->live)
		return 0;
	node = blkid_evaluate_tag(volume, NULL, NULL);
	if (!node)
		return 0;
	*ret = TAKE_PTR(node);
	return 1;
}

static int node_by_name(struct ka_host *host, const char *name, char **ret)
{
	_cleanup_free_ char *node = NULL;
	int r;

	r = ka_host_canonical(host, name, &node);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	/* A captured machine holds no device nodes: there the name alone has to do. */
	if (r == 0 && host->live)
		return 0;
	*ret = TAKE_PTR(node);
	return 1;
}

/* 1 and the canonical device node, 0 when no such volume is attached, -ENODATA when a captured
 * machine does not say. */
static int look_for_node(struct ka_host *host, const char *volume, char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_folders); i++) {
		const char *value = ka_startswith(volume, by_folders[i].tag);
		int r;

		if (!value)
			continue;
		r = node_by_link(host, by_folders[i].folder, value, ret);
		return r != 0 ? r : node_by_probe(host, volume, ret);
	}
	return *volume == '/' ? node_by_name(host, volume, ret) : -EINVAL;
}

void ka_volumes_done(struct ka_host *host)
{
	for (size_t i = 0; i < host->n_known; i++) {
		free(host->known[i].volume);
		free(host->known[i].node);
	}
	host->n_known = 0;
	for (size_t i = 0; i < host->n_devnos; i++)
		free(host->devnos[i].node);
	host->n_devnos = 0;
}

static int find_node(struct ka_host *host, const char *volume, char **ret)
{
	char *name, *node;
	int r;

	for (size_t i = 0; i < host->n_known; i++)
		if (ka_streq(host->known[i].volume, volume)) {
			*ret = strdup(host->known[i].node);
			return *ret ? 1 : -ENOMEM;
		}
	r = look_for_node(host, volume, ret);
	if (r <= 0 || host->n_known == KA_KNOWN_VOLUMES)
		return r;
	name = strdup(volume);
	node = strdup(*ret);
	if (!name || !node) {
		free(name);
		free(node);
		return r; /* it is found; only not remembered */
	}
	host->known[host->n_known].volume = name;
	host->known[host->n_known].node = node;
	host->n_known++;
	return r;
}

int ka_host_has_volume(struct ka_host *host, const char *volume)
{
	_cleanup_free_ char *node = NULL;

	return find_node(host, volume, &node);
}

/* "254:1", as sysfs and udev write a device number. */
int ka_parse_devno(const char *text, dev_t *ret)
{
	_cleanup_free_ char *copy = ka_strdup(text);
	char *colon = strchr(copy, ':');
	uint64_t major, minor;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (ka_parse_u64(copy, UINT32_MAX, &major) < 0 ||
	    ka_parse_u64(colon + 1, UINT32_MAX, &minor) < 0)
		return -EINVAL;
	*ret = makedev((unsigned int)major, (unsigned int)minor);
	return 0;
}

/* sysfs cannot have a slash in a name, and writes '!' for it. */
static void replace_byte(char *text, char from, char to)
{
	for (; (text = strchr(text, from)); text++)
		*text = to;
}

static dev_t read_devno(struct ka_host *host, const char *node)
{
	_cleanup_free_ char *path = NULL, *name = NULL, *text = NULL;
	const char *below = ka_startswith(node, "/dev/");
	dev_t devno;
	struct stat st;

	if (ka_host_stat(host, node, &st) > 0 && S_ISBLK(st.st_mode))
		return st.st_rdev;
	if (!below)
		return 0;
	name = ka_strdup(below);
	replace_byte(name, '/', '!');
	path = ka_format("/sys/class/block/%s/dev", name);
	if (ka_host_read_line(host, path, &text, NULL) < 0 || ka_parse_devno(text, &devno) < 0)
		return 0;
	return devno;
}

dev_t ka_volumes_devno(struct ka_host *host, const char *node)
{
	dev_t devno;
	char *name;

	for (size_t i = 0; i < host->n_devnos; i++)
		if (ka_streq(host->devnos[i].node, node))
			return host->devnos[i].devno;
	devno = read_devno(host, node);
	name = host->n_devnos < KA_KNOWN_VOLUMES ? strdup(node) : NULL;
	if (name) {
		host->devnos[host->n_devnos].node = name;
		host->devnos[host->n_devnos++].devno = devno;
	}
	return devno;
}

int ka_volumes_node_of(struct ka_host *host, dev_t devno, char **ret)
{
	_cleanup_free_ char *link = ka_format("/sys/dev/block/%u:%u", major(devno), minor(devno));
	_cleanup_free_ char *target = NULL;
	_cleanup_strv_ char **names = NULL;

	if (major(devno) == 0)
		return 0;
	if (ka_host_canonical(host, link, &target) > 0) {
		*ret = ka_format("/dev/%s", strrchr(target, '/') + 1);
		replace_byte(*ret, '!', '/');
		return 1;
	}
	/* A captured machine has the names with their numbers. */
	if (ka_host_list(host, "/sys/class/block", &names, NULL) < 0)
		return 0;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *node = ka_format("/dev/%s", *p);

		replace_byte(node, '!', '/');
		if (ka_volumes_devno(host, node) != devno)
			continue;
		*ret = TAKE_PTR(node);
		return 1;
	}
	return 0;
}

int ka_host_volume_node(struct ka_host *host, const char *volume, char **ret)
{
	return find_node(host, volume, ret);
}

bool ka_host_same_volume(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return find_node(host, a, &x) > 0 && find_node(host, b, &y) > 0 && ka_streq(x, y);
}

/* udev's \xNN back into bytes. */
static void decode(char *name)
{
	char *out = name;

	for (; *name; name++) {
		unsigned int byte = 0;

		if (name[0] == '\\' && name[1] == 'x' && ka_is_xdigit(name[2]) &&
		    ka_is_xdigit(name[3])) {
			for (int i = 2; i < 4; i++)
				byte = byte << 4 |
				       (unsigned int)(ka_is_digit(name[i])
							      ? name[i] - '0'
							      : (name[i] | 0x20) - 'a' + 10);
			*out++ = (char)byte;
			name += 3;
		} else {
			*out++ = *name;
		}
	}
	*out = '\0';
}

int ka_host_volume_name(struct ka_host *host, const char *volume, const char *tag, char **ret)
{
	_cleanup_free_ char *node = NULL;
	_cleanup_strv_ char **names = NULL;
	const char *folder = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(by_folders); i++)
		if (ka_startswith(by_folders[i].tag, tag) &&
		    ka_streq(by_folders[i].tag + strlen(tag), "="))
			folder = by_folders[i].folder;
	if (!folder)
		return -EINVAL;
	r = find_node(host, volume, &node);
	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	if (ka_host_list(host, folder, &names, NULL) < 0)
		return 0;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p), *other = NULL;

		if (!path)
			return -ENOMEM;
		if (ka_host_canonical(host, path, &other) < 0 || !ka_streq(other, node))
			continue;
		*ret = strdup(*p);
		if (!*ret)
			return -ENOMEM;
		decode(*ret);
		return 1;
	}
	return 0;
}
