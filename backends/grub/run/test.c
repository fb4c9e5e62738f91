// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "[" and "test" (commands/test.c): read from left to right with a little state, no grammar. Where
 * an operand is missing an operator is a plain word, and a word that is not empty is true; so
 * [ $unset = x ] is true. Configurations quote because of that, and we must not be cleverer.
 */

#include "run/test.h"
#include "lang/number.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memdisk.h>
#include <kexec-any/text.h>

#define PAREN_LIMIT 100

struct test {
	struct grub *g;
	char **argv;
	size_t argc, at;
	unsigned int parens;
};

/* and/or/not, as far as it has come. */
struct verdict {
	bool either, all, inverted;
};

static void update(struct verdict *v, bool value)
{
	v->all = v->all && (v->inverted ? !value : value);
	v->inverted = false;
}

static bool is_unknown(const char *s)
{
	return strchr(s, GRUB_UNKNOWN_START) != NULL;
}

/* What is no number is 0, and what is too large for an int loses its upper bits (grub_strtosl()). */
static int32_t number(const char *s)
{
	const char *end;

	return (int32_t)(*s == '-' ? 0 - grub_number(s + 1, &end) : grub_number(s, &end));
}

/* Numbers behind what both words begin with: vmlinuz-2 -plt vmlinuz-11. */
static bool prefix_compare(const char *a, const char *b, bool greater)
{
	size_t i = 0;
	const char *end;
	uint64_t x, y;

	while (a[i] && a[i] == b[i])
		i++;
	if (i > 0)
		i--;
	while (i > 0 && ka_is_digit(a[i]))
		i--;
	if (!ka_is_digit(a[i]) && a[i] && a[i] == b[i])
		i++;
	x = grub_number(a + i, &end);
	y = grub_number(b + i, &end);
	return greater ? x > y : x < y;
}

static int look_on_memdisk(struct grub *g, const char *path, struct stat *ret)
{
	enum ka_memdisk_type type = ka_memdisk_look(g->memdisk, path);

	/* GRUB asks for no more of it than whether it is empty. */
	*ret = (struct stat){
		.st_mode = type == KA_MEMDISK_FOLDER ? S_IFDIR : S_IFREG,
		.st_size = 1,
	};
	return type != KA_MEMDISK_NOTHING;
}

/* What is at a path of the script. 1 there, 0 not; negative: cannot be known. */
static int look(struct grub *g, const char *path, struct stat *ret)
{
	_cleanup_free_ char *host_path = NULL, *whole = NULL;
	const char *rest = strchr(path, ')');
	int r;

	/* The path is what stands behind the first ')', wherever that is. */
	rest = rest ? rest + 1 : path;
	if (*path != '(')
		path = rest;
	/* "" and "(device)" are the device's root folder. */
	if (!*rest) {
		whole = ka_format("%s/", path);
		path = whole;
	}
	grub_charge(g, 128);
	r = grub_on_memdisk(g, path, &rest);
	if (r > 0)
		return look_on_memdisk(g, rest, ret);
	r = grub_locate(g, path, &host_path);
	if (r <= 0)
		return r;
	return ka_host_stat(g->host, host_path, ret);
}

static bool cannot_see(struct test *t)
{
	return grub_decide(t->g, "a test of a file on a volume that cannot be seen from here");
}

static bool test_file(struct test *t, char op, const char *path)
{
	struct stat st;
	int r = look(t->g, path, &st);

	if (r < 0)
		return cannot_see(t);
	if (r == 0)
		return false;
	switch (op) {
	case 'd':
		return S_ISDIR(st.st_mode);
	case 'f':
		return !S_ISDIR(st.st_mode);
	case 's':
		return S_ISREG(st.st_mode) && st.st_size > 0;
	default:
		return true;
	}
}

static bool test_newer(struct test *t, const char *a, const char *op, const char *b)
{
	bool newer = op[1] == 'n';
	struct stat x, y;
	int rx = look(t->g, a, &x), ry = look(t->g, b, &y);
	int64_t bias = op[3] ? number(op + 3) : 0;

	if (rx < 0 || ry < 0)
		return cannot_see(t);
	if (rx == 0 || ry == 0)
		return newer ? rx > ry : rx < ry;
	return newer ? x.st_mtime + bias > y.st_mtime : x.st_mtime + bias < y.st_mtime;
}

