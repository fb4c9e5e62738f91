// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB script: lexer and parser. */

#include "script.h"

#include <kexec-any/text.h>

#include <ctype.h>
#include <errno.h>

#define DEPTH_LIMIT 100	       /* nested statements */
#define UNIT_LIMIT  (4u << 20) /* bytes of one unit */

enum token_type {
	TOKEN_END, /* of the unit */
	TOKEN_NEWLINE,
	TOKEN_SEMICOLON,
	TOKEN_LBRACE,
	TOKEN_RBRACE,
	TOKEN_RESERVED,
	TOKEN_NAME,
	TOKEN_WORD,
	TOKEN_BAD,
};

struct token {
	enum token_type type;
	size_t start, end; /* in the buffer */
	unsigned int line;
};

/* One unit on its way. The lines read so far are in buf, without those that are dropped. */
struct parser {
	struct grub_reader *reader;
	struct grub_unit *unit;
	struct ka_buf buf;
	size_t pos;
	unsigned int line;   /* of pos */
	unsigned int *lines; /* line number of each line in buf */
	size_t lines_size;
	size_t n_lines, at_line; /* at_line: the index of pos's line */
	unsigned int open;	 /* constructs that need more lines */
	unsigned int depth;
	unsigned int
		skim; /* inside a block: only its syntax matters, it is parsed again when run */
	struct grub_word skimmed; /* stands for the words of a block */
	struct token token;	  /* the one looked at */
	int error;		  /* -ENOMEM; or -EINVAL with unit->error set */
};

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

static void set_error(struct parser *p, const char *what)
{
	if (p->error)
		return;
	p->error = -EINVAL;
	p->unit->error = what;
	p->unit->error_line = p->line;
}

static void no_memory(struct parser *p)
{
	p->error = -ENOMEM;
}

static unsigned int *room_for_line(struct parser *p)
{
	size_t size = p->lines_size ? p->lines_size * 2 : 16;
	unsigned int *lines;

	if (p->n_lines < p->lines_size)
		return p->lines;
	lines = reallocarray(p->lines, size, sizeof(*lines));
	if (!lines)
		return NULL;
	p->lines = lines;
	p->lines_size = size;
	return lines;
}

/* Append the next line of the file to the buffer. False at the end of the file. */
static bool read_line(struct parser *p)
{
	struct grub_reader *r = p->reader;

	for (;;) {
		const char *start = r->next, *end;
		unsigned int *lines, number = r->line;
		bool drop;

		if (!start || !*start)
			return false;
		end = strchrnul(start, '\n');
		drop = r->skip_comments && *start == '#';
		r->next = *end ? end + 1 : end;
		r->line++;
		if (drop)
			continue;

		if (p->buf.len + (size_t)(end - start) > UNIT_LIMIT) {
			set_error(p, "a statement of more than 4 MiB");
			return false;
		}
		lines = room_for_line(p);
		if (!lines || ka_buf_add(&p->buf, start, (size_t)(end - start)) < 0 ||
		    ka_buf_add(&p->buf, "\n", 1) < 0) {
			no_memory(p);
			return false;
		}
		lines[p->n_lines++] = number;
		return true;
	}
}

static char peek(const struct parser *p, size_t ahead)
{
	if (p->pos + ahead >= p->buf.len)
		return '\0';
	return p->buf.text[p->pos + ahead];
}

static void advance(struct parser *p)
{
	if (peek(p, 0) == '\n' && p->at_line + 1 <= p->n_lines) {
		p->at_line++;
		if (p->at_line < p->n_lines)
			p->line = p->lines[p->at_line];
	}
	p->pos++;
}

/* A quoted string or a backslash at the end of the line pulls the next one. */
static bool need_more(struct parser *p)
{
	if (p->pos < p->buf.len)
		return true;
	if (!read_line(p)) {
		if (!p->error)
			set_error(p, "the file ends inside a string or behind a backslash");
		return false;
	}
	p->line = p->lines[p->at_line < p->n_lines ? p->at_line : p->n_lines - 1];
	return true;
}

