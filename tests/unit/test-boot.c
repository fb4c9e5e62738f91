// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A whole run, from the machine to the restart, on a captured Debian whose GRUB has a one-shot choice:
 * with each step of it failing, nothing stays loaded that is not started, and what was written in GRUB's
 * place is put back.
 */

#include "seam.h"

#include "cli/commands.h"

#include <kexec-any/memory.h>

#include <signal.h>
#include <sys/wait.h>

#define MACHINE "fixtures/real-debian-grub-next/root"
#define IMAGES	"fixtures/debian-12/root/boot"
#define GRUBENV "boot/grub/grubenv"
#define KERNEL	"boot/vmlinuz-6.1.0-50-cloud-amd64"

/* What is asked right before the load. */
#define ASKED " bus-open  Ping  ScheduledShutdown  PreparingForShutdown "

static char output[65536];

/* The fixture's images are shortened; whole small ones take their place. */
static int setup(void **state)
{
	char command[1024];

	if (unit_setup(state) < 0)
		return -1;
	snprintf(command, sizeof(command),
		 "cp -a " MACHINE "/. '%s' && cd '%s'/boot && for f in vmlinuz initrd.img; do "
		 "for g in $f-*; do cat \"$OLDPWD/" IMAGES "\"/$f-* >$g || exit 1; done; done",
		 unit_dir, unit_dir);
	if (system(command) != 0)
		return -1;
	seam_reset();
	return 0;
}

static void read_output(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, output, sizeof(output) - 1);

	close(fd);
	assert_true(n >= 0);
	output[n] = '\0';
}

/* What it prints goes to a file meanwhile. */
static enum ka_exit run(enum ka_exit (*command)(const struct ka_request *request),
			struct ka_request request)
{
	int old_out = dup(STDOUT_FILENO), old_err = dup(STDERR_FILENO), fd;
	enum ka_exit status;

	fflush(NULL);
	fd = open(unit_path("output"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	request.root = unit_dir;
	request.no_color = true;
	status = command(&request);
	fflush(NULL);
	dup2(old_out, STDOUT_FILENO);
	dup2(old_err, STDERR_FILENO);
	close(old_out);
	close(old_err);
	read_output(unit_path("output"));
	return status;
}

static bool has_oneshot(void)
{
	char text[1025] = "";
	int fd = open(unit_path(GRUBENV), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, 1024);

	close(fd);
	assert_int_equal(n, 1024);
	assert_non_null(strstr(text, "\nka_other=keep me\n"));
	return strstr(text, "\nnext_entry=0\n");
}

static void test_restart(void **state)
{
	(void)state;
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);
	assert_true(seam_is_loaded());
	assert_false(has_oneshot());
	assert_false(seam.cold);
	/* Written behind the load, and before the restart is asked for. */
	assert_string_equal(seam.log, " lock " ASKED
				      " file-load  sync-within  open-write  read  write  fsync "
				      " read  open-write  write "
				      " bus-open  Ping  SetWallMessage  RebootWithFlags ");
	seam_expect_words(output, "Loaded gnulinux-simple|restarting through logind");
}

static void test_options(void **state)
{
	(void)state;
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .keep_oneshot = true }), 0);
	assert_true(has_oneshot());
	seam_reset();
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .action = KA_ACTION_LOAD }), 0);
	assert_string_equal(seam.log, " lock " ASKED " file-load ");
	assert_true(has_oneshot());
	assert_true(seam_is_loaded());
	seam_reset();
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .dry_run = true }), 0);
	assert_string_equal(seam.log, "");
	seam_reset();
	/* The jump does not come back where it works. */
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .immediate = true }),
			 KA_EXIT_NOT_TRIGGERED);
	assert_int_equal(seam_count("jump"), 1);
}

