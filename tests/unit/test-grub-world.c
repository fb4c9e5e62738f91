// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB's view of the machine: its targets, where its configuration is, environment blocks, devices. */

#include "grub-unit.h"

#include "state/dialect.h"
#include "world/config.h"

/* --- targets: configure.ac of GRUB 2.14, "target_cpu" and "platform" */

static void test_targets(void **state)
{
	static const struct {
		const char *machine, *bits, *modules, *expected; /* bits: of EFI's firmware */
	} cases[] = {
		{ "x86_64", "64", NULL, "x86_64-efi" },
		{ "x86_64", "32", NULL, "i386-efi" },
		{ "x86_64", NULL, NULL, "i386-pc" },
		{ "x86_64", NULL, "i386-coreboot", "i386-coreboot" },
		{ "x86_64", NULL, "x86_64-xen", "x86_64-xen" },
		{ "x86_64", NULL, "x86_64-efi", "i386-pc" },
		{ "x86_64", "64", "i386-pc", "x86_64-efi" },
		{ "i686", "32", NULL, "i386-efi" },
		{ "i686", "64", NULL, "x86_64-efi" },
		{ "i686", NULL, NULL, "i386-pc" },
		{ "aarch64", "64", NULL, "arm64-efi" },
		{ "aarch64", NULL, NULL, "arm64-efi" },
		{ "armv7l", "32", NULL, "arm-efi" },
		{ "armv7l", NULL, NULL, "arm-uboot" },
		{ "armv7l", NULL, "arm-coreboot", "arm-coreboot" },
		{ "riscv64", "64", NULL, "riscv64-efi" },
		{ "loongarch64", "64", NULL, "loongarch64-efi" },
		{ "ia64", "64", NULL, "ia64-efi" },
		{ "ppc64le", NULL, NULL, "powerpc-ieee1275" },
		{ "ppc64", NULL, NULL, "powerpc-ieee1275" },
		{ "sparc64", NULL, NULL, "sparc64-ieee1275" },
		{ "mips64", NULL, NULL, "mipsel-loongson" },
		{ "mips64", NULL, "mips-arc", "mips-arc" },
		{ NULL, NULL, NULL, "i386-pc" },
		{ NULL, "64", NULL, "x86_64-efi" },
		{ NULL, NULL, "powerpc-ieee1275", "powerpc-ieee1275" },
		{ NULL, "64", "riscv64-efi", "riscv64-efi" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *module = NULL;

		grub_teardown(state);
		grub_setup(state);
		if (cases[i].machine)
			unit_puts("proc/sys/kernel/arch", cases[i].machine);
		if (cases[i].bits)
			unit_puts("sys/firmware/efi/fw_platform_size", cases[i].bits);
		if (cases[i].modules) {
			module = ka_format("boot/grub/%s/normal.mod", cases[i].modules);
			unit_puts(module, "x");
		}
		assert_string_equal(
			grub_words("menuentry A { linux /k1 $grub_cpu-$grub_platform\n}\n"),
			cases[i].expected);
	}
}

/* blscfg came upstream with 2.14, in the module blsuki. */
static void test_blscfg_by_module(void **state)
{
	static const char *const folders[] = { "riscv64-efi", "powerpc-ieee1275", "x86_64-efi",
					       "i386-coreboot" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *module = ka_format("boot/grub/%s/blsuki.mod", folders[i]);

		unit_puts("loader/entries/a.conf", "title a\nlinux /k1\noptions x=1\n");
		unit_puts(module, "x");
		assert_string_equal(grub_words("blscfg\n"), "x=1");
		unlink(unit_path(module));
		grub_discover("blscfg\n");
		assert_int_equal(grub_menu.n_entries, 0);
	}
}

/* --- what cannot be told is never "no" */

/* As an ordinary user: root may read everything. */
static void as_user(bool user)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(user ? 65534 : 0), 0);
}

static void expect_undecided(const char *unreadable, const char *about)
{
	struct stat st;

	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(stat(unit_path(unreadable), &st), 0);
	assert_int_equal(chmod(unit_path(unreadable), 0), 0);
	as_user(true);
	grub_look_again();
	ka_menu_done(&grub_menu);
	grub_menu = (struct ka_menu)KA_MENU_INIT;
	assert_int_equal(ask_discover(&ka_backend_grub, grub_host, &grub_menu, NULL), 0);
	as_user(false);
	assert_int_equal(chmod(unit_path(unreadable), st.st_mode & 07777), 0);
	if (!grub_menu.undecided || !strstr(grub_menu.undecided, about))
		fail_msg("%s: %s", unreadable,
			 grub_menu.undecided ? grub_menu.undecided : "decided");
	assert_int_equal(grub_menu.default_index, -1);
}

#define MENU "menuentry A { linux /k1; }\n"

