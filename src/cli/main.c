// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-any: boot now what the boot loader would boot next. */

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/settings.h"

#include <kexec-any/text.h>

static enum ka_exit run(const struct ka_request *request)
{
	switch (request->action) {
	case KA_ACTION_LIST:
		return ka_cmd_list(request);
	case KA_ACTION_SHOW:
		return ka_cmd_show(request);
	case KA_ACTION_CHECK:
		return ka_cmd_check(request);
	case KA_ACTION_RESTART:
	case KA_ACTION_LOAD:
		return ka_cmd_boot(request);
	case KA_ACTION_MENU:
		return ka_cmd_menu(request);
	case KA_ACTION_UNLOAD:
		return ka_cmd_unload(request);
	case KA_ACTION_CANCEL:
		return ka_cmd_cancel(request);
	case KA_ACTION_STATUS:
		return ka_cmd_status(request);
	case KA_ACTION_HELP:
		return ka_cmd_help(request);
	case KA_ACTION_COMPLETE:
		return ka_cmd_complete(request);
	case KA_ACTION_VERSION:
		puts("kexec-any " KA_VERSION);
		return KA_EXIT_DONE;
	}
	return KA_EXIT_USAGE;
}

/* Whatever takes a restart back works without them. */
static bool uses_settings(const struct ka_request *request)
{
	return request->action != KA_ACTION_UNLOAD && request->action != KA_ACTION_CANCEL &&
	       request->action != KA_ACTION_HELP && request->action != KA_ACTION_VERSION;
}

int main(int argc, char **argv)
{
	_cleanup_(ka_settings_done) struct ka_settings settings = KA_SETTINGS_INIT;
	_cleanup_(ka_request_done) struct ka_request request = { .action = KA_ACTION_RESTART };
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	enum ka_exit status;
	int r;

	r = ka_options_parse(argc, argv, &request, &err);
	if (r < 0) {
		fprintf(stderr, "kexec-any: %s\nTry 'kexec-any --help'.\n", ka_error_text(&err, r));
		return KA_EXIT_USAGE;
	}
	if (uses_settings(&request)) {
		r = ka_settings_apply(&request, &settings, &err);
		if (r < 0) {
			fputs("kexec-any: ", stderr);
			ka_print_safe(stderr, ka_error_text(&err, r));
			fputc('\n', stderr);
			return KA_EXIT_USAGE;
		}
	}
	status = run(&request);

	/* A result that did not reach its reader is no result; a restart that is under way is one. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "kexec-any: cannot write to standard output\n");
		if ((request.action == KA_ACTION_RESTART || request.action == KA_ACTION_MENU) &&
		    !request.dry_run)
			return (int)status;
		return status == KA_EXIT_DONE ? KA_EXIT_FAILED : (int)status;
	}
	return status;
}