/* Each step fails; the steps in seam.fail[1] and [2] fail with it. */
static const struct failure {
	const char *step;
	int error;
	const char *second;
	enum ka_exit status;
	bool stays_loaded;
	bool stays_written;
	const char *words;
} failures[] = {
	{ "file-load", EPERM, NULL, KA_EXIT_FAILED, false, false, "vmlinuz|EPERM" },
	{ "file-load", ENOEXEC, NULL, KA_EXIT_FAILED, false, false, "vmlinuz|ENOEXEC|reinstall" },
	{ "file-load", EKEYREJECTED, NULL, KA_EXIT_FAILED, false, false, "EKEYREJECTED" },
	{ "open-write", EROFS, NULL, KA_EXIT_FAILED, false, false,
	  "--keep-oneshot|/boot/grub/grubenv|Read-only|unloaded again" },
	{ "read", EIO, NULL, KA_EXIT_FAILED, false, false, "cannot read '/boot/grub/grubenv'" },
	{ "write", ENOSPC, NULL, KA_EXIT_FAILED, false, false,
	  "cannot write '/boot/grub/grubenv'" },
	{ "fsync", EIO, NULL, KA_EXIT_FAILED, false, false, "cannot write '/boot/grub/grubenv'" },
	{ "write", EIO, "file-unload", KA_EXIT_FAILED, true, false, "STILL LOADED" },
	{ "bus-open", EHOSTUNREACH, NULL, KA_EXIT_DONE, true, true, "" },
	{ "SetWallMessage", EACCES, NULL, KA_EXIT_NOT_TRIGGERED, false, false,
	  "logind refuses|unloaded again" },
	{ "RebootWithFlags", EACCES, NULL, KA_EXIT_NOT_TRIGGERED, false, false,
	  "logind refuses|unloaded again" },
	{ "RebootWithFlags", EACCES, "file-unload", KA_EXIT_NOT_TRIGGERED, true, false,
	  "logind refuses|STILL LOADED" },
	{ "RebootWithFlags", ECONNRESET, NULL, KA_EXIT_DONE, true, true, "no answer came" },
	/* sd-bus waits 25 s; logind may still work on it. */
	{ "RebootWithFlags", ETIMEDOUT, NULL, KA_EXIT_DONE, true, true, "no answer came" },
	{ "SetWallMessage", ETIMEDOUT, NULL, KA_EXIT_NOT_TRIGGERED, false, false,
	  "unloaded again" },
	{ "lock", EAGAIN, NULL, KA_EXIT_FAILED, false, false, "another kexec-any (process 4712)" },
	{ "lock", EACCES, NULL, KA_EXIT_FAILED, false, false, "cannot lock '/run/kexec-any.lock'" },
	{ "lock", EROFS, NULL, KA_EXIT_DONE, true, true, "cannot lock" },
	{ "sync-within", ETIMEDOUT, NULL, KA_EXIT_DONE, true, true,
	  "not all data is on the disks after 30 s" },
	{ "sync-within", EAGAIN, NULL, KA_EXIT_DONE, true, true, "cannot write data" },
	{ "ScheduledShutdown", EIO, NULL, KA_EXIT_REFUSED, false, false,
	  "whether a restart is scheduled is not known" },
	{ "PreparingForShutdown", EIO, NULL, KA_EXIT_REFUSED, false, false,
	  "whether it is shutting down" },
};

static void test_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		const struct failure *f = &failures[i];

		unit_teardown(state);
		setup(state);
		seam_fail(0, f->step, f->error, 1);
		seam_fail(1, f->second ? f->second : "-", EPERM, 0);
		seam_fail(2, f->second ? "unload" : "-", EPERM, 0);
		assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }),
				 f->status);
		assert_int_equal(seam_is_loaded(), f->stays_loaded);
		assert_int_equal(has_oneshot(), !f->stays_written);
		assert_false(seam.cold);
		seam_expect_words(output, f->words);
	}
}

