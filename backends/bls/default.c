// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which entry boots by itself (config_select_default_entry()): one-shot, preferred, default, each as
 * EFI variable before loader.conf, then the first that may.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define VARIABLES   "/sys/firmware/efi/efivars/"
#define LAST_BOOTED "LoaderEntryLastBooted"

struct chooser {
	struct bls_menu *menu;
	struct bls_choice *choice;
	char *saved; /* LoaderEntryLastBooted */
};

void bls_choice_done(struct bls_choice *choice)
{
	free(choice->source);
	free(choice->text);
	free(choice->undecided);
	*choice = (struct bls_choice){ .index = -1 };
}

/* Nobody can say from here what boots. The first reason stays; owns text. */
static void give_up(struct chooser *c, char *text)
{
	if (c->choice->undecided)
		free(text);
	else
		c->choice->undecided = text;
}

/*
 * systemd-boot's own patterns do not look away from case, and what it reads is made lower case, as its ids
 * are; but for LoaderEntryLastBooted, which is read too late for it.
 */
static bool is_lowered(const struct chooser *c, const char *name)
{
	if (!bls_has(&c->menu->dialect, BLS_VARIABLE_PATTERNS))
		return false;
	return !ka_streq(name, LAST_BOOTED) || !bls_has(&c->menu->dialect, BLS_PATTERN_ESCAPES);
}

/* An id or pattern in an EFI variable, as it is compared; NULL: it is not set. */
static char *read_variable(struct chooser *c, const char *name)
{
	char *value = NULL;
	int r = ka_host_efi_string(c->menu->host, name, KA_EFI_GUID_LOADER, &value);

	if (r == 0)
		return is_lowered(c, name) ? bls_lower(value) : value;
	if (bls_is_unread(r) && c->choice->reason != KA_REASON_ONESHOT)
		give_up(c, ka_format("the EFI variable %s cannot be read: %s%s%s", name,
				     strerror(-r), ka_unread_remedy(r) ? "; " : "",
				     ka_unread_remedy(r) ? ka_unread_remedy(r) : ""));
	return NULL;
}

/* What names an entry: a pattern of loader.conf, or what a variable says. */
struct name {
	const char *text;
	bool is_variable, needs_tries;
};

static bool is_automatic(const struct bls_item *item)
{
	return item->kind == BLS_AUTO || item->kind == BLS_FIRMWARE || item->kind == BLS_POWER;
}

static bool is_pattern(const struct bls_menu *menu, const struct name *name)
{
	bool escapes = bls_has(&menu->dialect, BLS_PATTERN_ESCAPES);

	if (name->is_variable && !bls_has(&menu->dialect, BLS_VARIABLE_PATTERNS))
		return false;
	return name->text[strcspn(name->text, escapes ? "*?[\\" : "*?[")] != '\0';
}

static bool fits_id(const struct bls_menu *menu, const struct name *name, const char *id)
{
	if (name->is_variable && !bls_has(&menu->dialect, BLS_VARIABLE_PATTERNS))
		return ka_streq(name->text, id);
	return bls_match(name->text, id, bls_has(&menu->dialect, BLS_PATTERN_ESCAPES));
}

static bool fits(const struct bls_menu *menu, const struct name *name, const struct bls_item *item)
{
	if (!name->is_variable && is_automatic(item) && !bls_has(&menu->dialect, BLS_PATTERN_AUTO))
		return false;
	return fits_id(menu, name, item->id) ||
	       (item->short_id && fits_id(menu, name, item->short_id));
}

/* The first entry in the menu's order that it fits, or the last; exact ids name the first one. */
static ssize_t find(const struct bls_menu *menu, const struct name *name)
{
	bool first = bls_has(&menu->dialect, BLS_FIRST_MATCH) ||
		     (name->is_variable && !bls_has(&menu->dialect, BLS_VARIABLE_PATTERNS));

	for (size_t i = 0; i < menu->n_items; i++) {
		size_t at = first ? i : menu->n_items - 1 - i;
		const struct bls_item *item = menu->items[at];

		if (!item->hidden && !(name->needs_tries && item->tries_left == 0) &&
		    fits(menu, name, item))
			return (ssize_t)at;
	}
	return -1;
}

/* Of a UKI that cannot be read, all profiles. */
static bool may_match(const struct bls_menu *menu, const struct name *name,
		      const struct bls_item *item)
{
	return fits(menu, name, item) ||
	       (item->kind == BLS_TYPE2 && ka_startswith(name->text, item->id));
}

/* What a pattern means may be something that could not be read, unless it names the one found. */
static const char *unread_match(const struct bls_menu *menu, const struct name *name, ssize_t index)
{
	if (index >= 0 && !is_pattern(menu, name))
		return NULL;
	for (size_t i = 0; i < menu->n_items; i++)
		if (menu->items[i]->unread && may_match(menu, name, menu->items[i]))
			return menu->items[i]->unread;
	return menu->unread;
}

static void take(struct chooser *c, const struct name *name, enum ka_reason reason,
		 const char *source, const char *key)
{
	const char *unread;
	ssize_t index;

	if (!name->text || c->choice->index >= 0 || c->choice->undecided)
		return;
	index = find(c->menu, name);
	unread = unread_match(c->menu, name, index);
	if (unread)
		give_up(c, ka_format("%s=%s may mean what is not readable: %s", key, name->text,
				     unread));
	if (unread || index < 0)
		return;
	c->choice->index = index;
	c->choice->reason = reason == KA_REASON_CONFIGURED && is_pattern(c->menu, name)
				    ? KA_REASON_PATTERN
				    : reason;
	c->choice->source = ka_strdup(source);
	c->choice->text = ka_format("%s=%s", key, name->text);
}

