/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * Findings: the only way a check, a parser or a backend says something about the machine that is
 * not a failure of its own. Whoever holds the list decides what it means; nobody prints here.
 */

enum ka_severity {
	KA_INFO,
	KA_WARNING,
	KA_ERROR, /* stops a run with exit status 4 before anything is changed */
	_KA_SEVERITY_MAX
};

/* KA_ID_KERNEL_MISSING and its like: a name for each row of the table in findings.def. */
enum ka_finding_id {
#define KA_FINDING(name, id, how) KA_ID_##name,
#include <kexec-any/findings.def>
#undef KA_FINDING
	_KA_ID_MAX
};

struct ka_finding {
	enum ka_finding_id id;
	enum ka_severity severity;
	char *path;	    /* on the machine looked at; NULL when it is about no file */
	char *text;	    /* what, which rule, the numbers */
	const char *remedy; /* what to do; a literal or NULL */
};

struct ka_findings {
	struct ka_finding *items;
	size_t n;
};

#define KA_FINDINGS_INIT                                                                           \
	{                                                                                          \
		.items = NULL, .n = 0                                                              \
	}

void ka_findings_done(struct ka_findings *list);

/*
 * Add one finding. remedy is kept as it is (a literal), path and text are copied.
 * After KA_FINDINGS_LIMIT findings further ones are dropped: a hostile machine must not be able to
 * fill the memory with complaints.
 */
void ka_report(struct ka_findings *list, enum ka_severity severity, enum ka_finding_id id,
	       const char *path, const char *remedy, const char *fmt, ...) _printf_(6, 7);

#define KA_FINDINGS_LIMIT 10000

/* Append copies of all findings of from. */
void ka_findings_copy(struct ka_findings *list, const struct ka_findings *from);

/* The first finding of this severity or above, NULL if there is none. */
const struct ka_finding *ka_findings_first(const struct ka_findings *list,
					   enum ka_severity at_least);

/* Is there one with this id? */
bool ka_findings_have(const struct ka_findings *list, enum ka_finding_id id);

/* As people write it: "kernel-missing". */
const char *ka_finding_name(enum ka_finding_id id);

/* The finding with that name, _KA_ID_MAX if there is none. */
enum ka_finding_id ka_finding_find(const char *name);

/* Does its row say that it can be an error? */
bool ka_finding_can_be_error(enum ka_finding_id id);

/* Does it stay an error whatever --ignore= says? */
bool ka_finding_is_final(enum ka_finding_id id);

/* "error", "warning", "info" */
const char *ka_severity_name(enum ka_severity severity);
