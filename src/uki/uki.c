// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a unified kernel image: which sections, in which profile. Rules: UAPI.5 "Unified Kernel
 * Image", src/boot/pe.c and boot.c of systemd. The table is split at every .profile; what stands
 * before the first is the base, and a profile's own sections take the place of the base's of the same
 * name, also when they are empty.
 */

#include "image/pe.h"
#include "uki/uki-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define PROFILES_LIMIT 256
#define TEXT_LIMIT     65536

static const char *const part_names[_KA_UKI_PART_MAX] = {
	[KA_UKI_LINUX] = ".linux",     [KA_UKI_OSREL] = ".osrel",     [KA_UKI_CMDLINE] = ".cmdline",
	[KA_UKI_INITRD] = ".initrd",   [KA_UKI_UCODE] = ".ucode",     [KA_UKI_DTB] = ".dtb",
	[KA_UKI_DTBAUTO] = ".dtbauto", [KA_UKI_UNAME] = ".uname",     [KA_UKI_PCRSIG] = ".pcrsig",
	[KA_UKI_PCRPKEY] = ".pcrpkey", [KA_UKI_PROFILE] = ".profile", [KA_UKI_SDMAGIC] = ".sdmagic",
	[KA_UKI_LINUXH] = ".linuxh",   [KA_UKI_INITRDH] = ".initrdh",
};

const char *ka_uki_part_name(enum ka_uki_part part)
{
	return part_names[part];
}

static void profile_done(struct ka_uki_profile *p)
{
	free(p->id);
	free(p->title);
	free(p->osrel);
	free(p->os_name);
	free(p->os_version);
	free(p->os_sort_key);
}

void ka_uki_done(struct ka_uki *uki)
{
	for (size_t i = 0; i < uki->n_profiles; i++)
		profile_done(&uki->profiles[i]);
	free(uki->profiles);
	free(uki->path);
	*uki = (struct ka_uki){ 0 };
}

/* The sections from first to end; of several with one name the first counts. */
static void locate(const struct ka_pe *pe, size_t first, size_t end, struct ka_uki_range *parts)
{
	for (size_t k = 0; k < _KA_UKI_PART_MAX; k++)
		for (size_t i = first; i < end; i++) {
			const struct ka_pe_section *s = &pe->sections[i];
			uint64_t size = s->virtual_size < s->raw_size ? s->virtual_size
								      : s->raw_size;

			if (!ka_streq(s->name, part_names[k]))
				continue;
			parts[k] = (struct ka_uki_range){ .offset = s->raw_offset, .size = size };
			break;
		}
}

/* The index of the first .profile at or behind at, or of the table's end. */
static size_t next_profile(const struct ka_pe *pe, size_t at)
{
	while (at < pe->n_sections && !ka_streq(pe->sections[at].name, ".profile"))
		at++;
	return at;
}

int ka_uki_text(const struct ka_reader *reader, const struct ka_uki_range *range, char **ret)
{
	size_t n = range->size < TEXT_LIMIT ? (size_t)range->size : TEXT_LIMIT;
	_cleanup_free_ char *text = ka_malloc(n + 1);
	int r;

	r = ka_read_at(reader, range->offset, text, n);
	if (r < 0)
		return r;
	text[n] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

static void set_string(char **to, const char *value)
{
	free(*to);
	*to = ka_strdup_or_null(value);
}

/* The fields of os-release(5) that a menu shows, in systemd-boot's order of preference. */
enum { PRETTY_NAME, IMAGE_ID, NAME, ID, IMAGE_VERSION, VERSION, VERSION_ID, BUILD_ID, _FIELD_MAX };

static const char *const field_names[_FIELD_MAX] = {
	"PRETTY_NAME",	 "IMAGE_ID", "NAME",	   "ID",
	"IMAGE_VERSION", "VERSION",  "VERSION_ID", "BUILD_ID",
};

static const char *first_of(const char *const *fields, size_t from, size_t to)
{
	for (; from <= to; from++)
		if (fields[from])
			return fields[from];
	return NULL;
}

static int read_osrel(const struct ka_reader *reader, struct ka_uki_profile *profile)
{
	const char *fields[_FIELD_MAX] = { NULL };
	_cleanup_free_ char *text = NULL;
	char *cursor, *key, *value;
	int r;

	r = ka_uki_text(reader, &profile->parts[KA_UKI_OSREL], &text);
	if (r < 0)
		return r;
	set_string(&profile->osrel, text);
	for (cursor = text; ka_next_key_value(&cursor, "=", &key, &value);)
		for (size_t i = 0; i < _FIELD_MAX; i++)
			if (ka_streq(key, field_names[i]))
				fields[i] = value;
	set_string(&profile->os_name, first_of(fields, PRETTY_NAME, ID));
	set_string(&profile->os_version, first_of(fields, IMAGE_VERSION, BUILD_ID));
	set_string(&profile->os_sort_key, fields[IMAGE_ID] ? fields[IMAGE_ID] : fields[ID]);
	return 0;
}

static int read_profile_text(const struct ka_reader *reader, struct ka_uki_profile *profile)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *key, *value;
	int r;

	r = ka_uki_text(reader, &profile->parts[KA_UKI_PROFILE], &text);
	for (cursor = text; r == 0 && ka_next_key_value(&cursor, "=", &key, &value);) {
		if (ka_streq(key, "ID"))
			set_string(&profile->id, value);
		else if (ka_streq(key, "TITLE"))
			set_string(&profile->title, value);
	}
	return r;
}

