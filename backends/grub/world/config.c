// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding grub.cfg. Its core image reads the one below /boot; on EFI it reads a small one beside
 * itself on the ESP first, which finds the real one and shows that. Several distributions can have
 * one there: the firmware's own entry for this boot says which folder was used.
 */

#include "world/config.h"
#include "world/target.h"

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

static void read_os_release(struct ka_host *host, struct os_release *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line, *value;

	*ret = (struct os_release){ .version = 0 };
	if (ka_host_read(host, "/etc/os-release", CONFIG_LIMIT, &text, NULL, NULL) < 0 &&
	    ka_host_read(host, "/usr/lib/os-release", CONFIG_LIMIT, &text, NULL, NULL) < 0)
		return;
	for (cursor = text; (line = ka_next_line(&cursor));) {
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

const struct grub_dialect *grub_config_dialect(struct ka_host *host, const char *path)
{
	const struct grub_dialect *dialect;
	struct os_release os;

	read_os_release(host, &os);
	if (os.id && (os.rhel || ka_streq(os.id, "fedora")))
		dialect = redhat_dialect(&os);
	else
		/* Upstream's blscfg came with 2.14, in a module of this name. */
		dialect = grub_target_has_module(host, path, "blsuki") ? &grub_upstream_bls
								       : &grub_upstream;
	free(os.id);
	return dialect;
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

static char *stub_in(struct ka_host *host, const char *folder)
{
	for (size_t i = 0; folder && i < ARRAY_SIZE(esp_mounts); i++) {
		_cleanup_free_ char *path = ka_format("%s/EFI/%s/grub.cfg", esp_mounts[i], folder);

		if (ka_host_seems_there(host, path))
			return TAKE_PTR(path);
	}
	return NULL;
}

static char *find_stub(struct ka_host *host)
{
	_cleanup_free_ char *folder = NULL;
	struct os_release os;
	char *stub;

	if (!ka_host_seems_there(host, "/sys/firmware/efi"))
		return NULL;
	folder = booted_folder(host);
	stub = stub_in(host, folder);
	if (stub)
		return stub;
	read_os_release(host, &os);
	stub = stub_in(host, os.id);
	free(os.id);
	return stub;
}

/* --- all together */

/* Two names of one file are one. */
static bool is_same_file(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return ka_host_canonical(host, a, &x) >= 0 && ka_host_canonical(host, b, &y) >= 0 &&
	       ka_streq(x, y);
}

static void find_main(struct ka_host *host, struct grub_config *config)
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
	if (n == 2 && grub_target_has_module(host, found[0], "normal") !=
			      grub_target_has_module(host, found[1], "normal")) {
		if (grub_target_has_module(host, found[1], "normal"))
			found[0] = found[1];
		n = 1;
	}
	config->main = n > 0 ? ka_strdup(found[0]) : NULL;
	config->other = n > 1 ? ka_strdup(found[1]) : NULL;
}

bool grub_config_find(struct ka_host *host, struct grub_config *ret)
{
	*ret = (struct grub_config){ NULL };
	find_main(host, ret);
	ret->stub = find_stub(host);
	return ret->main || ret->stub;
}
