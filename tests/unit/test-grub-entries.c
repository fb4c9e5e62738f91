// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SUSE's grub2-bls. The order of files and what an entry becomes was asked of GRUB 2.14
 * (tests/oracle/grub/scripts/bls-*); $enable_blscfg, the environment block, the variables of the boot loader
 * interface and that entries without tries come last are from the source of SUSE's patches and of sdbootutil.
 */

#include "mods.h"
#include "option.h"

#include <errno.h>

extern const struct ka_backend ka_backend_grub;

static const char *const blsuki[] = { "normal", "regexp", "blsuki", "bli", "loadenv", NULL };
static const char *const blscfg[] = { "normal", "regexp", "blscfg", "bli", "loadenv", NULL };

#define ESP	 "boot/efi/"
#define PROGRAM	 ESP "EFI/opensuse/grubbls.efi"
#define EMBEDDED "regexp --set 1:root '\\((.*)\\)' \"$cmdpath\"\nset enable_blscfg=1\n"
#define NEW	 "system-opensuse-tumbleweed-6.17.8-1-default-7"
#define LTS	 "system-opensuse-tumbleweed-6.12.50-1-longterm-12"
#define OLD	 "system-opensuse-tumbleweed-6.17.7-1-default-6"
#define SNAPPER	 "snapper-opensuse-tumbleweed-6.17.7-1-default-5"
#define FOLDER	 "/opensuse-tumbleweed/"

static void put_entry(const char *file, const char *kernel)
{
	_cleanup_free_ char *path = ka_format(ESP "loader/entries/%s.conf", file);
	_cleanup_free_ char *image = ka_format(ESP "%s", kernel + 1);
	_cleanup_free_ char *text = ka_format(
		"# Boot Loader Specification type#1 entry\ntitle      openSUSE Tumbleweed\n"
		"sort-key   opensuse-tumbleweed\noptions    splash=silent root=UUID=a\n"
		"linux      %s\ninitrd     %s\n",
		kernel, kernel);

	unit_puts(path, text);
	unit_puts(image, "x");
}

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r < 0)
		return r;
	unit_pc("BOOT_IMAGE=" FOLDER "6.17.7-1-default/linux-c root=UUID=a\n");
	unit_puts("dev/vda1", "");
	unit_puts("sys/class/block/vda/size", "1");
	unit_puts("sys/class/block/vda1/dev", "254:1");
	unit_puts("etc/os-release", "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\opensuse\\grubbls.efi", NULL);
	UNIT_NUMBERS("BootOrder", 1);
	UNIT_NUMBERS("BootCurrent", 1);
	put_entry(NEW, FOLDER "6.17.8-1-default/linux-a");
	put_entry(LTS, FOLDER "6.12.50-1-longterm/linux-b");
	put_entry(OLD, FOLDER "6.17.7-1-default/linux-c");
	put_entry(SNAPPER, FOLDER "6.17.7-1-default/linux-d");
	unit_grub(PROGRAM, &(const struct unit_core){ .modules = blsuki,
						      .prefix = "/EFI/opensuse",
						      .config = EMBEDDED });
	return 0;
}

static void discover(void)
{
	unit_discover(&ka_backend_grub);
}

static void put_grubenv(const char *variables)
{
	_cleanup_free_ char *text =
		ka_format("# GRUB Environment Block\n%s################", variables);

	unit_puts(ESP "EFI/opensuse/grubenv", text);
}

static void assert_default(const char *id)
{
	if (!unit_default())
		fail_msg("no default: %s", unit_menu.undecided ? unit_menu.undecided : "");
	assert_string_equal(unit_default()->id, id);
}

static void assert_order(const char *const *ids)
{
	for (size_t i = 0; ids[i]; i++) {
		assert_true(i < unit_menu.n_entries);
		assert_string_equal(unit_menu.entries[i]->id, ids[i]);
	}
}

