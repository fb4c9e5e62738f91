// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB's commands, as far as they decide what boots. Those that only draw, sound or wait are taken
 * as done; what nobody knows from here is asked as a question (grub_decide()).
 */

#include "bls.h"
#include "grub.h"
#include "options.h"

#include <kexec-any/entry.h>
#include <kexec-any/text.h>

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <regex.h>
#include <stdio.h>

static int do_nothing(_unused_ struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	return GRUB_OK;
}

static int do_false(_unused_ struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	return GRUB_FALSE;
}

static int do_set(struct grub *g, char **argv, size_t argc)
{
	char *eq;

	if (argc < 2)
		return GRUB_OK;
	eq = strchr(argv[1], '=');
	if (!eq)
		return GRUB_BAD_ARGUMENT;
	*eq = '\0';
	grub_set(g, argv[1], eq + 1);
	return GRUB_OK;
}

static int do_unset(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	grub_unset(g, argv[1]);
	return GRUB_OK;
}

static int do_export(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	for (size_t i = 1; i < argc; i++)
		grub_export(g, argv[i]);
	return GRUB_OK;
}

static int do_insmod(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	if (ka_streq(argv[1], "regexp"))
		g->has_regexp = true;
	return GRUB_OK;
}

static int do_eval(struct grub *g, char **argv, size_t argc)
{
	_cleanup_(ka_buf_done) struct ka_buf text = { 0 };

	for (size_t i = 1; i < argc; i++)
		if (ka_buf_addf(&text, "%s%s", i > 1 ? " " : "", argv[i]) < 0)
			g->error = -ENOMEM;
	if (!text.text || g->error)
		return GRUB_OK;
	if (++g->source_depth > GRUB_DEPTH_LIMIT) {
		g->source_depth--;
		return grub_give_up(g, -E2BIG, "eval nested more than 64 deep");
	}
	int status = grub_run_text(g, text.text, g->file, g->line, false);

	g->source_depth--;
	return status;
}

static int do_source(struct grub *g, char **argv, size_t argc)
{
	if (argc != 2)
		return GRUB_BAD_ARGUMENT;
	return grub_source(g, argv[1]);
}

/* The entries of another file; what it does to variables is gone with it. */
static int do_extract(struct grub *g, char **argv, size_t argc)
{
	struct grub_journal journal;
	int status;

	if (argc != 2)
		return GRUB_BAD_ARGUMENT;
	grub_journal_push(g, &journal);
	g->extractor++;
	status = grub_source(g, argv[1]);
	g->extractor--;
	grub_journal_pop(g, &journal);
	return status;
}

/*
 * A new environment and a new menu; when the file defines entries, its menu is shown, and nothing
 * behind the command runs before somebody leaves it.
 */
static int do_configfile(struct grub *g, char **argv, size_t argc)
{
	const char *prefix = grub_get(g, "prefix");
	_cleanup_free_ char *path = NULL;

	if (argc > 2 || (argc < 2 && ka_streq(argv[0], "configfile")))
		return GRUB_BAD_ARGUMENT;
	path = argc == 2 ? strdup(argv[1]) : ka_format("%s/grub.cfg", prefix ? prefix : "");
	if (!path) {
		g->error = -ENOMEM;
		return GRUB_OK;
	}
	if (g->context->depth >= GRUB_SOURCE_LIMIT)
		return grub_give_up(g, -E2BIG, "menus nested more than 16 deep");
	if (!grub_context_open(g))
		return GRUB_OK;
	g->context->menu = calloc(1, sizeof(*g->context->menu));
	if (!g->context->menu)
		g->error = -ENOMEM;
	else
		grub_source(g, path);
	if (!g->error && !g->stopped && g->context->menu->n_items > 0) {
		g->shown = g->context;
		g->stopped = true;
		return GRUB_OK;
	}
	if (!g->shown)
		grub_context_close(g);
	return GRUB_OK;
}

/* --- what a body loads */

static void set_words(struct grub *g, char ***list, char **argv, size_t argc)
{
	ka_strv_free(*list);
	*list = NULL;
	if (ka_strv_copy(argv + 1, argc - 1, list) < 0)
		g->error = -ENOMEM;
}

static void set_kind(struct grub *g, enum grub_boot_kind kind, const char *command)
{
	g->boot->kind = kind;
	free(g->boot->command);
	g->boot->command = strdup(command);
	if (!g->boot->command)
		g->error = -ENOMEM;
}

/* Loaded outside of an entry, a kernel stays loaded: an entry that loads none would boot it. */
static int do_linux(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *host_path = NULL;

	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	set_kind(g, GRUB_BOOT_LINUX, argv[0]);
	set_words(g, &g->boot->linux_words, argv, argc);
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
		return strdup(word);
	device = grub_path_device(g, path);
	return ka_format("%.*s(%s)%s", (int)(path - word), word, device ? device : "", path);
}

