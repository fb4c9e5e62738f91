// SPDX-License-Identifier: GPL-2.0-or-later
/* The items of a menu: what menuentry, submenu and blscfg add to it. */

#include "menu/items.h"
#include "lang/options.h"
#include "state/trouble.h"

#include <kexec-any/entry.h>
#include <kexec-any/text.h>

#include <errno.h>

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
	struct grub_item *item = calloc(1, sizeof(*item));
	const char *id = grub_option_value(o, 'i');

	if (!item) {
		g->error = -ENOMEM;
		return NULL;
	}
	item->title = strdup(argv[1]);
	item->id = strdup(id ? id : argv[1]);
	item->body = strdup(body);
	item->file = strdup(g->file ? g->file : "");
	item->is_submenu = ka_streq(argv[0], "submenu");
	item->restricted = is_restricted(o, g->dialect->optional_users);
	if (ka_strv_copy(argv + 1, n_params, &item->params) < 0)
		g->error = -ENOMEM;
	if (!item->title || !item->id || !item->body || !item->file)
		g->error = -ENOMEM;
	return item;
}

static bool append_item(struct grub_menu *menu, struct grub_item *item)
{
	size_t n = menu->n_items;

	if ((n & (n - 1)) == 0) {
		struct grub_item **p = reallocarray(menu->items, n ? n * 2 : 1, sizeof(*p));

		if (!p)
			return false;
		menu->items = p;
	}
	menu->items[menu->n_items++] = item;
	return true;
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
		body = strndup(argv[argc - 1] + 1, n >= 2 ? n - 2 : 0);
		if (!body) {
			g->error = -ENOMEM;
			return GRUB_OK;
		}
		argc--;
	}
	/* The block would be taken for the value of an option that stands last without one. */
	if (has_block && argc > 1 && takes_value(argv[argc - 1])) {
		grub_complain(
			g, KA_WARNING, "grub-entry-lost",
			"an option without a value before the block: GRUB leaves the entry out");
		return GRUB_BAD_ARGUMENT;
	}
	if (grub_options_parse(g->dialect->optional_users ? item_options_redhat : item_options,
			       true, argv, argc, &o) < 0) {
		grub_complain(g, KA_WARNING, "grub-entry-lost",
			      "the options of this entry are wrong: GRUB leaves it out");
		return GRUB_BAD_ARGUMENT;
	}
	source = grub_option_value(&o, 's');
	if ((source != NULL) == has_block || o.n_words == 0)
		return GRUB_BAD_ARGUMENT;
	if (!menu)
		return GRUB_BAD_ARGUMENT;
	if (menu->n_items >= KA_MENU_LIMIT)
		return grub_give_up(g, -E2BIG, "more than 16384 menu entries");

	item = new_item(g, argv, o.n_words, &o, source ? source : body);
	if (!item || g->error || !append_item(menu, item)) {
		grub_item_free(item);
		g->error = -ENOMEM;
		return GRUB_OK;
	}
	item->line = g->line;
	item->body_line = has_block ? g->block_line : g->line;
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
		grub_give_up(g, -E2BIG, "more than 16384 menu entries");
		return;
	}
	item = calloc(1, sizeof(*item));
	if (item) {
		item->id = strdup(id);
		item->title = strdup(params[0]);
		item->body = strdup(body);
		item->file = strdup(file);
		item->restricted = restricted;
		item->body_line = 1;
	}
	if (item && ka_strv_copy(params, ka_strv_length(params), &item->params) < 0)
		g->error = -ENOMEM;
	if (!item || !item->id || !item->title || !item->body || !item->file || g->error ||
	    !append_item(menu, item)) {
		grub_item_free(item);
		g->error = -ENOMEM;
	}
}
