// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers as GRUB reads them. */

#include "lang/number.h"

#include <kexec-any/text.h>

#include <errno.h>

uint64_t grub_number(const char *text, const char **ret_end)
{
	const char *p = text;
	int base = 10;
	char *end;
	uint64_t n;

	*ret_end = text;
	while (ka_is_space(*p))
		p++;
	if (!ka_is_digit(*p))
		return 0;
	if (p[0] == '0' && p[1] == 'x')
		base = 16;
	else if (p[0] == '0' && p[1] >= '0' && p[1] <= '7')
		base = 8;
	errno = 0;
	n = strtoull(p, &end, base);
	*ret_end = end;
	return errno == ERANGE ? UINT64_MAX : n;
}
