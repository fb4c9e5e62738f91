// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * U-Boot's extlinux.conf: the default label (the last of its name), and behind it, or without one, the labels in
 * order; one whose kernel or initrd is not there is passed over (handle_pxe_menu() and label_boot() in
 * boot/pxe_utils.c). A kernel is handed "append" and nothing else.
 */

#include "uboot.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static void take_devicetree(const struct ext_menu *m, const struct uboot_label *label,
			    struct ka_entry *entry)
{
	const char *name = label->fdt ? label->fdt : label->fdtdir;
	char *found;

	/* "-": none, as 32-bit ARM has it. */
	if (!name || ka_streq(name, "-"))
		return;
	found = label->fdt ? ext_take_file(m, entry, "devicetree", name, KA_ID_DEVICETREE_MISSING)
			   : NULL;
	entry->devicetree = found;
	if (!ka_host_has_acpi(m->host))
		ka_report(
			&entry->problems, KA_WARNING, KA_ID_DEVICETREE_KEPT,
			found ? found : entry->source_path,
			"reboot through the firmware, when it has changed",
			"a kexec keeps the devicetree that is in use and does not load the one of "
			"'%s'",
			name);
}

static void unknown(struct ka_entry *entry, const char *remedy, const char *what)
{
	ka_report(&entry->problems, KA_ERROR, KA_ID_EXTLINUX_UNKNOWN_VALUE, entry->source_path,
		  remedy, "the command line depends on U-Boot's environment: %s", what);
}

static void take_cmdline(const struct uboot_label *label, struct ka_entry *entry)
{
	static const char remedy[] = "write the words into append, or pass --cmdline=";
	_cleanup_free_ char *variable = NULL, *what = NULL;

	if (!label->append) {
		unknown(entry, remedy, "without append it is that of $bootargs");
		return;
	}
	entry->cmdline = uboot_expand(label->append, &variable);
	if (variable) {
		what = ka_format("it has the variable '%s'", variable);
		unknown(entry, remedy, what);
	}
	if (label->adds_address)
		unknown(entry, remedy, "ipappend adds the network's addresses");
}

static void not_linux(struct ka_entry *entry, const char *what)
{
	ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, entry->source_path,
		  "reboot through the firmware", "the entry %s", what);
}

static bool is_fit(const struct uboot_label *label)
{
	return label->has_fit_part ||
	       (label->kernel && label->initrd && ka_streq(label->kernel, label->initrd));
}

static void fill(const struct ext_menu *m, const struct uboot_label *label, struct ka_entry *entry)
{
	entry->type = KA_TYPE_LINUX;
	if (label->is_local) {
		entry->type = KA_TYPE_CHAINLOADER;
		not_linux(entry, "starts what U-Boot's own command starts (localboot)");
		return;
	}
	if (!label->kernel) {
		not_linux(entry, "names no kernel, and U-Boot passes it over");
		return;
	}
	take_cmdline(label, entry);
	ext_take_kernel(m, entry, label->kernel);
	if (is_fit(label)) {
		entry->type = KA_TYPE_OTHER;
		not_linux(entry, "starts a part of a FIT image, which is not read here");
		return;
	}
	if (label->initrd)
		ext_take_initrd(m, entry, label->initrd, strlen(label->initrd));
	if (label->is_cut)
		unknown(entry, "put a blank behind the name of the initrd, or use 'initrd'",
			"initrd= is the last word of append, and U-Boot reads beyond it");
	take_devicetree(m, label, entry);
}

static int add_label(const struct ext_menu *m, const struct uboot_label *label)
{
	struct ka_entry *entry = ka_entry_new();

	entry->id = ka_strdup(label->name);
	entry->title = ka_strdup(label->title ? label->title : label->name);
	entry->source_path = ka_strdup(label->path);
	entry->source_line = label->line;
	fill(m, label, entry);
	return ka_menu_add_take(m->menu, entry);
}

/* --- the default */

static bool has_problem(const struct ka_entry *entry, enum ka_finding_id id)
{
	return ka_findings_have(&entry->problems, id);
}

/* U-Boot goes on to the next label. */
static bool is_passed_over(const struct uboot_label *label, const struct ka_entry *entry)
{
	if (label->is_local)
		return false;
	return !label->kernel || has_problem(entry, KA_ID_KERNEL_MISSING) ||
	       has_problem(entry, KA_ID_INITRD_MISSING);
}

/* A devicetree that is not there: only a U-Boot with an address for it (fdt_addr_r) looks for one. */
static bool may_be_passed_over(const struct uboot_label *label, const struct ka_entry *entry)
{
	return !is_passed_over(label, entry) && has_problem(entry, KA_ID_DEVICETREE_MISSING);
}

static ssize_t find_default(const struct uboot_config *config)
{
	ssize_t found = -1;

	for (size_t i = 0; config->default_label && i < config->n_labels; i++)
		if (ka_streq(config->labels[i].name, config->default_label))
			found = (ssize_t)i;
	return found;
}