static const char *const binary[] = { "=",   "==",  "!=",  "<",	  "<=",	 ">",	 ">=",	"-eq",
				      "-ge", "-gt", "-le", "-lt", "-ne", "-pgt", "-plt" };

static bool is_binary(const char *op)
{
	if (ka_startswith(op, "-nt") || ka_startswith(op, "-ot"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(binary); i++)
		if (ka_streq(op, binary[i]))
			return true;
	return false;
}

static bool compare_words(const char *op, int c)
{
	if (ka_streq(op, "=") || ka_streq(op, "=="))
		return c == 0;
	if (ka_streq(op, "!="))
		return c != 0;
	if (ka_streq(op, "<"))
		return c < 0;
	if (ka_streq(op, "<="))
		return c <= 0;
	if (ka_streq(op, ">"))
		return c > 0;
	return c >= 0;
}

static bool compare_numbers(const char *op, int32_t a, int32_t b)
{
	if (ka_streq(op, "-eq"))
		return a == b;
	if (ka_streq(op, "-ge"))
		return a >= b;
	if (ka_streq(op, "-gt"))
		return a > b;
	if (ka_streq(op, "-le"))
		return a <= b;
	if (ka_streq(op, "-lt"))
		return a < b;
	return a != b;
}

static bool test_binary(struct test *t, const char *a, const char *op, const char *b)
{
	if (is_unknown(a) || is_unknown(b))
		return grub_decide(t->g, "a test of a value that cannot be known from here");
	if (ka_startswith(op, "-nt") || ka_startswith(op, "-ot"))
		return test_newer(t, a, op, b);
	if (ka_streq(op, "-pgt") || ka_streq(op, "-plt"))
		return prefix_compare(a, b, op[2] == 'g');
	if (*op == '-')
		return compare_numbers(op, number(a), number(b));
	return compare_words(op, strcmp(a, b));
}

static bool is_unary(const char *op)
{
	return *op == '-' && op[1] && strchr("defsnz", op[1]) && !op[2];
}

static bool test_unary(struct test *t, char op, const char *word)
{
	if (is_unknown(word))
		return grub_decide(t->g, "a test of a value that cannot be known from here");
	if (op == 'n')
		return *word != '\0';
	if (op == 'z')
		return *word == '\0';
	return test_file(t, op, word);
}

static bool parse(struct test *t);

/* Words that are not tests themselves. False: it was a plain word. */
static bool modifier(struct test *t, struct verdict *v, const char *word)
{
	if (ka_streq(word, "(") && t->parens < PAREN_LIMIT) {
		t->at++;
		t->parens++;
		update(v, parse(t));
		t->parens--;
		return true;
	}
	if (ka_streq(word, "!"))
		v->inverted = !v->inverted;
	else if (ka_streq(word, "-o")) {
		v->either = v->either || v->all;
		v->all = true;
	} else if (!ka_streq(word, "-a"))
		return false;
	t->at++;
	return true;
}

static bool parse(struct test *t)
{
	struct verdict v = { .all = true };

	while (t->at < t->argc && !t->g->error) {
		char **w = t->argv + t->at;
		size_t left = t->argc - t->at;

		if (left > 2 && is_binary(w[1])) {
			update(&v, test_binary(t, w[0], w[1], w[2]));
			t->at += 3;
		} else if (left > 1 && is_unary(w[0])) {
			update(&v, test_unary(t, w[0][1], w[1]));
			t->at += 2;
		} else if (ka_streq(w[0], ")")) {
			t->at++;
			break;
		} else if (!modifier(t, &v, w[0])) {
			update(&v, is_unknown(w[0])
					   ? grub_decide(t->g, "a test of a value that cannot be "
							       "known from here")
					   : *w[0] != '\0');
			t->at++;
		}
	}
	return v.either || v.all;
}

int grub_test(struct grub *g, char **argv, size_t argc)
{
	struct test t = { .g = g, .argv = argv + 1, .argc = argc - 1 };

	if (t.argc > 0 && ka_streq(t.argv[t.argc - 1], "]"))
		t.argc--;
	return parse(&t) ? GRUB_OK : GRUB_FALSE;
}
