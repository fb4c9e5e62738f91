// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB script: the parser, by the grammar of grub-core/script/parser.y. */

#include "lang/lex.h"
#include "lang/script.h"

#define DEPTH_LIMIT 100 /* nested statements */

struct parser {
	struct grub_lexer lex;
	unsigned int depth;
	/* Inside a block: only its syntax matters, it is parsed again when run. */
	unsigned int skim;
	struct grub_word skimmed;	  /* stands for the words of a block */
	struct grub_function **functions; /* where the next one goes */
};

static void set_error(struct parser *p, const char *what)
{
	grub_lex_fail(&p->lex, what);
}

static void next_token(struct parser *p)
{
	grub_lex_next(&p->lex);
}

static bool is_word(const struct parser *p, const char *reserved)
{
	const struct grub_token *t = &p->lex.token;

	return t->type == GRUB_TOKEN_RESERVED && strlen(reserved) == t->end - t->start &&
	       strncmp(p->lex.buf.text + t->start, reserved, t->end - t->start) == 0;
}

static struct grub_word *new_word(struct parser *p)
{
	return grub_arena_alloc(&p->lex.unit->arena, sizeof(struct grub_word));
}

/* Nothing can be wrong inside a word without a variable in double quotes. */
static bool is_plain(const struct parser *p)
{
	const char *start = p->lex.buf.text + p->lex.token.start;
	size_t n = p->lex.token.end - p->lex.token.start;

	return !memchr(start, '"', n) || !memchr(start, '$', n);
}

/* The word the parser looks at; moves on. */
static struct grub_word *take_word(struct parser *p)
{
	struct grub_word *word;
	const char *error;

	if (p->skim && is_plain(p)) {
		next_token(p);
		return p->lex.error ? NULL : &p->skimmed;
	}
	word = new_word(p);
	error = grub_split_word(&p->lex.unit->arena, p->lex.reader->keep_hex,
				p->lex.buf.text + p->lex.token.start,
				p->lex.buf.text + p->lex.token.end, word);
	if (error)
		set_error(p, error);
	next_token(p);
	return p->lex.error ? NULL : word;
}

static struct grub_node *new_node(struct parser *p, enum grub_node_type type)
{
	struct grub_node *node = grub_arena_alloc(&p->lex.unit->arena, sizeof(*node));

	node->type = type;
	node->line = p->lex.token.line;
	return node;
}

static struct grub_node *parse_command(struct parser *p);

static bool at_delimiter(const struct parser *p)
{
	return p->lex.token.type == GRUB_TOKEN_NEWLINE || p->lex.token.type == GRUB_TOKEN_SEMICOLON;
}

/* One delimiter, then any number of newlines: "a;\n\nb", but not "a;;b" or "a;\n;b". */
static bool skip_delimiters(struct parser *p)
{
	if (!at_delimiter(p))
		return false;
	next_token(p);
	while (p->lex.token.type == GRUB_TOKEN_NEWLINE)
		next_token(p);
	return true;
}

static void skip_newlines(struct parser *p)
{
	while (p->lex.token.type == GRUB_TOKEN_NEWLINE)
		next_token(p);
}

static bool starts_command(const struct parser *p)
{
	return p->lex.token.type == GRUB_TOKEN_NAME || p->lex.token.type == GRUB_TOKEN_WORD ||
	       is_word(p, "if") || is_word(p, "for") || is_word(p, "while") || is_word(p, "until");
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
	return p->lex.error ? NULL : list;
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
	p->lex.open--;
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
		if (!parse_if_clause(p, node->otherwise))
			return false;
		p->depth--;
	}
	return true;
}

static struct grub_node *parse_if(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_IF);

	p->lex.open++;
	next_token(p);
	if (!parse_if_clause(p, node) || !close_with(p, "fi", "an 'if' without 'fi'"))
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

	node->until = is_word(p, "until");
	p->lex.open++;
	next_token(p);
	node->cond = parse_list_until(p);
	return node->cond && parse_do(p, node) ? node : NULL;
}

/* Arguments: reserved words are ordinary here. */
static bool parse_arguments(struct parser *p, struct grub_word **tail)
{
	while (p->lex.token.type == GRUB_TOKEN_NAME || p->lex.token.type == GRUB_TOKEN_WORD ||
	       (p->lex.token.type == GRUB_TOKEN_RESERVED && !is_word(p, "[[") &&
		!is_word(p, "]]"))) {
		struct grub_word *word = take_word(p);

		if (!word)
			return false;
		if (p->skim)
			continue;
		*tail = word;
		tail = &word->next;
	}
	return !p->lex.error;
}

