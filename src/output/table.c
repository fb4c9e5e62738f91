// SPDX-License-Identifier: GPL-2.0-or-later
/* --list: a table in the manner of lsblk(8), by libsmartcols. */

#include "output/output.h"

#include <kexec-any/text.h>

#include <libsmartcols.h>
#include <locale.h>

enum column { COL_MARK, COL_NUMBER, COL_ID, COL_TITLE, COL_VERSION, COL_STATE };

static const struct {
	const char *name;
	double width; /* share of the terminal */
	int flags;
} columns[] = {
	[COL_MARK] = { " ", 1, 0 },
	[COL_NUMBER] = { "#", 2, SCOLS_FL_RIGHT },
	[COL_ID] = { "ID", 0.25, SCOLS_FL_TRUNC },
	[COL_TITLE] = { "TITLE", 0.3, SCOLS_FL_TRUNC },
	[COL_VERSION] = { "VERSION", 0.15, SCOLS_FL_TRUNC },
	[COL_STATE] = { "STATE", 0.2, 0 },
};

static void add_state(struct ka_buf *buf, const char *text)
{
	ka_buf_addf(buf, "%s%s", buf->len > 0 ? ", " : "", text);
}

/*
 * "default, running", or the reason why not. A terminal is too narrow for all of that: the reason is its id
 * there, and --show has the words.
 */
static char *state_of(const struct ka_menu *menu, size_t index, bool is_short)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	const struct ka_entry *e = menu->entries[index];
	const struct ka_finding *problem = ka_findings_first(&e->problems, KA_ERROR);

	if (menu->default_index == (ssize_t)index)
		add_state(&buf, "default");
	if (ka_entry_is_running(e))
		add_state(&buf, "running");
	if (problem)
		add_state(&buf, is_short ? ka_finding_name(problem->id) : problem->text);
	else if (!ka_entry_is_bootable(e))
		add_state(&buf, ka_entry_type_name(e->type));
	return ka_buf_take(&buf);
}

char *ka_entry_full_title(const struct ka_entry *e)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (char *const *p = e->menu; p && *p; p++)
		ka_buf_addf(&buf, "%s > ", *p);
	ka_buf_adds(&buf, e->title);
	return ka_buf_take(&buf);
}

static int add_line(struct libscols_table *table, const struct ka_style *style,
		    const struct ka_menu *menu, size_t index)
{
	const struct ka_entry *e = menu->entries[index];
	struct libscols_line *line = scols_table_new_line(table, NULL);
	bool is_default = menu->default_index == (ssize_t)index;
	int r;

	/* The line owns what it refers to. */
	r = scols_line_refer_data(line, COL_NUMBER, ka_format("%zu", index));
	r |= scols_line_refer_data(line, COL_TITLE, ka_entry_full_title(e));
	r |= scols_line_refer_data(line, COL_STATE, state_of(menu, index, isatty(STDOUT_FILENO)));
	r |= scols_line_set_data(line, COL_MARK, is_default ? "*" : "");
	r |= scols_line_set_data(line, COL_ID, e->id);
	r |= scols_line_set_data(line, COL_VERSION, e->version ? e->version : "");
	if (style->color_out && !ka_entry_is_bootable(e))
		r |= scols_line_set_color(line, "\x1b[2m");
	else if (style->color_out && is_default)
		r |= scols_line_set_color(line, "\x1b[1m");
	return r;
}

int ka_print_list(const struct ka_style *style, const struct ka_menu *menu)
{
	struct libscols_table *table = scols_new_table();
	int r = 0;

	/* How wide a character is: the only use of the caller's locale, after all is decided. */
	setlocale(LC_CTYPE, "");
	scols_table_enable_colors(table, style->color_out);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		scols_table_new_column(table, columns[i].name, columns[i].width, columns[i].flags);
	for (size_t i = 0; i < menu->n_entries && r == 0; i++)
		r = add_line(table, style, menu, i);
	if (r == 0)
		r = scols_print_table(table);
	scols_unref_table(table);
	return r;
}
