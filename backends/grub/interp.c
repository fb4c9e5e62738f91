// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a GRUB script: statements, functions, parameters, files. What happens to status and flow
 * follows script/execute.c of GRUB 2.06, and is not always what one expects: an unknown command is
 * a success, a condition is the value of $? after it.
 */

#include "bls.h"
#include "grub.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const struct grub_dialect grub_upstream = { .name = "upstream" };
const struct grub_dialect grub_upstream_bls = {
	.name = "upstream 2.14",
	.bls = GRUB_BLS_UPSTREAM,
};
const struct grub_dialect grub_rhel8 = {
	.name = "Red Hat (RHEL 8)",
	.redhat_default = true,
	.has_increment = true,
	.keeps_hex = true,
	.optional_users = true,
	.bls = GRUB_BLS_RHEL8,
};

#define FEDORA                                                                                     \
	.redhat_default = true, .inherits_all = true, .has_increment = true, .keeps_hex = true,    \
	.optional_users = true, .bls = GRUB_BLS_REDHAT

const struct grub_dialect grub_fedora_old = { .name = "Red Hat (Fedora 31 to 42)", FEDORA };
const struct grub_dialect grub_fedora = {
	.name = "Red Hat (Fedora 43 and 44, RHEL 9)",
	FEDORA,
	.status_decides = true,
};
const struct grub_dialect grub_fedora_efi = {
	.name = "Red Hat (Fedora 45, RHEL 10)",
	FEDORA,
	.status_decides = true,
	.bls_efi = true,
};

/* The parameters of a function, or of an entry's body. */
struct grub_scope {
	char **params;
	bool owned;
	size_t shifts; /* params was moved on by so many */
};

char **grub_params(const struct grub *g)
{
	return g->scope ? g->scope->params : NULL;
}

bool grub_has_params(const struct grub *g)
{
	return g->scope != NULL;
}

static void scope_replace(struct grub_scope *scope, char **params, bool owned)
{
	if (scope->owned)
		ka_strv_free(scope->params - scope->shifts);
	*scope = (struct grub_scope){ .params = params, .owned = owned };
}

/* shift leaves the words before params to their owner: they are freed from the start. */
static void scope_done(struct grub_scope *scope)
{
	scope_replace(scope, NULL, false);
}

int grub_give_up(struct grub *g, int error, const char *what)
{
	if (g->error)
		return g->error;
	g->error = error;
	g->limit = what;
	/* A body that is only listed takes itself out, not the menu. */
	if (error == -E2BIG && !g->listing &&
	    ka_report(g->problems, KA_ERROR, "grub-limit", g->file, NULL,
		      "%s:%u: %s: kexec-any does not go on", g->file ? g->file : "grub.cfg",
		      g->line, what) < 0)
		g->error = -ENOMEM;
	return g->error;
}

bool grub_charge(struct grub *g, size_t bytes)
{
	g->bytes += bytes;
	if (g->bytes > GRUB_BYTES_LIMIT)
		grub_give_up(g, -E2BIG, "more than 64 MiB of text to work through");
	return !g->error;
}

void grub_complain(struct grub *g, enum ka_severity severity, const char *id, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	/* Bodies run many times while listing; what is wrong in them is said once, when booted. */
	if (g->listing)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		g->error = -ENOMEM;
		return;
	}
	if (ka_report(g->problems, severity, id, g->file, NULL, "%s:%u: %s",
		      g->file ? g->file : "grub.cfg", g->line, text) < 0)
		g->error = -ENOMEM;
}

bool grub_decide(struct grub *g, const char *about)
{
	if (g->listing) {
		g->tainted = true;
		return false;
	}
	if (g->at_decision >= GRUB_QUESTIONS_LIMIT)
		return false;
	if (ka_strv_add_take(&g->questions, ka_format("%s:%u: %s", g->file ? g->file : "grub.cfg",
						      g->line, about)) < 0)
		g->error = -ENOMEM;
	g->at_decision++;
	return g->at_decision <= g->n_decisions && g->decisions[g->at_decision - 1];
}

