// SPDX-License-Identifier: GPL-2.0-or-later
/* Which entry of a menu the value of "default" means (normal/menu.c). */

#include "menu/default.h"
#include "lang/number.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

const char *grub_default_rest(const char *value)
{
	for (const char *p = value; *p; p++) {
		if (*p != '>')
			continue;
		if (p[1] == '>')
			p++;
		else
			return p[1] ? p + 1 : NULL;
	}
	return NULL;
}

/* Does the value name this id or title, up to its first single '>'? */
static bool names(const char *id, const char *value)
{
	while (*id && *value) {
		if (*value == '>' && value[1] != '>')
			break;
		if (*value != *id)
			return false;
		if (*value == '>')
			value++;
		value++;
		id++;
	}
	return !*id && (!*value || (*value == '>' && value[1] != '>'));
}

/* An index at the start of a value. It wraps to int. */
static bool leading_number(const char *value, int *ret, const char **ret_end)
{
	uint64_t n = grub_number(value, ret_end);

	if (*ret_end == value || n == UINT64_MAX)
		return false;
	*ret = (int)(unsigned int)n;
	return true;
}

static size_t in_range(const struct grub_menu *menu, int index)
{
	return index >= 0 && (size_t)index < menu->n_items ? (size_t)index : 0;
}

/* Upstream: a number first, whatever follows it; else per entry the title, then the id. */
static size_t upstream_index(const struct grub_menu *menu, const char *value)
{
	const char *end;
	int index;

	if (leading_number(value, &index, &end))
		return in_range(menu, index);
	for (size_t i = 0; i < menu->n_items; i++)
		if (names(menu->items[i]->title, value) || names(menu->items[i]->id, value))
			return i;
	return 0;
}

/* The id pass of Red Hat: it compares the first word of the value. */
static bool redhat_id(const char *id, const char *value)
{
	size_t n = strcspn(value, " \t");
	_cleanup_free_ char *first = ka_strndup(value, n);

	if (!*id || !names(id, first))
		return false;
	/* With a blank in the value, and no '>' in its first word, ids of one character and ids
	 * with a '>' in them slip through. */
	return !(value[n] && !grub_default_rest(first) && !strchr(first, '>') &&
		 (strlen(id) == 1 || strchr(id, '>')));
}

static size_t redhat_index(const struct grub_menu *menu, const char *value)
{
	bool has_blank = value[strcspn(value, " \t")] != '\0';
	const char *end;
	int index;

	for (size_t i = 0; i < menu->n_items && *value; i++)
		if (redhat_id(menu->items[i]->id, value))
			return has_blank ? 0 : i;
	for (size_t i = 0; i < menu->n_items; i++)
		if (*menu->items[i]->title && names(menu->items[i]->title, value))
			return i;
	if (leading_number(value, &index, &end) && !*end)
		return in_range(menu, index);
	return 0;
}

size_t grub_default_index(const struct grub *g, const struct grub_menu *menu, const char *value)
{
	if (!value || menu->n_items == 0)
		return 0;
	return g->dialect->redhat_default ? redhat_index(menu, value) : upstream_index(menu, value);
}

bool grub_default_is_hidden(const struct grub *g, const struct grub_menu *menu, const char *value)
{
	bool found = false;

	for (char *const *p = g->hidden; value && p && *p; p++)
		found |= names(*p, value);
	for (size_t i = 0; found && i < menu->n_items; i++)
		found = !names(menu->items[i]->title, value) && !names(menu->items[i]->id, value);
	return found;
}

bool grub_fallback_index(const struct grub *g, const struct grub_menu *menu, const char *value,
			 size_t *ret)
{
	_cleanup_free_ char *word = NULL;
	const char *end;
	int index;

	value += strspn(value, " \t");
	word = ka_strndup(value, strcspn(value, " \t"));
	if (!*word)
		return false;
	for (size_t i = 0; g->dialect->redhat_default && i < menu->n_items; i++)
		if (redhat_id(menu->items[i]->id, word)) {
			*ret = i;
			return true;
		}
	if (!leading_number(word, &index, &end) || (g->dialect->redhat_default && *end))
		return false;
	if (index < 0 || (size_t)index >= menu->n_items)
		return false;
	*ret = (size_t)index;
	return true;
}
