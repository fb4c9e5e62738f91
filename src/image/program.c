// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which program is this EFI file? What it says of itself in its sections comes first; a text inside
 * counts only for programs that have none of them.
 */

#include "image/image.h"
#include "image/mods.h"
#include "image/pe.h"

#include <kexec-any/memory.h>
#include <kexec-any/osrelease.h>
#include <kexec-any/program.h>
#include <kexec-any/text.h>

#include <errno.h>

/* .sbat of a loader is a few hundred bytes, .sdmagic 50. */
#define SECTION_LIMIT 16384u
/* Texts that tell a program stand in its first MiB, by all that were looked at. */
#define TEXT_LIMIT (1u << 20)

static const struct {
	const char *name, *title;
} kinds[_KA_PROGRAM_MAX] = {
	[KA_PROGRAM_UNKNOWN] = { "unknown", "an unknown program" },
	[KA_PROGRAM_SHIM] = { "shim", "shim" },
	[KA_PROGRAM_FALLBACK] = { "shim", "shim's fallback" },
	[KA_PROGRAM_MOKMANAGER] = { "shim", "shim's MokManager" },
	[KA_PROGRAM_GRUB] = { "grub", "GRUB" },
	[KA_PROGRAM_SYSTEMD_BOOT] = { "systemd-boot", "systemd-boot" },
	[KA_PROGRAM_SYSTEMD_STUB] = { "systemd-stub", "a unified kernel image" },
	[KA_PROGRAM_LINUX] = { "linux", "a Linux kernel" },
	[KA_PROGRAM_REFIND] = { "refind", "rEFInd" },
	[KA_PROGRAM_LIMINE] = { "limine", "Limine" },
	[KA_PROGRAM_SYSLINUX] = { "syslinux", "SYSLINUX" },
	[KA_PROGRAM_U_BOOT] = { "u-boot", "U-Boot" },
	[KA_PROGRAM_ZIPL] = { "zipl", "zipl" },
	[KA_PROGRAM_LILO] = { "lilo", "LILO" },
	[KA_PROGRAM_GRUB_LEGACY] = { "grub-legacy", "GRUB Legacy" },
	[KA_PROGRAM_ZFSBOOTMENU] = { "zfsbootmenu", "ZFSBootMenu" },
	[KA_PROGRAM_HEADS] = { "heads", "heads" },
	[KA_PROGRAM_PETITBOOT] = { "petitboot", "petitboot" },
	[KA_PROGRAM_RASPBERRYPI] = { "raspberrypi", "the Raspberry Pi's firmware" },
	[KA_PROGRAM_DEPTHCHARGE] = { "depthcharge", "depthcharge" },
	[KA_PROGRAM_OPENCORE] = { "opencore", "OpenCore" },
	[KA_PROGRAM_CLOVER] = { "clover", "Clover" },
	[KA_PROGRAM_MEMTEST] = { "memtest", "Memtest86+" },
	[KA_PROGRAM_IPXE] = { "ipxe", "iPXE" },
	[KA_PROGRAM_FWUPD] = { "fwupd", "fwupd's updater" },
	[KA_PROGRAM_WINDOWS] = { "windows", "Windows" },
};

static const char *const evidences[_KA_EVIDENCE_MAX] = {
	[KA_EVIDENCE_NONE] = "none",
	[KA_EVIDENCE_SBAT] = "sbat",
	[KA_EVIDENCE_SDMAGIC] = "sdmagic",
	[KA_EVIDENCE_MODS] = "mods",
	[KA_EVIDENCE_HEADER] = "header",
	[KA_EVIDENCE_TEXT] = "text",
	[KA_EVIDENCE_BOOT_SECTOR] = "bootsector",
	[KA_EVIDENCE_LOADER_INFO] = "LoaderInfo",
	[KA_EVIDENCE_CMDLINE] = "cmdline",
	[KA_EVIDENCE_FILES] = "files",
};

const char *ka_program_name(enum ka_program_kind kind)
{
	return kinds[kind].name;
}

