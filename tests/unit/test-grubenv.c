// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB environment blocks: every edit gives the bytes grub-editenv(1) gives. */

#include "unit.h"

#include "restart/commit.h"

#include <kexec-any/text.h>

#include <errno.h>

static bool has_editenv(void)
{
	return system("command -v grub-editenv >/dev/null 2>&1") == 0;
}

static void run(const char *format, const char *argument)
{
	char command[2048];

	snprintf(command, sizeof(command), format, unit_path("grubenv"), argument);
	assert_int_equal(system(command), 0);
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, size, f);
	fclose(f);
	return n;
}

/* A walk of edits, each done by both on what the one before it left. */
static void test_against_editenv(void **state)
{
	static const struct {
		const char *name, *value;
	} edits[] = {
		{ "saved_entry", "0" },
		{ "next_entry", "gnulinux-advanced>gnulinux-6.1" },
		{ "next_entry", "" },
		{ "saved_entry", "a much longer value than before, with 'quotes' and \\backslash" },
		{ "saved_entry", "b" },
		{ "missing", NULL },
		{ "x", "line\nbreak" },
		{ "saved", "prefix of another name" },
		{ "saved_entry", NULL },
		{ "x", NULL },
		{ "last", "#" },
		{ "next_entry", "x" },
	};
	char ours[4096], theirs[4096];

	(void)state;
	if (!has_editenv())
		skip();
	run("grub-editenv '%s' create", "");
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		size_t n = slurp(unit_path("grubenv"), ours, sizeof(ours));
		_cleanup_free_ char *pair =
			ka_format("%s=%s", edits[i].name, edits[i].value ? edits[i].value : "");
		char quoted[1024] = "", *out = quoted;

		/* For the shell: ' becomes '\''. */
		for (const char *p = edits[i].value ? pair : edits[i].name; *p; p++)
			out += sprintf(out, *p == '\'' ? "'\\''" : "%c", *p);
		run(edits[i].value ? "grub-editenv '%s' set '%s'" : "grub-editenv '%s' unset '%s'",
		    quoted);
		assert_int_equal(ka_grubenv_edit(ours, n, edits[i].name, edits[i].value), 0);
		assert_int_equal(slurp(unit_path("grubenv"), theirs, sizeof(theirs)), n);
		if (memcmp(ours, theirs, n) != 0)
			print_message("# edit %zu: %s\n", i, pair);
		assert_memory_equal(ours, theirs, n);
	}
}

static void test_limits(void **state)
{
	char block[64], before[64];

	(void)state;
	memset(block, '#', sizeof(block));
	memcpy(block, "# GRUB Environment Block\n", 25);
	assert_int_equal(ka_grubenv_edit(block, sizeof(block), "a", "12345"), 0);
	memcpy(before, block, sizeof(block));
	/* 25 + 8 are used; 31 are left, and the line takes 32. */
	assert_int_equal(ka_grubenv_edit(block, sizeof(block), "b",
					 "12345678901234567890123456789"),
			 -ENOSPC);
	assert_int_equal(ka_grubenv_edit(block, sizeof(block), "a",
					 "1234567890123456789012345678901234567890"),
			 -ENOSPC);
	assert_memory_equal(block, before, sizeof(block));
	assert_int_equal(ka_grubenv_edit(block, sizeof(block), "b", "1234567890123456789012345678"),
			 0);
	assert_int_equal(block[63], '\n');
	block[0] = 'x';
	assert_int_equal(ka_grubenv_edit(block, sizeof(block), "a", "b"), -EBADMSG);
	assert_int_equal(ka_grubenv_edit(block, 25, "a", "b"), -EBADMSG);
}

/* Applied to a file and put back, to the byte. */
static void test_commit(void **state)
{
	struct ka_commit commit = KA_COMMIT_INIT;
	struct ka_writes writes = { .n = 0 };
	struct ka_error err = KA_ERROR_INIT;
	char block[1024], after[1024];

	(void)state;
	memset(block, '#', sizeof(block));
	memcpy(block, "# GRUB Environment Block\nnext_entry=1>2\n", 40);
	unit_write("grubenv", block, sizeof(block));
	ka_writes_add(&writes, KA_WRITE_GRUBENV, unit_path("grubenv"), "next_entry", "");
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), 0);
	assert_int_equal(slurp(unit_path("grubenv"), after, sizeof(after)), sizeof(after));
	assert_memory_equal(after, "# GRUB Environment Block\nnext_entry=\n####", 41);
	assert_int_equal(ka_commit_revert(&commit, &err), 0);
	slurp(unit_path("grubenv"), after, sizeof(after));
	assert_memory_equal(after, block, sizeof(block));

	/* The second write fails: the first is taken back. */
	ka_writes_add(&writes, KA_WRITE_GRUBENV, unit_path("nowhere"), "x", "y");
	assert_int_equal(ka_commit_apply(&commit, &writes, &err), -ENOENT);
	assert_non_null(strstr(err.text, "nowhere"));
	slurp(unit_path("grubenv"), after, sizeof(after));
	assert_memory_equal(after, block, sizeof(block));
	ka_commit_done(&commit);
	ka_writes_done(&writes);
	ka_error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_against_editenv),
		unit_case(test_limits),
		unit_case(test_commit),
	};

	return cmocka_run_group_tests_name("grubenv", tests, NULL, NULL);
}
