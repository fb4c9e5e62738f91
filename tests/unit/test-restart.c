// SPDX-License-Identifier: GPL-2.0-or-later
/* The ways to restart, with every step failing once. */

#include "seam.h"

#include "base/process.h"
#include "restart/restart.h"

#include <kexec-any/host.h>

#include <sys/wait.h>
#include <time.h>

static struct ka_host *host;
static struct ka_error err;

static int setup(void **state)
{
	struct ka_error ignored = KA_ERROR_INIT;

	if (unit_setup(state) < 0)
		return -1;
	seam_reset();
	seam_set_loaded(true);
	return ka_host_new(unit_dir, &host, &ignored);
}

static int teardown(void **state)
{
	ka_error_done(&err);
	host = ka_host_free(host);
	return unit_teardown(state);
}

/* --- the ways */

static const struct way {
	enum ka_trigger trigger;
	bool later;
	const char *steps; /* when all goes well */
} ways[] = {
	{ KA_TRIGGER_LOGIND, false, " bus-open  Ping  SetWallMessage  RebootWithFlags " },
	{ KA_TRIGGER_LOGIND, true, " bus-open  Ping  SetWallMessage  ScheduleShutdown " },
	{ KA_TRIGGER_SYSTEMD, false, " bus-open  StartUnit " },
	{ KA_TRIGGER_OPENRC, false, " openrc-shutdown " },
	{ KA_TRIGGER_DIRECT, false, " sync  jump " },
};

static int restart(const struct way *way)
{
	const struct ka_restart_request request = { .when = way->later ? 4102444800000000 : 0 };

	ka_error_done(&err);
	return ka_restart(host, way->trigger, &request, &err);
}

static void test_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		seam_reset();
		seam_set_loaded(true);
		/* The jump does not come back where it works. */
		assert_int_equal(restart(&ways[i]),
				 ways[i].trigger == KA_TRIGGER_DIRECT ? -EINTR : 0);
		assert_string_equal(seam.log, ways[i].steps);
		assert_false(seam.cold);
	}
	assert_int_equal(restart(&(struct way){ .trigger = KA_TRIGGER_NONE }), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "no graceful way"));
}

static const char *last_step;

/* Another program unloads the kernel at the last moment. */
static void unload_before(const char *step)
{
	if (ka_streq(step, last_step))
		seam_set_loaded(false);
}

static void test_last_look(void **state)
{
	static const char *const before[] = { "SetWallMessage", "SetWallMessage", "bus-open", NULL,
					      "sync" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		seam_reset();
		seam_set_loaded(before[i]);
		last_step = before[i];
		seam.before = before[i] ? unload_before : NULL;
		assert_int_equal(restart(&ways[i]), -ENODATA);
		assert_false(seam.cold);
		assert_int_equal(seam_count("jump"), 0);
		seam_expect_words(err.text, "no kernel is loaded any more");
	}
	/* And between the two attempts of the ladder. */
	seam_reset();
	seam_set_loaded(true);
	seam_fail(0, "RebootWithFlags", EINVAL, 1);
	seam.bus_error = SD_BUS_ERROR_INVALID_ARGS;
	last_step = "RebootWithFlags";
	seam.before = unload_before;
	assert_int_equal(ka_restart(host, KA_TRIGGER_LOGIND,
				    &(struct ka_restart_request){ .ignore_inhibitors = true },
				    &err),
			 -ENODATA);
	assert_int_equal(seam_count("RebootWithFlags"), 1);

	/* What cannot be told is not yes. */
	seam_reset();
	unlink(unit_path(LOADED));
	mkdir(unit_path(LOADED), 0755);
	assert_true(restart(&ways[0]) < 0);
	seam_expect_words(err.text, "cannot tell whether a kernel is still loaded");
	assert_int_equal(seam_count("RebootWithFlags"), 0);
	rmdir(unit_path(LOADED));
}

