// SPDX-License-Identifier: GPL-2.0-or-later
/* What the checks say where the machine itself fails: no kexec, files that cannot be opened. */

#include "found.h"

#include "checks/checks.h"
#include "host/machine.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <sys/resource.h>
#include <sys/wait.h>

/* An exit status: is that there? */
static int has(enum ka_finding_id id, enum ka_severity severity)
{
	for (size_t i = 0; i < findings.n; i++)
		if (findings.items[i].id == id && findings.items[i].severity == severity)
			return 0;
	return 1;
}

/* With the made machine as the running one. Children, because there is no way back. */
static int is_without_kexec(void)
{
	struct ka_host *live = NULL;

	if (chroot(unit_dir) < 0 || chdir("/") < 0)
		return 77;
	if (ka_host_new("/", &live, NULL) < 0)
		return 2;
	ka_check_permission(live, &findings);
	ka_host_free(live);
	return has(KA_ID_NO_KEXEC, KA_ERROR);
}

/* The plan is made, its kernel open; then no file can be opened any more. */
static int is_without_files(void)
{
	_cleanup_(ka_plan_done) struct ka_plan plan = KA_PLAN_INIT;
	_cleanup_(ka_entry_freep) struct ka_entry *entry = ka_entry_new();
	const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };
	const struct ka_overrides overrides = { 0 };
	const struct ka_machine machine = { 0 };

	entry->type = KA_TYPE_LINUX;
	entry->kernel = ka_strdup("/vmlinuz");
	entry->cmdline = ka_strdup("ro");
	if (ka_plan_make(host, entry, &overrides, &plan, &findings) < 0 || findings.n > 0 ||
	    setrlimit(RLIMIT_NOFILE, &none) < 0)
		return 2;
	ka_check_all(host, &machine, &plan, true, &findings);
	return has(KA_ID_MACHINE_UNREADABLE, KA_WARNING);
}

static void run_child(int (*part)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(part());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* not root */
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_no_kexec(void **state)
{
	(void)state;
	unit_puts("proc/self/status", "CapEff:\t000001ffffffffff\n");
	run_child(is_without_kexec);
}

static void test_no_files(void **state)
{
	(void)state;
	unit_puts("vmlinuz", "x");
	run_child(is_without_files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_kexec, setup, teardown),
		/* valgrind keeps the limits that it began with. */
		cmocka_unit_test_setup_teardown(test_no_files, setup, teardown),
	};

	return _cmocka_run_group_tests("checks", tests, ARRAY_SIZE(tests) - unit_is_wrapped(), NULL,
				       NULL);
}