static bool skip_quoted(struct parser *p, char quote)
{
	advance(p);
	for (;;) {
		if (!need_more(p))
			return false;
		if (peek(p, 0) == quote) {
			advance(p);
			return true;
		}
		if (quote == '"' && peek(p, 0) == '\\')
			advance(p);
		if (!need_more(p))
			return false;
		advance(p);
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
static bool scan_word(struct parser *p)
{
	for (;;) {
		char c = peek(p, 0);
		const char *name;
		size_t n;

		if (is_word_char(c)) {
			advance(p);
		} else if (c == '\'' || c == '"') {
			if (!skip_quoted(p, c))
				return false;
		} else if (c == '\\') {
			advance(p);
			if (!need_more(p))
				return false;
			advance(p);
			/* Behind a continued line the next one has to be there to go on with. */
			if (p->pos >= p->buf.len && !need_more(p))
				return false;
		} else if (c == '$' && peek(p, 1) == '"') {
			advance(p);
			if (!skip_quoted(p, '"'))
				return false;
		} else if (c == '$') {
			n = grub_variable_length(p->buf.text + p->pos + 1, &name, &n);
			if (n == 0) {
				set_error(p, "a '$' that begins no variable");
				return false;
			}
			p->pos += 1 + n;
		} else {
			return true;
		}
	}
}

static void skip_blanks(struct parser *p)
{
	for (;;) {
		char c = peek(p, 0);

		if (c == ' ' || c == '\t')
			advance(p);
		else if (c == '#')
			while (peek(p, 0) && peek(p, 0) != '\n')
				advance(p);
		else
			return;
	}
}

static enum token_type operator_type(const struct parser *p)
{
	switch (peek(p, 0)) {
	case '\n':
		return TOKEN_NEWLINE;
	case ';':
		return peek(p, 1) == ';' ? TOKEN_BAD : TOKEN_SEMICOLON;
	case '{':
		return TOKEN_LBRACE;
	case '}':
		return TOKEN_RBRACE;
	default:
		return TOKEN_BAD;
	}
}

static enum token_type word_type(const char *s, size_t n)
{
	if (is_reserved(s, n))
		return TOKEN_RESERVED;
	return grub_is_name(s, n) ? TOKEN_NAME : TOKEN_WORD;
}

/* Read the next token. At the end of the lines read so far, more are pulled only while something
 * is open. */
static void next_token(struct parser *p)
{
	struct token *t = &p->token;

	if (p->error) {
		t->type = TOKEN_BAD;
		return;
	}
	skip_blanks(p);
	while (p->pos >= p->buf.len) {
		if (p->open == 0) {
			t->type = TOKEN_END;
			return;
		}
		if (!read_line(p)) {
			if (!p->error)
				set_error(p, "the file ends inside a statement");
			t->type = TOKEN_BAD;
			return;
		}
		p->line = p->lines[p->at_line];
		skip_blanks(p);
	}

	t->start = p->pos;
	t->line = p->line;
	if (strchr("\n;{}|&<>", peek(p, 0))) {
		t->type = operator_type(p);
		if (t->type == TOKEN_BAD)
			set_error(p, "an operator GRUB's grammar has no use for");
		advance(p);
	} else if (scan_word(p)) {
		t->type = word_type(p->buf.text + t->start, p->pos - t->start);
	} else {
		t->type = TOKEN_BAD;
	}
	t->end = p->pos;
}

static bool is_word(const struct parser *p, const char *reserved)
{
	const struct token *t = &p->token;

	return t->type == TOKEN_RESERVED && strlen(reserved) == t->end - t->start &&
	       strncmp(p->buf.text + t->start, reserved, t->end - t->start) == 0;
}

static struct grub_word *new_word(struct parser *p)
{
	struct grub_word *word = grub_arena_alloc(&p->unit->arena, sizeof(*word));

	if (!word)
		no_memory(p);
	return word;
}

/* Nothing can be wrong inside a word without a variable in double quotes. */
static bool is_plain(const struct parser *p)
{
	const char *start = p->buf.text + p->token.start;
	size_t n = p->token.end - p->token.start;

	return !memchr(start, '"', n) || !memchr(start, '$', n);
}

/* The word the parser looks at; moves on. */
static struct grub_word *take_word(struct parser *p)
{
	struct grub_word *word;
	const char *error = NULL;
	int r;

	if (p->skim && is_plain(p)) {
		next_token(p);
		return p->error ? NULL : &p->skimmed;
	}
	word = new_word(p);
	if (!word)
		return NULL;
	r = grub_split_word(&p->unit->arena, p->reader->keep_hex, p->buf.text + p->token.start,
			    p->buf.text + p->token.end, word, &error);
	if (r == -ENOMEM)
		no_memory(p);
	else if (r < 0)
		set_error(p, error);
	next_token(p);
	return p->error ? NULL : word;
}

static struct grub_node *new_node(struct parser *p, enum grub_node_type type)
{
	struct grub_node *node = grub_arena_alloc(&p->unit->arena, sizeof(*node));

	if (!node) {
		no_memory(p);
		return NULL;
	}
	node->type = type;
	node->line = p->token.line;
	return node;
}

static struct grub_node *parse_command(struct parser *p);

static bool at_delimiter(const struct parser *p)
{
	return p->token.type == TOKEN_NEWLINE || p->token.type == TOKEN_SEMICOLON;
}

/* One delimiter, then any number of newlines: "a;\n\nb", but not "a;;b" or "a;\n;b". */
static bool skip_delimiters(struct parser *p)
{
	if (!at_delimiter(p))
		return false;
	next_token(p);
	while (p->token.type == TOKEN_NEWLINE)
		next_token(p);
	return true;
}

static void skip_newlines(struct parser *p)
{
	while (p->token.type == TOKEN_NEWLINE)
		next_token(p);
}

static bool starts_command(const struct parser *p)
{
	return p->token.type == TOKEN_NAME || p->token.type == TOKEN_WORD || is_word(p, "if") ||
	       is_word(p, "for") || is_word(p, "while") || is_word(p, "until");
}

/* Commands with delimiters between them; *ret_delimited says whether one stood behind the last. */
static struct grub_node *parse_list(struct parser *p, bool *ret_delimited)
{
	struct grub_node *first = NULL, **tail = &first;

	skip_newlines(p);
	do {
		*tail = parse_command(p);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
		*ret_delimited = skip_delimiters(p);
	} while (*ret_delimited && starts_command(p));
	return first;
}

/* A list that has to end with a delimiter and then this word, which is left where it is. */
static struct grub_node *parse_list_until(struct parser *p)
{
	bool delimited = false;
	struct grub_node *list = parse_list(p, &delimited);

	if (list && !delimited)
		set_error(p, "a statement without ';' or line break behind it");
	return p->error ? NULL : list;
}

static bool expect_word(struct parser *p, const char *word, const char *complaint)
{
	if (!is_word(p, word)) {
		set_error(p, complaint);
		return false;
	}
	next_token(p);
	return true;
}

/* The construct is complete: what follows on its line needs no more lines. */
static bool close_with(struct parser *p, const char *word, const char *complaint)
{
	if (!is_word(p, word)) {
		set_error(p, complaint);
		return false;
	}
	p->open--;
	next_token(p);
	return true;
}

static bool parse_if_clause(struct parser *p, struct grub_node *node)
{
	node->cond = parse_list_until(p);
	if (!node->cond || !expect_word(p, "then", "an 'if' without 'then'"))
		return false;
	node->body = parse_list_until(p);
	if (!node->body)
		return false;
	if (is_word(p, "else")) {
		next_token(p);
		node->otherwise = parse_list_until(p);
		return node->otherwise != NULL;
	}
	if (is_word(p, "elif")) {
		if (++p->depth > DEPTH_LIMIT) {
			set_error(p, "statements nested too deeply");
			return false;
		}
		node->otherwise = new_node(p, GRUB_NODE_IF);
		next_token(p);
		if (!node->otherwise || !parse_if_clause(p, node->otherwise))
			return false;
		p->depth--;
	}
	return true;
}

static struct grub_node *parse_if(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_IF);

	p->open++;
	next_token(p);
	if (!node || !parse_if_clause(p, node) || !close_with(p, "fi", "an 'if' without 'fi'"))
		return NULL;
	return node;
}

static bool parse_do(struct parser *p, struct grub_node *node)
{
	if (!expect_word(p, "do", "a loop without 'do'"))
		return false;
	node->body = parse_list_until(p);
	return node->body && close_with(p, "done", "a loop without 'done'");
}

static struct grub_node *parse_while(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_WHILE);

	if (!node)
		return NULL;
	node->until = is_word(p, "until");
	p->open++;
	next_token(p);
	node->cond = parse_list_until(p);
	return node->cond && parse_do(p, node) ? node : NULL;
}

