// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keywords of SYSLINUX's configuration, in any case; a line with another is passed over, comments among them
 * (parse_config_file() of readconfig.c). Each handler has what follows the word, and the menu of the file.
 */

#include "reader.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* Where text goes on behind a keyword; NULL: it is another. */
const char *sys_looking_at(const char *p, const char *keyword)
{
	for (; *p && *keyword; p++, keyword++)
		if ((*p ^ *keyword) & ~0x20)
			return NULL;
	return *keyword || !sys_is_space(*p) ? NULL : p;
}

static struct sys_menu *menu_at(const struct sys_reader *r, size_t menu)
{
	return &r->config->menus[menu];
}

static struct sys_item *parent_item(const struct sys_reader *r, size_t menu)
{
	ssize_t item = menu_at(r, menu)->parent_item;

	return item >= 0 ? &r->config->items[item] : NULL;
}

static void on_menu_label(struct sys_reader *r, size_t *menu, const char *value)
{
	if (r->label.label)
		sys_set(&r->label.title, value);
	else if (parent_item(r, *menu))
		sys_set(&parent_item(r, *menu)->title, value);
}

static void on_menu_title(struct sys_reader *r, size_t *menu, const char *value)
{
	struct sys_item *item = parent_item(r, *menu);

	if (item && ka_streq(item->title, item->name))
		sys_set(&item->title, value);
}

static void on_menu_default(struct sys_reader *r, size_t *menu, _unused_ const char *value)
{
	struct sys_item *item = parent_item(r, *menu);

	if (r->label.label)
		r->label.is_default = true;
	else if (item)
		sys_set_default(r->config, item);
}

static void on_menu_hide(struct sys_reader *r, _unused_ size_t *menu, _unused_ const char *value)
{
	r->label.is_hidden = true;
}

static void on_menu_disable(struct sys_reader *r, _unused_ size_t *menu, _unused_ const char *value)
{
	r->label.is_disabled = true;
}

static void on_menu_separator(struct sys_reader *r, size_t *menu, _unused_ const char *value)
{
	sys_record(r, *menu);
	r->label.label = ka_strdup("");
	r->label.kernel = ka_strdup("");
	r->label.is_separator = true;
	sys_record(r, *menu);
}

static void on_menu_begin(struct sys_reader *r, size_t *menu, const char *value)
{
	sys_record(r, *menu);
	*menu = r->current = sys_begin_menu(r, value);
}

static void on_menu_end(struct sys_reader *r, size_t *menu, _unused_ const char *value)
{
	sys_record(r, *menu);
	*menu = r->current = sys_end_menu(r);
}

static void on_menu_goto(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	if (!r->label.label)
		return;
	r->label.action = SYS_GOTO;
	sys_set(&r->label.kernel, value);
}

static void on_menu_exit(struct sys_reader *r, size_t *menu, const char *value)
{
	if (!r->label.label || menu_at(r, *menu)->parent < 0)
		return;
	r->label.action = SYS_GOTO;
	free(r->label.kernel);
	r->label.kernel = *value ? ka_strdup(value) : NULL;
}

static void on_menu_quit(struct sys_reader *r, _unused_ size_t *menu, _unused_ const char *value)
{
	if (r->label.label)
		r->label.action = SYS_QUIT;
}

static void on_menu_help(struct sys_reader *r, _unused_ size_t *menu, _unused_ const char *value)
{
	if (r->label.label && r->pass == SYS_MENU)
		r->label.action = SYS_HELP;
}

static void on_menu_save(struct sys_reader *r, _unused_ size_t *menu, _unused_ const char *value)
{
	r->config->saves = true;
}

static void on_menu_start(struct sys_reader *r, size_t *menu, _unused_ const char *value)
{
	r->config->start = *menu;
}

static void on_menu_shiftkey(struct sys_reader *r, _unused_ size_t *menu,
			     _unused_ const char *value)
{
	r->config->is_behind_shift = true;
}

static void on_menu_hidden(struct sys_reader *r, _unused_ size_t *menu, _unused_ const char *value)
{
	r->config->is_hidden = true;
}

/* "FILE", or "FILE TAG": what is in it is a submenu then. */
static void include_menu(struct sys_reader *r, size_t *menu, const char *value)
{
	size_t n = sys_word_length(value);
	_cleanup_free_ char *name = ka_strndup(value, n);
	const char *tag = sys_skip_space(value + n);

	if (*tag) {
		/* The loader itself looks first whether the file is there. */
		_cleanup_free_ char *found = NULL;

		if (r->pass == SYS_LOADER && r->host &&
		    ext_find(r->host, r->place, name, &found) == 0)
			return;
		sys_record(r, *menu);
		*menu = r->current = sys_begin_menu(r, tag);
	}
	sys_include(r, name);
	if (*tag) {
		sys_record(r, *menu);
		*menu = r->current = sys_end_menu(r);
	}
}

static void on_include(struct sys_reader *r, size_t *menu, const char *value)
{
	_cleanup_free_ char *name = NULL;

	if (r->pass == SYS_MENU) {
		include_menu(r, menu, value);
		return;
	}
	name = ka_strndup(value, sys_word_length(value));
	sys_include(r, name);
}