/* By the names of files, newest first; sort-key and version count for nothing. */
static void test_order(void **state)
{
	static const char *const ids[] = { NEW, OLD, LTS, SNAPPER, NULL };

	(void)state;
	discover();
	assert_int_equal(unit_menu.n_entries, 4);
	assert_order(ids);
	assert_default(NEW);
	assert_int_equal(unit_menu.reason, KA_REASON_FIRST);
	assert_string_equal(unit_menu.dialect, "suse 2.14");
	assert_string_equal(unit_default()->kernel,
			    "/boot/efi/opensuse-tumbleweed/6.17.8-1-default/linux-a");
	assert_int_equal(unit_default()->initrds.n, 1);
	assert_string_equal(unit_default()->cmdline,
			    "BOOT_IMAGE=" FOLDER
			    "6.17.8-1-default/linux-a splash=silent root=UUID=a");
}

/* Those that have no tries left are last, in the order of files. */
static void test_counters(void **state)
{
	static const char *const ids[] = {
		"system-x-8+2-1", NEW, OLD, LTS, SNAPPER, "system-x-9+0-3", "system-x-7+0", NULL
	};

	(void)state;
	put_entry("system-x-9+0-3", FOLDER "x/9");
	put_entry("system-x-8+2-1", FOLDER "x/8");
	put_entry("system-x-7+0", FOLDER "x/7");
	discover();
	assert_order(ids);
	assert_default("system-x-8+2-1");
	assert_int_equal(unit_default()->tries_left, 2);
	assert_int_equal(unit_default()->tries_done, 1);
	assert_int_equal(unit_menu.entries[6]->tries_left, 0);
	assert_int_equal(unit_menu.entries[1]->tries_left, -1);

	/* Its id may have the counter or not. */
	unit_loader_variable("LoaderEntryDefault", "system-x-8.conf");
	discover();
	unit_assert_undecided("LoaderEntryDefault=system-x-8.conf");
	unit_loader_variable("LoaderEntryDefault", "system-x-8+2-1.conf");
	discover();
	assert_default("system-x-8+2-1");
}

static void test_default(void **state)
{
	static const struct {
		const char *oneshot, *variable, *saved; /* NULL: not set */
		const char *id;				/* NULL: undecided, */
		const char *words;			/* with these; else the reason */
	} cases[] = {
		{ NULL, NULL, OLD ".conf", OLD, "default=" OLD ".conf" },
		{ NULL, NULL, OLD, OLD, "default=" OLD },
		{ NULL, NULL, "nothing", NEW, "default=nothing" },
		{ NULL, LTS ".conf", NULL, LTS, "LoaderEntryDefault=" LTS ".conf" },
		{ NULL, LTS, NULL, LTS, "LoaderEntryDefault=" LTS },
		{ NULL, "gone.conf", NULL, NEW, "LoaderEntryDefault=gone.conf" },
		{ OLD ".conf", LTS ".conf", NULL, OLD, "LoaderEntryOneShot=" OLD ".conf" },
		{ "gone.conf", NULL, NULL, NULL, "LoaderEntryOneShot=gone.conf" },
		/* The block may be read after the variables. */
		{ NULL, LTS ".conf", LTS, LTS, "LoaderEntryDefault=" LTS ".conf" },
		{ NULL, LTS ".conf", OLD, NULL, "name different entries" },
		{ OLD ".conf", NULL, LTS, NULL, "name different entries" },
		{ NULL, NULL, "1", NULL, "default=1" },
		{ NULL, NULL, "openSUSE Tumbleweed", NULL, "default=openSUSE Tumbleweed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = ka_format("timeout=8\n%s%s\n",
						      cases[i].saved ? "default=" : "",
						      cases[i].saved ? cases[i].saved : "x=y");

		put_grubenv(line);
		unit_loader_variable("LoaderEntryOneShot",
				     cases[i].oneshot ? cases[i].oneshot : "");
		unit_loader_variable("LoaderEntryDefault",
				     cases[i].variable ? cases[i].variable : "");
		discover();
		if (!cases[i].id) {
			unit_assert_undecided(cases[i].words);
			continue;
		}
		assert_default(cases[i].id);
		assert_string_equal(unit_menu.reason_text, cases[i].words);
		assert_int_equal(unit_menu.writes.n, cases[i].oneshot ? 1 : 0);
		if (!cases[i].oneshot)
			continue;
		assert_int_equal(unit_menu.reason, KA_REASON_ONESHOT);
		assert_string_equal(unit_menu.writes.items[0].name, "LoaderEntryOneShot");
		assert_null(unit_menu.writes.items[0].value);
	}
}

