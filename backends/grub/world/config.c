// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding grub.cfg. Its core image reads the one below /boot; on EFI it reads a small one beside
 * itself on the ESP first, which finds the real one and shows that. Several distributions can have
 * one there: the firmware's own entry for this boot says which folder was used.
 */

#include "world/config.h"

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
	*config = (struct grub_config){ NULL };
}

char *grub_config_missing(void)
{
	return ka_format("no %s, no %s", paths[0], paths[1]);
}

/* --- whose GRUB */

/* Upstream's blscfg came with 2.14, as a module that lies beside grub.cfg. */
static bool has_module(struct ka_host *host, const char *config, const char *module)
{
	static const char *const folders[] = { "i386-pc", "x86_64-efi", "i386-efi", "arm64-efi" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = ka_format("%.*s/%s/%s.mod",
						      (int)(strrchr(config, '/') - config), config,
						      folders[i], module);

		if (path && ka_host_seems_there(host, path))
			return true;
	}
	return false;
}

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

static int read_os_release(struct ka_host *host, struct os_release *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line, *value;

	*ret = (struct os_release){ .version = 0 };
	if (ka_host_read(host, "/etc/os-release", CONFIG_LIMIT, &text, NULL, NULL) < 0 &&
	    ka_host_read(host, "/usr/lib/os-release", CONFIG_LIMIT, &text, NULL, NULL) < 0)
		return 0;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		if ((value = unquote(line, "VERSION_ID="))) {
			ret->version = strtoull(value, NULL, 10);
		} else if ((value = unquote(line, "ID="))) {
			free(ret->id);
			ret->id = strdup(value);
			if (!ret->id)
				return -ENOMEM;
			ret->rhel |= ka_streq(value, "rhel");
		} else if ((value = unquote(line, "ID_LIKE="))) {
			ret->rhel |= strstr(value, "rhel") != NULL;
		}
	}
	return 0;
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

const struct grub_dialect *grub_config_dialect(struct ka_host *host, const char *path)
{
	const struct grub_dialect *dialect;
	struct os_release os;

	if (read_os_release(host, &os) == 0 && os.id && (os.rhel || ka_streq(os.id, "fedora")))
		dialect = redhat_dialect(&os);
	else
		dialect = has_module(host, path, "blsuki") ? &grub_upstream_bls : &grub_upstream;
	free(os.id);
	return dialect;
}

/* --- the ESP's stub */

/* The folder on the ESP this machine was started from by the firmware: "debian" for
 * /EFI/debian/shimx64.efi. */
static int booted_folder(struct ka_host *host, char **ret)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { 0 };
	_cleanup_free_ uint8_t *current = NULL;
	const char *folder;
	size_t len;
	int r;

	r = ka_host_efi_variable(host, "BootCurrent", KA_EFI_GUID_GLOBAL, &current, &len);
	if (r < 0 || len < 2)
		return r == -ENOMEM ? r : 0;
	r = ka_host_boot_option(host, (unsigned int)(current[0] | current[1] << 8), &option);
	if (r <= 0 || !option.path || strncasecmp(option.path, "/EFI/", 5) != 0)
		return r < 0 ? r : 0;
	folder = option.path + 5;
	if (strcspn(folder, "/") == strlen(folder))
		return 0;
	*ret = strndup(folder, strcspn(folder, "/"));
	return *ret ? 0 : -ENOMEM;
}

static int stub_in(struct ka_host *host, const char *folder, char **ret)
{
	for (size_t i = 0; folder && !*ret && i < ARRAY_SIZE(esp_mounts); i++) {
		_cleanup_free_ char *path = ka_format("%s/EFI/%s/grub.cfg", esp_mounts[i], folder);

		if (!path)
			return -ENOMEM;
		if (ka_host_seems_there(host, path))
			*ret = TAKE_PTR(path);
	}
	return 0;
}

static int find_stub(struct ka_host *host, char **ret)
{
	_cleanup_free_ char *folder = NULL;
	struct os_release os = { NULL };
	int r;

	if (!ka_host_seems_there(host, "/sys/firmware/efi"))
		return 0;
	r = booted_folder(host, &folder);
	if (r == 0)
		r = stub_in(host, folder, ret);
	if (r == 0 && !*ret)
		r = read_os_release(host, &os);
	if (r == 0 && !*ret)
		r = stub_in(host, os.id, ret);
	free(os.id);
	return r;
}

/* --- all together */

/* Two names of one file are one. */
static bool is_same_file(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return ka_host_canonical(host, a, &x) >= 0 && ka_host_canonical(host, b, &y) >= 0 &&
	       ka_streq(x, y);
}

static int find_main(struct ka_host *host, struct grub_config *config)
{
	const char *found[ARRAY_SIZE(paths)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int r = ka_host_stat(host, paths[i], NULL);

		/* In a folder that is not ours to see it may be: reading it will tell. */
		if (r > 0 || r == -EACCES)
			found[n++] = paths[i];
	}
	if (n == 2 && is_same_file(host, found[0], found[1]))
		n = 1;
	/* Other tools drop a grub.cfg too; an installed GRUB has its modules beside it. */
	if (n == 2 &&
	    has_module(host, found[0], "normal") != has_module(host, found[1], "normal")) {
		if (has_module(host, found[1], "normal"))
			found[0] = found[1];
		n = 1;
	}
	config->main = n > 0 ? strdup(found[0]) : NULL;
	config->other = n > 1 ? strdup(found[1]) : NULL;
	return (n > 0) == (config->main != NULL) && (n > 1) == (config->other != NULL) ? 0
										       : -ENOMEM;
}

int grub_config_find(struct ka_host *host, struct grub_config *ret)
{
	_cleanup_(grub_config_done) struct grub_config config = { NULL };
	int r;

	r = find_main(host, &config);
	if (r == 0)
		r = find_stub(host, &config.stub);
	if (r < 0)
		return r;
	r = config.main || config.stub;
	*ret = config;
	config = (struct grub_config){ NULL };
	return r;
}
