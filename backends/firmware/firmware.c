// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The firmware as a boot loader: boot options that start a kernel themselves (UEFI 2.10, section 3.1),
 * one with an EFI stub (Documentation/admin-guide/efi-stub.rst) or a unified kernel image. Which option
 * comes next is the chain's first link; this backend reads what each of them would boot.
 */

#include <kexec-any/backend.h>
#include <kexec-any/image.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>
#include <kexec-any/uki.h>

#include <errno.h>
#include <stdio.h>

/* Firmware keeps fewer by far. */
#define NUMBERS_LIMIT 256

/* The numbers of the options in the order they would be tried, each once. */
struct numbers {
	unsigned int items[NUMBERS_LIMIT];
	size_t n;
};

static void add_numbers(struct ka_host *host, const char *variable, struct numbers *numbers)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len = 0;

	if (ka_host_efi_variable(host, variable, KA_EFI_GUID_GLOBAL, &value, &len) < 0)
		return;
	for (size_t i = 0; i + 1 < len && numbers->n < NUMBERS_LIMIT; i += 2) {
		unsigned int number = (unsigned int)(value[i] | value[i + 1] << 8);
		size_t k = 0;

		while (k < numbers->n && numbers->items[k] != number)
			k++;
		if (k == numbers->n)
			numbers->items[numbers->n++] = number;
	}
}

static void find_numbers(struct ka_host *host, struct numbers *ret)
{
	static const char *const variables[] = { "BootNext", "BootOrder", "BootCurrent" };

	ret->n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		add_numbers(host, variables[i], ret);
}

/* --- a kernel with an EFI stub */

/* The stub's own search for "initrd=": from the partition the kernel is on, "/" and "\" alike. */
static void add_initrd(struct ka_host *host, const char *partition, const char *value, size_t len,
		       struct ka_entry *entry)
{
	_cleanup_free_ char *path = ka_format("%s%.*s",
					      len > 0 && *value != '\\' && *value != '/' ? "/" : "",
					      (int)len, value);
	char *found = NULL;
	int r;

	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	r = ka_host_find_nocase(host, partition, path, &found);
	found = ka_entry_take_found(
		entry, r, found,
		&(struct ka_sought){
			.what = "initrd",
			.name = path,
			.path = path,
			.place = "on the partition of the kernel",
			.missing = KA_ID_INITRD_MISSING,
			.remedy = "correct the boot option with efibootmgr(8), or pass --initrd=",
		});
	if (found)
		ka_pieces_add_file_take(&entry->initrds, found);
}

/* Every "initrd=" of the option's words, in their order; the words reach the kernel whole. */
static void fill_linux(struct ka_host *host, const char *partition,
		       const struct ka_boot_option *option, const char *path,
		       struct ka_entry *entry)
{
	const char *cursor = option->options ? option->options : "";
	struct ka_word word;
	size_t len;

	entry->type = KA_TYPE_LINUX;
	entry->kernel = ka_strdup(path);
	entry->cmdline = ka_strdup(cursor);
	if (ka_image_kernel_release(host, path, &entry->version) < 0)
		entry->version = NULL;
	while (ka_cmdline_next(&cursor, &word)) {
		const char *value = ka_word_value(&word, "initrd", &len);

		if (value)
			add_initrd(host, partition, value, len, entry);
	}
}

/* --- a unified kernel image */

static int fill_uki(struct ka_host *host, const char *partition,
		    const struct ka_boot_option *option, const char *path, struct ka_entry *entry)
{
	struct ka_uki_start start = {
		.root = partition,
		.path = path + strlen(partition),
		.options = option->options,
	};
	const char *why = NULL;
	struct ka_uki uki;
	int r = ka_uki_read(host, path, &uki, &why);

	if (r < 0) {
		ka_report(&entry->problems, KA_ERROR, KA_ID_KERNEL_PE, path,
			  "build the image again", "the unified kernel image is damaged: %s",
			  why ? why : strerror(-r));
		return 0;
	}
	entry->version = ka_strdup_or_null(uki.profiles[0].os_version);
	r = ka_uki_fill_entry(host, &uki, &start, entry);
	ka_uki_done(&uki);
	return r;
}

/* --- the menu */

static bool is_kernel(enum ka_program_kind kind)
{
	return kind == KA_PROGRAM_LINUX || kind == KA_PROGRAM_SYSTEMD_STUB ||
	       kind == KA_PROGRAM_ZFSBOOTMENU;
}

static struct ka_entry *new_entry(const struct ka_boot_option *option, unsigned int number,
				  const char *path)
{
	struct ka_entry *entry = ka_entry_new();

	entry->id = ka_format("Boot%04X", number);
	entry->title = ka_strdup(option->description && *option->description ? option->description
									     : entry->id);
	entry->source_path =
		ka_format("/sys/firmware/efi/efivars/%s-%s", entry->id, KA_EFI_GUID_GLOBAL);
	entry->linux_ref.volume = ka_strdup(option->partition);
	entry->linux_ref.path = ka_strdup(path);
	return entry;
}

/* By what stands in the option, where its file is not to be read: words for a kernel, or the name of one. */
static bool seems_kernel(const struct ka_boot_option *option)
{
	static const char *const words[] = { "root", "initrd" };
	static const char *const starts[] = { "vmlinuz", "bzImage", "linux", "kernel" };
	const char *name = option->path ? strrchr(option->path, '/') : NULL;
	_cleanup_free_ char *value = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words) && option->options; i++)
		if (!value && ka_cmdline_get(option->options, words[i], &value) > 0)
			return true;
	if (!name)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (ka_ncasecmp(name + 1, starts[i], strlen(starts[i])) == 0)
			return true;
	return ka_ncasecmp(option->path, "/EFI/Linux/", strlen("/EFI/Linux/")) == 0;
}

