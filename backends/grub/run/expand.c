// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the words of the syntax tree to the words of a command: variables, splitting, wildcards, and
 * the removal of guards (grub_script_arglist_to_argv() in script/execute.c).
 *
 * Until the very end a word is kept guarded: a backslash before every '*', '?' and '\' that is meant
 * as itself. That is how a bare '*' is told from a quoted one.
 */

#include "run/expand.h"
#include "run/wildcard.h"
#include "state/env.h"
#include "state/scope.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <stdio.h>

struct expansion {
	struct grub *g;
	struct ka_buf *words; /* guarded */
	size_t n;
	bool open; /* the last word has begun, if only with "" */
};

/* Begin a new word, unless the last one has nothing in it yet. */
static void next_word(struct expansion *e)
{
	if (e->n > 0 && !e->open)
		return;
	if (e->n >= GRUB_WORDS_LIMIT) {
		grub_give_up(e->g, "a command of more than 65536 words");
		return;
	}
	if ((e->n & (e->n - 1)) == 0)
		e->words = ka_reallocarray(e->words, e->n ? e->n * 2 : 1, sizeof(*e->words));
	e->words[e->n++] = (struct ka_buf){ 0 };
	e->open = false;
	grub_charge(e->g, sizeof(*e->words));
}

static void append(struct expansion *e, const char *text, size_t len)
{
	struct ka_buf *word = &e->words[e->n - 1];

	if (!grub_charge(e->g, len))
		return;
	if (word->len + len > GRUB_VALUE_LIMIT)
		grub_give_up(e->g, "a word of more than 1 MiB");
	else
		ka_buf_add(word, text, len);
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
	while (ka_is_space(*text))
		text++;
	while (*text && !e->g->error) {
		size_t n = 0;

		while (text[n] && !ka_is_space(text[n]))
			n++;
		append_unquoted(e, text, n);
		text += n;
		while (ka_is_space(*text))
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
	size_t n = grub_n_params(g);
	uint64_t index;

	if (ka_streq(name, "#")) {
		if (!grub_has_params(g))
			return NULL;
		snprintf(number, size, "%zu", n);
		return number;
	}
	if (!ka_is_digit(*name))
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
		while (ka_is_alnum(p[n]) || p[n] == '_')
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

/* The finished words. Room grows by half at a time: long commands stay linear. */
struct words {
	char **items; /* NULL-terminated */
	size_t n, size;
};

/* Owns text. */
static void push(struct words *words, char *text)
{
	if (words->n + 1 >= words->size) {
		words->size += words->size / 2 + 8;
		words->items = ka_reallocarray(words->items, words->size, sizeof(*words->items));
	}
	words->items[words->n++] = text;
	words->items[words->n] = NULL;
}

/* One word, or the files it stands for when the regexp module is there to find them. */
static void finish_word(struct grub *g, const char *guarded, struct words *words)
{
	_cleanup_free_ char **found = NULL;

	if (g->has_regexp && grub_has_wildcard(guarded))
		found = grub_expand_wildcards(g, guarded);
	if (!found)
		push(words, grub_unguard(guarded, strlen(guarded)));
	for (char **p = found; p && *p; p++)
		push(words, *p);
}

static char **finish(struct expansion *e)
{
	size_t n = e->n > 0 && !e->open ? e->n - 1 : e->n;
	struct words words = { .items = NULL };

	for (size_t i = 0; i < n && !e->g->error; i++)
		finish_word(e->g, e->words[i].text ? e->words[i].text : "", &words);
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
