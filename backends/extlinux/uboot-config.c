// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * extlinux.conf as U-Boot reads it: not by lines but by tokens, so that a value that is missing takes the next line
 * with it, and anything a label does not know ends it (get_token() and what follows in boot/pxe_utils.c).
 */

#include "uboot.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* bootmeth_extlinux takes no larger file. */
#define FILE_LIMIT (64u << 10)

enum token {
	T_END,
	T_EOL,
	T_STRING,
	T_MENU,
	T_TITLE,
	T_TIMEOUT,
	T_DEFAULT,
	T_PROMPT,
	T_LABEL,
	T_KERNEL,
	T_LOCALBOOT,
	T_APPEND,
	T_INITRD,
	T_INCLUDE,
	T_FDT,
	T_FDTDIR,
	T_FDTOVERLAYS,
	T_IPAPPEND,
	T_BACKGROUND,
	T_KASLRSEED,
	T_FALLBACK,
	T_NEW,
};

static const struct {
	const char *word;
	enum token token;
} keywords[] = {
	{ "menu", T_MENU },
	{ "title", T_TITLE },
	{ "timeout", T_TIMEOUT },
	{ "default", T_DEFAULT },
	{ "ontimeout", T_DEFAULT },
	{ "prompt", T_PROMPT },
	{ "label", T_LABEL },
	{ "kernel", T_KERNEL },
	{ "linux", T_KERNEL },
	{ "localboot", T_LOCALBOOT },
	{ "append", T_APPEND },
	{ "initrd", T_INITRD },
	{ "include", T_INCLUDE },
	{ "devicetree", T_FDT },
	{ "fdt", T_FDT },
	{ "devicetreedir", T_FDTDIR },
	{ "fdtdir", T_FDTDIR },
	{ "fdtoverlays", T_FDTOVERLAYS },
	{ "devicetree-overlay", T_FDTOVERLAYS },
	{ "ipappend", T_IPAPPEND },
	{ "background", T_BACKGROUND },
	{ "kaslrseed", T_KASLRSEED },
	{ "fallback", T_FALLBACK },
	/* Of 2025 and later. */
	{ "say", T_NEW },
	{ "fit", T_NEW },
};

struct reader {
	struct ka_host *host; /* NULL: one text alone */
	const struct ext_place *place;
	struct uboot_config *config;
	const char *p;	  /* the next byte */
	const char *text; /* the file, */
	const char *path; /* and its name */
	unsigned int depth;
	size_t bytes;
	int failure; /* a limit of ours */
	struct ka_error *err;
};

static void label_done(struct uboot_label *label)
{
	free(label->name);
	free(label->title);
	free(label->kernel);
	free(label->append);
	free(label->initrd);
	free(label->fdt);
	free(label->fdtdir);
	free(label->path);
}

void uboot_config_done(struct uboot_config *config)
{
	for (size_t i = 0; i < config->n_labels; i++)
		label_done(&config->labels[i]);
	free(config->labels);
	free(config->default_label);
	free(config->failure);
	free(config->unread);
	*config = (struct uboot_config){ .n_labels = 0 };
}

static unsigned int line_of(const struct reader *r)
{
	unsigned int line = 1;

	for (const char *p = r->text; p < r->p; p++)
		line += *p == '\n';
	return line;
}

/* --- tokens */

static void skip_blanks(struct reader *r)
{
	r->p += strspn(r->p, " \t");
	/* A comment begins where a token would. */
	if (*r->p == '#')
		r->p += strcspn(r->p, "\n");
}

static enum token end_of_line(struct reader *r)
{
	if (*r->p == '\n') {
		r->p++;
		return T_EOL;
	}
	return *r->p ? T_STRING : T_END;
}

static enum token next_keyword(struct reader *r)
{
	const char *start;
	enum token token;
	size_t n;

	skip_blanks(r);
	token = end_of_line(r);
	if (token != T_STRING)
		return token;
	start = r->p;
	while (*r->p && !ka_is_space(*r->p))
		r->p++;
	n = (size_t)(r->p - start);
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strlen(keywords[i].word) == n && ka_ncasecmp(keywords[i].word, start, n) == 0)
			return keywords[i].token;
	return T_STRING;
}

