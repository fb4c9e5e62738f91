/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>
#include <kexec-any/host.h>

#include "decide/plan.h"

/* The system call. Nothing in here is reached before every check has passed. */

struct ka_load_result {
	char **log; /* what the kernel said meanwhile */
	struct ka_findings findings;
};

#define KA_LOAD_RESULT_INIT                                                                        \
	{                                                                                          \
		.log = NULL, .findings = KA_FINDINGS_INIT                                          \
	}

void ka_load_result_done(struct ka_load_result *result);

/*
 * Load the plan and verify that the kernel says "loaded". 1: a file is not any more what was checked,
 * a finding in ret says which. On failure, and of changed files, nothing stays loaded, unless
 * unloading is impossible, which the error then says: an older image would otherwise start at the
 * next reboot. verbose: ask the kernel for its debug lines (Linux 6.8).
 */
int ka_load(struct ka_host *host, const struct ka_plan *plan, bool verbose,
	    struct ka_load_result *ret, struct ka_error *err) _must_check_;

/* Forget a loaded kernel. 0 also when none is loaded. */
int ka_unload(struct ka_host *host, struct ka_error *err) _must_check_;

/* The same when nothing else works any more: for ka_on_out_of_memory(). Allocates nothing, tells nothing. */
void ka_unload_now(void);

/* errno.c: what a failed kexec_file_load() means here, as the text of err. Returns r. */
int ka_load_explain(struct ka_host *host, const struct ka_plan *plan, int r, char *const *log,
		    struct ka_error *err);

/* The sentence alone, from the facts alone (for the tests; every row of the table has a test). */
struct ka_load_facts {
	bool has_kexec; /* the kernel has kexec at all */
	bool has_capability;
	bool is_disabled;
	bool is_exhausted; /* kexec_load_limit_reboot is 0 */
	bool is_filtered;
	bool is_locked_down;
	bool is_signed;
	bool is_joined; /* the initrd is a memory file */
	const char *arch;
	char *const *log;
};

struct ka_load_sentence {
	const char *text;
	const char *remedy;
};

struct ka_load_sentence ka_load_sentence(int error, const struct ka_load_facts *facts);

/* fallback.c: load with kexec(8) and the older system call. */

/* The program's path; NULL when it is not installed. */
const char *ka_kexec8_path(struct ka_host *host);
int ka_kexec8_load(struct ka_host *host, const struct ka_plan *plan, int initrd_fd,
		   struct ka_error *err) _must_check_;
