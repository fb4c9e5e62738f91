// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding grub.cfg. Its core image reads the one below /boot; on EFI it reads a small one beside
 * itself on the ESP first, which finds the real one and shows that. Several distributions can have
 * one there: the firmware's own entry for this boot says which folder was used.
 */

#include "world/config.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define CONFIG_LIMIT 65536

static const char *const paths[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg" };
static const char *const esp_mounts[] = { "/boot/efi", "/efi", "/boot" };

void grub_config_done(struct grub_config *config)
{
	free(config->stub);
	free(config->main);
	free(config->other);
	free(config->unseen);
	*config = (struct grub_config){ NULL };
}

char *grub_config_missing(void)
{
	return ka_format("no %s, no %s", paths[0], paths[1]);
}

/* --- whose GRUB */

struct os_release {
	char *id;
	bool rhel;
	uint64_t version;
};

/* NAME=value of os-release(5), its quotes taken off. NULL: the line is about something else. */
static char *unquote(char *line, const char *name)
{
	char *value = (char *)ka_startswith(line, name);

	if (!value)
		return NULL;
	value = ka_strip(value);
	if (*value == '"' || *value == '\'') {
		char *end = strchr(value + 1, *value);

		if (end)
			*end = '\0';
		value++;
	}
	return value;
}

/* What cannot be told is never taken for "no"; the first such thing is kept. */
static void cannot_see(struct grub_config *config, const char *what, int r)
{
	if (!config->unseen)
		config->unseen = ka_format("%s: %s", what, strerror(-r));
}

/* /etc goes before /usr/lib (os-release(5)). */
static char *read_release_text(struct ka_host *host, struct grub_config *config)
{
	static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *text;
		int r = ka_host_read(host, files[i], CONFIG_LIMIT, &text, NULL, NULL);

		if (r == 0)
			return text;
		if (r != -ENOENT)
			cannot_see(config, files[i], r);
	}
	return NULL;
}

static void read_os_release(struct ka_host *host, struct grub_config *config,
			    struct os_release *ret)
{
	_cleanup_free_ char *text = read_release_text(host, config);
	char *cursor = text, *line, *value;

	*ret = (struct os_release){ .version = 0 };
	while (cursor && (line = ka_next_line(&cursor))) {
		if ((value = unquote(line, "VERSION_ID="))) {
			ret->version = strtoull(value, NULL, 10);
		} else if ((value = unquote(line, "ID="))) {
			free(ret->id);
			ret->id = ka_strdup(value);
			ret->rhel |= ka_streq(value, "rhel");
		} else if ((value = unquote(line, "ID_LIKE="))) {
			ret->rhel |= strstr(value, "rhel") != NULL;
		}
	}
}

static const struct grub_dialect *redhat_dialect(const struct os_release *os)
{
	if (ka_streq(os->id, "fedora")) {
		if (os->version == 0 || os->version >= 45)
			return &grub_fedora_efi;
		return os->version >= 43   ? &grub_fedora
		       : os->version >= 31 ? &grub_fedora_old
					   : &grub_upstream;
	}
	if (os->version >= 10)
		return &grub_fedora_efi;
	return os->version == 9 ? &grub_fedora : os->version == 8 ? &grub_rhel8 : &grub_upstream;
}

/* By the distribution, which ships its own GRUB; upstream's blscfg came with 2.14, in a module. */
static const struct grub_dialect *find_dialect(struct ka_host *host, const struct os_release *os,
					       const char *path, struct grub_config *config)
{
	int r;

	if (os->id && (os->rhel || ka_streq(os->id, "fedora")))
		return redhat_dialect(os);
	r = grub_target_has_module(host, path, "blsuki");
	if (r < 0)
		cannot_see(config, "the modules beside grub.cfg", r);
	return r > 0 ? &grub_upstream_bls : &grub_upstream;
}

/* --- the ESP's stub */

/* The folder on the ESP this machine was started from by the firmware: "debian" for
 * /EFI/debian/shimx64.efi. */
static char *booted_folder(struct ka_host *host)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { 0 };
	_cleanup_free_ uint8_t *current = NULL;
	const char *folder;
	size_t len;

	if (ka_host_efi_variable(host, "BootCurrent", KA_EFI_GUID_GLOBAL, &current, &len) < 0 ||
	    len < 2 ||
	    ka_host_boot_option(host, (unsigned int)(current[0] | current[1] << 8), &option) <= 0 ||
	    !option.path || ka_ncasecmp(option.path, "/EFI/", 5) != 0)
		return NULL;
	folder = option.path + 5;
	len = strcspn(folder, "/");
	return folder[len] ? ka_strndup(folder, len) : NULL;
}

static char *stub_in(struct ka_host *host, const char *folder, struct grub_config *config)
{
	for (size_t i = 0; folder && i < ARRAY_SIZE(esp_mounts); i++) {
		_cleanup_free_ char *path = ka_format("%s/EFI/%s/grub.cfg", esp_mounts[i], folder);
		int r = ka_host_stat(host, path, NULL);

		if (r > 0)
			return TAKE_PTR(path);
		if (r < 0)
			cannot_see(config, path, r);
	}
	return NULL;
}

static char *find_stub(struct ka_host *host, const struct os_release *os,
		       struct grub_config *config)
{
	_cleanup_free_ char *folder = NULL;
	int r = ka_host_stat(host, "/sys/firmware/efi", NULL);
	char *stub;

	if (r < 0)
		cannot_see(config, "/sys/firmware/efi", r);
	if (r <= 0)
		return NULL;
	folder = booted_folder(host);
	stub = stub_in(host, folder, config);
	return stub ? stub : stub_in(host, os->id, config);
}

/* --- all together */

/* Two names of one file are one. */
static bool is_same_file(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return ka_host_canonical(host, a, &x) >= 0 && ka_host_canonical(host, b, &y) >= 0 &&
	       ka_streq(x, y);
}

/* Other tools drop a grub.cfg too; an installed GRUB has its modules beside it. */
static size_t with_modules(struct ka_host *host, const char *found[2], struct grub_config *config)
{
	int first = grub_target_has_module(host, found[0], "normal");
	int second = grub_target_has_module(host, found[1], "normal");

	if (first < 0 || second < 0)
		cannot_see(config, "the modules beside grub.cfg", first < 0 ? first : second);
	if (first < 0 || second < 0 || first == second)
		return 2;
	if (second > 0)
		found[0] = found[1];
	return 1;
}

static void find_main(struct ka_host *host, struct grub_config *config)
{
	const char *found[ARRAY_SIZE(paths)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		/* Where that cannot be told it may be: reading it will tell. */
		if (ka_host_stat(host, paths[i], NULL) != 0)
			found[n++] = paths[i];
	if (n == 2 && is_same_file(host, found[0], found[1]))
		n = 1;
	if (n == 2)
		n = with_modules(host, found, config);
	config->main = n > 0 ? ka_strdup(found[0]) : NULL;
	config->other = n > 1 ? ka_strdup(found[1]) : NULL;
}

bool grub_config_find(struct ka_host *host, struct grub_config *ret)
{
	struct os_release os;
	const char *path;
	int r;

	*ret = (struct grub_config){ NULL };
	find_main(host, ret);
	read_os_release(host, ret, &os);
	ret->stub = find_stub(host, &os, ret);
	path = ret->main ? ret->main : ret->stub;
	if (path) {
		ret->dialect = find_dialect(host, &os, path, ret);
		r = grub_target_find(host, path, &ret->target);
		if (r < 0)
			cannot_see(ret, "processor and firmware of this machine", r);
	}
	free(os.id);
	return path;
}
