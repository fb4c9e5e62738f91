// SPDX-License-Identifier: GPL-2.0-or-later
/* crypttab(5), for the checks of what unlocks a volume. */
#include "checks/crypttab.h"

#include <kexec-any/text.h>

#define CRYPTTAB_LIMIT (1u << 20)

struct ka_crypttab ka_crypttab_open(struct ka_host *host)
{
	struct ka_crypttab table = { 0 };

	if (ka_host_read(host, "/etc/crypttab", CRYPTTAB_LIMIT, &table.text, NULL, NULL) < 0)
		table.text = NULL;
	table.cursor = table.text;
	return table;
}

void ka_crypttab_done(struct ka_crypttab *table)
{
	free(table->text);
	*table = (struct ka_crypttab){ 0 };
}

bool ka_crypttab_next(struct ka_crypttab *table, struct ka_crypttab_line *ret)
{
	char *line, *save = NULL;

	while (table->cursor && (line = ka_next_line(&table->cursor))) {
		ret->name = strtok_r(line, " \t", &save);
		if (!ret->name || *ret->name == '#')
			continue;
		ret->device = strtok_r(NULL, " \t", &save);
		ret->key = strtok_r(NULL, " \t", &save);
		ret->options = strtok_r(NULL, " \t", &save);
		return true;
	}
	return false;
}
