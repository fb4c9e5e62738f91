// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the words of the syntax tree to the words of a command: variables, splitting, wildcards, and
 * the removal of guards (grub_script_arglist_to_argv() in script/execute.c).
 *
 * Until the very end a word is kept guarded: a backslash before every '*', '?' and '\' that is meant
 * as itself. That is how a bare '*' is told from a quoted one.
 */

#include "run/expand.h"
#include "state/env.h"
#include "state/scope.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/text.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

struct expansion {
	struct grub *g;
	struct ka_buf *words; /* guarded */
	size_t n;
	bool open; /* the last word has begun, if only with "" */
};

static void fail(struct expansion *e)
{
	e->g->error = -ENOMEM;
}

/* Begin a new word, unless the last one has nothing in it yet. */
static void next_word(struct expansion *e)
{
	struct ka_buf *p;

	if (e->n > 0 && !e->open)
		return;
	if (e->n >= GRUB_WORDS_LIMIT) {
		grub_give_up(e->g, -E2BIG, "a command of more than 65536 words");
		return;
	}
	if ((e->n & (e->n - 1)) == 0) {
		p = reallocarray(e->words, e->n ? e->n * 2 : 1, sizeof(*p));
		if (!p) {
			fail(e);
			return;
		}
		e->words = p;
	}
	e->words[e->n++] = (struct ka_buf){ 0 };
	e->open = false;
	grub_charge(e->g, sizeof(*p));
}

static void append(struct expansion *e, const char *text, size_t len)
{
	struct ka_buf *word = &e->words[e->n - 1];

	if (!grub_charge(e->g, len))
		return;
	if (word->len + len > GRUB_VALUE_LIMIT)
		grub_give_up(e->g, -E2BIG, "a word of more than 1 MiB");
	else if (ka_buf_add(word, text, len) < 0)
		fail(e);
	e->open = true;
}

/* Text that is meant as it stands. */
static void append_guarded(struct expansion *e, const char *text, size_t len)
{
	const char *end = text + len;

	append(e, "", 0);
	while (text < end && !e->g->error) {
		size_t n = strcspn(text, "*?\\");

		if (n > (size_t)(end - text))
			n = (size_t)(end - text);
		append(e, text, n);
		text += n;
		if (text < end) {
			append(e, "\\", 1);
			append(e, text++, 1);
		}
	}
}

/* Text of an unquoted variable: its wildcards work, its backslashes are plain. */
static void append_unquoted(struct expansion *e, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end && !e->g->error) {
		size_t n = strcspn(text, "\\");

		if (n > (size_t)(end - text))
			n = (size_t)(end - text);
		append(e, text, n);
		text += n;
		if (text >= end)
			break;
		append(e, "\\\\", 2);
		if (++text < end && (*text == '?' || *text == '*'))
			append(e, "\\", 1);
	}
}

/* Split at white space; pieces at the ends stick to what stands beside the variable. */
static void append_split(struct expansion *e, const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	while (*text && !e->g->error) {
		size_t n = 0;

		while (text[n] && !isspace((unsigned char)text[n]))
			n++;
		append_unquoted(e, text, n);
		text += n;
		while (isspace((unsigned char)*text))
			text++;
		if (*text)
			next_word(e);
	}
}

/* $* and $@, quoted or not. */
static void append_params(struct expansion *e, bool quoted, bool joined)
{
	char **params = grub_params(e->g);

	/* Quoted and without any, both give one empty word. */
	if (quoted)
		append(e, "", 0);
	for (size_t i = 0; params && params[i]; i++) {
		if (i > 0 && quoted && joined)
			append(e, " ", 1);
		else if (i > 0)
			next_word(e);
		if (quoted)
			append_guarded(e, params[i], strlen(params[i]));
		else
			append_split(e, params[i]);
	}
}