static void test_what_cannot_be_seen(void **state)
{
	static const struct {
		const char *path, *about;
	} cases[] = {
		{ "boot/grub/grub.cfg", "/boot/grub/grub.cfg: Permission denied" },
		{ "boot/grub/grubenv", "/boot/grub/grubenv: Permission denied" },
		{ "env", "/env/x: Permission denied" },
		{ "etc/os-release", "/etc/os-release: Permission denied" },
		{ "boot/efi", "/boot/efi/EFI: Permission denied" },
		{ "boot/grub/x86_64-efi", "modules" },
		{ "proc/sys/kernel/arch", "Permission denied" },
		{ "sys/firmware/efi/fw_platform_size", "firmware" },
		{ "proc/cmdline", "/proc/cmdline" },
		{ "loader/entries", "/loader/entries" },
		{ "loader/entries/a.conf", "a.conf: Permission denied" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		grub_teardown(state);
		grub_setup(state);
		unit_puts("boot/grub/grub.cfg",
			  "load_env\nload_env -f /env/x\nblscfg\nset default=$next_entry\n" MENU);
		unit_puts("boot/grub/grubenv", "# GRUB Environment Block\nnext_entry=1\n");
		unit_puts("env/x", "# GRUB Environment Block\nnext_entry=1\n");
		unit_puts("etc/os-release", "NAME=x\nID='debian'\n");
		unit_puts("sys/firmware/efi/fw_platform_size", "64");
		unit_puts("proc/sys/kernel/arch", "x86_64");
		unit_puts("proc/cmdline", "ro");
		unit_puts("boot/efi/EFI/x/y", "");
		unit_puts("loader/entries/a.conf", "title a\nlinux /k1\n");
		if (strstr(cases[i].path, "x86_64-efi"))
			unit_puts("boot/grub/x86_64-efi/normal.mod", "");
		else
			unit_puts("boot/grub/x86_64-efi/blsuki.mod", "");
		expect_undecided(cases[i].path, cases[i].about);
	}
}

static void test_files_that_cannot_be_seen(void **state)
{
	(void)state;
	unit_puts("d/k1", "x");
	unit_puts("boot/grub/grub.cfg",
		  "if [ -f /d/k1 ]; then x=1; fi\nmenuentry A { linux /d/k1 $x; }\n");
	expect_undecided("d", "a test of a file");
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_FILE_UNREADABLE));
	unit_puts("boot/grub/grub.cfg", "menuentry A { chainloader /d/k1; }\nset default=$nothing\n"
					"for f in /d/*; do true; done\ninsmod regexp\n"
					"for f in /d/*; do true; done\n");
	expect_undecided("d", "/d/");
	assert_false(ka_entry_is_bootable(grub_menu.entries[0]));
}

static int probe(struct ka_evidence *ret)
{
	*ret = (struct ka_evidence){ .text = NULL };
	grub_look_again();
	return ask_probe(&ka_backend_grub, grub_host, ret, NULL);
}

static void test_probe(void **state)
{
	struct ka_evidence evidence;

	(void)state;
	assert_int_equal(probe(&evidence), 0);
	assert_string_equal(evidence.text, "no /boot/grub/grub.cfg, no /boot/grub2/grub.cfg");
	free(evidence.text);

	unit_puts("boot/grub2/grub.cfg", MENU);
	assert_int_equal(probe(&evidence), 1);
	assert_int_equal(evidence.strength, KA_STRENGTH_INSTALLED);
	free(evidence.text);

	unit_puts("proc/cmdline", "BOOT_IMAGE=/k1 ro\n");
	assert_int_equal(probe(&evidence), 1);
	assert_int_equal(evidence.strength, KA_STRENGTH_BOOTED);
	free(evidence.text);

	/* Only a stub, and that cannot be seen. */
	unlink(unit_path("boot/grub2/grub.cfg"));
	unit_puts("etc/os-release", "ID=debian\n");
	unit_puts("sys/firmware/efi/fw_platform_size", "64");
	unit_puts("efi/EFI/debian/x", "");
	unit_link("efi/EFI/debian/grub.cfg", "grub.cfg");
	assert_true(probe(&evidence) < 0);
}

/* Two installations: the one with its modules; else nothing tells. */
static void test_two_configurations(void **state)
{
	(void)state;
	unit_puts("boot/grub2/grub.cfg", "menuentry B { linux /k2; }\n");
	unit_puts("boot/grub/grub.cfg", MENU);
	grub_discover(NULL);
	assert_non_null(strstr(grub_menu.undecided, "two GRUB configurations"));
	unit_puts("boot/grub2/i386-pc/normal.mod", "x");
	grub_discover(NULL);
	assert_string_equal(grub_default()->title, "B");
	unit_puts("boot/grub/i386-pc/normal.mod", "x");
	grub_discover(NULL);
	assert_non_null(grub_menu.undecided);
	unlink(unit_path("boot/grub2/grub.cfg"));
	unit_link("boot/grub2/grub.cfg", "../grub/grub.cfg");
	grub_discover(NULL);
	assert_string_equal(grub_default()->title, "A");
}

