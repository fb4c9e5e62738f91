// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which rules a version of systemd-boot follows. Many changed inside of a branch ("257.10"), as fixes went
 * back to older ones; so a rule is a list of spans of versions. From src/boot (before 254 src/boot/efi)
 * of systemd's releases and stable branches.
 */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <limits.h>

#define SPANS_LIMIT 8

struct span {
	struct bls_version first, last;
};

#define FROM(major_, minor_)                                                                       \
	{                                                                                          \
		{ major_, minor_ },                                                                \
		{                                                                                  \
			UINT_MAX, UINT_MAX                                                         \
		}                                                                                  \
	}
#define BRANCH(major_, minor_)                                                                     \
	{                                                                                          \
		{ major_, minor_ },                                                                \
		{                                                                                  \
			major_, UINT_MAX                                                           \
		}                                                                                  \
	}
#define UP_TO(major_, minor_)                                                                      \
	{                                                                                          \
		{ 0, 0 },                                                                          \
		{                                                                                  \
			major_, minor_                                                             \
		}                                                                                  \
	}
#define WITHIN(major_, from_, to_)                                                                 \
	{                                                                                          \
		{ major_, from_ },                                                                 \
		{                                                                                  \
			major_, to_                                                                \
		}                                                                                  \
	}

/* clang-format off */
static const struct span rules[_BLS_RULE_MAX][SPANS_LIMIT] = {
	[BLS_KERNEL_MUST_EXIST] = { FROM(244, 0) },
	[BLS_ID_HAS_SUFFIX] = { FROM(245, 0) },
	[BLS_UKI_ID_IS_FILE] = { FROM(245, 0) },
	[BLS_UKI_NAME_ALONE] = { FROM(252, 0) },
	[BLS_UKI_IMAGE_FIELDS] = { FROM(250, 0) },
	[BLS_UKI_OTHER_NAMES] = { FROM(245, 0) },
	[BLS_UKI_VERSION] = { BRANCH(243, 6), FROM(244, 2) },
	[BLS_UKI_SKIPS_AUTO] = { FROM(245, 0) },
	[BLS_AUTO_ANY_CASE] = { FROM(257, 0) },
	[BLS_LONG_NAME_ENDS] = { UP_TO(249, UINT_MAX) },

	[BLS_BLANKS_SWALLOW] = { UP_TO(251, UINT_MAX), WITHIN(254, 0, 5) },
	[BLS_EMPTY_SWALLOWS] = { WITHIN(260, 0, 3), WITHIN(261, 0, 1) },
	[BLS_EMPTY_IS_NONE] = { { { 252, 0 }, { 257, UINT_MAX } } },
	[BLS_SINGLE_QUOTES] = { BRANCH(257, 11), BRANCH(258, 4), BRANCH(259, 1), FROM(260, 0) },
	[BLS_ARCH_ANY_CASE] = { BRANCH(252, 31), BRANCH(253, 26), BRANCH(254, 19), BRANCH(255, 13),
				BRANCH(256, 7), FROM(257, 0) },
	[BLS_ONE_LOADER_KEY] = { FROM(258, 0) },
	[BLS_DEVICETREE] = { FROM(250, 0) },
	[BLS_DEVICETREE_INSECURE] = { BRANCH(250, 13), BRANCH(251, 19), BRANCH(252, 17),
				      BRANCH(253, 11), BRANCH(254, 4), FROM(255, 0) },
	[BLS_SORT_KEY] = { FROM(251, 0) },
	[BLS_UKI_KEY] = { FROM(258, 0) },
	[BLS_PROFILE_KEY] = { FROM(259, 0) },
	[BLS_EXTRA] = { FROM(261, 0) },

	[BLS_WHOLE_COUNTERS] = { FROM(252, 0) },
	[BLS_COUNTER_SUFFIX_ANY_CASE] = { UP_TO(251, UINT_MAX), BRANCH(252, 29), BRANCH(253, 23),
					  BRANCH(254, 16), BRANCH(255, 10), BRANCH(256, 3),
					  FROM(257, 0) },
	[BLS_NO_TRIES_LAST] = { BRANCH(243, 9), BRANCH(244, 5), BRANCH(245, 8), FROM(246, 0) },
	[BLS_STRIPS_TRIES] = { BRANCH(257, 10), BRANCH(258, 1), FROM(259, 0) },
	[BLS_COUNTED_KEEPS_CASE] = { BRANCH(257, 10), BRANCH(258, 1) },
	[BLS_COUNTED_UKI_KEEPS_CASE] = { BRANCH(257, 10), BRANCH(258, 1), FROM(259, 0) },
	[BLS_COUNTED_PROFILES_ALIKE] = { BRANCH(257, 10), WITHIN(258, 1, 2) },
	[BLS_PROFILE_KEEPS_CASE] = { BRANCH(258, 3), FROM(259, 0) },

	[BLS_DESCENDING] = { FROM(251, 0) },
	[BLS_IMPROVED_ORDER] = { FROM(248, 0) },
	[BLS_DIGITS_BEAT_LETTERS] = { FROM(252, 0) },
	[BLS_SORTS_PROFILES] = { BRANCH(258, 8), BRANCH(259, 6), BRANCH(260, 2), FROM(261, 0) },
	[BLS_PROFILES_NOT_ALONE] = { BRANCH(258, 8), BRANCH(259, 6), BRANCH(260, 2), FROM(261, 0) },

	[BLS_FIRST_MATCH] = { WITHIN(250, 0, 1), FROM(251, 0) },
	[BLS_PATTERN_AUTO] = { FROM(250, 0) },
	[BLS_PATTERN_ESCAPES] = { FROM(252, 0) },
	[BLS_VARIABLE_PATTERNS] = { FROM(250, 0) },
	[BLS_SAVED] = { FROM(250, 0) },
	[BLS_SAVED_ANY_CASE] = { FROM(252, 0) },
	[BLS_PREFERRED] = { FROM(260, 0) },

	[BLS_CMDLINE_EXTRA] = { FROM(256, 0) },
	[BLS_CMDLINE_NULL] = { BRANCH(256, 0) },
	[BLS_POWER_ENTRIES] = { FROM(255, 0) },
	[BLS_SMBIOS_ENTRIES] = { FROM(258, 0) },
	[BLS_PROFILES] = { FROM(257, 0) },
	[BLS_PROFILES_NEED_CMDLINE] = { WITHIN(257, 0, 5) },
	[BLS_PASSES_CMDLINE] = { UP_TO(254, UINT_MAX) },
	[BLS_KERNEL_READS_INITRDS] = { UP_TO(251, UINT_MAX) },
	[BLS_PADS_INITRDS] = { BRANCH(256, 7), FROM(257, 0) },
};
/* clang-format on */