/* An option for a kernel that is not there (r is 0), or cannot be read. */
static int add_unread(const struct ka_boot_option *option, unsigned int number, int r,
		      struct ka_menu *menu)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;

	if (!seems_kernel(option))
		return 0;
	entry = new_entry(option, number, option->path ? option->path : "/");
	entry->type = KA_TYPE_LINUX;
	entry->cmdline = ka_strdup_or_null(option->options);
	entry->kernel =
		ka_entry_take_found(entry, r, NULL,
				    &(struct ka_sought){
					    .what = "kernel",
					    .name = entry->linux_ref.path,
					    .path = entry->linux_ref.path,
					    .place = "on the partition of the boot option",
					    .missing = KA_ID_KERNEL_MISSING,
					    .remedy = "correct the boot option with efibootmgr(8)",
				    });
	r = ka_menu_add_take(menu, TAKE_PTR(entry));
	return r < 0 ? r : 1;
}

/* 1: this option starts a kernel, and has an entry now; 0: it starts something else. */
static int add_option(struct ka_host *host, unsigned int number, struct ka_menu *menu)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { .is_active = false };
	_cleanup_(ka_program_done) struct ka_program program = { .kind = KA_PROGRAM_UNKNOWN };
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	_cleanup_free_ char *partition = NULL, *path = NULL;
	int r;

	if (ka_host_boot_option(host, number, &option) <= 0 ||
	    option.device != KA_BOOT_DEVICE_PARTITION || !option.partition)
		return 0;
	r = ka_host_boot_option_file(host, &option, &partition, &path);
	if (r <= 0)
		return add_unread(&option, number, r, menu);
	r = ka_program_identify(host, path, &program);
	if (r < 0)
		return add_unread(&option, number, r, menu);
	if (r == 0 || !is_kernel(program.kind))
		return 0;
	entry = new_entry(&option, number, path + strlen(partition));
	r = 0;
	if (program.kind == KA_PROGRAM_LINUX)
		fill_linux(host, partition, &option, path, entry);
	else
		r = fill_uki(host, partition, &option, path, entry);
	if (r == 0)
		r = ka_menu_add_take(menu, TAKE_PTR(entry));
	return r < 0 ? r : 1;
}

static void set_default(const struct ka_chain *chain, unsigned int number, struct ka_menu *menu)
{
	if (chain->from == KA_OPTION_NONE || chain->from == KA_OPTION_REMOVABLE ||
	    chain->number != number)
		return;
	menu->default_index = (ssize_t)menu->n_entries - 1;
	menu->reason = chain->from == KA_OPTION_BOOT_NEXT ? KA_REASON_ONESHOT
							  : KA_REASON_CONFIGURED;
	menu->reason_source = ka_strdup(ka_option_from_name(chain->from));
	menu->reason_text = ka_format("the firmware starts Boot%04X", number);
}

/* The option that comes next starts a kernel, by what the running system says; its file is closed to us. */
static void refuse_unread(const struct ka_chain *chain, struct ka_menu *menu)
{
	if ((menu->default_index >= 0 && menu->entries[menu->default_index]->kernel) ||
	    !is_kernel(chain->program.kind) || chain->from == KA_OPTION_NONE ||
	    chain->from == KA_OPTION_REMOVABLE)
		return;
	menu->default_index = -1;
	menu->undecided =
		ka_format("the firmware starts Boot%04X ('%s') next, and its kernel (%s) cannot be "
			  "read from here",
			  chain->number, chain->option.description,
			  chain->path	       ? chain->path
			  : chain->option.path ? chain->option.path
					       : "on a partition that cannot be looked at");
}

static int firmware_discover(struct ka_host *host, const struct ka_chain *chain,
			     struct ka_menu *ret, _unused_ struct ka_error *err)
{
	_cleanup_(ka_menu_done) struct ka_menu menu = KA_MENU_INIT;
	struct numbers numbers;

	find_numbers(host, &numbers);
	for (size_t i = 0; i < numbers.n; i++) {
		int r = add_option(host, numbers.items[i], &menu);

		if (r < 0)
			return r;
		if (r > 0)
			set_default(chain, numbers.items[i], &menu);
	}
	refuse_unread(chain, &menu);
	*ret = ka_menu_take(&menu);
	return 0;
}

/* Boot options that start kernels are there on many machines; what comes next is the chain's word. */
static int firmware_probe(struct ka_host *host, const struct ka_chain *chain,
			  struct ka_evidence *ret, _unused_ struct ka_error *err)
{
	(void)host;
	if (!is_kernel(chain->program.kind) || chain->from == KA_OPTION_NONE ||
	    chain->from == KA_OPTION_REMOVABLE) {
		ret->text = ka_strdup("the firmware starts no kernel by itself");
		return 0;
	}
	ret->strength = KA_STRENGTH_BOOTED;
	ret->text = ka_format("%s=Boot%04X starts %s", ka_option_from_name(chain->from),
			      chain->number, ka_program_title(chain->program.kind));
	return 1;
}

const struct ka_backend ka_backend_firmware = {
	.name = "firmware",
	.summary = "boot options of the firmware that start a kernel themselves",
	.probe = firmware_probe,
	.discover = firmware_discover,
};
