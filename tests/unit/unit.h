/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What every unit test includes: cmocka in the order it needs, and files made on the spot. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own for each test, removed afterwards. */
static char unit_dir[64];

static inline int unit_setup(void **state)
{
	(void)state;
	snprintf(unit_dir, sizeof(unit_dir), "%s", "/tmp/kexec-any-unit-XXXXXX");
	return mkdtemp(unit_dir) ? 0 : -1;
}

static inline int unit_teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", unit_dir);
	return system(command) == 0 ? 0 : -1;
}

static inline const char *unit_path(const char *path)
{
	static char full[8][512];
	static unsigned int next;
	char *p = full[next++ % 8];

	snprintf(p, sizeof(full[0]), "%s/%s", unit_dir, path);
	return p;
}

/* Write a file, making the folders above it. */
static inline void unit_write(const char *path, const void *data, size_t len)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", unit_dir, path);
	for (char *p = full + strlen(unit_dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static inline void unit_puts(const char *path, const char *text)
{
	unit_write(path, text, strlen(text));
}

static inline void unit_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, unit_path(path)), 0);
}

/* Does valgrind run the tests? It keeps limits and system calls from them; the run without it has them all. */
static inline int unit_is_wrapped(void)
{
	const char *wrap = getenv("WRAP");

	return wrap && *wrap;
}

#define unit_case(f) cmocka_unit_test_setup_teardown(f, unit_setup, unit_teardown)
