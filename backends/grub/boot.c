// SPDX-License-Identifier: GPL-2.0-or-later
/* What an entry's body loaded becomes an entry: files on this machine, command line, problems. */

#include "boot.h"
#include "cmdline.h"
#include "world/device.h"

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

/* A path of the script to a file; what is wrong becomes a problem of the entry. */
static int locate(struct grub *g, const char *word, const char *what, const char *id,
		  struct ka_entry *entry, char **ret)
{
	_cleanup_free_ char *path = NULL;
	int r = grub_locate(g, word, &path);

	if (r == -ENOMEM)
		return r;
	if (r > 0) {
		*ret = TAKE_PTR(path);
		return 0;
	}
	if (r == -ENODEV)
		return ka_report(&entry->problems, KA_ERROR, "grub-device", NULL,
				 "let the entry find its volume with 'search', as grub-mkconfig "
				 "writes it",
				 "the %s '%s' is on a device whose name only the firmware can "
				 "resolve",
				 what, word);
	if (r == -ENXIO)
		return ka_report(&entry->problems, KA_ERROR, "volume-not-mounted", NULL,
				 "mount the volume",
				 "the %s '%s' is on a volume that is not mounted", what, word);
	return ka_report(&entry->problems, KA_ERROR, id, path,
			 "reinstall the kernel package, or run update-grub",
			 "the %s '%s'%s%s%s does not exist", what, word, path ? " (here: " : "",
			 path ? path : "", path ? ")" : "");
}

/*
 * "(device)/path": GRUB writes the device by its own name. One that we had to guess is replaced by
 * the name the running kernel was given; failing that, the guess stays.
 */
static int real_device_name(struct grub *g, const char *word, const char *running, char **ret)
{
	_cleanup_free_ char *image = NULL;
	struct grub_device *d;
	const char *rest = strchr(word, ')');
	int r;

	if (*word != '(' || !rest) {
		*ret = strdup(word);
		return *ret ? 0 : -ENOMEM;
	}
	d = grub_device_by_name(g, word + 1, (size_t)(rest - word - 1));
	if (!d || !d->invented) {
		*ret = strdup(word);
		return *ret ? 0 : -ENOMEM;
	}
	r = running ? ka_cmdline_get(running, "BOOT_IMAGE", &image) : 0;
	if (r < 0)
		return r;
	if (image && *image == '(' && strchr(image, ')'))
		*ret = ka_format("%.*s%s", (int)(strchr(image, ')') + 1 - image), image, rest + 1);
	else
		*ret = strdup(word);
	return *ret ? 0 : -ENOMEM;
}

static int set_cmdline(struct grub *g, const struct grub_boot *boot, const char *running,
		       struct ka_entry *entry)
{
	_cleanup_free_ char *image = NULL;
	char *written = boot->linux_words[0];
	int r;

	r = real_device_name(g, written, running, &image);
	if (r < 0)
		return r;
	boot->linux_words[0] = image;
	entry->cmdline = grub_kernel_cmdline(g->dialect, boot->linux_words);
	boot->linux_words[0] = written;
	if (!entry->cmdline)
		return -ENOMEM;
	if (!strchr(entry->cmdline, GRUB_UNKNOWN_START))
		return 0;
	return ka_report(&entry->problems, KA_ERROR, "grub-unknown-value", entry->source_path,
			 "pass --cmdline=",
			 "the command line holds a value that only GRUB can know");
}

/* "vmlinuz-6.1.0-56-amd64" names its version. */
static int set_version(struct ka_entry *entry, const char *path)
{
	static const char *const stems[] = { "vmlinuz-", "vmlinux-", "kernel-", "linux-",
					     "Image-" };
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		const char *rest = ka_startswith(file, stems[i]);

		if (rest && *rest >= '0' && *rest <= '9') {
			entry->version = strdup(rest);
			return entry->version ? 0 : -ENOMEM;
		}
	}
	return 0;
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

static int newc_end(struct newc *newc)
{
	ka_strv_free(newc->folders);
	newc->folders = NULL;
	return ka_packer_end(&newc->packer);
}

static int add_folders(struct newc *newc, const char *name)
{
	int r = 0;

	for (const char *slash = strchr(name, '/'); slash && r == 0;
	     slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *folder = strndup(name, (size_t)(slash - name));

		if (!folder)
			return -ENOMEM;
		if (ka_strv_contains(newc->folders, folder))
			continue;
		r = ka_strv_add(&newc->folders, folder);
		if (r == 0)
			r = ka_packer_folder(&newc->packer, folder, 0777);
	}
	return r;
}

