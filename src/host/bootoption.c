// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware's boot options: Boot#### variables, EFI_LOAD_OPTION (UEFI, section 3.1.3). */

#include "host/host-internal.h"

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

static unsigned int le16(const uint8_t *p)
{
	return (unsigned int)(p[0] | p[1] << 8);
}

/* UTF-16LE up to its NUL, ASCII alone: what else there is is '?'. *at moves behind the NUL. */
static int take_text(const uint8_t *p, size_t end, size_t *at, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	char *text;

	for (; *at + 2 <= end && le16(p + *at) != 0; *at += 2) {
		unsigned int c = le16(p + *at);
		char byte = '?';

		if (c < 0x80)
			byte = (char)c;

		if (ka_buf_add(&buf, &byte, 1) < 0)
			return -ENOMEM;
	}
	*at += 2;
	text = ka_buf_take(&buf);
	if (!text)
		return -ENOMEM;
	free(*ret);
	*ret = text;
	return 0;
}

/* The file in a device path, its nodes joined; backslashes become slashes. */
static int take_path(const uint8_t *p, size_t at, size_t end, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (size_t size; at + 4 <= end; at += size) {
		_cleanup_free_ char *name = NULL;
		size_t text = at + 4;

		size = le16(p + at + 2);
		if (size < 4 || size > end - at)
			return 0;
		if (p[at] != MEDIA || p[at + 1] != MEDIA_FILE)
			continue;
		if (take_text(p, at + size, &text, &name) < 0)
			return -ENOMEM;
		for (char *c = name; *c; c++)
			if (*c == '\\')
				*c = '/';
		if (ka_buf_addf(&buf, "%s%s", *name == '/' || buf.len > 0 ? "" : "/", name) < 0)
			return -ENOMEM;
	}
	if (buf.len == 0)
		return 0;
	*ret = ka_buf_take(&buf);
	return *ret ? 0 : -ENOMEM;
}

int ka_boot_option_parse(const uint8_t *p, size_t len, struct ka_boot_option *ret)
{
	struct ka_boot_option option = { 0 };
	size_t at = 6, path_end;
	int r;

	if (len < 6)
		return 0;
	option.is_active = p[0] & ACTIVE;
	r = take_text(p, len, &at, &option.description);
	path_end = at + le16(p + 4);
	if (r == 0 && path_end > len) {
		ka_boot_option_done(&option);
		return 0;
	}
	if (r == 0)
		r = take_path(p, at, path_end, &option.path);
	/* What stands behind is the program's; text, when it begins as such. */
	if (r == 0 && len - path_end >= 4 && le16(p + path_end) > 0x1f)
		r = take_text(p, len, &path_end, &option.options);
	if (r < 0) {
		ka_boot_option_done(&option);
		return r;
	}
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
		return r == -ENOMEM ? r : 0;
	return ka_boot_option_parse(value, len, ret);
}
