// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command "hwmatch" of Debian's and Ubuntu's GRUB for BIOS (gfxpayload-dynamic.patch): is a PCI device
 * of this class on a list of patterns? Ubuntu's grub.cfg asks it whether the graphics mode may be kept,
 * which ends in the kernel's command line.
 */

#include "run/commands.h"
#include "run/regexp.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <regex.h>

#define DEVICES "/sys/bus/pci/devices"

/* A number of sysfs, "0x8086". 0: it was read. */
static int read_hex(struct ka_host *host, const char *device, const char *name, unsigned long *ret)
{
	_cleanup_free_ char *path = ka_format(DEVICES "/%s/%s", device, name), *text = NULL;
	int r = ka_host_read_line(host, path, &text, NULL);

	if (r == 0)
		*ret = strtoul(text, NULL, 16);
	return r;
}

/* "v8086d2a42sv103csd3604bc03sc00" of a device of this class; NULL: of another, or not to be read. */
static char *read_id(struct ka_host *host, const char *device, unsigned long base_class)
{
	static const char *const names[] = { "vendor", "device", "subsystem_vendor",
					     "subsystem_device", "class" };
	unsigned long values[ARRAY_SIZE(names)];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (read_hex(host, device, names[i], &values[i]) < 0)
			return NULL;
	if (values[4] >> 16 != base_class)
		return NULL;
	return ka_format("v%04lxd%04lxsv%04lxsd%04lxbc%02lxsc%02lx", values[0], values[1],
			 values[2], values[3], base_class, values[4] >> 8 & 0xff);
}

static bool matches(struct grub *g, const char *pattern, const char *id)
{
	_cleanup_free_ char *anchored = ka_format("^%s$", pattern);
	uint64_t cost = grub_regexp_cost(anchored, id);
	regex_t regex;
	int r;

	if (cost == 0) {
		grub_unread(g, "a pattern of hwmatch", -E2BIG);
		return false;
	}
	if (!grub_charge(g, cost) || regcomp(&regex, anchored, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	r = regexec(&regex, id, 0, NULL, 0);
	regfree(&regex);
	return r == 0;
}

static bool is_listed(struct grub *g, const char *list, const char *id)
{
	_cleanup_free_ char *copy = ka_strdup(list);

	for (char *cursor = copy, *line; (line = ka_next_line(&cursor)) && !g->error;)
		if (*line && *line != '#' && matches(g, line, id))
			return true;
	return false;
}

int grub_do_hwmatch(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *path = NULL, *list = NULL;
	_cleanup_strv_ char **devices = NULL;
	bool found = false;
	int r;

	if (argc < 3)
		return GRUB_BAD_ARGUMENT;
	r = grub_locate(g, argv[1], &path);
	if (r > 0)
		r = ka_host_read(g->host, path, GRUB_FILE_LIMIT, &list, NULL, NULL);
	if (r < 0)
		grub_unread(g, argv[1], r);
	if (!list)
		return GRUB_FILE_NOT_FOUND;
	r = ka_host_list(g->host, DEVICES, &devices, NULL);
	if (r < 0)
		grub_unread(g, DEVICES, r);
	for (char **p = devices; p && *p && !found && !g->error; p++) {
		_cleanup_free_ char *id = read_id(g->host, *p, strtoul(argv[2], NULL, 10));

		found = id && is_listed(g, list, id);
	}
	grub_set(g, "match", found ? "1" : "0");
	return GRUB_OK;
}
