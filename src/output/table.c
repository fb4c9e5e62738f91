// SPDX-License-Identifier: GPL-2.0-or-later
/* --list: a table in the manner of lsblk(8), by libsmartcols. */

#include "output/output.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <libsmartcols.h>

enum column { COL_MARK, COL_NUMBER, COL_ID, COL_TITLE, COL_VERSION, COL_STATE };

static const struct {
	const char *name;
	double width; /* share of the terminal */
	int flags;
} columns[] = {
	[COL_MARK] = { " ", 1, 0 },
	[COL_NUMBER] = { "#", 2, SCOLS_FL_RIGHT },
	[COL_ID] = { "ID", 0.2, 0 },
	[COL_TITLE] = { "TITLE", 0.3, SCOLS_FL_TRUNC },
	[COL_VERSION] = { "VERSION", 0.15, SCOLS_FL_TRUNC },
	[COL_STATE] = { "STATE", 0.25, SCOLS_FL_TRUNC },
};

static int add_state(struct ka_buf *buf, const char *text)
{
	return ka_buf_addf(buf, "%s%s", buf->len > 0 ? ", " : "", text);
}

/* "default, running", or the reason why not, in words. */
static char *state_of(const struct ka_menu *menu, size_t index)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	const struct ka_entry *e = menu->entries[index];
	const struct ka_finding *problem = ka_findings_first(&e->problems, KA_ERROR);
	int r = 0;

	if (menu->default_index == (ssize_t)index)
		r = add_state(&buf, "default");
	if (r == 0 && ka_entry_is_running(e))
		r = add_state(&buf, "running");
	if (r == 0 && problem)
		r = add_state(&buf, problem->text);
	else if (r == 0 && !ka_entry_is_bootable(e))
		r = add_state(&buf, ka_entry_type_name(e->type));
	return r < 0 ? NULL : ka_buf_take(&buf);
}

static char *title_of(const struct ka_entry *e)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (char *const *p = e->menu; p && *p; p++)
		if (ka_buf_addf(&buf, "%s > ", *p) < 0)
			return NULL;
	return ka_buf_adds(&buf, e->title) < 0 ? NULL : ka_buf_take(&buf);
}

static int add_line(struct libscols_table *table, const struct ka_style *style,
		    const struct ka_menu *menu, size_t index)
{
	const struct ka_entry *e = menu->entries[index];
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char *number = ka_format("%zu", index), *title = title_of(e),
	     *state = state_of(menu, index);
	bool is_default = menu->default_index == (ssize_t)index;
	int r;

	if (!line || !number || !title || !state) {
		free(number);
		free(title);
		free(state);
		return -ENOMEM;
	}
	/* The line owns what it refers to, from each call on. */
	r = scols_line_refer_data(line, COL_NUMBER, number);
	r |= scols_line_refer_data(line, COL_TITLE, title);
	r |= scols_line_refer_data(line, COL_STATE, state);
	r |= scols_line_set_data(line, COL_MARK, is_default ? "*" : "");
	r |= scols_line_set_data(line, COL_ID, e->id);
	r |= scols_line_set_data(line, COL_VERSION, e->version ? e->version : "");
	if (style->color_out && !ka_entry_is_bootable(e))
		r |= scols_line_set_color(line, "\x1b[2m");
	else if (style->color_out && is_default)
		r |= scols_line_set_color(line, "\x1b[1m");
	return r ? -ENOMEM : 0;
}

int ka_print_list(const struct ka_style *style, const struct ka_menu *menu)
{
	struct libscols_table *table = scols_new_table();
	int r = table ? 0 : -ENOMEM;

	if (r == 0)
		scols_table_enable_colors(table, style->color_out);
	for (size_t i = 0; i < ARRAY_SIZE(columns) && r == 0; i++)
		if (!scols_table_new_column(table, columns[i].name, columns[i].width,
					    columns[i].flags))
			r = -ENOMEM;
	for (size_t i = 0; i < menu->n_entries && r == 0; i++)
		r = add_line(table, style, menu, i);
	if (r == 0 && scols_print_table(table) != 0)
		r = -ENOMEM;
	scols_unref_table(table);
	return r;
}
