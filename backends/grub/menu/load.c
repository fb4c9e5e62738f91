// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands that load something to boot, start it, or leave GRUB. */

#include "menu/load.h"
#include "run/commands.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static void set_words(char ***list, char **argv, size_t argc)
{
	ka_strv_free(*list);
	*list = NULL;
	*list = ka_strv_copy(argv + 1, argc - 1);
}

static void set_kind(struct grub *g, enum grub_boot_kind kind, const char *command)
{
	g->boot->kind = kind;
	free(g->boot->command);
	g->boot->command = ka_strdup(command);
}

/* Loaded outside of an entry, a kernel stays loaded: an entry that loads none would boot it. */
int grub_do_linux(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *host_path = NULL;

	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	set_kind(g, GRUB_BOOT_LINUX, argv[0]);
	set_words(&g->boot->linux_words, argv, argc);
	ka_strv_free(g->boot->initrd_words);
	g->boot->initrd_words = NULL;
	free(g->boot->linux_device);
	g->boot->linux_device = grub_path_device(g, argv[1]);
	return grub_locate(g, argv[1], &host_path) == 0 ? GRUB_FILE_NOT_FOUND : GRUB_OK;
}

/* The file in a word of initrd: itself, or behind "newc:NAME:". */
static const char *initrd_file(const char *word)
{
	const char *name = ka_startswith(word, "newc:"), *colon = name ? strchr(name, ':') : NULL;

	return colon ? colon + 1 : word;
}

/* The word with the device its path is on now: $root may change behind it. */
static char *with_device(struct grub *g, const char *word)
{
	const char *path = initrd_file(word);
	_cleanup_free_ char *device = NULL;

	if (*path == '(')
		return ka_strdup(word);
	device = grub_path_device(g, path);
	return ka_format("%.*s(%s)%s", (int)(path - word), word, device ? device : "", path);
}

int grub_do_initrd(struct grub *g, char **argv, size_t argc)
{
	int status = GRUB_OK;

	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	if (g->boot->kind != GRUB_BOOT_LINUX)
		return GRUB_BAD_ARGUMENT; /* "you need to load the kernel first" */
	ka_strv_free(g->boot->initrd_words);
	g->boot->initrd_words = NULL;
	for (size_t i = 1; i < argc; i++) {
		_cleanup_free_ char *host_path = NULL;
		char *word = with_device(g, argv[i]);

		ka_strv_add_take(&g->boot->initrd_words, word);
		if (grub_locate(g, initrd_file(word), &host_path) == 0)
			status = GRUB_FILE_NOT_FOUND;
	}
	return status;
}

int grub_do_devicetree(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	free(g->boot->devicetree);
	g->boot->devicetree = with_device(g, argv[1]);
	return GRUB_OK;
}

int grub_do_other_kernel(struct grub *g, char **argv, _unused_ size_t argc)
{
	static const struct {
		const char *name;
		enum grub_boot_kind kind;
	} kinds[] = {
		{ "multiboot", GRUB_BOOT_XEN },
		{ "multiboot2", GRUB_BOOT_XEN },
		{ "xen_hypervisor", GRUB_BOOT_XEN },
	};
	enum grub_boot_kind kind = GRUB_BOOT_OTHER;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (ka_streq(kinds[i].name, argv[0]))
			kind = kinds[i].kind;
	set_kind(g, kind, argv[0]);
	return GRUB_OK;
}

/* The program and its arguments are kept: it may be a unified kernel image. */
int grub_do_chainloader(struct grub *g, char **argv, size_t argc)
{
	size_t first = 1;

	set_kind(g, GRUB_BOOT_CHAIN, argv[0]);
	while (first < argc && *argv[first] == '-')
		first++;
	if (first >= argc)
		return GRUB_BAD_ARGUMENT;
	set_words(&g->boot->linux_words, argv + first - 1, argc - first + 1);
	free(g->boot->linux_words[0]);
	g->boot->linux_words[0] = with_device(g, argv[first]);
	return GRUB_OK;
}

int grub_do_boot(struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	if (g->boot->kind != GRUB_BOOT_NOTHING) {
		g->boot->booted = true;
		g->stopped = true;
		return GRUB_OK;
	}
	return GRUB_BAD_ARGUMENT; /* "you need to load the kernel first" */
}

/* The machine goes off, restarts, or leaves GRUB. */
int grub_do_leave(struct grub *g, char **argv, _unused_ size_t argc)
{
	set_kind(g, ka_streq(argv[0], "fwsetup") ? GRUB_BOOT_FIRMWARE : GRUB_BOOT_OTHER, argv[0]);
	g->boot->booted = true;
	g->stopped = true;
	return GRUB_OK;
}

/* Without --is-supported it restarts into the firmware's setup. */
int grub_do_fwsetup(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;

	if (argc < 2 || !ka_streq(argv[1], "--is-supported"))
		return grub_do_leave(g, argv, argc);
	if (ka_host_efi_variable(g->host, "OsIndicationsSupported", KA_EFI_GUID_GLOBAL, &value,
				 &len) == 0 &&
	    len > 0)
		return value[0] & 1 ? GRUB_OK : GRUB_FALSE;
	return grub_do_question(g, argv, argc);
}