static void on_append(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	sys_set(r->label.label ? &r->label.append : &r->append, value);
}

static void on_initrd(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	if (r->label.label)
		sys_set(&r->label.initrd, value);
}

static void on_label(struct sys_reader *r, size_t *menu, const char *value)
{
	/* The loader takes the first word, the menu all of it. */
	size_t n = r->pass == SYS_MENU ? strlen(value) : sys_word_length(value);

	sys_record(r, *menu);
	sys_label_done(&r->label);
	r->label.label = ka_strndup(value, n);
	r->label.kernel = ka_strndup(value, n);
	r->label.path = ka_strdup_or_null(r->path);
	r->label.line = r->line;
	r->label.has_unknown = r->config->has_unknown;
}

/* What is no number is 0. */
static bool is_number(const char *value)
{
	return strtol(value, NULL, 10) != 0;
}

static void on_timeout(struct sys_reader *r, size_t *menu, const char *value)
{
	if (r->pass == SYS_MENU)
		menu_at(r, *menu)->has_timeout = is_number(value);
	else
		r->config->has_timeout = is_number(value);
}

static void on_total_timeout(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	r->config->has_total_timeout = is_number(value);
}

static void on_on_timeout(struct sys_reader *r, size_t *menu, const char *value)
{
	sys_set(r->pass == SYS_MENU ? &menu_at(r, *menu)->on_timeout : &r->config->on_timeout,
		value);
}

/* Bits 0 and 1 are of the network, which is not there; the others are the firmware's texts. */
static void on_sysappend(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	bool has_unknown = (strtoul(value, NULL, 0) & ~3ul) != 0;

	if (r->label.label)
		r->label.has_unknown = has_unknown;
	else
		r->config->has_unknown = has_unknown;
}

static void on_default(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	sys_set(&r->config->global_default, value);
	if (!r->config->has_ui)
		sys_set(&r->config->default_command, value);
}

static void on_ui(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	r->config->has_ui = true;
	sys_set(&r->config->default_command, value);
}

static void on_prompt(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	r->config->prompts = is_number(value);
}

static void on_implicit(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	r->config->no_implicit = !is_number(value);
}

static void on_allow_options(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	r->config->no_options = !is_number(value);
}

static void on_no_escape(struct sys_reader *r, _unused_ size_t *menu, const char *value)
{
	r->config->no_escape = is_number(value);
}

/* --- lines */

struct keyword {
	const char *word;
	void (*handle)(struct sys_reader *r, size_t *menu, const char *value);
};

static const struct keyword menu_keywords[] = {
	{ "label", on_menu_label },
	{ "title", on_menu_title },
	{ "default", on_menu_default },
	{ "hide", on_menu_hide },
	{ "disable", on_menu_disable },
	{ "disabled", on_menu_disable },
	{ "separator", on_menu_separator },
	{ "begin", on_menu_begin },
	{ "end", on_menu_end },
	{ "goto", on_menu_goto },
	{ "exit", on_menu_exit },
	{ "quit", on_menu_quit },
	{ "help", on_menu_help },
	{ "save", on_menu_save },
	{ "start", on_menu_start },
	{ "shiftkey", on_menu_shiftkey },
	{ "hidden", on_menu_hidden },
	{ "include", include_menu },
};

static const struct keyword keywords[] = {
	{ "include", on_include },
	{ "append", on_append },
	{ "initrd", on_initrd },
	{ "label", on_label },
	{ "timeout", on_timeout },
	{ "totaltimeout", on_total_timeout },
	{ "ontimeout", on_on_timeout },
	{ "ipappend", on_sysappend },
	{ "sysappend", on_sysappend },
	{ "default", on_default },
	{ "ui", on_ui },
	{ "prompt", on_prompt },
	{ "implicit", on_implicit },
	{ "allowoptions", on_allow_options },
	{ "noescape", on_no_escape },
};

/* They give a label its kernel; the last counts. "kernel" alone goes by the file's name. */
static const char *const types[] = { "none", "localboot", "kernel",  "linux", "boot",  "bss",
				     "pxe",  "fdimage",	  "comboot", "com32", "config" };

static bool handle_by(const struct keyword *table, size_t n, struct sys_reader *r, size_t *menu,
		      const char *line)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = sys_looking_at(line, table[i].word);

		if (!value)
			continue;
		table[i].handle(r, menu, sys_skip_space(value));
		return true;
	}
	return false;
}

static void handle_type(struct sys_reader *r, const char *line)
{
	for (size_t i = 0; r->label.label && i < ARRAY_SIZE(types); i++) {
		const char *value = sys_looking_at(line, types[i]);

		if (!value)
			continue;
		sys_set(&r->label.kernel, sys_skip_space(value));
		r->label.type = ka_streq(types[i], "kernel") ? NULL : types[i];
		return;
	}
}

void sys_handle_line(struct sys_reader *r, size_t *menu, const char *line)
{
	const char *value = sys_looking_at(line, "menu");

	if (value)
		handle_by(menu_keywords, ARRAY_SIZE(menu_keywords), r, menu, sys_skip_space(value));
	else if (!handle_by(keywords, ARRAY_SIZE(keywords), r, menu, line))
		handle_type(r, line);
}