/* Every step of every way fails: the error comes back, and nothing is asked twice. */
static void test_failing_steps(void **state)
{
	static const struct {
		size_t way;
		const char *step;
		int error;
		const char *bus_error;
		int r;
		const char *words;
	} cases[] = {
		{ 0, "SetWallMessage", EACCES, SD_BUS_ERROR_ACCESS_DENIED, -EACCES,
		  "not allowed|org.freedesktop.login1.reboot" },
		{ 0, "RebootWithFlags", EACCES, SD_BUS_ERROR_ACCESS_DENIED, -EACCES,
		  "not allowed" },
		{ 0, "RebootWithFlags", EALREADY, "org.freedesktop.login1.OperationInProgress",
		  -EALREADY, "another shutdown is under way" },
		{ 0, "RebootWithFlags", EPERM, "org.freedesktop.login1.BlockedByInhibitorLock",
		  -EPERM, "--ignore-inhibitors" },
		{ 0, "RebootWithFlags", EACCES, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
		  -EACCES, "run it as root" },
		{ 0, "RebootWithFlags", EINVAL, SD_BUS_ERROR_INVALID_ARGS, -EINVAL,
		  "logind refuses: it says why" },
		{ 1, "ScheduleShutdown", EINVAL, SD_BUS_ERROR_INVALID_ARGS, -EINVAL,
		  "logind refuses: it says why" },
		{ 1, "bus-open", ECONNREFUSED, NULL, -EOPNOTSUPP, "cannot reach the system bus" },
		{ 1, "Ping", EHOSTUNREACH, NULL, -EOPNOTSUPP, "logind does not answer" },
		{ 2, "StartUnit", EACCES, NULL, -EACCES,
		  "does not start kexec.target: it says why" },
		{ 3, "openrc-shutdown", ENOENT, NULL, -ENOENT, "cannot run 'openrc-shutdown'" },
		{ 4, "jump", EPERM, NULL, -EPERM, "does not jump|LINUX_REBOOT_CMD_KEXEC" },
		{ 4, "jump", EINVAL, NULL, -EINVAL, "does not jump" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		seam_reset();
		seam_set_loaded(true);
		seam_fail(0, cases[i].step, cases[i].error, 0);
		seam.bus_error = cases[i].bus_error;
		assert_int_equal(restart(&ways[cases[i].way]), cases[i].r);
		seam_expect_words(err.text, cases[i].words);
		assert_int_equal(seam_count(cases[i].step), 1);
	}
	seam_reset();
	seam_set_loaded(true);
	seam.exit_status = 3;
	assert_int_equal(restart(&ways[3]), -EIO);
	seam_expect_words(err.text, "openrc-shutdown --kexec|exit status 3|it said no");
}

/* No logind, or one that is too old: systemd is asked, for now, never for later. */
static void test_logind_missing(void **state)
{
	(void)state;
	seam_fail(0, "Ping", EHOSTUNREACH, 0);
	assert_int_equal(restart(&ways[0]), 0);
	assert_string_equal(seam.log, " bus-open  Ping  bus-open  StartUnit ");
	assert_null(err.text);

	seam_reset();
	seam_set_loaded(true);
	seam_fail(0, "RebootWithFlags", EBADR, 0);
	seam.bus_error = SD_BUS_ERROR_UNKNOWN_METHOD;
	assert_int_equal(restart(&ways[0]), 0);
	assert_int_equal(seam_count("StartUnit"), 1);

	/* No system bus at all: PID 1's own socket. */
	seam_reset();
	seam_set_loaded(true);
	seam_fail(0, "bus-open", ENOENT, 0);
	assert_int_equal(restart(&ways[0]), 0);
	assert_string_equal(seam.log, " bus-open  bus-open  bus-private  StartUnit ");
	seam_fail(1, "bus-private", ECONNREFUSED, 0);
	assert_int_equal(restart(&ways[0]), -ECONNREFUSED);
	seam_expect_words(err.text, "neither over the system bus nor over /run/systemd/private");
}

/* logind before 257 refuses the flag that passes inhibitors, and takes the request of root without it. */
static void test_ignore_inhibitors(void **state)
{
	const struct ka_restart_request request = { .ignore_inhibitors = true };

	(void)state;
	assert_int_equal(ka_restart(host, KA_TRIGGER_LOGIND, &request, &err), 0);
	assert_int_equal(seam.flags, SEAM_VIA_KEXEC | SEAM_SKIP_INHIBITORS);
	seam_fail(0, "RebootWithFlags", EINVAL, 1);
	seam.bus_error = SD_BUS_ERROR_INVALID_ARGS;
	assert_int_equal(ka_restart(host, KA_TRIGGER_LOGIND, &request, &err), 0);
	assert_int_equal(seam_count("RebootWithFlags"), 3);
	assert_int_equal(seam.flags, SEAM_VIA_KEXEC);
	assert_false(seam.cold);
}

/* An answer that is lost says nothing: unloading might turn the restart into a cold one. */
static void test_lost_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		static const char *const requests[] = { "RebootWithFlags", "ScheduleShutdown",
							"StartUnit" };
		const char *request = requests[i];

		seam_reset();
		seam_set_loaded(true);
		seam_fail(0, request, ECONNRESET, 0);
		assert_int_equal(restart(&ways[i]), 1);
		seam_fail(0, request, ETIMEDOUT, 0);
		assert_int_equal(restart(&ways[i]), 1);
		seam.bus_error = SD_BUS_ERROR_NO_REPLY;
		seam_fail(0, request, EIO, 0);
		assert_int_equal(restart(&ways[i]), 1);
		assert_int_equal(seam_count(request), 3);
		assert_int_equal(seam_count("StartUnit"), i == 2 ? 3 : 0);
	}
}

