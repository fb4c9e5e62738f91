// SPDX-License-Identifier: GPL-2.0-or-later
/* EFI variables through efivarfs: 4 bytes of attributes, then the value (UEFI, section 8.2). */

#include "host/host-internal.h"

#include "base/reader.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define EFIVAR_LIMIT  65536
#define EFIVAR_FOLDER "/sys/firmware/efi/efivars"

int ka_host_efi_variable(struct ka_host *host, const char *name, const char *guid, uint8_t **ret,
			 size_t *ret_len)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	size_t len;
	int r;

	path = ka_format(EFIVAR_FOLDER "/%s-%s", name, guid);
	r = ka_host_read(host, path, EFIVAR_LIMIT, &text, &len, NULL);
	if (r < 0)
		return r;
	if (len < 4)
		return -EBADMSG;

	*ret = ka_memdup(text + 4, len - 4 + 1);
	*ret_len = len - 4;
	return 0;
}

/* One code point as UTF-8; surrogates cannot come here. (iconv(3) would do it too, but needs
 * conversion modules that small systems do not install.) */
static void add_utf8(struct ka_buf *buf, uint32_t c)
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
	ka_buf_add(buf, out, n);
}

/* The code point at p, of n bytes, and how many of them it takes; 0: none begins here. */
static size_t next_utf16(const uint8_t *p, size_t n, uint32_t *ret)
{
	uint32_t c = ka_le16(p), low;

	*ret = c;
	if (c < 0xd800 || c > 0xdfff)
		return 2;
	low = n >= 4 ? ka_le16(p + 2) : 0;
	if (c > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0;
	*ret = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	return 4;
}

/* UTF-16LE up to a NUL or the end. Half a pair: -EILSEQ, or U+FFFD where the text is only shown. */
static int decode_utf16(const uint8_t *value, size_t len, bool strict, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	uint32_t c;

	for (size_t i = 0, size; i + 1 < len; i += size) {
		size = next_utf16(value + i, len - i, &c);
		if (size == 0 && strict)
			return -EILSEQ;
		if (size == 0) {
			c = 0xfffd;
			size = 2;
		}
		if (c == 0)
			break;
		add_utf8(&buf, c);
	}
	*ret = ka_buf_take(&buf);
	return 0;
}

int ka_efi_decode(const uint8_t *value, size_t len, char **ret)
{
	return len % 2 != 0 ? -EILSEQ : decode_utf16(value, len, /* strict= */ true, ret);
}

char *ka_efi_decode_any(const uint8_t *value, size_t len)
{
	char *text = NULL;

	(void)decode_utf16(value, len, /* strict= */ false, &text);
	return text;
}

int ka_host_efi_string(struct ka_host *host, const char *name, const char *guid, char **ret)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;
	int r;

	r = ka_host_efi_variable(host, name, guid, &value, &len);
	return r < 0 ? r : ka_efi_decode(value, len, ret);
}
