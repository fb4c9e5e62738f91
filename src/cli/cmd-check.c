// SPDX-License-Identifier: GPL-2.0-or-later
/* --check: every check on one entry, nothing changed. */

#include "cli/commands.h"
#include "cli/job.h"
#include "restart/restart.h"

enum ka_exit ka_cmd_check(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	const struct ka_restart_request restart = {
		.immediate = request->immediate,
		.ignore_inhibitors = request->ignore_inhibitors,
		.stop_timeout = request->stop_timeout,
	};
	enum ka_exit status = ka_job_prepare(&job);

	if (status != KA_EXIT_DONE)
		return status;
	ka_restart_check(job.host, ka_restart_find(job.host, request->immediate), &restart,
			 &job.findings);
	ka_job_apply_ignore(&job);
	if (ka_host_is_live(job.host))
		ka_restart_check_now(job.host, &restart, &job.findings);

	if (request->json)
		ka_json_check(request->json, &job.selection, job.index, &job.findings);
	else
		ka_print_check(&job.style, job.plan.entry, &job.findings);
	return ka_findings_first(&job.findings, KA_ERROR) ? KA_EXIT_REFUSED : KA_EXIT_DONE;
}