void grub_unread(struct grub *g, const char *path, int error)
{
	if (error == -ENOMEM) {
		g->error = error;
		return;
	}
	if (g->listing)
		g->tainted = true;
	if (g->listing || g->unread)
		return;
	g->unread = error == -EACCES || error == -EPERM || error == -EIO
			    ? ka_format("%s: %s", path, strerror(-error))
			    : ka_format("%s cannot be seen from here (%s)", path, strerror(-error));
	if (!g->unread)
		g->error = -ENOMEM;
}

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

const struct grub_function *grub_find_function(const struct grub *g, const char *name)
{
	for (const struct grub_function *f = g->functions.items; f; f = f->next)
		if (ka_streq(f->name, name))
			return f;
	return NULL;
}

static bool define_functions(struct grub *g, struct grub_unit *unit)
{
	for (const struct grub_function *f = unit->functions; f; f = f->next) {
		struct grub_function *copy;

		copy = grub_arena_alloc(&g->functions.arena, sizeof(*copy));
		if (!copy) {
			g->error = -ENOMEM;
			return false;
		}
		*copy = *f;
		copy->next = g->functions.items; /* in front: it replaces one of the same name */
		g->functions.items = copy;
	}
	return true;
}

static bool stops(const struct grub *g)
{
	return g->error || g->stopped || g->returning;
}

static int run_list(struct grub *g, const struct grub_node *node);

int grub_call_function(struct grub *g, const struct grub_function *f, char **words)
{
	struct grub_scope scope = { .params = words }, *outer = g->scope;
	unsigned long loops = g->loops;
	int status;

	g->loops = 0;
	g->scope = &scope;
	status = run_list(g, f->body);
	g->scope = outer;
	g->loops = loops;
	g->returning = false;
	scope_done(&scope);
	return status;
}

/* NAME=value, which GRUB tries when nothing is called so. */
static void assign(struct grub *g, const char *word)
{
	_cleanup_free_ char *name = NULL;
	const char *eq = strchr(word, '=');

	if (!eq) {
		grub_complain(g, KA_INFO, "grub-unknown-command", "unknown command '%s'", word);
		return;
	}
	name = strndup(word, (size_t)(eq - word));
	if (!name)
		g->error = -ENOMEM;
	else if (*name && !strchr("0123456789#*@", *name))
		grub_set(g, name, eq + 1);
}

/* "!": a failure other than "false" becomes a success as well. */
static int invert(int status)
{
	return status == GRUB_OK ? GRUB_FALSE : GRUB_OK;
}

static bool is_menu_command(const char *name)
{
	return ka_streq(name, "menuentry") || ka_streq(name, "submenu");
}

static int call_command(struct grub *g, const struct grub_command *command, char **argv,
			const struct grub_node *node)
{
	if (g->extractor && !command->in_extractor)
		return GRUB_EXTRACTOR;
	if (is_menu_command(command->name))
		return grub_add_item(g, argv, ka_strv_length(argv), node->line, node->block_line,
				     node->block_line != 0);
	return command->run(g, argv, ka_strv_length(argv));
}

