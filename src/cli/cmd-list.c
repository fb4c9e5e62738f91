// SPDX-License-Identifier: GPL-2.0-or-later
/* --list and --show: what is there, and everything about one of them. */

#include "cli/commands.h"
#include "cli/job.h"

#include <kexec-any/text.h>

enum ka_exit ka_cmd_list(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	struct ka_error err = KA_ERROR_INIT;
	enum ka_exit status;
	int r;

	status = ka_job_discover(&job);
	if (status != KA_EXIT_DONE)
		return status;

	if (request->json) {
		ka_json_list(request->json, &job.selection);
		return job.selection.menu.n_entries > 0 ? KA_EXIT_DONE : KA_EXIT_NOTHING;
	}
	if (job.selection.menu.n_entries == 0)
		return ka_job_select(&job); /* says why there is nothing */
	r = ka_print_list(&job.style, &job.selection.menu);
	if (r < 0)
		return ka_job_fail(&job, &err, r, KA_EXIT_FAILED);
	ka_print_findings(&job.style, &job.selection.menu.problems);
	if (job.selection.menu.undecided) {
		_cleanup_free_ char *text =
			ka_format("no default: %s", job.selection.menu.undecided);

		ka_print_error(&job.style, text);
	}
	return KA_EXIT_DONE;
}

enum ka_exit ka_cmd_show(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	enum ka_exit status;

	status = ka_job_discover(&job);
	if (status == KA_EXIT_DONE)
		status = ka_job_select(&job);
	if (status != KA_EXIT_DONE)
		return status;

	if (request->json) {
		ka_json_show(request->json, &job.selection, job.index);
		return KA_EXIT_DONE;
	}
	ka_print_entry(&job.style, &job.selection.menu, job.index);
	ka_print_findings(&job.style, &job.selection.menu.problems);
	return KA_EXIT_DONE;
}
