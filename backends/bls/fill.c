// SPDX-License-Identifier: GPL-2.0-or-later
/* From an item of the menu to an entry: its files on this machine, its command line, its problems. */

#include "bls.h"

#include <kexec-any/image.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <unistd.h>

static void copy(char **to, const char *value)
{
	free(*to);
	*to = ka_strdup_or_null(value);
}

/* --- names */

/* The file's name without suffix and boot counter; "@ID" for a further profile of a UKI. */
static void set_id(const struct bls_dialect *dialect, const struct bls_item *item,
		   struct ka_entry *entry)
{
	const char *suffix = item->kind == BLS_TYPE2 ? ".efi" : ".conf", *profile;
	size_t prefix;
	int left, done;

	if (!item->file_name) {
		copy(&entry->id, item->id);
		return;
	}
	if (!bls_parse_tries(dialect, item->file_name, suffix, &left, &done, &prefix))
		prefix = strlen(item->file_name) - strlen(suffix);
	profile = item->profile > 0 ? item->profile_id : NULL;
	entry->id = ka_format("%.*s%s%s", (int)prefix, item->file_name, profile ? "@" : "",
			      profile ? profile : "");
}

static void add_alias(struct ka_entry *entry, const char *name)
{
	if (!ka_streq(name, entry->id) && !ka_strv_contains(entry->aliases, name))
		ka_strv_add(&entry->aliases, name);
}

/* bootctl's ids, the loader's own, the file's whole name; all of them are known to people. */
static void set_aliases(const struct bls_item *item, struct ka_entry *entry)
{
	const char *suffix = item->kind == BLS_TYPE2 ? ".efi" : ".conf";
	_cleanup_free_ char *with_suffix = NULL, *first = NULL;
	const struct ka_uki_profile *p = item->shared && item->profile < item->shared->n_profiles
						 ? &item->shared->profiles[item->profile]
						 : NULL;

	if (!item->file_name || item->is_repeated)
		return;
	if (!item->id_without_profile) {
		with_suffix = ka_format("%s%s", entry->id, suffix);
		add_alias(entry, with_suffix);
		add_alias(entry, item->file_name);
	}
	add_alias(entry, item->id);
	/* User space names the first profile too. */
	if (p && p->id && item->profile == 0) {
		first = ka_format("%s%s@%s", entry->id, suffix, p->id);
		add_alias(entry, first);
	}
}

/* --- files */

/* A path of the entry to a file of this machine; what is missing becomes a problem, and gives NULL. */
static char *locate(struct bls_menu *menu, const struct bls_item *item, const char *path,
		    const char *what, enum ka_finding_id id, struct ka_entry *entry)
{
	_cleanup_free_ char *place =
		ka_format("on the entry's partition (%s)", *item->root ? item->root : "/");
	const struct ka_sought sought = {
		.what = what,
		.name = path,
		.path = item->source,
		.place = place,
		.missing = id,
		.remedy = "reinstall the kernel package, or correct the entry",
	};
	char *found = NULL;
	int r = bls_locate(menu->host, item->root, path, &found);

	return ka_entry_take_found(entry, r, found, &sought);
}

static void add_initrd(struct bls_menu *menu, const struct bls_item *item, const char *path,
		       struct ka_entry *entry)
{
	char *found = locate(menu, item, path, "initrd", KA_ID_INITRD_MISSING, entry);
	struct stat st;

	if (!found)
		return;
	/* An empty file is nothing to systemd-boot. */
	if (ka_host_stat(menu->host, found, &st) > 0 && st.st_size == 0)
		free(found);
	else
		ka_pieces_add_file_take(&entry->initrds, found);
}

/* What SMBIOS adds to the command line of kernels that systemd-boot starts itself. */
static void add_smbios(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	_cleanup_free_ char *extra = NULL, *before = NULL;
	int r;

	if (!bls_has(&menu->dialect, BLS_CMDLINE_EXTRA))
		return;
	r = ka_host_oem_string(menu->host, "io.systemd.boot.kernel-cmdline-extra=", &extra);
	if (r < 0)
		ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, NULL,
			  ka_unread_remedy(r),
			  "the firmware's SMBIOS strings, which may add to the command line, "
			  "cannot be read: %s",
			  strerror(-r));
	if (r <= 0)
		return;
	before = TAKE_PTR(entry->cmdline);
	/* With initrds the line is never empty. */
	if (!*before && !item->type1.initrds && bls_has(&menu->dialect, BLS_CMDLINE_NULL))
		entry->cmdline = ka_format("(null) %s", extra);
	else
		entry->cmdline = ka_format("%s%s%s", before, *before ? " " : "", extra);
}

