// SPDX-License-Identifier: GPL-2.0-or-later
/* Text for people. */

#include "output/output.h"
#include "output/utf8.h"

#include <kexec-any/text.h>

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

#define BOLD  "\x1b[1m"
#define DIM   "\x1b[2m"
#define RED   "\x1b[31m"
#define AMBER "\x1b[33m"
#define RESET "\x1b[0m"

void ka_print_safe(FILE *f, const char *text)
{
	while (*text) {
		size_t n = ka_utf8_length(text);

		if (n == 0 || (unsigned char)*text < 0x20 || *text == 0x7f) {
			fprintf(f, "\\x%02x", (unsigned char)*text++);
			continue;
		}
		fwrite(text, 1, n, f);
		text += n;
	}
}

static void color(FILE *f, bool on, const char *sequence)
{
	if (on)
		fputs(sequence, f);
}

static const char *severity_color(enum ka_severity severity)
{
	return severity == KA_ERROR ? RED : severity == KA_WARNING ? AMBER : DIM;
}

void ka_print_error(const struct ka_style *style, const char *text)
{
	fputs("kexec-any: ", stderr);
	color(stderr, style->color_err, RED);
	ka_print_safe(stderr, text);
	color(stderr, style->color_err, RESET);
	fputc('\n', stderr);
}

void ka_print_warning(const struct ka_style *style, const char *text)
{
	if (style->quiet)
		return;
	fputs("kexec-any: ", stderr);
	color(stderr, style->color_err, severity_color(KA_WARNING));
	fprintf(stderr, "%s: ", ka_severity_name(KA_WARNING));
	color(stderr, style->color_err, RESET);
	ka_print_safe(stderr, text);
	fputc('\n', stderr);
}

void ka_print_note(const struct ka_style *style, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	if (style->quiet)
		return;
	va_start(ap, fmt);
	text = ka_vformat(fmt, ap);
	va_end(ap);
	ka_print_safe(stdout, text);
	fputc('\n', stdout);
}

/* "error: /boot/…: text [id]", then what to do. The path is not repeated when the text has it. */
static void print_finding(FILE *f, bool colored, const char *prefix,
			  const struct ka_finding *finding)
{
	fputs(prefix, f);
	color(f, colored, severity_color(finding->severity));
	fprintf(f, "%s: ", ka_severity_name(finding->severity));
	color(f, colored, RESET);
	if (finding->path && !strstr(finding->text, finding->path)) {
		ka_print_safe(f, finding->path);
		fputs(": ", f);
	}
	ka_print_safe(f, finding->text);
	fprintf(f, " [%s]\n", ka_finding_name(finding->id));
	if (finding->remedy)
		fprintf(f, "%*s→ %s\n", (int)strlen(prefix), "", finding->remedy);
}

void ka_print_findings(const struct ka_style *style, const struct ka_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct ka_finding *finding = &findings->items[i];

		if ((finding->severity == KA_WARNING && style->quiet) ||
		    (finding->severity == KA_INFO && !style->verbose))
			continue;
		print_finding(stderr, style->color_err, "kexec-any: ", finding);
	}
}

void ka_print_log(const struct ka_style *style, char *const *log)
{
	if (!style->verbose)
		return;
	for (; log && *log; log++) {
		fputs("kernel: ", stderr);
		ka_print_safe(stderr, *log);
		fputc('\n', stderr);
	}
}

/* One "    label: value" line, the labels right-aligned as bootctl(1) does it. */
static void print_field(const char *label, const char *value)
{
	if (!value)
		return;
	printf("%12s: ", label);
	ka_print_safe(stdout, value);
	putchar('\n');
}

static void print_fields(const char *label, char *const *values)
{
	for (; values && *values; values++, label = "")
		print_field(label, *values);
}

static void print_marks(const struct ka_style *style, const struct ka_menu *menu, size_t index)
{
	const struct ka_entry *entry = menu->entries[index];

	printf("%12s: ", "title");
	color(stdout, style->color_out, BOLD);
	ka_print_safe(stdout, entry->title);
	color(stdout, style->color_out, RESET);
	if (menu->default_index == (ssize_t)index)
		fputs(" (default)", stdout);
	if (ka_entry_is_running(entry))
		fputs(" (running)", stdout);
	if (!ka_entry_is_bootable(entry))
		fputs(" (not bootable)", stdout);
	putchar('\n');
}