static struct grub_node *parse_for(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_FOR);

	next_token(p);
	if (p->lex.token.type != GRUB_TOKEN_NAME) {
		set_error(p, "a 'for' without a variable's name");
		return NULL;
	}
	node->variable = grub_arena_strndup(&p->lex.unit->arena,
					    p->lex.buf.text + p->lex.token.start,
					    p->lex.token.end - p->lex.token.start);
	p->lex.open++;
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
	size_t start = p->lex.token.end, end;
	struct grub_word *word = new_word(p);
	bool delimited;

	if (++p->depth > DEPTH_LIMIT) {
		set_error(p, "statements nested too deeply");
		return NULL;
	}
	p->lex.open++;
	p->skim++;
	next_token(p);
	if (!parse_list(p, &delimited))
		return NULL;
	p->skim--;
	if (p->lex.token.type != GRUB_TOKEN_RBRACE) {
		set_error(p, "a block without '}'");
		return NULL;
	}
	end = p->lex.token.start;
	p->lex.open--;
	p->depth--;
	if (!p->skim)
		word->pieces = grub_new_piece(&p->lex.unit->arena, GRUB_PIECE_BLOCK,
					      p->lex.buf.text + start, end - start);
	next_token(p);
	return word;
}

static struct grub_node *parse_simple(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_NODE_COMMAND);
	struct grub_word **tail;

	node->words = take_word(p);
	if (!node->words || !parse_arguments(p, &node->words->next))
		return NULL;
	if (p->lex.token.type != GRUB_TOKEN_LBRACE)
		return node;
	node->block_line = p->lex.token.line;
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
	return p->lex.error ? NULL : node;
}

static bool parse_function(struct parser *p)
{
	struct grub_function *f = grub_arena_alloc(&p->lex.unit->arena, sizeof(*f));

	next_token(p);
	if (p->lex.token.type != GRUB_TOKEN_NAME) {
		set_error(p, "a function without a plain name");
		return false;
	}
	f->name = grub_arena_strndup(&p->lex.unit->arena, p->lex.buf.text + p->lex.token.start,
				     p->lex.token.end - p->lex.token.start);
	p->lex.open++;
	next_token(p);
	skip_newlines(p);
	if (p->lex.token.type != GRUB_TOKEN_LBRACE) {
		set_error(p, "a function without '{'");
		return false;
	}
	next_token(p);
	f->body = parse_list_until(p);
	if (!f->body)
		return false;
	if (p->lex.token.type != GRUB_TOKEN_RBRACE) {
		set_error(p, "a function without '}'");
		return false;
	}
	p->lex.open--;
	next_token(p);
	*p->functions = f;
	p->functions = &f->next;
	return true;
}

static void parse_statements(struct parser *p)
{
	struct grub_node **tail = &p->lex.unit->nodes;

	next_token(p);
	skip_newlines(p);
	while (!p->lex.error && p->lex.token.type != GRUB_TOKEN_END) {
		if (is_word(p, "function")) {
			if (!parse_function(p))
				return;
		} else {
			*tail = parse_command(p);
			if (!*tail)
				return;
			tail = &(*tail)->next;
		}
		if (p->lex.token.type == GRUB_TOKEN_END)
			return;
		if (!skip_delimiters(p)) {
			set_error(p, "a word or sign that does not belong behind a statement");
			return;
		}
	}
}

bool grub_parse_unit(struct grub_reader *reader, struct grub_unit *unit)
{
	struct grub_scratch *scratch = reader->scratch;
	struct parser p = { .lex = { .reader = reader, .unit = unit },
			    .functions = &unit->functions };
	bool found = true;

	*unit = (struct grub_unit){ 0 };
	if (scratch) {
		p.lex.buf = scratch->buf;
		p.lex.buf.len = 0;
		p.lex.lines = scratch->lines;
		p.lex.lines_size = scratch->lines_size;
		scratch->buf = (struct ka_buf){ 0 };
		scratch->lines = NULL;
		grub_arena_reuse(&unit->arena, scratch);
	}

	if (!grub_lex_line(&p.lex)) {
		found = p.lex.error;
	} else {
		p.lex.line = unit->line = p.lex.lines[0];
		parse_statements(&p);
	}
	/* Functions defined before an error stay: parsing itself defines them. */
	if (p.lex.error)
		unit->nodes = NULL;

	if (scratch) {
		scratch->buf = p.lex.buf;
		scratch->lines = p.lex.lines;
		scratch->lines_size = p.lex.lines_size;
	} else {
		ka_buf_done(&p.lex.buf);
		free(p.lex.lines);
	}
	if (!found)
		grub_unit_done(unit, scratch);
	return found;
}
