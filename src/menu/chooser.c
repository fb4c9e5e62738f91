// SPDX-License-Identifier: GPL-2.0-or-later
/* The state of --menu: filter, marked entry, the command line that is edited. */

#include "menu/chooser.h"
#include "output/output.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* --- a line of text */

static void line_set(struct ka_line *line, const char *text)
{
	free(line->text);
	line->text = ka_strdup(text);
	line->len = line->at = strlen(text);
}

static void line_insert(struct ka_line *line, const char *text)
{
	size_t n = strlen(text);
	char *joined;

	if (line->len + n > KA_LINE_LIMIT)
		return;
	joined = ka_format("%.*s%s%s", (int)line->at, line->text, text, line->text + line->at);
	free(line->text);
	line->text = joined;
	line->len += n;
	line->at += n;
}

static void line_remove(struct ka_line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->len - to + 1);
	line->len -= to - from;
	line->at = from;
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct ka_line *line)
{
	size_t at = line->at;

	while (at > 0 && continues(line->text[--at]))
		;
	return at;
}

static size_t behind(const struct ka_line *line)
{
	size_t at = line->at;

	if (at < line->len)
		at++;
	while (at < line->len && continues(line->text[at]))
		at++;
	return at;
}

/* Did the key mean the line? */
static bool line_key(struct ka_line *line, enum ka_key key, const char *text)
{
	switch (key) {
	case KA_KEY_TEXT:
		line_insert(line, text);
		return true;
	case KA_KEY_BACKSPACE:
		line_remove(line, before(line), line->at);
		return true;
	case KA_KEY_DELETE:
		line_remove(line, line->at, behind(line));
		return true;
	case KA_KEY_CLEAR:
		line_remove(line, 0, line->at);
		return true;
	case KA_KEY_LEFT:
		line->at = before(line);
		return true;
	case KA_KEY_RIGHT:
		line->at = behind(line);
		return true;
	case KA_KEY_HOME:
		line->at = 0;
		return true;
	case KA_KEY_END:
		line->at = line->len;
		return true;
	default:
		return false;
	}
}

/* --- which entries are shown */

static bool contains_word(const char *text, const char *word, size_t n)
{
	for (; text && *text; text++)
		if (ka_ncasecmp(text, word, n) == 0)
			return true;
	return false;
}

/* Every word of the filter stands somewhere in what people see of the entry. */
static bool fits(const struct ka_entry *e, const char *filter)
{
	_cleanup_free_ char *title = ka_entry_full_title(e);
	_cleanup_free_ char *text =
		ka_format("%s %s %s", e->id, title, e->version ? e->version : "");

	for (;;) {
		size_t n;

		filter += strspn(filter, " ");
		n = strcspn(filter, " ");
		if (n == 0)
			return true;
		if (!contains_word(text, filter, n))
			return false;
		filter += n;
	}
}

/* The marked entry stays marked where it can. */
static void apply_filter(struct ka_chooser *c)
{
	ssize_t marked = ka_chooser_marked(c);

	c->n_shown = c->cursor = 0;
	for (size_t i = 0; i < c->menu->n_entries; i++) {
		if (!fits(c->menu->entries[i], c->filter.text))
			continue;
		if ((ssize_t)i == marked)
			c->cursor = c->n_shown;
		c->shown[c->n_shown++] = i;
	}
}

void ka_chooser_init(struct ka_chooser *c, const struct ka_menu *menu, ssize_t index)
{
	*c = (struct ka_chooser){ .menu = menu, .page = 1, .edited = -1 };
	c->shown = ka_calloc(menu->n_entries, sizeof(*c->shown));
	line_set(&c->filter, "");
	line_set(&c->line, "");
	apply_filter(c);
	c->cursor = index > 0 ? (size_t)index : 0;
}

void ka_chooser_done(struct ka_chooser *c)
{
	free(c->shown);
	free(c->filter.text);
	free(c->line.text);
	free(c->cmdline);
}

ssize_t ka_chooser_marked(const struct ka_chooser *c)
{
	return c->n_shown > 0 ? (ssize_t)c->shown[c->cursor] : -1;
}

const char *ka_chooser_cmdline(const struct ka_chooser *c)
{
	return c->edited >= 0 && c->edited == ka_chooser_marked(c) ? c->cmdline : NULL;
}

/* --- keys */

static void move(struct ka_chooser *c, ssize_t by)
{
	ssize_t to = (ssize_t)c->cursor + by, last = (ssize_t)c->n_shown - 1;

	if (to > last)
		to = last;
	c->cursor = to > 0 ? (size_t)to : 0;
}

static void begin_edit(struct ka_chooser *c)
{
	ssize_t marked = ka_chooser_marked(c);
	const char *own;

	if (marked < 0)
		return;
	own = c->menu->entries[marked]->cmdline;
	if (!ka_entry_is_bootable(c->menu->entries[marked]) || !own) {
		c->notice = "this entry has no command line that could be edited";
		return;
	}
	line_set(&c->line, ka_chooser_cmdline(c) ? ka_chooser_cmdline(c) : own);
	c->is_editing = true;
}

/* What is as it was is not edited. */
static void end_edit(struct ka_chooser *c)
{
	ssize_t marked = ka_chooser_marked(c);

	c->is_editing = false;
	free(c->cmdline);
	c->cmdline = NULL;
	c->edited = -1;
	if (ka_streq(c->line.text, c->menu->entries[marked]->cmdline))
		return;
	c->cmdline = ka_strdup(c->line.text);
	c->edited = marked;
}

