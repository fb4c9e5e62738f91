// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a GRUB script: statements, functions, parameters, files. What happens to status and flow
 * follows script/execute.c of GRUB 2.06, and is not always what one expects: an unknown command is
 * a success, a condition is the value of $? after it.
 */

#include "run/interp.h"
#include "run/command.h"
#include "run/expand.h"
#include "state/env.h"
#include "state/scope.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memdisk.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

static void set_status(struct grub *g, int status)
{
	char number[16];

	if (status == GRUB_OK) {
		grub_set(g, "?", "0");
		return;
	}
	snprintf(number, sizeof(number), "%d", status);
	grub_set(g, "?", number);
}

/* Name and body lie in the unit that defined it, which is kept. */
struct function {
	struct grub_table_item item;
	const struct grub_node *body;
};

static void define_functions(struct grub *g, struct grub_unit *unit)
{
	for (const struct grub_function *f = unit->functions; f; f = f->next) {
		struct function *known = grub_table_find(&g->functions, f->name);

		if (!known) {
			known = ka_calloc(1, sizeof(*known));
			known->item.name = f->name;
			grub_table_add(&g->functions, &known->item);
		}
		known->body = f->body;
	}
}

static bool stops(const struct grub *g)
{
	return g->error || g->stopped || g->returning;
}

static int run_list(struct grub *g, const struct grub_node *node);

static int call_function(struct grub *g, const struct function *f, char **words)
{
	struct grub_scope scope = { .params = words, .n = ka_strv_length(words) };
	struct grub_scope *outer = g->scope;
	unsigned long loops = g->loops;
	int status;

	g->loops = 0;
	g->scope = &scope;
	status = run_list(g, f->body);
	g->scope = outer;
	g->loops = loops;
	g->returning = false;
	grub_scope_done(&scope);
	return status;
}

static bool is_one_of(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (ka_streq(*words, word))
			return true;
	return false;
}

/*
 * Commands of vendors' GRUBs that set what boots. Where one is reached that this dialect lacks, another
 * GRUB reads this configuration; of those that tell dialects apart that is so only where nothing but the
 * lack of other evidence chose the dialect.
 */
static bool is_deciding(const struct grub *g, const char *word)
{
	static const char *const vendors[] = { "gptprio.next",	     "steamenv",
					       "steamenv_boot",	     "steamenv_save",
					       "btrfs-mount-subvol", NULL };
	static const char *const dialects[] = { "blscfg",    "bls_import", "uki",
						"increment", "decrement",  NULL };

	return is_one_of(vendors, word) || (g->dialect_guessed && is_one_of(dialects, word));
}

void grub_check_unknown(struct grub *g, const char *word)
{
	if (is_deciding(g, word))
		grub_unknown(g, word);
}

/* NAME=value, which GRUB tries when nothing is called so. */
static void assign(struct grub *g, const char *word)
{
	_cleanup_free_ char *name = NULL;
	const char *eq = strchr(word, '=');

	grub_check_unknown(g, word);
	if (!eq) {
		grub_complain(g, KA_INFO, KA_ID_GRUB_UNKNOWN_COMMAND, "unknown command '%s'", word);
		if (!g->boot->unknown)
			g->boot->unknown = ka_strdup(word);
		return;
	}
	name = ka_strndup(word, (size_t)(eq - word));
	if (*name && !strchr("0123456789#*@", *name))
		grub_set(g, name, eq + 1);
}

/* "!": a failure other than "false" becomes a success as well. */
static int invert(int status)
{
	return status == GRUB_OK ? GRUB_FALSE : GRUB_OK;
}

static int call_command(struct grub *g, const struct grub_command *command, char **argv,
			const struct grub_node *node)
{
	if (g->extractor && !command->in_extractor)
		return GRUB_EXTRACTOR;
	g->block_line = node->block_line;
	return command->run(g, argv, ka_strv_length(argv));
}

static int run_command(struct grub *g, const struct grub_node *node)
{
	_cleanup_strv_ char **words = NULL;
	const struct grub_command *command;
	const struct function *function;
	char **argv;
	bool inverted;
	int status = GRUB_OK;

	g->line = node->line;
	argv = words = grub_expand(g, node->words);
	if (!words || !*words)
		return GRUB_OK;
	inverted = ka_streq(*argv, "!");
	if (inverted && !*++argv)
		return GRUB_BAD_ARGUMENT;

	command = g->find_command(g, *argv);
	function = command ? NULL : grub_table_find(&g->functions, *argv);
	if (command) {
		status = call_command(g, command, argv, node);
	} else if (function) {
		status = call_function(g, function, argv + 1);
	} else {
		/* Nothing is inverted then, and the status is a success. */
		assign(g, *argv);
		return GRUB_OK;
	}
	return inverted ? invert(status) : status;
}