/* What was written cannot be put back: the run says so, and still unloads. */
static void test_no_way_back(void **state)
{
	(void)state;
	seam_fail(0, "RebootWithFlags", EACCES, 0);
	seam_fail(1, "open-write", EROFS, 3);
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }),
			 KA_EXIT_NOT_TRIGGERED);
	assert_false(seam_is_loaded());
	seam_expect_words(output, "cannot put '/boot/grub/grubenv' back as it was|Read-only");

	/* What could not be remembered is not done. */
	unit_teardown(state);
	setup(state);
	seam_fail(0, "open-write", EROFS, 2);
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_FAILED);
	seam_expect_words(output, "cannot open '/run/kexec-any.restart' for writing");
	assert_int_equal(seam_count("RebootWithFlags"), 0);
	assert_false(seam_is_loaded());
	assert_true(has_oneshot());
}

static const char *moment;

static void unload_at(const char *step)
{
	if (ka_streq(step, moment))
		seam_set_loaded(false);
}

static void write_at(const char *step)
{
	if (ka_streq(step, moment))
		unit_puts(KERNEL, "another kernel");
}

/* Somebody unloads the kernel while the restart is prepared: no restart through the firmware. */
static void test_unloaded_meanwhile(void **state)
{
	static const char *const moments[] = { "open-write", "Ping", "SetWallMessage" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		seam_reset();
		moment = moments[i];
		seam.before = unload_at;
		assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }),
				 KA_EXIT_NOT_TRIGGERED);
		assert_false(seam.cold);
		assert_int_equal(seam_count("RebootWithFlags"), 0);
		assert_true(has_oneshot());
		seam_expect_words(output, "no kernel is loaded any more");
	}
}

/* A package installation writes the kernel while it is loaded. */
static void test_changed(void **state)
{
	(void)state;
	moment = "file-load";
	seam.before = write_at;
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_REFUSED);
	assert_false(seam_is_loaded());
	assert_true(has_oneshot());
	assert_string_equal(seam.log, " lock " ASKED " file-load  file-unload ");
	seam_expect_words(output, "[file-changed]|" KERNEL "|refused, nothing was changed");
}

static void test_when(void **state)
{
	const struct ka_request request = { .when = "2100-01-01" };

	(void)state;
	seam.output = "  UNIX seconds: @4102444800\n";
	assert_int_equal(run(ka_cmd_boot, request), KA_EXIT_DONE);
	assert_true(seam_is_loaded());
	assert_int_equal(seam_count("ScheduleShutdown"), 1);
	assert_int_equal(seam_count("RebootWithFlags"), 0);
	seam_expect_words(output, "the restart is scheduled");

	unit_teardown(state);
	setup(state);
	seam.output = "  UNIX seconds: @4102444800\n";
	seam_fail(0, "ScheduleShutdown", EACCES, 0);
	assert_int_equal(run(ka_cmd_boot, request), KA_EXIT_NOT_TRIGGERED);
	assert_false(seam_is_loaded());
	assert_true(has_oneshot());

	/* Now or never: systemd alone cannot do it later. */
	seam_reset();
	seam.output = "  UNIX seconds: @4102444800\n";
	seam_fail(0, "Ping", EHOSTUNREACH, 0);
	assert_int_equal(run(ka_cmd_boot, request), KA_EXIT_NOT_TRIGGERED);
	assert_int_equal(seam_count("StartUnit"), 0);
	assert_false(seam_is_loaded());

	/* No such time: nothing is loaded. */
	seam_reset();
	seam.output = "  UNIX seconds: @1000\n";
	assert_int_equal(run(ka_cmd_boot, request), KA_EXIT_USAGE);
	seam_reset();
	seam.exit_status = 1;
	assert_int_equal(run(ka_cmd_boot, request), KA_EXIT_USAGE);
	assert_int_equal(seam_count("file-load"), 0);
}

