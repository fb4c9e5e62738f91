// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Debian's kernel links: /vmlinuz or /boot/vmlinuz and their .old, kept by linux-update-symlinks(1)
 * of linux-base, with every kernel in /boot beside them.
 *
 * No loader of today reads the links by itself, so this backend is the last resort: it answers on
 * any machine with plain kernels in /boot, for which no loader's own configuration was understood,
 * and says so. Nothing on disk records the command line; /etc/kernel/cmdline (kernel-install(8))
 * is taken where it exists, else the running one less what a loader added to it.
 *
 * Rules: linux-update-symlinks(1), kernel-img.conf(5), DebianLinux.pm of linux-base 4.9 (the order
 * of versions); the file names of other distributions: docs/backends.md.
 */

#include "debian.h"

#include <kexec-any/backend.h>
#include <kexec-any/image.h>
#include <kexec-any/memory.h>
#include <kexec-any/osrelease.h>
#include <kexec-any/text.h>

#include <errno.h>

#define CMDLINE_LIMIT 65536

/* Stems of kernel file names in /boot, followed by "-VERSION". */
static const char *const kernel_stems[] = {
	"vmlinuz", /* nearly everybody; Arch and Alpine with a flavour for a version */
	"vmlinux", /* Debian on ppc64el and mips, openSUSE on ppc64le */
	"kernel",  /* Gentoo's genkernel */
	"Image",   /* openSUSE on arm64 and riscv64 */
};

/* Where the initrd of VERSION is, in the order they are tried. */
static const char *const initrd_names[] = {
	"/boot/initrd.img-%s",		/* Debian, Ubuntu */
	"/boot/initramfs-%s.img",	/* Fedora, Arch, Void, Gentoo with dracut */
	"/boot/initrd-%s",		/* openSUSE */
	"/boot/initrd-%s.img",		/* Mageia, older dracut */
	"/boot/initramfs-%s",		/* Alpine */
	"/boot/initramfs-genkernel-%s", /* Gentoo */
};

/* Names behind a stem that are no kernels. */
static const char *const other_suffixes[] = { ".old",	   ".sig",    ".hmac", ".dpkg-tmp",
					      ".dpkg-new", ".sha256", ".bak",  "~" };

/* The name of a kernel by its file's: what follows "STEM-" (mostly its version), else NULL. */
static const char *name_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(other_suffixes); i++)
		if (ka_endswith(name, other_suffixes[i]))
			return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(kernel_stems); i++) {
		const char *rest = ka_startswith(name, kernel_stems[i]);

		if (rest && rest[0] == '-' && rest[1])
			return rest + 1;
	}
	return NULL;
}

static int debian_probe(struct ka_host *host, _unused_ const struct ka_chain *chain,
			struct ka_evidence *ret, _unused_ struct ka_error *err)
{
	_cleanup_(debian_layout_done) struct debian_layout layout = { 0 };
	size_t n = 0;
	int r;

	r = debian_layout_read(host, &layout);
	if (r < 0)
		return r;
	for (char **p = layout.names; p && *p; p++)
		n += name_of(*p) != NULL;

	ret->strength = KA_STRENGTH_LAST_RESORT;
	if (layout.kernel.target)
		ret->text = ka_format("%s -> %s, %zu kernel%s in /boot", layout.kernel.path,
				      layout.kernel.target, n, n == 1 ? "" : "s");
	else if (layout.unread)
		ret->text = ka_strdup(layout.unread);
	else if (n > 0)
		ret->text = ka_format("%zu plain kernel%s in /boot, no vmlinuz link: last resort",
				      n, n == 1 ? "" : "s");
	else
		ret->text = ka_strdup("no vmlinuz link in / or /boot, no kernel in /boot");
	return layout.kernel.target || n > 0 || layout.unread;
}

/* What every entry of the menu shares. */
struct common {
	struct ka_host *host;
	const struct debian_layout *layout;
	char *cmdline; /* NULL: unknown */
	char *os_name;
};

static void common_done(struct common *common)
{
	free(common->cmdline);
	free(common->os_name);
}

/* kernel-install joins the words of this file with single blanks (90-loaderentry.install). */
static char *parse_kernel_cmdline(const char *text)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	struct ka_word word;

	while (ka_cmdline_next(&text, &word)) {
		if (buf.len > 0)
			ka_buf_adds(&buf, " ");
		ka_buf_add(&buf, word.text, word.len);
	}
	return ka_buf_take(&buf);
}

