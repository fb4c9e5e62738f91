// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The JSON documents, schema 1. All keys are always there; what is not known is null.
 */

#include "output/output.h"
#include "output/utf8.h"

#include <kexec-any/text.h>

#include <json-c/json.h>
#include <stdio.h>
#include <time.h>

/* Takes value; NULL is JSON's null. */
static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void append(struct json_object *array, struct json_object *value)
{
	json_object_array_add(array, value);
}

/* JSON is UTF-8: bytes that are none become U+FFFD. */
static struct json_object *string(const char *text)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	if (!text)
		return NULL;
	for (const char *p = text; *p;) {
		size_t n = ka_utf8_length(p);

		if (n > 0)
			ka_buf_add(&buf, p, n);
		else
			ka_buf_adds(&buf, "\xef\xbf\xbd");
		p += n > 0 ? n : 1;
	}
	return json_object_new_string(buf.text ? buf.text : "");
}

static struct json_object *strings(char *const *list)
{
	struct json_object *array = json_object_new_array();

	for (; list && *list; list++)
		append(array, string(*list));
	return array;
}

static struct json_object *boolean(bool value)
{
	return json_object_new_boolean(value);
}

static struct json_object *tristate(int value)
{
	return value < 0 ? NULL : boolean(value);
}

static struct json_object *number_or_null(int value)
{
	return value < 0 ? NULL : json_object_new_int(value);
}

static struct json_object *number(uint64_t value)
{
	return json_object_new_uint64(value);
}

static struct json_object *finding(const struct ka_finding *f)
{
	struct json_object *o = json_object_new_object();

	add(o, "id", string(ka_finding_name(f->id)));
	add(o, "severity", string(ka_severity_name(f->severity)));
	add(o, "path", string(f->path));
	add(o, "text", string(f->text));
	add(o, "remedy", string(f->remedy));
	return o;
}

static struct json_object *findings_array(const struct ka_findings *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++)
		append(array, finding(&list->items[i]));
	return array;
}

/* The whole files among the pieces; parts of a UKI and packed archives have no path. */
static struct json_object *files(const struct ka_pieces *pieces)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < pieces->n; i++)
		if (!pieces->items[i].part)
			append(array, string(pieces->items[i].path));
	return array;
}

static struct json_object *source(const struct ka_entry *e)
{
	struct json_object *o = json_object_new_object();

	add(o, "path", string(e->source_path));
	add(o, "line", e->source_line ? number(e->source_line) : NULL);
	return o;
}

static struct json_object *entry(const struct ka_selection *selection, size_t index)
{
	const struct ka_menu *menu = &selection->menu;
	const struct ka_entry *e = menu->entries[index];
	struct json_object *o = json_object_new_object();

	add(o, "id", string(e->id));
	add(o, "number", number(index));
	add(o, "title", string(e->title));
	add(o, "menu", strings(e->menu));
	add(o, "backend", string(selection->candidates[selection->in_charge].backend->name));
	add(o, "type", string(ka_entry_type_name(e->type)));
	add(o, "version", string(e->version));
	add(o, "machineId", string(e->machine_id));
	add(o, "sortKey", string(e->sort_key));
	add(o, "architecture", string(e->architecture));
	add(o, "source", source(e));
	add(o, "linux", string(e->linux_ref.path));
	add(o, "kernel", string(e->kernel));
	add(o, "initrd", files(&e->initrds));
	add(o, "devicetree", string(e->devicetree));
	add(o, "cmdline", string(e->cmdline));
	add(o, "triesLeft", number_or_null(e->tries_left));
	add(o, "triesDone", number_or_null(e->tries_done));
	add(o, "isDefault", boolean(menu->default_index == (ssize_t)index));
	add(o, "isRunning", tristate(e->running));
	add(o, "bootable", boolean(ka_entry_is_bootable(e)));
	add(o, "problems", findings_array(&e->problems));
	return o;
}

static struct json_object *why(const struct ka_menu *menu)
{
	struct json_object *o;

	if (menu->reason == KA_REASON_NONE)
		return NULL;
	o = json_object_new_object();
	add(o, "reason", string(ka_reason_name(menu->reason)));
	add(o, "source", string(menu->reason_source));
	add(o, "text", string(menu->reason_text));
	return o;
}

static struct json_object *backends(const struct ka_selection *selection)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < selection->n_candidates; i++) {
		const struct ka_candidate *c = &selection->candidates[i];
		struct json_object *o = json_object_new_object();

		add(o, "name", string(c->backend->name));
		add(o, "present", tristate(c->present));
		add(o, "inCharge", boolean(selection->in_charge == (ssize_t)i));
		add(o, "why", string(c->why));
		append(array, o);
	}
	return array;
}

static struct json_object *new_document(void)
{
	struct json_object *o = json_object_new_object();

	add(o, "schema", number(1));
	return o;
}

/* Print and release. */
static void finish(enum ka_json form, struct json_object *document)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (form == KA_JSON_PRETTY)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(json_object_to_json_string_ext(document, flags));
	json_object_put(document);
}

/* --- the chain: what boots this machine next */

static struct json_object *chain_option(const struct ka_chain *chain)
{
	struct json_object *o;
	char name[16];

	if (chain->from == KA_OPTION_NONE)
		return NULL;
	o = json_object_new_object();
	snprintf(name, sizeof(name), "Boot%04X", chain->number & 0xffff);
	add(o, "variable", string(chain->from == KA_OPTION_REMOVABLE ? NULL : name));
	add(o, "from", string(ka_option_from_name(chain->from)));
	add(o, "description", string(chain->option.description));
	add(o, "path", string(chain->option.path));
	add(o, "partition", string(chain->option.partition));
	add(o, "data", string(chain->option.options));
	return o;
}

