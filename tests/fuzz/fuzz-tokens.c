// SPDX-License-Identifier: GPL-2.0-or-later
/* Tokens of LUKS2 headers. */

#include "fuzz.h"

#include "checks/tokens.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_tokens tokens = { 0 };
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	ka_tokens_add(&tokens, text);
	free(text);
	return 0;
}
