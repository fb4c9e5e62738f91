// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What systemd-stub hands to the kernel of a unified kernel image (run() in src/boot/stub.c), in its
 * order: microcode, the image's initrd, archives that the stub packs from credentials, extensions and
 * its own sections, addons; and the command line with what addons and firmware add. Which of these a
 * stub knows depends on its version, which it carries in .sdmagic.
 */

#include "uki/uki-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* First versions that have it. */
#define STUB_EXTRAS	 250 /* credentials and system extensions */
#define STUB_PCRS	 252
#define STUB_ADDONS	 254
#define STUB_UCODE	 256
#define STUB_CONFEXT	 256
#define STUB_PROFILES	 257 /* and addons with initrds, .extra/profile and .extra/os-release */
#define STUB_GLOBAL_EXTS 258
#define STUB_CONSOLES	 261

struct stub {
	struct ka_host *host;
	const struct ka_uki *uki;
	const struct ka_uki_profile *profile;
	const struct ka_uki_start *start;
	struct ka_entry *entry;
	char *extra_folder; /* FILE.extra.d */
	unsigned int version, patch;
	struct ka_addons addons;
	size_t n_extras; /* files packed so far */
};

/* Is the stub this version's fix or a later one? */
static bool is_since(const struct stub *s, unsigned int version, unsigned int patch)
{
	return s->version > version || (s->version == version && s->patch >= patch);
}

/* From 254.6 on the boot counter in a name is not part of its folder: cut at the first '+' of the whole path. */
static char *extra_folder(const struct stub *s)
{
	const struct ka_uki_start *start = s->start;
	const char *plus = is_since(s, 254, 6) ? strchr(start->path, '+') : NULL, *end;
	size_t n;

	if (plus && (n = strspn(plus + 1, "0123456789")) > 0) {
		end = plus + 1 + n;
		if (*end == '-' && (n = strspn(end + 1, "0123456789")) > 0)
			end += 1 + n;
		if (*end == '\0' || *end == '.')
			return ka_format("%s%.*s%s.extra.d", start->root, (int)(plus - start->path),
					 start->path, end);
	}
	return ka_format("%s%s.extra.d", start->root, start->path);
}

/* --- archives */

/* Where the stub puts things (cpio_target_… in src/boot/cpio.c). */
struct target {
	const char *folder; /* below .extra; "" for itself */
	uint32_t folder_mode, file_mode;
};

static const struct target credentials = { "credentials", 0500, 0400 };
static const struct target global_credentials = { "global_credentials", 0500, 0400 };
static const struct target sysext = { "sysext", 0555, 0444 };
static const struct target global_sysext = { "global_sysext", 0555, 0444 };
static const struct target confext = { "confext", 0555, 0444 };
static const struct target global_confext = { "global_confext", 0555, 0444 };
static const struct target meta = { "", 0555, 0444 };

static void begin_archive(struct ka_packer *packer, const struct target *target)
{
	_cleanup_free_ char *name = ka_format(".extra/%s", target->folder);

	ka_packer_folder(packer, ".extra", 0555);
	if (*target->folder)
		ka_packer_folder(packer, name, target->folder_mode);
}

static void pack(struct stub *s, struct ka_packer *packer, const struct target *target,
		 const char *name, const char *path, uint64_t offset, uint64_t size)
{
	_cleanup_free_ char *member =
		ka_format(".extra/%s%s%s", target->folder, *target->folder ? "/" : "", name);

	if (ka_packer_file(packer, member, target->file_mode, path, offset, size) == -EFBIG)
		ka_report(&s->entry->problems, KA_ERROR, KA_ID_FILE_TOO_LARGE, path, NULL,
			  "%llu bytes, a member of a cpio archive holds 4 GiB at most",
			  (unsigned long long)size);
}

static void pack_file(struct stub *s, struct ka_packer *packer, const struct target *target,
		      const char *path)
{
	struct stat st;
	int r = ka_host_stat(s->host, path, &st);

	if (r < 0)
		ka_uki_report_unread(&s->entry->problems, path, r);
	if (r <= 0 || !S_ISREG(st.st_mode))
		return;
	if (s->n_extras++ == KA_UKI_EXTRAS_LIMIT)
		ka_report(&s->entry->problems, KA_ERROR, KA_ID_UKI_LIMIT, path,
			  "remove some of the credentials and extensions",
			  "more than %u files beside the image", KA_UKI_EXTRAS_LIMIT);
	if (s->n_extras <= KA_UKI_EXTRAS_LIMIT)
		pack(s, packer, target, strrchr(path, '/') + 1, path, 0, (uint64_t)st.st_size);
}

