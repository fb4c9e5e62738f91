// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --unload and --when=cancel: a restart is taken back as a whole, the schedule first, so that it cannot
 * start without its kernel and go through the firmware.
 */

#include "cli/commands.h"
#include "cli/job.h"
#include "kexec/state.h"
#include "restart/deadline.h"
#include "restart/record.h"

#include <errno.h>

/* 1 cancelled, 0 there is none. Without a logind to ask there is no schedule. */
static int cancel_schedule(const struct ka_job *job, bool is_asked, struct ka_error *err)
{
	int r;

	if (!is_asked && ka_restart_find(job->host, false) != KA_TRIGGER_LOGIND)
		return 0;
	r = ka_restart_cancel(err);
	/* --unload leaves somebody else's poweroff, and needs no bus. */
	if (!is_asked && (r == -EBUSY || r == -EOPNOTSUPP)) {
		ka_error_done(err);
		return 0;
	}
	return r;
}

struct taken_back {
	int schedule, record, kernel, deadline; /* was there one */
};

static int take_back(const struct ka_job *job, struct taken_back *ret, struct ka_error *err)
{
	struct ka_error second = KA_ERROR_INIT;
	int r;

	ret->kernel = ka_kexec_is_loaded(job->host);
	r = ka_unload(job->host, err);
	ret->record = ka_record_take_back(job->host, r < 0 ? &second : err);
	if (r < 0 && ret->record < 0)
		ka_fail_in(err, r, "%s", ka_error_text(&second, ret->record));
	ka_error_done(&second);
	if (r < 0 || ret->record < 0)
		return r < 0 ? r : ret->record;
	ret->deadline = ka_deadline_clear(job->host, err);
	return ret->deadline;
}

static enum ka_exit start(struct ka_job *job, int *ret_lock)
{
	struct ka_error err = KA_ERROR_INIT;
	int r = ka_host_new(job->request->root, &job->host, &err);

	return r < 0 ? ka_job_fail(job, &err, r, KA_EXIT_FAILED) : ka_job_lock(job, ret_lock);
}

enum ka_exit ka_cmd_unload(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	struct taken_back back = { .schedule = 0 };
	struct ka_error err = KA_ERROR_INIT;
	_cleanup_close_ int lock = -1;
	enum ka_exit status = start(&job, &lock);
	int r;

	if (status != KA_EXIT_DONE)
		return status;
	r = back.schedule = cancel_schedule(&job, false, &err);
	if (r >= 0)
		r = take_back(&job, &back, &err);
	if (r < 0)
		return ka_job_fail(&job, &err, r, KA_EXIT_FAILED);
	if (back.schedule > 0)
		ka_print_note(&job.style, "The scheduled restart is cancelled.");
	if (back.record > 0)
		ka_print_note(&job.style, "The loader's one-shot choice is put back.");
	ka_print_note(&job.style, back.kernel > 0 ? "Unloaded." : "No kernel was loaded.");
	return KA_EXIT_DONE;
}

enum ka_exit ka_cmd_cancel(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	struct taken_back back = { .schedule = 0 };
	struct ka_error err = KA_ERROR_INIT;
	_cleanup_close_ int lock = -1;
	enum ka_exit status = start(&job, &lock);
	int r;

	if (status != KA_EXIT_DONE)
		return status;
	r = cancel_schedule(&job, true, &err);
	if (r == 0)
		r = ka_record_exists(job.host, &err); /* another program cancelled it */
	if (r == 0) {
		ka_print_note(&job.style, "No restart was scheduled.");
		return KA_EXIT_DONE;
	}
	/* The kernel was loaded for that restart; without it, it must not wait for another. */
	if (r > 0)
		r = take_back(&job, &back, &err);
	if (r < 0)
		return ka_job_fail(&job, &err, r, KA_EXIT_FAILED);
	ka_print_note(&job.style, "The scheduled restart is cancelled, the kernel unloaded%s.",
		      back.record > 0 ? ", the loader's one-shot choice put back" : "");
	return KA_EXIT_DONE;
}
