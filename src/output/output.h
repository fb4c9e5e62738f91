/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/findings.h>

#include <stdio.h>

#include "decide/plan.h"
#include "decide/select.h"
#include "kexec/load.h"
#include "restart/restart.h"

/*
 * Everything a person or a program gets to see. Results go to stdout, messages to stderr. Text
 * that comes from the machine looked at is never written as it is: control characters would reach
 * the terminal.
 */

/* --json[=]: whether, and in which form. */
enum ka_json {
	KA_JSON_OFF,
	KA_JSON_PRETTY,
	KA_JSON_SHORT,
};

/* How to print, settled once from the options and the environment. */
struct ka_style {
	bool quiet;
	bool verbose;
	bool color_out; /* stdout is a terminal and wants colours */
	bool color_err;
};

/* print.c: text for people. */

/* Control characters and broken UTF-8 as \xNN. */
void ka_print_safe(FILE *f, const char *text);
/* "kexec-any: …\n" on stderr. */
void ka_print_error(const struct ka_style *style, const char *text);
/* "kexec-any: warning: …\n" on stderr, not when quiet. */
void ka_print_warning(const struct ka_style *style, const char *text);
/* As an error on stdout without the prefix, not when quiet. */
void ka_print_note(const struct ka_style *style, const char *fmt, ...) _printf_(2, 3);
/* As messages on stderr: errors always, warnings unless quiet, infos when verbose. */
void ka_print_findings(const struct ka_style *style, const struct ka_findings *findings);
/* The kernel's own words, when verbose. */
void ka_print_log(const struct ka_style *style, char *const *log);

void ka_print_entry(const struct ka_style *style, const struct ka_menu *menu, size_t index);
void ka_print_check(const struct ka_style *style, const struct ka_entry *entry,
		    const struct ka_findings *findings);
void ka_print_plan(const struct ka_style *style, const struct ka_plan *plan,
		   const struct ka_findings *findings, enum ka_trigger trigger,
		   const struct ka_restart_request *request);

/* "ok", "warnings" or "refused". */
const char *ka_verdict(const struct ka_findings *findings);

/* A key of kexec-any.conf, its value, and the file it is from. */
struct ka_output_setting {
	const char *key, *value, *path;
};

/* What --status shows. */
struct ka_status {
	int loaded; /* 1, 0, negative: cannot be told */
	bool allowed;
	const struct ka_findings *why_not;
	const struct ka_selection *selection;
	const struct ka_scheduled *scheduled; /* NULL: unknown */
	const struct ka_output_setting *settings;
	size_t n_settings;
};

void ka_print_status(const struct ka_style *style, const struct ka_status *status);

/* table.c: the titles of the submenus around an entry, and its own: "a > b". */
char *ka_entry_full_title(const struct ka_entry *entry) _must_check_;
/* --list, through libsmartcols. 0, or its error. */
int ka_print_list(const struct ka_style *style, const struct ka_menu *menu) _must_check_;

/* json.c: the documents of kexec-any(8). */
void ka_json_list(enum ka_json form, const struct ka_selection *selection);
void ka_json_show(enum ka_json form, const struct ka_selection *selection, size_t index);
void ka_json_check(enum ka_json form, const struct ka_selection *selection, size_t index,
		   const struct ka_findings *findings);
void ka_json_plan(enum ka_json form, const struct ka_selection *selection, size_t index,
		  const struct ka_plan *plan, enum ka_trigger trigger,
		  const struct ka_restart_request *request, bool is_committed,
		  const struct ka_findings *findings);
void ka_json_status(enum ka_json form, const struct ka_status *status);