/* The stub beside the program on the ESP leads to the real one; one that leads nowhere is not in use. */
static void test_stub(void **state)
{
	(void)state;
	unit_puts("sys/firmware/efi/fw_platform_size", "64");
	unit_puts("etc/os-release", "ID=\"debian\"\n");
	unit_puts("boot/efi/EFI/debian/grub.cfg",
		  "set prefix=($root)/other\nconfigfile $prefix/grub.cfg\n");
	unit_puts("other/grub.cfg", "menuentry O { linux /k3; }\n");
	grub_discover(MENU);
	assert_string_equal(grub_default()->title, "O");
	unlink(unit_path("other/grub.cfg"));
	grub_discover(MENU);
	assert_string_equal(grub_default()->title, "A");
}

/* --- dialects: whose GRUB a distribution ships */

static void test_dialects(void **state)
{
	static const struct {
		const char *release;
		bool increments, numbers_last, keeps_default;
	} cases[] = {
		{ "ID=debian\n", false, false, false },
		{ "ID=fedora\nVERSION_ID=30\n", false, false, false },
		{ "ID=fedora\nVERSION_ID=31\n", true, true, true },
		{ "ID=fedora\nVERSION_ID=43\n", true, true, true },
		{ "ID=fedora\nVERSION_ID=45\n", true, true, true },
		{ "ID=fedora\n", true, true, true },
		{ "ID=\"rhel\"\nVERSION_ID=\"7.9\"\n", false, false, false },
		{ "ID=\"rhel\"\nVERSION_ID=\"8.10\"\n", true, true, false },
		{ "ID='alma'\nID_LIKE='rhel fedora'\nVERSION_ID=9.4\n", true, true, true },
		{ "ID=centos\nID_LIKE=\"rhel\"\nVERSION_ID=10\n", true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_puts("etc/os-release", cases[i].release);
		assert_string_equal(grub_words("a=1; increment a\nmenuentry A { linux /k1 $a; }\n"),
				    cases[i].increments ? "2" : "1");
		grub_discover("set default=1\nmenuentry A { linux /k1; }\n"
			      "menuentry B { linux /k1; }\nmenuentry C --id 1 { linux /k1; }\n");
		assert_string_equal(grub_default()->title, cases[i].numbers_last ? "C" : "B");
		assert_string_equal(
			grub_words("set default=0\nmenuentry A { linux /k1 x$default; }\n"),
			cases[i].keeps_default ? "x0" : "x");
	}
}

/*
 * Where neither the program nor modules can be seen, os-release and a configuration that calls blscfg tell: public
 * os-release files of these distributions.
 */
static void test_distributions(void **state)
{
	static const struct {
		const char *release, *dialect;
	} cases[] = {
		{ "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"8.10\"\nPLATFORM_ID=\"platform:el8\"\n",
		  "Red Hat (RHEL 8)" },
		{ "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"\nPLATFORM_ID=\"platform:el9\"\n",
		  "Red Hat (Fedora 43 and 44, RHEL 9)" },
		{ "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"10.0\"\nPLATFORM_ID=\"platform:el10\"\n",
		  "Red Hat (Fedora 45, RHEL 10)" },
		{ "ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n"
		  "PLATFORM_ID=\"platform:al2023\"\n",
		  "Red Hat (Fedora 31 to 42)" },
		{ "ID=\"rhcos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"4.18\"\n"
		  "PLATFORM_ID=\"platform:el9\"\n",
		  "Red Hat (Fedora 43 and 44, RHEL 9)" },
		{ "ID=\"alinux\"\nID_LIKE=\"rhel fedora centos anolis\"\nVERSION_ID=\"3\"\n"
		  "PLATFORM_ID=\"platform:al8\"\n",
		  "Red Hat (RHEL 8)" },
		{ "ID=\"tencentos\"\nID_LIKE=\"rhel fedora centos\"\nVERSION_ID=\"3.1\"\n"
		  "PLATFORM_ID=\"platform:el8\"\n",
		  "Red Hat (RHEL 8)" },
		{ "ID=bazzite\nID_LIKE=\"fedora\"\nVERSION_ID=43\nPLATFORM_ID=\"platform:f43\"\n",
		  "Red Hat (Fedora 43 and 44, RHEL 9)" },
		{ "ID=bluefin\nID_LIKE=\"fedora\"\nVERSION_ID=42\nPLATFORM_ID=\"platform:f42\"\n",
		  "Red Hat (Fedora 31 to 42)" },
		{ "ID=fedora-asahi-remix\nID_LIKE=fedora\nVERSION_ID=42\nPLATFORM_ID=\"platform:f42\"\n",
		  "Red Hat (Fedora 31 to 42)" },
	};

	(void)state;
	unit_puts("loader/entries/m-1-1.conf", "title a\nlinux /k1\noptions x=1\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_puts("etc/os-release", cases[i].release);
		grub_discover("insmod blscfg\nblscfg\n");
		if (!grub_menu.dialect || !ka_streq(grub_menu.dialect, cases[i].dialect))
			fail_msg("%s: %s", cases[i].release, grub_menu.dialect);
		assert_string_equal(grub_default()->id, "m-1-1");
	}
}

/* Nothing tells whose GRUB it is: a command of one of them alone decides nothing. */
static void test_distributions_unknown(void **state)
{
	static const char *const commands[] = {
		"blscfg",
		"increment x",
		"uki",
		"gptprio.next -d a -u b",
		"steamenv_boot x",
		"btrfs-mount-subvol x y",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		_cleanup_free_ char *config =
			ka_format("%s\nset default=$next_entry$a\n" MENU, commands[i]);

		unit_puts("proc/sys/kernel/arch", "x86_64");
		unit_puts("sys/firmware/efi/fw_platform_size", "64");
		grub_discover(config);
		if (ka_streq(commands[i], "gptprio.next -d a -u b"))
			continue; /* a value that nobody knows, where it is used */
		if (!grub_menu.undecided || strncmp(strstr(grub_menu.undecided, "'") + 1,
						    commands[i], strcspn(commands[i], " ")) != 0)
			fail_msg("%s: %s", commands[i],
				 grub_menu.undecided ? grub_menu.undecided : "decided");
	}
}

/* Qubes' entries are Xen's, openEuler's GRUB reads no entries: neither needs blscfg. */
static void test_distributions_without_entries(void **state)
{
	static const char *const releases[] = {
		"ID=qubes\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=4.2.3\n",
		"ID=\"openEuler\"\nVERSION_ID=\"22.03\"\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		unit_puts("etc/os-release", releases[i]);
		grub_discover("set default=0\n" MENU
			      "menuentry X { multiboot2 /k1; module2 /k2; }\n");
		assert_string_equal(grub_default()->title, "A");
		assert_false(ka_entry_is_bootable(grub_menu.entries[1]));
	}
}

/* By the program that boots: the version in its .sbat, as packages of these releases have it, where it has
 * their module; Red Hat's before the distribution's own word, which may be of another release. */
static void test_dialect_of_the_program(void **state)
{
	static const struct {
		const char *module, *version, *release;
		const struct grub_dialect *expected;
	} cases[] = {
		{ "blscfg", "2.02-156.el8", "", &grub_rhel8 },
		{ "blscfg", "2.02-150.el8.alma.1", "", &grub_rhel8 },
		{ "blscfg", "2.06-82.el9_4", "", &grub_fedora },
		{ "blscfg", "2.12-15.el10_0", "", &grub_fedora_efi },
		{ "blscfg", "2.06-61.amzn2023.0.9", "", &grub_fedora_old },
		{ "blscfg", "2.06-110.fc39", "", &grub_fedora_old },
		{ "blscfg", "2.12-40.fc43", "", &grub_fedora },
		{ "blscfg", "2.12-57.fc45", "", &grub_fedora_efi },
		{ "blscfg", "2.12-40.fc43", "ID=fedora\nVERSION_ID=45\n", &grub_fedora },
		/* It does not say: PLATFORM_ID, then VERSION_ID, then what most share. */
		{ "blscfg", "2.06", "ID=x\nPLATFORM_ID=\"platform:el8\"\n", &grub_rhel8 },
		{ "blscfg", "2.06", "ID=x\nPLATFORM_ID=\"platform:f42\"\n", &grub_fedora_old },
		{ "blscfg", "2.06", "ID=x\nID_LIKE=rhel\nVERSION_ID=8.10\n", &grub_rhel8 },
		{ "blscfg", "2.06", "ID=x\nID_LIKE=fedora\nVERSION_ID=42\n", &grub_fedora_old },
		{ "blscfg", NULL, "ID=debian\n", &grub_fedora },
		{ "blscfg", "2.02-2.fc30", "",
		  &grub_fedora }, /* a release that had no such module */
		/* Upstream's, and no such module at all. */
		{ "blsuki", "2.14-2", "ID=debian\n", &grub_upstream_bls },
		{ "normal", "2.06-13+deb12u1", "ID=debian\n", &grub_upstream },
		{ "normal", "2.12-40.fc43", "ID=fedora\nVERSION_ID=43\n", &grub_upstream },
		{ "normal", "2.02-0.87.el7", "ID=rhel\nVERSION_ID=7.9\n", &grub_rhel7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *modules[] = { (char *)"ext2", (char *)cases[i].module, NULL };
		const struct ka_chain chain = {
			.program = { .kind = KA_PROGRAM_GRUB,
				     .version = (char *)cases[i].version,
				     .modules = modules },
		};
		struct grub_config config = { .stub = NULL };
		const struct grub_dialect *dialect;

		unit_puts("etc/os-release", cases[i].release);
		grub_look_again();
		dialect = grub_config_dialect(grub_host, &chain, "/boot/grub/grub.cfg", &config);
		if (dialect != cases[i].expected)
			fail_msg("%s %s: %s", cases[i].version, cases[i].release, dialect->name);
		assert_false(config.dialect_guessed);
		grub_config_done(&config);
	}
}

/* Neither program nor modules are there: the distribution's word, but a derivative counts as Red Hat's where its
 * grub.cfg uses what it has. */
static void test_dialect_of_the_distribution(void **state)
{
	static const struct {
		const char *release, *config;
		const struct grub_dialect *expected;
		bool guessed;
	} cases[] = {
		{ "", "insmod blscfg\nblscfg\n", &grub_upstream, true },
		{ "ID=debian\n", "blscfg\n", &grub_upstream, false },
		{ "ID=fedora\nVERSION_ID=44\n", "", &grub_fedora, false },
		{ "ID=x\nID_LIKE=fedora\nVERSION_ID=44\n", "", &grub_upstream, false },
		{ "ID=x\nID_LIKE=fedora\nVERSION_ID=44\n", "# blscfg\n", &grub_upstream, false },
		{ "ID=x\nID_LIKE=fedora\nVERSION_ID=44\n", "true; blscfg\n", &grub_fedora, false },
		{ "ID=x\nID_LIKE=fedora\nVERSION_ID=3\n", "  blscfg\n", &grub_fedora, false },
		{ "ID=x\nID_LIKE=fedora\nVERSION_ID=3\n", "xblscfg\n", &grub_upstream, false },
	};
	const struct ka_chain chain = { .program = { .kind = KA_PROGRAM_UNKNOWN } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct grub_config config = { .stub = NULL };
		const struct grub_dialect *dialect;

		unit_puts("etc/os-release", cases[i].release);
		unit_puts("boot/grub/grub.cfg", cases[i].config);
		grub_look_again();
		dialect = grub_config_dialect(grub_host, &chain, "/boot/grub/grub.cfg", &config);
		if (dialect != cases[i].expected)
			fail_msg("%s %s: %s", cases[i].release, cases[i].config, dialect->name);
		assert_int_equal(config.dialect_guessed, cases[i].guessed);
		grub_config_done(&config);
	}
}

/* --- environment blocks (lib/envblk.c, commands/loadenv.c) */

#define BLOCK "# GRUB Environment Block\n"

static const struct ka_write *write_of(const struct ka_writes *writes, const char *name)
{
	for (size_t i = writes->n; i > 0; i--)
		if (ka_streq(writes->items[i - 1].name, name))
			return &writes->items[i - 1];
	return NULL;
}

static void test_load_and_save(void **state)
{
	const struct ka_writes *w = &grub_menu.writes;

	(void)state;
	unit_puts("boot/grub/grubenv", BLOCK "next_entry=1\na=1\nb=x\\\\y\n###");
	assert_string_equal(
		grub_words(
			"load_env\nset default=0\nif [ $next_entry ]; then set next_entry=; "
			"save_env next_entry; unset a; save_env a nosuch; fi\n"
			"load_env a next_entry\nmenuentry A { linux /k1 $b x$a x$next_entry; }\n"),
		"x\\\\y x x");
	assert_string_equal(write_of(w, "next_entry")->value, "");
	assert_null(write_of(w, "a")->value);
	assert_null(write_of(w, "nosuch")->value);
	assert_string_equal(w->items[0].path, "/boot/grub/grubenv");

	assert_string_equal(grub_words("load_env b\nmenuentry A { linux /k1 $b$a $?; }\n"),
			    "x\\\\y 0");
	assert_string_equal(grub_words("load_env -f /nope; r=$?; load_env --zzz; r=$r,$?; "
				       "save_env; r=$r,$?; save_env -f /nope a; r=$r,$?; "
				       "list_env; r=$r,$?; list_env -f /k1; r=$r,$?; list_env "
				       "--zzz; r=$r,$?\nmenuentry A { linux /k1 $r; }\n"),
			    "5,18,18,5,0,4,18");
	assert_true(ka_findings_have(&grub_menu.problems, KA_ID_GRUBENV_INVALID));
}

/* Lines that begin with '#' are skipped, wherever they stand (lib/envblk.c). */
static void test_environment_comments(void **state)
{
	(void)state;
	unit_puts("boot/grub/grubenv", BLOCK "# x\na=1\n#b=2\nc=3\n##########");
	assert_string_equal(grub_words("load_env\nmenuentry A { linux /k1 $a,$b,$c; }\n"), "1,,3");
}

/* A block nobody here can read may say anything. */
static void test_environment_unreadable(void **state)
{
	(void)state;
	unit_puts("boot/grub/grub.cfg", "load_env\n" MENU);
	unit_puts("boot/grub/grubenv/x", "");
	grub_discover(NULL);
	assert_null(grub_menu.undecided);
}

/* --- devices and searches on a machine with one disk of two partitions */

static void make_disk(void)
{
	unit_puts("proc/self/mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
					 "22 21 8:2 / /data rw - ext4 /dev/sda2 rw\n");
	unit_puts("dev/sda1", "");
	unit_puts("dev/sda2", "");
	unit_puts("sys/class/block/sda/size", "1");
	unit_puts("sys/class/block/sda1/partition", "1");
	unit_puts("sys/class/block/sda1/dev", "8:1");
	unit_puts("sys/class/block/sda2/partition", "2");
	unit_puts("sys/class/block/sda2/dev", "8:2");
	unit_puts("dev/disk/by-label/.x", "");
	unit_puts("dev/disk/by-uuid/.x", "");
	unit_link("dev/disk/by-uuid/ABCD-1234", "../../sda2");
	unit_link("dev/disk/by-label/data", "../../sda2");
	unit_puts("data/file", "x");
	unit_puts("data/k1", "x");
}

static void test_search(void **state)
{
	static const struct {
		const char *command, *expected; /* of "$a|$?" */
	} cases[] = {
		{ "search --set=a --fs-uuid abcd-1234", "hd0,gpt2|0" },
		{ "search --no-floppy --fs-uuid --set=a --hint hd7,gpt9 ABCD-1234", "hd7,gpt9|0" },
		{ "search --set=a --label data", "hd0,gpt2|0" },
		{ "search --set=a --label DATA", "|5" },
		{ "search --set=a --file /file", "hd0,gpt2|0" },
		{ "search --set=a --file /nofile", "|5" },
		{ "search.fs_uuid ABCD-1234 a", "hd0,gpt2|0" },
		{ "search.fs_label data a hd3,gpt1", "hd3,gpt1|0" },
		{ "search.file /file a", "hd0,gpt2|0" },
		{ "search.file", "|18" },
		{ "search --set=a x", "|17" },
		{ "search", "|18" },
		{ "search --set", "|18" },
		{ "search --fs-uuid ABCD-1234", "|0" },
		{ "search --hint-zzz --set=a --file /file", "hd0,gpt2|0" },
		{ "search --hint-bios=hd5,gpt1 --hint-efi=hd6,gpt1 --set=a --file /file",
		  "hd5,gpt1|0" },
		{ "search --fs-uuid --set ABCD-1234; a=$root", "hd0,gpt2|0" },
		{ "probe -u --set a (hd0,gpt2)", "ABCD-1234|0" },
		{ "probe --set=a -l hd0,gpt2", "data|0" },
		{ "probe --set=a -l hd0,gpt1", "|0" },
		{ "probe -u (hd9)", "|32" },
		{ "probe -u", "|18" },
		{ "if [ -f (hd0,gpt2)/file ]; then a=yes; fi", "yes|0" },
		{ "if [ -f (hd0,2)//file ]; then a=yes; fi", "yes|0" },
		{ "if [ -f (hd1,gpt2)/file ]; then a=yes; else a=no; fi", "no|0" },
		{ "if [ -f (nosuch)/file ]; then a=yes; else a=no; fi", "no|0" },
		{ "if [ -f (hd0,gpt2 ]; then a=yes; else a=no; fi", "no|0" },
		{ "if [ -f file ]; then a=yes; else a=no; fi", "no|0" },
	};

	(void)state;
	make_disk();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *quoted = ka_format(
			"%s\ns=$?\nroot=hd0,gpt1\nmenuentry A { linux /k1 \"$a\"'|'$s; }\n",
			cases[i].command);

		if (!ka_streq(grub_words(quoted), cases[i].expected))
			fail_msg("%s: %s", cases[i].command, grub_words(quoted));
	}
}

static void test_device_names(void **state)
{
	(void)state;
	make_disk();
	unit_puts("dev/mapper/vg-root", "");
	unit_puts("dev/md/boot", "");
	unit_puts("dev/mapper/luks-1", "");
	grub_discover(
		"menuentry A { linux (lvm/vg-root)/k1; }\nmenuentry B { linux (md/boot)/k1; }\n"
		"menuentry C { linux (cryptouuid/1)/k1; }\nmenuentry D { linux (hd0,gpt2)/k1; }\n"
		"menuentry E { linux (fd0)/k1; }\nmenuentry F { linux (hd0,gpt2)/nope; }\n"
		"menuentry G { linux (hd0,gpt2)/k1; initrd newc:a/b:/file newc:a/c:/file "
		"(hd0,gpt1)/i1 /nope; devicetree /file; }\n"
		"menuentry H { root=hd0,gpt2; linux /k1; initrd /file; }\n");
	assert_int_equal(grub_menu.n_entries, 8);
	for (size_t i = 0; i < 3; i++)
		assert_null(grub_menu.entries[i]->kernel);
	assert_string_equal(grub_menu.entries[3]->kernel, "/data/k1");
	assert_true(ka_findings_have(&grub_menu.entries[4]->problems, KA_ID_GRUB_DEVICE));
	assert_true(ka_findings_have(&grub_menu.entries[5]->problems, KA_ID_KERNEL_MISSING));
	assert_true(ka_findings_have(&grub_menu.entries[6]->problems, KA_ID_INITRD_MISSING));
	assert_string_equal(grub_menu.entries[7]->initrds.items[0].path, "/data/file");
}

/* The first partition of another disk: what GRUB calls that is a guess, and no name of ours. */
static void test_second_disk(void **state)
{
	const struct ka_entry *e;

	(void)state;
	make_disk();
	unit_puts("proc/self/mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
					 "22 21 8:17 / /data rw - ext4 /dev/sdb1 rw\n"
					 "23 21 8:33 / /more rw - ext4 /dev/sdc1 rw\n");
	for (char disk = 'b'; disk <= 'c'; disk++) {
		char path[64], target[64];

		snprintf(path, sizeof(path), "dev/sd%c1", disk);
		unit_puts(path, "");
		snprintf(path, sizeof(path), "dev/disk/by-uuid/%c", disk);
		snprintf(target, sizeof(target), "../../sd%c1", disk);
		unit_link(path, target);
	}
	unit_puts("more/k1", "x");
	grub_discover("search --fs-uuid --set=a b\nsearch --fs-uuid --set=b c\n"
		      "menuentry A { linux ($a)/k1 x=($b)/y; initrd ($b)/nope; }\n"
		      "menuentry B { linux ($b)/k1; }\nmenuentry C { linux (hd1,gpt1)/k1; }\n");
	e = grub_menu.entries[0];
	assert_string_equal(e->cmdline, "BOOT_IMAGE=(hd1,gpt1)/k1 x=(hd2,gpt1)/y");
	assert_string_equal(e->linux_ref.path, "(hd1,gpt1)/k1");
	assert_string_equal(e->kernel, "/data/k1");
	for (size_t i = 0; i < e->problems.n; i++)
		assert_null(strstr(e->problems.items[i].text, "(ka"));
	assert_non_null(strstr(e->problems.items[0].text, "(hd2,gpt1)/nope"));
	assert_string_equal(grub_menu.entries[1]->cmdline, "BOOT_IMAGE=(hd2,gpt1)/k1");
	assert_string_equal(grub_menu.entries[1]->kernel, "/more/k1");
	/* A name that a script has for it is the firmware's, and the guess does not answer for that. */
	assert_null(grub_menu.entries[2]->kernel);
}

/* A volume's label with blanks, as RHEL 7's installer has it on the line (CentOS-7-x86_64-DVD). */
static void test_blanks_of_el7(void **state)
{
	(void)state;
	unit_puts("etc/os-release", "ID=centos\nID_LIKE=\"rhel fedora\"\nVERSION_ID=7\n");
	assert_string_equal(grub_words("menuentry A { linux /k1 l=CentOS\\x207\\x20x86_64; }\n"),
			    "l=CentOS\\x207\\x20x86_64");
	unit_puts("etc/os-release", "ID=debian\nVERSION_ID=12\n");
	assert_string_equal(grub_words("menuentry A { linux /k1 l=CentOS\\x207; }\n"),
			    "l=CentOSx207");
}

/* A body whose command is not known here: that is the reason, and not that nothing is loaded. */
static void test_unknown_loader(void **state)
{
	const struct ka_entry *e;

	(void)state;
	grub_discover("menuentry A { linuxnew /k1; initrdnew /i1; }\nmenuentry B { true; }\n"
		      "menuentry C { linuxnew /k1; linux /k1; }\n");
	e = grub_menu.entries[0];
	assert_non_null(strstr(e->problems.items[0].text, "'linuxnew'"));
	assert_null(strstr(e->problems.items[0].text, "return to its menu"));
	e = grub_menu.entries[1];
	assert_non_null(strstr(e->problems.items[0].text, "return to its menu"));
	assert_true(ka_entry_is_bootable(grub_menu.entries[2]));
}

/* A device as udev knows it: NULL: it has no record of it. */
static void put_udev(const char *name, const char *devno, const char *record)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/class/block/%s/dev", name);
	unit_puts(path, devno);
	snprintf(path, sizeof(path), "run/udev/data/b%s", devno);
	if (record)
		unit_puts(path, record);
	else
		(void)!unlink(unit_path(path));
}

