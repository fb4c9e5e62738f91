// SPDX-License-Identifier: GPL-2.0-or-later
/* From an entry to open files: limits of what is opened. */

#include "unit.h"

#include "decide/plan.h"

#include <kexec-any/memory.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

static struct ka_host *host;
static struct ka_entry *entry;
static struct ka_plan plan;
static struct ka_findings findings;

static int setup(void **state)
{
	plan = (struct ka_plan)KA_PLAN_INIT;
	entry = ka_entry_new();
	entry->cmdline = ka_strdup("");
	return unit_setup(state) == 0 && ka_host_new(unit_dir, &host, NULL) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	ka_plan_done(&plan);
	ka_findings_done(&findings);
	entry = ka_entry_free(entry);
	host = ka_host_free(host);
	return unit_teardown(state);
}

static void make_plan(void)
{
	const struct ka_overrides overrides = { 0 };

	assert_int_equal(ka_plan_make(host, entry, &overrides, &plan, &findings), 0);
}

static const char *text_of(const char *id)
{
	for (size_t i = 0; i < findings.n; i++)
		if (strcmp(ka_finding_name(findings.items[i].id), id) == 0)
			return findings.items[i].text;
	fail_msg("no finding '%s'", id);
	return "";
}

/* One sparse file of 4 GiB, five hundred times: the kernel takes 4 GiB at most, so nothing is read. */
static void test_too_much_together(void **state)
{
	(void)state;
	unit_puts("initrd", "");
	assert_int_equal(truncate(unit_path("initrd"), 4ll << 30), 0);
	for (size_t i = 0; i < 500; i++)
		ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	make_plan();
	assert_non_null(strstr(text_of("file-too-large"), "500 files have 2147483648000 bytes"));
	for (size_t i = 0; i < plan.n_initrds; i++)
		assert_int_equal(plan.initrds[i].fd, -1);
}

static void test_as_much_as_allowed(void **state)
{
	(void)state;
	unit_puts("initrd", "");
	assert_int_equal(truncate(unit_path("initrd"), 2ll << 30), 0);
	for (size_t i = 0; i < 2; i++)
		ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	make_plan();
	assert_int_equal(findings.n, 0);
	assert_true(plan.initrds[1].fd >= 0);
}

/* Added ones are last, whether the others are the entry's or named; the others' last is the main one. */
static void test_added(void **state)
{
	char *named[] = { (char *)"/named", NULL }, *added[] = { (char *)"/a", (char *)"/b", NULL };
	struct ka_overrides overrides = { .added_initrds = added };

	(void)state;
	unit_puts("microcode", "m");
	unit_puts("initrd", "i");
	unit_puts("named", "n");
	unit_puts("a", "a");
	unit_puts("b", "b");
	ka_pieces_add_file_take(&entry->initrds, ka_strdup("/microcode"));
	ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	assert_int_equal(ka_plan_make(host, entry, &overrides, &plan, &findings), 0);
	assert_int_equal(plan.n_initrds, 4);
	assert_string_equal(plan.initrds[plan.main_initrd].path, "/initrd");
	assert_string_equal(plan.initrds[2].path, "/a");
	assert_string_equal(plan.initrds[3].path, "/b");
	ka_plan_done(&plan);
	overrides.initrds = named;
	assert_int_equal(ka_plan_make(host, entry, &overrides, &plan, &findings), 0);
	assert_int_equal(plan.n_initrds, 3);
	assert_string_equal(plan.initrds[plan.main_initrd].path, "/named");
	assert_string_equal(plan.initrds[2].path, "/b");
	ka_plan_done(&plan);
	/* One that is empty is left out, with a warning. */
	unit_puts("a", "");
	assert_int_equal(ka_plan_make(host, entry, &overrides, &plan, &findings), 0);
	assert_int_equal(plan.n_initrds, 2);
	assert_string_equal(plan.initrds[1].path, "/b");
	text_of("file-empty");
}

static bool is_changed(void)
{
	ka_findings_done(&findings);
	findings = (struct ka_findings)KA_FINDINGS_INIT;
	return ka_plan_report_changes(&plan, &findings);
}

