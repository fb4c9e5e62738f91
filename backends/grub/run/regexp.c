// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command regexp (commands/regexp.c). GRUB's engine is the C library's, which has no limits: a few
 * bytes of a pattern can cost it gigabytes or minutes. So patterns are measured first, and one that goes
 * too far is a question nobody here can answer.
 */

#include "run/regexp.h"
#include "lang/options.h"
#include "run/commands.h"
#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <locale.h>
#include <regex.h>

#define TEXT_LIMIT    1024
#define PATTERN_LIMIT 1024
#define DEPTH_LIMIT   32   /* nested groups */
#define SIZE_LIMIT    1000 /* of the pattern, its repetitions written out */
#define REFER_LIMIT   128  /* bytes of text, where the pattern refers back to a group */

struct measure {
	uint64_t size[DEPTH_LIMIT + 1]; /* of each open group */
	unsigned int depth;
	uint64_t last; /* size of what a repetition repeats */
	unsigned int references;
};

static void add(struct measure *m, uint64_t size)
{
	m->size[m->depth] += size;
}

/* "{2,5}" at p: how often that copies what is before it. Returns its end; NULL: it is no repetition. */
static const char *read_bounds(const char *p, uint64_t *ret)
{
	uint64_t from = 0, to = 0;
	bool open = false;

	for (p++; *p >= '0' && *p <= '9'; p++)
		from = from < SIZE_LIMIT ? from * 10 + (uint64_t)(*p - '0') : from;
	if (*p == ',') {
		open = p[1] == '}';
		for (p++; *p >= '0' && *p <= '9'; p++)
			to = to < SIZE_LIMIT ? to * 10 + (uint64_t)(*p - '0') : to;
	}
	if (*p != '}')
		return NULL;
	*ret = open ? from + 1 : from > to ? from : to;
	return p;
}

/* Behind "[…]"; what is not closed is no pattern, and the engine says so. */
static const char *skip_brackets(const char *p)
{
	p++;
	p += *p == '^';
	p += *p == ']';
	for (; *p && *p != ']'; p++) {
		/* "[:alpha:]", "[.x.]", "[=x=]" */
		if (*p == '[' && p[1] && strchr(":.=", p[1])) {
			const char close[] = { p[1], ']', '\0' }, *end = strstr(p + 2, close);

			if (end)
				p = end + 1;
		}
	}
	return p;
}

static void repeat(struct measure *m, uint64_t times)
{
	add(m, times > 0 ? m->last * (times - 1) : 0);
	m->last *= times > 0 ? times : 1;
}

/* One item of the pattern. Returns its last byte. */
static const char *measure_item(struct measure *m, const char *p)
{
	const char *end;
	uint64_t times;

	if (*p == '(') {
		m->size[++m->depth] = 1;
		m->last = 1;
		return p;
	}
	if (*p == ')' && m->depth > 0) {
		m->last = m->size[m->depth--];
		add(m, m->last);
		return p;
	}
	if (*p == '+' || *p == '{') {
		end = *p == '+' ? p : read_bounds(p, &times);
		if (end) {
			repeat(m, *p == '+' ? 2 : times);
			return end;
		}
	}
	if (*p == '\\' && p[1])
		m->references += *++p >= '1' && *p <= '9';
	else if (*p == '[')
		p = skip_brackets(p);
	m->last = 1;
	add(m, 1);
	return *p ? p : p - 1;
}

uint64_t grub_regexp_cost(const char *pattern, const char *text)
{
	struct measure m = { .depth = 0 };
	size_t len = strlen(text);

	if (len > TEXT_LIMIT || strlen(pattern) > PATTERN_LIMIT)
		return 0;
	for (const char *p = pattern; *p; p++) {
		if (*p == '(' && m.depth >= DEPTH_LIMIT)
			return 0;
		p = measure_item(&m, p);
		if (m.size[m.depth] > SIZE_LIMIT)
			return 0;
	}
	if (m.references > 1 || (m.references > 0 && len > REFER_LIMIT))
		return 0;
	for (; m.depth > 0; m.depth--)
		m.size[m.depth - 1] += m.size[m.depth];
	return 1024 + 2 * m.size[0] * (m.size[0] + len) + (uint64_t)m.references * 1048576;
}

