// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of "key value" as systemd-boot reads them (line_get_key_value()), with what its versions did wrong. */

#include "bls.h"

#include <kexec-any/text.h>

static void unquote(const struct bls_dialect *dialect, char *end, char **value)
{
	char quote = **value;

	if ((quote == '"' || (quote == '\'' && bls_has(dialect, BLS_SINGLE_QUOTES))) &&
	    end[-1] == quote) {
		++*value;
		end[-1] = '\0';
	}
}

/* The key, cut off, and where its value begins; NULL: there is no separator. */
static char *split(char *key, const char *separators)
{
	char *value = key + strcspn(key, separators);

	if (!*value)
		return NULL;
	*value++ = '\0';
	return value + strspn(value, separators);
}

/*
 * Old versions run over the end of a line of blanks: the next one is not cut, so that its first word is the
 * key and all the rest of the file the value. It is the last: the key's end ends the text.
 */
static bool swallow_rest(char **cursor, const char *separators, char **ret_key, char **ret_value)
{
	char *key = *cursor + strspn(*cursor, " \t"), *value;

	if (*key == '#')
		return false;
	value = split(key, separators);
	if (!value)
		return false;
	*cursor = key + strlen(key);
	*ret_key = key;
	*ret_value = value;
	return true;
}

bool bls_next_key_value(const struct bls_dialect *dialect, char **cursor, const char *separators,
			char **ret_key, char **ret_value)
{
	while (**cursor) {
		char *line = *cursor, *end = line + strcspn(line, "\n\r"), *value;
		bool was_empty = end == line;

		*cursor = *end ? end + 1 : end;
		*end = '\0';
		line += strspn(line, " \t");
		if (!*line && !was_empty && bls_has(dialect, BLS_BLANKS_SWALLOW) &&
		    swallow_rest(cursor, separators, ret_key, ret_value))
			return true;
		while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
			*--end = '\0';
		if (*line == '#')
			continue;
		value = split(line, separators);
		if (!value)
			continue;
		/* A value of nothing is taken for a quoted one: its end is passed over. */
		if (!*value && bls_has(dialect, BLS_EMPTY_SWALLOWS))
			value = *cursor;
		else
			unquote(dialect, end, &value);
		*ret_key = line;
		*ret_value = value;
		return true;
	}
	return false;
}