const char *ka_program_title(enum ka_program_kind kind)
{
	return kinds[kind].title;
}

const char *ka_program_evidence_name(enum ka_program_evidence evidence)
{
	return evidences[evidence];
}

void ka_program_done(struct ka_program *program)
{
	free(program->vendor);
	free(program->version);
	free(program->prefix);
	free(program->config);
	ka_strv_free(program->modules);
	*program = (struct ka_program){ .kind = KA_PROGRAM_UNKNOWN };
}

bool ka_program_has_module(const struct ka_program *program, const char *name)
{
	return ka_strv_contains(program->modules, name);
}

/* The text of a section, NUL-terminated; NULL: there is none, or it is too long to be one. */
static int read_text(const struct ka_reader *reader, const struct ka_pe *pe, const char *name,
		     char **ret)
{
	const struct ka_pe_section *s = ka_pe_find(pe, name);
	size_t n = s && s->virtual_size && s->virtual_size < s->raw_size ? s->virtual_size
		   : s							 ? s->raw_size
									 : 0;
	_cleanup_free_ char *text = NULL;
	int r;

	if (n == 0 || n > SECTION_LIMIT)
		return 0;
	text = ka_calloc(n + 1, 1);
	r = ka_read_at(reader, s->raw_offset, text, n);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(text);
	return 1;
}

/* --- .sbat: "component,generation,vendor,package,version,url" a line */

static const struct {
	const char *component;
	enum ka_program_kind kind;
} components[] = {
	{ "grub", KA_PROGRAM_GRUB },
	{ "shim", KA_PROGRAM_SHIM },
	{ "systemd", KA_PROGRAM_SYSTEMD_BOOT },
	{ "systemd-boot", KA_PROGRAM_SYSTEMD_BOOT },
	{ "systemd-stub", KA_PROGRAM_SYSTEMD_STUB },
	{ "memtest86+", KA_PROGRAM_MEMTEST },
	{ "limine", KA_PROGRAM_LIMINE },
	{ "refind", KA_PROGRAM_REFIND },
	{ "ipxe", KA_PROGRAM_IPXE },
	{ "fwupd-efi", KA_PROGRAM_FWUPD },
	{ "fwupd", KA_PROGRAM_FWUPD },
	{ "u-boot", KA_PROGRAM_U_BOOT },
};

static enum ka_program_kind kind_of_component(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(components); i++)
		if (ka_streq(components[i].component, name))
			return components[i].kind;
	return KA_PROGRAM_UNKNOWN;
}

/* The next field of a line; *line moves behind it. Never NULL. */
static char *next_field(char **line)
{
	char *field = *line, *end = strchrnul(field, ',');

	*line = *end ? end + 1 : end;
	*end = '\0';
	return field;
}

/* "grub.debian,5,Debian,grub2,2.06-13+deb12u2,…": the first vendor's line of the component counts. */
static void read_sbat_line(char *line, struct ka_program *ret)
{
	char *component = next_field(&line), *dot = strchr(component, '.');
	const char *package, *version;
	enum ka_program_kind kind;

	next_field(&line); /* generation */
	next_field(&line); /* vendor, for people */
	package = next_field(&line);
	version = next_field(&line);
	/* Memtest86+ leaves out the package. */
	if (strstr(version, "://"))
		version = package;
	if (dot)
		*dot = '\0';
	kind = kind_of_component(component);
	if (kind == KA_PROGRAM_UNKNOWN || (ret->kind != KA_PROGRAM_UNKNOWN && ret->kind != kind))
		return;
	ret->kind = kind;
	ret->evidence = KA_EVIDENCE_SBAT;
	if (dot && ret->vendor)
		return;
	free(ret->version);
	ret->version = ka_strdup(version);
	if (dot)
		ret->vendor = ka_strdup(dot + 1);
}

static void read_sbat(char *text, struct ka_program *ret)
{
	for (char *cursor = text, *line; (line = ka_next_line(&cursor));)
		read_sbat_line(line, ret);
}

/* --- .sdmagic: "#### LoaderInfo: systemd-boot 257.8-1 ####" */