/* What speaks against it, before anything is loaded. */
static void test_check(void **state)
{
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_restart_request request = { .when = 0 };

	(void)state;
	for (int runtime = 0; runtime < 2; runtime++) {
		seam.unit_state = runtime ? "masked-runtime" : "masked";
		ka_systemd_check(&findings);
		assert_true(ka_findings_have(&findings, KA_ID_KEXEC_TARGET_MASKED));
		ka_findings_done(&findings);
	}

	ka_logind_check(&request, &findings);
	assert_int_equal(findings.n, 0); /* a delay lock holds for seconds */
	seam.inhibitor_mode = "block";
	ka_logind_check(&request, &findings);
	assert_int_equal(findings.items[0].severity, KA_ERROR);
	seam_expect_words(findings.items[0].text, "apt|4711|packages are installed");
	ka_findings_done(&findings);
	request.ignore_inhibitors = true;
	ka_logind_check(&request, &findings);
	assert_int_equal(findings.items[0].severity, KA_WARNING);
	ka_findings_done(&findings);

	ka_restart_check(host, KA_TRIGGER_NONE, &request, &findings);
	assert_true(ka_findings_have(&findings, KA_ID_NO_GRACEFUL_RESTART));
	request.when = 1;
	ka_restart_check(host, KA_TRIGGER_SYSTEMD, &request, &findings);
	assert_true(ka_findings_have(&findings, KA_ID_NO_SCHEDULE));
	ka_findings_done(&findings);
}

static void test_cancel(void **state)
{
	(void)state;
	assert_int_equal(ka_restart_cancel(&err), 0);
	assert_int_equal(seam_count("CancelScheduledShutdown"), 0);
	seam.scheduled = "kexec";
	assert_int_equal(ka_restart_cancel(&err), 1);
	seam.scheduled = "poweroff"; /* somebody else's */
	assert_int_equal(ka_restart_cancel(&err), -EBUSY);
	seam_expect_words(err.text, "'poweroff'|shutdown -c");
	assert_int_equal(seam_count("CancelScheduledShutdown"), 1);
	seam.scheduled = "kexec";
	seam_fail(0, "CancelScheduledShutdown", EACCES, 0);
	assert_int_equal(ka_restart_cancel(&err), -EACCES);
	seam_fail(0, "ScheduledShutdown", EACCES, 0);
	assert_int_equal(ka_restart_cancel(&err), -EACCES);
}

/* In a process of its own, for which libsystemd is a broken file. */
static int without_libsystemd(void)
{
	static const char *const words = "libsystemd.so.0";
	struct ka_restart_request request = { .when = 0 };
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_error e = KA_ERROR_INIT;
	bool good;

	/* The machine itself, but nothing is asked of it. */
	if (ka_host_new(NULL, &host, &e) < 0)
		return 1;
	ka_restart_check(host, KA_TRIGGER_LOGIND, &request, &findings);
	good = findings.n == 1 &&
	       ka_streq(ka_finding_name(findings.items[0].id), "library-missing") &&
	       findings.items[0].severity == KA_ERROR && strstr(findings.items[0].text, words) &&
	       findings.items[0].remedy;
	/* Nor does the restart itself go another way. */
	good = good && ka_logind_restart(host, &request, &e) == -EOPNOTSUPP &&
	       strstr(e.text, words);
	good = good && ka_systemd_restart(host, &e) == -EOPNOTSUPP && strstr(e.text, words);
	good = good && ka_restart_cancel(&e) == -EOPNOTSUPP && strstr(e.text, words);
	ka_findings_done(&findings);
	ka_error_done(&e);
	host = ka_host_free(host);
	return good ? 0 : 1;
}

static const char *own_path;

