// SPDX-License-Identifier: GPL-2.0-or-later
/* EFI variables through efivarfs: 4 bytes of attributes, then the value (UEFI, section 8.2). */

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <errno.h>

#define EFIVAR_LIMIT  65536
#define EFIVAR_FOLDER "/sys/firmware/efi/efivars"

int ka_host_efi_variable(struct ka_host *host, const char *name, const char *guid, uint8_t **ret,
			 size_t *ret_len)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	uint8_t *value;
	size_t len;
	int r;

	path = ka_format(EFIVAR_FOLDER "/%s-%s", name, guid);
	if (!path)
		return -ENOMEM;
	r = ka_host_read(host, path, EFIVAR_LIMIT, &text, &len, NULL);
	if (r < 0)
		return r;
	if (len < 4)
		return -EBADMSG;

	value = malloc(len - 4 + 1);
	if (!value)
		return -ENOMEM;
	memcpy(value, text + 4, len - 4 + 1);
	*ret = value;
	*ret_len = len - 4;
	return 0;
}

/* One code point as UTF-8; surrogates cannot come here. (iconv(3) would do it too, but needs
 * conversion modules that small systems do not install.) */
static int add_utf8(struct ka_buf *buf, uint32_t c)
{
	char out[4];
	size_t n;

	if (c < 0x80) {
		out[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		out[0] = (char)(0xf0 | c >> 18);
		out[1] = (char)(0x80 | (c >> 12 & 0x3f));
		out[2] = (char)(0x80 | (c >> 6 & 0x3f));
		out[3] = (char)(0x80 | (c & 0x3f));
		n = 4;
	}
	return ka_buf_add(buf, out, n);
}

int ka_efi_decode(const uint8_t *value, size_t len, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	if (len % 2 != 0)
		return -EILSEQ;

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t c = (uint32_t)(value[i] | value[i + 1] << 8);

		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			uint32_t low = (uint32_t)(value[i + 2] | value[i + 3] << 8);

			if (low < 0xdc00 || low > 0xdfff)
				return -EILSEQ;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			return -EILSEQ;
		}
		if (add_utf8(&buf, c) < 0)
			return -ENOMEM;
	}
	*ret = ka_buf_take(&buf);
	return *ret ? 0 : -ENOMEM;
}

int ka_host_efi_string(struct ka_host *host, const char *name, const char *guid, char **ret)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;
	int r;

	r = ka_host_efi_variable(host, name, guid, &value, &len);
	return r < 0 ? r : ka_efi_decode(value, len, ret);
}
