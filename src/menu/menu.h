/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "menu/chooser.h"
#include "output/output.h"

/*
 * Let somebody at the terminal choose an entry: on the whole screen by ncurses, or, where that library or
 * what the terminal would need is missing, by the list and a question.
 *
 * index: the entry to mark first, -1 for none. 1: *ret_index was chosen, and *ret_cmdline is the command
 * line that was typed in place of its own, or NULL; 0: nothing was chosen; negative: the terminal failed.
 */
int ka_menu_choose(const struct ka_style *style, const struct ka_menu *menu, ssize_t index,
		   size_t *ret_index, char **ret_cmdline, struct ka_error *err) _must_check_;

/* screen.c: the same by ncurses; -EOPNOTSUPP: not here, and the screen is as it was. */
int ka_screen_run(struct ka_chooser *chooser, struct ka_error *err) _must_check_;
