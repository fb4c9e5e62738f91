// SPDX-License-Identifier: GPL-2.0-or-later
/* --menu: an entry is chosen on the terminal; then all goes on as if --entry= had named it. */

#include "cli/commands.h"
#include "cli/job.h"
#include "menu/menu.h"

#include <kexec-any/memory.h>

#include <errno.h>

/* The entry of --entry=, else the default, else -1. */
static ssize_t first_marked(const struct ka_job *job)
{
	const struct ka_menu *menu = &job->selection.menu;
	size_t index;

	if (job->request->entry && ka_select_entry(menu, job->request->entry, &index, NULL) == 0)
		return (ssize_t)index;
	return menu->default_index;
}

/* 1: *ret_id, and *ret_cmdline or NULL; both are the caller's. 0: nothing was chosen. */
static enum ka_exit choose(const struct ka_request *request, char **ret_id, char **ret_cmdline)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	struct ka_error err = KA_ERROR_INIT;
	enum ka_exit status = ka_job_discover(&job);
	size_t index;
	int r;

	if (status != KA_EXIT_DONE)
		return status;
	if (job.selection.menu.n_entries == 0)
		return ka_job_select(&job); /* says why there is nothing */
	r = ka_menu_choose(&job.style, &job.selection.menu, first_marked(&job), &index, ret_cmdline,
			   &err);
	if (r < 0)
		return ka_job_fail(&job, &err, r, KA_EXIT_FAILED);
	if (r == 0) {
		ka_print_error(&job.style, "nothing was chosen, nothing was changed");
		return KA_EXIT_FAILED;
	}
	*ret_id = ka_strdup(job.selection.menu.entries[index]->id);
	return KA_EXIT_DONE;
}

/*
 * The machine is looked at once more behind the choice: somebody may have thought about it for an hour, and
 * what is loaded must be what is there then.
 */
enum ka_exit ka_cmd_menu(const struct ka_request *request)
{
	_cleanup_free_ char *id = NULL, *cmdline = NULL;
	struct ka_request chosen = *request; /* borrows all of it */
	enum ka_exit status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		struct ka_style style = ka_style_of(request);

		ka_print_error(&style, "--menu needs a terminal on standard input and output; "
				       "--list and --entry= do without");
		return KA_EXIT_USAGE;
	}
	status = choose(request, &id, &cmdline);
	if (status != KA_EXIT_DONE)
		return status;
	chosen.action = KA_ACTION_RESTART;
	chosen.entry = id;
	if (cmdline) {
		chosen.cmdline = cmdline;
		chosen.reuse_cmdline = false;
	}
	return ka_cmd_boot(&chosen);
}