/* What stands up to the end of the line, blanks at its end too. */
static bool next_text(struct reader *r, char **ret)
{
	size_t n;

	skip_blanks(r);
	if (end_of_line(r) != T_STRING) {
		if (!r->config->failure)
			r->config->failure =
				ka_format("a value is missing in '%s' before line %u, and U-Boot "
					  "gives all of it up",
					  r->path ? r->path : "the text", line_of(r));
		return false;
	}
	n = strcspn(r->p, "\n");
	if (ret) {
		free(*ret);
		*ret = ka_strndup(r->p, n);
	}
	r->p += n;
	return true;
}

static bool next_number(struct reader *r, long *ret)
{
	_cleanup_free_ char *text = NULL;

	if (!next_text(r, &text))
		return false;
	*ret = strtol(text, NULL, 10);
	return true;
}

static void skip_line(struct reader *r)
{
	r->p += strcspn(r->p, "\n");
}

/* --- labels */

/* "initrd=X " inside of append. U-Boot looks for the blank behind it, and is lost without one. */
static void take_initrd_word(struct uboot_label *label)
{
	const char *value = label->initrd ? NULL : strstr(label->append, "initrd="), *end;

	if (!value)
		return;
	value += strlen("initrd=");
	end = strchr(value, ' ');
	label->is_cut = !end;
	label->initrd = end ? ka_strndup(value, (size_t)(end - value)) : ka_strdup(value);
}

static void read_label_menu(struct reader *r, struct uboot_label *label)
{
	_cleanup_free_ char *failure = NULL;

	switch (next_keyword(r)) {
	case T_DEFAULT:
		if (!r->config->default_label)
			r->config->default_label = ka_strdup(label->name);
		break;
	case T_LABEL:
		/* A name that is missing is no failure here. */
		failure = TAKE_PTR(r->config->failure);
		next_text(r, &label->title);
		free(r->config->failure);
		r->config->failure = TAKE_PTR(failure);
		break;
	default:
		break;
	}
	skip_line(r);
}

static bool read_kernel(struct reader *r, struct uboot_label *label)
{
	char *part;

	if (!next_text(r, &label->kernel))
		return false;
	part = strchr(label->kernel, '#');
	if (part) {
		label->has_fit_part = true;
		*part = '\0';
	}
	return true;
}

/* A line of a label: 1 it was, 0 it ends the label, negative: the file is given up. */
static int read_label_line(struct reader *r, struct uboot_label *label)
{
	enum token token = next_keyword(r);
	bool good = true;
	long number = 0;

	switch (token) {
	case T_MENU:
		read_label_menu(r, label);
		break;
	case T_KERNEL:
		good = read_kernel(r, label);
		break;
	case T_APPEND:
		good = next_text(r, &label->append);
		if (good)
			take_initrd_word(label);
		break;
	case T_INITRD:
		/* A second one is not read: what follows it ends the label. */
		if (!label->initrd)
			good = next_text(r, &label->initrd);
		break;
	case T_FDT:
		if (!label->fdt)
			good = next_text(r, &label->fdt);
		break;
	case T_FDTDIR:
		if (!label->fdtdir)
			good = next_text(r, &label->fdtdir);
		break;
	case T_FDTOVERLAYS:
		good = next_text(r, NULL);
		break;
	case T_LOCALBOOT:
		good = next_number(r, &number);
		label->is_local = true;
		break;
	case T_IPAPPEND:
		good = next_number(r, &number);
		label->adds_address = (number & 3) != 0;
		break;
	case T_KASLRSEED:
	case T_EOL:
		break;
	case T_NEW:
		label->has_new = true;
		return 0;
	default:
		return 0;
	}
	return good ? 1 : -EINVAL;
}

static bool read_label(struct reader *r)
{
	struct uboot_config *config = r->config;
	struct uboot_label label = { .path = ka_strdup_or_null(r->path) };
	const char *before;
	int result;

	label.line = line_of(r);
	if (!next_text(r, &label.name)) {
		label_done(&label);
		return false;
	}
	do {
		before = r->p;
		result = read_label_line(r, &label);
	} while (result > 0);
	if (result == 0)
		r->p = before;
	if (config->n_labels >= EXT_ITEMS_LIMIT) {
		label_done(&label);
		r->failure = ka_fail(r->err, -E2BIG, "'%s' has more than %d labels", r->path,
				     EXT_ITEMS_LIMIT);
		return false;
	}
	config->labels =
		ka_reallocarray(config->labels, config->n_labels + 1, sizeof(*config->labels));
	config->labels[config->n_labels++] = label;
	return result == 0;
}