static bool is_wanted(const char *name, const char *suffix, const char *but_not)
{
	return ka_uki_is_extra_name(name) && ka_endswith_nocase(name, suffix) &&
	       !(but_not && ka_endswith_nocase(name, but_not));
}

/* All files of a folder with that suffix, sorted by bytes, as one archive. */
static void pack_folder(struct stub *s, const char *folder, const struct target *target,
			const char *suffix, const char *but_not)
{
	_cleanup_(ka_packer_done) struct ka_packer packer = {
		.pieces = &s->entry->initrds,
		.what = target->folder,
		.inode = 1,
	};
	_cleanup_strv_ char **names = NULL;
	bool begun = false;

	if (ka_uki_list(s->host, folder, &s->entry->problems, &names) < 0)
		return;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *path = NULL;

		if (!is_wanted(*p, suffix, but_not))
			continue;
		path = ka_format("%s/%s", folder, *p);
		if (!begun)
			begin_archive(&packer, target);
		begun = true;
		pack_file(s, &packer, target, path);
	}
	ka_packer_end(&packer);
}

/* A section of the image as a file of the initrd. */
static void pack_section(struct stub *s, enum ka_uki_part part, const char *name)
{
	const struct ka_uki_range *range = &s->profile->parts[part];
	_cleanup_(ka_packer_done) struct ka_packer packer = {
		.pieces = &s->entry->initrds,
		.what = name,
		.inode = 1,
	};

	if (range->size == 0)
		return;
	begin_archive(&packer, &meta);
	pack(s, &packer, &meta, name, s->uki->path, range->offset, range->size);
	ka_packer_end(&packer);
}

/* systemd-boot's "extra" of Type #1 entries: one archive for each kind of file. */
static void pack_extras(struct stub *s)
{
	static const struct {
		const char *suffix;
		const struct target *target;
	} kinds[] = {
		{ ".cred", &credentials },
		{ ".sysext.raw", &sysext },
		{ ".confext.raw", &confext },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(ka_packer_done) struct ka_packer packer = {
			.pieces = &s->entry->initrds,
			.what = "extra",
			.inode = 1,
		};

		for (char *const *p = s->start->extras; p && *p; p++) {
			if (!is_wanted(strrchr(*p, '/') + 1, kinds[i].suffix, NULL))
				continue;
			begin_archive(&packer, kinds[i].target);
			pack_file(s, &packer, kinds[i].target, *p);
		}
		ka_packer_end(&packer);
	}
}

static void pack_beside(struct stub *s)
{
	_cleanup_free_ char *global = ka_format("%s/loader/credentials", s->start->root),
			    *extensions = ka_format("%s/loader/extensions", s->start->root);

	if (s->version < STUB_EXTRAS)
		return;
	pack_folder(s, s->extra_folder, &credentials, ".cred", NULL);
	pack_folder(s, global, &global_credentials, ".cred", NULL);
	pack_folder(s, s->extra_folder, &sysext, ".raw",
		    s->version >= STUB_CONFEXT ? ".confext.raw" : NULL);
	if (s->version >= STUB_GLOBAL_EXTS)
		pack_folder(s, extensions, &global_sysext, ".raw", ".confext.raw");
	if (s->version >= STUB_CONFEXT)
		pack_folder(s, s->extra_folder, &confext, ".confext.raw", NULL);
	if (s->version >= STUB_GLOBAL_EXTS)
		pack_folder(s, extensions, &global_confext, ".confext.raw", NULL);
}

static void pack_own(struct stub *s)
{
	if (s->version >= STUB_PCRS) {
		pack_section(s, KA_UKI_PCRSIG, "tpm2-pcr-signature.json");
		pack_section(s, KA_UKI_PCRPKEY, "tpm2-pcr-public-key.pem");
	}
	if (s->version < STUB_PROFILES)
		return;
	/* The stub has the profile in front of os-release. */
	pack_section(s, KA_UKI_OSREL, "os-release");
	pack_section(s, KA_UKI_PROFILE, "profile");
}

/* --- initrds in the stub's order */

static void add_section(struct stub *s, enum ka_uki_part part)
{
	const struct ka_uki_range *range = &s->profile->parts[part];

	if (range->size > 0)
		ka_pieces_add_part(&s->entry->initrds, s->uki->path, ka_uki_part_name(part),
				   range->offset, range->size);
}

