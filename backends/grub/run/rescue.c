// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration inside GRUB's program is read by the parser of its rescue mode, whatever it looks
 * like: quotes and variables, but neither statements nor ";". "if" is a command that is not known
 * there, and what stands in its block is run.
 */

#include "run/command.h"
#include "run/interp.h"
#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* grub_parser_state_t of include/grub/parser.h */
enum state {
	TEXT,
	ESCAPED,
	QUOTED,
	DOUBLE,
	VARIABLE,
	NAME,
	BRACED,
	DOUBLE_VARIABLE,
	DOUBLE_NAME,
	DOUBLE_BRACED,
};

/* state_transitions of kern/parser.c. input 0: any byte; ' ': any that is in no name. */
static const struct {
	enum state from, to;
	char input;
	bool keeps;
} transitions[] = {
	{ TEXT, QUOTED, '\'', false },
	{ TEXT, DOUBLE, '"', false },
	{ TEXT, VARIABLE, '$', false },
	{ TEXT, ESCAPED, '\\', false },
	{ ESCAPED, TEXT, 0, true },
	{ QUOTED, TEXT, '\'', false },
	{ DOUBLE, TEXT, '"', false },
	{ DOUBLE, DOUBLE_VARIABLE, '$', false },
	{ VARIABLE, BRACED, '{', false },
	{ VARIABLE, NAME, 0, true },
	{ NAME, TEXT, ' ', true },
	{ BRACED, TEXT, '}', false },
	{ DOUBLE_VARIABLE, DOUBLE_BRACED, '{', false },
	{ DOUBLE_VARIABLE, DOUBLE_NAME, 0, true },
	{ DOUBLE_NAME, TEXT, '"', false },
	{ DOUBLE_NAME, DOUBLE, ' ', true },
	{ DOUBLE_BRACED, DOUBLE, '}', false },
};

static enum state next_state(enum state state, char c, bool *ret_keeps)
{
	*ret_keeps = true;
	for (size_t i = 0; i < ARRAY_SIZE(transitions); i++) {
		char input = transitions[i].input;

		if (transitions[i].from != state)
			continue;
		if (input && input != c && !(input == ' ' && !ka_is_alnum(c) && c != '_'))
			continue;
		*ret_keeps = transitions[i].keeps;
		return transitions[i].to;
	}
	return state;
}

static bool is_name(enum state state)
{
	return state == NAME || state == BRACED || state == DOUBLE_NAME || state == DOUBLE_BRACED;
}

struct line {
	struct ka_buf word, name;
	char **words;
	enum state state;
};

static void line_done(struct line *line)
{
	ka_buf_done(&line->word);
	ka_buf_done(&line->name);
	ka_strv_free(line->words);
}

/* A word of nothing is none. */
static void end_word(struct line *line)
{
	if (line->word.len > 0)
		ka_strv_add_take(&line->words, ka_buf_take(&line->word));
	line->word = (struct ka_buf){ 0 };
}

static void end_name(const struct grub *g, struct line *line)
{
	const char *value = line->name.text ? grub_get(g, line->name.text) : NULL;

	if (value)
		ka_buf_adds(&line->word, value);
	ka_buf_done(&line->name);
	line->name = (struct ka_buf){ 0 };
}

static void take_byte(const struct grub *g, struct line *line, char c)
{
	enum state before = line->state;
	bool keeps;

	line->state = next_state(before, c, &keeps);
	if (is_name(before) && !is_name(line->state))
		end_name(g, line);
	if (is_name(line->state)) {
		if (keeps)
			ka_buf_add(&line->name, &c, 1);
	} else if (line->state == TEXT && before != ESCAPED && keeps && ka_is_space(c)) {
		end_word(line);
	} else if (keeps) {
		ka_buf_add(&line->word, &c, 1);
	}
}

/* A quote that is open at the end of a line goes on in the next. What is left of the text, or NULL. */
static const char *read_line(struct grub *g, const char *text, struct line *line)
{
	do {
		g->line++;
		for (; *text && *text != '\n'; text++)
			take_byte(g, line, *text);
		text = *text ? text + 1 : NULL;
	} while (text && line->state != TEXT && !is_name(line->state));
	if (is_name(line->state))
		end_name(g, line);
	end_word(line);
	return text;
}

/* --- commands: those of the core, and of the modules that are packed into the program */

static const struct {
	const char *command, *module;
} modules[] = {
	{ ".", "configfile" },
	{ "[", "test" },
	{ "configfile", "configfile" },
	{ "cryptomount", "cryptodisk" },
	{ "echo", "echo" },
	{ "export", "normal" },
	{ "false", "true" },
	{ "linux", "linux" },
	{ "initrd", "linux" },
	{ "list_env", "loadenv" },
	{ "load_env", "loadenv" },
	{ "normal", "normal" },
	{ "probe", "probe" },
	{ "regexp", "regexp" },
	{ "save_env", "loadenv" },
	{ "search", "search" },
	{ "search.file", "search_fs_file" },
	{ "search.fs_label", "search_label" },
	{ "search.fs_uuid", "search_fs_uuid" },
	{ "source", "configfile" },
	{ "test", "test" },
	{ "true", "true" },
};

static bool has_module_of(const struct grub *g, const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (ka_streq(modules[i].command, command))
			return ka_strv_contains(g->core_modules, modules[i].module) ||
			       ka_strv_contains(g->inserted, modules[i].module);
	return true;
}

static void run_line(struct grub *g, char **words)
{
	const struct grub_command *command;
	char *eq = strchr(words[0], '=');

	if (eq && !words[1]) {
		*eq = '\0';
		grub_set(g, words[0], eq + 1);
		return;
	}
	command = has_module_of(g, words[0]) ? g->find_command(g, words[0]) : NULL;
	if (!command) {
		grub_check_unknown(g, words[0]);
		grub_complain(g, KA_INFO, KA_ID_GRUB_UNKNOWN_COMMAND,
			      "unknown command '%s' in the embedded configuration", words[0]);
		return;
	}
	if (ka_streq(words[0], "insmod") && words[1])
		ka_strv_add(&g->inserted, words[1]);
	g->block_line = 0;
	command->run(g, words, ka_strv_length(words));
}

void grub_run_embedded(struct grub *g, const char *text, const char *file)
{
	g->file = file;
	g->line = 0;
	while (text && !g->stopped && !g->error) {
		_cleanup_(line_done) struct line line = { .state = TEXT };
		unsigned int number;

		if (!grub_charge(g, 64))
			return;
		text = read_line(g, text, &line);
		number = g->line;
		if (line.words)
			run_line(g, line.words);
		g->file = file;
		g->line = number;
	}
	g->file = NULL;
}
