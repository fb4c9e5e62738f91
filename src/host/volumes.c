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
 * writes one byte behind a buffer that is just used up, so there is room to spare. NULL: no link can
 * be called so.
 */
static char *link_path(const char *folder, const char *value)
{
	char encoded[4 * NAME_MAX + 8];

	if (strlen(value) > NAME_MAX || blkid_encode_string(value, encoded, sizeof(encoded)) != 0)
		return NULL;
	return ka_format("%s/%s", folder, encoded);
}

/*
 * Without udev's directory nobody knows on a captured machine, and on the live one libblkid must read
 * the devices. 0: the directory is there, or libblkid may; else -ENODATA, -EACCES, …
 */
static int without_links(struct ka_host *host, const char *folder)
{
	int r = ka_host_exists(host, folder, NULL);

	if (r != 0)
		return r < 0 ? r : 0;
	if (host->live)
		return geteuid() == 0 ? 0 : -EACCES;
	return -ENODATA;
}

/* The node a tag's link leads to, such as /dev/vda2. 1 found, 0 no such link. */
static int node_by_link(struct ka_host *host, const char *folder, const char *value, char **ret)
{
	_cleanup_free_ char *path = link_path(folder, value), *target = NULL;
	int r;

	if (!path)
		return 0;
	r = ka_host_readlink(host, path, &target);
	if (r == -ENOENT)
		return without_links(host, folder);
	if (r >= 0)
		r = ka_host_canonical(host, path, ret);
	return r < 0 ? r : 1;
}

/*
 * The live machine without udev's link: ask libblkid, which probes the devices. What it finds it keeps
 * in a file by default; looking must write nothing, and with /dev/null for a file it does not.
 */
static int node_by_probe(struct ka_host *host, const char *volume, char **ret)
{
	if (!host->live)
		return 0;
	if (!host->blkid && blkid_get_cache(&host->blkid, "/dev/null") < 0)
		return -EIO;
	*ret = blkid_evaluate_tag(volume, NULL, &host->blkid);
	return *ret != NULL;
}

static int node_by_name(struct ka_host *host, const char *name, char **ret)
{
	_cleanup_free_ char *node = NULL;
	int r;

	r = ka_host_canonical(host, name, &node);
	/* Without its folder (/dev/disk/by-id) a captured machine says nothing of it. */
	if (r == -ENOENT || r == -ENOTDIR)
		return host->live ? 0 : -ENODATA;
	if (r < 0)
		return r;
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
	if (host->blkid)
		blkid_put_cache(host->blkid);
	host->blkid = NULL;
}

static int find_node(struct ka_host *host, const char *volume, char **ret)
{
	int r;

	for (size_t i = 0; i < host->n_known; i++)
		if (ka_streq(host->known[i].volume, volume)) {
			*ret = ka_strdup(host->known[i].node);
			return 1;
		}
	r = look_for_node(host, volume, ret);
	if (r <= 0 || host->n_known == KA_KNOWN_VOLUMES)
		return r;
	host->known[host->n_known].volume = ka_strdup(volume);
	host->known[host->n_known].node = ka_strdup(*ret);
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

	for (size_t i = 0; i < host->n_devnos; i++)
		if (ka_streq(host->devnos[i].node, node))
			return host->devnos[i].devno;
	devno = read_devno(host, node);
	if (host->n_devnos < KA_KNOWN_VOLUMES) {
		host->devnos[host->n_devnos].node = ka_strdup(node);
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

int ka_host_same_volume(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;
	int r;

	r = find_node(host, a, &x);
	if (r > 0)
		r = find_node(host, b, &y);
	return r > 0 ? ka_streq(x, y) : r;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* udev's \xNN back into bytes. */
static void decode(char *name)
{
	char *out = name;

	for (; *name; name++) {
		int high = -1, low = -1;

		if (name[0] == '\\' && name[1] == 'x') {
			high = hex_digit(name[2]);
			low = high < 0 ? -1 : hex_digit(name[3]);
		}
		if (low < 0) {
			*out++ = *name;
			continue;
		}
		*out++ = (char)(high << 4 | low);
		name += 3;
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
	if (r > 0)
		r = ka_host_list(host, folder, &names, NULL);
	if (r == -ENOENT)
		return without_links(host, folder);
	for (char **p = names; r >= 0 && p && *p; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p), *other = NULL;

		if (ka_host_canonical(host, path, &other) < 0 || !ka_streq(other, node))
			continue;
		*ret = ka_strdup(*p);
		decode(*ret);
		return 1;
	}
	return r < 0 ? r : 0;
}