static const struct grub_option options[] = {
	{ "set", 's', 's', GRUB_ARGUMENT_REQUIRED },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

/* One "[N:]NAME" of --set: the N-th group, the first by default. */
static int set_match(struct grub *g, const char *spec, const char *text, const regmatch_t *matches,
		     size_t n)
{
	const char *colon = strchr(spec, ':'), *name = colon ? colon + 1 : spec;
	_cleanup_free_ char *number = NULL, *value = NULL;
	uint64_t group = 1;

	if (colon) {
		number = ka_strndup(spec, (size_t)(colon - spec));
		if (ka_parse_u64(number, UINT32_MAX, &group) < 0)
			return GRUB_BAD_ARGUMENT;
	}
	if (group >= n || matches[group].rm_so < 0) {
		grub_unset(g, name);
		return GRUB_OK;
	}
	value = ka_strndup(text + matches[group].rm_so,
			   (size_t)(matches[group].rm_eo - matches[group].rm_so));
	grub_set(g, name, value);
	return GRUB_OK;
}

static int match(struct grub *g, const struct grub_options *o, const char *pattern,
		 const char *text)
{
	regmatch_t matches[32];
	int status = GRUB_OK;
	regex_t regex;
	size_t n;

	if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
		return GRUB_FALSE;
	n = regex.re_nsub + 1 < ARRAY_SIZE(matches) ? regex.re_nsub + 1 : ARRAY_SIZE(matches);
	if (regexec(&regex, text, n, matches, 0) != 0)
		status = GRUB_FALSE;
	for (size_t i = 0; i < o->n && status == GRUB_OK; i++)
		status = set_match(g, o->items[i].value, text, matches, n);
	regfree(&regex);
	return status;
}

/* The answer, and what the groups hold, only GRUB can know. */
static int ask(struct grub *g, const struct grub_options *o, const char *about)
{
	if (!grub_decide(g, about))
		return GRUB_FALSE;
	for (size_t i = 0; i < o->n; i++) {
		const char *colon = strchr(o->items[i].value, ':');

		grub_set(g, colon ? colon + 1 : o->items[i].value, GRUB_UNKNOWN("regexp"));
	}
	return GRUB_OK;
}

/* GRUB's regular expressions see UTF-8 characters, whatever our locale is. */
static int match_utf8(struct grub *g, const struct grub_options *o, const char *pattern,
		      const char *text)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = locale ? uselocale(locale) : (locale_t)0;
	int status = match(g, o, pattern, text);

	if (locale) {
		uselocale(before);
		freelocale(locale);
	}
	return status;
}

int grub_do_regexp(struct grub *g, char **argv, size_t argc)
{
	struct grub_options o;
	uint64_t cost;

	g->has_regexp = true; /* the command brings the module with it */
	if (grub_options_parse(options, false, argv, argc, &o) < 0 || o.n_words != 2)
		return GRUB_BAD_ARGUMENT;
	if (strchr(argv[1], GRUB_UNKNOWN_START) || strchr(argv[2], GRUB_UNKNOWN_START))
		return ask(g, &o, "a match of a value that cannot be known from here");
	cost = grub_regexp_cost(argv[1], argv[2]);
	if (cost == 0) {
		grub_complain(g, KA_WARNING, KA_ID_GRUB_LIMIT,
			      "a regular expression that could take hours, or gigabytes: kexec-any "
			      "does not try it (at most %d bytes of pattern and text, %d nested "
			      "groups, %d characters with all repetitions, one back reference)",
			      PATTERN_LIMIT, DEPTH_LIMIT, SIZE_LIMIT);
		return ask(g, &o, "a regular expression beyond kexec-any's limits");
	}
	return grub_charge(g, cost) ? match_utf8(g, &o, argv[1], argv[2]) : GRUB_OK;
}