/* What a test of a file on the device says: "yes", "no", or NULL where nothing can be decided. */
static const char *there(const char *device)
{
	_cleanup_free_ char *config =
		ka_format("set r=no\nif [ -d (%s)/grub2 ]; then r=yes; fi\n"
			  "if [ -e (%s) ]; then r=yes; fi\nmenuentry A { linux /k1 $r; }\n",
			  device, device);

	grub_discover(config);
	return grub_menu.undecided ? NULL : strrchr(grub_default()->cmdline, ' ') + 1;
}

/* bootupd asks for (md/md-boot) on every machine. Without parts of a RAID there is none. */
static void test_devices_made_by_software(void **state)
{
	static const struct {
		const char *device, *member;
	} kinds[] = {
		{ "md/md-boot", "linux_raid_member" },
		{ "mduuid/0123456789abcdef0123456789abcdef", "linux_raid_member" },
		{ "lvm/vg-boot", "LVM2_member" },
		{ "lvmid/aB-cd/eF-gh", "LVM2_member" },
		{ "cryptouuid/0a1b", "crypto_LUKS" },
	};

	(void)state;
	make_disk();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *record = ka_format("E:ID_FS_TYPE=%s\n", kinds[i].member);

		put_udev("sda", "8:0", "E:ID_PART_TABLE_TYPE=gpt\n");
		put_udev("sda1", "8:1", "E:ID_FS_TYPE=vfat\n");
		put_udev("sda2", "8:2", "E:ID_FS_TYPE=ext4\n");
		put_udev("loop0", "7:0", record); /* for GRUB there are no such disks */
		assert_string_equal(there(kinds[i].device), "no");
		put_udev("sda2", "8:2", record);
		assert_null(there(kinds[i].device));
		/* It may be one. */
		put_udev("sda2", "8:2", "E:ID_FS_AMBIVALENT=filesystem:ext4:1.0\n");
		assert_null(there(kinds[i].device));
		put_udev("sda2", "8:2", NULL);
		assert_null(there(kinds[i].device));
	}
}

