// SPDX-License-Identifier: GPL-2.0-or-later
/* Strings: buffers, lists, lines, and the words of a kernel command line. */

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

void ka_buf_done(struct ka_buf *buf)
{
	free(buf->text);
	*buf = (struct ka_buf){ 0 };
}

void ka_buf_add(struct ka_buf *buf, const char *text, size_t len)
{
	if (len >= SIZE_MAX / 2 - buf->len)
		ka_out_of_memory();

	if (buf->len + len + 1 > buf->size) {
		buf->size = (buf->len + len + 1) * 2;
		buf->text = ka_reallocarray(buf->text, buf->size, 1);
	}
	if (len > 0)
		memcpy(buf->text + buf->len, text, len);
	buf->len += len;
	buf->text[buf->len] = '\0';
}

void ka_buf_adds(struct ka_buf *buf, const char *text)
{
	ka_buf_add(buf, text, strlen(text));
}

void ka_buf_addf(struct ka_buf *buf, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ka_vformat(fmt, ap);
	va_end(ap);
	ka_buf_adds(buf, text);
}

char *ka_buf_take(struct ka_buf *buf)
{
	char *text;

	if (!buf->text)
		return ka_strdup("");
	text = TAKE_PTR(buf->text);
	ka_buf_done(buf);
	return text;
}

char *ka_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = ka_vformat(fmt, ap);
	va_end(ap);
	return text;
}

char *ka_vformat(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		ka_out_of_memory();
	return text;
}

char *ka_hex(const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *text = ka_malloc(2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * n] = '\0';
	return text;
}

int ka_ncasecmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; a++, b++, n--) {
		int c = (unsigned char)ka_lower(*a) - (unsigned char)ka_lower(*b);

		if (c != 0 || !*a)
			return c;
	}
	return 0;
}

int ka_casecmp(const char *a, const char *b)
{
	return ka_ncasecmp(a, b, SIZE_MAX);
}

bool ka_endswith_nocase(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && ka_casecmp(s + n - m, suffix) == 0;
}

