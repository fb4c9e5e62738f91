// SPDX-License-Identifier: GPL-2.0-or-later
/* Where files of settings are and which of them count: as systemd.unit(5) has it. libeconf reads each. */

#include "cli/settings.h"

#include "base/library.h"
#include "restart/deadline.h"

#include <kexec-any/host.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <libeconf.h>

#define NAME  "kexec-any.conf"
#define GROUP "kexec-any"

static const char *const directories[] = { "/etc", "/run", "/usr/lib" };

static struct {
	__typeof__(&econf_readFile) read_file;
	__typeof__(&econf_freeFile) free_file;
	__typeof__(&econf_getGroups) get_groups;
	__typeof__(&econf_getKeys) get_keys;
	__typeof__(&econf_freeArray) free_array;
	__typeof__(&econf_getStringValue) get_string;
	__typeof__(&econf_errString) error_string;
	__typeof__(&econf_errLocation) error_location;
} econf;

static int load_library(struct ka_error *err)
{
	const struct ka_symbol symbols[] = {
		{ &econf.read_file, "econf_readFile" },
		{ &econf.free_file, "econf_freeFile" },
		{ &econf.get_groups, "econf_getGroups" },
		{ &econf.get_keys, "econf_getKeys" },
		{ &econf.free_array, "econf_freeArray" },
		{ &econf.get_string, "econf_getStringValue" },
		{ &econf.error_string, "econf_errString" },
		{ &econf.error_location, "econf_errLocation" },
	};

	return econf.read_file
		       ? 0
		       : ka_library_load(KA_LIBRARY_ECONF, symbols, ARRAY_SIZE(symbols), err);
}

static void setting_done(struct ka_setting *setting)
{
	free(setting->value);
	free(setting->path);
	*setting = (struct ka_setting){ .value = NULL };
}

void ka_settings_done(struct ka_settings *settings)
{
	setting_done(&settings->backend);
	setting_done(&settings->append);
	setting_done(&settings->ignore);
	setting_done(&settings->stop_timeout);
}

static struct ka_setting *find_key(struct ka_settings *settings, const char *key)
{
	const struct {
		const char *name;
		struct ka_setting *setting;
	} keys[] = { { "Backend", &settings->backend },
		     { "Append", &settings->append },
		     { "Ignore", &settings->ignore },
		     { "StopTimeout", &settings->stop_timeout } };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (ka_streq(key, keys[i].name))
			return keys[i].setting;
	return NULL;
}

static int take_key(econf_file *file, const char *path, const char *key,
		    struct ka_settings *settings, struct ka_error *err)
{
	struct ka_setting *setting = find_key(settings, key);
	char *value = NULL;
	econf_err r;

	if (!setting)
		return ka_fail(err, -EINVAL,
			       "'%s': unknown key '%s'; known are Backend, Append, Ignore and "
			       "StopTimeout",
			       path, key);
	r = econf.get_string(file, GROUP, key, &value);
	if (r != ECONF_SUCCESS && r != ECONF_KEY_HAS_NULL_VALUE)
		return ka_fail(err, -EINVAL, "'%s': %s: %s", path, key, econf.error_string(r));
	setting_done(setting);
	setting->path = ka_strdup(path);
	setting->value = ka_strdup(value ? value : "");
	free(value);
	return 0;
}

static int take_keys(econf_file *file, const char *path, struct ka_settings *settings,
		     struct ka_error *err)
{
	char **keys = NULL;
	size_t n = 0;
	int r = 0;

	if (econf.get_keys(file, GROUP, &n, &keys) != ECONF_SUCCESS)
		return 0; /* the section is empty */
	for (size_t i = 0; i < n && r == 0; i++)
		r = take_key(file, path, keys[i], settings, err);
	econf.free_array(keys);
	return r;
}

/* A key outside of the section, or in another, would be lost without a word. */
static int check_groups(econf_file *file, const char *path, struct ka_error *err)
{
	char **names = NULL;
	size_t n = 0;
	int r = 0;

	if (econf.get_keys(file, NULL, &n, &names) == ECONF_SUCCESS) {
		r = n > 0 ? ka_fail(err, -EINVAL, "'%s': '%s' stands in front of [" GROUP "]", path,
				    names[0])
			  : 0;
		econf.free_array(names);
	}
	names = NULL;
	if (r < 0 || econf.get_groups(file, &n, &names) != ECONF_SUCCESS)
		return r;
	for (size_t i = 0; i < n && r == 0; i++)
		if (!ka_streq(names[i], GROUP))
			r = ka_fail(err, -EINVAL,
				    "'%s': unknown section [%s]; known is [" GROUP "]", path,
				    names[i]);
	econf.free_array(names);
	return r;
}