static int do_initrd(struct grub *g, char **argv, size_t argc)
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

		if (ka_strv_add_take(&g->boot->initrd_words, word) < 0)
			g->error = -ENOMEM;
		else if (grub_locate(g, initrd_file(word), &host_path) == 0)
			status = GRUB_FILE_NOT_FOUND;
	}
	return status;
}

static int do_devicetree(struct grub *g, char **argv, size_t argc)
{
	if (argc < 2)
		return GRUB_BAD_ARGUMENT;
	free(g->boot->devicetree);
	g->boot->devicetree = with_device(g, argv[1]);
	if (!g->boot->devicetree)
		g->error = -ENOMEM;
	return GRUB_OK;
}

static int do_other_kernel(struct grub *g, char **argv, _unused_ size_t argc)
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
static int do_chainloader(struct grub *g, char **argv, size_t argc)
{
	size_t first = 1;
	char *file;

	set_kind(g, GRUB_BOOT_CHAIN, argv[0]);
	while (first < argc && *argv[first] == '-')
		first++;
	if (first >= argc)
		return GRUB_BAD_ARGUMENT;
	set_words(g, &g->boot->linux_words, argv + first - 1, argc - first + 1);
	file = with_device(g, argv[first]);
	if (!file || g->error) {
		free(file);
		g->error = -ENOMEM;
		return GRUB_OK;
	}
	free(g->boot->linux_words[0]);
	g->boot->linux_words[0] = file;
	return GRUB_OK;
}

static int do_boot(struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	if (g->boot->kind != GRUB_BOOT_NOTHING) {
		g->boot->booted = true;
		g->stopped = true;
		return GRUB_OK;
	}
	return GRUB_BAD_ARGUMENT; /* "you need to load the kernel first" */
}

/* The machine goes off, restarts, or leaves GRUB. */
static int do_leave(struct grub *g, char **argv, _unused_ size_t argc)
{
	set_kind(g, ka_streq(argv[0], "fwsetup") ? GRUB_BOOT_FIRMWARE : GRUB_BOOT_OTHER, argv[0]);
	g->boot->booted = true;
	g->stopped = true;
	return GRUB_OK;
}

static int do_question(struct grub *g, char **argv, size_t argc);

/* Without --is-supported it restarts into the firmware's setup. */
static int do_fwsetup(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;

	if (argc < 2 || !ka_streq(argv[1], "--is-supported"))
		return do_leave(g, argv, argc);
	if (ka_host_efi_variable(g->host, "OsIndicationsSupported", KA_EFI_GUID_GLOBAL, &value,
				 &len) == 0 &&
	    len > 0)
		return value[0] & 1 ? GRUB_OK : GRUB_FALSE;
	return do_question(g, argv, argc);
}

/* --- values and conditions */