void ka_strv_free(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

void ka_strv_freep(char ***list)
{
	ka_strv_free(*list);
}

size_t ka_strv_length(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

void ka_strv_add_take(char ***list, char *text)
{
	size_t n = ka_strv_length(*list);
	char **p = ka_reallocarray(*list, n + 2, sizeof(*p));

	p[n] = text;
	p[n + 1] = NULL;
	*list = p;
}

void ka_strv_add(char ***list, const char *text)
{
	ka_strv_add_take(list, ka_strdup(text));
}

char **ka_strv_copy(char *const *list, size_t n)
{
	char **copy = n > 0 ? ka_calloc(n + 1, sizeof(*copy)) : NULL;

	for (size_t i = 0; i < n; i++)
		copy[i] = ka_strdup(list[i]);
	return copy;
}

bool ka_strv_contains(char *const *list, const char *text)
{
	for (; list && *list; list++)
		if (ka_streq(*list, text))
			return true;
	return false;
}

char *ka_strip(char *text)
{
	size_t n;

	/* Terminated by ka_buf_add(), which the analyzer loses sight of. NOLINTNEXTLINE */
	while (ka_is_space(*text))
		text++;
	n = strlen(text);
	while (n > 0 && ka_is_space(text[n - 1]))
		text[--n] = '\0';
	return text;
}

char *ka_next_line(char **cursor)
{
	char *line = *cursor, *end;

	if (!line || !*line)
		return NULL;

	end = strchr(line, '\n');
	if (end) {
		*cursor = end + 1;
		if (end > line && end[-1] == '\r')
			end--;
		*end = '\0';
	} else {
		*cursor = line + strlen(line);
	}
	return line;
}

bool ka_next_key_value(char **cursor, const char *separators, char **ret_key, char **ret_value)
{
	while (**cursor) {
		char *line = *cursor, *end = line + strcspn(line, "\n\r"), *value;

		*cursor = *end ? end + 1 : end;
		*end = '\0';
		line += strspn(line, " \t");
		while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
			*--end = '\0';
		value = line + strcspn(line, separators);
		if (*line == '#' || !*value)
			continue;
		*value++ = '\0';
		value += strspn(value, separators);
		if ((*value == '"' || *value == '\'') && end[-1] == *value) {
			value++;
			end[-1] = '\0';
		}
		*ret_key = line;
		*ret_value = value;
		return true;
	}
	return false;
}

static void skip_zeros(const char **digits, size_t *n)
{
	for (; *n > 0 && **digits == '0'; --*n)
		++*digits;
}

int ka_compare_digits(const char *a, size_t n, const char *b, size_t m)
{
	skip_zeros(&a, &n);
	skip_zeros(&b, &m);
	if (n != m)
		return n < m ? -1 : 1;
	return memcmp(a, b, n);
}

int ka_parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		uint64_t digit;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		digit = (uint64_t)(*text - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

/* The kernel's own also takes 0xa0 (lib/ctype.c, Latin-1). */
bool ka_cmdline_next(const char **cursor, struct ka_word *ret)
{
	const char *p = *cursor;
	bool quoted = false;

	while (ka_is_space(*p))
		p++;
	if (!*p) {
		*cursor = p;
		return false;
	}

	ret->text = p;
	for (; *p && (quoted || !ka_is_space(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	ret->len = (size_t)(p - ret->text);
	*cursor = p;
	return true;
}

bool ka_word_is(const struct ka_word *word, const char *text)
{
	return word->len == strlen(text) && strncmp(word->text, text, word->len) == 0;
}

const char *ka_word_value(const struct ka_word *word, const char *key, size_t *ret_len)
{
	const char *text = word->text;
	size_t len = word->len, n = strlen(key);

	/* "key=va lue", quoted as a whole: the kernel drops the first quote (next_arg()). */
	if (len > 0 && *text == '"') {
		text++;
		len--;
	}
	if (len <= n || strncmp(text, key, n) != 0 || text[n] != '=')
		return NULL;
	*ret_len = len - n - 1;
	return text + n + 1;
}

int ka_cmdline_get(const char *cmdline, const char *key, char **ret)
{
	const char *value = NULL, *v;
	size_t len = 0, n;
	struct ka_word word;

	while (ka_cmdline_next(&cmdline, &word)) {
		v = ka_word_value(&word, key, &n);
		if (v) {
			value = v;
			len = n;
		}
	}
	if (!value)
		return 0;

	if (len > 0 && *value == '"') {
		value++;
		len--;
	}
	if (len > 0 && value[len - 1] == '"')
		len--;
	*ret = ka_strndup(value, len);
	return 1;
}

static bool has_any_key(const struct ka_word *word, const char *const *keys)
{
	size_t len;

	for (; *keys; keys++)
		if (ka_word_value(word, *keys, &len))
			return true;
	return false;
}

char *ka_cmdline_without(const char *cmdline, const char *const *keys)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	const char *cursor = cmdline, *from = cmdline;
	struct ka_word word;

	while (ka_cmdline_next(&cursor, &word)) {
		const char *end = word.text + word.len;

		if (!has_any_key(&word, keys))
			continue;
		/* The blank behind the word goes with it; behind the last word, the one before. */
		if (ka_is_space(*end))
			end++;
		else if (word.text > from && ka_is_space(word.text[-1]))
			word.text--;
		ka_buf_add(&buf, from, (size_t)(word.text - from));
		from = cursor = end;
	}
	ka_buf_adds(&buf, from);
	return ka_buf_take(&buf);
}

char *ka_cmdline_reusable(const char *running)
{
	static const char *const added[] = { "BOOT_IMAGE", "initrd", "systemd.machine_id", NULL };
	_cleanup_free_ char *text = ka_cmdline_without(running, added);

	return ka_strdup(ka_strip(text));
}