/* Parts of another array, which was put together and so says what it is called. */
static void test_other_arrays(void **state)
{
	(void)state;
	make_disk();
	put_udev("sda", "8:0", "E:ID_PART_TABLE_TYPE=gpt\n");
	put_udev("sda1", "8:1", "E:ID_FS_TYPE=vfat\n");
	put_udev("sda2", "8:2", "E:ID_FS_TYPE=linux_raid_member\n");
	put_udev("md127", "9:127", "E:ID_FS_TYPE=ext4\nE:MD_NAME=any:root\n");
	assert_null(there("md/md-boot"));
	unit_puts("sys/class/block/md127/slaves/sda2", "");
	assert_string_equal(there("md/md-boot"), "no");
	assert_null(there("md/root"));
	put_udev("md127", "9:127", "E:ID_FS_TYPE=ext4\nE:MD_NAME=md-boot\n");
	assert_null(there("md/md-boot"));
	put_udev("md127", "9:127", "E:ID_FS_TYPE=ext4\n");
	assert_null(there("md/md-boot"));
	/* By its UUID any array may be meant. */
	put_udev("md127", "9:127", "E:MD_NAME=any:root\n");
	assert_null(there("mduuid/0123456789abcdef0123456789abcdef"));
}

/* The same file on two volumes, and a file on a volume that is not mounted. */
static void test_volumes(void **state)
{
	(void)state;
	make_disk();
	unit_puts("file", "x");
	grub_discover("timeout=1\nsearch --file --set=a /file\nmenuentry A { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.problems, KA_ID_GRUB_SEARCH_AMBIGUOUS));
	unit_puts("dev/sda3", "");
	unit_link("dev/disk/by-uuid/3", "../../sda3");
	grub_discover("search --fs-uuid --set=root 3\nmenuentry A { linux /k1; }\n");
	assert_true(ka_findings_have(&grub_menu.entries[0]->problems, KA_ID_VOLUME_NOT_MOUNTED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		grub_case(test_targets),
		grub_case(test_blscfg_by_module),
		grub_case(test_what_cannot_be_seen),
		grub_case(test_volumes),
		grub_case(test_devices_made_by_software),
		grub_case(test_other_arrays),
		grub_case(test_second_disk),
		grub_case(test_blanks_of_el7),
		grub_case(test_unknown_loader),
		grub_case(test_files_that_cannot_be_seen),
		grub_case(test_probe),
		grub_case(test_two_configurations),
		grub_case(test_stub),
		grub_case(test_dialects),
		grub_case(test_distributions),
		grub_case(test_distributions_unknown),
		grub_case(test_distributions_without_entries),
		grub_case(test_dialect_of_the_program),
		grub_case(test_dialect_of_the_distribution),
		grub_case(test_load_and_save),
		grub_case(test_environment_comments),
		grub_case(test_environment_unreadable),
		grub_case(test_search),
		grub_case(test_device_names),
	};

	return cmocka_run_group_tests_name("grub-world", tests, NULL, NULL);
}
