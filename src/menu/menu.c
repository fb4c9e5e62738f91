// SPDX-License-Identifier: GPL-2.0-or-later
/* --menu where there is no screen to draw on: the list, and a question. */

#include "menu/menu.h"
#include "decide/select.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* The answer's entry; -1 and a message: there is none, ask again. */
static ssize_t entry_of(const struct ka_style *style, const struct ka_menu *menu,
			const char *answer)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	size_t index;
	int r;

	if (*answer == '\0' && menu->default_index >= 0)
		return menu->default_index;
	r = *answer ? ka_select_entry(menu, answer, &index, &err)
		    : ka_fail(&err, -ENOENT, "there is no default");
	if (r < 0) {
		ka_print_error(style, ka_error_text(&err, r));
		return -1;
	}
	if (!ka_entry_is_bootable(menu->entries[index])) {
		ka_print_error(style, "kexec cannot start this entry");
		return -1;
	}
	return (ssize_t)index;
}

static int ask(const struct ka_style *style, const struct ka_menu *menu, size_t *ret)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t index = -1;
	int r = ka_print_list(style, menu);

	if (r < 0)
		return r;
	while (index < 0) {
		fputs(menu->default_index >= 0
			      ? "Restart into (number, id or title; empty: the default; q: none): "
			      : "Restart into (number, id or title; q: none): ",
		      stdout);
		fflush(stdout);
		if (getline(&line, &size, stdin) < 0 || ka_streq(ka_strip(line), "q"))
			return 0;
		index = entry_of(style, menu, ka_strip(line));
	}
	*ret = (size_t)index;
	return 1;
}

int ka_menu_choose(const struct ka_style *style, const struct ka_menu *menu, ssize_t index,
		   size_t *ret_index, char **ret_cmdline, struct ka_error *err)
{
	_cleanup_(ka_chooser_done) struct ka_chooser chooser;
	const char *cmdline;
	int r;

	ka_chooser_init(&chooser, menu, index);
	r = ka_screen_run(&chooser, err);
	if (r == -EOPNOTSUPP) {
		ka_print_warning(style, ka_error_text(err, r));
		ka_error_done(err);
		*ret_cmdline = NULL;
		return ask(style, menu, ret_index);
	}
	if (r <= 0)
		return r;
	*ret_index = (size_t)ka_chooser_marked(&chooser);
	cmdline = ka_chooser_cmdline(&chooser);
	*ret_cmdline = cmdline ? ka_strdup(cmdline) : NULL;
	return 1;
}