static enum ka_choice edit_key(struct ka_chooser *c, enum ka_key key, const char *text)
{
	if (key == KA_KEY_INTERRUPT)
		return KA_CHOICE_LEFT;
	if (key == KA_KEY_ENTER)
		end_edit(c);
	else if (key == KA_KEY_ESCAPE)
		c->is_editing = false;
	else
		line_key(&c->line, key, text);
	return KA_CHOICE_OPEN;
}

static enum ka_choice choose(struct ka_chooser *c)
{
	ssize_t marked = ka_chooser_marked(c);

	if (marked < 0) {
		c->notice = "no entry fits what was typed";
		return KA_CHOICE_OPEN;
	}
	if (!ka_entry_is_bootable(c->menu->entries[marked])) {
		c->notice = "kexec cannot start this entry";
		return KA_CHOICE_OPEN;
	}
	return KA_CHOICE_MADE;
}

/* Escape takes back the filter first. */
static enum ka_choice escape(struct ka_chooser *c)
{
	if (c->filter.len == 0)
		return KA_CHOICE_LEFT;
	line_set(&c->filter, "");
	apply_filter(c);
	return KA_CHOICE_OPEN;
}

enum ka_choice ka_chooser_key(struct ka_chooser *c, enum ka_key key, const char *text)
{
	c->notice = NULL;
	if (c->is_editing)
		return edit_key(c, key, text);
	switch (key) {
	case KA_KEY_UP:
		move(c, -1);
		break;
	case KA_KEY_DOWN:
		move(c, 1);
		break;
	case KA_KEY_PAGE_UP:
		move(c, -(ssize_t)c->page);
		break;
	case KA_KEY_PAGE_DOWN:
		move(c, (ssize_t)c->page);
		break;
	case KA_KEY_HOME:
		c->cursor = 0;
		break;
	case KA_KEY_END:
		move(c, (ssize_t)c->n_shown);
		break;
	case KA_KEY_TAB:
		begin_edit(c);
		break;
	case KA_KEY_ENTER:
		return choose(c);
	case KA_KEY_ESCAPE:
		return escape(c);
	case KA_KEY_INTERRUPT:
		return KA_CHOICE_LEFT;
	default:
		if (line_key(&c->filter, key, text))
			apply_filter(c);
	}
	return KA_CHOICE_OPEN;
}

/* --- what is shown */

/* What came from the machine, for a terminal. */
static char *safe(const char *text)
{
	char *ret = NULL;
	size_t size;
	FILE *f = open_memstream(&ret, &size);

	if (!f)
		return ka_strdup("");
	ka_print_safe(f, text);
	fclose(f);
	return ret;
}

/* Of its submenus a row has the depth alone: what tells entries apart stands at the end of their titles. */
char *ka_chooser_row(const struct ka_chooser *c, size_t index)
{
	const struct ka_entry *e = c->menu->entries[index];
	bool is_default = c->menu->default_index == (ssize_t)index;
	int depth = 2 * (int)ka_strv_length(e->menu);
	_cleanup_free_ char *row = NULL;

	row = ka_format("%s %2zu  %*s%s%s%s%s", is_default ? "*" : " ", index, depth, "", e->title,
			ka_entry_is_running(e) ? " (running)" : "",
			ka_entry_is_bootable(e) ? "" : " (not bootable)",
			c->edited == (ssize_t)index ? " (edited)" : "");
	return safe(row);
}

static void add(char ***list, const char *label, const char *value)
{
	_cleanup_free_ char *text = value ? ka_format("%-8s %s", label, value) : NULL;

	if (text)
		ka_strv_add_take(list, safe(text));
}

static void add_initrds(char ***list, const struct ka_entry *e)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (size_t i = 0; i < e->initrds.n; i++) {
		const struct ka_piece *p = &e->initrds.items[i];

		ka_buf_addf(&buf, "%s%s", i > 0 ? ", " : "", p->part ? p->part : p->path);
	}
	add(list, "initrd", buf.text);
}

static void add_why(char ***list, const struct ka_menu *menu, size_t index)
{
	_cleanup_free_ char *text = NULL;

	if (menu->default_index < 0) {
		add(list, "default", menu->undecided ? menu->undecided : "none");
	} else if (menu->default_index == (ssize_t)index) {
		text = ka_format("this one: %s (%s)", menu->reason_text ? menu->reason_text : "",
				 menu->reason_source ? menu->reason_source : "");
		add(list, "default", text);
	}
}

char **ka_chooser_details(const struct ka_chooser *c)
{
	ssize_t marked = ka_chooser_marked(c);
	const struct ka_finding *problem;
	const struct ka_entry *e;
	char **list = NULL;

	if (marked < 0)
		return NULL;
	e = c->menu->entries[marked];
	for (char *const *p = e->menu; p && *p; p++)
		add(&list, "menu", *p);
	add(&list, "id", e->id);
	problem = ka_findings_first(&e->problems, KA_ERROR);
	if (problem)
		add(&list, "problem", problem->text);
	add(&list, "kernel", e->kernel);
	add_initrds(&list, e);
	add(&list, "options", ka_chooser_cmdline(c) ? ka_chooser_cmdline(c) : e->cmdline);
	add_why(&list, c->menu, (size_t)marked);
	return list;
}
