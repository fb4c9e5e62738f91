// SPDX-License-Identifier: GPL-2.0-or-later
/* The menus of SYSLINUX's configuration, and what a label becomes in them (record() of readconfig.c). */

#include "reader.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

void sys_set(char **to, const char *text)
{
	free(*to);
	*to = ka_strdup(text);
}

void sys_label_done(struct sys_label *label)
{
	free(label->label);
	free(label->kernel);
	free(label->append);
	free(label->initrd);
	free(label->title);
	free(label->path);
	*label = (struct sys_label){ .action = SYS_COMMAND };
}

size_t sys_add_menu(struct sys_config *config, const char *label)
{
	config->menus = ka_reallocarray(config->menus, config->n_menus + 1, sizeof(*config->menus));
	config->menus[config->n_menus] = (struct sys_menu){
		.label = ka_strdup(label),
		.parent = -1,
		.parent_item = -1,
	};
	return config->n_menus++;
}

static struct sys_item *add_item(struct sys_reader *r, size_t menu)
{
	struct sys_config *config = r->config;
	struct sys_item *item;

	/* Doubles at every power of two. */
	if ((config->n_items & (config->n_items - 1)) == 0)
		config->items = ka_reallocarray(config->items,
						config->n_items ? config->n_items * 2 : 1,
						sizeof(*config->items));
	item = &config->items[config->n_items++];
	*item = (struct sys_item){
		.menu = menu,
		.number = config->menus[menu].n++,
		.path = ka_strdup_or_null(r->path),
		.line = r->line,
		.is_hidden = menu == SYS_HIDDEN_MENU,
	};
	if (config->n_items > EXT_ITEMS_LIMIT && r->failure == 0)
		r->failure = ka_fail(r->err, -E2BIG, "'%s' has more than %d labels and menus",
				     r->path ? r->path : "the text", EXT_ITEMS_LIMIT);
	return item;
}

/* The command of a label: type, kernel, words, initrd. */
static char *make_command(const struct sys_reader *r, const struct sys_label *label)
{
	const char *append = label->append ? label->append : r->append;

	if (!append || ka_streq(append, "-"))
		append = "";
	return ka_format("%s%s%s%s%s%s%s%s", label->type ? "." : "", label->type ? label->type : "",
			 label->type ? " " : "", label->kernel, *append ? " " : "", append,
			 label->initrd ? " initrd=" : "", label->initrd ? label->initrd : "");
}

void sys_set_default(struct sys_config *config, const struct sys_item *item)
{
	config->menus[item->menu].default_number = item->number;
	config->menus[item->menu].has_default = true;
}

static bool can_be_default(const struct sys_reader *r, enum sys_action action)
{
	return action == SYS_COMMAND || (r->pass == SYS_MENU && action == SYS_GOTO);
}

/* The end of a label: it becomes an item of its menu. */
void sys_record(struct sys_reader *r, size_t menu)
{
	struct sys_label *label = &r->label;
	struct sys_item *item;

	if (!label->label)
		return;
	if (label->is_hidden)
		menu = SYS_HIDDEN_MENU;
	item = add_item(r, menu);
	free(item->path);
	item->path = TAKE_PTR(label->path);
	item->line = label->line;
	item->name = ka_strdup(label->label);
	item->title = ka_strdup(label->title ? label->title : label->label);
	item->action = label->is_separator || label->is_disabled ? SYS_DISABLED : label->action;
	item->has_unknown = label->has_unknown;
	if (item->action != SYS_DISABLED)
		item->label = ka_strdup(label->label);
	if (item->action == SYS_COMMAND)
		item->command = make_command(r, label);
	else if (item->action == SYS_GOTO)
		item->command = ka_strdup_or_null(label->kernel);
	if (label->is_default && can_be_default(r, item->action))
		sys_set_default(r->config, item);
	sys_label_done(label);
}

size_t sys_begin_menu(struct sys_reader *r, const char *tag)
{
	struct sys_item *item = add_item(r, r->current);
	size_t number = r->config->n_items - 1, menu;

	item->action = SYS_SUBMENU;
	item->name = ka_strdup(tag);
	item->title = ka_strdup(tag);
	menu = sys_add_menu(r->config, tag);
	r->config->menus[menu].parent = (ssize_t)r->current;
	r->config->menus[menu].parent_item = (ssize_t)number;
	/* What the menu around it says holds in it. */
	r->config->menus[menu].has_timeout = r->config->menus[r->current].has_timeout;
	r->config->menus[menu].on_timeout =
		ka_strdup_or_null(r->config->menus[r->current].on_timeout);
	return menu;
}

size_t sys_end_menu(const struct sys_reader *r)
{
	ssize_t parent = r->config->menus[r->current].parent;

	return parent >= 0 ? (size_t)parent : r->current;
}