/* The command line of all entries; NULL, and a problem: nobody says. */
static char *read_cmdline(struct ka_host *host, struct ka_findings *problems)
{
	static const char configured[] = "/etc/kernel/cmdline";
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	int r;

	r = ka_host_read(host, configured, CMDLINE_LIMIT, &text, NULL, &err);
	if (r == 0)
		return parse_kernel_cmdline(text);
	if (r != -ENOENT && r != -ENOTDIR) {
		ka_report(problems, KA_ERROR, KA_ID_CMDLINE_UNKNOWN, configured,
			  ka_unread_remedy(r), "no command line: %s", ka_error_text(&err, r));
		return NULL;
	}
	ka_error_done(&err);
	err = (struct ka_error)KA_ERROR_INIT;
	r = ka_host_read(host, "/proc/cmdline", CMDLINE_LIMIT, &text, NULL, &err);
	if (r == 0)
		return ka_cmdline_reusable(text);
	ka_report(problems, KA_ERROR, KA_ID_CMDLINE_UNKNOWN, "/proc/cmdline",
		  "write the command line to /etc/kernel/cmdline, or pass --cmdline=",
		  "no command line: /etc/kernel/cmdline is not there, and %s",
		  ka_error_text(&err, r));
	return NULL;
}

/* Without an initrd the kernel itself looks for the root: it knows device names and PARTUUID=,
 * but no UUID= and no LABEL= (init/do_mounts.c). */
static void report_no_initrd(const struct common *common, struct ka_entry *entry)
{
	_cleanup_free_ char *root = NULL;

	if (common->cmdline && ka_cmdline_get(common->cmdline, "root", &root) &&
	    (ka_startswith(root, "UUID=") || ka_startswith(root, "LABEL=") ||
	     ka_startswith(root, "/dev/mapper/")))
		ka_report(&entry->problems, KA_ERROR, KA_ID_INITRD_MISSING, NULL,
			  "update-initramfs -c -k VERSION, or pass --initrd=",
			  "no initrd for %s in /boot, and the kernel alone cannot find root=%s",
			  entry->id, root);
	else
		ka_report(&entry->problems, KA_WARNING, KA_ID_NO_INITRD, NULL, NULL,
			  "no initrd for %s in /boot: started without one", entry->id);
}

static void find_initrd(const struct common *common, const char *name, struct ka_entry *entry)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(initrd_names); i++) {
		const char *percent = strstr(initrd_names[i], "%s");
		_cleanup_free_ char *path = ka_format("%.*s%s%s", (int)(percent - initrd_names[i]),
						      initrd_names[i], name, percent + 2);

		int r = ka_host_exists(common->host, path, &err);

		if (r > 0)
			ka_pieces_add_file_take(&entry->initrds, TAKE_PTR(path));
		if (r < 0)
			ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, path,
				  ka_unread_remedy(r), "initrd: %s", ka_error_text(&err, r));
		if (r != 0)
			return;
	}
	/* Without a kernel, one reason is enough. */
	if (entry->kernel)
		report_no_initrd(common, entry);
}

static void check_kernel(struct ka_host *host, struct ka_entry *entry, const char *path)
{
	static const char remedy[] = "reinstall the kernel package, or mount /boot";
	const struct ka_ref ref = { .path = (char *)path };
	struct stat st;

	entry->kernel = ka_entry_find_file(entry, host, &ref,
					   &(struct ka_sought){ .what = "kernel",
								.missing = KA_ID_KERNEL_MISSING,
								.remedy = remedy });
	if (!entry->kernel || (ka_host_stat(host, path, &st) > 0 && S_ISREG(st.st_mode)))
		return;
	ka_report(&entry->problems, KA_ERROR, KA_ID_KERNEL_MISSING, path, remedy,
		  "the kernel '%s' is not a regular file", path);
	free(entry->kernel);
	entry->kernel = NULL;
}

/* "linux-lts" and "0-rescue-…" are no versions: there the kernel itself is asked. */
static int find_version(const struct common *common, const char *name, struct ka_entry *entry)
{
	int r = 0;

	if (!debian_is_version(name) && entry->kernel)
		r = ka_image_kernel_release(common->host, entry->kernel, &entry->version);
	if (r < 0)
		return r;
	if (!entry->version)
		entry->version = ka_strdup(name);
	return 0;
}

/* One kernel file on the way to its entry. All borrowed. */
struct kernel {
	const char *path;
	const char *name; /* behind the stem: what its initrd is named after */
	const char *id;
	const char *source;
};

static int add_entry(const struct common *common, struct ka_menu *menu, const struct kernel *kernel)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = ka_entry_new();
	int r;

	entry->type = KA_TYPE_LINUX;
	entry->id = ka_strdup(kernel->id);
	entry->title = ka_format("%s (%s)", common->os_name, kernel->id);
	entry->source_path = ka_strdup(kernel->source);
	entry->linux_ref.path = ka_strdup(kernel->path);
	entry->cmdline = ka_strdup_or_null(common->cmdline);
	check_kernel(common->host, entry, kernel->path);
	find_initrd(common, kernel->name, entry);
	r = find_version(common, kernel->name, entry);
	return r < 0 ? r : ka_menu_add_take(menu, TAKE_PTR(entry));
}

