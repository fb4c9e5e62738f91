// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The main job: resolve, check, load, verify, restart; and its parts --load and --dry-run. Nothing is
 * stopped before the load has succeeded.
 */

#include "base/signals.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "kexec/state.h"
#include "restart/commit.h"
#include "restart/deadline.h"
#include "restart/record.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <string.h>

/* The way a run restarts, settled before anything is loaded. */
struct restart {
	enum ka_trigger trigger; /* NONE for --load */
	struct ka_restart_request request;
};

static int settle_restart(struct ka_job *job, struct restart *ret, struct ka_error *err)
{
	const struct ka_request *req = job->request;
	int r;

	*ret = (struct restart){
		.trigger = ka_restart_find(job->host, req->immediate),
		.request = {
			.immediate = req->immediate,
			.ignore_inhibitors = req->ignore_inhibitors,
			.no_wall = req->no_wall,
			.message = req->message,
			.stop_timeout = req->stop_timeout,
		},
	};
	if (req->when) {
		r = ka_when_parse(req->when, &ret->request.when, err);
		if (r < 0)
			return r;
	}
	ka_restart_check(job->host, ret->trigger, &ret->request, &job->findings);
	return 0;
}

static enum ka_exit refuse(const struct ka_job *job)
{
	ka_print_findings(&job->style, &job->findings);
	if (ka_host_is_live(job->host) && ka_kexec_is_loaded(job->host) == 1)
		ka_print_error(&job->style,
			       "refused, nothing was changed: the kernel that was "
			       "loaded before is STILL LOADED, and the next reboot may "
			       "start it ('kexec-any --unload' forgets it)");
	else
		ka_print_error(&job->style, "refused, nothing was changed");
	return KA_EXIT_REFUSED;
}

/* Does this run do in the loader's place what the loader would write? */
static bool commits(const struct ka_job *job, const struct restart *restart)
{
	return restart->trigger != KA_TRIGGER_NONE && !job->request->keep_oneshot;
}

static enum ka_exit show_plan(const struct ka_job *job, const struct restart *restart)
{
	bool refused = ka_findings_first(&job->findings, KA_ERROR);

	if (job->request->json) {
		ka_json_plan(job->request->json, &job->selection, job->index, &job->plan,
			     restart->trigger, &restart->request, commits(job, restart),
			     &job->findings);
	} else {
		ka_print_plan(&job->style, &job->plan, &job->findings, restart->trigger,
			      &restart->request);
		ka_print_findings(&job->style, &job->findings);
	}
	return refused ? KA_EXIT_REFUSED : KA_EXIT_DONE;
}

static struct ka_commit committed = KA_COMMIT_INIT;

/* Memory ran out between the load and the restart: nothing here allocates. */
static void take_back_now(void)
{
	ka_deadline_clear_now();
	ka_commit_revert_now(&committed);
	ka_unload_now();
}

/* From here on, a kernel may be loaded that nobody will start if this run ends. */
static enum ka_exit load(const struct ka_job *job)
{
	_cleanup_(ka_load_result_done) struct ka_load_result result = KA_LOAD_RESULT_INIT;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	ka_on_out_of_memory(take_back_now);
	r = ka_load(job->host, &job->plan, job->style.verbose, &result, &err);
	ka_print_log(&job->style, result.log);
	ka_print_findings(&job->style, &result.findings);
	if (r < 0)
		return ka_job_fail(job, &err, r, KA_EXIT_FAILED);
	return r > 0 ? refuse(job) : KA_EXIT_DONE;
}

/* The restart was refused: an armed kernel would start at some later reboot, to everybody's
 * surprise. */
static enum ka_exit take_back(const struct ka_job *job, enum ka_exit status)
{
	struct ka_error err = KA_ERROR_INIT;
	int r;

	r = ka_unload(job->host, &err);
	if (r < 0) {
		ka_fail_in(&err, r, "the kernel is STILL LOADED, and the next reboot may start it");
		return ka_job_fail(job, &err, r, status);
	}
	ka_print_error(&job->style, "not restarted; the kernel was unloaded again");
	return status;
}

