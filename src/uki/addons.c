// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addons: small PE files whose sections add to a unified kernel image (systemd-stub(7); load_addons()
 * in src/boot/stub.c). The stub lets firmware and shim verify them; user space cannot, so under
 * Secure Boot their presence is a finding of the caller.
 */

#include "image/pe.h"
#include "uki/uki-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

void ka_stub_mangle(char *cmdline)
{
	char *out = cmdline, *end = cmdline;

	while (*cmdline && ((unsigned char)*cmdline <= ' ' || *cmdline == 0x7f))
		cmdline++;
	for (; *cmdline; cmdline++) {
		bool blank = (unsigned char)*cmdline <= ' ' || *cmdline == 0x7f;

		*out = *cmdline;
		if (blank)
			*out = ' ';
		out++;
		if (!blank)
			end = out;
	}
	*end = '\0';
}

void ka_addons_done(struct ka_addons *addons)
{
	for (size_t i = 0; i < addons->n; i++)
		free(addons->items[i].path);
	free(addons->items);
	ka_buf_done(&addons->cmdline);
	*addons = (struct ka_addons){ .n = 0 };
}

static struct ka_uki_range find(const struct ka_pe *pe, enum ka_uki_part part)
{
	const struct ka_pe_section *s = ka_pe_find(pe, ka_uki_part_name(part));
	struct ka_uki_range range = { 0 };

	if (s) {
		range.offset = s->raw_offset;
		range.size = s->virtual_size < s->raw_size ? s->virtual_size : s->raw_size;
	}
	return range;
}

static int add_cmdline(const struct ka_reader *reader, const struct ka_uki_range *range,
		       struct ka_addons *addons)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ka_uki_text(reader, range, &text);
	if (r < 0)
		return r;
	ka_stub_mangle(text);
	ka_buf_addf(&addons->cmdline, "%s%s", addons->cmdline.len > 0 ? " " : "", text);
	return 0;
}

/* .uname of both must agree, as far as the addon's reaches. 1 it does, 0 it does not. */
static int fits(const struct ka_reader *reader, const struct ka_uki_range *range, const char *uname)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!uname || range->size == 0)
		return 1;
	r = ka_uki_text(reader, range, &text);
	return r < 0 ? r : strncmp(uname, text, range->size) == 0;
}

static int leave_out(struct ka_findings *problems, const char *path, const char *why)
{
	ka_report(problems, KA_WARNING, KA_ID_UKI_ADDON_IGNORED, path, NULL,
		  "the addon is left out, as systemd-stub does: %s", why);
	return 0;
}

void ka_uki_report_unread(struct ka_findings *problems, const char *path, int r)
{
	ka_report(problems, KA_ERROR, KA_ID_FILE_UNREADABLE, path, ka_unread_remedy(r),
		  "cannot read what systemd-stub would: '%s': %s", path, strerror(-r));
}

int ka_uki_list(struct ka_host *host, const char *folder, struct ka_findings *problems, char ***ret)
{
	int r = ka_host_list(host, folder, ret, NULL);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		ka_uki_report_unread(problems, folder, r);
	return r;
}

static int take(const struct ka_reader *reader, const struct ka_pe *pe, const char *path,
		struct ka_addons *addons)
{
	const struct ka_uki_range cmdline = find(pe, KA_UKI_CMDLINE);
	struct ka_addon addon = {
		.path = ka_strdup(path),
		.initrd = find(pe, KA_UKI_INITRD),
		.ucode = find(pe, KA_UKI_UCODE),
		.has_dtb = find(pe, KA_UKI_DTB).size > 0 || find(pe, KA_UKI_DTBAUTO).size > 0,
	};

	addons->items = ka_reallocarray(addons->items, addons->n + 1, sizeof(addon));
	addons->items[addons->n++] = addon;
	return cmdline.size > 0 ? add_cmdline(reader, &cmdline, addons) : 0;
}

static int read_addon(struct ka_host *host, const char *path, const char *uname,
		      struct ka_addons *addons, struct ka_findings *problems)
{
	const char *why = "it is no PE file";
	_cleanup_close_ int fd = -1;
	struct ka_uki_range names;
	struct ka_reader reader;
	struct ka_pe pe;
	int r;

	r = ka_uki_open(host, path, &fd, &reader);
	if (r == -ENOENT || r == -EISDIR || r == -EINVAL)
		return leave_out(problems, path, strerror(-r));
	if (r < 0)
		return r;
	r = ka_pe_read(&reader, &pe, &why);
	if (r <= 0)
		return r < 0 && r != -EBADMSG ? r : leave_out(problems, path, why);
	if (find(&pe, KA_UKI_LINUX).size > 0)
		return leave_out(problems, path, "it holds a kernel, so it is no addon");
	names = find(&pe, KA_UKI_UNAME);
	r = fits(&reader, &names, uname);
	if (r == 0)
		return leave_out(problems, path, "it is for another kernel (.uname)");
	return r < 0 ? r : take(&reader, &pe, path, addons);
}

bool ka_uki_is_extra_name(const char *name)
{
	if (*name == '.' || strlen(name) > 255)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name > 0x7f)
			return false;
	return true;
}

/* What is already read of addons is more than any kernel takes. */
static bool is_full(const struct ka_addons *addons, const char *folder,
		    struct ka_findings *problems)
{
	/* Said once, of the folder where it happened. */
	if (ka_findings_have(problems, KA_ID_UKI_LIMIT))
		return true;
	if (addons->cmdline.len > KA_ADDONS_CMDLINE_LIMIT)
		ka_report(problems, KA_ERROR, KA_ID_UKI_LIMIT, folder, "remove some of the addons",
			  "the command lines of the first %zu addons have %zu bytes, more than the "
			  "limit of %u: no kernel takes so many",
			  addons->n, addons->cmdline.len, KA_ADDONS_CMDLINE_LIMIT);
	else if (addons->n > KA_UKI_EXTRAS_LIMIT)
		ka_report(problems, KA_ERROR, KA_ID_UKI_LIMIT, folder, "remove some of the addons",
			  "more than %u addons", KA_UKI_EXTRAS_LIMIT);
	else
		return false;
	return true;
}

void ka_addons_read(struct ka_host *host, const char *folder, const char *uname,
		    struct ka_addons *addons, struct ka_findings *problems)
{
	_cleanup_strv_ char **names = NULL;

	/* Sorted by bytes, as the stub sorts them. */
	if (ka_uki_list(host, folder, problems, &names) < 0)
		return;
	for (char **p = names; *p && !is_full(addons, folder, problems); p++) {
		_cleanup_free_ char *path = NULL;
		int r;

		if (!ka_uki_is_extra_name(*p) || !ka_endswith_nocase(*p, ".addon.efi"))
			continue;
		path = ka_format("%s/%s", folder, *p);
		r = read_addon(host, path, uname, addons, problems);
		if (r < 0)
			ka_uki_report_unread(problems, path, r);
	}
}
