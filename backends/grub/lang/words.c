// SPDX-License-Identifier: GPL-2.0-or-later
/* A word of GRUB script, from its text to the pieces it is expanded from. */

#include "lang/script.h"

#include <kexec-any/text.h>

static bool is_name_start(char c)
{
	return ka_is_alpha(c) || c == '_';
}

static bool is_name_char(char c)
{
	return ka_is_alnum(c) || c == '_';
}

bool grub_is_name(const char *s, size_t n)
{
	if (n == 0 || !is_name_start(*s))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_name_char(s[i]))
			return false;
	return true;
}

/* The length of what follows a '$': a name, digits or one special character, maybe in braces.
 * *ret_name and *ret_len get the name. 0: no variable. */
size_t grub_variable_length(const char *text, const char **ret_name, size_t *ret_len)
{
	bool braces = *text == '{';
	const char *name = braces ? text + 1 : text;
	size_t n = 0;

	if (is_name_start(*name))
		while (is_name_char(name[n]))
			n++;
	else if (ka_is_digit(*name))
		while (ka_is_digit(name[n]))
			n++;
	else if (*name && strchr("?#*@", *name))
		n = 1;
	if (n == 0 || (braces && name[n] != '}'))
		return 0;
	*ret_name = name;
	*ret_len = n;
	return braces ? n + 2 : n;
}

/* The pieces of a word, from its text. */
struct splitter {
	struct grub_arena *arena;
	bool keep_hex;
	const char *error;
	struct grub_piece **tail;
	struct ka_buf text;
};

struct grub_piece *grub_new_piece(struct grub_arena *arena, enum grub_piece_type type,
				  const char *text, size_t len)
{
	struct grub_piece *piece = grub_arena_alloc(arena, sizeof(*piece));

	piece->type = type;
	piece->text = grub_arena_strndup(arena, text, len);
	return piece;
}

static void add_piece(struct splitter *s, enum grub_piece_type type, const char *text, size_t len)
{
	struct grub_piece *piece = grub_new_piece(s->arena, type, text, len);

	*s->tail = piece;
	s->tail = &piece->next;
}

static void flush(struct splitter *s, enum grub_piece_type type)
{
	add_piece(s, type, s->text.text ? s->text.text : "", s->text.len);
	s->text.len = 0;
}

static void flush_text(struct splitter *s)
{
	if (s->text.len > 0)
		flush(s, GRUB_PIECE_TEXT);
}

/* All up to one of these bytes, or the end. */
static void add_span(struct splitter *s, const char **cursor, const char *stop, const char *end)
{
	size_t n = 0;

	/* Not beyond the word: a line has many. */
	while (*cursor + n < end && !strchr(stop, (*cursor)[n]))
		n++;
	ka_buf_add(&s->text, *cursor, n);
	*cursor += n;
}

static bool is_hex_escape(const char *s, const char *end)
{
	return end - s >= 3 && s[0] == 'x' && ka_is_xdigit(s[1]) && ka_is_xdigit(s[2]);
}

/* \c outside quotes: both bytes are kept, so that a guarded '*' is told from a bare one. */
static void split_escape(struct splitter *s, const char **cursor, const char *end)
{
	const char *c = *cursor + 1;

	*cursor = c + 1;
	if (*c == '\n')
		return;
	if (s->keep_hex && is_hex_escape(c, end))
		ka_buf_add(&s->text, "\\\\x", 3);
	else
		ka_buf_add(&s->text, c - 1, 2);
}

static void split_double(struct splitter *s, const char **cursor, const char *end)
{
	const char *c = *cursor + 1, *name;
	size_t n, len;

	flush_text(s);
	for (; *c != '"'; c++) {
		if (*c == '\\' && strchr("$\\\"", c[1])) {
			ka_buf_add(&s->text, ++c, 1);
		} else if (*c == '\\' && c[1] == '\n') {
			c++;
		} else if (*c == '$') {
			n = grub_variable_length(c + 1, &name, &len);
			if (n == 0) {
				s->error = "a '$' that begins no variable";
				return;
			}
			flush(s, GRUB_PIECE_QUOTED);
			add_piece(s, GRUB_PIECE_DQVAR, name, len);
			c += n;
		} else if (*c == '\\') {
			ka_buf_add(&s->text, c, 1);
		} else {
			add_span(s, &c, "\\$\"", end);
			c--;
		}
	}
	*cursor = c + 1;
	flush(s, GRUB_PIECE_QUOTED);
}

static void split_gettext(struct splitter *s, const char **cursor)
{
	const char *c = *cursor + 2;

	flush_text(s);
	for (; *c != '"'; c++) {
		if (*c == '\\' && c[1] == '\\') {
			ka_buf_add(&s->text, "\\\\", 2);
			c++;
		} else if (*c == '\\' && c[1] == '"') {
			ka_buf_add(&s->text, ++c, 1);
		} else if (*c == '\\' && c[1] == '\n') {
			c++;
		} else {
			ka_buf_add(&s->text, c, 1);
		}
	}
	*cursor = c + 1;
	flush(s, GRUB_PIECE_GETTEXT);
}

static void split_single(struct splitter *s, const char **cursor)
{
	const char *start = *cursor + 1, *end = strchr(start, '\'');

	flush_text(s);
	*cursor = end + 1;
	add_piece(s, GRUB_PIECE_QUOTED, start, (size_t)(end - start));
}

static void split_variable(struct splitter *s, const char **cursor)
{
	const char *name = NULL;
	size_t len = 0, n = grub_variable_length(*cursor + 1, &name, &len);

	flush_text(s);
	*cursor += 1 + n;
	add_piece(s, GRUB_PIECE_VAR, name, len);
}

static void split(struct splitter *s, const char *cursor, const char *end)
{
	while (!s->error && cursor < end) {
		if (*cursor == '\\')
			split_escape(s, &cursor, end);
		else if (*cursor == '"')
			split_double(s, &cursor, end);
		else if (*cursor == '\'')
			split_single(s, &cursor);
		else if (*cursor == '$' && cursor[1] == '"')
			split_gettext(s, &cursor);
		else if (*cursor == '$')
			split_variable(s, &cursor);
		else
			add_span(s, &cursor, "\\\"'$", end);
	}
	flush_text(s);
}

const char *grub_split_word(struct grub_arena *arena, bool keep_hex, const char *text,
			    const char *end, struct grub_word *word)
{
	struct splitter s = { .arena = arena, .keep_hex = keep_hex, .tail = &word->pieces };

	split(&s, text, end);
	ka_buf_done(&s.text);
	return s.error;
}