/* Newest first; of two files with one version, vmlinuz before vmlinux. */
static int compare_entries(const void *a, const void *b)
{
	const struct ka_entry *x = *(struct ka_entry *const *)a;
	const struct ka_entry *y = *(struct ka_entry *const *)b;
	int c = debian_compare_versions(y->version, x->version);

	return c != 0 ? c : strcmp(y->linux_ref.path, x->linux_ref.path);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* vmlinuz-X and vmlinux-X would share an id: the stem that stands first in the table has it, the
 * others go by their file names. */
static bool shares_name(const struct debian_layout *layout, const char *file, const char *name)
{
	size_t n = ka_strv_length(layout->names);

	for (size_t i = 0; i < ARRAY_SIZE(kernel_stems); i++) {
		_cleanup_free_ char *other = ka_format("%s-%s", kernel_stems[i], name);

		if (ka_streq(other, file))
			return false;
		if (bsearch(&other, layout->names, n, sizeof(char *), compare_strings))
			return true;
	}
	return false;
}

static int add_boot_entry(const struct common *common, struct ka_menu *menu, const char *file)
{
	_cleanup_free_ char *path = NULL;
	struct kernel kernel = { .name = name_of(file) };

	if (!kernel.name)
		return 0;
	path = ka_format("/boot/%s", file);
	kernel.id = shares_name(common->layout, file, kernel.name) ? file : kernel.name;
	kernel.path = kernel.source = path;
	return add_entry(common, menu, &kernel);
}

static int add_boot_entries(const struct common *common, struct ka_menu *menu)
{
	for (char **p = common->layout->names; p && *p; p++) {
		int r = add_boot_entry(common, menu, *p);

		if (r < 0)
			return r;
	}
	if (menu->n_entries > 0)
		qsort(menu->entries, menu->n_entries, sizeof(*menu->entries), compare_entries);
	return 0;
}

static ssize_t find_by_path(const struct ka_menu *menu, const char *path)
{
	for (size_t i = 0; i < menu->n_entries; i++)
		if (ka_streq(menu->entries[i]->linux_ref.path, path))
			return (ssize_t)i;
	return -1;
}

static bool has_id(const struct ka_menu *menu, const char *id)
{
	for (size_t i = 0; i < menu->n_entries; i++)
		if (ka_streq(menu->entries[i]->id, id))
			return true;
	return false;
}

/* A link to a kernel that is not among those of /boot: it dangles, or is kept elsewhere. */
static int add_linked_entry(const struct common *common, struct ka_menu *menu,
			    const struct debian_link *link)
{
	const char *file = strrchr(link->target, '/') + 1, *name = name_of(file);
	struct kernel kernel = {
		.path = link->target,
		.name = name ? name : file,
		.source = link->path,
	};

	kernel.id = has_id(menu, kernel.name) ? link->target : kernel.name;
	return add_entry(common, menu, &kernel);
}

/* The entry a link leads to. -1 when there is no link. */
static int entry_of_link(const struct common *common, struct ka_menu *menu,
			 const struct debian_link *link, ssize_t *ret)
{
	ssize_t index;
	int r;

	*ret = -1;
	if (!link->target)
		return 0;

	index = find_by_path(menu, link->target);
	if (index < 0) {
		r = add_linked_entry(common, menu, link);
		if (r < 0)
			return r;
		index = find_by_path(menu, link->target);
	}
	if (index < 0)
		return 0;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it was found */
	ka_strv_add(&menu->entries[index]->aliases, strrchr(link->path, '/') + 1);
	*ret = index;
	return 0;
}

/* The initrd link and the kernel link are moved at different moments of an installation. */
static void compare_initrd_link(const struct debian_layout *layout, struct ka_entry *entry)
{
	const char *ours = entry->initrds.n ? entry->initrds.items[0].path : NULL;

	if (!layout->initrd.target || (ours && ka_streq(ours, layout->initrd.target)))
		return;
	ka_report(&entry->problems, KA_WARNING, KA_ID_INITRD_LINK_DIFFERS, layout->initrd.path,
		  "wait for the package installation to end, then run update-initramfs -u",
		  "%s points to %s, the kernel link to version %s: taking %s", layout->initrd.path,
		  layout->initrd.target, entry->id, ours ? ours : "no initrd");
}

static int set_default(const struct common *common, struct ka_menu *menu)
{
	const struct debian_layout *layout = common->layout;
	ssize_t index, old;
	int r;

	r = entry_of_link(common, menu, &layout->kernel, &index);
	if (r == 0)
		r = entry_of_link(common, menu, &layout->kernel_old, &old);
	if (r < 0)
		return r;

	if (index >= 0) {
		menu->reason = KA_REASON_CONFIGURED;
		menu->reason_source = ka_strdup(layout->kernel.path);
		menu->reason_text =
			ka_format("%s -> %s", layout->kernel.path, layout->kernel.target);
		compare_initrd_link(layout, menu->entries[index]);
	} else {
		if (menu->n_entries > 0)
			menu->undecided = ka_format(
				"kernels lie in /boot without Debian's links (%s), and no boot "
				"loader's configuration was found: nothing tells which one boots",
				"/vmlinuz, /boot/vmlinuz");
		return 0;
	}
	menu->default_index = index;
	return 0;
}

/* A rescue image is never what an update put there: it must not win by its name. */
static bool is_rescue(const struct ka_entry *entry)
{
	return strstr(entry->id, "rescue") != NULL;
}

static void sink_rescue(struct ka_menu *menu)
{
	_cleanup_free_ struct ka_entry **sorted = ka_calloc(menu->n_entries + 1, sizeof(*sorted));
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < menu->n_entries; i++)
			if (is_rescue(menu->entries[i]) == (pass == 1))
				sorted[n++] = menu->entries[i];
	if (n > 0)
		memcpy(menu->entries, sorted, n * sizeof(struct ka_entry *));
}

