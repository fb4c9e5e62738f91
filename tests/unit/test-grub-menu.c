// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The menu: what entries become, which one is the default, entries of the Boot Loader Specification. The
 * rules of the default are those of normal/menu.c; Red Hat's answers are in tests/oracle/redhat.
 */

#include "grub-unit.h"

#include "cmdline.h"
#include "menu/bls.h"
#include "menu/default.h"

#include <kexec-any/memory.h>

static const char *default_title(const char *config)
{
	grub_discover(config);
	return grub_default()->title;
}

/* Menu of the user's manual: numbers from 0; a title or an id; '>' between levels, doubled within one. */
#define MENU                                                                                       \
	"menuentry A --id a { linux /k1; }\n"                                                      \
	"submenu Adv --id adv { menuentry A1 --id a1 { linux /k1; }\n"                             \
	"menuentry A2 --id a2 { linux /k1; }\nmenuentry 'x>y' --id x2 { linux /k1; }\n}\n"         \
	"menuentry '9af7 title' --id 9af7b02a { linux /k1; }\n"                                    \
	"menuentry '3.10 kernel' --id k310 { linux /k1; }\nmenuentry B { linux /k1; }\n"

static void test_default(void **state)
{
	static const struct {
		const char *value, *upstream, *redhat;
	} cases[] = {
		{ "", "A", "A" },
		{ "0", "A", "A" },
		{ "1", "A1", "A2" },
		{ "2", "9af7 title", "9af7 title" },
		{ "4", "B", "B" },
		{ "5", "A", "A" },
		{ "-1", "A", "A" },
		{ "0x4", "B", "B" },
		{ "04", "B", "B" },
		{ " 4", "B", "B" },
		{ "4 junk", "B", "A" },
		{ "1>1", "A2", "A" },
		{ "1>9", "A1", "A" },
		{ "adv>a2", "A2", "A2" },
		{ "Adv>A2", "A2", "A2" },
		{ "Adv>x>>y", "x>y", "x>y" },
		{ "adv>nonexistent", "A1", "A1" },
		{ "9af7b02a", "A", "9af7 title" },
		{ "3.10 kernel", "3.10 kernel", "3.10 kernel" },
		{ "k310", "3.10 kernel", "3.10 kernel" },
		{ "B", "B", "B" },
		{ "b", "A", "A" },
		{ "4294967297", "A1", "A2" },
		{ "99999999999999999999", "A", "A" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format("default='%s'\n" MENU, cases[i].value);

		unit_puts("etc/os-release", "ID=debian\n");
		if (!ka_streq(default_title(config), cases[i].upstream))
			fail_msg("upstream, %s: %s", cases[i].value, default_title(config));
		unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
		if (!ka_streq(default_title(config), cases[i].redhat))
			fail_msg("Red Hat, %s: %s", cases[i].value, default_title(config));
	}
}

/* Red Hat's ids and blanks: answers of Fedora 44's grub-emu. */
static void test_default_blanks(void **state)
{
	static const struct {
		const char *value, *expected;
	} cases[] = {
		{ "adv>A two", "First" }, /* an id, then a blank anywhere: the first of all */
		{ "Adv>A two", "A two" },
		{ "Plain>C two", "First" },
		{ "Plain>1", "C two" },
		{ "i d", "First" },
		{ "T", "T" },
		{ "p q", "p q" },
	};

	(void)state;
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format(
			"default='%s'\nmenuentry First --id f { linux /k1; }\n"
			"submenu Adv --id adv { menuentry 'A one' --id a1 { linux /k1; }\n"
			"menuentry 'A two' --id a2 { linux /k1; }\n}\n"
			"submenu Plain { menuentry 'C one' { linux /k1; }\n"
			"menuentry 'C two' { linux /k1; }\n}\n"
			"menuentry T --id 'i d' { linux /k1; }\nmenuentry 'p q' { linux /k1; }\n",
			cases[i].value);

		if (!ka_streq(default_title(config), cases[i].expected))
			fail_msg("%s: %s", cases[i].value, default_title(config));
	}
}