static void add_devicetree(struct bls_menu *menu, const struct bls_item *item,
			   struct ka_entry *entry)
{
	bool secure = bls_has(&menu->dialect, BLS_DEVICETREE_INSECURE) &&
		      ka_host_secure_boot(menu->host) == KA_YES;

	if (!item->type1.devicetree || secure)
		return;
	entry->devicetree = locate(menu, item, item->type1.devicetree, "devicetree",
				   KA_ID_DEVICETREE_MISSING, entry);
	if (!ka_host_has_acpi(menu->host))
		ka_report(&entry->problems, KA_WARNING, KA_ID_DEVICETREE_KEPT, entry->devicetree,
			  "reboot cold, when it has changed",
			  "a kexec keeps the devicetree that is in use and does not load this one");
}

/* --- kinds */

/* A UKI, whatever key or folder it was found by. */
static int fill_uki(struct bls_menu *menu, const struct bls_item *item, const struct ka_uki *uki,
		    const char *path, const char *options, struct ka_entry *entry)
{
	_cleanup_strv_ char **extras = NULL;
	struct ka_uki_start start = {
		.root = item->root,
		.path = path,
		.profile = item->profile,
		.options = options,
	};

	for (char *const *p = item->type1.extras; p && *p; p++) {
		char *found = NULL;
		int r = bls_locate(menu->host, item->root, *p, &found);

		if (r > 0)
			ka_strv_add_take(&extras, found);
		else if (r < 0)
			ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, item->source,
				  ka_unread_remedy(r),
				  "cannot tell whether the extra file '%s' is there: %s", *p,
				  strerror(-r));
		else
			ka_report(&entry->problems, KA_WARNING, KA_ID_BLS_EXTRA_MISSING,
				  item->source, NULL,
				  "the extra file '%s' does not exist: systemd-boot passes over it",
				  *p);
	}
	start.extras = extras;
	return ka_uki_fill_entry(menu->host, uki, &start, entry);
}

/* The path of a file on its partition, again. */
static const char *on_partition(const struct bls_item *item, const char *path)
{
	return path + strlen(item->root);
}

/*
 * Once systemd-boot read .cmdline itself and passed it on; of several sections of that name it took the
 * last. *ret stays NULL where the stub decides.
 */
static int old_options(struct bls_menu *menu, const struct ka_uki *uki, char **ret)
{
	unsigned int last = 0;

	if (!bls_has(&menu->dialect, BLS_PASSES_CMDLINE) || uki->n_profiles < 2)
		return 0;
	for (unsigned int i = 1; i < uki->n_profiles; i++)
		if (uki->profiles[i].parts[KA_UKI_CMDLINE].offset >
		    uki->profiles[last].parts[KA_UKI_CMDLINE].offset)
			last = i;
	return ka_uki_cmdline(menu->host, uki, last, ret);
}

static int fill_type2(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	_cleanup_free_ char *options = NULL;
	int r;

	entry->type = KA_TYPE_UKI;
	if (!item->shared)
		return 0;
	r = old_options(menu, item->shared, &options);
	return r < 0 ? r
		     : fill_uki(menu, item, item->shared, on_partition(item, item->source), options,
				entry);
}

/* Is the file a UKI? Then the stub in it decides what is handed over. 1 filled, 0 it is none. */
static int try_uki(struct bls_menu *menu, const struct bls_item *item, const char *file,
		   struct ka_entry *entry)
{
	const char *why = NULL;
	struct ka_uki uki;
	int r;

	r = ka_uki_read(menu->host, file, &uki, &why);
	if (r == -EBADMSG)
		ka_report(&entry->problems, KA_ERROR, KA_ID_KERNEL_PE, file,
			  "build the image again", "the PE header is damaged: %s", why);
	else if (r < 0)
		ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, file,
			  ka_unread_remedy(r), "cannot read '%s': %s", file, strerror(-r));
	if (r <= 0)
		return 0;
	r = fill_uki(menu, item, &uki, on_partition(item, file), item->type1.options, entry);
	ka_uki_done(&uki);
	return r < 0 ? r : 1;
}