static int fail_to_parse(econf_err r, const char *path, struct ka_error *err)
{
	char *file = NULL;
	uint64_t line = 0;

	econf.error_location(&file, &line);
	free(file);
	return ka_fail(err, -EINVAL, "'%s', line %llu: %s", path, (unsigned long long)line,
		       econf.error_string(r));
}

/* By its descriptor: no link in a captured machine leads out of it. */
static int read_settings(struct ka_host *host, const char *path, struct ka_settings *settings,
			 struct ka_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *place = NULL;
	econf_file *file = NULL;
	struct stat st;
	econf_err e;
	int r;

	r = ka_host_open(host, path, &fd, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) == 0 && st.st_size == 0)
		return 0; /* masks one of another directory */
	r = load_library(err);
	if (r < 0)
		return ka_fail_in(err, r, "'%s'", path);
	place = ka_format("/proc/self/fd/%d", fd);
	e = econf.read_file(&file, place, "=", "#");
	if (e != ECONF_SUCCESS)
		return fail_to_parse(e, path, err);
	r = check_groups(file, path, err);
	if (r == 0)
		r = take_keys(file, path, settings, err);
	econf.free_file(file);
	return r;
}

/* The first of the three directories that has it; masked by a link to /dev/null. */
static int read_first(struct ka_host *host, const char *name, struct ka_settings *settings,
		      struct ka_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = ka_format("%s/%s", directories[i], name),
				    *target = NULL;
		struct stat st;
		int r = ka_host_lstat(host, path, &st);

		if (r == 0)
			continue;
		if (r < 0)
			return ka_fail_sys(err, r, "cannot tell whether '%s' is there", path);
		if (ka_host_readlink(host, path, &target) == 0 && ka_streq(target, "/dev/null"))
			return 0;
		return read_settings(host, path, settings, err);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_drop_ins(struct ka_host *host, char ***ret, size_t *ret_n, struct ka_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = ka_format("%s/" NAME ".d", directories[i]);
		_cleanup_strv_ char **names = NULL;
		int r = ka_host_list(host, path, &names, err);

		if (r < 0 && r != -ENOENT)
			return r;
		for (char **p = names; p && *p; p++)
			if (ka_endswith(*p, ".conf") && !ka_strv_contains(*ret, *p)) {
				ka_strv_add(ret, *p);
				(*ret_n)++;
			}
	}
	if (err)
		ka_error_done(err);
	return 0;
}

static int read_all(struct ka_host *host, struct ka_settings *settings, struct ka_error *err)
{
	_cleanup_strv_ char **names = NULL;
	size_t n = 0;
	int r = read_first(host, NAME, settings, err);

	if (r == 0)
		r = list_drop_ins(host, &names, &n, err);
	if (n > 1)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n && r == 0; i++) {
		_cleanup_free_ char *name = ka_format(NAME ".d/%s", names[i]);

		r = read_first(host, name, settings, err);
	}
	return r;
}

static bool is_set(const struct ka_setting *setting)
{
	return setting->value && *setting->value;
}

/* In front of what the command line adds: of two equal words the kernel takes the last. */
static void add_in_front(char ***list, const char *text)
{
	char **old = *list;

	*list = NULL;
	ka_strv_add(list, text);
	for (char **p = old; p && *p; p++)
		ka_strv_add(list, *p);
	ka_strv_free(old);
}

static int apply(struct ka_request *request, const struct ka_settings *settings,
		 struct ka_error *err)
{
	int r;

	if (is_set(&settings->backend) && !request->backend)
		request->backend = settings->backend.value;
	if (is_set(&settings->append))
		add_in_front(&request->append, settings->append.value);
	if (is_set(&settings->ignore))
		ka_request_ignore(request, settings->ignore.value);
	if (!is_set(&settings->stop_timeout) || request->stop_timeout || request->immediate)
		return 0;
	r = ka_deadline_parse(settings->stop_timeout.value, &request->stop_timeout, err);
	return r < 0 ? ka_fail_in(err, r, "'%s': StopTimeout", settings->stop_timeout.path) : 0;
}

int ka_settings_apply(struct ka_request *request, struct ka_settings *ret, struct ka_error *err)
{
	struct ka_host *host = NULL;
	int r = ka_host_new(request->root, &host, NULL);

	if (r < 0)
		return 0; /* the command says why */
	r = read_all(host, ret, err);
	if (r == 0)
		r = apply(request, ret, err);
	ka_host_free(host);
	request->settings = ret;
	return r;
}