static void print_why(const struct ka_menu *menu)
{
	if (menu->undecided)
		print_field("undecided", menu->undecided);
	if (menu->reason == KA_REASON_NONE)
		return;
	printf("%12s: %s (", "why", ka_reason_name(menu->reason));
	ka_print_safe(stdout, menu->reason_source);
	fputs("): ", stdout);
	ka_print_safe(stdout, menu->reason_text);
	putchar('\n');
}

static void print_source(const struct ka_entry *entry)
{
	if (!entry->source_path)
		return;
	printf("%12s: ", "source");
	ka_print_safe(stdout, entry->source_path);
	if (entry->source_line)
		printf(":%u", entry->source_line);
	putchar('\n');
}

static void print_pieces(const char *label, const struct ka_pieces *pieces)
{
	for (size_t i = 0; i < pieces->n; i++) {
		const struct ka_piece *p = &pieces->items[i];

		printf("%12s: ", i == 0 ? label : "");
		if (p->path)
			ka_print_safe(stdout, p->path);
		printf("%s", p->path && p->part ? " " : "");
		if (p->part) {
			putchar('(');
			ka_print_safe(stdout, p->part);
			putchar(')');
		}
		putchar('\n');
	}
}

void ka_print_entry(const struct ka_style *style, const struct ka_menu *menu, size_t index)
{
	const struct ka_entry *entry = menu->entries[index];

	print_marks(style, menu, index);
	print_field("id", entry->id);
	print_fields("also", entry->aliases);
	print_fields("menu", entry->menu);
	printf("%12s: %s\n", "type", ka_entry_type_name(entry->type));
	print_source(entry);
	print_field("version", entry->version);
	print_field("machine-id", entry->machine_id);
	print_field("sort-key", entry->sort_key);
	print_field("architecture", entry->architecture);
	print_field("linux", entry->linux_ref.path);
	print_field("kernel", entry->kernel ? entry->kernel : "(not found)");
	print_pieces("initrd", &entry->initrds);
	print_field("devicetree", entry->devicetree);
	print_field("options", entry->cmdline ? entry->cmdline : "(unknown)");
	if (entry->tries_left >= 0)
		printf("%12s: %d left, %d done\n", "tries", entry->tries_left,
		       entry->tries_done > 0 ? entry->tries_done : 0);
	if (menu->default_index == (ssize_t)index)
		print_why(menu);
	for (size_t i = 0; i < entry->problems.n; i++)
		print_finding(stdout, style->color_out, "  ", &entry->problems.items[i]);
}

const char *ka_verdict(const struct ka_findings *findings)
{
	if (ka_findings_first(findings, KA_ERROR))
		return "refused";
	return ka_findings_first(findings, KA_WARNING) ? "warnings" : "ok";
}

void ka_print_check(const struct ka_style *style, const struct ka_entry *entry,
		    const struct ka_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (!style->quiet || findings->items[i].severity == KA_ERROR)
			print_finding(stdout, style->color_out, "", &findings->items[i]);
	if (style->quiet)
		return;
	ka_print_safe(stdout, entry->id);
	printf(": %s\n", ka_verdict(findings));
}

static void print_file(const char *label, const struct ka_plan_file *file, const char *detail)
{
	printf("%12s: ", label);
	ka_print_safe(stdout, file->path);
	printf(" (%" PRIu64 " bytes%s%s)\n", file->size, detail ? ", " : "", detail ? detail : "");
}

