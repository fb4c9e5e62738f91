// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd-boot: entry files and unified kernel images on the EFI partitions, in its order, with its
 * default.
 */

#include "bls.h"

#include <kexec-any/backend.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* EFI's names of machines, as they stand in file names ("systemd-bootx64.efi"). */
static const char *efi_arch(struct ka_host *host)
{
	static const struct {
		const char *machine, *efi;
	} names[] = {
		{ "x86_64", "x64" },
		{ "i686", "ia32" },
		{ "aarch64", "aa64" },
		{ "riscv64", "riscv64" },
		{ "loongarch64", "loongarch64" },
		{ "armv7l", "arm" },
	};
	_cleanup_free_ char *machine = NULL, *bits = NULL;

	if (ka_host_machine(host, &machine) < 0)
		return "x64";
	/* 32-bit firmware on a 64-bit processor runs a 32-bit loader. */
	if (ka_streq(machine, "x86_64") &&
	    ka_host_read_line(host, "/sys/firmware/efi/fw_platform_size", &bits, NULL) == 0 &&
	    ka_streq(bits, "32"))
		return "ia32";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (ka_streq(names[i].machine, machine))
			return names[i].efi;
	return "x64";
}

/*
 * Is there anything this loader would show? *ret: what, for people. What cannot be looked into counts:
 * as an ordinary user nobody knows what an ESP of root alone holds, and discovery will say so.
 */
static bool find_evidence(struct ka_host *host, const struct ka_boot_partitions *partitions,
			  char **ret)
{
	static const char *const paths[] = { "/loader/loader.conf", "/loader/entries",
					     "/EFI/Linux" };
	const char *const roots[] = { partitions->esp, partitions->xbootldr };
	_cleanup_free_ char *unread = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		for (size_t k = 0; roots[i] && k < ARRAY_SIZE(paths); k++) {
			int r = bls_locate(host, roots[i], paths[k], ret);

			if (r > 0)
				return true;
			if (r < 0 && !unread)
				unread = ka_format("%s%s cannot be looked at: %s", roots[i],
						   paths[k], strerror(-r));
		}
	*ret = TAKE_PTR(unread);
	return *ret;
}

/* systemd-boot reads the partition that it is on. NULL: not known. */
static const char *own_partition(const struct ka_chain *chain)
{
	return chain->program.kind == KA_PROGRAM_SYSTEMD_BOOT ? chain->partition : NULL;
}

static int bls_probe(struct ka_host *host, const struct ka_chain *chain, struct ka_evidence *ret,
		     struct ka_error *err)
{
	_cleanup_(ka_boot_partitions_done) struct ka_boot_partitions partitions = { NULL };
	_cleanup_free_ char *found = NULL;
	bool booted = chain->program.kind == KA_PROGRAM_SYSTEMD_BOOT;
	int r;

	r = ka_host_boot_partitions(host, own_partition(chain), &partitions, err);
	/* One that is closed to us is evidence; of a machine that says nothing others may know more. */
	if (r < 0 && r != -EACCES && r != -EPERM && r != -EIO)
		return r;
	if (r < 0) {
		found = ka_strdup(ka_error_text(err, r));
	} else if (r == 0 || !find_evidence(host, &partitions, &found)) {
		ret->text = ka_strdup(partitions.esp ? "no entries on the EFI partition"
						     : "no EFI partition");
		return 0;
	}
	ret->strength = booted ? KA_STRENGTH_BOOTED : KA_STRENGTH_INSTALLED;
	ret->text = ka_format("%s%s", found, booted ? ", and systemd-boot boots this machine" : "");
	return 1;
}

/* --- the menu */

/* What the loader writes on the way: the one-shot is gone, the boot remembered. */
static void add_writes(const struct bls_choice *choice, const struct bls_item *item,
		       struct ka_menu *menu, struct ka_entry *entry)
{
	if (choice->has_oneshot)
		ka_writes_add(&menu->writes, KA_WRITE_EFI, NULL, "LoaderEntryOneShot", NULL);
	if (choice->is_saved && choice->reason != KA_REASON_ONESHOT)
		ka_writes_add(&entry->writes, KA_WRITE_EFI, NULL, "LoaderEntryLastBooted",
			      item->id);
}

