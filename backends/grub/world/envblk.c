// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Environment blocks (grubenv): load_env, save_env, list_env. Writing goes to a log; the file is
 * left as it is until a real run commits what GRUB would have written.
 */

#include "world/envblk.h"
#include "lang/options.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define SIGNATURE    "# GRUB Environment Block\n"
#define FILE_LIMIT   (1u << 20)
#define WRITES_LIMIT 1024

void grub_envblk_done(struct grub_envblk *block)
{
	for (size_t i = 0; i < block->n; i++) {
		free(block->names[i]);
		free(block->values[i]);
	}
	free(block->names);
	free(block->values);
	*block = (struct grub_envblk){ 0 };
}

static void add_pair(struct grub_envblk *block, char *name, char *value)
{
	size_t n = block->n;

	if ((n & (n - 1)) == 0) {
		size_t size = n ? n * 2 : 1;

		block->names = ka_reallocarray(block->names, size, sizeof(*block->names));
		block->values = ka_reallocarray(block->values, size, sizeof(*block->values));
	}
	block->names[n] = name;
	block->values[n] = value;
	block->n++;
}

/* The value up to its line's end, a backslash guarding the next byte. NULL: no line end. */
static const char *parse_value(const char *p, const char *end, struct ka_buf *value)
{
	for (; p < end && *p != '\n'; p++) {
		if (*p == '\\' && ++p >= end)
			return NULL;
		ka_buf_add(value, p, 1);
	}
	return p < end ? p + 1 : NULL;
}

/* A backslash guards the byte behind it, in comments too. */
static const char *next_line(const char *p, const char *end)
{
	while (p < end && *p != '\n')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end ? p + 1 : end;
}

int grub_envblk_parse(const char *data, size_t len, struct grub_envblk *ret)
{
	_cleanup_(grub_envblk_done) struct grub_envblk block = { 0 };
	const char *p = data, *end = data + len;

	if (len <= strlen(SIGNATURE) || memcmp(data, SIGNATURE, strlen(SIGNATURE)) != 0)
		return -EBADMSG;
	p += strlen(SIGNATURE);

	while (p && p < end) {
		_cleanup_(ka_buf_done) struct ka_buf value = { 0 };
		const char *name, *eq;

		if (*p == '#') { /* padding and comments */
			p = next_line(p, end);
			continue;
		}
		/* GRUB looks for it beyond the line: the name then has a line break in it. */
		eq = memchr(p, '=', (size_t)(end - p));
		if (!eq)
			break;
		name = p;
		p = parse_value(eq + 1, end, &value);
		if (p) /* else cut off: ignored, as everything behind it */
			add_pair(&block, ka_strndup(name, (size_t)(eq - name)),
				 ka_buf_take(&value));
	}
	*ret = block;
	block = (struct grub_envblk){ 0 };
	return 0;
}

