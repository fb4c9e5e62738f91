// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where versions of systemd-boot boot different entries from the same files. Each answer on the sides of a
 * boundary was given by that release's own functions (src/boot, before 254 src/boot/efi), compiled
 * with a small imitation of the firmware around them.
 */

#include "machine.h"

extern const struct ka_backend ka_backend_bls;

/* A machine: files below the ESP, the loader's variables; "VERSION=ID" of what boots. */
struct machine {
	const char *files[8]; /* path, text, … up to NULL */
	const char *config;   /* loader.conf */
	const char *variable, *value;
	const char *answers;
};

#define FILES(...)                                                                                 \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define ENTRY(name, text) "loader/entries/" name, text
#define PLAIN(name)	  "loader/entries/" name ".conf", "linux /k\n"
#define WINDOWS		  "EFI/Microsoft/Boot/bootmgfw.efi", "MZ"

static void put_loader(const char *version)
{
	char magic[128];
	const struct unit_section section = { ".sdmagic", magic };

	snprintf(magic, sizeof(magic), "#### LoaderInfo: systemd-boot %s ####", version);
	unit_pe("efi/EFI/systemd/systemd-bootx64.efi", &section, 1);
}

static void put_uki(const char *path, const char *osrel)
{
	const struct unit_section sections[] = { { ".linux", "a kernel" }, { ".osrel", osrel } };

	unit_pe(path, sections, ARRAY_SIZE(sections));
}

static void put_files(const struct machine *m)
{
	unit_puts("efi/k", "a kernel");
	unit_puts("efi/i", "an initrd");
	for (const char *const *f = m->files; *f; f += 2) {
		char path[256];

		snprintf(path, sizeof(path), "efi/%s", f[0]);
		if (ka_endswith_nocase(f[0], ".efi") && !ka_streq(f[1], "MZ"))
			put_uki(path, f[1]);
		else
			unit_puts(path, f[1]);
	}
	if (m->config)
		unit_puts("efi/loader/loader.conf", m->config);
	if (m->variable)
		unit_loader_variable(m->variable, m->value);
}

static void check_answer(const struct machine *m, const char *version, const char *id)
{
	const char *got;

	put_files(m);
	put_loader(version);
	unit_discover(&ka_backend_bls);
	got = unit_default() ? unit_default()->id : "nothing";
	if (!ka_streq(got, id))
		fail_msg("systemd-boot %s boots %s, not %s (%s; %s)", version, id, got, m->files[0],
			 unit_menu.undecided ? unit_menu.undecided : "");
}