/* The EFI stub of a kernel takes its initrds from the command line: initrd=\path. */
static void add_stub_initrds(struct bls_menu *menu, const struct bls_item *item,
			     struct ka_entry *entry)
{
	const char *cursor = entry->cmdline, *value;
	struct ka_word word;

	while (ka_cmdline_next(&cursor, &word)) {
		_cleanup_free_ char *path = NULL;
		size_t len;

		value = ka_word_value(&word, "initrd", &len);
		if (!value)
			continue;
		path = ka_format("%s%.*s", *value == '\\' || *value == '/' ? "" : "/", (int)len,
				 value);
		for (char *p = path; *p; p++)
			if (*p == '\\')
				*p = '/';
		add_initrd(menu, item, path, entry);
	}
}

/*
 * Old versions make words of the command line of "initrd" lines, which the kernel reads: a blank ends the
 * path, and a newline that got into it the whole line.
 */
static void add_words(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	bool cut = false;

	for (char *const *p = item->type1.initrds; p && *p && !cut; p++) {
		_cleanup_free_ char *path = ka_strndup(*p, strcspn(*p, " \n"));

		add_initrd(menu, item, path, entry);
		cut = strchr(*p, '\n') != NULL;
	}
	if (cut)
		copy(&entry->cmdline, "");
	add_stub_initrds(menu, item, entry);
}

static bool begins_like_cpio(struct ka_host *host, const char *path)
{
	_cleanup_close_ int fd = -1;
	char first = 0;

	return ka_host_open(host, path, &fd, NULL) == 0 && read(fd, &first, 1) == 1 && first == '0';
}

/* Where nothing pads them, the kernel finds an archive at a multiple of four bytes alone. */
static void check_alignment(struct bls_menu *menu, struct ka_entry *entry)
{
	uint64_t at = 0;

	for (size_t i = 0; i < entry->initrds.n; i++) {
		const char *path = entry->initrds.items[i].path;
		struct stat st;

		if (ka_host_stat(menu->host, path, &st) <= 0)
			return;
		if (at % 4 != 0 && begins_like_cpio(menu->host, path))
			ka_report(
				&entry->problems, KA_ERROR, KA_ID_BLS_INITRD_UNALIGNED, path,
				"update the loader (bootctl update)",
				"systemd-boot %u.%u joins initrds without padding: this one begins "
				"at byte %llu, no multiple of 4, and the kernel ignores it there",
				menu->dialect.version.major, menu->dialect.version.minor,
				(unsigned long long)at);
		at += (uint64_t)st.st_size;
	}
}

static void add_initrds(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	if (bls_has(&menu->dialect, BLS_KERNEL_READS_INITRDS)) {
		add_words(menu, item, entry);
		return;
	}
	for (char *const *p = item->type1.initrds; p && *p; p++)
		add_initrd(menu, item, *p, entry);
	/* The kernel reads such words itself where the loader has no initrds for it. */
	if (!item->type1.initrds)
		add_stub_initrds(menu, item, entry);
}

/* The line ends where a newline got into it. */
static void set_options(const struct bls_item *item, struct ka_entry *entry)
{
	const char *options = item->type1.options ? item->type1.options : "";

	free(entry->cmdline);
	entry->cmdline = ka_strndup(options, strcspn(options, "\n"));
}

static int fill_linux(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	const struct bls_type1 *t = &item->type1;

	entry->kernel = locate(menu, item, t->loader, "kernel", KA_ID_KERNEL_MISSING, entry);
	if (entry->kernel && !t->initrds) {
		_cleanup_free_ char *file = ka_strdup(entry->kernel);
		int r = try_uki(menu, item, file, entry);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	set_options(item, entry);
	add_initrds(menu, item, entry);
	if (!bls_has(&menu->dialect, BLS_PADS_INITRDS))
		check_alignment(menu, entry);
	add_smbios(menu, item, entry);
	add_devicetree(menu, item, entry);
	return 0;
}

static void refuse(struct ka_entry *entry, const struct bls_item *item, enum ka_entry_type type,
		   const char *what)
{
	entry->type = type;
	ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, item->source,
		  "reboot cold, or name a Linux entry with --entry=", "%s", what);
}