static void test_without_libsystemd(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	unit_puts("libsystemd.so.0", "");
	pid = fork();
	if (pid == 0) {
		setenv("LD_LIBRARY_PATH", unit_dir, 1);
		execl(own_path, own_path, "without-libsystemd", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* --- programs, the real ones */

static void run(const char *const *argv, char **ret_output, int wanted)
{
	ka_error_done(&err);
	assert_int_equal(ka_process_run(argv, NULL, 0, ret_output, &err), wanted);
}

static void test_programs(void **state)
{
	static const char *const uname[] = { "uname", "-s", NULL }, *const env[] = { "env", NULL },
				 *const none[] = { "kexec-any-none", NULL };
	_cleanup_free_ char *old = strdup(getenv("PATH")), *output = NULL, *text = NULL;

	(void)state;
	/* A program of that name that stands first in the caller's PATH. */
	unit_puts("evil/uname", "#!/bin/sh\necho evil\n");
	assert_int_equal(chmod(unit_path("evil/uname"), 0755), 0);
	text = calloc(1, 256);
	snprintf(text, 256, "%s:/usr/bin:/bin", unit_path("evil"));
	setenv("PATH", text, 1);
	run(uname, &output, 0);
	assert_string_equal(output, "Linux");
	free(TAKE_PTR(output));
	/* And one that knows no system folder. */
	setenv("PATH", "/nonexistent", 1);
	run(uname, &output, 0);
	assert_string_equal(output, "Linux");
	free(TAKE_PTR(output));

	setenv("KEXEC_ANY_TEST", "x", 1);
	setenv("TZ", "Pacific/Auckland", 1);
	run(env, &output, 0);
	seam_expect_words(output, "PATH=/usr/sbin:/usr/bin|LC_ALL=C.UTF-8|TZ=Pacific/Auckland");
	assert_null(strstr(output, "KEXEC_ANY_TEST"));
	free(TAKE_PTR(output));
	unsetenv("TZ");
	run(env, &output, 0);
	assert_null(strstr(output, "TZ="));

	assert_int_equal(ka_process_run(none, NULL, 0, &output, &err), -ENOENT);
	seam_expect_words(err.text, "kexec-any-none|/usr/sbin:/usr/bin");
	setenv("PATH", old, 1);
}

/* One that dies says so; and of what is open it gets what it was given, and nothing else. */
static void test_program_ends(void **state)
{
	static const char *const dies[] = { "sh", "-c", "kill -9 $$", NULL };
	_cleanup_free_ char *output = NULL, *script = NULL;
	const char *const reads[] = { "sh", "-c", NULL, NULL };
	const char *argv[4];
	int fd;

	(void)state;
	run(dies, &output, -ECHILD);
	seam_expect_words(err.text, "'sh'|killed by signal 9");
	unit_puts("given", "what is in it");
	fd = open(unit_path("given"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	script = calloc(1, 64);
	snprintf(script, 64, "cat /proc/self/fd/%d", fd);
	memcpy(argv, reads, sizeof(argv));
	argv[2] = script;
	assert_int_equal(ka_process_run(argv, &fd, 1, &output, &err), 0);
	assert_string_equal(output, "what is in it");
	free(TAKE_PTR(output));
	assert_int_equal(ka_process_run(argv, NULL, 0, &output, &err), 1);
	seam_expect_words(output, "No such file");
	close(fd);
}

/* A time of day is the next such time of the caller's clock, never more than a day away. */
static void test_when(void **state)
{
	static const char *const zones[] = { "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago",
					     "Asia/Kathmandu" };

	(void)state;
	if (access("/usr/bin/systemd-analyze", X_OK) < 0)
		skip();
	ka_sys = &ka_sys_real;
	for (size_t i = 0; i < ARRAY_SIZE(zones) * 2; i++) {
		time_t now = time(NULL), then;
		struct tm tm;
		uint64_t when;
		char text[16], got[16];

		setenv("TZ", zones[i / 2], 1);
		tzset();
		then = now + (i % 2 ? -3600 : 3600);
		assert_non_null(localtime_r(&then, &tm));
		assert_true(strftime(text, sizeof(text), "%H:%M", &tm) > 0);
		ka_error_done(&err);
		assert_int_equal(ka_when_parse(text, &when, &err), 0);
		assert_true(when / 1000000 > (uint64_t)now);
		assert_true(when / 1000000 <= (uint64_t)now + 25 * 3600);
		then = (time_t)(when / 1000000);
		assert_non_null(localtime_r(&then, &tm));
		assert_true(strftime(got, sizeof(got), "%H:%M", &tm) > 0);
		assert_string_equal(got, text);
	}
	unsetenv("TZ");
	tzset();
}

#define restart_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		restart_case(test_ways),
		restart_case(test_last_look),
		restart_case(test_failing_steps),
		restart_case(test_logind_missing),
		restart_case(test_ignore_inhibitors),
		restart_case(test_lost_answer),
		restart_case(test_check),
		restart_case(test_cancel),
		restart_case(test_without_libsystemd),
		restart_case(test_programs),
		restart_case(test_program_ends),
		restart_case(test_when),
	};

	own_path = argv[0];
	if (argc > 1 && ka_streq(argv[1], "without-libsystemd"))
		return without_libsystemd();
	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