static void check_machine(const struct machine *m, void **state)
{
	char answers[256], *save = NULL;

	snprintf(answers, sizeof(answers), "%s", m->answers);
	for (char *word = strtok_r(answers, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *id = strchr(word, '=');

		*id++ = '\0';
		check_answer(m, word, id);
		unit_teardown(state);
		unit_setup(state);
	}
}

static void check_all(const struct machine *machines, size_t n, void **state)
{
	for (size_t i = 0; i < n; i++)
		check_machine(&machines[i], state);
}

/* --- which entry, by order and setting */

static void test_order(void **state)
{
	static const struct machine machines[] = {
		{ FILES(PLAIN("a"), PLAIN("b+0-3")), NULL, NULL, NULL,
		  "243.8=b 243.9=a 244.4=b 244.5=a 245.4=b 245.8=a 246=a 262=a" },
		{ FILES(PLAIN("a"), PLAIN("b+10")), NULL, NULL, NULL,
		  "249.11-0ubuntu3.12=a 251.20=a 252.39=b" },
		{ FILES(PLAIN("debian-5.10"), PLAIN("debian-backports")), NULL, NULL, NULL,
		  "247.3-7+deb11u4=debian-backports 248=debian-5.10 262=debian-5.10" },
		{ FILES(PLAIN("x-0"), PLAIN("x-a")), NULL, NULL, NULL,
		  "248=x-a 251.20=x-a 252=x-0" },
		{ FILES(ENTRY("fedora-39.conf", "linux /k\nsort-key fedora\n"), PLAIN("zz")), NULL,
		  NULL, NULL, "250=zz 251=fedora-39 262=fedora-39" },
		{ FILES(ENTRY("b+0.CONF", "linux /k\n"), PLAIN("a")), NULL, NULL, NULL,
		  "252.28=b+0 252.29=a 254.15=b+0 255.9=b+0 255.10=a 256.2=b+0 256.3=a 257=a" },
	};

	check_all(machines, ARRAY_SIZE(machines), state);
}

static void test_configured(void **state)
{
	static const struct machine machines[] = {
		{ FILES(PLAIN("a"), PLAIN("b")), "default a\n", NULL, NULL,
		  "244=a 245.4-4ubuntu3=b 262=b" },
		{ FILES(PLAIN("a"), PLAIN("b")), "default a.conf\n", NULL, NULL, "244=b 245=a" },
		{ FILES(PLAIN("k-1"), PLAIN("k-2"), PLAIN("z")), "default k-*\n", NULL, NULL,
		  "249=k-2 250=k-1 250.1=k-1 250.2=k-2 251=k-2" },
		{ FILES(PLAIN("a"), PLAIN("b"), WINDOWS), "default auto-windows\n", NULL, NULL,
		  "249=b 250=auto-windows 262=auto-windows" },
		{ FILES(PLAIN("a"), PLAIN("b"), WINDOWS), "default *\n", NULL, NULL,
		  "249=b 250.2=auto-windows 251=b" },
		{ FILES(PLAIN("a"), PLAIN("b")), "default @saved\n", "LoaderEntryLastBooted",
		  "a.conf", "249=b 250=a 262=a" },
		{ FILES(PLAIN("a"), PLAIN("b")), "default @SAVED\n", "LoaderEntryLastBooted",
		  "a.conf", "251=b 252=a" },
		{ FILES(PLAIN("a"), PLAIN("b")), "default @saved\n", "LoaderEntryLastBooted",
		  "A.conf", "250=a 252.39=b 262=b" },
		{ FILES("EFI/Linux/Foo+3.efi", "NAME=Os\n", PLAIN("z")), "default @saved\n",
		  "LoaderEntryLastBooted", "Foo.efi", "262=Foo" },
		{ FILES(PLAIN("a"), ENTRY("b.conf", "uki /k\nprofile 1\n")), NULL, NULL, NULL,
		  "258=b 260.1=b 260.2=a 262=a" },
		{ FILES(PLAIN("a"), PLAIN("b"), PLAIN("c")), "default c.conf\n",
		  "LoaderEntryPreferred", "a.conf", "259=c 260=a" },
		{ FILES(PLAIN("Pop_OS-current"), PLAIN("Recovery-1")), "default Pop_OS-current\n",
		  NULL, NULL,
		  "249.11-0ubuntu3.12pop0=Pop_OS-current 249.11-0ubuntu3.12=Recovery-1 "
		  "255.4-1ubuntu8pop0=Pop_OS-current" },
	};

	check_all(machines, ARRAY_SIZE(machines), state);
}

static void test_variable(void **state)
{
	static const struct machine machines[] = {
		{ FILES(PLAIN("a"), PLAIN("b")), NULL, "LoaderEntryDefault", "A.conf",
		  "249=b 250=a" },
		{ FILES(PLAIN("a"), PLAIN("b")), NULL, "LoaderEntryOneShot", "A.conf",
		  "249=b 250=a" },
		{ FILES(PLAIN("a"), PLAIN("b")), NULL, "LoaderEntryDefault", "a", "244=a 245=b" },
		{ FILES(PLAIN("a1"), PLAIN("a2"), PLAIN("b")), NULL, "LoaderEntryDefault", "a*",
		  "249=b 250=a1 251=a2" },
		{ FILES(PLAIN("a"), PLAIN("b"), WINDOWS), NULL, "LoaderEntryDefault",
		  "auto-windows", "249=auto-windows 262=auto-windows" },
		{ FILES(PLAIN("a+3"), PLAIN("b")), NULL, "LoaderEntryDefault", "a.conf",
		  "257.9=b 257.10=a 258=b 258.1=a 259=a" },
		{ FILES(PLAIN("a+3"), PLAIN("b")), NULL, "LoaderEntryDefault", "a+3.conf",
		  "257.9=a 257.10=b 256.20=a" },
		{ FILES(PLAIN("A+3"), PLAIN("b")), NULL, "LoaderEntryDefault", "A.conf",
		  "257.13-1~deb13u1=b 258.10=b 259=A" },
		{ FILES(PLAIN("Pop_OS-current"), PLAIN("Recovery-1")), NULL, "LoaderEntryDefault",
		  "Pop_OS-current",
		  "249.11-0ubuntu3.12pop0=Recovery-1 255.4-1ubuntu8pop0=Pop_OS-current" },
		{ FILES("EFI/Linux/Foo+3.efi", "NAME=Os\n", PLAIN("z")), NULL, "LoaderEntryDefault",
		  "foo.efi", "257.9=z 258.10=z 262=z" },
	};

	check_all(machines, ARRAY_SIZE(machines), state);
}

/* --- what a file says */

static void test_files(void **state)
{
	static const struct machine machines[] = {
		{ FILES(PLAIN("a"), ENTRY("b.conf", "linux /gone\n")), NULL, NULL, NULL,
		  "243=b 244=a" },
		{ FILES(PLAIN("a"), ENTRY("b.conf", "linux /k\narchitecture X64\n")), NULL, NULL,
		  NULL, "252.30=a 252.31=b 253.25=a 253.26=b 256.6=a 257=b" },
		{ FILES(PLAIN("a"), ENTRY("Auto-x.conf", "linux /k\n")), NULL, NULL, NULL,
		  "256=Auto-x 257=a" },
		{ FILES(PLAIN("a"), ENTRY("b.conf", "linux /k\nefi /k\n")), NULL, NULL, NULL,
		  "257.13=b 258=a" },
		{ FILES(PLAIN("a"), ENTRY("b.conf", "title b\n  \nlinux /k\n")), NULL, NULL, NULL,
		  "249=a 254.5=a 252=b 254.6=b 262=b" },
		{ FILES(PLAIN("a"), ENTRY("b.conf", "uki /k\n")), NULL, NULL, NULL, "257=a 258=b" },
	};

	check_all(machines, ARRAY_SIZE(machines), state);
}

static void test_images(void **state)
{
#define OS "PRETTY_NAME=Os\nID=os\n"
	static const struct machine machines[] = {
		{ FILES("EFI/Linux/a.efi", OS "VERSION_ID=2\n", "EFI/Linux/z.efi",
			OS "VERSION_ID=1\n"),
		  NULL, NULL, NULL, "244=a 245=z 251=a" },
		{ FILES(PLAIN("a"), "EFI/Linux/b.efi", OS), NULL, NULL, NULL, "251=a 252=b" },
		{ FILES(PLAIN("a"), "EFI/Linux/b.efi", OS "IMAGE_VERSION=1\n"), NULL, NULL, NULL,
		  "249=a 250=b" },
		{ FILES("EFI/Linux/a.efi", OS "VERSION_ID=1\n", PLAIN("z")), NULL,
		  "LoaderEntryDefault", "os-1", "244=a 245=z" },
	};

	check_all(machines, ARRAY_SIZE(machines), state);
}

/* --- what the kernel gets */

static const struct ka_entry *entry_by(const char *version, const char *text)
{
	const struct machine m = { FILES("loader/entries/b.conf", text), NULL, NULL, NULL, NULL };

	put_files(&m);
	put_loader(version);
	unit_discover(&ka_backend_bls);
	return unit_entry("b");
}

static void test_quotes(void **state)
{
	static const struct {
		const char *version, *cmdline;
	} cases[] = {
		{ "257.10", "'q'" }, { "257.11", "q" }, { "258.3", "'q'" }, { "258.4", "q" },
		{ "259", "'q'" },    { "259.1", "q" },	{ "260", "q" },	    { "252.39", "'q'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(entry_by(cases[i].version, "linux /k\noptions 'q'\n")->cmdline,
				    cases[i].cmdline);
}

/* Behind a line of blanks the title takes the rest of the file. */
static void test_blanks(void **state)
{
	const char *text = "linux /k\noptions a\n \ntitle t\ninitrd /i\n";

	(void)state;
	assert_int_equal(entry_by("251", text)->initrds.n, 0);
	assert_int_equal(entry_by("252", text)->initrds.n, 1);
	assert_int_equal(entry_by("254.5", text)->initrds.n, 0);
	assert_string_equal(entry_by("251", "linux /k\n \noptions a b\ninitrd /i\n")->cmdline,
			    "a b");
}

/* A program by "efi" has no use for initrds; old ones have them as words, where a blank ends a path. */
static void test_initrds(void **state)
{
	(void)state;
	unit_puts("efi/i j", "another");
	assert_int_equal(entry_by("257.13", "initrd /i\nlinux /gone\nlinux /k\n")->initrds.n, 1);
	assert_string_equal(entry_by("252", "linux /k\ninitrd /i j\n")->initrds.items[0].path,
			    "/efi/i j");
	assert_string_equal(entry_by("251", "linux /k\ninitrd /i j\n")->initrds.items[0].path,
			    "/efi/i");
	/* The kernel takes what it finds on its line. */
	assert_string_equal(
		entry_by("262", "linux /k\noptions initrd=\\i ro\n")->initrds.items[0].path,
		"/efi/i");
	assert_int_equal(entry_by("262", "linux /k\ninitrd /i\noptions initrd=\\i\n")->initrds.n,
			 1);
}

/* What the real ones hand over: 252 and 254 without padding, 257 and 262 padded (tests/oracle/sdboot). */
static void test_alignment(void **state)
{
	const char *text = "linux /k\ninitrd /odd\ninitrd /archive\n";

	(void)state;
	unit_puts("efi/odd", "12345");
	unit_puts("efi/archive", "070701");
	unit_puts("efi/packed", "\x1f\x8b");
	unit_problem(&entry_by("252.39", text)->problems, "bls-initrd-unaligned");
	unit_problem(&entry_by("247", text)->problems, "bls-initrd-unaligned");
	unit_problem(&entry_by("256.6", text)->problems, "bls-initrd-unaligned");
	assert_int_equal(entry_by("256.7", text)->problems.n, 0);
	assert_int_equal(entry_by("262", text)->problems.n, 0);
	text = "linux /k\ninitrd /odd\ninitrd /packed\n";
	assert_int_equal(entry_by("252.39", text)->problems.n, 0);
	text = "linux /k\ninitrd /archive\ninitrd /odd\n";
	assert_int_equal(entry_by("252.39", text)->problems.n, 0);
}

/* --- versions that are not known */

static void assert_undecided(const char *words)
{
	assert_null(unit_default());
	assert_non_null(unit_menu.undecided);
	if (!strstr(unit_menu.undecided, words))
		fail_msg("'%s' is not in: %s", words, unit_menu.undecided);
}

static void test_too_old(void **state)
{
	static const char *const versions[] = { "237-3ubuntu10", "239", "241-7~deb10u8", "242" };
	const struct machine m = { FILES(PLAIN("a")), NULL, NULL, NULL, NULL };

	(void)state;
	put_files(&m);
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		put_loader(versions[i]);
		unit_discover(&ka_backend_bls);
		assert_undecided("243 to 262");
		unit_entry("a");
	}
}

/* What all versions boot is no question; where they differ, nobody knows. */
static void test_unknown(void **state)
{
	const struct machine one = { FILES(PLAIN("a")), NULL, NULL, NULL, NULL },
			     two = { FILES(PLAIN("a"), PLAIN("b")), "default a\n", NULL, NULL,
				     NULL };

	put_files(&one);
	unit_discover(&ka_backend_bls);
	unit_assert_default("a", KA_REASON_ONLY);
	put_loader("of nobody");
	unit_discover(&ka_backend_bls);
	unit_assert_default("a", KA_REASON_ONLY);
	unit_teardown(state);
	unit_setup(state);
	put_files(&two);
	unit_discover(&ka_backend_bls);
	assert_undecided("versions differ");
}

static void test_too_new(void **state)
{
	const struct machine m = { FILES(PLAIN("a"), PLAIN("b")), "default a.conf\n", NULL, NULL,
				   NULL };

	(void)state;
	put_files(&m);
	put_loader("999");
	unit_discover(&ka_backend_bls);
	unit_assert_default("a", KA_REASON_CONFIGURED);
	unit_loader_variable("LoaderEntryPreferred", "b.conf");
	unit_discover(&ka_backend_bls);
	assert_undecided("newer than 262");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_machine_case(test_order),	   unit_machine_case(test_configured),
		unit_machine_case(test_variable),  unit_machine_case(test_files),
		unit_machine_case(test_images),	   unit_machine_case(test_quotes),
		unit_machine_case(test_blanks),	   unit_machine_case(test_initrds),
		unit_machine_case(test_alignment), unit_machine_case(test_too_old),
		unit_machine_case(test_unknown),   unit_machine_case(test_too_new),
	};

	return cmocka_run_group_tests_name("bls-versions", tests, NULL, NULL);
}
