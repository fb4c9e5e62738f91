// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices and paths of a script. GRUB's own names ("hd0,gpt2") are an order of the firmware's that
 * nobody knows from here; what a search command finds is known, by its UUID, label or file. So a
 * device is a name the script uses together with the volume that stands behind it.
 */

#include "world/device.h"
#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <stdio.h>

struct grub_device *grub_device_by_name(struct grub *g, const char *name, size_t len)
{
	for (struct grub_device *d = g->devices; d; d = d->next)
		if (strlen(d->name) == len && strncmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

struct grub_device *grub_device_add(struct grub *g, const char *name, const char *volume)
{
	struct grub_device *d = ka_calloc(1, sizeof(*d));

	d->name = ka_strdup(name);
	d->volume = ka_strdup_or_null(volume);
	d->next = g->devices;
	g->devices = d;
	/* What the name meant before, it may not mean any more. */
	grub_forget_located(g);
	return d;
}

/* The device of this volume, whatever it is called. */
static struct grub_device *device_by_volume(struct grub *g, const char *volume)
{
	for (struct grub_device *d = g->devices; d && grub_charge(g, 256); d = d->next)
		if (d->volume && (ka_streq(d->volume, volume) ||
				  ka_host_same_volume(g->host, d->volume, volume) > 0))
			return d;
	return NULL;
}

/*
 * What GRUB most likely calls a volume: the partition's number is a fact, its disk is taken for the
 * first one. MBR partitions have a PARTUUID of 8 digits, a dash and a number.
 */
static char *guess_name(struct grub *g, const char *volume)
{
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	_cleanup_free_ char *uuid = NULL;
	const char *dash;
	size_t digits;

	/* Without its PARTUUID the guess is no worse: a name of ours is never taken for GRUB's. */
	if (*volume && ka_host_volume_name(g->host, volume, "PARTUUID", &uuid) < 0)
		uuid = NULL;
	if (ka_host_volume_node(g->host, volume, &ref.volume) < 0)
		ref.volume = NULL;
	digits = ref.volume ? strlen(ref.volume) : 0;
	while (digits > 0 && ka_is_digit(ref.volume[digits - 1]))
		digits--;
	if (!ref.volume || !ref.volume[digits] || ka_startswith(ref.volume, "/dev/dm-"))
		return ka_strdup("hd0");
	dash = uuid ? strchr(uuid, '-') : NULL;
	return ka_format("hd0,%s%s",
			 dash && dash - uuid == 8 && strlen(dash) == 3 ? "msdos" : "gpt",
			 ref.volume + digits);
}

static bool is_shown(const struct grub *g, const char *name)
{
	for (const struct grub_device *d = g->devices; d; d = d->next)
		if (ka_streq(d->shown ? d->shown : d->name, name))
			return true;
	return false;
}

/* "hd0,gpt2" is another's: the same partition of the next disk. */
static char *next_guess(const struct grub *g, const char *guess)
{
	const char *rest = guess + strlen("hd0");

	for (unsigned int disk = 1;; disk++) {
		char *name = ka_format("hd%u%s", disk, rest);

		if (!is_shown(g, name))
			return name;
		free(name);
	}
}

struct grub_device *grub_device_guess(struct grub *g, const char *volume)
{
	_cleanup_free_ char *name = guess_name(g, volume);
	bool is_taken = grub_device_by_name(g, name, strlen(name));
	struct grub_device *d;
	char own[32];

	/* A second guess must not be found where a script has that name for a disk of the firmware's. */
	snprintf(own, sizeof(own), "ka%u", g->invented++);
	d = grub_device_add(g, is_taken ? own : name, volume);
	d->invented = true;
	if (is_taken)
		d->shown = next_guess(g, name);
	return d;
}

char *grub_device_show(const struct grub *g, const char *text)
{
	char *shown = ka_strdup(text);

	for (const struct grub_device *d = g->devices; d; d = d->next) {
		_cleanup_free_ char *own = d->shown ? ka_format("(%s)", d->name) : NULL;
		char *at = own ? strstr(shown, own) : NULL, *longer;

		if (!at)
			continue;
		longer = ka_format("%.*s(%s)%s", (int)(at - shown), shown, d->shown,
				   at + strlen(own));
		free(shown);
		shown = longer;
	}
	return shown;
}

struct grub_device *grub_device_name(struct grub *g, const char *volume, const char *hint)
{
	struct grub_device *d = device_by_volume(g, volume), *other;

	if (hint && (!*hint || ka_endswith(hint, ",")))
		hint = NULL;
	other = hint ? grub_device_by_name(g, hint, strlen(hint)) : NULL;
	if (d && (!d->invented || !hint || other))
		return d;
	if (hint && !other)
		return grub_device_add(g, hint, volume);
	return grub_device_guess(g, volume);
}

char *grub_path_device(struct grub *g, const char *path)
{
	const char *root;

	if (*path == '(')
		return ka_strndup(path + 1, strcspn(path + 1, ")"));
	root = grub_get(g, "root");
	return root && *root ? ka_strdup(root) : NULL;
}

void grub_devices_done(struct grub *g)
{
	while (g->devices) {
		struct grub_device *next = g->devices->next;

		free(g->devices->name);
		free(g->devices->volume);
		free(g->devices->shown);
		free(g->devices);
		g->devices = next;
	}
	grub_forget_located(g);
	free(g->disks.name);
}
