// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of findings, and the table of all of them. */

#include <kexec-any/findings.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static const char *const severity_names[_KA_SEVERITY_MAX] = {
	[KA_INFO] = "info",
	[KA_WARNING] = "warning",
	[KA_ERROR] = "error",
};

/* The words of findings.def. */
enum {
	ERROR = 1 << KA_ERROR,
	WARNING = 1 << KA_WARNING,
	INFO = 1 << KA_INFO,
	FINAL = 1 << _KA_SEVERITY_MAX,
};

static const struct {
	const char *name;
	unsigned how;
} table[_KA_ID_MAX] = {
#define KA_FINDING(id, string, flags) [KA_ID_##id] = { .name = (string), .how = (flags) },
#include <kexec-any/findings.def>
#undef KA_FINDING
};

const char *ka_finding_name(enum ka_finding_id id)
{
	return table[id].name;
}

enum ka_finding_id ka_finding_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (ka_streq(table[i].name, name))
			return (enum ka_finding_id)i;
	return _KA_ID_MAX;
}

bool ka_finding_can_be_error(enum ka_finding_id id)
{
	return table[id].how & ERROR;
}

bool ka_finding_is_final(enum ka_finding_id id)
{
	return table[id].how & FINAL;
}

const char *ka_severity_name(enum ka_severity severity)
{
	return severity_names[severity];
}

void ka_findings_done(struct ka_findings *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].path);
		free(list->items[i].text);
	}
	free(list->items);
	*list = (struct ka_findings)KA_FINDINGS_INIT;
}

/* Room for one more. The array doubles at every power of two, so no size has to be kept. */
static void grow(struct ka_findings *list)
{
	size_t n = list->n;

	if ((n & (n - 1)) == 0)
		list->items = ka_reallocarray(list->items, n ? n * 2 : 1, sizeof(*list->items));
}

static void add_take(struct ka_findings *list, const struct ka_finding *from, char *text)
{
	struct ka_finding *f;

	grow(list);
	f = &list->items[list->n++];
	*f = *from;
	f->path = ka_strdup_or_null(from->path);
	f->text = text;
}

void ka_report(struct ka_findings *list, enum ka_severity severity, enum ka_finding_id id,
	       const char *path, const char *remedy, const char *fmt, ...)
{
	const struct ka_finding from = {
		.id = id,
		.severity = severity,
		.path = (char *)path,
		.remedy = remedy,
	};
	va_list ap;

	if (list->n >= KA_FINDINGS_LIMIT)
		return;

	va_start(ap, fmt);
	add_take(list, &from, ka_vformat(fmt, ap));
	va_end(ap);
}

void ka_findings_copy(struct ka_findings *list, const struct ka_findings *from)
{
	for (size_t i = 0; i < from->n && list->n < KA_FINDINGS_LIMIT; i++)
		add_take(list, &from->items[i], ka_strdup(from->items[i].text));
}

const struct ka_finding *ka_findings_first(const struct ka_findings *list,
					   enum ka_severity at_least)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].severity >= at_least)
			return &list->items[i];
	return NULL;
}

bool ka_findings_have(const struct ka_findings *list, enum ka_finding_id id)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].id == id)
			return true;
	return false;
}