/* Two restarts have one schedule, and one kernel: nobody loads another behind its back. */
static void test_scheduled_already(void **state)
{
	(void)state;
	seam.scheduled = "kexec";
	for (int i = 0; i < 3; i++) {
		const struct ka_request requests[] = {
			{ .quiet = false },
			{ .action = KA_ACTION_LOAD },
			{ .when = "2100-01-01" },
		};

		seam.output = "  UNIX seconds: @4102444800\n";
		assert_int_equal(run(ka_cmd_boot, requests[i]), KA_EXIT_REFUSED);
		assert_int_equal(seam_count("file-load"), 0);
		seam_expect_words(output, "[restart-scheduled]|--when=cancel");
	}
	/* One of another kind is in the way of a schedule alone. */
	seam.scheduled = "poweroff";
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .when = "2100-01-01" }),
			 KA_EXIT_REFUSED);
	seam_expect_words(output, "'poweroff'|shutdown -c");
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);

	seam_reset();
	seam.is_stopping = true;
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_REFUSED);
	assert_int_equal(seam_count("file-load"), 0);
	seam_expect_words(output, "[shutdown-under-way]");
	/* What systemd 252 says after a request that was refused: a type, and no time; 257, the other. */
	for (int i = 0; i < 2; i++) {
		seam_reset();
		seam.scheduled = "kexec";
		seam.when = i ? UINT64_MAX : 0;
		unlink(unit_path("run/kexec-any.restart"));
		assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .keep_oneshot = true }),
				 KA_EXIT_DONE);
	}
	/* Nobody to ask: what logind wrote counts. */
	seam_reset();
	seam_fail(0, "Ping", EHOSTUNREACH, 0);
	unit_puts("run/systemd/shutdown/scheduled", "USEC=1\nWARN_WALL=1\nMODE=kexec\n");
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_REFUSED);
	seam_expect_words(output, "[restart-scheduled]");
}

/* Schedule, kernel and one-shot come back together, whichever command takes them back. */
static void test_taken_back_together(void **state)
{
	static const struct {
		enum ka_exit (*command)(const struct ka_request *request);
		const char *scheduled; /* by then; NULL: shutdown -c was there before */
	} ways[] = { { ka_cmd_cancel, "kexec" },
		     { ka_cmd_cancel, NULL },
		     { ka_cmd_unload, "kexec" },
		     { ka_cmd_unload, NULL },
		     { ka_cmd_unload, "poweroff" } };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		unit_teardown(state);
		setup(state);
		seam.output = "  UNIX seconds: @4102444800\n";
		assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .when = "2100-01-01" }), 0);
		assert_false(has_oneshot());
		assert_true(seam_is_loaded());
		seam.scheduled = ways[i].scheduled;
		/* Half of a restart is no ground for another. */
		if (!seam.scheduled) {
			assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }),
					 KA_EXIT_REFUSED);
			seam_expect_words(output, "[restart-unfinished]|--unload");
		}
		assert_int_equal(run(ways[i].command, (struct ka_request){ .quiet = false }), 0);
		assert_true(has_oneshot());
		assert_false(seam_is_loaded());
		assert_int_equal(seam_count("CancelScheduledShutdown"),
				 seam.scheduled && ka_streq(seam.scheduled, "kexec"));
		assert_int_equal(access(unit_path("run/kexec-any.restart"), F_OK), -1);
		seam_expect_words(output, "one-shot choice");
	}
}

/* The schedule first: where it cannot be cancelled, its kernel stays. */
static void test_unload_keeps_the_schedule(void **state)
{
	(void)state;
	seam.scheduled = "kexec";
	seam_set_loaded(true);
	seam_fail(0, "CancelScheduledShutdown", EACCES, 0);
	assert_int_equal(run(ka_cmd_unload, (struct ka_request){ .quiet = false }), KA_EXIT_FAILED);
	assert_true(seam_is_loaded());
}

