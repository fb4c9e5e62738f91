// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What SYSLINUX 6 starts when nobody touches a key (main(), load_kernel() and enter_cmdline() in
 * com32/elflink/ldlinux/ldlinux.c; run_menu() in com32/menu/menumain.c). It either boots, or shows its menu, or waits
 * at its prompt, where a timeout counts as well. What would be at its end a prompt without one is no default.
 */

#include "syslinux.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

void sys_choice_done(struct sys_choice *choice)
{
	free(choice->typed);
	free(choice->command);
	free(choice->text);
	free(choice->undecided);
	*choice = (struct sys_choice){ .item = NULL };
}

void sys_chooser_done(struct sys_chooser *chooser)
{
	sys_config_done(&chooser->loader);
	sys_config_done(&chooser->menu);
}

/* --- the menu */

static struct sys_item *item_of(const struct sys_config *config, size_t menu, size_t number)
{
	for (size_t i = 0; i < config->n_items; i++)
		if (config->items[i].menu == menu && config->items[i].number == number)
			return &config->items[i];
	return NULL;
}

/* A label that decides where the menu begins. */
static bool start_at(struct sys_config *config, const char *label)
{
	const struct sys_item *item = label ? sys_find_label(config, label) : NULL;

	if (!item || item->menu == SYS_HIDDEN_MENU)
		return false;
	config->menus[item->menu].default_number = item->number;
	config->start = item->menu;
	return true;
}

/* ONTIMEOUT of a menu: a label with words, or a kernel. */
static void choose_on_timeout(const struct sys_config *config, const char *text,
			      struct sys_choice *ret)
{
	const struct sys_item *item = sys_find_label(config, text);
	const char *rest = text + sys_word_length(text);

	ret->reason = KA_REASON_CONFIGURED;
	free(ret->text);
	ret->text = ka_format("ONTIMEOUT %s", text);
	if (item && item->command && !*rest) {
		ret->item = item;
		return;
	}
	ret->typed = ka_strdup(text);
	ret->has_unknown = item && item->has_unknown;
	ret->command = item && item->command ? ka_format("%s%s", item->command, rest)
					     : ka_strdup(text);
}

static void cannot_boot(struct sys_choice *ret, const struct sys_item *item)
{
	ret->undecided =
		ka_format("the menu's default is '%s', which starts nothing by itself: the "
			  "menu waits for somebody",
			  item->title);
}

/* The item that is highlighted where the default is none that can be. */
static const struct sys_item *highlighted(const struct sys_config *config,
					  const struct sys_menu *menu)
{
	size_t number = menu->default_number;
	const struct sys_item *item = item_of(config, config->start, number);

	while (item && item->action == SYS_DISABLED && number + 1 < menu->n)
		item = item_of(config, config->start, ++number);
	return item;
}

/* The cursor leaves a default that cannot be chosen, which ends the time of this menu (menumain.c, run_menu()). */
static bool leaves_default(const struct sys_config *config)
{
	const struct sys_item *item =
		item_of(config, config->start, config->menus[config->start].default_number);

	return item && item->action == SYS_DISABLED && !config->is_behind_shift &&
	       !config->has_total_timeout;
}

static void choose_default(const struct sys_config *config, bool ends, struct sys_choice *ret)
{
	const struct sys_menu *menu = &config->menus[config->start];
	const struct sys_item *item = item_of(config, config->start, menu->default_number);

	if (!item) {
		ret->undecided = ka_strdup("the menu has no entry that could be its default");
		return;
	}
	if (!ends || leaves_default(config)) {
		ret->waits = true;
		item = highlighted(config, menu);
	}
	if (item->action == SYS_COMMAND)
		ret->item = item;
	else
		cannot_boot(ret, item);
}

static void choose_in_menu(const struct sys_chooser *c, struct sys_choice *ret)
{
	const struct sys_config *config = &c->menu;
	const struct sys_menu *menu = &config->menus[config->start];
	bool ends = menu->has_timeout || config->has_total_timeout;

	if (menu->n == 0)
		ret->undecided =
			ka_strdup("the menu that is shown first has no entries: the loader "
				  "waits at its prompt");
	else if (config->is_behind_shift)
		choose_default(config, /* ends= */ true, ret);
	else if (menu->on_timeout && ends && leaves_default(config))
		/* Unless MENU HIDDEN lets the time pass first. */
		ret->undecided = ka_strdup("the menu's default cannot be chosen, which keeps "
					   "ONTIMEOUT from being reached");
	else if (menu->on_timeout && ends)
		choose_on_timeout(config, menu->on_timeout, ret);
	else
		choose_default(config, ends, ret);
}

/* Why the menu's default is its default. */
static void explain_menu(struct sys_chooser *c, struct sys_choice *ret)
{
	struct sys_config *config = &c->menu;
	bool has_default;

	if (config->saves && start_at(config, c->saved)) {
		ret->reason = KA_REASON_SAVED;
		ret->text = ka_format("MENU SAVE: %s", c->saved);
		return;
	}
	if (config->has_ui && start_at(config, config->global_default)) {
		ret->reason = KA_REASON_CONFIGURED;
		ret->text = ka_format("DEFAULT %s", config->global_default);
		return;
	}
	has_default = config->menus[config->start].has_default;
	ret->reason = has_default ? KA_REASON_CONFIGURED : KA_REASON_FIRST;
	ret->text = ka_strdup(has_default ? "MENU DEFAULT" : "the first entry of the menu");
}

