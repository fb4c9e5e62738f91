// SPDX-License-Identifier: GPL-2.0-or-later
/* --help: the commands and the common options on one screen of 80 by 24; --help=all: every option. */

#include "cli/commands.h"
#include "cli/option-table.h"

#include <kexec-any/text.h>

static void print_option(const struct ka_option *o, int width)
{
	_cleanup_free_ char *name = ka_format("--%s%s", o->name, o->value ? o->value : "");

	if (o->code < 0x100)
		printf("  -%c, %-*s  %s\n", o->code, width, name, o->help);
	else
		printf("      %-*s  %s\n", width, name, o->help);
}

static void print_group(enum ka_option_group group)
{
	for (size_t i = 0; i < ka_n_options; i++)
		if (ka_options[i].group == group)
			print_option(&ka_options[i], 22);
}

enum ka_exit ka_cmd_help(const struct ka_request *request)
{
	puts("Usage: kexec-any [COMMAND] [OPTION...]\n"
	     "Restart into what the boot loader would boot next, without the firmware.\n"
	     "\n"
	     "Commands (without one: check, load and restart):");
	print_group(KA_GROUP_COMMAND);
	puts("\nOptions:");
	print_group(KA_GROUP_COMMON);
	if (!request->help_all) {
		puts("\nkexec-any --help=all and kexec-any(8) have all options.");
		return KA_EXIT_DONE;
	}
	print_group(KA_GROUP_OTHER);
	puts("\nExit status: 0 done, 1 failed, 2 wrong usage, 3 nothing to boot, 4 refused by\n"
	     "a check, 5 loaded but not restarted.\n"
	     "See kexec-any(8), kexec-any-findings(7) and kexec-any-backends(7).");
	return KA_EXIT_DONE;
}