/* The label that boots: the default, else the first in order that can be. -1: none. */
static ssize_t find_first(const struct ext_menu *m, const struct uboot_config *config,
			  ssize_t wanted)
{
	if (wanted >= 0 && !is_passed_over(&config->labels[wanted], m->menu->entries[wanted]))
		return wanted;
	for (size_t i = 0; i < config->n_labels; i++)
		if (!is_passed_over(&config->labels[i], m->menu->entries[i]))
			return (ssize_t)i;
	return -1;
}

static char *explain(const struct uboot_config *config, ssize_t wanted, ssize_t index)
{
	if (wanted < 0 && config->default_label)
		return ka_format("no label is '%s': the first one that has its files",
				 config->default_label);
	if (wanted < 0)
		return ka_strdup("the first label that has its files");
	if (wanted != index)
		return ka_format(
			"DEFAULT %s, whose files are missing: the first label that has its "
			"own",
			config->default_label);
	return ka_format("DEFAULT %s", config->default_label);
}

static void choose(const struct ext_menu *m, const struct uboot_config *config)
{
	struct ka_menu *menu = m->menu;
	ssize_t wanted = find_default(config), index = find_first(m, config, wanted);

	if (index < 0)
		index = wanted;
	if (index < 0) {
		menu->undecided = ka_strdup("no label has a kernel that is there");
		return;
	}
	if (may_be_passed_over(&config->labels[index], menu->entries[index])) {
		menu->undecided =
			ka_format("the devicetree of '%s' is not there, and whether U-Boot passes "
				  "the label over for that depends on its environment (fdt_addr_r)",
				  config->labels[index].name);
		return;
	}
	menu->default_index = index;
	menu->reason = wanted == index ? KA_REASON_CONFIGURED : KA_REASON_FIRST;
	menu->reason_source = ka_strdup(m->place->path);
	menu->reason_text = explain(config, wanted, index);
	if (config->prompts && !config->has_timeout)
		ka_report(
			&menu->problems, KA_WARNING, KA_ID_EXTLINUX_WAITS, m->place->path,
			"set TIMEOUT in tenths of a second",
			"there is no TIMEOUT: the loader would wait for somebody; the entry at its "
			"cursor is taken");
}

/* Something that speaks against any default. NULL: nothing. */
static char *find_doubt(const struct uboot_config *config)
{
	for (size_t i = 0; i < config->n_labels; i++)
		if (config->labels[i].has_new)
			return ka_format(
				"the label '%s' has a keyword that U-Boot knows since 2025, "
				"and which version reads it is not known",
				config->labels[i].name);
	return config->unread	 ? ka_strdup(config->unread)
	       : config->failure ? ka_strdup(config->failure)
				 : NULL;
}

/* --- other ways to boot, beside this one */

static const char *const scripts[] = { "/boot/boot.scr", "/boot/boot.scr.uimg", "/boot.scr",
				       "/boot.scr.uimg", "/boot/firmware/boot.scr" };

static bool is_running(const struct ext_menu *m)
{
	_cleanup_free_ char *running = NULL;

	if (ka_host_read_line(m->host, "/proc/cmdline", &running, NULL) < 0)
		return false;
	for (size_t i = 0; i < m->menu->n_entries; i++) {
		_cleanup_free_ char *cmdline = ka_strdup_or_null(m->menu->entries[i]->cmdline);

		if (cmdline && ka_streq(ka_strip(cmdline), running))
			return true;
	}
	return false;
}

/* U-Boot may run a script first: its board decides. */
static void judge_scripts(const struct ext_menu *m)
{
	const char *script = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(scripts) && !script; i++)
		if (ka_host_seems_there(m->host, scripts[i]))
			script = scripts[i];
	if (!script)
		return;
	if (is_running(m))
		ka_report(
			&m->menu->problems, KA_WARNING, KA_ID_EXTLINUX_SCRIPT, script,
			"remove the one that is not in use",
			"U-Boot's script '%s' is here too; the running system was started with the "
			"command line of an entry of '%s', which is followed",
			script, m->place->path);
	else if (!m->menu->undecided)
		m->menu->undecided =
			ka_format("U-Boot's script '%s' is here too, and which of both it "
				  "takes depends on the board: no entry has the running "
				  "command line",
				  script);
}

int uboot_discover(const struct ext_menu *m, struct ka_error *err)
{
	_cleanup_(uboot_config_done) struct uboot_config config = { .n_labels = 0 };
	struct ka_menu *menu = m->menu;
	int r = uboot_config_read(m->host, m->place, &config, err);

	menu->dialect = "u-boot";
	for (size_t i = 0; r == 0 && i < config.n_labels; i++)
		r = add_label(m, &config.labels[i]);
	if (r < 0)
		return r;
	menu->undecided = m->place->doubt ? ka_strdup(m->place->doubt) : find_doubt(&config);
	judge_scripts(m);
	if (!menu->undecided)
		choose(m, &config);
	ka_menu_make_ids_unique(menu);
	return 0;
}
