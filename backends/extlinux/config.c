// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration of SYSLINUX 6, line by line, as its loader reads it (parse_config_file() in
 * com32/elflink/ldlinux/readconfig.c) and as its menu does (com32/menu/readconfig.c).
 */

#include "reader.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* fgets() has a buffer of 4096: a longer line goes on as the next one. */
#define LINE_LIMIT 4096

static void item_done(struct sys_item *item)
{
	free(item->label);
	free(item->name);
	free(item->title);
	free(item->command);
	free(item->path);
}

static void menu_done(struct sys_menu *menu)
{
	free(menu->label);
	free(menu->title);
	free(menu->on_timeout);
}

void sys_config_done(struct sys_config *config)
{
	for (size_t i = 0; i < config->n_items; i++)
		item_done(&config->items[i]);
	for (size_t i = 0; i < config->n_menus; i++)
		menu_done(&config->menus[i]);
	free(config->items);
	free(config->menus);
	free(config->default_command);
	free(config->global_default);
	free(config->on_timeout);
	free(config->unread);
	*config = (struct sys_config){ .n_items = 0 };
}

/* --- lines */

/* The next line of a text, up to what ends it for the loader: a NUL, CR or LF. */
static bool next_line(struct sys_reader *r, const char **cursor, const char *end, char *line)
{
	size_t n = 0, len;

	if (*cursor == end)
		return false;
	while (*cursor + n < end && n < LINE_LIMIT - 1 && (n == 0 || (*cursor)[n - 1] != '\n'))
		n++;
	memcpy(line, *cursor, n);
	line[n] = '\0';
	len = strcspn(line, "\r\n");
	line[len] = '\0';
	*cursor += n;
	r->line += (*cursor)[-1] == '\n';
	return true;
}

static void read_text(struct sys_reader *r, const char *text, size_t len)
{
	char line[LINE_LIMIT];
	const char *cursor = text, *end = text + len;
	size_t menu = r->current;
	bool in_text = false;

	r->line = 0;
	while (r->failure == 0 && next_line(r, &cursor, end, line)) {
		const char *p = sys_skip_space(line);

		if (in_text)
			in_text = !sys_looking_at(p, "endtext");
		else if (sys_looking_at(p, "text"))
			in_text = true;
		else
			sys_handle_line(r, &menu, p);
	}
}

/* --- files */

/* What is in it may decide: not known is not empty. */
static void cannot_read(struct sys_reader *r, const char *name, int error)
{
	if (!r->config->unread)
		r->config->unread = ka_format("'%s' cannot be read (%s)", name, strerror(-error));
}

static void read_file(struct sys_reader *r, const char *name, const char *path)
{
	_cleanup_free_ char *text = NULL;
	const char *above = r->path;
	unsigned int line = r->line;
	size_t len = 0;
	int result = ka_host_read(r->host, path, EXT_CONFIG_LIMIT - r->bytes, &text, &len, NULL);

	if (result < 0) {
		cannot_read(r, name, result);
		return;
	}
	r->bytes += len;
	r->path = path;
	r->depth++;
	read_text(r, text, len);
	r->depth--;
	r->path = above;
	r->line = line;
}

void sys_include(struct sys_reader *r, const char *name)
{
	_cleanup_free_ char *path = NULL;
	int result;

	if (!r->host)
		return;
	if (r->depth >= EXT_DEPTH_LIMIT) {
		r->failure = ka_fail(r->err, -ELOOP, "'%s' includes '%s', %d files deep", r->path,
				     name, EXT_DEPTH_LIMIT);
		return;
	}
	result = ext_find(r->host, r->place, name, &path);
	if (result > 0)
		read_file(r, name, path);
	else if (result < 0)
		cannot_read(r, name, result);
}

static void begin(struct sys_reader *r)
{
	sys_add_menu(r->config, ".hidden");
	sys_add_menu(r->config, ".top");
	r->config->start = r->current = SYS_ROOT_MENU;
	sys_label_done(&r->label);
}

static bool is_menu(const struct sys_config *config, const char *label)
{
	for (size_t i = 0; i < config->n_menus; i++)
		if (ka_streq(config->menus[i].label, label))
			return true;
	return false;
}

/* What leads to a menu that is not there is disabled. */
static void resolve_gotos(struct sys_config *config)
{
	for (size_t i = 0; i < config->n_items; i++) {
		struct sys_item *item = &config->items[i];

		if (item->action == SYS_GOTO && item->command && !is_menu(config, item->command))
			item->action = SYS_DISABLED;
	}
}

static int finish(struct sys_reader *r, struct sys_config *ret)
{
	sys_record(r, r->current);
	sys_label_done(&r->label);
	free(r->append);
	resolve_gotos(r->config);
	if (r->failure < 0) {
		sys_config_done(r->config);
		return r->failure;
	}
	*ret = *r->config;
	return 0;
}

int sys_config_read(struct ka_host *host, const struct ext_place *place, enum sys_pass pass,
		    char *const *names, struct sys_config *ret, struct ka_error *err)
{
	struct sys_config config = { .n_items = 0 };
	struct sys_reader r = {
		.host = host,
		.place = place,
		.pass = pass,
		.config = &config,
		.err = err,
	};

	begin(&r);
	if (!names || !*names)
		read_file(&r, place->path, place->path);
	for (; names && *names; names++)
		if (ka_streq(*names, "~"))
			read_file(&r, place->path, place->path);
		else
			sys_include(&r, *names);
	return finish(&r, ret);
}

int sys_config_parse(enum sys_pass pass, const char *text, size_t len, struct sys_config *ret,
		     struct ka_error *err)
{
	struct sys_config config = { .n_items = 0 };
	struct sys_reader r = { .pass = pass, .config = &config, .err = err };

	begin(&r);
	read_text(&r, text, len);
	return finish(&r, ret);
}

const struct sys_item *sys_find_label(const struct sys_config *config, const char *text)
{
	size_t n = sys_word_length(text);

	for (size_t i = 0; i < config->n_items; i++) {
		const char *label = config->items[i].label;

		if (label && strncmp(label, text, n) == 0 && !label[n])
			return &config->items[i];
	}
	return NULL;
}
