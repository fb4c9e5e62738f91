/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lang/script.h"

#include <kexec-any/text.h>

/* Lines of a grub.cfg and the tokens in them, for the parser alone. */

enum grub_token_type {
	GRUB_TOKEN_END, /* of the unit */
	GRUB_TOKEN_NEWLINE,
	GRUB_TOKEN_SEMICOLON,
	GRUB_TOKEN_LBRACE,
	GRUB_TOKEN_RBRACE,
	GRUB_TOKEN_RESERVED,
	GRUB_TOKEN_NAME,
	GRUB_TOKEN_WORD,
	GRUB_TOKEN_BAD,
};

struct grub_token {
	enum grub_token_type type;
	size_t start, end; /* in the buffer */
	unsigned int line;
};

/* One unit on its way. The lines read so far are in buf, without those that are dropped. */
struct grub_lexer {
	struct grub_reader *reader;
	struct grub_unit *unit; /* gets error and error_line */
	struct ka_buf buf;
	size_t pos;
	unsigned int line;   /* of pos */
	unsigned int *lines; /* line number of each line in buf */
	size_t lines_size;
	size_t n_lines, at_line; /* at_line: the index of pos's line */
	unsigned int open;	 /* constructs that need more lines; the parser counts them */
	struct grub_token token; /* the one looked at */
	bool error;		 /* unit->error says what */
};

/* Append the next line of the file to the buffer. False at the end of the file. */
bool grub_lex_line(struct grub_lexer *l);

/* Look at the next token. At the end of the lines read so far, more are pulled only while something is
 * open. After an error all tokens are bad. */
void grub_lex_next(struct grub_lexer *l);

/* The first error stays. what: a literal. */
void grub_lex_fail(struct grub_lexer *l, const char *what);