/* Somebody chose another entry meanwhile: that is not overwritten. */
static void test_changed_since(void **state)
{
	(void)state;
	seam.output = "  UNIX seconds: @4102444800\n";
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .when = "2100-01-01" }), 0);
	seam.scheduled = "kexec";
	{
		int fd = open(unit_path(GRUBENV), O_WRONLY | O_CLOEXEC);

		assert_int_equal(pwrite(fd, "X", 1, 1000), 1);
		close(fd);
	}
	assert_int_equal(run(ka_cmd_cancel, (struct ka_request){ .quiet = false }), KA_EXIT_FAILED);
	seam_expect_words(output, "another program changed '/boot/grub/grubenv'");
	assert_false(has_oneshot());
	assert_false(seam_is_loaded());
	assert_int_equal(access(unit_path("run/kexec-any.restart"), F_OK), -1);

	unit_puts("run/kexec-any.restart", "kexec-any restart 1\ngrubenv 0g 00 /x\n");
	assert_int_equal(run(ka_cmd_unload, (struct ka_request){ .quiet = false }), KA_EXIT_FAILED);
	seam_expect_words(output, "'/run/kexec-any.restart' is damaged");
}

static bool has_deadline(void)
{
	bool unit = access(unit_path("run/systemd/system/kexec-any-deadline.service"), F_OK) == 0;

	assert_int_equal(access(unit_path("run/systemd/system/kexec.target.d/50-kexec-any.conf"),
				F_OK) == 0,
			 unit);
	return unit;
}

/* The time limit is part of the restart: set before the load, gone when the restart does not come. */
static void test_deadline(void **state)
{
	static const struct {
		const char *step;
		int error;
		const char *words;
	} cases[] = { { "mkdir", EROFS, "the stop timeout cannot be set" },
		      { "open-write", ENOSPC, "the stop timeout cannot be set" },
		      { "Reload", EACCES, "systemd does not reload its units: it says why" },
		      { "file-load", EPERM, "EPERM" },
		      { "fsync", EIO, "cannot write" },
		      { "RebootWithFlags", EACCES, "logind refuses" } };
	const struct ka_request request = { .stop_timeout = 20 };
	char text[4096] = "";
	int fd;

	(void)state;
	assert_int_equal(run(ka_cmd_boot, request), KA_EXIT_DONE);
	assert_true(has_deadline());
	assert_true(strstr(seam.log, " Reload ") < strstr(seam.log, " file-load "));
	seam_expect_words(output, "not stopped 20 s after|at most 10 s later");
	fd = open(unit_path("run/systemd/system/kexec-any-deadline.service"), O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	seam_expect_words(text, "sleep 20; |DefaultDependencies=no|sleep 10; |kexec_loaded");

	/* The next run has none; what was set is not taken over. */
	assert_int_equal(run(ka_cmd_unload, (struct ka_request){ .quiet = false }), 0);
	assert_false(has_deadline());
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_teardown(state);
		setup(state);
		seam_fail(0, cases[i].step, cases[i].error, 1);
		assert_true(run(ka_cmd_boot, request) != KA_EXIT_DONE);
		seam_expect_words(output, cases[i].words);
		assert_false(has_deadline());
		assert_false(seam_is_loaded());
		assert_true(has_oneshot());
	}
	seam_reset();
	seam.output = "  UNIX seconds: @4102444800\n";
	assert_int_equal(run(ka_cmd_boot,
			     (struct ka_request){ .when = "2100-01-01", .stop_timeout = 60 }),
			 0);
	assert_true(has_deadline());
	seam.scheduled = "kexec";
	assert_int_equal(run(ka_cmd_cancel, (struct ka_request){ .quiet = false }), 0);
	assert_false(has_deadline());
}

static int sent;

static void send_at(const char *step)
{
	if (ka_streq(step, moment))
		raise(sent);
}

