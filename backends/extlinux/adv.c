// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The auxiliary data vector: the last 1024 bytes of ldlinux.sys, two copies of 512. Each has a magic number, a
 * checksum, tags (byte, length, text) up to a zero, and another magic number (libinstaller/setadv.c and
 * com32/elflink/ldlinux/getadv.c of SYSLINUX).
 */

#include "syslinux.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define ADV_SIZE   512u
#define ADV_MAGIC1 0x5a2d2fa5u
#define ADV_MAGIC2 0xa3041767u
#define ADV_MAGIC3 0xdd28bf64u

static uint32_t number(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_consistent(const uint8_t *p)
{
	uint32_t sum = 0;

	if (number(p) != ADV_MAGIC1 || number(p + ADV_SIZE - 4) != ADV_MAGIC3)
		return false;
	for (size_t i = 4; i < ADV_SIZE - 4; i += 4)
		sum += number(p + i);
	return sum == ADV_MAGIC2;
}

static char *get(const uint8_t *p, size_t left, unsigned int tag)
{
	while (left >= 2 && *p) {
		size_t n = p[1];

		if (n > left - 2)
			return NULL;
		if (*p == tag)
			return n ? ka_strndup((const char *)p + 2, n) : NULL;
		p += n + 2;
		left -= n + 2;
	}
	return NULL;
}

char *sys_adv_get(const uint8_t *data, size_t len, unsigned int tag)
{
	if (len < (size_t)2 * ADV_SIZE)
		return NULL;
	data += len - (size_t)2 * ADV_SIZE;
	for (int copy = 0; copy < 2; copy++, data += ADV_SIZE)
		if (is_consistent(data))
			return get(data + 8, ADV_SIZE - 12, tag);
	return NULL;
}

char *sys_version(const char *data, size_t len)
{
	static const char name[] = "LINUX ";
	const char *end = data + len, *p = data;

	/* "SYSLINUX 6.04 ", "EXTLINUX 6.04 ". */
	while ((p = memmem(p, (size_t)(end - p), name, sizeof(name) - 1))) {
		size_t n = 0;

		p += sizeof(name) - 1;
		while (p + n < end && n < 16 && (ka_is_digit(p[n]) || p[n] == '.'))
			n++;
		if (n > 2 && ka_is_digit(*p) && memchr(p, '.', n))
			return ka_strndup(p, n);
	}
	return NULL;
}
