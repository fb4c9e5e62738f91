// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB script: lines and the tokens in them, by the rules of grub-core/script/yylex.l. */

#include "lang/lex.h"

#include <kexec-any/memory.h>

#define UNIT_LIMIT (4u << 20) /* bytes of one unit */

static bool is_reserved(const char *s, size_t n)
{
	static const char *const words[] = { "[[",     "]]",   "case",	"do",	 "done",    "elif",
					     "else",   "esac", "fi",	"for",	 "if",	    "in",
					     "select", "then", "until", "while", "function" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && strncmp(s, words[i], n) == 0)
			return true;
	return false;
}

void grub_lex_fail(struct grub_lexer *l, const char *what)
{
	if (l->error)
		return;
	l->error = true;
	l->unit->error = what;
	l->unit->error_line = l->line;
}

static void add_line(struct grub_lexer *l, const char *text, size_t len, unsigned int number)
{
	if (l->n_lines >= l->lines_size) {
		l->lines_size = l->lines_size ? l->lines_size * 2 : 16;
		l->lines = ka_reallocarray(l->lines, l->lines_size, sizeof(*l->lines));
	}
	l->lines[l->n_lines++] = number;
	ka_buf_add(&l->buf, text, len);
	ka_buf_add(&l->buf, "\n", 1);
}

void grub_clean_lines(char *text, size_t len)
{
	const char *end = text + len;
	char *out = text;

	for (const char *p = text; p < end; p++) {
		if (*p == '\0') {
			p = memchr(p, '\n', (size_t)(end - p));
			if (!p)
				break;
		}
		if (*p != '\r')
			*out++ = *p;
	}
	*out = '\0';
}

bool grub_lex_line(struct grub_lexer *l)
{
	struct grub_reader *r = l->reader;

	for (;;) {
		const char *start = r->next, *end;
		unsigned int number = r->line;
		bool drop;

		if (!start || !*start)
			return false;
		end = strchrnul(start, '\n');
		drop = r->skip_comments && *start == '#';
		r->next = *end ? end + 1 : end;
		r->line++;
		if (drop)
			continue;

		if (l->buf.len + (size_t)(end - start) > UNIT_LIMIT) {
			grub_lex_fail(l, "a statement of more than 4 MiB");
			return false;
		}
		add_line(l, start, (size_t)(end - start), number);
		return true;
	}
}

static char peek(const struct grub_lexer *l, size_t ahead)
{
	if (l->pos + ahead >= l->buf.len)
		return '\0';
	return l->buf.text[l->pos + ahead];
}

static void advance(struct grub_lexer *l)
{
	if (peek(l, 0) == '\n' && l->at_line + 1 <= l->n_lines) {
		l->at_line++;
		if (l->at_line < l->n_lines)
			l->line = l->lines[l->at_line];
	}
	l->pos++;
}

/* A quoted string or a backslash at the end of the line pulls the next one. */
static bool need_more(struct grub_lexer *l)
{
	if (l->pos < l->buf.len)
		return true;
	if (!grub_lex_line(l)) {
		if (!l->error)
			grub_lex_fail(l, "the file ends inside a string or behind a backslash");
		return false;
	}
	l->line = l->lines[l->at_line < l->n_lines ? l->at_line : l->n_lines - 1];
	return true;
}

static bool skip_quoted(struct grub_lexer *l, char quote)
{
	advance(l);
	for (;;) {
		if (!need_more(l))
			return false;
		if (peek(l, 0) == quote) {
			advance(l);
			return true;
		}
		if (quote == '"' && peek(l, 0) == '\\')
			advance(l);
		if (!need_more(l))
			return false;
		advance(l);
	}
}

static bool is_word_char(char c)
{
	static const bool special[256] = {
		[0] = true,    ['{'] = true,  ['}'] = true,  ['|'] = true, ['&'] = true,
		['$'] = true,  [';'] = true,  ['<'] = true,  ['>'] = true, [' '] = true,
		['\t'] = true, ['\n'] = true, ['\''] = true, ['"'] = true, ['\\'] = true,
	};

	return !special[(unsigned char)c];
}

/* Find the end of a word; quotes and escapes may pull lines. */
static bool scan_word(struct grub_lexer *l)
{
	for (;;) {
		char c = peek(l, 0);
		const char *name;
		size_t n;

		if (is_word_char(c)) {
			advance(l);
		} else if (c == '\'' || c == '"') {
			if (!skip_quoted(l, c))
				return false;
		} else if (c == '\\') {
			advance(l);
			if (!need_more(l))
				return false;
			advance(l);
			/* Behind a continued line the next one has to be there to go on with. */
			if (l->pos >= l->buf.len && !need_more(l))
				return false;
		} else if (c == '$' && peek(l, 1) == '"') {
			advance(l);
			if (!skip_quoted(l, '"'))
				return false;
		} else if (c == '$') {
			n = grub_variable_length(l->buf.text + l->pos + 1, &name, &n);
			if (n == 0) {
				grub_lex_fail(l, "a '$' that begins no variable");
				return false;
			}
			l->pos += 1 + n;
		} else {
			return true;
		}
	}
}

static void skip_blanks(struct grub_lexer *l)
{
	for (;;) {
		char c = peek(l, 0);

		if (c == ' ' || c == '\t')
			advance(l);
		else if (c == '#')
			while (peek(l, 0) && peek(l, 0) != '\n')
				advance(l);
		else
			return;
	}
}

static enum grub_token_type operator_type(const struct grub_lexer *l)
{
	switch (peek(l, 0)) {
	case '\n':
		return GRUB_TOKEN_NEWLINE;
	case ';':
		return peek(l, 1) == ';' ? GRUB_TOKEN_BAD : GRUB_TOKEN_SEMICOLON;
	case '{':
		return GRUB_TOKEN_LBRACE;
	case '}':
		return GRUB_TOKEN_RBRACE;
	default:
		return GRUB_TOKEN_BAD;
	}
}

static enum grub_token_type word_type(const char *s, size_t n)
{
	if (is_reserved(s, n))
		return GRUB_TOKEN_RESERVED;
	return grub_is_name(s, n) ? GRUB_TOKEN_NAME : GRUB_TOKEN_WORD;
}

void grub_lex_next(struct grub_lexer *l)
{
	struct grub_token *t = &l->token;

	if (l->error) {
		t->type = GRUB_TOKEN_BAD;
		return;
	}
	skip_blanks(l);
	while (l->pos >= l->buf.len) {
		if (l->open == 0) {
			t->type = GRUB_TOKEN_END;
			return;
		}
		if (!grub_lex_line(l)) {
			if (!l->error)
				grub_lex_fail(l, "the file ends inside a statement");
			t->type = GRUB_TOKEN_BAD;
			return;
		}
		l->line = l->lines[l->at_line];
		skip_blanks(l);
	}

	t->start = l->pos;
	t->line = l->line;
	if (strchr("\n;{}|&<>", peek(l, 0))) {
		t->type = operator_type(l);
		if (t->type == GRUB_TOKEN_BAD)
			grub_lex_fail(l, "an operator GRUB's grammar has no use for");
		advance(l);
	} else if (scan_word(l)) {
		t->type = word_type(l->buf.text + t->start, l->pos - t->start);
	} else {
		t->type = GRUB_TOKEN_BAD;
	}
	t->end = l->pos;
}