/* Arguments: reserved words are ordinary here. */
static bool parse_arguments(struct parser *p, struct grub_word **tail)
{
	while (p->token.type == TOKEN_NAME || p->token.type == TOKEN_WORD ||
	       (p->token.type == TOKEN_RESERVED && !is_word(p, "[[") && !is_word(p, "]]"))) {
		struct grub_word *word = take_word(p);

		if (!word)
			return false;
		if (p->skim)
			continue;
		*tail = word;
		tail = &word->next;
	}
	return !p->error;
}

static struct grub_node *parse_for(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_FOR);

	next_token(p);
	if (!node || p->token.type != TOKEN_NAME) {
		set_error(p, "a 'for' without a variable's name");
		return NULL;
	}
	node->variable = grub_arena_strndup(&p->unit->arena, p->buf.text + p->token.start,
					    p->token.end - p->token.start);
	if (!node->variable)
		no_memory(p);
	p->open++;
	next_token(p);
	if (!expect_word(p, "in", "a 'for' without 'in'") || !parse_arguments(p, &node->words))
		return NULL;
	if (!skip_delimiters(p)) {
		set_error(p, "a 'for' without ';' or line break behind its values");
		return NULL;
	}
	return parse_do(p, node) ? node : NULL;
}

/* {…} behind a command: parsed for its syntax, kept as text, run when somebody asks. */
static struct grub_word *parse_block(struct parser *p)
{
	size_t start = p->token.end, end;
	struct grub_word *word = new_word(p);
	bool delimited;

