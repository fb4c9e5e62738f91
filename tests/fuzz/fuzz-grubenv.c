// SPDX-License-Identifier: GPL-2.0-or-later
/* Environment blocks: reading them, and every edit keeps the size and can be read back. */

#include "fuzz.h"
#include "restart/commit.h"
#include "world/envblk.h"

#include <stdlib.h>

static const char *find(const struct grub_envblk *block, const char *name)
{
	for (size_t i = 0; i < block->n; i++)
		if (ka_streq(block->names[i], name))
			return block->values[i];
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grub_envblk block = { 0 };
	char *copy = malloc(size + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (grub_envblk_parse(copy, size, &block) == 0) {
		bool had = find(&block, "next_entry");

		grub_envblk_done(&block);
		/* The last byte may be anything: only a block that ends in padding is GRUB's own. */
		if (ka_grubenv_edit(copy, size, "next_entry", "") == 0 && !had && size > 0 &&
		    data[size - 1] == '#') {
			if (grub_envblk_parse(copy, size, &block) < 0)
				abort();
		}
	}
	grub_envblk_done(&block);
	if (ka_grubenv_edit(copy, size, "saved_entry", "a>b\\c\nd") == 0)
		(void)!ka_grubenv_edit(copy, size, "saved_entry", NULL);
	free(copy);
	return 0;
}
