/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

#include <stdarg.h>

/* Strings: a growing buffer, lists, lines, and the words of a kernel command line. */

/*
 * Characters by ASCII alone, whatever the caller's locale: <ctype.h>, strcasecmp(3) and their like would
 * let it decide what boots.
 */
static inline bool ka_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool ka_is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ka_is_alnum(int c)
{
	return ka_is_digit(c) || ka_is_alpha(c);
}

static inline bool ka_is_xdigit(int c)
{
	return ka_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Blank, and \t \n \v \f \r. */
static inline bool ka_is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool ka_is_print(int c)
{
	return c >= ' ' && c <= '~';
}

static inline char ka_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static inline char ka_upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* As strcasecmp(3) and strncasecmp(3). */
int ka_casecmp(const char *a, const char *b);
int ka_ncasecmp(const char *a, const char *b, size_t n);

/* Does s end so, whatever the case of ASCII letters? */
bool ka_endswith_nocase(const char *s, const char *suffix);

/* A growing, always NUL-terminated string. All zero is a valid empty one. */
struct ka_buf {
	char *text; /* owned; NULL while nothing was added */
	size_t len; /* without the NUL */
	size_t size;
};

void ka_buf_done(struct ka_buf *buf);
void ka_buf_add(struct ka_buf *buf, const char *text, size_t len);
void ka_buf_adds(struct ka_buf *buf, const char *text);
void ka_buf_addf(struct ka_buf *buf, const char *fmt, ...) _printf_(2, 3);
/* The text, owned by the caller from here on (an empty string if nothing was added). */
char *ka_buf_take(struct ka_buf *buf);

/* asprintf() and vasprintf() that return the text. */
char *ka_format(const char *fmt, ...) _must_check_ _printf_(1, 2);
char *ka_vformat(const char *fmt, va_list ap) _must_check_ _printf_(1, 0);
/* Bytes as hexadecimal digits. */
char *ka_hex(const uint8_t *bytes, size_t n) _must_check_;

/* NULL-terminated lists of owned strings. NULL is the empty list. */
void ka_strv_free(char **list);
void ka_strv_freep(char ***list);
#define _cleanup_strv_ _cleanup_(ka_strv_freep)
size_t ka_strv_length(char *const *list);
void ka_strv_add(char ***list, const char *text); /* copies */
void ka_strv_add_take(char ***list, char *text);  /* owns text */
/* A copy of the first n strings, NULL for none; in linear time, unlike adding them one by one. */
char **ka_strv_copy(char *const *list, size_t n) _must_check_;
bool ka_strv_contains(char *const *list, const char *text);

/* Cut white space off both ends, in place; returns the first character that stays. */
char *ka_strip(char *text);

/* Take the next line off *cursor (which is modified: the newline and a CR before it become NUL).
 * NULL at the end. */
char *ka_next_line(char **cursor);

/*
 * The next "KEY VALUE" of a text, by the rules of systemd-boot (line_get_key_value() in
 * src/boot/efi-string.c): lines end at LF or CR, blanks at both ends and '#' lines are nothing, a line
 * without a separator is passed over, one pair of quotes around the value is taken off. The text at
 * *cursor is modified. False at its end.
 */
bool ka_next_key_value(char **cursor, const char *separators, char **ret_key, char **ret_value);

/* Two runs of decimal digits by value, of any length. Below 0, 0 or above, as strcmp(3). */
int ka_compare_digits(const char *a, size_t n, const char *b, size_t m);

/* A decimal number, the whole text, at most max. 0, -EINVAL or -ERANGE. */
int ka_parse_u64(const char *text, uint64_t max, uint64_t *ret) _must_check_;

/*
 * The words of a kernel command line, as the kernel's own splitter sees them: separated by white
 * space, except inside double quotes.
 */
struct ka_word {
	const char *text; /* borrowed, not terminated */
	size_t len;
};

/* The word at or behind *cursor; moves the cursor behind it. False at the end. */
bool ka_cmdline_next(const char **cursor, struct ka_word *ret);

bool ka_word_is(const struct ka_word *word, const char *text);

/* Is this word KEY=something? Then the value (quotes kept), else NULL. */
const char *ka_word_value(const struct ka_word *word, const char *key, size_t *ret_len);

/* The value of the last KEY=… (the one the kernel uses), without its quotes. 1 found; 0 not, and *ret is
 * left as it is. */
int ka_cmdline_get(const char *cmdline, const char *key, char **ret);

/* A copy without every KEY=… of keys (NULL-terminated); all other bytes stay as they are. */
char *ka_cmdline_without(const char *cmdline, const char *const *keys) _must_check_;

/*
 * The running command line without what a loader or the firmware stub added to it: BOOT_IMAGE=
 * (GRUB), initrd= (EFI stub), systemd.machine_id= (systemd-boot).
 */
char *ka_cmdline_reusable(const char *running) _must_check_;