static struct json_object *chain_program(const struct ka_chain *chain)
{
	const struct ka_program *p = &chain->program;
	struct json_object *o;

	if (p->kind == KA_PROGRAM_UNKNOWN && !chain->path)
		return NULL;
	o = json_object_new_object();
	add(o, "kind", string(ka_program_name(p->kind)));
	add(o, "vendor", string(p->vendor));
	add(o, "version", string(p->version));
	add(o, "path", string(chain->path));
	add(o, "evidence",
	    string(p->evidence == KA_EVIDENCE_NONE ? NULL : ka_program_evidence_name(p->evidence)));
	return o;
}

static struct json_object *chain(const struct ka_selection *selection)
{
	const struct ka_chain *c = &selection->chain;
	struct json_object *o = json_object_new_object();

	add(o, "firmware", string(ka_firmware_name(c->firmware)));
	add(o, "certain", boolean(c->certain && !c->refusal));
	add(o, "why", string(c->refusal ? c->refusal : c->why));
	add(o, "option", chain_option(c));
	add(o, "program", chain_program(c));
	add(o, "configuration", string(selection->menu.configuration));
	add(o, "dialect", string(selection->menu.dialect));
	add(o, "runningByKexec", tristate(c->by_kexec));
	return o;
}

void ka_json_list(enum ka_json form, const struct ka_selection *selection)
{
	const struct ka_menu *menu = &selection->menu;
	struct json_object *o = new_document(), *entries = json_object_new_array();
	const char *in_charge = NULL, *id = NULL;

	if (selection->in_charge >= 0)
		in_charge = selection->candidates[selection->in_charge].backend->name;
	if (menu->default_index >= 0)
		id = menu->entries[menu->default_index]->id;
	for (size_t i = 0; i < menu->n_entries; i++)
		append(entries, entry(selection, i));

	add(o, "backend", string(in_charge));
	add(o, "backends", backends(selection));
	add(o, "default", string(id));
	add(o, "why", why(menu));
	add(o, "undecided", string(menu->undecided));
	add(o, "entries", entries);
	add(o, "problems", findings_array(&menu->problems));
	add(o, "chain", chain(selection));
	finish(form, o);
}

void ka_json_show(enum ka_json form, const struct ka_selection *selection, size_t index)
{
	struct json_object *o = entry(selection, index);
	bool is_default = selection->menu.default_index == (ssize_t)index;

	add(o, "why", is_default ? why(&selection->menu) : NULL);
	add(o, "chain", chain(selection));
	finish(form, o);
}

void ka_json_check(enum ka_json form, const struct ka_selection *selection, size_t index,
		   const struct ka_findings *findings)
{
	struct json_object *o = new_document();

	add(o, "entry", entry(selection, index));
	add(o, "findings", findings_array(findings));
	add(o, "verdict", string(ka_verdict(findings)));
	finish(form, o);
}

static void append_writes(struct json_object *array, const struct ka_writes *writes)
{
	for (size_t i = 0; i < writes->n; i++) {
		_cleanup_free_ char *text = ka_write_text(&writes->items[i]);

		append(array, string(text));
	}
}

/* What a run would write in the loader's place, unless told to leave it. */
static struct json_object *commits(const struct ka_menu *menu, size_t index, bool is_committed)
{
	struct json_object *array = json_object_new_array();

	if (is_committed) {
		append_writes(array, &menu->writes);
		append_writes(array, &menu->entries[index]->writes);
	}
	return array;
}

void ka_json_plan(enum ka_json form, const struct ka_selection *selection, size_t index,
		  const struct ka_plan *plan, enum ka_trigger trigger,
		  const struct ka_restart_request *request, bool is_committed,
		  const struct ka_findings *findings)
{
	struct json_object *o = new_document();

	add(o, "entry", entry(selection, index));
	add(o, "kernel", string(plan->kernel.path));
	add(o, "initrdBytes", number(ka_plan_initrd_size(plan)));
	add(o, "kernelBytes", number(plan->kernel.size));
	add(o, "memoryNeeded", number(ka_plan_memory_needed(plan)));
	add(o, "cmdline", string(plan->cmdline));
	add(o, "loader", string(ka_plan_loader(plan)));
	add(o, "trigger", string(ka_trigger_name(trigger)));
	add(o, "stopTimeout", request->stop_timeout ? number(request->stop_timeout) : NULL);
	add(o, "commits", commits(&selection->menu, index, is_committed));
	add(o, "findings", findings_array(findings));
	finish(form, o);
}

static struct json_object *scheduled(const struct ka_scheduled *s)
{
	time_t seconds;
	struct json_object *o;
	char text[64];
	struct tm tm;

	if (!s || !s->type)
		return NULL;
	o = json_object_new_object();
	add(o, "type", string(s->type));
	add(o, "usec", number(s->when));
	seconds = (time_t)(s->when / 1000000);
	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		add(o, "time", string(text));
	else
		add(o, "time", NULL);
	return o;
}

static struct json_object *settings(const struct ka_status *status)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < status->n_settings; i++) {
		struct json_object *o = json_object_new_object();

		add(o, "key", string(status->settings[i].key));
		add(o, "value", string(status->settings[i].value));
		add(o, "path", string(status->settings[i].path));
		append(array, o);
	}
	return array;
}

void ka_json_status(enum ka_json form, const struct ka_status *status)
{
	struct json_object *o = new_document();

	add(o, "loaded", tristate(status->loaded < 0 ? -1 : status->loaded));
	add(o, "allowed", boolean(status->allowed));
	add(o, "whyNot", findings_array(status->why_not));
	add(o, "backends", backends(status->selection));
	add(o, "chain", chain(status->selection));
	add(o, "scheduled", scheduled(status->scheduled));
	add(o, "settings", settings(status));
	finish(form, o);
}