/* A signal between load and trigger takes everything back, and then does what it always does. */
static void test_signals(void **state)
{
	static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGALRM, SIGUSR1, SIGPIPE, SIGWINCH };
	static const char *const steps[] = { "file-load", "fsync", "SetWallMessage" };

	for (size_t i = 0; i < ARRAY_SIZE(signals) * 3; i++) {
		int status, number = signals[i / 3];
		bool is_harmless = number == SIGPIPE || number == SIGWINCH;
		pid_t pid;

		unit_teardown(state);
		setup(state);
		moment = steps[i % 3];
		sent = number;
		seam.before = send_at;
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			signal(number, SIG_DFL);
			alarm(20);
			run(ka_cmd_boot, (struct ka_request){ .quiet = false });
			_exit(is_harmless ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (is_harmless)
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
		else
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == number);
		assert_int_equal(seam_is_loaded(), is_harmless);
		assert_int_equal(has_oneshot(), !is_harmless);
		if (!is_harmless) {
			read_output(unit_path("output"));
			seam_expect_words(output, "interrupted by signal|unloaded again");
		}
	}
}

/* nohup(1): the terminal may go. */
static void test_ignored_signal(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	moment = "file-load";
	sent = SIGHUP;
	seam.before = send_at;
	assert_int_equal(run(ka_cmd_boot, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);
	signal(SIGHUP, SIG_DFL);
	assert_true(seam_is_loaded());
}

static void test_cancel(void **state)
{
	(void)state;
	seam_set_loaded(true);
	assert_int_equal(run(ka_cmd_cancel, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);
	assert_true(seam_is_loaded()); /* nothing was scheduled: it is somebody else's */
	seam.scheduled = "kexec";
	seam_fail(0, "file-unload", ENOSYS, 0);
	assert_int_equal(run(ka_cmd_cancel, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);
	assert_false(seam_is_loaded());
	seam_set_loaded(true);
	seam_fail(0, "CancelScheduledShutdown", EACCES, 0);
	assert_int_equal(run(ka_cmd_cancel, (struct ka_request){ .quiet = false }), KA_EXIT_FAILED);
	assert_true(seam_is_loaded());
}

static void run_out_at(const char *step)
{
	if (!ka_streq(step, moment))
		return;
	seam.before = NULL;
	ka_out_of_memory();
}

/* Memory runs out: until the request is made everything is taken back, behind it nothing. */
static void test_out_of_memory(void **state)
{
	static const struct {
		const char *step;
		bool is_asked;
	} cases[] = { { "fsync", false },
		      { "SetWallMessage", false },
		      { "RebootWithFlags", true } };
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid;

		unit_teardown(state);
		setup(state);
		moment = cases[i].step;
		seam.before = run_out_at;
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			run(ka_cmd_boot, (struct ka_request){ .quiet = false });
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == KA_EXIT_FAILED);
		assert_int_equal(seam_is_loaded(), cases[i].is_asked);
		assert_int_equal(has_oneshot(), !cases[i].is_asked);
	}
}

static void test_unload(void **state)
{
	(void)state;
	assert_int_equal(run(ka_cmd_unload, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);
	seam_expect_words(output, "No kernel was loaded");
	seam_set_loaded(true);
	seam_fail(0, "file-unload", ENOSYS, 0);
	assert_int_equal(run(ka_cmd_unload, (struct ka_request){ .quiet = false }), KA_EXIT_DONE);
	assert_false(seam_is_loaded());
	seam_set_loaded(true);
	seam_fail(1, "unload", EPERM, 0);
	assert_int_equal(run(ka_cmd_unload, (struct ka_request){ .quiet = false }), KA_EXIT_FAILED);
	seam_expect_words(output, "unloading needs root (CAP_SYS_BOOT)");
}

#define boot_case(f) cmocka_unit_test_setup_teardown(f, setup, unit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		boot_case(test_restart),
		boot_case(test_options),
		boot_case(test_failures),
		boot_case(test_no_way_back),
		boot_case(test_unloaded_meanwhile),
		boot_case(test_changed),
		boot_case(test_when),
		boot_case(test_scheduled_already),
		boot_case(test_taken_back_together),
		boot_case(test_unload_keeps_the_schedule),
		boot_case(test_changed_since),
		boot_case(test_deadline),
		boot_case(test_signals),
		boot_case(test_ignored_signal),
		boot_case(test_cancel),
		boot_case(test_out_of_memory),
		boot_case(test_unload),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
