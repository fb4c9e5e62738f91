// SPDX-License-Identifier: GPL-2.0-or-later
/* The items of a menu: what menuentry, submenu and blscfg add to it. */

#include "menu/items.h"
#include "lang/options.h"
#include "state/trouble.h"

#include <kexec-any/entry.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static const struct grub_option item_options[] = {
	{ "class", 0, 'c', GRUB_ARGUMENT_REQUIRED },
	{ "users", 0, 'u', GRUB_ARGUMENT_REQUIRED },
	{ "hotkey", 0, 'h', GRUB_ARGUMENT_REQUIRED },
	{ "source", 0, 's', GRUB_ARGUMENT_REQUIRED },
	{ "id", 0, 'i', GRUB_ARGUMENT_REQUIRED },
	{ "unrestricted", 0, 'n', GRUB_ARGUMENT_NONE },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

/* Red Hat's --users may stand without its value. */
static const struct grub_option item_options_redhat[] = {
	{ "class", 0, 'c', GRUB_ARGUMENT_REQUIRED },
	{ "users", 0, 'u', GRUB_ARGUMENT_OPTIONAL },
	{ "hotkey", 0, 'h', GRUB_ARGUMENT_REQUIRED },
	{ "source", 0, 's', GRUB_ARGUMENT_REQUIRED },
	{ "id", 0, 'i', GRUB_ARGUMENT_REQUIRED },
	{ "unrestricted", 0, 'n', GRUB_ARGUMENT_NONE },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

static bool is_restricted(const struct grub_options *o, bool redhat)
{
	if (grub_option_given(o, 'u') && (!redhat || grub_option_value(o, 'u')))
		return true;
	return !grub_option_given(o, 'n');
}

static struct grub_item *new_item(struct grub *g, char **argv, size_t n_params,
				  const struct grub_options *o, const char *body)
{
	struct grub_item *item = ka_calloc(1, sizeof(*item));
	const char *id = grub_option_value(o, 'i');

	item->title = ka_strdup(argv[1]);
	item->id = ka_strdup(id ? id : argv[1]);
	item->body = ka_strdup(body);
	item->file = ka_strdup(g->file ? g->file : "");
	item->is_submenu = ka_streq(argv[0], "submenu");
	item->restricted = is_restricted(o, g->dialect->optional_users);
	item->params = ka_strv_copy(argv + 1, n_params);
	return item;
}

static void append_item(struct grub_menu *menu, struct grub_item *item)
{
	size_t n = menu->n_items;

	if ((n & (n - 1)) == 0)
		menu->items = ka_reallocarray(menu->items, n ? n * 2 : 1, sizeof(*menu->items));
	menu->items[menu->n_items++] = item;
}

static bool takes_value(const char *word)
{
	for (const struct grub_option *o = item_options; o->name; o++)
		if (o->argument == GRUB_ARGUMENT_REQUIRED && ka_startswith(word, "--") &&
		    ka_streq(word + 2, o->name))
			return true;
	return false;
}

int grub_add_item(struct grub *g, char **argv, size_t argc)
{
	bool has_block = g->block_line != 0;
	struct grub_menu *menu = g->context->menu;
	_cleanup_free_ char *body = NULL;
	struct grub_item *item;
	struct grub_options o;
	const char *source;
	size_t n;

	/* The block is the last word, with its braces. */
	if (has_block) {
		n = strlen(argv[argc - 1]);
		body = ka_strndup(argv[argc - 1] + 1, n >= 2 ? n - 2 : 0);
		argc--;
	}
	/* The block would be taken for the value of an option that stands last without one. */
	if (has_block && argc > 1 && takes_value(argv[argc - 1])) {
		grub_complain(
			g, KA_WARNING, KA_ID_GRUB_ENTRY_LOST,
			"an option without a value before the block: GRUB leaves the entry out");
		return GRUB_BAD_ARGUMENT;
	}
	if (grub_options_parse(g->dialect->optional_users ? item_options_redhat : item_options,
			       true, argv, argc, &o) < 0) {
		grub_complain(g, KA_WARNING, KA_ID_GRUB_ENTRY_LOST,
			      "the options of this entry are wrong: GRUB leaves it out");
		return GRUB_BAD_ARGUMENT;
	}
	source = grub_option_value(&o, 's');
	if ((source != NULL) == has_block || o.n_words == 0)
		return GRUB_BAD_ARGUMENT;
	if (!menu)
		return GRUB_BAD_ARGUMENT;
	if (menu->n_items >= KA_MENU_LIMIT)
		return grub_give_up(g, "more than 16384 menu entries");

	item = new_item(g, argv, o.n_words, &o, source ? source : body);
	append_item(menu, item);
	item->line = g->line;
	item->body_line = has_block ? g->block_line : g->line;
	return GRUB_OK;
}

int grub_hide_item(struct grub *g, char **argv, size_t argc)
{
	struct grub_options o;
	const char *id;

	if (g->block_line != 0)
		argc--;
	if (argc < 2 || grub_options_parse(item_options, true, argv, argc, &o) < 0 ||
	    o.n_words == 0)
		return GRUB_BAD_ARGUMENT;
	id = grub_option_value(&o, 'i');
	if (!ka_strv_contains(g->hidden, argv[1]))
		ka_strv_add(&g->hidden, argv[1]);
	if (id && !ka_strv_contains(g->hidden, id))
		ka_strv_add(&g->hidden, id);
	return GRUB_OK;
}

void grub_add_bls_item(struct grub *g, const char *id, char *const *params, const char *body,
		       const char *file, bool restricted)
{
	struct grub_menu *menu = g->context->menu;
	struct grub_item *item;

	if (!menu)
		return;
	if (menu->n_items >= KA_MENU_LIMIT) {
		grub_give_up(g, "more than 16384 menu entries");
		return;
	}
	item = ka_calloc(1, sizeof(*item));
	item->id = ka_strdup(id);
	item->title = ka_strdup(params[0]);
	item->body = ka_strdup(body);
	item->file = ka_strdup(file);
	item->restricted = restricted;
	item->body_line = 1;
	item->params = ka_strv_copy(params, ka_strv_length(params));
	append_item(menu, item);
}
