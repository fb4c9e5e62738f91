// SPDX-License-Identifier: GPL-2.0-or-later
/* What an entry's body loaded becomes an entry: files on this machine, command line, problems. */

#include "boot.h"
#include "cmdline.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static enum ka_entry_type type_of(enum grub_boot_kind kind)
{
	switch (kind) {
	case GRUB_BOOT_LINUX:
		return KA_TYPE_LINUX;
	case GRUB_BOOT_XEN:
		return KA_TYPE_XEN;
	case GRUB_BOOT_CHAIN:
		return KA_TYPE_CHAINLOADER;
	case GRUB_BOOT_EFI:
		return KA_TYPE_EFI;
	case GRUB_BOOT_FIRMWARE:
		return KA_TYPE_FIRMWARE;
	default:
		return KA_TYPE_OTHER;
	}
}

/* A path of the script to a file here; NULL: a problem of the entry says why not. */
static char *locate(struct grub *g, const char *word, const char *what, enum ka_finding_id id,
		    struct ka_entry *entry)
{
	_cleanup_free_ char *shown = grub_device_show(g, word);
	struct ka_sought sought = {
		.what = what,
		.name = shown,
		.missing = id,
		.remedy = "reinstall the kernel package, or run update-grub",
	};
	char *path = NULL;
	int r = grub_locate(g, word, &path);

	if (r != -ENODEV) {
		sought.path = path;
		return ka_entry_take_found(entry, r, path, &sought);
	}
	ka_report(&entry->problems, KA_ERROR, KA_ID_GRUB_DEVICE, NULL,
		  "let the entry find its volume with 'search', as grub-mkconfig writes it",
		  "the %s '%s' is on a device whose name only the firmware can resolve", what,
		  shown);
	free(path);
	return NULL;
}

/*
 * "(device)/path": GRUB writes the device by its own name. One that we had to guess is replaced by
 * the name the running kernel was given; failing that, the guess stays.
 */
static char *real_device_name(struct grub *g, const char *word, const char *running)
{
	_cleanup_free_ char *image = NULL;
	const char *rest = strchr(word, ')');
	const struct grub_device *d = NULL;

	if (*word == '(' && rest)
		d = grub_device_by_name(g, word + 1, (size_t)(rest - word - 1));
	if (d && d->invented && running && ka_cmdline_get(running, "BOOT_IMAGE", &image) > 0 &&
	    *image == '(' && strchr(image, ')'))
		return ka_format("%.*s%s", (int)(strchr(image, ')') + 1 - image), image, rest + 1);
	return ka_strdup(word);
}

static void set_cmdline(struct grub *g, const struct grub_boot *boot, const char *running,
			struct ka_entry *entry)
{
	_cleanup_free_ char *image = NULL, *line = NULL;
	char *written = boot->linux_words[0];

	image = real_device_name(g, written, running);
	boot->linux_words[0] = image;
	line = grub_kernel_cmdline(g->dialect, boot->linux_words);
	boot->linux_words[0] = written;
	entry->cmdline = grub_device_show(g, line);
	if (strchr(entry->cmdline, GRUB_UNKNOWN_START))
		ka_report(&entry->problems, KA_ERROR, KA_ID_GRUB_UNKNOWN_VALUE, entry->source_path,
			  "pass --cmdline=",
			  "the command line holds a value that only GRUB can know");
}

/* "vmlinuz-6.1.0-56-amd64" names its version. */
static void set_version(struct ka_entry *entry, const char *path)
{
	static const char *const stems[] = { "vmlinuz-", "vmlinux-", "kernel-", "linux-",
					     "Image-" };
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		const char *rest = ka_startswith(file, stems[i]);

		if (rest && *rest >= '0' && *rest <= '9') {
			entry->version = ka_strdup(rest);
			return;
		}
	}
}

/*
 * "newc:NAME:FILE": GRUB packs FILE as the member NAME of a cpio archive, with the folders above it
 * (grub_initrd_init() in loader/linux.c). Members that follow each other share one archive.
 */
struct newc {
	struct ka_packer packer;
	char **folders; /* in the archive already */
};

static void newc_done(struct newc *newc)
{
	ka_packer_done(&newc->packer);
	ka_strv_free(newc->folders);
}

static void newc_end(struct newc *newc)
{
	ka_strv_free(newc->folders);
	newc->folders = NULL;
	ka_packer_end(&newc->packer);
}

