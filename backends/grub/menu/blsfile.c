// SPDX-License-Identifier: GPL-2.0-or-later
/* One Boot Loader Specification file as GRUB parses it, and the variables in its values. */

#include "menu/bls.h"
#include "state/env.h"
#include "state/trouble.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define KEYS_LIMIT 10000

void grub_bls_entry_free(struct grub_bls_entry *entry)
{
	if (!entry)
		return;
	free(entry->id);
	free(entry->file);
	for (size_t i = 0; i < entry->n; i++) {
		free(entry->keys[i]);
		free(entry->values[i]);
	}
	free(entry->keys);
	free(entry->values);
	free(entry);
}

static void add_key(struct grub_bls_entry *e, const char *key, size_t len, const char *value)
{
	size_t n = e->n;

	if (n >= KEYS_LIMIT)
		return;
	if ((n & (n - 1)) == 0) {
		size_t size = n ? n * 2 : 1;

		e->keys = ka_reallocarray(e->keys, size, sizeof(*e->keys));
		e->values = ka_reallocarray(e->values, size, sizeof(*e->values));
	}
	e->keys[n] = ka_strndup(key, len);
	e->values[n] = ka_strdup(value);
	e->n++;
}

/* One line. False: the file ends here, as far as GRUB is concerned. */
static bool parse_line(char *line, bool redhat, struct grub_bls_entry *e)
{
	char *key = line, *value;
	size_t n;

	while (*key == ' ' || *key == '\t')
		key++;
	if (*key == '#')
		return true;
	if (redhat)
		n = strcspn(key, strchr(key, ' ') ? " " : "\t");
	else
		n = strcspn(key, " \t");
	if (n == 0 || !key[n])
		return false;
	value = key + n + 1;
	if (redhat && !*value)
		return false; /* exactly one blank and nothing behind it */
	while (*value == ' ' || *value == '\t')
		value++;
	if (!redhat && !*value)
		return false;
	add_key(e, key, n, value);
	return true;
}

void grub_bls_parse(const char *text, bool redhat, struct grub_bls_entry *ret)
{
	_cleanup_free_ char *copy = ka_strdup(text);
	char *cursor = copy, *line;
	bool more = true;

	while (more && *cursor) {
		line = cursor;
		cursor = strchrnul(cursor, '\n');
		if (*cursor)
			*cursor++ = '\0';
		more = parse_line(line, redhat, ret);
	}
}

const char *grub_bls_value(const struct grub_bls_entry *e, const char *key)
{
	for (size_t i = 0; i < e->n; i++)
		if (ka_streq(e->keys[i], key))
			return e->values[i];
	return NULL;
}

/* One piece: text, or a variable's name, first to last byte. */
static void append_piece(struct grub *g, struct ka_buf *out, bool is_name, const char *first,
			 const char *last)
{
	_cleanup_free_ char *piece = ka_strndup(first, (size_t)(last - first) + 1);
	const char *text = is_name ? grub_get(g, piece) : piece;

	if (!text || !grub_charge(g, strlen(text)))
		return;
	ka_buf_adds(out, text);
	if (is_name)
		ka_buf_adds(out, " ");
}

char *grub_bls_expand(struct grub *g, const char *value)
{
	_cleanup_(ka_buf_done) struct ka_buf out = { 0 };
	const char *first, *last;
	/* Red Hat's newer ones leave "\\$" for later. */
	const bool guarded = g->dialect->bls == GRUB_BLS_REDHAT;
	bool is_name = false, began;

	if (!value)
		return NULL;
	first = last = value;
	for (const char *p = value; *p && !g->error; last = p++) {
		if (*p == '$' && !(guarded && p > value && p[-1] == '\\')) {
			/* A piece of one byte has first == last, and gets lost. */
			began = first != last;
			if (began)
				append_piece(g, &out, is_name, first, last);
			if (began && !out.text)
				return NULL; /* the whole value counts as missing */
			is_name = true;
			first = p + 1;
		} else if (is_name && !ka_is_alnum(*p) && *p != '_') {
			append_piece(g, &out, true, first, last);
			is_name = false;
			first = p + (*p == ' ');
		}
	}
	if (first != last)
		append_piece(g, &out, is_name, first, last);
	return out.text ? ka_buf_take(&out) : NULL;
}