static void add_initrds(struct stub *s)
{
	const struct ka_addons *addons = &s->addons;

	for (size_t i = addons->n; i > 0; i--) {
		const struct ka_addon *a = &addons->items[i - 1];

		if (a->ucode.size > 0)
			ka_pieces_add_part(&s->entry->initrds, a->path, ".ucode", a->ucode.offset,
					   a->ucode.size);
	}
	if (s->version >= STUB_UCODE)
		add_section(s, KA_UKI_UCODE);
	pack_extras(s);
	add_section(s, KA_UKI_INITRD);
	pack_beside(s);
	pack_own(s);
	for (size_t i = 0; i < addons->n; i++) {
		const struct ka_addon *a = &addons->items[i];

		if (a->initrd.size > 0)
			ka_pieces_add_part(&s->entry->initrds, a->path, ".initrd", a->initrd.offset,
					   a->initrd.size);
	}
}

/* --- addons */

static int read_addons(struct stub *s, const struct ka_reader *reader)
{
	const struct ka_uki_range *range = &s->profile->parts[KA_UKI_UNAME];
	_cleanup_free_ char *uname = NULL, *global = NULL;
	int r = 0;

	if (s->version < STUB_ADDONS)
		return 0;
	if (range->size > 0)
		r = ka_uki_text(reader, range, &uname);
	if (r < 0)
		return r;
	global = ka_format("%s/loader/addons", s->start->root);
	ka_addons_read(s->host, global, uname, &s->addons, &s->entry->problems);
	ka_addons_read(s->host, s->extra_folder, uname, &s->addons, &s->entry->problems);
	/* Before profiles, addons were for the command line (and devicetrees) alone. */
	for (size_t i = 0; i < s->addons.n && s->version < STUB_PROFILES; i++)
		s->addons.items[i].initrd = s->addons.items[i].ucode = (struct ka_uki_range){ 0 };
	return r;
}

/* --- the command line */

static void append(char **cmdline, const char *text)
{
	_cleanup_free_ char *before = TAKE_PTR(*cmdline);

	if (!text || !*text)
		*cmdline = TAKE_PTR(before);
	else
		*cmdline = ka_format("%s%s%s", before, *before ? " " : "", text);
}

/* Text of the loader, or of the image; Secure Boot forbids the loader's when the image has its own. */
static int base_cmdline(struct stub *s, const struct ka_reader *reader, char **ret)
{
	const struct ka_uki_range *range = &s->profile->parts[KA_UKI_CMDLINE];
	const char *options = s->start->options;
	int r = 0;

	/* Up to 243, not even where it has none. */
	if (options && *options &&
	    !(ka_host_secure_boot(s->host) == KA_YES &&
	      (range->size > 0 || !is_since(s, 244, 0)))) {
		*ret = ka_strdup(options);
		ka_stub_mangle(*ret);
		if (**ret)
			return 0;
		free(*ret);
	}
	if (range->size == 0) {
		*ret = ka_strdup("");
		return 0;
	}
	r = ka_uki_text(reader, range, ret);
	if (r == 0)
		ka_stub_mangle(*ret);
	return r;
}

/*
 * Since 261 the stub adds a console= for each console the firmware has, when nobody names one. Only
 * the firmware knows them; where the running kernel came from such a stub, it was told the same.
 */
static void add_consoles(struct stub *s, char **cmdline)
{
	_cleanup_free_ char *running = NULL, *named = NULL, *info = NULL;
	const char *cursor;
	struct ka_word word;
	int r;

	if (s->version < STUB_CONSOLES || ka_cmdline_get(*cmdline, "console", &named))
		return;
	if (ka_host_efi_string(s->host, "StubInfo", KA_EFI_GUID_LOADER, &info) < 0 ||
	    !ka_startswith(info, "systemd-stub ") ||
	    strtoul(info + strlen("systemd-stub "), NULL, 10) < STUB_CONSOLES) {
		ka_report(&s->entry->problems, KA_INFO, KA_ID_UKI_CONSOLES, s->uki->path,
			  "pass --append=console=…",
			  "systemd-stub %u adds the firmware's consoles to the command line, "
			  "which are not known here",
			  s->version);
		return;
	}
	r = ka_host_read_line(s->host, "/proc/cmdline", &running, NULL);
	if (r < 0) {
		ka_uki_report_unread(&s->entry->problems, "/proc/cmdline", r);
		return;
	}
	for (cursor = running; ka_cmdline_next(&cursor, &word);) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		if (!ka_word_value(&word, "console", &len))
			continue;
		text = ka_strndup(word.text, word.len);
		append(cmdline, text);
	}
}