static int add_items(struct bls_menu *b, bool hidden, const struct bls_choice *choice,
		     struct ka_menu *menu)
{
	for (size_t i = 0; i < b->n_items; i++) {
		_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
		const struct bls_item *item = b->items[i];
		int r;

		if ((item->hidden != NULL) != hidden)
			continue;
		r = bls_make_entry(b, item, &entry);
		if (r < 0)
			return r;
		if (choice->index == (ssize_t)i) {
			menu->default_index = (ssize_t)menu->n_entries;
			add_writes(choice, item, menu, entry);
		}
		r = ka_menu_add_take(menu, TAKE_PTR(entry));
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_items(const void *x, const void *y)
{
	const struct bls_item *a = *(struct bls_item *const *)x, *b = *(struct bls_item *const *)y;
	int c = strcmp(a->id, b->id);

	return c != 0 ? c : (a->place > b->place) - (a->place < b->place);
}

/* One file name may stand on both partitions: what the loader takes for an id is the first with it. */
static void mark_repeated(struct bls_menu *b)
{
	_cleanup_free_ struct bls_item **sorted = ka_calloc(b->n_items + 1, sizeof(*sorted));

	for (size_t i = 0; i < b->n_items; i++) {
		sorted[i] = b->items[i];
		/* What is hidden is none. */
		sorted[i]->place = i + (sorted[i]->hidden ? b->n_items : 0);
	}
	qsort(sorted, b->n_items, sizeof(struct bls_item *), compare_items);
	for (size_t i = 1; i < b->n_items; i++)
		sorted[i]->is_repeated = ka_streq(sorted[i]->id, sorted[i - 1]->id);
}

static void report_config(const struct bls_menu *b, struct ka_menu *menu)
{
	_cleanup_free_ char *smbios = NULL;

	if (b->config.timeout && ka_streq(b->config.timeout, "menu-force"))
		ka_report(&menu->problems, KA_WARNING, KA_ID_BLS_WAITS, b->config_path,
			  "set a timeout in loader.conf",
			  "systemd-boot would wait at its menu for somebody; the entry it "
			  "highlights is taken");
	if (bls_has(&b->dialect, BLS_SMBIOS_ENTRIES) &&
	    ka_host_oem_string(b->host, "io.systemd.boot.entries-extra:", &smbios) > 0)
		ka_report(&menu->problems, KA_WARNING, KA_ID_BLS_SMBIOS_ENTRIES, NULL, NULL,
			  "the firmware's SMBIOS strings define entries as well, which are not "
			  "shown here");
}

/* The menu as the loader of b->dialect has it. */
static int fill_menu(struct bls_menu *b, struct ka_menu *menu)
{
	struct bls_choice choice;
	int r;

	b->problems = &menu->problems;
	bls_read_all(b);
	bls_sort(b, b->n_items);
	bls_add_automatic(b);
	bls_make_titles_unique(b);
	mark_repeated(b);
	bls_choose(b, &choice);
	r = add_items(b, false, &choice, menu);
	if (r == 0)
		r = add_items(b, true, &choice, menu);
	if (r == 0) {
		ka_menu_make_ids_unique(menu);
		report_config(b, menu);
		menu->reason = choice.reason;
		menu->reason_source = TAKE_PTR(choice.source);
		menu->reason_text = TAKE_PTR(choice.text);
		menu->undecided = TAKE_PTR(choice.undecided);
		if (menu->undecided)
			menu->default_index = -1;
	}
	bls_choice_done(&choice);
	return r;
}

static int bls_discover(struct ka_host *host, const struct ka_chain *chain, struct ka_menu *ret,
			struct ka_error *err)
{
	_cleanup_(ka_menu_done) struct ka_menu menu = KA_MENU_INIT;
	struct bls_menu b = { .host = host, .problems = &menu.problems };
	int r;

	b.arch = efi_arch(host);
	r = ka_host_boot_partitions(host, own_partition(chain), &b.partitions, err);
	if (r == 0)
		return ka_fail(err, -ENOENT, "no EFI system partition found");
	if (r < 0) {
		const char *remedy = ka_unread_remedy(r);

		ret->undecided = ka_format("%s%s%s", ka_error_text(err, r), remedy ? "; " : "",
					   remedy ? remedy : "");
		return 0;
	}
	bls_find_dialect(&b, chain);
	r = fill_menu(&b, &menu);
	if (r == 0)
		r = bls_judge_version(&b, fill_menu, &menu);
	bls_menu_done(&b);
	if (r == -E2BIG)
		return ka_fail(err, r, "more than %d entries", KA_MENU_LIMIT);
	if (r < 0)
		return r;
	*ret = ka_menu_take(&menu);
	return 0;
}

const struct ka_backend ka_backend_bls = {
	.name = "bls",
	.summary = "systemd-boot: Boot Loader Specification entries and unified kernel images",
	.probe = bls_probe,
	.discover = bls_discover,
};