static void add_folders(struct newc *newc, const char *name)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *folder = ka_strndup(name, (size_t)(slash - name));

		if (ka_strv_contains(newc->folders, folder))
			continue;
		ka_strv_add(&newc->folders, folder);
		ka_packer_folder(&newc->packer, folder, 0777);
	}
}

static void add_packed(struct grub *g, struct newc *newc, const char *name, const char *colon,
		       struct ka_entry *entry)
{
	_cleanup_free_ char *member = NULL, *path = NULL;
	struct stat st;

	name += strspn(name, "/");
	member = ka_strndup(name, (size_t)(colon - name));
	path = locate(g, colon + 1, "initrd", KA_ID_INITRD_MISSING, entry);
	/* It was there a moment ago; opening it will tell. */
	if (!path || ka_host_stat(g->host, path, &st) <= 0)
		return;
	add_folders(newc, member);
	if (ka_packer_file(&newc->packer, member, 0777, path, 0, (uint64_t)st.st_size) < 0)
		ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_TOO_LARGE, path, NULL,
			  "%lld bytes, a member of a cpio archive holds 4 GiB at most",
			  (long long)st.st_size);
}

static void add_initrd(struct grub *g, struct newc *newc, const char *word, struct ka_entry *entry)
{
	const char *name = ka_startswith(word, "newc:"), *colon = name ? strchr(name, ':') : NULL;
	char *path;

	if (colon) {
		add_packed(g, newc, name, colon, entry);
		return;
	}
	newc_end(newc);
	path = locate(g, word, "initrd", KA_ID_INITRD_MISSING, entry);
	if (path)
		ka_pieces_add_file_take(&entry->initrds, path);
}

static void add_initrds(struct grub *g, char *const *words, struct ka_entry *entry)
{
	_cleanup_(newc_done) struct newc newc = {
		.packer = { .pieces = &entry->initrds, .what = "packed by GRUB" },
	};

	for (; words && *words; words++)
		add_initrd(g, &newc, *words, entry);
	newc_end(&newc);
}

static void fill_linux(struct grub *g, const struct grub_boot *boot, const char *running,
		       struct ka_entry *entry)
{
	const char *word = boot->linux_words[0];
	_cleanup_free_ char *full = NULL;

	entry->linux_ref.path = grub_device_show(g, word);
	full = *word == '('
		       ? ka_strdup(word)
		       : ka_format("(%s)%s", boot->linux_device ? boot->linux_device : "", word);
	entry->kernel = locate(g, full, "kernel", KA_ID_KERNEL_MISSING, entry);
	set_version(entry, word);
	add_initrds(g, boot->initrd_words, entry);
	if (boot->devicetree)
		entry->devicetree =
			locate(g, boot->devicetree, "devicetree", KA_ID_DEVICETREE_MISSING, entry);
	set_cmdline(g, boot, running, entry);
	if (g->dialect->status_decides && boot->status != GRUB_OK && !boot->booted)
		ka_report(&entry->problems, KA_ERROR, KA_ID_GRUB_BODY_FAILED, entry->source_path,
			  "correct the entry",
			  "the entry's last command ends with status %d, and this GRUB then boots "
			  "nothing",
			  boot->status);
}

int grub_fill_entry(struct grub *g, const struct grub_boot *boot, const char *running,
		    struct ka_entry *entry)
{
	int r = 0;

	entry->type = type_of(boot->kind);
	if (boot->kind == GRUB_BOOT_LINUX) {
		fill_linux(g, boot, running, entry);
		return 0;
	}
	if (boot->kind == GRUB_BOOT_CHAIN)
		r = grub_fill_chainloaded(g, boot, entry);
	if (r != 0)
		return r < 0 ? r : 0;
	if (boot->kind == GRUB_BOOT_NOTHING && boot->unknown)
		ka_report(
			&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, entry->source_path,
			"name a Linux entry with --entry=",
			"the entry runs '%s', a command that kexec-any does not know, and loads no "
			"kernel otherwise",
			boot->unknown);
	else if (boot->kind == GRUB_BOOT_NOTHING)
		ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, entry->source_path,
			  "name a Linux entry with --entry=",
			  "the entry loads no kernel: GRUB would return to its menu");
	else
		ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, entry->source_path,
			  "reboot cold, or name a Linux entry with --entry=",
			  "the entry runs '%s', which kexec cannot start",
			  boot->command ? boot->command : "another loader");
	return 0;
}
