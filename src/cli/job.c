// SPDX-License-Identifier: GPL-2.0-or-later
/* The way all commands go: machine, menu, entry, plan, findings. */

#include "cli/job.h"

#include "restart/record.h"

#include <kexec-any/text.h>

#include <errno.h>

static bool wants_color(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no_color && *no_color) && term && !ka_streq(term, "dumb");
}

struct ka_style ka_style_of(const struct ka_request *request)
{
	return (struct ka_style){
		.quiet = request->quiet,
		.verbose = request->verbose,
		.color_out = !request->no_color && wants_color(STDOUT_FILENO),
		.color_err = !request->no_color && wants_color(STDERR_FILENO),
	};
}

void ka_job_done(struct ka_job *job)
{
	ka_plan_done(&job->plan);
	ka_findings_done(&job->findings);
	ka_selection_done(&job->selection);
	ka_machine_done(&job->machine);
	job->host = ka_host_free(job->host);
}

enum ka_exit ka_job_fail(const struct ka_job *job, struct ka_error *err, int r, enum ka_exit status)
{
	ka_print_error(&job->style, ka_error_text(err, r));
	ka_error_done(err);
	return status;
}

/* What is not known of the machine itself weakens the checks, and decides nothing before. */
static void keep_trouble(struct ka_job *job)
{
	_cleanup_free_ char *trouble = ka_host_take_trouble(job->host);

	if (trouble)
		ka_report(&job->findings, KA_WARNING, KA_ID_MACHINE_UNREADABLE, NULL,
			  "find out why it cannot be read, and check again",
			  "%s cannot be read: a check may have found too little", trouble);
}

/* A misspelt id would turn up only when the finding stops a run. No error: another version may know it. */
static void warn_of_unknown_ids(const struct ka_job *job)
{
	for (char *const *p = job->request->ignore; p && *p; p++) {
		_cleanup_free_ char *text = NULL;

		if (ka_finding_find(*p) != _KA_ID_MAX)
			continue;
		text = ka_format("--ignore=%s: this version has no finding of that id; "
				 "kexec-any-findings(7) lists them",
				 *p);
		ka_print_warning(&job->style, text);
	}
}

enum ka_exit ka_job_discover(struct ka_job *job)
{
	struct ka_error err = KA_ERROR_INIT;
	int r;

	warn_of_unknown_ids(job);
	r = ka_host_new(job->request->root, &job->host, &err);
	if (r < 0)
		return ka_job_fail(job, &err, r, KA_EXIT_FAILED);
	r = ka_machine_read(job->host, &job->machine, &err);
	if (r < 0)
		return ka_job_fail(job, &err, r, KA_EXIT_FAILED);
	keep_trouble(job);
	r = ka_select_backend(job->host, job->request->backend, &job->selection, &err);
	if (r < 0)
		return ka_job_fail(job, &err, r, r == -ENOENT ? KA_EXIT_NOTHING : KA_EXIT_FAILED);
	return KA_EXIT_DONE;
}

static enum ka_exit no_loader(const struct ka_job *job)
{
	_cleanup_(ka_buf_done) struct ka_buf text = { 0 };
	const struct ka_selection *s = &job->selection;

	ka_buf_adds(&text, "nothing to boot: no boot loader found");
	ka_print_findings(&job->style, &s->menu.problems);
	for (size_t i = 0; i < s->n_candidates; i++)
		ka_buf_addf(&text, "; %s: %s", s->candidates[i].backend->name,
			    s->candidates[i].why);
	ka_print_error(&job->style, text.text);
	return KA_EXIT_NOTHING;
}

static enum ka_exit no_default(const struct ka_job *job)
{
	const struct ka_menu *menu = &job->selection.menu;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	ka_print_findings(&job->style, &menu->problems);
	if (menu->undecided)
		r = ka_fail(&err, -ENODATA,
			    "what the loader would boot cannot be decided: %s; name "
			    "an entry with --entry=",
			    menu->undecided);
	else
		r = ka_fail(&err, -ENOENT, "nothing to boot: the loader has %s",
			    menu->n_entries ? "no default; name an entry with --entry="
					    : "no entries");
	return ka_job_fail(job, &err, r, KA_EXIT_NOTHING);
}

enum ka_exit ka_job_select(struct ka_job *job)
{
	const struct ka_menu *menu = &job->selection.menu;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	if (job->selection.in_charge < 0)
		return no_loader(job);
	if (job->request->entry) {
		r = ka_select_entry(menu, job->request->entry, &job->index, &err);
		return r < 0 ? ka_job_fail(job, &err, r, KA_EXIT_NOTHING) : KA_EXIT_DONE;
	}
	if (menu->default_index < 0)
		return no_default(job);
	job->index = (size_t)menu->default_index;
	return KA_EXIT_DONE;
}

enum ka_exit ka_job_lock(const struct ka_job *job, int *ret_fd)
{
	struct ka_error err = KA_ERROR_INIT;
	int r = ka_record_lock(&err);

	*ret_fd = r < 0 ? -1 : r;
	if (r >= 0)
		return KA_EXIT_DONE;
	/* A rescue system without /run has nobody who runs a second one, and nothing is kept there. */
	if (r == -ENOENT || r == -EROFS) {
		ka_print_warning(&job->style, ka_error_text(&err, r));
		ka_error_done(&err);
		return KA_EXIT_DONE;
	}
	return ka_job_fail(job, &err, r, KA_EXIT_FAILED);
}

void ka_job_apply_ignore(struct ka_job *job)
{
	for (size_t i = 0; i < job->findings.n; i++) {
		struct ka_finding *f = &job->findings.items[i];

		if (f->severity == KA_ERROR && !ka_finding_is_final(f->id) &&
		    ka_strv_contains(job->request->ignore, ka_finding_name(f->id)))
			f->severity = KA_WARNING;
	}
}

enum ka_exit ka_job_inspect(struct ka_job *job)
{
	const struct ka_overrides overrides = {
		.cmdline = job->request->cmdline,
		.reuse_cmdline = job->request->reuse_cmdline,
		.append = job->request->append,
		.initrds = job->request->initrds,
		.added_initrds = job->request->added_initrds,
	};
	const struct ka_menu *menu = &job->selection.menu;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	ka_findings_copy(&job->findings, &menu->problems);
	r = ka_plan_make(job->host, menu->entries[job->index], &overrides, &job->plan,
			 &job->findings);
	if (r < 0)
		return ka_job_fail(job, &err, r, KA_EXIT_FAILED);
	ka_check_all(job->host, &job->machine, &job->plan, job->request->fast, &job->findings);
	ka_job_apply_ignore(job);
	return KA_EXIT_DONE;
}

enum ka_exit ka_job_prepare(struct ka_job *job)
{
	enum ka_exit status = ka_job_discover(job);

	if (status == KA_EXIT_DONE)
		status = ka_job_select(job);
	if (status == KA_EXIT_DONE)
		status = ka_job_inspect(job);
	return status;
}