/* Between the check and the load: written in place, longer or not; or with its time put back. */
static void test_changed_file(void **state)
{
	struct stat before;
	int fd;

	(void)state;
	unit_puts("initrd", "an initrd");
	ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	make_plan();
	assert_false(is_changed());
	assert_int_equal(stat(unit_path("initrd"), &before), 0);
	/* Replaced: what is loaded is what was opened. */
	unit_puts("other", "an other");
	assert_int_equal(rename(unit_path("initrd"), unit_path("kept")), 0);
	assert_int_equal(rename(unit_path("other"), unit_path("initrd")), 0);
	plan.initrds[0].opened.st_ctim = (struct timespec){ 0 };
	assert_true(is_changed());
	assert_int_equal(stat(unit_path("kept"), &plan.initrds[0].opened), 0);
	assert_false(is_changed());
	fd = open(unit_path("kept"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "ano", 3), 3);
	assert_int_equal(futimens(fd, (struct timespec[]){ before.st_atim, before.st_mtim }), 0);
	close(fd);
	assert_true(is_changed());
	assert_non_null(strstr(text_of("file-changed"), "it had 9 bytes"));
}

static void test_cmdline(void **state)
{
	char *append[] = { (char *)"a", (char *)"b c", NULL };
	char *broken[] = { (char *)"a\nb", NULL };
	struct ka_overrides overrides = { .append = append };

	(void)state;
	free(entry->cmdline);
	entry->cmdline = ka_strdup("quiet");
	assert_int_equal(ka_plan_make(host, entry, &overrides, &plan, &findings), 0);
	assert_string_equal(plan.cmdline, "quiet a b c");
	assert_int_equal(findings.n, 0);
	ka_plan_done(&plan);
	overrides.append = broken;
	assert_int_equal(ka_plan_make(host, entry, &overrides, &plan, &findings), 0);
	text_of("cmdline-newline");
}

/* The kernel keeps what it reads of a file until the load is done, and a copy in the segments; one initrd made
 * of several is in memory before that. */
static void test_memory(void **state)
{
	(void)state;
	unit_puts("initrd", "");
	assert_int_equal(truncate(unit_path("initrd"), 4096), 0);
	ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	make_plan();
	assert_int_equal(ka_plan_memory_needed(&plan), 2 * 4096);
	ka_plan_done(&plan);
	ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	make_plan();
	assert_true(ka_plan_initrd_size(&plan) >= 2 * 4096);
	assert_int_equal(ka_plan_memory_needed(&plan), 3 * ka_plan_initrd_size(&plan));
}

/* May the limit of open files be raised that far? */
static bool can_raise(const struct rlimit *before, rlim_t n)
{
	struct rlimit limit = { .rlim_cur = n, .rlim_max = before->rlim_max };
	int fd;

	if (before->rlim_max < n || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)n - 1);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* More pieces than the soft limit raise it; more than the hard one are refused with the numbers. */
static void test_many_pieces(void **state)
{
	struct rlimit before, limit = { .rlim_cur = 128 };

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	if (!can_raise(&before, 1300))
		skip();
	unit_puts("initrd", "x");
	for (size_t i = 0; i < 1200; i++)
		ka_pieces_add_file_take(&entry->initrds, ka_strdup("/initrd"));
	limit.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	make_plan();
	assert_int_equal(findings.n, 0);
	assert_int_equal(plan.n_initrds, 1200);
	ka_plan_done(&plan);
	limit.rlim_cur = limit.rlim_max = 256;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	make_plan();
	assert_non_null(strstr(text_of("initrd-pieces"), "1200 pieces"));
	assert_non_null(strstr(text_of("initrd-pieces"), "256 files"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_too_much_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_as_much_as_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_added, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cmdline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		/*
		 * The last: a lowered limit does not come back for an ordinary user. valgrind keeps the limits
		 * that it began with.
		 */
		cmocka_unit_test_setup_teardown(test_many_pieces, setup, teardown),
	};

	return _cmocka_run_group_tests("plan", tests, ARRAY_SIZE(tests) - unit_is_wrapped(), NULL,
				       NULL);
}