static int read_texts(const struct ka_reader *reader, struct ka_uki_profile *profile)
{
	int r = 0;

	if (profile->parts[KA_UKI_OSREL].size > 0)
		r = read_osrel(reader, profile);
	if (r == 0 && profile->parts[KA_UKI_PROFILE].size > 0)
		r = read_profile_text(reader, profile);
	return r;
}

static int add_profile(const struct ka_reader *reader, struct ka_uki *uki,
		       const struct ka_uki_range *parts)
{
	struct ka_uki_profile *p = ka_reallocarray(uki->profiles, uki->n_profiles + 1, sizeof(*p));

	uki->profiles = p;
	p += uki->n_profiles++;
	*p = (struct ka_uki_profile){ .id = NULL };
	memcpy(p->parts, parts, sizeof(p->parts));
	return read_texts(reader, p);
}

static int read_profiles(const struct ka_reader *reader, const struct ka_pe *pe, struct ka_uki *uki)
{
	struct ka_uki_range base[_KA_UKI_PART_MAX] = { { 0 } };
	size_t at = next_profile(pe, 0);
	int r;

	locate(pe, 0, at, base);
	if (at >= pe->n_sections)
		return add_profile(reader, uki, base);
	do {
		struct ka_uki_range parts[_KA_UKI_PART_MAX];
		size_t end = next_profile(pe, at + 1);

		memcpy(parts, base, sizeof(parts));
		locate(pe, at, end, parts);
		r = add_profile(reader, uki, parts);
		if (r < 0)
			return r;
		at = end;
	} while (at < pe->n_sections && uki->n_profiles < PROFILES_LIMIT);
	return 0;
}

/* "#### LoaderInfo: systemd-stub 257.8-1 ####": what stands between. 1, 0 or negative. */
static int read_magic(const struct ka_reader *reader, const struct ka_uki_range *range, char **ret)
{
	static const char begin[] = "#### LoaderInfo: ", end[] = " ####";
	_cleanup_free_ char *text = NULL;
	const char *p, *behind;
	int r;

	if (range->size == 0)
		return 0;
	r = ka_uki_text(reader, range, &text);
	if (r < 0)
		return r;
	p = strstr(text, begin);
	behind = p ? strstr(p, end) : NULL;
	if (!behind)
		return 0;
	p += strlen(begin);
	*ret = ka_strndup(p, (size_t)(behind - p));
	return 1;
}

static int read_version(const struct ka_reader *reader, struct ka_uki *uki)
{
	_cleanup_free_ char *info = NULL;
	const char *number;
	int r;

	r = read_magic(reader, &uki->profiles[0].parts[KA_UKI_SDMAGIC], &info);
	number = r > 0 ? ka_startswith(info, "systemd-stub ") : NULL;
	if (number) {
		char *end;

		uki->stub_version = (unsigned int)strtoul(number, &end, 10);
		if (*end == '.')
			uki->stub_patch = (unsigned int)strtoul(end + 1, NULL, 10);
	}
	return r < 0 ? r : 0;
}

static int read_image(const struct ka_reader *reader, const struct ka_pe *pe, struct ka_uki *uki)
{
	const struct ka_uki_range *parts;
	uint8_t first = 0;
	int r;

	r = read_profiles(reader, pe, uki);
	if (r == 0)
		r = read_version(reader, uki);
	if (r < 0)
		return r;
	parts = uki->profiles[0].parts;
	if (parts[KA_UKI_LINUX].size > 0)
		r = ka_read_at(reader, parts[KA_UKI_LINUX].offset, &first, 1);
	uki->is_thin = parts[KA_UKI_LINUXH].size > 0 || first == '\\' || first == '/';
	return r;
}

int ka_uki_open(struct ka_host *host, const char *path, int *ret_fd, struct ka_reader *ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	r = ka_host_open(host, path, &fd, NULL);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return ka_errno();
	*ret = (struct ka_reader){ .fd = fd, .size = (uint64_t)st.st_size };
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int ka_uki_cmdline(struct ka_host *host, const struct ka_uki *uki, unsigned int profile, char **ret)
{
	const struct ka_uki_range *range = &uki->profiles[profile].parts[KA_UKI_CMDLINE];
	_cleanup_close_ int fd = -1;
	struct ka_reader reader;
	int r;

	if (range->size == 0) {
		*ret = ka_strdup("");
		return 0;
	}
	r = ka_uki_open(host, uki->path, &fd, &reader);
	return r < 0 ? r : ka_uki_text(&reader, range, ret);
}

int ka_uki_parse(const struct ka_reader *reader, struct ka_uki *ret, const char **ret_why)
{
	_cleanup_(ka_uki_done) struct ka_uki uki = { NULL };
	struct ka_pe pe;
	int r;

	r = ka_pe_read(reader, &pe, ret_why);
	if (r <= 0)
		return r;
	if (pe.subsystem != KA_PE_SUBSYSTEM_EFI_APPLICATION || !ka_pe_find(&pe, ".linux"))
		return 0;
	r = read_image(reader, &pe, &uki);
	if (r == -ENODATA) {
		*ret_why = "a section reaches beyond the end of the file";
		return -EBADMSG;
	}
	if (r < 0)
		return r;
	*ret = uki;
	uki = (struct ka_uki){ NULL };
	return 1;
}

int ka_uki_read(struct ka_host *host, const char *path, struct ka_uki *ret, const char **ret_why)
{
	_cleanup_close_ int fd = -1;
	struct ka_reader reader;
	int r;

	r = ka_uki_open(host, path, &fd, &reader);
	if (r == 0)
		r = ka_uki_parse(&reader, ret, ret_why);
	if (r > 0)
		ret->path = ka_strdup(path);
	return r;
}
