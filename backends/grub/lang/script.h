/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>
#include <kexec-any/text.h>

/*
 * GRUB script: text to syntax tree. The language is what grub-core/script/yylex.l and parser.y of
 * GRUB 2.06 accept; it looks like a shell's and is not one.
 *
 * A file is read in units, a line and as many more as it needs to be complete. Each unit is parsed
 * whole and run before the next one is read, and a syntax error loses just that unit.
 */

/* A bump allocator: a tree lives and dies as a whole. */
struct grub_arena {
	struct grub_arena_chunk *chunks;
	size_t used; /* bytes handed out */
};

#define GRUB_UNIT_SIZE 4096 /* the first chunk of an arena */

void *grub_arena_alloc(struct grub_arena *arena, size_t size); /* zeroed */
char *grub_arena_strndup(struct grub_arena *arena, const char *text, size_t len);
void grub_arena_done(struct grub_arena *arena);

enum grub_piece_type {
	GRUB_PIECE_TEXT,    /* outside quotes; a backslash still guards the byte behind it */
	GRUB_PIECE_QUOTED,  /* literal */
	GRUB_PIECE_VAR,	    /* $x, split into words */
	GRUB_PIECE_DQVAR,   /* "$x", not split */
	GRUB_PIECE_GETTEXT, /* $"…": expanded when used */
	GRUB_PIECE_BLOCK,   /* {…}: the text between the braces */
};

struct grub_piece {
	enum grub_piece_type type;
	const char *text;
	struct grub_piece *next;
};

struct grub_word {
	struct grub_piece *pieces;
	struct grub_word *next;
};

enum grub_node_type {
	GRUB_NODE_COMMAND,
	GRUB_NODE_IF,
	GRUB_NODE_FOR,
	GRUB_NODE_WHILE, /* and until */
};

struct grub_node {
	enum grub_node_type type;
	unsigned int line;
	struct grub_node *next;	     /* in its list */
	struct grub_word *words;     /* command: name and arguments; for: the values */
	unsigned int block_line;     /* command: where its block begins; 0 without one */
	const char *variable;	     /* for */
	struct grub_node *cond;	     /* if, while */
	struct grub_node *body;	     /* then, do */
	struct grub_node *otherwise; /* else, elif */
	bool until;
};

/* Memory that one unit after the other is parsed in; all zero is a fresh one. */
struct grub_scratch {
	struct ka_buf buf;
	unsigned int *lines;
	size_t lines_size;
	struct grub_arena_chunk *spare; /* of units that were released */
};

void grub_scratch_done(struct grub_scratch *scratch);

/* Where the reader stands in a text. */
struct grub_reader {
	const char *text;  /* borrowed, NUL-terminated */
	const char *next;  /* the next line */
	unsigned int line; /* its number, from 1 */
	bool skip_comments; /* files drop lines that begin with '#', whatever is open; blocks do not */
	struct grub_scratch *scratch;
	bool keep_hex; /* Red Hat: \xNN outside quotes keeps its backslash */
};

/*
 * A file as GRUB reads it (grub_file_getline() in lib/getline.c): carriage returns are skipped wherever
 * they stand, and a NUL byte ends its line. In place; text has a byte more than len for the end.
 */
void grub_clean_lines(char *text, size_t len);

struct grub_function {
	const char *name;
	struct grub_node *body;
	struct grub_function *next;
};

struct grub_unit {
	struct grub_arena arena;
	struct grub_node *nodes;	 /* NULL: nothing to run */
	struct grub_function *functions; /* defined by parsing, before anything runs */
	unsigned int line;		 /* where it begins */
	const char *error;		 /* a syntax error, a literal: the unit is lost */
	unsigned int error_line;
};

/* Release a unit; its memory goes to scratch, when there is one. */
void grub_unit_done(struct grub_unit *unit, struct grub_scratch *scratch);

/* Read the next unit, which may have an error. False: the end, and nothing is to be released. */
bool grub_parse_unit(struct grub_reader *reader, struct grub_unit *unit) _must_check_;

/* --- arena.c and words.c, for the parser */

/* Begin an empty arena with memory that an earlier unit left in scratch, when there is some. */
void grub_arena_reuse(struct grub_arena *arena, struct grub_scratch *scratch);
struct grub_piece *grub_new_piece(struct grub_arena *arena, enum grub_piece_type type,
				  const char *text, size_t len);
/* A letter or '_', then letters, digits and '_'. */
bool grub_is_name(const char *text, size_t len);

/*
 * The variable behind a '$' at text: its length with braces, or 0; *ret_name and *ret_len are the
 * name alone, inside text.
 */
size_t grub_variable_length(const char *text, const char **ret_name, size_t *ret_len);
/*
 * Split the word from text to end into pieces, which are allocated in arena. keep_hex as in struct
 * grub_reader. NULL, or what is wrong, a literal.
 */
const char *grub_split_word(struct grub_arena *arena, bool keep_hex, const char *text,
			    const char *end, struct grub_word *word) _must_check_;