static void read_sdmagic(char *text, struct ka_program *ret)
{
	static const struct {
		const char *start;
		enum ka_program_kind kind;
	} known[] = {
		{ "systemd-boot ", KA_PROGRAM_SYSTEMD_BOOT },
		{ "systemd-stub ", KA_PROGRAM_SYSTEMD_STUB },
	};
	const char *info = ka_startswith(text, "#### LoaderInfo: ");

	for (size_t i = 0; info && i < ARRAY_SIZE(known); i++) {
		const char *version = ka_startswith(info, known[i].start);

		if (!version)
			continue;
		free(ret->version);
		ret->version = ka_strndup(version, strcspn(version, " "));
		ret->kind = known[i].kind;
		ret->evidence = KA_EVIDENCE_SDMAGIC;
	}
}

/* Before systemd 250 it stands among the program's data. */
static bool find_sdmagic(const char *data, size_t n, struct ka_program *ret)
{
	static const char start[] = "#### LoaderInfo: systemd-boot ";
	const char *p = memmem(data, n, start, strlen(start));
	_cleanup_free_ char *text = NULL;

	if (!p)
		return false;
	text = ka_strndup(p, strnlen(p, (size_t)(data + n - p)));
	read_sdmagic(text, ret);
	return ret->kind != KA_PROGRAM_UNKNOWN;
}

/* --- texts */

static const struct {
	enum ka_program_kind kind;
	const char *text;
	bool wide; /* UTF-16LE */
} texts[] = {
	{ KA_PROGRAM_REFIND, "refind.conf", true },
	{ KA_PROGRAM_LIMINE, "limine.conf", false },
	{ KA_PROGRAM_LIMINE, "limine.cfg", false },
	{ KA_PROGRAM_IPXE, "#!ipxe", false },
	{ KA_PROGRAM_OPENCORE, "OpenCore", false },
	{ KA_PROGRAM_CLOVER, "CLOVER", true },
	{ KA_PROGRAM_WINDOWS, "bootmgfw.pdb", false },
	{ KA_PROGRAM_WINDOWS, "bootmgr.pdb", false },
	{ KA_PROGRAM_SYSLINUX, "syslinux.cfg", false },
	{ KA_PROGRAM_MEMTEST, "Memtest86+", false },
};

static bool has_text(const char *data, size_t n, const char *text, bool wide)
{
	char pattern[64];
	size_t len = 0;

	for (; *text && len + 2 <= sizeof(pattern); text++) {
		pattern[len++] = *text;
		if (wide)
			pattern[len++] = '\0';
	}
	return memmem(data, n, pattern, len) != NULL;
}

static int read_texts(const struct ka_reader *reader, struct ka_program *ret)
{
	size_t n = reader->size < TEXT_LIMIT ? (size_t)reader->size : TEXT_LIMIT;
	_cleanup_free_ char *data = ka_malloc(n + 1);
	int r = ka_read_at(reader, 0, data, n);

	if (r == 0 && find_sdmagic(data, n, ret))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts) && r == 0; i++)
		if (has_text(data, n, texts[i].text, texts[i].wide)) {
			ret->kind = texts[i].kind;
			ret->evidence = KA_EVIDENCE_TEXT;
			return 0;
		}
	return r;
}

/* --- all together */

/* ZFSBootMenu is such an image: its os-release(5), which is modified, says so. */
static bool is_zfsbootmenu(char *osrel)
{
	char *cursor = osrel, *line;

	while (cursor && (line = ka_next_line(&cursor)) != NULL) {
		const char *id = ka_os_release_value(line, "ID");

		if (id && ka_streq(id, "zfsbootmenu"))
			return true;
	}
	return false;
}

static int read_uki(const struct ka_reader *reader, const struct ka_pe *pe, bool has_magic,
		    struct ka_program *ret)
{
	_cleanup_free_ char *osrel = NULL;
	int r = read_text(reader, pe, ".osrel", &osrel);

