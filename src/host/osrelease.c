// SPDX-License-Identifier: GPL-2.0-or-later
/* os-release(5): "NAME=value" lines, values as a shell would quote them. */

#include <kexec-any/memory.h>
#include <kexec-any/osrelease.h>
#include <kexec-any/text.h>

#include <errno.h>

#define LIMIT 65536

void ka_os_release_done(struct ka_os_release *os)
{
	free(os->id);
	ka_strv_free(os->id_like);
	free(os->version_id);
	free(os->platform_id);
	free(os->pretty_name);
	*os = (struct ka_os_release){ NULL };
}

char *ka_os_release_value(char *line, const char *name)
{
	size_t n = strlen(name);
	char *value, *out;

	if (strncmp(line, name, n) != 0 || line[n] != '=')
		return NULL;
	value = ka_strip(line + n + 1);
	if (*value == '"' || *value == '\'') {
		char *end = strchr(value + 1, *value);

		if (end)
			*end = '\0';
		value++;
	}
	out = value;
	for (char *p = value; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*out++ = *p;
	}
	*out = '\0';
	return value;
}

static void take_line(char *line, struct ka_os_release *ret)
{
	const struct {
		const char *name;
		char **to;
	} names[] = {
		{ "ID", &ret->id },
		{ "VERSION_ID", &ret->version_id },
		{ "PLATFORM_ID", &ret->platform_id },
		{ "PRETTY_NAME", &ret->pretty_name },
	};
	char *value = ka_os_release_value(line, "ID_LIKE");

	if (value) {
		for (char *save = NULL, *word = strtok_r(value, " \t", &save); word;
		     word = strtok_r(NULL, " \t", &save))
			ka_strv_add(&ret->id_like, word);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		value = ka_os_release_value(line, names[i].name);
		if (!value)
			continue;
		free(*names[i].to);
		*names[i].to = ka_strdup(value);
		return;
	}
}

int ka_host_os_release(struct ka_host *host, struct ka_os_release *ret)
{
	_cleanup_free_ char *text = NULL;
	struct ka_os_release os = { NULL };
	const char *platform;
	int r;

	r = ka_host_read(host, "/etc/os-release", LIMIT, &text, NULL, NULL);
	if (r == -ENOENT)
		r = ka_host_read(host, "/usr/lib/os-release", LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (char *cursor = text, *line; (line = ka_next_line(&cursor));)
		take_line(line, &os);
	platform = os.platform_id ? ka_startswith(os.platform_id, "platform:") : NULL;
	if (platform)
		memmove(os.platform_id, platform, strlen(platform) + 1);
	*ret = os;
	return 1;
}

bool ka_os_release_is_like(const struct ka_os_release *os, const char *id)
{
	return (os->id && ka_streq(os->id, id)) || ka_strv_contains(os->id_like, id);
}
