// SPDX-License-Identifier: GPL-2.0-or-later
/* Equal titles get version, machine-id and id behind them, one after the other until they differ
 * (generate_boot_entry_titles()). */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

struct shown {
	struct bls_item *item;
	bool equal; /* to another one */
};

static int compare_titles(const void *x, const void *y)
{
	const struct shown *a = x, *b = y;

	return strcmp(a->item->title, b->item->title);
}

/* Mark those that are not alone with their title. */
static bool mark_equal(struct shown *shown, size_t n)
{
	bool any = false;

	qsort(shown, n, sizeof(*shown), compare_titles);
	for (size_t i = 0; i < n; i++) {
		const char *title = shown[i].item->title;

		shown[i].equal = (i > 0 && ka_streq(title, shown[i - 1].item->title)) ||
				 (i + 1 < n && ka_streq(title, shown[i + 1].item->title));
		any |= shown[i].equal;
	}
	return any;
}

static const char *more(const struct bls_item *item, int round)
{
	return round == 0 ? item->version : round == 1 ? item->machine_id : item->id;
}

/* Of a machine-id, eight characters are enough for people. */
static void extend(struct shown *shown, size_t n, int round)
{
	for (size_t i = 0; i < n; i++) {
		struct bls_item *item = shown[i].item;
		const char *text = more(item, round);
		char *title;

		if (!shown[i].equal || !text)
			continue;
		title = round == 1 ? ka_format("%s (%.8s)", item->title, text)
				   : ka_format("%s (%s)", item->title, text);
		free(item->title);
		item->title = title;
	}
}

void bls_make_titles_unique(struct bls_menu *menu)
{
	_cleanup_free_ struct shown *shown = ka_calloc(menu->n_items + 1, sizeof(*shown));
	size_t n = 0;

	for (size_t i = 0; i < menu->n_items; i++) {
		struct bls_item *item = menu->items[i];

		if (!item->title)
			item->title = ka_strdup(item->id);
		if (!item->hidden)
			shown[n++].item = item;
	}
	for (int round = 0; round < 3 && mark_equal(shown, n); round++)
		extend(shown, n, round);
}
