// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --complete=KIND: what the shells' completions offer, a word on each line, a tab and its description.
 * contrib/completions has no list of its own.
 */

#include "cli/commands.h"
#include "cli/job.h"
#include "cli/option-table.h"
#include "decide/registry.h"
#include "output/utf8.h"

#include <kexec-any/text.h>

#include <errno.h>

/* What would have to be escaped cannot be typed either. */
static bool is_printable(const char *word)
{
	for (size_t n; *word; word += n) {
		n = ka_utf8_length(word);
		if (n == 0 || (unsigned char)*word < 0x20 || *word == 0x7f)
			return false;
	}
	return true;
}

static void print_word(const char *word, const char *help)
{
	if (!is_printable(word))
		return;
	printf("%s\t", word);
	ka_print_safe(stdout, help);
	putchar('\n');
}

static enum ka_exit print_entries(const struct ka_request *request)
{
	_cleanup_(ka_job_done) struct ka_job job = KA_JOB_INIT(request);
	enum ka_exit status = ka_job_discover(&job);
	const struct ka_menu *menu = &job.selection.menu;

	for (size_t i = 0; i < menu->n_entries; i++)
		print_word(menu->entries[i]->id, menu->entries[i]->title);
	return status;
}

/* Those that --ignore= changes. */
static void print_findings(void)
{
	for (int i = 0; i < _KA_ID_MAX; i++)
		if (ka_finding_can_be_error((enum ka_finding_id)i) &&
		    !ka_finding_is_final((enum ka_finding_id)i))
			print_word(ka_finding_name((enum ka_finding_id)i), "kexec-any-findings(7)");
}

static void print_backends(void)
{
	for (size_t i = 0; ka_backends[i]; i++)
		print_word(ka_backends[i]->name, ka_backends[i]->summary);
}

static void print_times(void)
{
	print_word("now", "at once");
	print_word("+5m", "in five minutes");
	print_word("+1h", "in an hour");
	print_word("04:00", "the next 04:00");
	print_word("23:00", "the next 23:00");
	print_word("cancel", "cancel a scheduled restart");
}

/* Name, letter, kind of value ('?' behind it: not necessary), description. "-": none. */
static void print_options(void)
{
	for (size_t i = 0; i < ka_n_options; i++) {
		const struct ka_option *o = &ka_options[i];

		if (o->group == KA_GROUP_INTERNAL)
			continue;
		printf("--%s\t-", o->name);
		if (o->code < 0x100)
			putchar(o->code);
		printf("\t%s%s\t%s\n", ka_words_name(o->words), o->is_optional ? "?" : "", o->help);
	}
}

enum ka_exit ka_cmd_complete(const struct ka_request *request)
{
	switch (request->complete) {
	case KA_WORDS_ENTRIES:
		return print_entries(request);
	case KA_WORDS_FINDINGS:
		print_findings();
		break;
	case KA_WORDS_BACKENDS:
		print_backends();
		break;
	case KA_WORDS_TIMES:
		print_times();
		break;
	case KA_WORDS_SPANS:
		print_word("20s", "twenty seconds after the shutdown begins");
		print_word("2min", "two minutes after it");
		break;
	case KA_WORDS_JSON:
		print_word("pretty", "for reading");
		print_word("short", "on one line");
		break;
	case KA_WORDS_HELP:
		print_word("all", "every option");
		break;
	default:
		print_options();
		break;
	}
	return KA_EXIT_DONE;
}