static const struct grub_option options[] = {
	{ "file", 'f', 'f', GRUB_ARGUMENT_REQUIRED },
	{ "skip-sig", 's', 's', GRUB_ARGUMENT_NONE },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

/* Where the block is: -f FILE, else $prefix/grubenv. */
static char *block_path(struct grub *g, const struct grub_options *o)
{
	const char *file = grub_option_value(o, 'f'), *prefix = grub_get(g, "prefix");

	return file ? ka_strdup(file) : ka_format("%s/grubenv", prefix ? prefix : "");
}

/* What the log says of a variable. 1: written (*ret may be NULL: deleted), 0: nothing. */
static int written(const struct grub *g, const char *file, const char *name, const char **ret)
{
	for (size_t i = g->n_writes; i > 0; i--) {
		const struct grub_write *w = &g->writes[i - 1];

		if (ka_streq(w->file, file) && ka_streq(w->name, name)) {
			*ret = w->value;
			return 1;
		}
	}
	return 0;
}

/* Where it is: in a file, or in sectors of a volume. 1, 0, negative. */
static int locate_block(struct grub *g, const char *path, char **ret)
{
	int r = grub_locate_blocks(g, path, ret);

	return r != 0 ? r : grub_locate(g, path, ret);
}

static int read_bytes(struct grub *g, const char *file, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *node = NULL;
	struct ka_blocks blocks;

	if (ka_blocks_parse(file, &node, &blocks))
		return ka_host_read_blocks(g->host, file, FILE_LIMIT, ret, ret_len, NULL);
	return ka_host_read(g->host, file, FILE_LIMIT, ret, ret_len, NULL);
}

/* Read the block of a command. GRUB_OK, or the status it fails with. */
static int read_block(struct grub *g, const char *path, size_t n_words, char **ret_file,
		      struct grub_envblk *ret)
{
	_cleanup_free_ char *data = NULL;
	size_t len;
	int r;

	r = locate_block(g, path, ret_file);
	if (r < 0)
		grub_unread(g, *ret_file ? *ret_file : path, r);
	if (r <= 0)
		return GRUB_FILE_NOT_FOUND;
	r = read_bytes(g, *ret_file, &data, &len);
	if (r < 0 && r != -EFBIG && r != -EISDIR && r != -EINVAL && r != -ENOENT) {
		grub_unread(g, *ret_file, r);
		return GRUB_FILE_NOT_FOUND;
	}
	/* Each of its variables is looked for among the words and in the log. */
	if (r == 0 && grub_charge(g, 1024 + len))
		r = grub_envblk_parse(data, len, ret);
	grub_charge(g, ret->n * n_words);
	grub_charge(g, ret->n * g->n_writes);
	if (r < 0) {
		grub_complain(g, KA_WARNING, KA_ID_GRUBENV_INVALID,
			      "'%s' is no valid environment block: GRUB does not read it",
			      *ret_file);
		return GRUB_BAD_FILE_TYPE;
	}
	return GRUB_OK;
}

/* A command's options and the block they name, whose file is *ret_file then. GRUB_OK, or the status. */
static int open_block(struct grub *g, char **argv, size_t argc, struct grub_options *o,
		      char **ret_file, struct grub_envblk *ret)
{
	_cleanup_free_ char *path = NULL;

	if (grub_options_parse(options, false, argv, argc, o) < 0)
		return GRUB_BAD_ARGUMENT;
	path = block_path(g, o);
	return read_block(g, path, o->n_words, ret_file, ret);
}

static bool is_wanted(char **argv, const struct grub_options *o, const char *name)
{
	for (size_t i = 1; i <= o->n_words; i++)
		if (ka_streq(argv[i], name))
			return true;
	return o->n_words == 0;
}

int grub_load_env(struct grub *g, char **argv, size_t argc)
{
	_cleanup_(grub_envblk_done) struct grub_envblk block = { 0 };
	_cleanup_free_ char *file = NULL;
	struct grub_options o;
	int status = open_block(g, argv, argc, &o, &file, &block);

	if (status != GRUB_OK)
		return status;
	for (size_t i = 0; i < block.n; i++) {
		const char *value = block.values[i];

		if (is_wanted(argv, &o, block.names[i]) &&
		    (!written(g, file, block.names[i], &value) || value))
			grub_set(g, block.names[i], value);
	}

	/* Variables an earlier save_env put there. */
	for (size_t i = 0; i < g->n_writes; i++) {
		const char *value;

		if (ka_streq(g->writes[i].file, file) && is_wanted(argv, &o, g->writes[i].name) &&
		    written(g, file, g->writes[i].name, &value) && value)
			grub_set(g, g->writes[i].name, value);
	}
	return GRUB_OK;
}

void grub_drop_writes(struct grub *g, size_t n)
{
	while (g->n_writes > n) {
		struct grub_write *w = &g->writes[--g->n_writes];

		free(w->file);
		free(w->name);
		free(w->value);
	}
}

static void log_write(struct grub *g, const char *file, const char *name, const char *value)
{
	if (g->n_writes >= WRITES_LIMIT) {
		grub_give_up(g, "more than 1024 variables written to environment blocks");
		return;
	}
	g->writes = ka_reallocarray(g->writes, g->n_writes + 1, sizeof(*g->writes));
	g->writes[g->n_writes++] = (struct grub_write){
		.file = ka_strdup(file),
		.name = ka_strdup(name),
		.value = ka_strdup_or_null(value),
	};
}

/*
 * GRUB writes into the sectors of a file, which its driver for btrfs does not tell ("sparse file not
 * allowed"): there it writes nothing, and what is in a block there stays. Into sectors that are named it
 * writes from 2.14 on, and SUSE's before.
 */
static bool is_writable(struct grub *g, const char *file)
{
	_cleanup_free_ char *node = NULL;
	struct ka_blocks blocks;

	if (ka_blocks_parse(file, &node, &blocks))
		return g->dialect->has_subvolumes || g->dialect->bls == GRUB_BLS_UPSTREAM;
	return !ka_host_is_btrfs(g->host, file);
}

/* Each variable that is set is written, each that is not is deleted. */
int grub_save_env(struct grub *g, char **argv, size_t argc)
{
	_cleanup_(grub_envblk_done) struct grub_envblk block = { 0 };
	_cleanup_free_ char *path = NULL, *file = NULL;
	struct grub_options o;
	int status;

	if (grub_options_parse(options, false, argv, argc, &o) < 0)
		return GRUB_BAD_ARGUMENT;
	if (o.n_words == 0)
		return GRUB_BAD_ARGUMENT;
	path = block_path(g, &o);
	status = read_block(g, path, 0, &file, &block);
	if (status == GRUB_OK && !is_writable(g, file))
		return GRUB_BAD_FILE_TYPE;
	for (size_t i = 1; status == GRUB_OK && i <= o.n_words && !g->error; i++)
		log_write(g, file, argv[i], grub_get(g, argv[i]));
	return status;
}

int grub_list_env(struct grub *g, char **argv, size_t argc)
{
	_cleanup_(grub_envblk_done) struct grub_envblk block = { 0 };
	_cleanup_free_ char *file = NULL;
	struct grub_options o;

	return open_block(g, argv, argc, &o, &file, &block);
}