static int run_if(struct grub *g, const struct grub_node *node)
{
	int status = run_list(g, node->cond);
	const char *result;

	if (stops(g))
		return status;
	result = grub_get(g, "?");
	if (result && ka_streq(result, "0"))
		return run_list(g, node->body);
	if (node->otherwise)
		return run_list(g, node->otherwise);
	return GRUB_OK;
}

static int run_for(struct grub *g, const struct grub_node *node)
{
	_cleanup_strv_ char **words = grub_expand(g, node->words);
	int status = GRUB_OK;

	if (g->error)
		return GRUB_OK;
	g->loops++;
	for (char **p = words; p && *p; p++) {
		if (g->is_continue && g->breaks == 1)
			g->breaks = 0;
		if (g->breaks)
			continue;
		grub_set(g, node->variable, *p);
		status = run_list(g, node->body);
		if (stops(g))
			break;
	}
	if (g->breaks)
		g->breaks--;
	g->loops--;
	return status;
}

static int run_while(struct grub *g, const struct grub_node *node)
{
	int status;

	g->loops++;
	for (;;) {
		status = run_list(g, node->cond);
		if (stops(g) || (node->until ? status == GRUB_OK : status != GRUB_OK))
			break;
		status = run_list(g, node->body);
		if (stops(g))
			break;
		if (g->breaks == 1 && g->is_continue)
			g->breaks = 0;
		if (g->breaks)
			break;
	}
	if (g->breaks)
		g->breaks--;
	g->loops--;
	return status;
}

/* GRUB counts lists and statements alike, skips what lies too deep with an error, and forgets to
 * count back then: every overflow lowers the limit for good. */
static bool enter(struct grub *g)
{
	if (++g->depth <= GRUB_DEPTH_LIMIT)
		return true;
	grub_complain(g, KA_WARNING, KA_ID_GRUB_RECURSION, "nested too deeply: not run");
	return false;
}

static int run_node(struct grub *g, const struct grub_node *node)
{
	int status = GRUB_OK;

	if (++g->steps > g->step_limit) {
		grub_give_up(g, "too many commands (a loop without end?)");
		return GRUB_OK;
	}
	if (!enter(g))
		return GRUB_BAD_ARGUMENT;
	switch (node->type) {
	case GRUB_NODE_COMMAND:
		status = run_command(g, node);
		break;
	case GRUB_NODE_IF:
		status = run_if(g, node);
		break;
	case GRUB_NODE_FOR:
		status = run_for(g, node);
		break;
	case GRUB_NODE_WHILE:
		status = run_while(g, node);
		break;
	}
	g->depth--;
	set_status(g, status);
	return status;
}

static int run_list(struct grub *g, const struct grub_node *node)
{
	int status = GRUB_OK;

	if (!enter(g))
		return GRUB_BAD_ARGUMENT;
	for (; node && !g->breaks && !stops(g); node = node->next)
		status = run_node(g, node);
	g->depth--;
	set_status(g, status);
	return status;
}

/* Functions live on after their unit has run: the unit is kept as long as the interpreter. */
static void finish_unit(struct grub *g, struct grub_unit *unit)
{
	if (!unit->functions) {
		grub_unit_done(unit, &g->scratch);
		return;
	}
	if ((g->n_kept & (g->n_kept - 1)) == 0)
		g->kept = ka_reallocarray(g->kept, g->n_kept ? g->n_kept * 2 : 1, sizeof(*g->kept));
	grub_charge(g, GRUB_UNIT_SIZE + unit->arena.used);
	g->kept[g->n_kept++] = *unit;
}

static void report_syntax(struct grub *g, const struct grub_unit *unit)
{
	if (g->listing)
		return;
	ka_report(g->problems, KA_WARNING, KA_ID_GRUB_SYNTAX, g->file, "correct the file",
		  "%s:%u: syntax error: %s; GRUB drops the statement that begins in line %u and "
		  "goes on behind it",
		  g->file ? g->file : "grub.cfg", unit->error_line, unit->error, unit->line);
}

int grub_run_text(struct grub *g, const char *text, const char *file, unsigned int line,
		  bool is_file)
{
	struct grub_reader reader = {
		.text = text,
		.next = text,
		.line = line,
		.skip_comments = is_file,
		.scratch = &g->scratch,
		.keep_hex = g->dialect->keeps_hex,
	};
	const char *outer_file = g->file;
	unsigned int outer_line = g->line;
	struct grub_unit unit;
	int status = GRUB_OK;

	g->file = file;
	while (!stops(g) && grub_parse_unit(&reader, &unit)) {
		if (unit.error)
			report_syntax(g, &unit);
		grub_charge(g, unit.arena.used / 2);
		define_functions(g, &unit);
		if (unit.nodes)
			status = run_list(g, unit.nodes);
		finish_unit(g, &unit);
	}
	g->file = outer_file;
	g->line = outer_line;
	return status;
}

