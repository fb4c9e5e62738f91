// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of findings. */

#include <kexec-any/findings.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const severity_names[_KA_SEVERITY_MAX] = {
	[KA_INFO] = "info",
	[KA_WARNING] = "warning",
	[KA_ERROR] = "error",
};

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
static int grow(struct ka_findings *list)
{
	struct ka_finding *items;
	size_t n = list->n;

	if (n != 0 && (n & (n - 1)) != 0)
		return 0;

	items = reallocarray(list->items, n ? n * 2 : 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	return 0;
}

static int add_take(struct ka_findings *list, const struct ka_finding *from, char *text)
{
	struct ka_finding *f;
	char *path = NULL;

	if (from->path) {
		path = strdup(from->path);
		if (!path)
			goto no_memory;
	}
	if (grow(list) < 0)
		goto no_memory;

	f = &list->items[list->n++];
	*f = *from;
	f->path = path;
	f->text = text;
	return 0;

no_memory:
	free(path);
	free(text);
	return -ENOMEM;
}

int ka_report(struct ka_findings *list, enum ka_severity severity, const char *id, const char *path,
	      const char *remedy, const char *fmt, ...)
{
	const struct ka_finding from = {
		.id = id,
		.severity = severity,
		.path = (char *)path,
		.remedy = remedy,
	};
	char *text = NULL;
	va_list ap;
	int r;

	if (list->n >= KA_FINDINGS_LIMIT)
		return 0;

	va_start(ap, fmt);
	r = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	return add_take(list, &from, text);
}

int ka_findings_copy(struct ka_findings *list, const struct ka_findings *from)
{
	for (size_t i = 0; i < from->n && list->n < KA_FINDINGS_LIMIT; i++) {
		char *text = strdup(from->items[i].text);
		int r;

		if (!text)
			return -ENOMEM;
		r = add_take(list, &from->items[i], text);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct ka_finding *ka_findings_first(const struct ka_findings *list,
					   enum ka_severity at_least)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].severity >= at_least)
			return &list->items[i];
	return NULL;
}

bool ka_findings_have(const struct ka_findings *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (ka_streq(list->items[i].id, id))
			return true;
	return false;
}