/* --- the file */

static bool read_top(struct reader *r, const char *text, const char *path);

static bool give_up(struct reader *r, const char *name, const char *why)
{
	if (!r->config->failure)
		r->config->failure =
			ka_format("'%s' %s, and U-Boot gives '%s' up", name, why, r->path);
	return false;
}

static bool include(struct reader *r)
{
	_cleanup_free_ char *name = NULL, *path = NULL, *text = NULL;
	const char *p = r->p, *above_text = r->text, *above_path = r->path;
	bool good;
	int result;

	if (!next_text(r, &name))
		return false;
	p = r->p;
	if (!r->host)
		return true;
	if (++r->depth >= EXT_DEPTH_LIMIT)
		return give_up(r, name, "is included too deeply");
	result = ext_find(r->host, r->place, name, &path);
	if (result == 0)
		return give_up(r, name, "is not there");
	if (result > 0)
		result =
			ka_host_read(r->host, path, EXT_CONFIG_LIMIT - r->bytes, &text, NULL, NULL);
	if (result < 0) {
		if (!r->config->unread)
			r->config->unread =
				ka_format("'%s' cannot be read (%s)", name, strerror(-result));
		return false;
	}
	r->bytes += strlen(text);
	good = read_top(r, text, path);
	r->depth--;
	r->p = p;
	r->text = above_text;
	r->path = above_path;
	return good;
}

static bool read_menu(struct reader *r)
{
	bool good = true;

	/* Any line of a menu makes U-Boot ask. */
	r->config->prompts = true;
	switch (next_keyword(r)) {
	case T_TITLE:
	case T_BACKGROUND:
		good = next_text(r, NULL);
		break;
	case T_INCLUDE:
		good = include(r);
		break;
	default:
		break;
	}
	if (good)
		skip_line(r);
	return good;
}

static bool read_number(struct reader *r, bool *to)
{
	long number = 0;
	bool good = next_number(r, &number);

	*to = number != 0;
	return good;
}

/* 1, 0 at the end, negative: the file is given up. */
static int read_top_line(struct reader *r)
{
	bool good = true;

	switch (next_keyword(r)) {
	case T_END:
		return 0;
	case T_EOL:
		break;
	case T_MENU:
		good = read_menu(r);
		break;
	case T_TIMEOUT:
		good = read_number(r, &r->config->has_timeout);
		break;
	case T_PROMPT:
		good = read_number(r, &r->config->prompts);
		break;
	case T_LABEL:
		good = read_label(r);
		break;
	case T_DEFAULT:
		good = next_text(r, &r->config->default_label);
		break;
	case T_FALLBACK:
		skip_line(r);
		break;
	case T_INCLUDE:
		good = include(r);
		break;
	default:
		skip_line(r);
	}
	return good ? 1 : -EINVAL;
}

static bool read_top(struct reader *r, const char *text, const char *path)
{
	int result;

	r->p = r->text = text;
	r->path = path;
	do
		result = read_top_line(r);
	while (result > 0);
	return result == 0;
}

static int finish(struct reader *r, struct uboot_config *ret)
{
	if (r->failure < 0) {
		uboot_config_done(r->config);
		return r->failure;
	}
	*ret = *r->config;
	return 0;
}

int uboot_config_read(struct ka_host *host, const struct ext_place *place, struct uboot_config *ret,
		      struct ka_error *err)
{
	struct uboot_config config = { .n_labels = 0 };
	struct reader r = { .host = host, .place = place, .config = &config, .err = err };
	_cleanup_free_ char *text = NULL;
	int result = ka_host_read(host, place->path, FILE_LIMIT, &text, NULL, err);

	if (result < 0)
		return result;
	read_top(&r, text, place->path);
	return finish(&r, ret);
}

int uboot_config_parse(const char *text, struct uboot_config *ret, struct ka_error *err)
{
	struct uboot_config config = { .n_labels = 0 };
	struct reader r = { .config = &config, .err = err };

	read_top(&r, text, NULL);
	return finish(&r, ret);
}