static void test_reasons(void **state)
{
	static const struct {
		const char *config;
		enum ka_reason reason;
	} cases[] = {
		{ "menuentry A { linux /k1; }\n", KA_REASON_ONLY },
		{ "menuentry A { linux /k1; }\nmenuentry B { linux /k1; }\n", KA_REASON_FIRST },
		{ "default=0\nmenuentry A { linux /k1; }\n", KA_REASON_CONFIGURED },
		{ "saved_entry=A\ndefault=A\nmenuentry A { linux /k1; }\n", KA_REASON_SAVED },
		{ "boot_once=true\ndefault=A\nmenuentry A { linux /k1; }\n", KA_REASON_ONESHOT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		grub_discover(cases[i].config);
		assert_int_equal(grub_menu.reason, cases[i].reason);
		assert_string_equal(grub_menu.reason_source, "/boot/grub/grub.cfg");
	}
}

/* Each id finds its entry, and the first keeps the name that grub-set-default takes. */
static void test_names(void **state)
{
	static const char *const ids[] = { "x", "x#3", "x#2", "x#4", "s>y", "s>y#2", "s>z", "1>0" };

	(void)state;
	grub_discover("menuentry A --id x { linux /k1; }\nmenuentry B --id x { linux /k2; }\n"
		      "menuentry C --id 'x#2' { linux /k3; }\nmenuentry D --id x { linux /k1; }\n"
		      "submenu S --id s { menuentry Y --id y { linux /k1; }\n"
		      "menuentry Y2 --id y { linux /k2; }\n}\n"
		      "submenu S --id s { menuentry Z --id z { linux /k1; }\n}\n"
		      "menuentry E --id '1>0' { linux /k1; }\n");
	assert_int_equal(grub_menu.n_entries, ARRAY_SIZE(ids));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		bool doubled = ka_streq(ids[i], "1>0");

		assert_string_equal(grub_menu.entries[i]->id, doubled ? "1>>0" : ids[i]);
		for (size_t k = 0; k < grub_menu.n_entries; k++)
			assert_false(ka_strv_contains(grub_menu.entries[k]->aliases,
						      grub_menu.entries[i]->id));
	}
	assert_true(ka_strv_contains(grub_menu.entries[4]->aliases, "4>0"));
	assert_true(ka_strv_contains(grub_menu.entries[4]->aliases, "4>y"));
	assert_true(ka_strv_contains(grub_menu.entries[5]->aliases, "4>1"));
	assert_false(ka_strv_contains(grub_menu.entries[5]->aliases, "4>y"));
	assert_true(ka_strv_contains(grub_menu.entries[6]->aliases, "S>Z"));
}