static int compare(struct bls_version a, struct bls_version b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	return (a.minor > b.minor) - (a.minor < b.minor);
}

bool bls_has(const struct bls_dialect *dialect, enum bls_rule rule)
{
	for (const struct span *s = rules[rule]; s < rules[rule] + SPANS_LIMIT && s->last.major > 0;
	     s++)
		if (compare(s->first, dialect->version) <= 0 &&
		    compare(dialect->version, s->last) <= 0)
			return true;
	return false;
}

/* --- all that differ */

static const struct bls_version pop[] = { { 245, 4 }, { 248, 3 }, { 249, 11 }, { 255, 4 } };

static void add(struct bls_dialects *list, struct bls_version version, bool is_pop)
{
	const struct bls_version oldest = { BLS_OLDEST, 0 }, newest = { BLS_NEWEST, UINT_MAX };

	if (compare(version, oldest) < 0 || compare(version, newest) > 0)
		return;
	for (size_t i = 0; i < list->n; i++)
		if (compare(list->items[i].version, version) == 0 &&
		    list->items[i].is_pop == is_pop)
			return;
	list->items[list->n++] = (struct bls_dialect){ .version = version, .is_pop = is_pop };
}

/* What follows a span inside of its branch, and what follows its branch. */
static void add_behind(struct bls_dialects *list, struct bls_version last)
{
	if (last.major == UINT_MAX)
		return;
	if (last.minor != UINT_MAX)
		add(list, (struct bls_version){ last.major, last.minor + 1 }, false);
	add(list, (struct bls_version){ last.major + 1, 0 }, false);
}

void bls_all_dialects(struct bls_dialects *ret)
{
	size_t most = 2 + ARRAY_SIZE(pop) + (size_t)_BLS_RULE_MAX * SPANS_LIMIT * 3;

	*ret = (struct bls_dialects){ .items = ka_calloc(most, sizeof(struct bls_dialect)) };
	add(ret, (struct bls_version){ BLS_NEWEST, 0 }, false);
	add(ret, (struct bls_version){ BLS_OLDEST, 0 }, false);
	for (size_t i = 0; i < _BLS_RULE_MAX; i++)
		for (size_t k = 0; k < SPANS_LIMIT && rules[i][k].last.major > 0; k++) {
			add(ret, rules[i][k].first, false);
			add_behind(ret, rules[i][k].last);
		}
	for (size_t i = 0; i < ARRAY_SIZE(pop); i++)
		add(ret, pop[i], true);
}

/* --- the text of a version */

static const char *number(const char *p, unsigned int *ret)
{
	unsigned long value = 0;

	if (!ka_is_digit(*p))
		return NULL;
	for (; ka_is_digit(*p); p++)
		if (value <= UINT_MAX / 16)
			value = value * 10 + (unsigned long)(*p - '0');
	*ret = value < UINT_MAX ? (unsigned int)value : UINT_MAX - 1;
	return p;
}

/*
 * "257.13-1~deb13u1", "249.11-0ubuntu3.12pop0", "262~rc3-1": the release, the number of its fixes, then what
 * the distribution adds. A candidate of a release has what that release has.
 */
bool bls_parse_version(const char *text, struct bls_dialect *ret)
{
	struct bls_dialect dialect = { .version = { 0, 0 } };
	const char *p = number(*text == 'v' ? text + 1 : text, &dialect.version.major);

	if (!p)
		return false;
	if (*p == '.' && !number(p + 1, &dialect.version.minor))
		return false;
	dialect.is_pop = strstr(p, "pop") != NULL;
	*ret = dialect;
	return true;
}