/* What was written in the loader's place is put back, and the record of it goes. */
static void revert(const struct ka_job *job, enum ka_exit status)
{
	struct ka_error err = KA_ERROR_INIT;
	int r = ka_commit_revert(&committed, &err);

	if (r == 0)
		r = ka_record_forget(&err);
	if (r < 0)
		ka_job_fail(job, &err, r, status);
}

/* A signal that came during the load means: do not. It ends the process when everything is taken back. */
static enum ka_exit heed_signals(const struct ka_job *job, enum ka_exit status)
{
	int signal = ka_signals_pending();
	_cleanup_free_ char *text = NULL;

	if (status != KA_EXIT_DONE || signal == 0)
		return status;
	text = ka_format("interrupted by signal %d (%s)", signal, strsignal(signal));
	ka_print_error(&job->style, text);
	return take_back(job, KA_EXIT_NOT_TRIGGERED);
}

/* What must be on the disks at the end is written while the services still run. */
#define SYNC_SECONDS 30

static void write_data(const struct ka_job *job)
{
	int r = ka_sys->sync_within(SYNC_SECONDS);
	_cleanup_free_ char *text = NULL;

	if (r == 0)
		return;
	text = r == -ETIMEDOUT
		       ? ka_format(
				 "not all data is on the disks after %d s: the shutdown writes the rest",
				 SYNC_SECONDS)
		       : ka_format("cannot write data to the disks now: %s", strerror(-r));
	ka_print_warning(&job->style, text);
}

/* Write what the loader would write. Without it, a one-shot choice would come up once more at the
 * next cold boot, so a failure ends the run. */
static enum ka_exit commit(const struct ka_job *job)
{
	struct ka_error err = KA_ERROR_INIT;
	int r;

	r = ka_commit_apply(&committed, &job->selection.menu.writes, &err);
	if (r == 0)
		r = ka_commit_apply(&committed, &job->plan.entry->writes, &err);
	if (r == 0)
		r = ka_record_save(&committed, &err);
	if (r == 0)
		return KA_EXIT_DONE;
	ka_fail_in(&err, r, "the loader's own state cannot be kept (--keep-oneshot leaves it)");
	ka_job_fail(job, &err, r, KA_EXIT_FAILED);
	revert(job, KA_EXIT_FAILED);
	return take_back(job, KA_EXIT_FAILED);
}

/* Ask for the restart; what was done for it is undone when it is refused. */
static enum ka_exit trigger(const struct ka_job *job, const struct restart *restart)
{
	struct ka_error err = KA_ERROR_INIT;
	int r = ka_restart(job->host, restart->trigger, &restart->request, &err);

	if (r > 0)
		ka_print_warning(
			&job->style,
			"no answer came to the request, which may be carried out: the kernel "
			"stays loaded ('kexec-any --unload' takes everything back)");
	if (r >= 0)
		return KA_EXIT_DONE;
	ka_on_out_of_memory(take_back_now);
	ka_job_fail(job, &err, r, KA_EXIT_NOT_TRIGGERED);
	revert(job, KA_EXIT_NOT_TRIGGERED);
	return take_back(job, KA_EXIT_NOT_TRIGGERED);
}

static enum ka_exit load_and_restart(const struct ka_job *job, const struct restart *restart)
{
	const char *id = job->plan.entry->id;
	enum ka_exit status;

	status = heed_signals(job, load(job));
	if (status != KA_EXIT_DONE)
		return status;
	if (restart->request.when == 0)
		ka_print_note(&job->style, "Loaded %s; restarting through %s.", id,
			      ka_trigger_name(restart->trigger));
	if (restart->request.stop_timeout > 0)
		ka_print_note(&job->style,
			      "What has not stopped %u s after the shutdown begins is cut off; the "
			      "restart comes at most %d s later.",
			      restart->request.stop_timeout, KA_DEADLINE_GRACE);
	fflush(stdout);