static int run_command(struct grub *g, const struct grub_node *node)
{
	_cleanup_strv_ char **words = grub_expand(g, node->words);
	const struct grub_command *command;
	const struct grub_function *function;
	char **argv = words;
	bool inverted;
	int status = GRUB_OK;

	if (!words || !*words)
		return GRUB_OK;
	g->line = node->line;
	inverted = ka_streq(*argv, "!");
	if (inverted && !*++argv)
		return GRUB_BAD_ARGUMENT;

	command = grub_find_command(g, *argv);
	function = command ? NULL : grub_find_function(g, *argv);
	if (command) {
		status = call_command(g, command, argv, node);
	} else if (function) {
		status = grub_call_function(g, function, argv + 1);
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
	grub_complain(g, KA_WARNING, "grub-recursion", "nested too deeply: not run");
	return false;
}

static int run_node(struct grub *g, const struct grub_node *node)
{
	int status = GRUB_OK;

	if (++g->steps > g->step_limit) {
		grub_give_up(g, -E2BIG, "too many commands (a loop without end?)");
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
	struct grub_unit *p;

	if (!unit->functions) {
		grub_unit_done(unit, &g->scratch);
		return;
	}
	p = reallocarray(g->kept, g->n_kept + 1, sizeof(*p));
	if (!p) {
		g->error = -ENOMEM;
		grub_unit_done(unit, &g->scratch);
		return;
	}
	g->kept = p;
	g->kept[g->n_kept++] = *unit;
}

static void report_syntax(struct grub *g, const struct grub_unit *unit)
{
	if (g->listing)
		return;
	if (ka_report(
		    g->problems, KA_WARNING, "grub-syntax", g->file, "correct the file",
		    "%s:%u: syntax error: %s; GRUB drops the statement that begins in line %u and "
		    "goes on behind it",
		    g->file ? g->file : "grub.cfg", unit->error_line, unit->error, unit->line) < 0)
		g->error = -ENOMEM;
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
	int status = GRUB_OK, r;

	g->file = file;
	while (!stops(g) && (r = grub_parse_unit(&reader, &unit)) != 0) {
		if (r < 0) {
			g->error = r;
			grub_unit_done(&unit, &g->scratch);
			break;
		}
		if (unit.error)
			report_syntax(g, &unit);
		if (define_functions(g, &unit) && unit.nodes)
			status = run_list(g, unit.nodes);
		finish_unit(g, &unit);
	}
	g->file = outer_file;
	g->line = outer_line;
	return status;
}

int grub_run_body(struct grub *g, const struct grub_item *item)
{
	struct grub_scope scope = { .params = item->params }, *outer = g->scope;
	int status;

	g->scope = &scope;
	status = grub_run_text(g, item->body, item->file, item->body_line, false);
	g->scope = outer;
	g->returning = false;
	scope_done(&scope);
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
	folder = full ? strdup(full) : NULL;
	if (!folder) {
		g->error = -ENOMEM;
		return;
	}
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

/* grub_file_getline() skips them wherever they stand. */
static void drop_carriage_returns(char *text)
{
	char *out = text;

	for (; *text; text++)
		if (*text != '\r')
			*out++ = *text;
	*out = '\0';
}

static int source_host_file(struct grub *g, const char *host_path, const char *path)
{
	_cleanup_free_ char *text = NULL, *file = NULL, *directory = NULL;
	const char *old_file = grub_get(g, "config_file");
	const char *old_directory = grub_get(g, "config_directory");
	size_t len;
	int r;

	file = old_file ? strdup(old_file) : NULL;
	directory = old_directory ? strdup(old_directory) : NULL;
	r = ka_host_read(g->host, host_path, GRUB_FILE_LIMIT, &text, &len, NULL);
	if (r == 0)
		drop_carriage_returns(text);
	if (r == -EFBIG)
		return grub_give_up(g, -E2BIG, "a file of more than 4 MiB");
	if (r < 0) {
		if (r != -ENOENT && r != -EISDIR)
			grub_unread(g, host_path, r);
		return GRUB_OK;
	}
	if (!grub_charge(g, len))
		return GRUB_OK;
	/* A NUL ends GRUB's line, and the rest of the file with it here. */
	if (++g->source_depth > GRUB_SOURCE_LIMIT) {
		g->source_depth--;
		return grub_give_up(g, -E2BIG, "files sourced more than 16 deep");
	}
	set_config(g, path);
	grub_run_text(g, text, host_path, 1, true);
	restore(g, "config_file", file);
	restore(g, "config_directory", directory);
	g->source_depth--;
	return GRUB_OK;
}

/* Text that lives as long as the interpreter: entries and messages name the files they are from. */
static const char *intern(struct grub *g, const char *text)
{
	for (char **p = g->names; p && *p; p++)
		if (ka_streq(*p, text))
			return *p;
	if (ka_strv_add(&g->names, text) < 0) {
		g->error = -ENOMEM;
		return NULL;
	}
	return g->names[ka_strv_length(g->names) - 1];
}

int grub_source(struct grub *g, const char *path)
{
	_cleanup_free_ char *host_path = NULL;
	const char *name;
	int r;

	r = grub_locate(g, path, &host_path);
	if (r < 0) {
		grub_unread(g, path, r);
	} else if (r > 0) {
		name = intern(g, host_path);
		return name ? source_host_file(g, name, path) : GRUB_OK;
	}
	return GRUB_OK;
}

int grub_init(struct grub *g, struct ka_host *host, const struct grub_dialect *dialect,
	      struct ka_findings *problems)
{
	*g = (struct grub){
		.host = host,
		.dialect = dialect,
		.problems = problems,
		.step_limit = GRUB_STEP_LIMIT,
	};
	g->boot = &g->outside;
	return grub_context_open(g) ? 0 : -ENOMEM;
}

void grub_done(struct grub *g)
{
	const struct grub_journal none = { .start = 0 };

	grub_journal_pop(g, &none);
	free(g->undo);
	free(g->unread);
	while (g->context)
		grub_context_close(g);
	while (g->devices) {
		struct grub_device *next = g->devices->next;

		free(g->devices->name);
		free(g->devices->volume);
		free(g->devices);
		g->devices = next;
	}
	grub_located_done(g);
	for (size_t i = 0; i < g->n_bls; i++)
		grub_bls_entry_free(g->bls[i]);
	free(g->bls);
	grub_boot_done(&g->outside);
	grub_drop_writes(g, 0);
	free(g->writes);
	for (size_t i = 0; i < g->n_kept; i++)
		grub_unit_done(&g->kept[i], NULL);
	free(g->kept);
	grub_scratch_done(&g->scratch);
	grub_arena_done(&g->functions.arena);
	ka_strv_free(g->names);
	ka_strv_free(g->questions);
	*g = (struct grub){ 0 };
}

/* --- the commands of flow and parameters, in here because they are about the scope */

/* A whole decimal number, as grub_strtoul() and a look at its end give it. */
static bool parse_count(const char *text, unsigned long *ret)
{
	uint64_t value;

	if (ka_parse_u64(text, UINT32_MAX, &value) < 0)
		return false;
	*ret = (unsigned long)value;
	return true;
}

int grub_break(struct grub *g, char **argv, size_t argc)
{
	unsigned long count = 1;

	if (argc > 2 || (argc == 2 && (!parse_count(argv[1], &count) || count == 0)))
		return argc > 2	    ? GRUB_BAD_ARGUMENT
		       : count == 0 ? GRUB_BAD_ARGUMENT
				    : GRUB_BAD_NUMBER;
	g->is_continue = !ka_streq(argv[0], "break");
	g->breaks = count < g->loops ? count : g->loops;
	return GRUB_OK;
}

int grub_shift(struct grub *g, char **argv, size_t argc)
{
	unsigned long n = 1;

	if (!g->scope)
		return GRUB_OK;
	if (argc > 2 || (argc == 2 && !parse_count(argv[1], &n)))
		return GRUB_BAD_ARGUMENT;
	if (n > ka_strv_length(g->scope->params))
		return GRUB_BAD_ARGUMENT;
	g->scope->shifts += n;
	g->scope->params += n;
	return GRUB_OK;
}

int grub_setparams(struct grub *g, char **argv, size_t argc)
{
	char **params = NULL;

	if (!g->scope)
		return GRUB_INVALID_COMMAND;
	if (ka_strv_copy(argv + 1, argc - 1, &params) < 0)
		g->error = -ENOMEM;
	scope_replace(g->scope, params, true);
	return GRUB_OK;
}

int grub_return(struct grub *g, char **argv, size_t argc)
{
	unsigned long status;
	const char *last;

	if (!g->scope || argc > 2)
		return GRUB_BAD_ARGUMENT;
	if (argc == 1) {
		last = grub_get(g, "?");
		g->returning = true;
		return last ? (int)strtoul(last, NULL, 10) : GRUB_OK;
	}
	if (!parse_count(argv[1], &status))
		return GRUB_BAD_NUMBER;
	g->returning = true;
	return (int)status;
}
