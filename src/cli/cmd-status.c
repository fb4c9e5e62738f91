// SPDX-License-Identifier: GPL-2.0-or-later
/* --status: is a kernel loaded, may one be, which loaders are here and which is in charge. */

#include "cli/commands.h"
#include "cli/job.h"
#include "cli/settings.h"
#include "kexec/state.h"

/* Only what forbids a load is an answer to "why not". */
static void keep_errors(const struct ka_findings *all, struct ka_findings *ret)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct ka_finding *f = &all->items[i];

		if (f->severity == KA_ERROR)
			ka_report(ret, f->severity, f->id, f->path, f->remedy, "%s", f->text);
	}
}

#define N_SETTINGS 4

/* Those that are set, in the order of the manual. */
static size_t list_settings(const struct ka_settings *settings, struct ka_output_setting *ret)
{
	static const char *const names[N_SETTINGS] = { "Backend", "Append", "Ignore",
						       "StopTimeout" };
	const struct ka_setting *all[N_SETTINGS];
	size_t n = 0;

	if (!settings)
		return 0;
	all[0] = &settings->backend;
	all[1] = &settings->append;
	all[2] = &settings->ignore;
	all[3] = &settings->stop_timeout;
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (all[i]->value)
			ret[n++] =
				(struct ka_output_setting){ names[i], all[i]->value, all[i]->path };
	return n;
}

enum ka_exit ka_cmd_status(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	_cleanup_(ka_findings_done) struct ka_findings why_not = KA_FINDINGS_INIT;
	_cleanup_(ka_scheduled_done) struct ka_scheduled scheduled = { .type = NULL };
	struct ka_status status = { .why_not = &why_not };
	struct ka_output_setting settings[N_SETTINGS];
	enum ka_exit exit_status;

	exit_status = ka_job_discover(&job);
	if (exit_status != KA_EXIT_DONE)
		return exit_status;
	ka_check_permission(job.host, &job.findings);
	keep_errors(&job.findings, &why_not);

	status.loaded = ka_kexec_is_loaded(job.host);
	status.allowed = why_not.n == 0;
	status.selection = &job.selection;
	status.settings = settings;
	status.n_settings = list_settings(request->settings, settings);
	/* Without logind there is no schedule to know of, which is no failure. */
	if (ka_host_is_live(job.host) && ka_restart_find(job.host, false) == KA_TRIGGER_LOGIND &&
	    ka_restart_scheduled(&scheduled, NULL) == 0)
		status.scheduled = &scheduled;

	if (request->json) {
		ka_json_status(request->json, &status);
		return KA_EXIT_DONE;
	}
	ka_print_status(&job.style, &status);
	ka_print_findings(&job.style, &job.selection.menu.problems);
	return KA_EXIT_DONE;
}
