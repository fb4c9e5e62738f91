// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does to an environment block on standard input what grub-editenv(1) does to a file:
 *
 *	grubenv list		its variables, "NAME=VALUE" a line
 *	grubenv set NAME VALUE	the block afterwards
 *	grubenv unset NAME
 *
 * Prints "invalid" for what is no block or a broken one, "full" where there is no room.
 */

#include "restart/commit.h"
#include "world/envblk.h"

#include <errno.h>
#include <stdio.h>

static int list(const char *data, size_t size)
{
	struct grub_envblk block = { 0 };
	int r = grub_envblk_parse(data, size, &block);

	for (size_t i = 0; r == 0 && i < block.n; i++)
		printf("%s=%s\n", block.names[i], block.values[i]);
	grub_envblk_done(&block);
	return r;
}

static int edit(char *data, size_t size, const char *name, const char *value)
{
	int r = ka_grubenv_edit(data, size, name, value);

	if (r == 0)
		fwrite(data, 1, size, stdout);
	return r;
}

int main(int argc, char *argv[])
{
	static char data[65536];
	size_t size = fread(data, 1, sizeof(data) - 1, stdin);
	int r;

	if (argc == 2)
		r = list(data, size);
	else
		r = edit(data, size, argv[2], argc == 4 ? argv[3] : NULL);
	if (r < 0)
		fputs(r == -EBADMSG ? "invalid" : r == -ENOSPC ? "full" : "error", stdout);
	return 0;
}