static int add_packed(struct grub *g, struct newc *newc, const char *name, const char *colon,
		      struct ka_entry *entry)
{
	_cleanup_free_ char *member = NULL, *path = NULL;
	struct stat st;
	int r;

	name += strspn(name, "/");
	member = strndup(name, (size_t)(colon - name));
	if (!member)
		return -ENOMEM;
	r = locate(g, colon + 1, "initrd", "initrd-missing", entry, &path);
	if (r < 0 || !path)
		return r;
	if (ka_host_stat(g->host, path, &st) <= 0)
		return 0; /* it was there a moment ago; opening it will tell */
	r = add_folders(newc, member);
	if (r == 0)
		r = ka_packer_file(&newc->packer, member, 0777, path, 0, (uint64_t)st.st_size);
	if (r == -EFBIG)
		return ka_report(&entry->problems, KA_ERROR, "file-too-large", path, NULL,
				 "%lld bytes, a member of a cpio archive holds 4 GiB at most",
				 (long long)st.st_size);
	return r;
}

static int add_initrd(struct grub *g, struct newc *newc, const char *word, struct ka_entry *entry)
{
	const char *name = ka_startswith(word, "newc:"), *colon = name ? strchr(name, ':') : NULL;
	char *path = NULL;
	int r;

	if (colon)
		return add_packed(g, newc, name, colon, entry);
	r = newc_end(newc);
	if (r == 0)
		r = locate(g, word, "initrd", "initrd-missing", entry, &path);
	return r < 0 || !path ? r : ka_pieces_add_file_take(&entry->initrds, path);
}

static int add_initrds(struct grub *g, char *const *words, struct ka_entry *entry)
{
	_cleanup_(newc_done) struct newc newc = {
		.packer = { .pieces = &entry->initrds, .what = "packed by GRUB" },
	};
	int r = 0;

	for (; words && *words && r == 0; words++)
		r = add_initrd(g, &newc, *words, entry);
	return r == 0 ? newc_end(&newc) : r;
}

static int fill_linux(struct grub *g, const struct grub_boot *boot, const char *running,
		      struct ka_entry *entry)
{
	const char *word = boot->linux_words[0];
	_cleanup_free_ char *full = NULL;
	int r;

	entry->linux_ref.path = strdup(word);
	full = *word == '('
		       ? strdup(word)
		       : ka_format("(%s)%s", boot->linux_device ? boot->linux_device : "", word);
	if (!entry->linux_ref.path || !full)
		return -ENOMEM;
	r = locate(g, full, "kernel", "kernel-missing", entry, &entry->kernel);
	if (r == 0)
		r = set_version(entry, word);
	if (r == 0)
		r = add_initrds(g, boot->initrd_words, entry);
	if (r == 0 && boot->devicetree)
		r = locate(g, boot->devicetree, "devicetree", "devicetree-missing", entry,
			   &entry->devicetree);
	if (r == 0)
		r = set_cmdline(g, boot, running, entry);
	return r;
}

int grub_fill_entry(struct grub *g, const struct grub_boot *boot, const char *running,
		    struct ka_entry *entry)
{
	int r;

	entry->type = type_of(boot->kind);
	if (boot->kind == GRUB_BOOT_LINUX) {
		r = fill_linux(g, boot, running, entry);
		if (r == 0 && g->dialect->status_decides && boot->status != GRUB_OK &&
		    !boot->booted)
			r = ka_report(&entry->problems, KA_ERROR, "grub-body-failed",
				      entry->source_path, "correct the entry",
				      "the entry's last command ends with status %d, and this GRUB "
				      "then boots nothing",
				      boot->status);
		return r;
	}
	if (boot->kind == GRUB_BOOT_CHAIN) {
		r = grub_fill_chainloaded(g, boot, entry);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (boot->kind == GRUB_BOOT_NOTHING)
		return ka_report(&entry->problems, KA_ERROR, "not-linux", entry->source_path,
				 "name a Linux entry with --entry=",
				 "the entry loads no kernel: GRUB would return to its menu");
	return ka_report(&entry->problems, KA_ERROR, "not-linux", entry->source_path,
			 "reboot cold, or name a Linux entry with --entry=",
			 "the entry runs '%s', which kexec cannot start",
			 boot->command ? boot->command : "another loader");
}