/* "efi" names any program; UKIs and kernels with an EFI stub among them can be started. */
static int fill_efi(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	_cleanup_free_ char *file = NULL, *version = NULL;
	int r;

	entry->type = KA_TYPE_EFI;
	set_options(item, entry);
	file = locate(menu, item, item->type1.loader, "program", KA_ID_KERNEL_MISSING, entry);
	if (!file)
		return 0;
	r = try_uki(menu, item, file, entry);
	if (r != 0)
		return r < 0 ? r : 0;
	r = ka_image_kernel_version(menu->host, file, 0, 0, &version);
	if (r < 0)
		return r;
	if (r == 0) {
		ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, file,
			  "reboot cold, or name a Linux entry with --entry=",
			  "'%s' is an EFI program and no Linux kernel", item->type1.loader);
		return 0;
	}
	entry->type = KA_TYPE_LINUX;
	entry->kernel = TAKE_PTR(file);
	add_stub_initrds(menu, item, entry);
	return 0;
}

static int fill_uki_key(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	_cleanup_free_ char *file = NULL;
	int r;

	entry->type = KA_TYPE_UKI;
	file = locate(menu, item, item->type1.loader, "image", KA_ID_KERNEL_MISSING, entry);
	if (!file)
		return 0;
	r = try_uki(menu, item, file, entry);
	if (r == 0 && !ka_findings_first(&entry->problems, KA_ERROR))
		ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, file, "correct the entry",
			  "'%s' is no unified kernel image", item->type1.loader);
	return r < 0 ? r : 0;
}

static int fill_kind(struct bls_menu *menu, const struct bls_item *item, struct ka_entry *entry)
{
	switch (item->kind) {
	case BLS_LINUX:
		return fill_linux(menu, item, entry);
	case BLS_UKI:
		return fill_uki_key(menu, item, entry);
	case BLS_EFI:
		return fill_efi(menu, item, entry);
	case BLS_TYPE2:
		return fill_type2(menu, item, entry);
	case BLS_UKI_URL:
		refuse(entry, item, KA_TYPE_OTHER,
		       "systemd-boot would fetch the image from the network");
		break;
	case BLS_AUTO:
		refuse(entry, item, KA_TYPE_CHAINLOADER,
		       "another boot loader, which kexec cannot start");
		break;
	case BLS_FIRMWARE:
		refuse(entry, item, KA_TYPE_FIRMWARE, "the firmware's setup");
		break;
	case BLS_POWER:
		refuse(entry, item, KA_TYPE_OTHER, "it starts nothing");
		break;
	case BLS_UNDEFINED:
		entry->type = KA_TYPE_OTHER;
		break;
	}
	return 0;
}

static void report_state(const struct bls_item *item, struct ka_entry *entry)
{
	if (item->unread)
		ka_report(&entry->problems, KA_ERROR, KA_ID_BLS_UNREADABLE, item->source, NULL,
			  "whether systemd-boot shows it is not known: %s", item->unread);
	else if (item->hidden)
		ka_report(&entry->problems, KA_ERROR, KA_ID_BLS_HIDDEN, item->source,
			  "correct the file", "systemd-boot does not show it: %s", item->hidden);
	else if (item->tries_left == 0)
		ka_report(&entry->problems, KA_WARNING, KA_ID_BLS_NO_TRIES, item->source,
			  "bootctl set-good, or systemd-bless-boot(8)",
			  "its boot attempts are used up: it counts as bad");
	else if (item->tries_left > 0)
		ka_report(&entry->problems, KA_INFO, KA_ID_BLS_COUNTED, item->source, NULL,
			  "%d boot attempts are left; a kexec counts none", item->tries_left);
}

int bls_make_entry(struct bls_menu *menu, const struct bls_item *item, struct ka_entry **ret)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = ka_entry_new();
	int r = 0;

	set_id(&menu->dialect, item, entry);
	set_aliases(item, entry);
	copy(&entry->title, item->title);
	copy(&entry->version, item->version);
	copy(&entry->machine_id, item->machine_id);
	copy(&entry->sort_key, item->sort_key);
	copy(&entry->source_path, item->source);
	copy(&entry->linux_ref.path,
	     item->kind == BLS_TYPE2 ? on_partition(item, item->source) : item->type1.loader);
	entry->tries_left = item->tries_left;
	entry->tries_done = item->tries_done;
	report_state(item, entry);
	/* What is hidden for what it says is not looked into. */
	if (!item->hidden || item->kind == BLS_LINUX)
		r = fill_kind(menu, item, entry);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(entry);
	return 0;
}