/* Two ways to the same choice, the variable first. */
struct pair {
	const char *variable;
	const char *key;     /* of loader.conf, */
	const char *pattern; /* and what it says; NULL: nothing */
	bool pattern_saved;  /* that is "@saved" */
	bool needs_tries;
};

static void read_saved(struct chooser *c, bool is_asked)
{
	if (is_asked && !c->saved)
		c->saved = read_variable(c, LAST_BOOTED);
}

static void take_saved(struct chooser *c, const struct pair *pair, const char *source)
{
	const struct name name = { c->saved, true, pair->needs_tries };

	take(c, &name, KA_REASON_SAVED, source, LAST_BOOTED);
}

/* By a variable, and by a line of loader.conf; both may say @saved. */
static void take_pair(struct chooser *c, const struct pair *pair)
{
	_cleanup_free_ char *value = read_variable(c, pair->variable),
			    *path = ka_format(VARIABLES "%s-" KA_EFI_GUID_LOADER, pair->variable);
	bool saved = value && ka_streq(value, "@saved") && bls_has(&c->menu->dialect, BLS_SAVED);
	const struct name by_variable = { value, true, pair->needs_tries },
			  by_config = { pair->pattern, false, pair->needs_tries };

	read_saved(c, saved || pair->pattern_saved);
	/* Where the boot is remembered, booting by kexec is remembered too. */
	if (!pair->needs_tries)
		c->choice->is_saved = value ? saved : pair->pattern_saved;

	if (saved)
		take_saved(c, pair, path);
	else
		take(c, &by_variable, KA_REASON_CONFIGURED, path, pair->variable);
	if (c->menu->config_unread && c->choice->index < 0)
		give_up(c, ka_strdup(c->menu->config_unread));
	if (pair->pattern_saved && !saved)
		take_saved(c, pair, c->menu->config_path);
	else if (!pair->pattern_saved)
		take(c, &by_config, KA_REASON_CONFIGURED, c->menu->config_path, pair->key);
}

static bool may_boot_alone(const struct bls_menu *menu, const struct bls_item *item)
{
	if (item->profile > 0 && bls_has(&menu->dialect, BLS_PROFILES_NOT_ALONE))
		return false;
	return !item->hidden && !is_automatic(item);
}

/* Where it stands in the order is not known of an entry that cannot be read. */
static const char *unread_entry(const struct bls_menu *menu)
{
	for (size_t i = 0; i < menu->n_items; i++)
		if (menu->items[i]->unread)
			return menu->items[i]->unread;
	return menu->unread;
}

/* The first of those that may, or the last; *ret_n of them are there. -1: none is. */
static ssize_t first_alone(const struct bls_menu *menu, size_t *ret_n)
{
	bool first = bls_has(&menu->dialect, BLS_DESCENDING);
	ssize_t index = -1;

	*ret_n = 0;
	for (size_t i = 0; i < menu->n_items; i++) {
		if (!may_boot_alone(menu, menu->items[i]))
			continue;
		if (index < 0 || !first)
			index = (ssize_t)i;
		++*ret_n;
	}
	return index;
}

static void take_first(struct chooser *c)
{
	const struct bls_menu *menu = c->menu;
	bool first = bls_has(&menu->dialect, BLS_DESCENDING);
	ssize_t index;
	size_t n;

	if (c->choice->index >= 0 || c->choice->undecided)
		return;
	index = first_alone(menu, &n);
	if (unread_entry(menu))
		give_up(c, ka_strdup(unread_entry(menu)));
	if (c->choice->undecided || index < 0)
		return;
	c->choice->index = index;
	c->choice->reason = n == 1 ? KA_REASON_ONLY : KA_REASON_FIRST;
	c->choice->source = ka_strdup(menu->config_path ? menu->config_path : menu->partitions.esp);
	c->choice->text = ka_strdup(n == 1  ? "the only entry"
				    : first ? "no default is set: the first"
					    : "no default is set: the last");
}

static void choose(struct chooser *c)
{
	const struct bls_config *config = &c->menu->config;
	_cleanup_free_ char *oneshot = NULL;
	const struct pair preferred = { "LoaderEntryPreferred", "preferred",
					config->preferred_pattern, config->preferred_saved, true },
			  standard = { "LoaderEntryDefault", "default", config->default_pattern,
				       config->default_saved, false };
	struct name name = { NULL, true, false };

	/* After a failure of the firmware's own another variable comes first; nobody outside of the
	 * firmware knows whether there will be one. */
	name.text = oneshot = read_variable(c, "LoaderEntryOneShot");
	c->choice->has_oneshot = oneshot != NULL;
	take(c, &name, KA_REASON_ONESHOT, VARIABLES "LoaderEntryOneShot-" KA_EFI_GUID_LOADER,
	     "LoaderEntryOneShot");
	if (bls_has(&c->menu->dialect, BLS_PREFERRED))
		take_pair(c, &preferred);
	take_pair(c, &standard);
	take_first(c);
}

void bls_choose(struct bls_menu *menu, struct bls_choice *ret)
{
	struct chooser c = { .menu = menu, .choice = ret };

	*ret = (struct bls_choice){ .index = -1 };
	choose(&c);
	free(c.saved);
}
