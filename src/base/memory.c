// SPDX-License-Identifier: GPL-2.0-or-later
#include <kexec-any/memory.h>

static void (*to_take_back)(void);

void ka_on_out_of_memory(void (*take_back)(void))
{
	to_take_back = take_back;
}

/* By write(2) and _exit(2) alone: stdio allocates, and an answer half written must not be flushed. */
void ka_out_of_memory(void)
{
	static const char message[] = "kexec-any: out of memory\n";
	void (*take_back)(void) = to_take_back;
	ssize_t n _unused_;

	to_take_back = NULL;
	if (take_back)
		take_back();
	n = write(STDERR_FILENO, message, sizeof(message) - 1);
	_exit(EXIT_FAILURE);
}

static void *not_null(void *p)
{
	if (!p)
		ka_out_of_memory();
	return p;
}

/* Of no bytes at all malloc() may give NULL, which would be no failure. */
static size_t at_least_one(size_t size)
{
	return size > 0 ? size : 1;
}

void *ka_malloc(size_t size)
{
	return not_null(malloc(at_least_one(size)));
}

void *ka_calloc(size_t n, size_t size)
{
	return not_null(calloc(at_least_one(n), at_least_one(size)));
}

void *ka_reallocarray(void *p, size_t n, size_t size)
{
	return not_null(reallocarray(p, at_least_one(n), at_least_one(size)));
}

char *ka_strdup(const char *text)
{
	return not_null(strdup(text));
}

char *ka_strdup_or_null(const char *text)
{
	return text ? ka_strdup(text) : NULL;
}

char *ka_strndup(const char *text, size_t n)
{
	return not_null(strndup(text, n));
}

void *ka_memdup(const void *data, size_t n)
{
	void *copy = ka_malloc(n);

	if (n > 0)
		memcpy(copy, data, n);
	return copy;
}