int grub_run_body(struct grub *g, const struct grub_item *item)
{
	struct grub_scope scope = { .params = item->params, .n = ka_strv_length(item->params) };
	struct grub_scope *outer = g->scope;
	int status;

	g->scope = &scope;
	status = grub_run_text(g, item->body, item->file, item->body_line, false);
	g->scope = outer;
	g->returning = false;
	grub_scope_done(&scope);
	return status;
}

/* config_file and config_directory, as the file's own name says. */
static void set_config(struct grub *g, const char *path)
{
	_cleanup_free_ char *device = grub_path_device(g, path), *full = NULL, *folder = NULL;
	const char *rest = *path == '(' ? strchrnul(path, ')') : path;
	char *slash;

	if (*rest == ')')
		rest++;
	full = ka_format("(%s)%s", device ? device : "", rest);
	folder = ka_strdup(full);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	grub_set(g, "config_file", full);
	grub_export(g, "config_file");
	grub_set(g, "config_directory", folder);
	grub_export(g, "config_directory");
}

static void restore(struct grub *g, const char *name, const char *value)
{
	if (value)
		grub_set(g, name, value);
	else
		grub_unset(g, name);
}

/* Run the text of a file; name: what it is called in messages. */
static int source_text(struct grub *g, char *text, size_t len, const char *name, const char *path)
{
	_cleanup_free_ char *file = ka_strdup_or_null(grub_get(g, "config_file"));
	_cleanup_free_ char *directory = ka_strdup_or_null(grub_get(g, "config_directory"));

	grub_clean_lines(text, len);
	if (!grub_charge(g, len))
		return GRUB_OK;
	if (++g->source_depth > GRUB_SOURCE_LIMIT) {
		g->source_depth--;
		return grub_give_up(g, "files sourced more than 16 deep");
	}
	set_config(g, path);
	grub_run_text(g, text, name, 1, true);
	restore(g, "config_file", file);
	restore(g, "config_directory", directory);
	g->source_depth--;
	return GRUB_OK;
}

static int source_host_file(struct grub *g, const char *host_path, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = ka_host_read(g->host, host_path, GRUB_FILE_LIMIT, &text, &len, NULL);

	if (r == -EFBIG)
		return grub_give_up(g, "a file of more than 4 MiB");
	if (r < 0) {
		if (r != -ENOENT && r != -EISDIR)
			grub_unread(g, host_path, r);
		return GRUB_OK;
	}
	if (!g->first_file)
		g->first_file = host_path;
	return source_text(g, text, len, host_path, path);
}

/* Text that lives as long as the interpreter: entries and messages name the files they are from. */
static const char *intern(struct grub *g, const char *text)
{
	struct grub_table_item *known = grub_table_find(&g->names, text);

	if (!known) {
		known = ka_calloc(1, sizeof(*known));
		known->name = ka_strdup(text);
		grub_table_add(&g->names, known);
	}
	return known->name;
}

void grub_interp_done(struct grub *g)
{
	struct grub_table_item *item;

	while ((item = grub_table_take_any(&g->functions)))
		free(item);
	while ((item = grub_table_take_any(&g->names))) {
		free((char *)item->name);
		free(item);
	}
	for (size_t i = 0; i < g->n_kept; i++)
		grub_unit_done(&g->kept[i], NULL);
	free(g->kept);
	grub_scratch_done(&g->scratch);
}

static int source_from_memdisk(struct grub *g, const char *below, const char *path)
{
	_cleanup_free_ char *text = NULL, *name = ka_format("(memdisk)%s", below);
	size_t len = 0;
	int r = ka_memdisk_read(g->memdisk, below, &text, &len);

	if (r < 0 && r != -ENOENT && r != -EISDIR)
		grub_unread(g, name, r);
	return r < 0 ? GRUB_OK : source_text(g, text, len, intern(g, name), path);
}

int grub_source(struct grub *g, const char *path)
{
	_cleanup_free_ char *host_path = NULL;
	const char *below;
	int r = grub_on_memdisk(g, path, &below);

	if (r > 0)
		return source_from_memdisk(g, below, path);
	r = grub_locate(g, path, &host_path);
	if (r < 0)
		grub_unread(g, host_path ? host_path : path, r);
	return r > 0 ? source_host_file(g, intern(g, host_path), path) : GRUB_OK;
}
