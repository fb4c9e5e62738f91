// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A systemd-boot whose rules are not known for sure: too old, too new, or of a version that nothing tells.
 * Of the last two the menu is made by the rules of each version that it may be like; what all boot is the
 * default, and otherwise there is none.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* Newer ones keep the order that the specification has since. */
#define COMPATIBLE 258

static const struct ka_entry *default_of(const struct ka_menu *menu)
{
	return menu->default_index < 0 ? NULL : menu->entries[menu->default_index];
}

static bool same_initrds(const struct ka_pieces *a, const struct ka_pieces *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct ka_piece *x = &a->items[i], *y = &b->items[i];

		if (!ka_streq(x->path ? x->path : "", y->path ? y->path : "") ||
		    x->offset != y->offset || x->size != y->size)
			return false;
	}
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? ka_streq(a, b) : a == b;
}

/* Do both start the same kernel with the same initrds and the same words? */
static bool same_default(const struct ka_menu *x, const struct ka_menu *y)
{
	const struct ka_entry *a = default_of(x), *b = default_of(y);

	if (!a || !b)
		return !a && !b;
	return same_text(a->source_path, b->source_path) && a->type == b->type &&
	       same_text(a->kernel, b->kernel) && a->kernel_offset == b->kernel_offset &&
	       same_text(a->cmdline, b->cmdline) && same_initrds(&a->initrds, &b->initrds);
}

static const char *name_of(const struct ka_menu *menu)
{
	return default_of(menu) ? default_of(menu)->id : "nothing";
}

/* Owns text. */
static void give_up(struct ka_menu *menu, char *text)
{
	menu->default_index = -1;
	free(menu->undecided);
	menu->undecided = text;
}

static char *what_it_is(const struct bls_menu *menu)
{
	if (menu->is_unknown)
		return ka_strdup("which version of systemd-boot boots this machine is not known");
	return ka_format("the rules of systemd-boot %u are not known, which is newer than %d",
			 menu->dialect.version.major, BLS_NEWEST);
}

/* What another dialect makes of the machine. */
static int make_by(const struct bls_menu *menu, struct bls_dialect dialect, bls_fill_fn fill,
		   struct ka_menu *ret)
{
	struct bls_menu other = {
		.host = menu->host,
		.arch = menu->arch,
		.dialect = dialect,
		.partitions = { ka_strdup_or_null(menu->partitions.esp),
				ka_strdup_or_null(menu->partitions.xbootldr) },
		.own_path = ka_strdup_or_null(menu->own_path),
		.unread = NULL,
	};
	int r = fill(&other, ret);

	bls_menu_done(&other);
	return r;
}

static int compare_with(const struct bls_menu *menu, struct bls_dialect dialect, bls_fill_fn fill,
			struct ka_menu *ret)
{
	_cleanup_(ka_menu_done) struct ka_menu other = KA_MENU_INIT;
	_cleanup_free_ char *what = NULL;
	int r = make_by(menu, dialect, fill, &other);

	if (r < 0 || same_default(ret, &other))
		return r;
	what = what_it_is(menu);
	give_up(ret,
		ka_format(
			"%s, and versions differ about this menu: %d would boot %s, %u.%u %s; "
			"install the loader anew (bootctl update), or name an entry with --entry=",
			what, BLS_NEWEST, name_of(ret), dialect.version.major,
			dialect.version.minor, name_of(&other)));
	return 0;
}

static int compare_all(const struct bls_menu *menu, bls_fill_fn fill, struct ka_menu *ret)
{
	struct bls_dialects all;
	int r = 0;

	bls_all_dialects(&all);
	for (size_t i = 0; i < all.n && r == 0 && default_of(ret); i++)
		if (menu->is_unknown || all.items[i].version.major >= COMPATIBLE)
			r = compare_with(menu, all.items[i], fill, ret);
	free(all.items);
	return r;
}

int bls_judge_version(const struct bls_menu *menu, bls_fill_fn fill, struct ka_menu *ret)
{
	const unsigned int major = menu->dialect.version.major;

	if (ret->undecided || (major >= BLS_OLDEST && major <= BLS_NEWEST && !menu->is_unknown))
		return 0;
	if (major >= BLS_OLDEST)
		return compare_all(menu, fill, ret);
	give_up(ret, ka_format("the rules of systemd-boot %u are not known, those from %d to %d "
			       "are; update the loader (bootctl update), reboot through the "
			       "firmware, or name an entry with --entry=",
			       major, BLS_OLDEST, BLS_NEWEST));
	return 0;
}