static void test_entries(void **state)
{
	static const struct {
		const char *item;
		size_t n; /* entries it makes */
	} cases[] = {
		{ "menuentry A { linux /k1; }", 1 },
		{ "menuentry A", 0 },
		{ "menuentry { linux /k1; }", 0 },
		{ "menuentry A --source 'linux /k1'", 1 },
		{ "menuentry A --source x { linux /k1; }", 0 },
		{ "menuentry A --class x --class y --unrestricted --hotkey k --users u { linux /k1; }",
		  1 },
		{ "menuentry A --id { linux /k1; }", 0 },
		{ "menuentry A --users $u --id x { linux /k1; }", 0 },
		{ "menuentry --unrestricted=1 A { linux /k1; }", 0 },
		{ "hiddenentry A { linux /k1; }", 0 },
		{ "nosuch A { linux /k1; }", 0 },
		{ "submenu A { menuentry B { linux /k1; }\nmenuentry C { linux /k1; }\n}", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format("%s\n", cases[i].item);

		grub_discover(config);
		if (grub_menu.n_entries != cases[i].n)
			fail_msg("%s: %zu", cases[i].item, grub_menu.n_entries);
	}
}

static void test_kinds(void **state)
{
	static const struct {
		const char *body;
		enum ka_entry_type type;
	} cases[] = {
		{ "linux /k1", KA_TYPE_LINUX },
		{ "linux16 /k1", KA_TYPE_LINUX },
		{ "linuxefi /k1", KA_TYPE_LINUX },
		{ "multiboot2 /x", KA_TYPE_XEN },
		{ "chainloader +1", KA_TYPE_CHAINLOADER },
		{ "chainloader --force /x", KA_TYPE_CHAINLOADER },
		{ "chainloader", KA_TYPE_CHAINLOADER },
		{ "fwsetup", KA_TYPE_FIRMWARE },
		{ "halt", KA_TYPE_OTHER },
		{ "ntldr /x", KA_TYPE_OTHER },
		{ "true", KA_TYPE_OTHER },
		{ "linux", KA_TYPE_OTHER },
		{ "initrd /i1", KA_TYPE_OTHER },
		{ "boot", KA_TYPE_OTHER },
		{ "linux /k1; boot; linux /k2", KA_TYPE_LINUX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format("menuentry A { %s; }\n", cases[i].body);

		grub_discover(config);
		assert_int_equal(grub_menu.n_entries, 1);
		if (grub_menu.entries[0]->type != cases[i].type)
			fail_msg("%s: %s", cases[i].body,
				 ka_entry_type_name(grub_menu.entries[0]->type));
		if (cases[i].type != KA_TYPE_LINUX)
			assert_true(
				ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_NOT_LINUX));
	}
	/* A kernel loaded outside of all entries stays loaded. */
	assert_string_equal(grub_words("linux /k1 x\ninitrd /i1\nmenuentry A { true; }\n"), "x");
	assert_int_equal(grub_default()->initrds.n, 1);
}

static void test_reports(void **state)
{
	(void)state;
	grub_discover("superusers=root\nmenuentry A { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.problems, KA_ID_GRUB_PASSWORD));
	assert_true(ka_findings_have(&grub_menu.problems, KA_ID_GRUB_WAITS));
	grub_discover("superusers=root\ntimeout=5\nmenuentry A --unrestricted { linux /k1; }\n");
	assert_int_equal(grub_menu.problems.n, 0);
	grub_discover("fallback='1 0'\nmenuentry A { linux /nope; }\nmenuentry B { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_GRUB_FALLBACK));
	grub_discover("fallback=7\nmenuentry A { linux /nope; }\nmenuentry B { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_GRUB_FALLBACK));
	/* Numbers count from 0: there is no 2. */
	grub_discover("fallback=2\nmenuentry A { linux /nope; }\nmenuentry B { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_GRUB_FALLBACK));
	grub_discover("fallback=1\nmenuentry A { linux /k1; }\nmenuentry B { linux /k1; }\n");
	assert_false(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_GRUB_FALLBACK));
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	grub_discover(
		"fallback=b\nmenuentry A { linux /k1; false; }\nmenuentry B --id b { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_GRUB_BODY_FAILED));
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_GRUB_FALLBACK));
}

/* What GRUB passes over, and what only GRUB can know. */
static void test_complaints(void **state)
{
	static const struct {
		const char *script;
		enum ka_finding_id id;
		bool of_entry;
	} cases[] = {
		{ "frobnicate\n", KA_ID_GRUB_UNKNOWN_COMMAND, false },
		{ "if true; then fi\n", KA_ID_GRUB_SYNTAX, false },
		{ "menuentry X --class { true; }\n", KA_ID_GRUB_ENTRY_LOST, false },
		{ "menuentry X --unrestricted=x { true; }\n", KA_ID_GRUB_ENTRY_LOST, false },
		{ "function f { f; }\nf\n", KA_ID_GRUB_RECURSION, false },
		{ "menuentry X { if keystatus --shift; then x=1; fi; linux /k1; }\n",
		  KA_ID_GRUB_UNKNOWN_CONDITION, true },
		{ "probe --set=x -d $root\nmenuentry X { linux /k1 $x; }\n",
		  KA_ID_GRUB_UNKNOWN_VALUE, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config =
			ka_format("timeout=1\nset default=A\n%smenuentry A { linux /k1; }\n",
				  cases[i].script);
		const struct ka_findings *list = &grub_menu.problems;

		grub_discover(config);
		assert_string_equal(grub_default()->title, "A");
		if (cases[i].of_entry)
			list = &grub_menu.entries[0]->problems;
		if (!ka_findings_have(list, cases[i].id))
			fail_msg("%s: no %s", cases[i].script, ka_finding_name(cases[i].id));
		assert_int_equal(list->n, 1);
	}
}

/* The default is inside of an entry that shows a menu of its own. */
static void test_configfile_in_an_entry(void **state)
{
	(void)state;
	unit_puts("boot/grub/other.cfg", "menuentry O --id o { linux /k1 x; }\n");
	assert_string_equal(grub_words("menuentry A --id a { configfile /boot/grub/other.cfg; }\n"),
			    "x");
	assert_string_equal(grub_default()->id, "a>o");
	assert_int_equal(grub_menu.n_entries, 2);
	grub_discover("submenu S { true; }\nmenuentry B { linux /k1; }\n");
	assert_int_equal(grub_menu.n_entries, 1);
	assert_non_null(strstr(grub_menu.undecided, "a submenu without entries"));
}

static void test_nothing(void **state)
{
	static const char *const configs[] = { "", "halt\nmenuentry A { linux /k1; }\n", "exit\n",
					       "configfile /nope\n", "normal\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs) - 1; i++) {
		grub_discover(configs[i]);
		assert_int_equal(grub_menu.n_entries, 0);
		assert_int_equal(grub_menu.default_index, -1);
	}
}

/* lib/cmdline.c; Red Hat leaves \xNN alone. */
static void test_cmdline(void **state)
{
	static const struct {
		const char *words[6], *upstream, *redhat;
	} cases[] = {
		{ { "/k" }, "/k", "/k" },
		{ { "/k", "a b", "c" }, "/k \"a b\" c", "/k \"a b\" c" },
		{ { "/k", "", "x" }, "/k  x", "/k  x" },
		{ { "/k", "a\"b'c\\d" }, "/k a\\\"b\\'c\\\\d", "/k a\\\"b\\'c\\\\d" },
		{ { "/k", "a\\x20b\\xg" }, "/k a\\\\x20b\\\\xg", "/k a\\x20b\\\\xg" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *up =
			grub_kernel_cmdline(&grub_upstream, (char *const *)cases[i].words);
		_cleanup_free_ char *rh =
			grub_kernel_cmdline(&grub_fedora, (char *const *)cases[i].words);

		assert_string_equal(up + strlen("BOOT_IMAGE="), cases[i].upstream);
		assert_string_equal(rh + strlen("BOOT_IMAGE="), cases[i].redhat);
	}
}

/* --- blscfg */

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

/* gnulib's filevercmp, as the comment in lib/filevercmp.h has it; rpmvercmp with Red Hat's '+'. */
static void test_order(void **state)
{
	static const struct {
		const char *a, *b;
		int files, rpm;
	} cases[] = {
		{ "a-1.conf", "a-2.conf", -1, -1 },
		{ "a-9.conf", "a-10.conf", -1, -1 },
		{ "a-1~rc1.conf", "a-1.conf", -1, -1 },
		{ "a-1.conf", "a-1.conf", 0, 0 },
		{ "", "a", -1, -1 },
		{ ".a", "a", -1, 0 },
		{ "a-1+3", "a-1", 1, 1 },
		{ "a-01", "a-1", 0, 0 },
		{ "m-0-rescue", "m-6.1-1", -1, -1 },
		{ "a", "A", 1, 1 },
		{ "10", "a1", -1, 1 }, /* rpm: a number is newer than a word */
		{ "9", "1a", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(sign(grub_compare_files(cases[i].a, cases[i].b)), cases[i].files);
		assert_int_equal(sign(grub_compare_rpm(cases[i].a, cases[i].b)), cases[i].rpm);
		assert_int_equal(sign(grub_compare_rpm(cases[i].b, cases[i].a)), -cases[i].rpm);
	}
}

static void make_entries(const char *folder)
{
	static const char *const names[] = { "m-1", "m-2", "m-3" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = ka_format("%s/%s.conf", folder, names[i]);
		_cleanup_free_ char *text = ka_format("title t %s\nlinux /k1\noptions n=%zu $u\n"
						      "initrd /i1\n",
						      names[i], i + 1);

		unit_puts(path, text);
	}
}

static const char *titles(const char *config)
{
	static char text[256];

	grub_discover(config);
	*text = '\0';
	for (size_t i = 0; i < grub_menu.n_entries; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			 grub_menu.entries[i]->id);
	return text;
}

/* Debian's 2.14; tests/oracle has the real program's answers. */
static void test_blscfg_upstream(void **state)
{
	static const struct {
		const char *command, *expected;
	} cases[] = {
		{ "blscfg", "m-3,m-2,m-1" },
		{ "blscfg -p /loader/entries", "m-3,m-2,m-1" },
		{ "blscfg -p /nope", "" },
		{ "blscfg -p /nope -f", "m-3,m-2,m-1" },
		{ "blscfg -p /loader/entries/m-2.conf", "m-2" },
		{ "blscfg -p ($root)/loader/entries/m-2.conf", "m-2" },
		{ "blscfg -e m-2.conf", "m-2" },
		{ "default=m-2; blscfg -d", "" },
		{ "default=m-2.conf; blscfg -d", "m-2" },
		{ "default='t m-2'; blscfg -n", "m-3,m-1" },
		{ "default=1; blscfg -d", "m-2" },
		{ "default=1x; blscfg -d", "" },
		{ "blscfg x", "" },
		{ "blscfg; blscfg", "m-3,m-2,m-1,m-3#2,m-2#2,m-1#2" },
	};

	(void)state;
	unit_puts("boot/grub/x86_64-efi/blsuki.mod", "x");
	make_entries("loader/entries");
	unit_puts("loader/entries/broken.conf", "title b\n");
	unit_puts("loader/entries/.hid.conf", "linux /k1\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format("%s\n", cases[i].command);

		if (!ka_streq(titles(config), cases[i].expected))
			fail_msg("%s: %s", cases[i].command, titles(config));
	}
	/* A name of one letter gets lost at the end of a value. */
	assert_string_equal(grub_words("u=x\nblsuki_save_default=true\n"
				       "function savedefault { true; }\nblscfg\n"),
			    "n=3");
}

static void test_blscfg_redhat(void **state)
{
	static const struct {
		const char *command, *expected;
	} cases[] = {
		{ "blscfg", "m-3,m-2,m-1" },
		{ "blscfg; blscfg", "m-3,m-2,m-1" },
		{ "blscfg m-2; blscfg", "m-2,m-3,m-1" },
		{ "blscfg zz", "" },
		{ "blscfg ($root)/loader/entries/m-2.conf", "m-2" },
		{ "blscfg ($root)/nope", "" },
		{ "blsdir=/o; blscfg", "m-3,m-2,m-1" },
		{ "blsdir=; blscfg", "" },
		{ "set default=m-1; blscfg default; blscfg non-default", "m-1,m-3,m-2" },
		{ "set default=2; blscfg default", "m-1" },
		{ "bls_import", "m-3,m-2,m-1" },
	};

	(void)state;
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	make_entries("loader/entries");
	make_entries("o");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format("%s\n", cases[i].command);

		if (!ka_streq(titles(config), cases[i].expected))
			fail_msg("%s: %s", cases[i].command, titles(config));
	}
	/* The file that says it is the chosen one's, as it is found here. */
	grub_discover("blsdir=/o\nset default=m-2\nblscfg\n");
	assert_string_equal(grub_menu.entries[0]->source_path, "/o/m-3.conf");
	assert_string_equal(grub_menu.reason_source, "/o/m-2.conf");
	unit_puts("loader/entries/m-9.conf", "title x\nlinux /k1\ninitrd /i1\ndevicetree /i2\n"
					     "grub_arg A\ngrub_users $nobody\n");
	grub_discover("save_default=true\nfunction savedefault { true; }\n"
		      "early_initrd='i2 i3'\ndefault_kernelopts='d=1'\nblscfg\n");
	assert_true(ka_endswith(grub_default()->cmdline, "/k1 d=1"));
	assert_int_equal(grub_default()->initrds.n, 3);
	assert_string_equal(grub_default()->initrds.items[0].path, "/i2");
	assert_string_equal(grub_default()->devicetree, "/i2");
}

/* Two that compare equal: which one is shown is the file system's to say. */
static void test_equal_names(void **state)
{
	(void)state;
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	unit_puts("loader/entries/a-1-01.conf", "title x\nlinux /k1\n");
	unit_puts("loader/entries/a-1-1.conf", "title y\nlinux /k2\n");
	grub_discover("blscfg\n");
	assert_non_null(strstr(grub_menu.undecided, "the file system lists first"));
	assert_true(ka_findings_have(&grub_menu.problems, KA_ID_BLS_EQUAL_NAMES));
	unit_puts("etc/os-release", "ID=rhel\nVERSION_ID=8\n");
	grub_discover("blscfg\n");
	assert_int_equal(grub_menu.n_entries, 2);
}

/* RHEL 8: where every file has a version, that decides first. */
static void test_rhel8_versions(void **state)
{
	(void)state;
	unit_puts("etc/os-release", "ID=rhel\nVERSION_ID=8\n");
	unit_puts("boot/loader/entries/m-3.conf", "version 1.0-1\nlinux /k1\n");
	unit_puts("boot/loader/entries/m-2.conf", "version 3.0-1\nlinux /k1\n");
	unit_puts("boot/loader/entries/m-1.conf", "version 2.0-1\nlinux /k1\n");
	assert_string_equal(titles("blscfg\n"), "m-2,m-1,m-3");
	unit_puts("boot/loader/entries/m-0.conf", "linux /k1\n");
	assert_string_equal(titles("blscfg\n"), "m-3,m-2,m-1,m-0");
}

/* The key "efi" of Fedora 45. */
static void test_bls_efi(void **state)
{
	(void)state;
	unit_puts("loader/entries/m-1.conf", "title x\nefi /k1\noptions a\n");
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=45\n");
	grub_discover("blscfg\n");
	assert_int_equal(grub_menu.entries[0]->type, KA_TYPE_CHAINLOADER);
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	grub_discover("blscfg\n");
	assert_int_equal(grub_menu.n_entries, 0);
}

/* The command uki, on images of a fixture: an entry of each, which chainloads it. */
static void test_uki(void **state)
{
	char command[512];

	(void)state;
	unit_puts("sys/firmware/efi/fw_platform_size", "64");
	unit_puts("boot/grub/x86_64-efi/blsuki.mod", "x");
	unit_puts("EFI/Linux/no.efi", "no image");
	snprintf(command, sizeof(command), "cp '%s' '%s'",
		 "fixtures/real-debian-sdboot-252-oneshot/root/efi/EFI/Linux/uki.efi",
		 unit_path("EFI/Linux/a-1.efi"));
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "cp '%s' '%s'",
		 "fixtures/real-debian-sdboot-252-oneshot/root/efi/EFI/Linux/uki.efi",
		 unit_path("EFI/Linux/a-2.efi"));
	assert_int_equal(system(command), 0);
	assert_string_equal(titles("uki -p ($root)/EFI/Linux\n"), "a-2.efi,a-1.efi");
	assert_int_equal(grub_menu.entries[0]->type, KA_TYPE_UKI);
	assert_string_equal(titles("default=a-1.efi\nuki -d -p ($root)/EFI/Linux\n"), "a-1.efi");
	assert_string_equal(titles("default=1\nuki -n -p ($root)/EFI/Linux\n"), "a-2.efi");
	assert_string_equal(titles("uki x\n"), "");
	/* Where the EFI partition is nobody knows here. */
	grub_discover("uki\n");
	assert_non_null(grub_menu.undecided);
}

/* What variables in a value cost is bounded. */
static void test_bls_limits(void **state)
{
	_cleanup_(ka_buf_done) struct ka_buf value = { 0 }, config = { 0 };
	struct ka_error err = KA_ERROR_INIT;

	(void)state;
	unit_puts("etc/os-release", "ID=fedora\nVERSION_ID=44\n");
	ka_buf_adds(&value, "linux /k1\noptions ");
	ka_buf_adds(&config, "x=");
	for (int i = 0; i < 100000; i++) {
		ka_buf_adds(&value, "$xx ");
		ka_buf_adds(&config, "aaaaaaaa");
	}
	ka_buf_adds(&config, "\nxx=$x\nblscfg\n");
	unit_puts("loader/entries/m-1.conf", value.text);
	unit_puts("boot/grub/grub.cfg", config.text);
	grub_look_again();
	assert_int_equal(ask_discover(&ka_backend_grub, grub_host, &grub_menu, &err), -E2BIG);
	ka_error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		grub_case(test_default),
		grub_case(test_default_blanks),
		grub_case(test_reasons),
		grub_case(test_names),
		grub_case(test_entries),
		grub_case(test_kinds),
		grub_case(test_reports),
		grub_case(test_complaints),
		grub_case(test_configfile_in_an_entry),
		grub_case(test_nothing),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_order),
		grub_case(test_blscfg_upstream),
		grub_case(test_blscfg_redhat),
		grub_case(test_equal_names),
		grub_case(test_rhel8_versions),
		grub_case(test_bls_efi),
		grub_case(test_uki),
		grub_case(test_bls_limits),
	};

	return cmocka_run_group_tests_name("grub-menu", tests, NULL, NULL);
}