	if (!word)
		return NULL;
	if (++p->depth > DEPTH_LIMIT) {
		set_error(p, "statements nested too deeply");
		return NULL;
	}
	p->open++;
	p->skim++;
	next_token(p);
	if (!parse_list(p, &delimited))
		return NULL;
	p->skim--;
	if (p->token.type != TOKEN_RBRACE) {
		set_error(p, "a block without '}'");
		return NULL;
	}
	end = p->token.start;
	p->open--;
	p->depth--;
	if (!p->skim) {
		word->pieces = grub_new_piece(&p->unit->arena, GRUB_PIECE_BLOCK,
					      p->buf.text + start, end - start);
		if (!word->pieces) {
			no_memory(p);
			return NULL;
		}
	}
	next_token(p);
	return word;
}

static struct grub_node *parse_simple(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_COMMAND);
	struct grub_word **tail;

	if (!node)
		return NULL;
	node->words = take_word(p);
	if (!node->words || !parse_arguments(p, &node->words->next))
		return NULL;
	if (p->token.type != TOKEN_LBRACE)
		return node;
	node->block_line = p->token.line;
	if (p->skim)
		return parse_block(p) ? node : NULL;
	for (tail = &node->words; *tail; tail = &(*tail)->next)
		;
	*tail = parse_block(p);
	return *tail ? node : NULL;
}

