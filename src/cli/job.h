/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "checks/checks.h"
#include "cli/request.h"
#include "output/output.h"

/*
 * What the commands share: the way from the machine to one entry and its plan. Every step prints
 * its own failure and returns the exit status for it; KA_EXIT_DONE means go on.
 */
struct ka_job {
	const struct ka_request *request; /* borrowed */
	struct ka_style style;
	struct ka_host *host;
	struct ka_machine machine;
	struct ka_selection selection;
	size_t index; /* of the entry meant */
	struct ka_plan plan;
	struct ka_findings findings;
};

#define KA_JOB_INIT(req)                                                                           \
	{                                                                                          \
		.request = (req), .style = ka_style_of(req), .selection = KA_SELECTION_INIT,       \
		.plan = KA_PLAN_INIT,                                                              \
	}

/* How to print, from the options and the environment. */
struct ka_style ka_style_of(const struct ka_request *request);

void ka_job_done(struct ka_job *job);

/* Print an error and give the exit status for it. */
enum ka_exit ka_job_fail(const struct ka_job *job, struct ka_error *err, int r,
			 enum ka_exit status);

/* Open the machine and find the loader in charge with its menu. */
enum ka_exit ka_job_discover(struct ka_job *job);
/* Find the entry meant: --entry=, else the default. */
enum ka_exit ka_job_select(struct ka_job *job);
/* Open its files, and run all checks. Findings are in job->findings afterwards, --ignore= applied. */
enum ka_exit ka_job_inspect(struct ka_job *job);
/* All three, as far as they go. */
enum ka_exit ka_job_prepare(struct ka_job *job);
/* One run at a time loads, unloads or restarts. The lock lasts until the descriptor is closed. */
enum ka_exit ka_job_lock(const struct ka_job *job, int *ret_fd);
/* Turn the errors named by --ignore= into warnings; for findings added after ka_job_inspect(). */
void ka_job_apply_ignore(struct ka_job *job);