static void print_time(const char *label, uint64_t when)
{
	time_t seconds = (time_t)(when / 1000000);
	char text[64];
	struct tm tm;

	if (localtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S %Z", &tm) > 0)
		print_field(label, text);
}

void ka_print_plan(const struct ka_style *style, const struct ka_plan *plan,
		   const struct ka_findings *findings, enum ka_trigger trigger,
		   const struct ka_restart_request *request)
{
	if (style->quiet)
		return;
	print_field("entry", plan->entry->id);
	if (plan->kernel.path)
		print_file("kernel", &plan->kernel, ka_image_kind_name(plan->image.kind));
	print_field("version", plan->image.kernel_version);
	for (size_t i = 0; i < plan->n_initrds; i++)
		print_file(i == 0 ? "initrd" : "", &plan->initrds[i], NULL);
	print_field("options", plan->cmdline);
	printf("%12s: %" PRIu64 " MiB at the peak of the load\n", "memory",
	       (ka_plan_memory_needed(plan) + (1 << 20) - 1) >> 20);
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].id == KA_ID_JUMP_ESTIMATE)
			print_field("jump", findings->items[i].text);
	print_field("loader", ka_plan_loader(plan));
	print_field("restart", trigger == KA_TRIGGER_NONE ? "no" : ka_trigger_name(trigger));
	if (request->when)
		print_time("at", request->when);
	if (request->stop_timeout)
		printf("%12s: %u s\n", "stop timeout", request->stop_timeout);
}

static void print_candidates(const struct ka_selection *selection)
{
	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];

		printf("%12s: %s: ", i == 0 ? "loaders" : "", c->backend->name);
		if (selection->in_charge == (ssize_t)i)
			fputs("in charge: ", stdout);
		else if (c->present <= 0)
			fputs(c->present < 0 ? "unknown: " : "absent: ", stdout);
		ka_print_safe(stdout, c->why);
		putchar('\n');
	}
}

/* The links, a line each: what the firmware starts, what that is, what it reads, how sure it is. */
static void print_chain(const struct ka_selection *selection)
{
	const struct ka_chain *c = &selection->chain;
	const struct ka_program *p = &c->program;
	_cleanup_free_ char *option = NULL, *program = NULL, *sure = NULL;

	if (c->from == KA_OPTION_REMOVABLE)
		option =
			ka_format("%s, the default path of the ESP", ka_firmware_name(c->firmware));
	else if (c->from != KA_OPTION_NONE)
		option = ka_format("%s, Boot%04X '%s' (%s)%s%s", ka_firmware_name(c->firmware),
				   c->number, c->option.description, ka_option_from_name(c->from),
				   c->option.path ? ": " : "",
				   c->option.path ? c->option.path : "");
	program = ka_format("%s%s%s%s%s", ka_program_title(p->kind), p->version ? " " : "",
			    p->version ? p->version : "", c->path ? ", " : "",
			    c->path ? c->path : "");
	sure = ka_format("%s: %s",
			 c->refusal   ? "no"
			 : c->certain ? "yes"
				      : "not certain",
			 c->refusal ? c->refusal : c->why);
	print_field("firmware", option ? option : ka_firmware_name(c->firmware));
	print_field("program", program);
	print_field("reads", selection->menu.configuration ? selection->menu.configuration : "-");
	print_field("rules", selection->menu.dialect ? selection->menu.dialect : "-");
	print_field("proven", sure);
}

void ka_print_status(const struct ka_style *style, const struct ka_status *status)
{
	const struct ka_menu *menu = &status->selection->menu;

	print_field("loaded", status->loaded > 0 ? "yes" : status->loaded == 0 ? "no" : "unknown");
	print_field("allowed", status->allowed ? "yes" : "no");
	for (size_t i = 0; i < status->why_not->n; i++)
		print_finding(stdout, style->color_out, "              ",
			      &status->why_not->items[i]);
	print_chain(status->selection);
	print_candidates(status->selection);
	if (menu->default_index >= 0)
		print_field("default", menu->entries[menu->default_index]->id);
	for (size_t i = 0; i < status->n_settings; i++) {
		const struct ka_output_setting *s = &status->settings[i];
		_cleanup_free_ char *text = ka_format("%s=%s (%s)", s->key, s->value, s->path);

		print_field(i == 0 ? "settings" : "", text);
	}
	if (status->scheduled && status->scheduled->type) {
		print_field("scheduled", status->scheduled->type);
		print_time("at", status->scheduled->when);
	}
}
