// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware's boot options: Boot#### variables, EFI_LOAD_OPTION (UEFI, section 3.1.3). */

#include "host/host-internal.h"

#include "base/reader.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

#define ACTIVE	 0x1u	 /* LOAD_OPTION_ACTIVE */
#define CATEGORY 0x1f00u /* LOAD_OPTION_CATEGORY; 0: to be booted */

/* Types of device path nodes, and subtypes (UEFI, section 10.3). */
#define MESSAGING	3
#define MESSAGING_MAC	11
#define MESSAGING_IPV4	12
#define MESSAGING_IPV6	13
#define MESSAGING_URI	24
#define MEDIA		4
#define MEDIA_PARTITION 1 /* number, start, size, signature, format, kind of signature */
#define MEDIA_FILE	4

#define PARTITION_SIZE 42u
#define SIGNATURE_MBR  1
#define SIGNATURE_GUID 2

void ka_boot_option_done(struct ka_boot_option *option)
{
	free(option->description);
	free(option->partition);
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

/* The name that Linux gives to the partition of a hard drive node; NULL: it has none. */
static char *partition_name(const uint8_t *node)
{
	const uint8_t *sig = node + 24;

	if (node[41] == SIGNATURE_MBR)
		return ka_format("PARTUUID=%08x-%02x", ka_le32(sig), ka_le32(node + 4));
	if (node[41] != SIGNATURE_GUID)
		return NULL;
	return ka_format("PARTUUID=%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", ka_le32(sig),
			 ka_le16(sig + 4), ka_le16(sig + 6), sig[8], sig[9], sig[10], sig[11],
			 sig[12], sig[13], sig[14], sig[15]);
}

/* One of the nodes that name the file; backslashes become slashes. */
static void add_file(struct ka_buf *path, const uint8_t *p, size_t at, size_t end)
{
	_cleanup_free_ char *name = take_text(p, end, &at);

	for (char *c = name; *c; c++)
		if (*c == '\\')
			*c = '/';
	ka_buf_addf(path, "%s%s", *name == '/' || path->len > 0 ? "" : "/", name);
}

static void take_node(const uint8_t *node, size_t size, struct ka_boot_option *ret)
{
	if (node[0] == MESSAGING && (node[1] == MESSAGING_MAC || node[1] == MESSAGING_IPV4 ||
				     node[1] == MESSAGING_IPV6 || node[1] == MESSAGING_URI))
		ret->device = KA_BOOT_DEVICE_NETWORK;
	if (node[0] == MEDIA && node[1] == MEDIA_PARTITION && size >= PARTITION_SIZE) {
		ret->device = KA_BOOT_DEVICE_PARTITION;
		free(ret->partition);
		ret->partition = partition_name(node);
	}
}

static void take_device_path(const uint8_t *p, size_t at, size_t end, struct ka_boot_option *ret)
{
	_cleanup_(ka_buf_done) struct ka_buf path = { 0 };

	for (size_t size; at + 4 <= end; at += size) {
		size = ka_le16(p + at + 2);
		if (size < 4 || size > end - at)
			break;
		if (p[at] == MEDIA && p[at + 1] == MEDIA_FILE)
			add_file(&path, p, at + 4, at + size);
		else
			take_node(p + at, size, ret);
	}
	/* A slash alone is a directory: no file is named. */
	if (path.len > 1)
		ret->path = ka_buf_take(&path);
}

/* Words in UTF-16LE, up to a NUL or the end, mostly of ASCII; a GUID, as OVMF has it there, is none. */
static bool is_text(const uint8_t *p, size_t len)
{
	size_t n = 0, n_ascii = 0;

	for (; 2 * n + 2 <= len && ka_le16(p + 2 * n) != 0; n++) {
		if (ka_le16(p + 2 * n) < 0x20)
			return false;
		n_ascii += ka_le16(p + 2 * n) < 0x7f;
	}
	return n_ascii > 0 && n_ascii * 2 >= n;
}

int ka_boot_option_parse(const uint8_t *p, size_t len, struct ka_boot_option *ret)
{
	struct ka_boot_option option = { 0 };
	size_t at = 6, path_end;

	if (len < 6)
		return 0;
	option.is_active = ka_le32(p) & ACTIVE;
	option.is_application = (ka_le32(p) & CATEGORY) != 0;
	option.description = take_text(p, len, &at);
	path_end = at + ka_le16(p + 4);
	if (path_end > len) {
		ka_boot_option_done(&option);
		return 0;
	}
	take_device_path(p, at, path_end, &option);
	/* What stands behind is the program's: words for it, or bytes of no meaning to others. */
	if (is_text(p + path_end, len - path_end))
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