/* The value of $1, $#, $?, or a variable's. NULL: nothing. */
static const char *value_of(struct grub *g, const char *name, char *number, size_t size)
{
	char **params = grub_params(g);
	size_t n = ka_strv_length(params);
	uint64_t index;

	if (ka_streq(name, "#")) {
		if (!grub_has_params(g))
			return NULL;
		snprintf(number, size, "%zu", n);
		return number;
	}
	if (!isdigit((unsigned char)*name))
		return grub_get(g, name);
	if (ka_parse_u64(name, SIZE_MAX, &index) < 0 || index == 0 || index > n)
		return NULL;
	return params[index - 1];
}

static void append_variable(struct expansion *e, const char *name, bool quoted)
{
	char number[24];
	const char *value;

	if (ka_streq(name, "*") || ka_streq(name, "@")) {
		append_params(e, quoted, *name == '*');
		return;
	}
	value = value_of(e->g, name, number, sizeof(number));
	if (quoted)
		append_guarded(e, value ? value : "", value ? strlen(value) : 0);
	else if (value)
		append_split(e, value);
}

/* A variable inside $"…", whose forms are read when it is used (parse_string()). */
static const char *gettext_variable(struct expansion *e, const char *p)
{
	char name[256], number[24];
	const char *start = p, *value;
	size_t n = 0;

	if (*p == '{') {
		start = ++p;
		n = strcspn(p, "}");
		p += n + (p[n] == '}');
	} else if (*p == '?' || *p == '#') {
		n = 1;
		p++;
	} else {
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
		p += n;
	}
	if (n == 0 || n >= sizeof(name)) {
		append_guarded(e, "$", 1);
		return p;
	}
	memcpy(name, start, n);
	name[n] = '\0';
	value = value_of(e->g, name, number, sizeof(number));
	if (value)
		append_guarded(e, value, strlen(value));
	return p;
}

static void append_gettext(struct expansion *e, const char *p)
{
	append(e, "", 0);
	while (*p && !e->g->error) {
		if (*p == '\\' && (p[1] == '\\' || p[1] == '$')) {
			append_guarded(e, p + 1, 1);
			p += 2;
		} else if (*p == '$') {
			p = gettext_variable(e, p + 1);
		} else {
			append_guarded(e, p++, 1);
		}
	}
}

static void append_piece(struct expansion *e, const struct grub_piece *piece)
{
	switch (piece->type) {
	case GRUB_PIECE_TEXT:
		if (*piece->text)
			append(e, piece->text, strlen(piece->text));
		break;
	case GRUB_PIECE_QUOTED:
		append_guarded(e, piece->text, strlen(piece->text));
		break;
	case GRUB_PIECE_VAR:
		append_variable(e, piece->text, false);
		break;
	case GRUB_PIECE_DQVAR:
		append_variable(e, piece->text, true);
		break;
	case GRUB_PIECE_GETTEXT:
		append_gettext(e, piece->text);
		break;
	case GRUB_PIECE_BLOCK:
		append(e, "{", 1);
		append_guarded(e, piece->text, strlen(piece->text));
		append(e, "}", 1);
		break;
	}
}

/* Take the guards away. */
static char *unguard(const char *guarded)
{
	char *text = malloc(strlen(guarded) + 1), *p = text;

	if (!text)
		return NULL;
	for (; *guarded; guarded++) {
		if (*guarded == '\\' && guarded[1])
			guarded++;
		*p++ = *guarded;
	}
	*p = '\0';
	return text;
}

static bool has_wildcard(const char *guarded)
{
	for (; *guarded; guarded++) {
		if (*guarded == '\\' && guarded[1])
			guarded++;
		else if (*guarded == '*' || *guarded == '?')
			return true;
	}
	return false;
}