static int show_menu(struct sys_chooser *c, const struct sys_run *run, struct sys_choice *ret,
		     struct ka_error *err)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	for (const char *p = run->arguments; *p; p = sys_skip_space(p)) {
		size_t n = sys_word_length(p);

		ka_strv_add_take(&names, ka_strndup(p, n));
		p += n;
	}
	r = sys_config_read(c->host, c->place, SYS_MENU, names, &c->menu, err);
	if (r < 0)
		return r;
	c->has_menu = true;
	free(ret->text);
	explain_menu(c, ret);
	choose_in_menu(c, ret);
	return 0;
}

/* --- the loader */

/* A module is beside the configuration, or where the loader's programs are. 1, 0, negative. */
static int has_module(const struct sys_chooser *c, const char *name)
{
	_cleanup_free_ char *found = NULL, *beside = NULL;
	int r = ext_find(c->host, c->place, name, &found);

	if (r != 0 || !c->place->modules || *name == '/')
		return r;
	beside = ka_format("%s/%s", c->place->modules, name);
	return ext_find(c->host, c->place, beside, &found);
}

static int run_module(struct sys_chooser *c, const struct sys_run *run, struct sys_choice *ret,
		      struct ka_error *err)
{
	int r;

	if (!sys_run_is_menu(run)) {
		ret->undecided = ka_format("the loader runs '%s' first, whose rules are not known "
					   "here",
					   run->program);
		return 0;
	}
	r = has_module(c, run->program);
	if (r > 0)
		return show_menu(c, run, ret, err);
	ret->undecided = ka_format("the menu '%s' %s", run->program,
				   r == 0 ? "is not there: the loader waits at its prompt"
					  : "cannot be looked for");
	return 0;
}

/* A kernel that is no label: the loader adds an extension to its name when there is such a file. */
static char *implicit_command(const struct sys_chooser *c, const char *text)
{
	size_t n = sys_word_length(text);
	const char *rest = c->loader.no_options ? "" : text + n;
	_cleanup_(sys_run_done) struct sys_run run = { .program = NULL };

	sys_run_make(text, &run);
	for (size_t i = 0; run.kind == SYS_LINUX && sys_extension(i); i++) {
		_cleanup_free_ char *name = ka_format("%.*s%s", (int)n, text, sys_extension(i)),
				    *found = NULL;

		if (ext_find(c->host, c->place, name, &found) > 0)
			return ka_format("%s%s", name, rest);
	}
	return ka_format("%.*s%s", (int)n, text, rest);
}

/* What is typed at the prompt, or stands behind DEFAULT and ONTIMEOUT. */
static int run_command(struct sys_chooser *c, const char *text, struct sys_choice *ret,
		       struct ka_error *err)
{
	const struct sys_item *item = sys_find_label(&c->loader, text);
	const char *rest = sys_skip_space(text + sys_word_length(text));
	_cleanup_(sys_run_done) struct sys_run run = { .program = NULL };
	_cleanup_free_ char *command = NULL;

	if (item && !item->command) {
		ret->undecided = ka_format("the default is '%s', which is no kernel", item->name);
		return 0;
	}
	if (!item && (c->loader.no_implicit || !*text)) {
		ret->undecided = ka_format("the default is '%s', and there is no such label: the "
					   "loader waits at its prompt",
					   text);
		return 0;
	}
	if (item)
		command = ka_format("%s%s%s", item->command, *rest ? " " : "", rest);
	else
		command = implicit_command(c, text);
	sys_run_make(command, &run);
	if (run.kind == SYS_MODULE)
		return run_module(c, &run, ret, err);
	ret->has_unknown = item ? item->has_unknown : c->loader.has_unknown;
	if (item && !*rest) {
		ret->item = item;
		return 0;
	}
	ret->typed = ka_strdup(text);
	ret->command = TAKE_PTR(command);
	return 0;
}

static int run_default(struct sys_chooser *c, struct sys_choice *ret, struct ka_error *err)
{
	const struct sys_config *config = &c->loader;

	if (!config->default_command) {
		ret->undecided =
			ka_strdup("the configuration has neither DEFAULT nor UI: the loader "
				  "waits at its prompt");
		return 0;
	}
	ret->reason = KA_REASON_CONFIGURED;
	ret->text = ka_format("%s %s", config->has_ui ? "UI" : "DEFAULT", config->default_command);
	return run_command(c, config->default_command, ret, err);
}

int sys_choose(struct sys_chooser *c, struct sys_choice *ret, struct ka_error *err)
{
	const struct sys_config *config = &c->loader;
	bool ends = config->has_timeout || config->has_total_timeout;
	bool prompts = config->default_command ? config->prompts && !config->has_ui : true;
	struct sys_choice choice = { .reason = KA_REASON_CONFIGURED };
	int r;

	if (prompts && !config->no_escape && ends && config->on_timeout) {
		choice.text = ka_format("ONTIMEOUT %s", config->on_timeout);
		r = run_command(c, config->on_timeout, &choice, err);
	} else {
		r = run_default(c, &choice, err);
		choice.waits = choice.waits || (prompts && !config->no_escape && !ends);
	}
	if (r < 0)
		sys_choice_done(&choice);
	else
		*ret = choice;
	return r;
}