static const struct grub_option regexp_options[] = {
	{ "set", 's', 's', GRUB_ARGUMENT_REQUIRED },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

/* One "[N:]NAME" of --set: the N-th group, the first by default. */
static int set_match(struct grub *g, const char *spec, const char *text, const regmatch_t *matches,
		     size_t n)
{
	const char *colon = strchr(spec, ':'), *name = colon ? colon + 1 : spec;
	_cleanup_free_ char *number = NULL, *value = NULL;
	uint64_t group = 1;

	if (colon) {
		number = strndup(spec, (size_t)(colon - spec));
		if (!number) {
			g->error = -ENOMEM;
			return GRUB_OK;
		}
		if (ka_parse_u64(number, UINT32_MAX, &group) < 0)
			return GRUB_BAD_ARGUMENT;
	}
	if (group >= n || matches[group].rm_so < 0) {
		grub_unset(g, name);
		return GRUB_OK;
	}
	value = strndup(text + matches[group].rm_so,
			(size_t)(matches[group].rm_eo - matches[group].rm_so));
	if (value)
		grub_set(g, name, value);
	else
		g->error = -ENOMEM;
	return GRUB_OK;
}

static int match_and_set(struct grub *g, char **argv, size_t argc)
{
	struct grub_options o;
	regmatch_t matches[32];
	int status = GRUB_OK;
	regex_t regex;

	g->has_regexp = true; /* the command brings the module with it */
	if (grub_options_parse(regexp_options, false, argv, argc, &o) < 0 || o.n_words != 2)
		return GRUB_BAD_ARGUMENT;
	if (strchr(argv[2], GRUB_UNKNOWN_START))
		return grub_decide(g, "a match of a value that cannot be known from here")
			       ? GRUB_OK
			       : GRUB_FALSE;
	if (regcomp(&regex, argv[1], REG_EXTENDED) != 0)
		return GRUB_FALSE;
	if (regexec(&regex, argv[2], ARRAY_SIZE(matches), matches, 0) != 0)
		status = GRUB_FALSE;
	for (size_t i = 0; i < o.n && status == GRUB_OK; i++)
		status = set_match(g, o.items[i].value, argv[2], matches,
				   regex.re_nsub + 1 < ARRAY_SIZE(matches) ? regex.re_nsub + 1
									   : ARRAY_SIZE(matches));
	regfree(&regex);
	return status;
}

/* GRUB's regular expressions see UTF-8 characters, whatever our locale is. */
static locale_t utf8_locale(void)
{
	return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static int do_regexp(struct grub *g, char **argv, size_t argc)
{
	locale_t locale = utf8_locale(), before = locale ? uselocale(locale) : (locale_t)0;
	int status = match_and_set(g, argv, argc);

	if (locale) {
		uselocale(before);
		freelocale(locale);
	}
	return status;
}

static int do_question(struct grub *g, char **argv, _unused_ size_t argc)
{
	_cleanup_free_ char *about = ka_format("the answer of '%s'", argv[0]);

	if (!about) {
		g->error = -ENOMEM;
		return GRUB_OK;
	}
	return grub_decide(g, about) ? GRUB_OK : GRUB_FALSE;
}

/* The word behind --set or -s, or for "read" the first one, gets a value nobody knows. */
static int do_unknown_value(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *value = NULL;
	const char *name = NULL;

	for (size_t i = 1; i < argc; i++) {
		const char *v = ka_startswith(argv[i], "--set=");

		if (v)
			name = v;
		else if ((ka_streq(argv[i], "--set") || ka_streq(argv[i], "-s") ||
			  ka_streq(argv[i], "-d")) &&
			 i + 1 < argc)
			name = argv[i + 1];
		else if (ka_streq(argv[0], "read") && *argv[i] != '-')
			name = argv[i];
	}
	value = ka_format("%c%s%c", GRUB_UNKNOWN_START, argv[0], GRUB_UNKNOWN_END);
	if (!value)
		g->error = -ENOMEM;
	else if (name)
		grub_set(g, name, value);
	return GRUB_OK;
}

/* cpuid -l: a 64-bit processor? We run on one, or have no use for the entry. */
static int do_cpuid(struct grub *g, char **argv, size_t argc)
{
	if (argc == 2 && (ka_streq(argv[1], "-l") || ka_streq(argv[1], "--long-mode")))
		return GRUB_OK;
	return do_question(g, argv, argc);
}

/* increment, decrement: Red Hat's. */
static int do_increment(struct grub *g, char **argv, size_t argc)
{
	const char *value;
	char number[24];
	const char *end;
	bool negative;
	long long n;

	if (argc != 2)
		return GRUB_BAD_ARGUMENT;
	value = grub_get(g, argv[1]);
	if (!value)
		return GRUB_FILE_NOT_FOUND;
	while (isspace((unsigned char)*value))
		value++;
	negative = *value == '-';
	value += negative;
	n = (long long)grub_number(value, &end);
	if (end == value)
		return GRUB_BAD_NUMBER;
	if (negative)
		n = -n;
	/* It wraps at the end of 64 bits, as unsigned arithmetic does. */
	n = (long long)((unsigned long long)n + (*argv[0] == 'i' ? 1ull : ~0ull));
	snprintf(number, sizeof(number), "%lld", n);
	grub_set(g, argv[1], number);
	return GRUB_OK;
}

static int do_cryptomount(struct grub *g, char **argv, size_t argc)
{
	(void)argv;
	(void)argc;
	/* The volumes this system runs on are open; which one is meant shows when it is read. */
	(void)g;
	return GRUB_OK;
}

/* Called with its block by interp.c, which knows where that stands; here for the look-up. */
static int do_item(_unused_ struct grub *g, _unused_ char **argv, _unused_ size_t argc)
{
	return GRUB_BAD_ARGUMENT;
}

/* Sorted by name, for bsearch(). */
static const struct grub_command commands[] = {
	{ ".", do_source, true },
	{ "[", grub_test, true },
	{ "acpi", do_nothing, false },
	{ "authenticate", do_nothing, false },
	{ "background_color", do_nothing, false },
	{ "background_image", do_nothing, false },
	{ "badram", do_nothing, false },
	{ "boot", do_boot, false },
	{ "break", grub_break, true },
	{ "cat", do_nothing, false },
	{ "chainloader", do_chainloader, false },
	{ "clear", do_nothing, false },
	{ "cmosclean", do_nothing, false },
	{ "cmostest", do_question, false },
	{ "configfile", do_configfile, false },
	{ "continue", grub_break, true },
	{ "cpuid", do_cpuid, true },
	{ "cryptomount", do_cryptomount, false },
	{ "cutmem", do_nothing, false },
	{ "date", do_nothing, false },
	{ "devicetree", do_devicetree, false },
	{ "echo", do_nothing, true },
	{ "eval", do_eval, true },
	{ "exit", do_leave, false },
	{ "export", do_export, true },
	{ "extract_entries_configfile", do_extract, true },
	{ "extract_entries_source", do_extract, true },
	{ "false", do_false, true },
	{ "freedos", do_other_kernel, false },
	{ "fwsetup", do_fwsetup, false },
	{ "gptprio.next", do_unknown_value, false },
	{ "halt", do_leave, false },
	{ "hiddenentry", do_nothing, false },
	{ "initrd", do_initrd, false },
	{ "initrd16", do_initrd, false },
	{ "initrdefi", do_initrd, false },
	{ "insmod", do_insmod, false },
	{ "keystatus", do_question, false },
	{ "kfreebsd", do_other_kernel, false },
	{ "knetbsd", do_other_kernel, false },
	{ "kopenbsd", do_other_kernel, false },
	{ "legacy_configfile", do_question, false },
	{ "linux", do_linux, false },
	{ "linux16", do_linux, false },
	{ "linuxefi", do_linux, false },
	{ "list_env", grub_list_env, false },
	{ "load_env", grub_load_env, false },
	{ "loadfont", do_nothing, false },
	{ "loopback", do_nothing, false },
	{ "ls", do_nothing, false },
	{ "lsmod", do_nothing, false },
	{ "menuentry", do_item, true },
	{ "module", do_nothing, false },
	{ "module2", do_nothing, false },
	{ "multiboot", do_other_kernel, false },
	{ "multiboot2", do_other_kernel, false },
	{ "nativedisk", do_nothing, false },
	{ "normal", do_configfile, false },
	{ "normal_exit", do_leave, false },
	{ "ntldr", do_other_kernel, false },
	{ "outb", do_nothing, false },
	{ "password", do_nothing, false },
	{ "password_pbkdf2", do_nothing, false },
	{ "plan9", do_other_kernel, false },
	{ "play", do_nothing, false },
	{ "probe", grub_probe, true },
	{ "read", do_unknown_value, false },
	{ "reboot", do_leave, false },
	{ "regexp", do_regexp, false },
	{ "return", grub_return, true },
	{ "rmmod", do_nothing, false },
	{ "save_env", grub_save_env, false },
	{ "search", grub_search, true },
	{ "search.file", grub_search, true },
	{ "search.fs_label", grub_search, true },
	{ "search.fs_uuid", grub_search, true },
	{ "serial", do_nothing, false },
	{ "set", do_set, true },
	{ "setparams", grub_setparams, true },
	{ "shift", grub_shift, true },
	{ "sleep", do_nothing, false },
	{ "smbios", do_unknown_value, false },
	{ "source", do_source, true },
	{ "submenu", do_item, true },
	{ "terminal_input", do_nothing, false },
	{ "terminal_output", do_nothing, false },
	{ "terminfo", do_nothing, false },
	{ "test", grub_test, true },
	{ "true", do_nothing, true },
	{ "truecrypt", do_other_kernel, false },
	{ "unset", do_unset, true },
	{ "usb", do_nothing, false },
	{ "vbeinfo", do_nothing, false },
	{ "videoinfo", do_nothing, false },
	{ "xen_hypervisor", do_other_kernel, false },
	{ "xen_module", do_nothing, false },
	{ "xnu_kernel", do_other_kernel, false },
	{ "xnu_kernel64", do_other_kernel, false },
};

static const struct grub_command uki_command = { "uki", grub_uki, false };
static const struct grub_command bls_command = { "blscfg", grub_blscfg, false };
static const struct grub_command bls_import = { "bls_import", grub_blscfg, false };

static const struct grub_command redhat_commands[] = {
	{ "decrement", do_increment, false },
	{ "increment", do_increment, false },
};

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct grub_command *)element)->name);
}

const struct grub_command *grub_find_command(const struct grub *g, const char *name)
{
	if (g->dialect->bls != GRUB_BLS_NONE && ka_streq(name, bls_command.name))
		return &bls_command;
	/* In EFI's GRUB alone; Fedora's has upstream's beside its own blscfg. */
	if (g->dialect->bls != GRUB_BLS_NONE && g->dialect->bls != GRUB_BLS_RHEL8 &&
	    ka_streq(name, uki_command.name) && ka_host_exists(g->host, "/sys/firmware/efi"))
		return &uki_command;
	if (g->dialect->bls == GRUB_BLS_REDHAT && ka_streq(name, bls_import.name))
		return &bls_import;
	if (g->dialect->has_increment)
		for (size_t i = 0; i < ARRAY_SIZE(redhat_commands); i++)
			if (ka_streq(redhat_commands[i].name, name))
				return &redhat_commands[i];
	return bsearch(name, commands, ARRAY_SIZE(commands), sizeof(commands[0]), compare_name);
}
