// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which entry boots by itself (config_select_default_entry()): one-shot, preferred, default, each as
 * EFI variable before loader.conf, then the first that may.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define VARIABLES "/sys/firmware/efi/efivars/"

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

/* An id or pattern in an EFI variable, in lower case; NULL: it is not set. */
static char *read_variable(struct chooser *c, const char *name)
{
	char *value = NULL;
	int r = ka_host_efi_string(c->menu->host, name, KA_EFI_GUID_LOADER, &value);

	if (r == 0)
		return bls_lower(value);
	if (bls_is_unread(r) && c->choice->reason != KA_REASON_ONESHOT)
		give_up(c, ka_format("the EFI variable %s cannot be read: %s%s%s", name,
				     strerror(-r), ka_unread_remedy(r) ? "; " : "",
				     ka_unread_remedy(r) ? ka_unread_remedy(r) : ""));
	return NULL;
}

/* The first entry in the menu's order that the pattern fits. */
static ssize_t find(const struct bls_menu *menu, const char *pattern, bool needs_tries)
{
	for (size_t i = 0; pattern && i < menu->n_items; i++) {
		const struct bls_item *item = menu->items[i];

		if (!item->hidden && !(needs_tries && item->tries_left == 0) &&
		    bls_match(pattern, item->id))
			return (ssize_t)i;
	}
	return -1;
}

static bool is_pattern(const char *text)
{
	return text[strcspn(text, "*?[\\")] != '\0';
}

/* Of a UKI that cannot be read, all profiles. */
static bool may_match(const char *pattern, const struct bls_item *item)
{
	return bls_match(pattern, item->id) ||
	       (item->kind == BLS_TYPE2 && ka_startswith(pattern, item->id));
}

/* What a pattern means may be something that could not be read, unless it names the one found. */
static const char *unread_match(const struct bls_menu *menu, const char *pattern, ssize_t index)
{
	if (index >= 0 && !is_pattern(pattern))
		return NULL;
	for (size_t i = 0; i < menu->n_items; i++)
		if (menu->items[i]->unread && may_match(pattern, menu->items[i]))
			return menu->items[i]->unread;
	return menu->unread;
}

static void take(struct chooser *c, const char *pattern, bool needs_tries, enum ka_reason reason,
		 const char *source, const char *name)
{
	const char *unread;
	ssize_t index;

	if (!pattern || c->choice->index >= 0 || c->choice->undecided)
		return;
	index = find(c->menu, pattern, needs_tries);
	unread = unread_match(c->menu, pattern, index);
	if (unread)
		give_up(c, ka_format("%s=%s may mean what is not readable: %s", name, pattern,
				     unread));
	if (unread || index < 0)
		return;
	c->choice->index = index;
	c->choice->reason =
		reason == KA_REASON_CONFIGURED && is_pattern(pattern) ? KA_REASON_PATTERN : reason;
	c->choice->source = ka_strdup(source);
	c->choice->text = ka_format("%s=%s", name, pattern);
}

/* By a variable, and by a line of loader.conf; both may say @saved. */
static void take_pair(struct chooser *c, const char *variable, const char *pattern, const char *key,
		      bool needs_tries)
{
	_cleanup_free_ char *value = NULL, *path = NULL;
	bool by_variable, by_config;

	value = read_variable(c, variable);
	path = ka_format(VARIABLES "%s-" KA_EFI_GUID_LOADER, variable);
	by_variable = value && ka_streq(value, "@saved");
	by_config = pattern && ka_streq(pattern, "@saved");
	if ((by_variable || by_config) && !c->saved)
		c->saved = read_variable(c, "LoaderEntryLastBooted");
	/* Where the boot is remembered, booting by kexec is remembered too. */
	if (!needs_tries)
		c->choice->is_saved = value ? by_variable : by_config;

	if (by_variable)
		take(c, c->saved, needs_tries, KA_REASON_SAVED, path, "LoaderEntryLastBooted");
	else
		take(c, value, needs_tries, KA_REASON_CONFIGURED, path, variable);
	if (c->menu->config_unread && c->choice->index < 0)
		give_up(c, ka_strdup(c->menu->config_unread));
	if (by_config && !by_variable)
		take(c, c->saved, needs_tries, KA_REASON_SAVED, c->menu->config_path,
		     "LoaderEntryLastBooted");
	else if (!by_config)
		take(c, pattern, needs_tries, KA_REASON_CONFIGURED, c->menu->config_path, key);
}

static bool may_boot_alone(const struct bls_item *item)
{
	return !item->hidden && item->kind != BLS_AUTO && item->kind != BLS_FIRMWARE &&
	       item->kind != BLS_POWER;
}

/* Where it stands in the order is not known of an entry that cannot be read. */
static const char *unread_entry(const struct bls_menu *menu)
{
	for (size_t i = 0; i < menu->n_items; i++)
		if (menu->items[i]->unread)
			return menu->items[i]->unread;
	return menu->unread;
}

static void take_first(struct chooser *c)
{
	const struct bls_menu *menu = c->menu;
	size_t shown = 0, candidates = 0;
	ssize_t index = -1;

	for (size_t i = 0; i < menu->n_items; i++) {
		const struct bls_item *item = menu->items[i];

		shown += !item->hidden;
		if (!may_boot_alone(item) || item->profile > 0)
			continue;
		candidates++;
		if (index < 0)
			index = (ssize_t)i;
	}
	if (c->choice->index >= 0 || c->choice->undecided)
		return;
	if (unread_entry(menu))
		give_up(c, ka_strdup(unread_entry(menu)));
	if (c->choice->undecided || shown == 0)
		return;
	c->choice->index = index;
	c->choice->reason = candidates == 1 ? KA_REASON_ONLY : KA_REASON_FIRST;
	c->choice->source = ka_strdup(menu->config_path ? menu->config_path : menu->partitions.esp);
	c->choice->text =
		ka_strdup(candidates == 1 ? "the only entry" : "no default is set: the first");
}

static void choose(struct chooser *c)
{
	const struct bls_config *config = &c->menu->config;
	_cleanup_free_ char *oneshot = NULL;

	/* After a failure of the firmware's own another variable comes first; nobody outside of the
	 * firmware knows whether there will be one. */
	oneshot = read_variable(c, "LoaderEntryOneShot");
	c->choice->has_oneshot = oneshot != NULL;
	take(c, oneshot, false, KA_REASON_ONESHOT,
	     VARIABLES "LoaderEntryOneShot-" KA_EFI_GUID_LOADER, "LoaderEntryOneShot");
	if (c->menu->dialect.version >= BLS_PREFERRED)
		take_pair(c, "LoaderEntryPreferred", config->preferred_pattern, "preferred", true);
	take_pair(c, "LoaderEntryDefault", config->default_pattern, "default", false);
	take_first(c);
}

void bls_choose(struct bls_menu *menu, struct bls_choice *ret)
{
	struct chooser c = { .menu = menu, .choice = ret };

	*ret = (struct bls_choice){ .index = -1 };
	choose(&c);
	free(c.saved);
}
