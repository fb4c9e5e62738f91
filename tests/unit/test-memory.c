// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that runs out ends the program, after what must be taken back. */

#include "unit.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <sys/wait.h>

#define MESSAGE "kexec-any: out of memory\n"

/* Sanitizers end the program themselves, unless they are told that it can. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void take_back(void)
{
	static const char text[] = "taken back\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(99);
}

static void take_back_in_vain(void)
{
	take_back();
	ka_out_of_memory();
}

/* The product of both is more than there are bytes; malloc() itself is not asked. */
static void overflow(void)
{
	volatile size_t n = SIZE_MAX;
	void *p = ka_reallocarray(NULL, n, 16);

	free(p);
}

static void overflow_buf(void)
{
	struct ka_buf buf = { 0 };

	ka_buf_add(&buf, "", SIZE_MAX);
}

/* What a child that runs out of memory says; it must end with 1. */
static void check_end(void (*take)(void), void (*f)(void), const char *expected)
{
	char text[256] = "";
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		ka_on_out_of_memory(take);
		f();
		_exit(98);
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_true(n >= 0);
	assert_string_equal(text, expected);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_end(void **state)
{
	(void)state;
	check_end(NULL, ka_out_of_memory, MESSAGE);
	check_end(NULL, overflow, MESSAGE);
	check_end(NULL, overflow_buf, MESSAGE);
}

static void test_take_back(void **state)
{
	(void)state;
	check_end(take_back, ka_out_of_memory, "taken back\n" MESSAGE);
	check_end(take_back_in_vain, ka_out_of_memory, "taken back\n" MESSAGE);
}

static void test_nothing(void **state)
{
	void *p = ka_malloc(0), *q = ka_calloc(0, 8), *m = ka_memdup(NULL, 0);
	char *text = ka_strndup("abc", 2), *none = ka_strdup_or_null(NULL);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	assert_non_null(m);
	p = ka_reallocarray(p, 0, 8);
	assert_non_null(p);
	assert_string_equal(text, "ab");
	assert_null(none);
	free(p);
	free(q);
	free(m);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