static struct grub_node *parse_command(struct parser *p)
{
	struct grub_node *node;

	if (!starts_command(p)) {
		set_error(p, "a word or sign that cannot begin a statement here");
		return NULL;
	}
	if (++p->depth > DEPTH_LIMIT) {
		set_error(p, "statements nested too deeply");
		return NULL;
	}
	if (is_word(p, "if"))
		node = parse_if(p);
	else if (is_word(p, "for"))
		node = parse_for(p);
	else if (is_word(p, "while") || is_word(p, "until"))
		node = parse_while(p);
	else
		node = parse_simple(p);
	p->depth--;
	return p->error ? NULL : node;
}

static bool parse_function(struct parser *p)
{
	struct grub_function *f = grub_arena_alloc(&p->unit->arena, sizeof(*f));
	struct grub_function **tail = &p->unit->functions;

	next_token(p);
	if (p->token.type != TOKEN_NAME) {
		set_error(p, "a function without a plain name");
		return false;
	}
	if (f)
		f->name = grub_arena_strndup(&p->unit->arena, p->buf.text + p->token.start,
					     p->token.end - p->token.start);
	if (!f || !f->name) {
		no_memory(p);
		return false;
	}
	p->open++;
	next_token(p);
	skip_newlines(p);
	if (p->token.type != TOKEN_LBRACE) {
		set_error(p, "a function without '{'");
		return false;
	}
	next_token(p);
	f->body = parse_list_until(p);
	if (!f->body)
		return false;
	if (p->token.type != TOKEN_RBRACE) {
		set_error(p, "a function without '}'");
		return false;
	}
	p->open--;
	next_token(p);
	while (*tail)
		tail = &(*tail)->next;
	*tail = f;
	return true;
}

static void parse_statements(struct parser *p)
{
	struct grub_node **tail = &p->unit->nodes;

	next_token(p);
	skip_newlines(p);
	while (!p->error && p->token.type != TOKEN_END) {
		if (is_word(p, "function")) {
			if (!parse_function(p))
				return;
		} else {
			*tail = parse_command(p);
			if (!*tail)
				return;
			tail = &(*tail)->next;
		}
		if (p->token.type == TOKEN_END)
			return;
		if (!skip_delimiters(p)) {
			set_error(p, "a word or sign that does not belong behind a statement");
			return;
		}
	}
}

int grub_parse_unit(struct grub_reader *reader, struct grub_unit *unit)
{
	struct grub_scratch *scratch = reader->scratch;
	struct parser p = { .reader = reader, .unit = unit };
	int r = 1;

	*unit = (struct grub_unit){ 0 };
	if (scratch) {
		p.buf = scratch->buf;
		p.buf.len = 0;
		p.lines = scratch->lines;
		p.lines_size = scratch->lines_size;
		scratch->buf = (struct ka_buf){ 0 };
		scratch->lines = NULL;
		grub_arena_reuse(&unit->arena, scratch);
	}

	if (!read_line(&p)) {
		r = p.error ? 1 : 0;
	} else {
		p.line = unit->line = p.lines[0];
		parse_statements(&p);
	}
	/* Functions defined before an error stay: parsing itself defines them. */
	if (p.error)
		unit->nodes = NULL;

	if (scratch) {
		scratch->buf = p.buf;
		scratch->lines = p.lines;
		scratch->lines_size = p.lines_size;
	} else {
		ka_buf_done(&p.buf);
		free(p.lines);
	}
	if (r == 0)
		grub_unit_done(unit, scratch);
	return p.error == -ENOMEM ? -ENOMEM : r;
}
