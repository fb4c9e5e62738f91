// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware's boot options: Boot#### variables, EFI_LOAD_OPTION (UEFI, section 3.1.3). */

#include "host/host-internal.h"

#include "base/reader.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

#define ACTIVE	   0x1u /* LOAD_OPTION_ACTIVE */
#define MEDIA	   4	/* type of device path nodes */
#define MEDIA_FILE 4	/* and the subtype of a file's path */

void ka_boot_option_done(struct ka_boot_option *option)
{
	free(option->description);
	free(option->path);
	free(option->options);
	*option = (struct ka_boot_option){ 0 };
}

/* The text at *at, up to its NUL; *at moves behind that. */
static char *take_text(const uint8_t *p, size_t end, size_t *at)
{
	size_t start = *at;

	while (*at + 2 <= end && ka_le16(p + *at) != 0)
		*at += 2;
	*at += 2;
	return ka_efi_decode_any(p + start, *at - 2 - start);
}

/* The file in a device path, its nodes joined; backslashes become slashes. NULL: it names none. */
static char *take_path(const uint8_t *p, size_t at, size_t end)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (size_t size; at + 4 <= end; at += size) {
		_cleanup_free_ char *name = NULL;
		size_t text = at + 4;

		size = ka_le16(p + at + 2);
		if (size < 4 || size > end - at)
			return NULL;
		if (p[at] != MEDIA || p[at + 1] != MEDIA_FILE)
			continue;
		name = take_text(p, at + size, &text);
		for (char *c = name; *c; c++)
			if (*c == '\\')
				*c = '/';
		ka_buf_addf(&buf, "%s%s", *name == '/' || buf.len > 0 ? "" : "/", name);
	}
	return buf.len > 0 ? ka_buf_take(&buf) : NULL;
}

int ka_boot_option_parse(const uint8_t *p, size_t len, struct ka_boot_option *ret)
{
	struct ka_boot_option option = { 0 };
	size_t at = 6, path_end;

	if (len < 6)
		return 0;
	option.is_active = p[0] & ACTIVE;
	option.description = take_text(p, len, &at);
	path_end = at + ka_le16(p + 4);
	if (path_end > len) {
		ka_boot_option_done(&option);
		return 0;
	}
	option.path = take_path(p, at, path_end);
	/* What stands behind is the program's; text, when it begins as such. */
	if (len - path_end >= 4 && ka_le16(p + path_end) > 0x1f)
		option.options = take_text(p, len, &path_end);
	*ret = option;
	return 1;
}

int ka_host_boot_option(struct ka_host *host, unsigned int number, struct ka_boot_option *ret)
{
	_cleanup_free_ uint8_t *value = NULL;
	char name[16];
	size_t len;
	int r;

	snprintf(name, sizeof(name), "Boot%04X", number & 0xffff);
	r = ka_host_efi_variable(host, name, KA_EFI_GUID_GLOBAL, &value, &len);
	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	return ka_boot_option_parse(value, len, ret);
}