static int make_cmdline(struct stub *s, const struct ka_reader *reader)
{
	_cleanup_free_ char *cmdline = NULL, *extra = NULL;
	int r;

	r = base_cmdline(s, reader, &cmdline);
	if (r < 0)
		return r;
	append(&cmdline, s->addons.cmdline.text);
	/* SMBIOS, with the addons. */
	r = s->version < STUB_ADDONS
		    ? 0
		    : ka_host_oem_string(s->host, "io.systemd.stub.kernel-cmdline-extra=", &extra);
	if (r < 0)
		ka_uki_report_unread(&s->entry->problems, "/sys/firmware/dmi/entries", r);
	if (r > 0) {
		ka_stub_mangle(extra);
		append(&cmdline, extra);
	}
	add_consoles(s, &cmdline);
	free(s->entry->cmdline);
	s->entry->cmdline = TAKE_PTR(cmdline);
	return 0;
}

/* --- what stays behind */

static void report_losses(struct stub *s)
{
	const struct ka_uki_range *parts = s->profile->parts;
	struct ka_findings *problems = &s->entry->problems;
	bool has_dtb = parts[KA_UKI_DTB].size > 0 || parts[KA_UKI_DTBAUTO].size > 0;

	for (size_t i = 0; i < s->addons.n; i++)
		has_dtb |= s->addons.items[i].has_dtb;
	if (has_dtb && !ka_host_has_acpi(s->host))
		ka_report(problems, KA_WARNING, KA_ID_UKI_DEVICETREE, s->uki->path, NULL,
			  "the image or an addon brings a devicetree; a kexec keeps the one that "
			  "is in use");
	if (parts[KA_UKI_PCRSIG].size > 0)
		ka_report(problems, KA_WARNING, KA_ID_UKI_PCR, s->uki->path,
			  "have a passphrase or recovery key at hand, or reboot cold",
			  "the image has signed PCR policies; a kexec does not measure, so what "
			  "is sealed to PCR 11 may not unlock");
	if (s->addons.n > 0 && ka_host_secure_boot(s->host) == KA_YES)
		ka_report(problems, KA_WARNING, KA_ID_UKI_ADDON_UNVERIFIED, s->addons.items[0].path,
			  "check their signatures with sbverify(1)",
			  "%zu addons are used; the firmware would verify their signatures first, "
			  "which cannot be done from here",
			  s->addons.n);
}

static int fill(struct stub *s, const struct ka_reader *reader)
{
	const struct ka_uki_range *kernel = &s->profile->parts[KA_UKI_LINUX];
	struct ka_entry *entry = s->entry;
	int r;

	free(entry->kernel);
	entry->kernel = ka_strdup(s->uki->path);
	entry->kernel_offset = kernel->offset;
	entry->kernel_size = kernel->size;
	if (kernel->size == 0) {
		ka_report(&entry->problems, KA_ERROR, KA_ID_KERNEL_MISSING, s->uki->path, NULL,
			  "this profile of the image has an empty .linux section");
		return 0;
	}
	s->extra_folder = extra_folder(s);
	r = read_addons(s, reader);
	if (r < 0)
		return r;
	add_initrds(s);
	r = make_cmdline(s, reader);
	if (r == 0)
		report_losses(s);
	return r;
}

int ka_uki_fill_entry(struct ka_host *host, const struct ka_uki *uki,
		      const struct ka_uki_start *start, struct ka_entry *entry)
{
	struct stub s = {
		.host = host,
		.uki = uki,
		.start = start,
		.entry = entry,
		/* One that does not say is a recent one, or not systemd's. */
		.version = uki->stub_version ? uki->stub_version : STUB_GLOBAL_EXTS,
		.patch = uki->stub_patch,
	};
	_cleanup_close_ int fd = -1;
	struct ka_reader reader;
	int r;

	entry->type = KA_TYPE_UKI;
	if (start->profile >= uki->n_profiles) {
		ka_report(&entry->problems, KA_ERROR, KA_ID_UKI_PROFILE, uki->path, NULL,
			  "profile %u is asked for, the image has %zu", start->profile,
			  uki->n_profiles);
		return 0;
	}
	s.profile = &uki->profiles[start->profile];
	r = ka_uki_open(host, uki->path, &fd, &reader);
	if (r == 0)
		r = uki->is_thin ? ka_thin_fill(host, uki, start, &reader, entry)
				 : fill(&s, &reader);
	/* The image was read before; what fails now is an error of this entry alone. */
	if (r < 0)
		ka_uki_report_unread(&entry->problems, uki->path, r);
	free(s.extra_folder);
	ka_addons_done(&s.addons);
	return 0;
}