/* Where the default is written. */
static void test_sources(void **state)
{
	(void)state;
	put_grubenv("default=" OLD "\n");
	discover();
	assert_string_equal(unit_menu.reason_source, "/boot/efi/EFI/opensuse/grubenv");
	put_grubenv("timeout=8\n");
	unit_loader_variable("LoaderEntryDefault", LTS ".conf");
	discover();
	assert_non_null(strstr(unit_menu.reason_source, "/LoaderEntryDefault-"));
}

/* Does BOOT_IMAGE= begin with a device? What it has started tells. */
static void test_boot_image(void **state)
{
	static const struct {
		const char *running, *cmdline; /* NULL: undecided */
	} cases[] = {
		{ "BOOT_IMAGE=(hd3,gpt1)" FOLDER "6.17.7-1-default/linux-c x",
		  "BOOT_IMAGE=(hd3,gpt1)" FOLDER "6.17.8-1-default/linux-a splash=silent "
		  "root=UUID=a" },
		{ "BOOT_IMAGE=" FOLDER "gone/linux-old x",
		  "BOOT_IMAGE=" FOLDER "6.17.8-1-default/linux-a splash=silent root=UUID=a" },
		{ "BOOT_IMAGE=/boot/vmlinuz-6.17.7-1-default root=UUID=a", NULL },
		{ "BOOT_IMAGE=(hd0,gpt2)/boot/vmlinuz-6.17.7-1-default", NULL },
		{ "root=UUID=a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_puts("proc/cmdline", cases[i].running);
		discover();
		if (cases[i].cmdline) {
			assert_default(NEW);
			assert_string_equal(unit_default()->cmdline, cases[i].cmdline);
			assert_int_equal(unit_default()->initrds.n, 1);
		} else {
			unit_assert_undecided("BOOT_IMAGE=");
		}
	}
}

/* By whose rules else is not known. */
static void test_others(void **state)
{
	(void)state;
	unit_grub(PROGRAM, &(const struct unit_core){ .modules = blscfg,
						      .prefix = "/EFI/opensuse",
						      .config = EMBEDDED });
	discover();
	unit_assert_undecided("SUSE's grub2-bls");
	unit_grub(PROGRAM, &(const struct unit_core){ .modules = blsuki,
						      .prefix = "/EFI/opensuse",
						      .config = EMBEDDED });
	unit_puts("etc/os-release", "ID=arch\n");
	discover();
	unit_assert_undecided("SUSE's grub2-bls");
	/* It is switched off: a grub.cfg is read. */
	unit_puts("etc/os-release", "ID=opensuse-tumbleweed\n");
	unit_grub(PROGRAM, &(const struct unit_core){ .modules = blsuki,
						      .prefix = "/EFI/opensuse",
						      .config = "set enable_blscfg=0\n" });
	unit_puts(ESP "EFI/opensuse/grub.cfg",
		  "menuentry here { linux /opensuse-tumbleweed/6.17.8-1-default/linux-a }\n");
	discover();
	assert_default("here");
}

/* No entries: GRUB waits at its prompt. */
static void test_empty(void **state)
{
	static const char *const files[] = { NEW, LTS, OLD, SNAPPER };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = ka_format(ESP "loader/entries/%s.conf", files[i]);

		assert_int_equal(unlink(unit_path(path)), 0);
	}
	discover();
	assert_null(unit_default());
}

#define entries_case(f) cmocka_unit_test_setup_teardown(f, setup, unit_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		entries_case(test_order),      entries_case(test_counters),
		entries_case(test_default),    entries_case(test_sources),
		entries_case(test_boot_image), entries_case(test_others),
		entries_case(test_empty),
	};

	return cmocka_run_group_tests_name("grub-entries", tests, NULL, NULL);
}
