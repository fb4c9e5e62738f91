// SPDX-License-Identifier: GPL-2.0-or-later
/* Unified kernel images in GRUB on EFI: the command "uki" (commands/blsuki.c of 2.14), which makes an
 * entry of each. */

#include "lang/number.h"
#include "menu/bls.h"
#include "menu/items.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>
#include <kexec-any/uki.h>

#include <errno.h>

#define FOLDER "/EFI/Linux"

struct image {
	char *file, *title, *options;
};

struct images {
	struct image *items; /* newest first */
	size_t n;
};

static void images_done(struct images *images)
{
	for (size_t i = 0; i < images->n; i++) {
		free(images->items[i].file);
		free(images->items[i].title);
		free(images->items[i].options);
	}
	free(images->items);
}

/* The device GRUB itself came from: the ESP. NULL: not to be seen from here. */
static struct grub_device *esp_device(struct grub *g)
{
	_cleanup_(ka_boot_partitions_done) struct ka_boot_partitions partitions = { NULL };
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	_cleanup_free_ char *root = NULL;
	size_t n;
	int r;

	r = ka_host_boot_partitions(g->host, NULL, &partitions, NULL);
	if (r <= 0)
		return NULL;
	/* "NODE:" of one that is not mounted names its volume already. */
	n = strlen(partitions.esp);
	if (n > 0 && partitions.esp[n - 1] == ':') {
		partitions.esp[n - 1] = '\0';
		return grub_device_guess(g, partitions.esp);
	}
	root = ka_format("%s/", partitions.esp);
	if (ka_host_reference(g->host, root, &ref) < 0)
		return NULL;
	return grub_device_guess(g, ref.volume);
}

static void insert(struct images *images, const struct image *image)
{
	struct image *p = ka_reallocarray(images->items, images->n + 1, sizeof(*p));
	size_t low = 0, high = images->n;

	images->items = p;
	/* Behind those that compare equal. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (grub_compare_files(image->file, p[middle].file) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	memmove(p + low + 1, p + low, (images->n - low) * sizeof(*p));
	p[low] = *image;
	images->n++;
}

static void read_image(struct grub *g, const char *folder, const char *name, struct images *images)
{
	_cleanup_free_ char *path = ka_format("%s/%s", folder, name);
	const char *why = NULL;
	struct image image;
	struct ka_uki uki;
	int r;

	if (!grub_charge(g, 4096))
		return;
	r = ka_uki_read(g->host, path, &uki, &why);
	/* A damaged one GRUB passes over too; what cannot be read it may well read. */
	if (r < 0 && r != -EBADMSG && r != -ENOENT && r != -EISDIR && r != -EINVAL)
		grub_unread(g, path, r);
	if (r <= 0)
		return;
	/* Without .osrel it is passed over. */
	r = uki.profiles[0].os_name ? ka_uki_cmdline(g->host, &uki, 0, &image.options) : -ENODATA;
	if (r < 0 && r != -ENODATA)
		grub_unread(g, path, r);
	if (r == 0) {
		image.file = ka_strdup(name);
		image.title = ka_strdup(uki.profiles[0].os_name);
		insert(images, &image);
	}
	ka_uki_done(&uki);
}

/* All images of a folder named as the script names it. */
static void read_folder(struct grub *g, const char *path, struct images *images)
{
	_cleanup_free_ char *host_path = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = grub_locate(g, path, &host_path);

	if (r > 0)
		r = ka_host_list(g->host, host_path, &names, NULL);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		grub_unread(g, path, r);
	for (char **p = names; p && *p && !g->error; p++)
		if (ka_endswith(*p, ".efi"))
			read_image(g, host_path, *p, images);
}

static bool is_default(const struct grub *g, const struct image *image, size_t index)
{
	const char *value = grub_get(g, "default"), *end;
	uint64_t number;

	if (!value || !*value)
		return false;
	if (ka_streq(value, image->file))
		return true;
	number = grub_number(value, &end);
	return end != value && !*end && number == index;
}

static void show(struct grub *g, const struct image *image, const char *folder)
{
	_cleanup_free_ char *body = NULL, *file = NULL;
	char *params[] = { image->title, NULL };

	body = ka_format("%schainloader %s/%s%s%s\n",
			 grub_blsuki_saves_default(g) ? "savedefault\n" : "", folder, image->file,
			 *image->options ? " " : "", image->options);
	file = ka_format("%s/%s", folder, image->file);
	grub_add_bls_item(g, image->file, params, body, file, false);
}

int grub_uki(struct grub *g, char **argv, size_t argc)
{
	_cleanup_(images_done) struct images images = { NULL };
	_cleanup_free_ char *folder = NULL;
	const struct grub_device *esp;
	struct grub_blsuki wanted;
	const char *path;

	if (grub_blsuki_parse(argv, argc, &wanted) < 0)
		return GRUB_BAD_ARGUMENT;
	path = wanted.path;
	esp = esp_device(g);
	if (path && *path == '(')
		folder = ka_strdup(path);
	else if (esp)
		folder = ka_format("(%s)%s", esp->name, path && *path == '/' ? path : FOLDER);
	if (!folder) {
		grub_unread(g, FOLDER, -ENXIO);
		return GRUB_OK;
	}
	read_folder(g, folder, &images);
	if (images.n == 0 && wanted.fallback && esp) {
		free(folder);
		folder = ka_format("(%s)" FOLDER, esp->name);
		read_folder(g, folder, &images);
	}
	for (size_t i = 0; i < images.n && !g->error; i++)
		if (grub_blsuki_shows(&wanted, is_default(g, &images.items[i], i),
				      images.items[i].file))
			show(g, &images.items[i], folder);
	return GRUB_OK;
}