/* One level of a path with wildcards: all names of the folder that match. */
static int glob_level(struct grub *g, const char *done, const char *rest, char ***ret)
{
	_cleanup_free_ char *level = NULL, *host_path = NULL, *folder = NULL;
	_cleanup_strv_ char **names = NULL;
	size_t n = strcspn(rest, "/");
	int r;

	if (*rest == '\0')
		return ka_strv_add(ret, done);
	level = strndup(rest, n);
	if (!level)
		return -ENOMEM;
	while (rest[n] == '/')
		n++;

	if (!has_wildcard(level)) {
		_cleanup_free_ char *plain = unguard(level), *next = NULL;

		next = plain ? ka_format("%s%s%s", done, plain, rest[strcspn(rest, "/")] ? "/" : "")
			     : NULL;
		return next ? glob_level(g, next, rest + n, ret) : -ENOMEM;
	}
	folder = strdup(done);
	if (!folder)
		return -ENOMEM;
	if (grub_locate(g, folder, &host_path) <= 0 ||
	    ka_host_list(g->host, host_path, &names, NULL) < 0)
		return 0;
	for (char **p = names; *p; p++) {
		_cleanup_free_ char *next = NULL;

		if (fnmatch(level, *p, FNM_PERIOD) != 0)
			continue;
		next = ka_format("%s%s%s", done, *p, rest[strcspn(rest, "/")] ? "/" : "");
		if (!next)
			return -ENOMEM;
		if (!grub_charge(g, strlen(next) + 64))
			return g->error;
		r = glob_level(g, next, rest + n, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Files that match a guarded word: "(device)/path" or "/path". None: the word stays. */
static int expand_wildcards(struct grub *g, const char *guarded, char ***ret)
{
	_cleanup_free_ char *device = NULL, *path = NULL;
	_cleanup_strv_ char **found = NULL;
	const char *rest = guarded;
	int r;

	if (*rest == '(') {
		rest = strchr(rest, ')');
		if (!rest)
			return 0;
		rest++;
	}
	if (*rest != '/')
		return 0;
	device = strndup(guarded, (size_t)(rest - guarded));
	path = device ? ka_format("%s/", device) : NULL;
	if (!path)
		return -ENOMEM;
	r = glob_level(g, path, rest + strspn(rest, "/"), &found);
	if (r == 0)
		*ret = TAKE_PTR(found);
	return r;
}

/* The finished words. Room grows by half at a time: long commands stay linear. */
struct words {
	char **items; /* NULL-terminated */
	size_t n, size;
};

/* Owns text, also on failure; NULL is one. */
static bool push(struct words *words, char *text)
{
	size_t size = words->size + words->size / 2 + 8;
	char **p;

	if (text && words->n + 1 >= words->size) {
		p = reallocarray(words->items, size, sizeof(*p));
		if (!p) {
			free(text);
			return false;
		}
		words->items = p;
		words->size = size;
	}
	if (!text)
		return false;
	words->items[words->n++] = text;
	words->items[words->n] = NULL;
	return true;
}

/* One word, or the files it stands for when the regexp module is there to find them. */
static bool finish_word(struct grub *g, const char *guarded, struct words *words)
{
	_cleanup_free_ char **found = NULL;
	bool ok = true;

	if (g->has_regexp && has_wildcard(guarded) && expand_wildcards(g, guarded, &found) < 0)
		return false;
	if (!found)
		return push(words, unguard(guarded));
	for (char **p = found; *p; p++) {
		if (ok)
			ok = push(words, *p);
		else
			free(*p);
	}
	return ok;
}

static char **finish(struct expansion *e)
{
	size_t n = e->n > 0 && !e->open ? e->n - 1 : e->n;
	struct words words = { .items = NULL };

	for (size_t i = 0; i < n && !e->g->error; i++)
		if (!finish_word(e->g, e->words[i].text ? e->words[i].text : "", &words) &&
		    !e->g->error)
			fail(e);
	if (e->g->error) {
		ka_strv_free(words.items);
		return NULL;
	}
	return words.items;
}

char **grub_expand(struct grub *g, const struct grub_word *words)
{
	struct expansion e = { .g = g };
	char **result = NULL;

	for (; words && !g->error; words = words->next) {
		next_word(&e);
		for (const struct grub_piece *p = words->pieces; p && !g->error; p = p->next)
			append_piece(&e, p);
	}
	if (!g->error)
		result = finish(&e);
	for (size_t i = 0; i < e.n; i++)
		ka_buf_done(&e.words[i]);
	free(e.words);
	return result;
}