	if (r < 0)
		return r;
	ret->kind = is_zfsbootmenu(osrel) ? KA_PROGRAM_ZFSBOOTMENU : KA_PROGRAM_SYSTEMD_STUB;
	ret->evidence = has_magic ? KA_EVIDENCE_SDMAGIC : KA_EVIDENCE_HEADER;
	return 0;
}

/* shim, its fallback and MokManager have one .sbat. What each alone has among its texts: */
static int tell_shims_apart(const struct ka_reader *reader, const struct ka_pe *pe,
			    struct ka_program *ret)
{
	const struct ka_pe_section *s = ka_pe_find(pe, ".data");
	_cleanup_free_ char *data = NULL;
	int r;

	if (!s || s->raw_size > TEXT_LIMIT)
		return 0;
	data = ka_malloc(s->raw_size + 1u);
	r = ka_read_at(reader, s->raw_offset, data, s->raw_size);
	if (r < 0)
		return r;
	if (has_text(data, s->raw_size, "FALLBACK_VERBOSE", true))
		ret->kind = KA_PROGRAM_FALLBACK;
	else if (has_text(data, s->raw_size, "Perform MOK management", true))
		ret->kind = KA_PROGRAM_MOKMANAGER;
	return 0;
}

/* A stub alone, without a kernel, starts nothing. */
static void forget_stub(struct ka_program *ret)
{
	if (ret->kind != KA_PROGRAM_SYSTEMD_STUB)
		return;
	ka_program_done(ret);
	*ret = (struct ka_program){ .kind = KA_PROGRAM_UNKNOWN };
}

static int read_sections(const struct ka_reader *reader, const struct ka_pe *pe,
			 struct ka_program *ret)
{
	_cleanup_free_ char *sbat = NULL, *sdmagic = NULL;
	const struct ka_pe_section *mods = ka_pe_find(pe, "mods");
	int r;

	r = read_text(reader, pe, ".sbat", &sbat);
	if (r >= 0)
		r = read_text(reader, pe, ".sdmagic", &sdmagic);
	if (r < 0)
		return r;
	if (sbat)
		read_sbat(sbat, ret);
	if (sdmagic)
		read_sdmagic(sdmagic, ret);
	if (ka_pe_find(pe, ".linux"))
		return read_uki(reader, pe, sdmagic != NULL, ret);
	forget_stub(ret);
	if (ret->kind == KA_PROGRAM_SHIM)
		return tell_shims_apart(reader, pe, ret);
	if (mods && (ret->kind == KA_PROGRAM_UNKNOWN || ret->kind == KA_PROGRAM_GRUB))
		return ka_mods_read(reader, mods, ret);
	return 0;
}

int ka_program_parse(const struct ka_reader *reader, struct ka_program *ret)
{
	const char *why = NULL;
	struct ka_pe pe;
	int r;

	r = ka_pe_read(reader, &pe, &why);
	if (r < 0 && r != -EBADMSG)
		return r;
	if (r > 0)
		r = read_sections(reader, &pe, ret);
	if (r < 0 && r != -EBADMSG)
		return r;
	if (ret->kind != KA_PROGRAM_UNKNOWN)
		return 0;
	if (ka_bzimage_detect(reader) || ka_raw_detect(reader)) {
		ret->kind = KA_PROGRAM_LINUX;
		ret->evidence = KA_EVIDENCE_HEADER;
		return 0;
	}
	return read_texts(reader, ret);
}

int ka_program_identify(struct ka_host *host, const char *path, struct ka_program *ret)
{
	struct ka_program program = { .kind = KA_PROGRAM_UNKNOWN };
	_cleanup_close_ int fd = -1;
	struct ka_reader reader;
	struct stat st;
	int r;

	r = ka_host_open(host, path, &fd, NULL);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return ka_errno();
	reader = (struct ka_reader){ .fd = fd, .size = (uint64_t)st.st_size };
	r = ka_program_parse(&reader, &program);
	if (r < 0) {
		ka_program_done(&program);
		return r;
	}
	*ret = program;
	return program.kind != KA_PROGRAM_UNKNOWN;
}