	if (restart->trigger != KA_TRIGGER_DIRECT && restart->request.when == 0)
		write_data(job);
	if (commits(job, restart))
		status = commit(job);
	if (status == KA_EXIT_DONE)
		status = trigger(job, restart);
	if (status == KA_EXIT_DONE && restart->request.when)
		ka_print_note(&job->style,
			      "Loaded %s; the restart is scheduled. "
			      "'kexec-any --when=cancel' cancels it.",
			      id);
	return status;
}

static enum ka_exit load_only(const struct ka_job *job)
{
	enum ka_exit status = heed_signals(job, load(job));

	if (status == KA_EXIT_DONE && job->selection.menu.writes.n > 0)
		ka_print_note(&job->style, "The loader's one-shot choice is left as it is.");
	if (status == KA_EXIT_DONE)
		ka_print_note(
			&job->style,
			"Loaded %s. 'systemctl kexec' starts it now; with systemd 255 or newer "
			"so does the next ordinary reboot. 'kexec-any --unload' forgets it.",
			job->plan.entry->id);
	/* main() fails then, and what failed leaves nothing loaded. */
	if (status == KA_EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout)))
		return take_back(job, KA_EXIT_FAILED);
	return status;
}

/* Of this run, or none: an earlier one's is not taken over. */
static enum ka_exit set_deadline(const struct ka_job *job, const struct restart *restart)
{
	struct ka_error err = KA_ERROR_INIT;
	int r = ka_deadline_clear(job->host, &err);

	if (r >= 0 && restart->request.stop_timeout > 0)
		r = ka_deadline_set(restart->request.stop_timeout, &err);
	return r < 0 ? ka_job_fail(job, &err, r, KA_EXIT_FAILED) : KA_EXIT_DONE;
}

static enum ka_exit restart_with_deadline(const struct ka_job *job, const struct restart *restart)
{
	enum ka_exit status = set_deadline(job, restart);
	struct ka_error err = KA_ERROR_INIT;
	int r;

	if (status == KA_EXIT_DONE)
		status = load_and_restart(job, restart);
	if (status == KA_EXIT_DONE)
		return status;
	r = ka_deadline_clear(job->host, &err);
	return r < 0 ? ka_job_fail(job, &err, r, status) : status;
}

/* The part that one run at a time may do. */
static enum ka_exit act(struct ka_job *job, const struct restart *restart)
{
	_cleanup_close_ int lock = -1;
	enum ka_exit status;
	sigset_t old;

	status = ka_job_lock(job, &lock);
	if (status != KA_EXIT_DONE)
		return status;
	/* Again: much may have happened while this run waited for nothing but its own checks. */
	ka_restart_check_now(job->host, &restart->request, &job->findings);
	if (ka_findings_first(&job->findings, KA_ERROR))
		return refuse(job);
	ka_print_findings(&job->style, &job->findings);

	ka_signals_hold(&old);
	status = job->request->action == KA_ACTION_LOAD ? load_only(job)
							: restart_with_deadline(job, restart);
	ka_on_out_of_memory(NULL);
	ka_commit_done(&committed);
	fflush(stdout);
	ka_signals_release(&old);
	return status;
}

enum ka_exit ka_cmd_boot(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	struct restart restart = { .trigger = KA_TRIGGER_NONE };
	struct ka_error err = KA_ERROR_INIT;
	enum ka_exit status;
	int r;

	status = ka_job_prepare(&job);
	if (status != KA_EXIT_DONE)
		return status;
	if (request->action == KA_ACTION_RESTART) {
		r = settle_restart(&job, &restart, &err);
		if (r < 0)
			return ka_job_fail(&job, &err, r,
					   r == -EINVAL || r == -ERANGE ? KA_EXIT_USAGE
									: KA_EXIT_FAILED);
		ka_job_apply_ignore(&job);
	}
	if (request->dry_run && ka_host_is_live(job.host))
		ka_restart_check_now(job.host, &restart.request, &job.findings);

	if (request->dry_run)
		return show_plan(&job, &restart);
	if (ka_findings_first(&job.findings, KA_ERROR))
		return refuse(&job);
	return act(&job, &restart);
}