static void report_layout(const struct debian_layout *layout, struct ka_menu *menu)
{
	if (layout->second.target && !ka_streq(layout->second.target, layout->kernel.target))
		ka_report(&menu->problems, KA_WARNING, KA_ID_LINKS_DIFFER, layout->second.path,
			  "remove the stale link, or say link_in_boot = in /etc/kernel-img.conf",
			  "%s points to %s, %s to %s: following %s", layout->kernel.path,
			  layout->kernel.target, layout->second.path, layout->second.target,
			  layout->kernel.path);
	if (layout->kernel.target && !layout->config.wanted)
		ka_report(&menu->problems, KA_WARNING, KA_ID_LINKS_NOT_KEPT, "/etc/kernel-img.conf",
			  "say do_symlinks = yes there, or remove the links",
			  "do_symlinks is off: nobody keeps %s up to date", layout->kernel.path);
	if (menu->default_index >= 0)
		ka_report(
			&menu->problems, KA_WARNING, KA_ID_LAST_RESORT, layout->kernel.path,
			"compare with what the machine boots, or name the entry with --entry=",
			"no trace of a boot loader was found: Debian's link %s -> %s alone decides",
			layout->kernel.path, layout->kernel.target);
}

/* For titles: nothing depends on it. */
static char *name_system(struct ka_host *host)
{
	_cleanup_(ka_os_release_done) struct ka_os_release os = { NULL };

	if (ka_host_os_release(host, &os) <= 0 || !os.pretty_name)
		return ka_strdup("Linux");
	return TAKE_PTR(os.pretty_name);
}

static int debian_discover(struct ka_host *host, _unused_ const struct ka_chain *chain,
			   struct ka_menu *ret, struct ka_error *err)
{
	_cleanup_(debian_layout_done) struct debian_layout layout = { 0 };
	_cleanup_(common_done) struct common common = { .host = host, .layout = &layout };
	_cleanup_(ka_menu_done) struct ka_menu menu = KA_MENU_INIT;
	int r;

	r = debian_layout_read(host, &layout);
	if (r == -E2BIG)
		return ka_fail(err, r, "/boot holds more than %d names", KA_HOST_NAMES_LIMIT);
	common.os_name = name_system(host);
	common.cmdline = read_cmdline(host, &menu.problems);
	r = add_boot_entries(&common, &menu);
	if (r == -E2BIG)
		return ka_fail(err, r, "/boot holds more than %d kernels", KA_MENU_LIMIT);
	if (r < 0)
		return r;
	sink_rescue(&menu);
	r = set_default(&common, &menu);
	if (r < 0)
		return r;
	if (layout.unread) {
		menu.default_index = -1;
		menu.undecided = TAKE_PTR(layout.unread);
	}
	report_layout(&layout, &menu);
	ka_menu_make_ids_unique(&menu);

	*ret = ka_menu_take(&menu);
	return 0;
}

const struct ka_backend ka_backend_debian = {
	.name = "debian",
	.summary = "Debian's /vmlinuz link and the plain kernels in /boot (last resort)",
	.probe = debian_probe,
	.discover = debian_discover,
};
