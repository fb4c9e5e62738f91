// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd-boot's menu and its default, on machines made on the spot. Expected values: UAPI.1 ("Sorting",
 * "Boot counting"), config_select_default_entry() and boot_entry_compare() of src/boot/boot.c, the cases
 * of systemd's test-bootspec.c, and what systemd-boot 252 and 262 did under OVMF with the same files and
 * variables (tests/vm/bls.exp asks them again).
 */

#include "machine.h"

#include <errno.h>

extern const struct ka_backend ka_backend_bls;

static void discover(void)
{
	unit_discover(&ka_backend_bls);
}

static void put_entry(const char *name, const char *text)
{
	char path[256], whole[1024];

	snprintf(path, sizeof(path), "efi/loader/entries/%s", name);
	snprintf(whole, sizeof(whole), "linux /k\n%s", text);
	unit_puts("efi/k", "a kernel");
	unit_puts(path, whole);
}

/* A systemd-boot of this version on the ESP: its .sdmagic says so. */
static void put_loader(const char *magic)
{
	const struct unit_section section = { ".sdmagic", magic };

	unit_pe("efi/EFI/systemd/systemd-bootx64.efi", &section, 1);
}

#define LOADER_252 "#### LoaderInfo: systemd-boot 252.39-1~deb12u1 ####"
#define LOADER_262 "#### LoaderInfo: systemd-boot 262~rc3-1 ####"

/* --- order */

/* The scenario of systemd's test-bootspec.c, "bootspec_sort": sort keys first, newest version first;
 * then the names, the higher version first. */
static void test_order(void **state)
{
	(void)state;
	put_entry("a-10.conf", "title A\nversion 9\n");
	put_entry("a-5.conf", "title A\nversion 5\n");
	put_entry("b.conf", "title B\nversion 3\n");
	put_entry("c.conf", "title C\nversion 5\nsort-key xxxx\n");
	put_entry("cx.conf", "title C\nversion 10\nsort-key xxxx\n");
	put_entry("d.conf", "title D\nversion 100\nsort-key kkkk\n");
	discover();
	unit_assert_ids("d cx c b a-10 a-5");
	unit_assert_default("d", KA_REASON_FIRST);
}

/* An entry whose attempts are used up comes last; of two versions of one key the newer one first,
 * and "~" makes a version older ("6.2~rc1" before "6.2"). */
static void test_order_of_counters_and_candidates(void **state)
{
	(void)state;
	put_entry("new+0-3.conf", "sort-key a\nversion 9\n");
	put_entry("final.conf", "sort-key a\nversion 6.2\n");
	put_entry("candidate.conf", "sort-key a\nversion 6.2~rc1\n");
	put_entry("other-machine.conf", "sort-key a\nmachine-id 4098b3f6\nversion 99\n");
	discover();
	unit_assert_ids("final candidate other-machine new");
	assert_int_equal(unit_entry("new")->tries_left, 0);
	assert_int_equal(unit_entry("new")->tries_done, 3);
	unit_problem(&unit_entry("new")->problems, "bls-no-tries");
}

/* Of equal names the counters decide: more attempts left first, fewer done first. */
static void test_order_of_equal_names(void **state)
{
	(void)state;
	put_loader(LOADER_262);
	put_entry("x+1-2.conf", "");
	put_entry("x+3-0.conf", "");
	put_entry("x+3-1.conf", "");
	discover();
	unit_assert_ids("x x#2 x#3");
	assert_int_equal(unit_menu.entries[0]->tries_left, 3);
	assert_int_equal(unit_menu.entries[0]->tries_done, 0);
	assert_int_equal(unit_menu.entries[1]->tries_done, 1);
	assert_int_equal(unit_menu.entries[2]->tries_left, 1);
	unit_problem(&unit_menu.entries[0]->problems, "bls-counted");
}

/* generate_boot_entry_titles(): version, then eight characters of the machine-id, then the id. */
static void test_titles(void **state)
{
	(void)state;
	put_entry("a.conf", "title T\nversion 1\n");
	put_entry("b.conf", "title T\nversion 2\n");
	put_entry("c.conf", "title U\nmachine-id 0123456789abcdef\n");
	put_entry("d.conf", "title U\nmachine-id fedcba9876543210\n");
	put_entry("e.conf", "title V\n");
	put_entry("f.conf", "title V\n");
	put_entry("g.conf", "");
	discover();
	assert_string_equal(unit_entry("a")->title, "T (1)");
	assert_string_equal(unit_entry("b")->title, "T (2)");
	assert_string_equal(unit_entry("c")->title, "U (01234567)");
	assert_string_equal(unit_entry("d")->title, "U (fedcba98)");
	assert_string_equal(unit_entry("e")->title, "V (e.conf)");
	assert_string_equal(unit_entry("g")->title, "g.conf");
}

/* --- the default */

struct variable {
	const char *name, *value;
};

/* Four entries as they were given to the real loaders. */
static void put_four(const char *loader)
{
	put_loader(loader);
	put_entry("a.conf", "title a\nversion 1\n");
	put_entry("b.conf", "title b\nversion 2\n");
	put_entry("c.conf", "title c\nversion 3\n");
	put_entry("d+0-3.conf", "title d\nversion 4\n");
	unit_puts("efi/loader/loader.conf", "default b.conf\n");
}

static void test_variables(void **state)
{
	static const struct {
		struct variable variables[2];
		const char *by_252, *by_262;
	} cases[] = {
		{ { { NULL, NULL } }, "b", "b" },
		{ { { "OneShot", "a.conf" } }, "a", "a" },
		{ { { "OneShot", "kexec reboot" } }, "b", "b" },
		{ { { "Default", "c.conf" } }, "c", "c" },
		{ { { "Default", "nonexist.conf" } }, "b", "b" },
		{ { { "Default", "C.CONF" } }, "c", "c" },
		{ { { "Default", "c" } }, "b", "b" },
		{ { { "Default", "@saved" } }, "b", "b" },
		{ { { "Default", "@saved" }, { "LastBooted", "a.conf" } }, "a", "a" },
		{ { { "Default", "c.conf" }, { "Preferred", "a.conf" } }, "c", "a" },
		{ { { "Default", "c.conf" }, { "Preferred", "d.conf" } }, "c", "c" },
		{ { { "Default", "d.conf" } }, "b", "d" },
		{ { { "Default", "?.conf" } }, "c", "c" },
		{ { { "OneShot", "A" } }, "b", "b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		const bool newer = i % 2 == 1;

		put_four(newer ? LOADER_262 : LOADER_252);
		for (size_t k = 0; k < 2; k++) {
			const struct variable *v = &cases[i / 2].variables[k];
			char name[64];

			snprintf(name, sizeof(name), "LoaderEntry%s", v->name ? v->name : "");
			if (v->name)
				unit_loader_variable(name, v->value);
		}
		discover();
		assert_non_null(unit_default());
		assert_string_equal(unit_default()->id,
				    newer ? cases[i / 2].by_262 : cases[i / 2].by_252);
		/* Read and deleted, even when it names nothing. */
		assert_int_equal(unit_menu.writes.n,
				 ka_streq(cases[i / 2].variables[0].name
						  ? cases[i / 2].variables[0].name
						  : "",
					  "OneShot"));
		unit_teardown(state);
		unit_setup(state);
	}
}

static void test_reasons(void **state)
{
	(void)state;
	put_four(LOADER_262);
	discover();
	unit_assert_default("b", KA_REASON_CONFIGURED);
	assert_string_equal(unit_menu.reason_source, "/efi/loader/loader.conf");
	assert_string_equal(unit_menu.reason_text, "default=b.conf");
	unit_puts("efi/loader/loader.conf", "default [ab]*\n");
	discover();
	unit_assert_default("b", KA_REASON_PATTERN);
	unit_puts("efi/loader/loader.conf", "default @saved\n");
	unit_loader_variable("LoaderEntryLastBooted", "a.conf");
	discover();
	unit_assert_default("a", KA_REASON_SAVED);
	/* What was booted is remembered. */
	assert_int_equal(unit_default()->writes.n, 1);
	assert_string_equal(unit_default()->writes.items[0].name, "LoaderEntryLastBooted");
	assert_string_equal(unit_default()->writes.items[0].value, "a.conf");
	unit_puts("efi/loader/loader.conf",
		  "preferred a.conf\ndefault b.conf\ntimeout menu-force\n");
	discover();
	unit_assert_default("a", KA_REASON_CONFIGURED);
	unit_problem(&unit_menu.problems, "bls-waits");
}

static void test_only(void **state)
{
	(void)state;
	put_loader(LOADER_262);
	put_entry("a.conf", "");
	put_entry("hidden.conf", "efi /other\n");
	put_entry("auto-x.conf", "");
	put_entry(".x.conf", "");
	put_entry("x.txt", "");
	unit_puts("efi/loader/entries/folder.conf/file", "");
	unit_puts("efi/loader/entries/gone.conf", "linux /gone\n");
	discover();
	unit_assert_ids("a hidden gone");
	unit_assert_default("a", KA_REASON_ONLY);
	unit_problem(&unit_entry("hidden")->problems, "bls-hidden");
	unit_problem(&unit_entry("gone")->problems, "kernel-missing");
	assert_false(ka_entry_is_bootable(unit_entry("gone")));
}

/* What systemd-boot makes itself stands behind all others, and is no default by itself. */
static void test_automatic(void **state)
{
	static const uint8_t setup[8] = { 1 };

	(void)state;
	put_loader(LOADER_262);
	put_entry("a.conf", "");
	unit_puts("efi/EFI/Microsoft/Boot/bootmgfw.efi", "MZ");
	unit_puts("efi/shellx64.efi", "MZ");
	unit_puts("efi/EFI/BOOT/BOOTX64.EFI", "MZ");
	unit_puts("efi/loader/loader.conf", "auto-poweroff 1\nauto-reboot yes\n");
	unit_efi("OsIndicationsSupported", KA_EFI_GUID_GLOBAL, setup, sizeof(setup));
	discover();
	unit_assert_ids("a auto-windows auto-efi-shell auto-efi-default "
			"auto-reboot-to-firmware-setup auto-poweroff auto-reboot");
	unit_assert_default("a", KA_REASON_ONLY);
	for (size_t i = 1; i < unit_menu.n_entries; i++)
		unit_problem(&unit_menu.entries[i]->problems, "not-linux");
	unit_puts("efi/loader/loader.conf", "default auto-windows\n");
	discover();
	unit_assert_default("auto-windows", KA_REASON_CONFIGURED);
	unit_puts("efi/loader/loader.conf", "auto-entries no\nauto-firmware 0\n");
	discover();
	unit_assert_ids("a");
}

/* --- partitions */

#define MOUNTS                                                                                     \
	"28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"                                                  \
	"36 28 254:2 / /efi rw - vfat /dev/vda2 rw\n"                                              \
	"37 28 254:3 / /boot rw - vfat /dev/vda3 rw\n"

/* UAPI.1: the extended boot loader partition is the one of its type; then its entries count as well. */
static void test_xbootldr_by_type(void **state)
{
	(void)state;
	put_entry("a.conf", "");
	unit_puts("proc/self/mountinfo", MOUNTS);
	unit_puts("boot/k", "a kernel");
	unit_puts("boot/loader/entries/b.conf", "linux /k\n");
	unit_puts("run/udev/data/b254:2", "E:ID_PART_ENTRY_TYPE="
					  "c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n"
					  "E:ID_PART_ENTRY_DISK=254:0\n");
	unit_puts("run/udev/data/b254:3", "E:ID_PART_ENTRY_TYPE="
					  "bc13c2ff-59e6-4262-a352-b275fd6f7172\n"
					  "E:ID_PART_ENTRY_DISK=254:0\n");
	discover();
	unit_assert_ids("b a");
	assert_string_equal(unit_entry("b")->kernel, "/boot/k");
	/* An ordinary Linux partition is none. */
	unit_puts("run/udev/data/b254:3", "E:ID_PART_ENTRY_TYPE="
					  "0fc63daf-8483-4772-8e79-3d69d8477de4\n"
					  "E:ID_PART_ENTRY_DISK=254:0\n");
	discover();
	unit_assert_ids("a");
}

/* One name on both partitions: the loader takes the one that comes first for the id. */
static void test_equal_ids(void **state)
{
	(void)state;
	put_loader(LOADER_262);
	put_entry("a.conf", "title esp\n");
	put_entry("a#2.conf", "title taken\n");
	unit_puts("proc/self/mountinfo", MOUNTS);
	unit_puts("boot/k", "a kernel");
	unit_puts("boot/loader/entries/a.conf", "linux /k\ntitle xbootldr\n");
	unit_puts("efi/loader/loader.conf", "default a.conf\n");
	UNIT_PE("efi/EFI/Linux/a.efi", { ".linux", "kernel" }, { ".osrel", "ID=uki\n" });
	discover();
	unit_assert_ids("a a#2 a#3 a#4");
	assert_string_equal(unit_entry("a")->title, "uki");
	assert_string_equal(unit_entry("a#3")->title, "esp");
	assert_string_equal(unit_entry("a#4")->title, "xbootldr");
	unit_assert_default("a#3", KA_REASON_CONFIGURED);
}

/* --- kinds of entries */

static void test_linux(void **state)
{
	const struct ka_entry *e;

	(void)state;
	unit_puts("efi/i1", "one");
	unit_puts("efi/i2", "two");
	unit_puts("efi/empty", "");
	unit_puts("efi/d.dtb", "tree");
	put_entry("a.conf", "initrd /i1\ninitrd /empty\ninitrd \\i2\noptions a\noptions b\n"
			    "devicetree /d.dtb\n");
	put_entry("b.conf", "initrd /gone\n");
	mkdir(unit_path("sys"), 0755);
	mkdir(unit_path("sys/firmware"), 0755);
	mkdir(unit_path("sys/firmware/devicetree"), 0755);
	discover();
	e = unit_entry("a");
	assert_string_equal(e->kernel, "/efi/k");
	assert_string_equal(e->cmdline, "a b");
	assert_int_equal(e->initrds.n, 2);
	assert_string_equal(e->initrds.items[0].path, "/efi/i1");
	assert_string_equal(e->initrds.items[1].path, "/efi/i2");
	assert_string_equal(e->devicetree, "/efi/d.dtb");
	unit_problem(&e->problems, "devicetree-kept");
	unit_problem(&unit_entry("b")->problems, "initrd-missing");
}

/* "efi" names any program; a UKI among them hands over what its stub does. */
static void test_efi_and_uki(void **state)
{
	const struct ka_entry *e;

	(void)state;
	put_loader(LOADER_262);
	UNIT_PE("efi/u.efi", { ".linux", "kernel" }, { ".osrel", "ID=u\n" },
		{ ".cmdline", "from=image" }, { ".initrd", "initrd" },
		{ ".sdmagic", "#### LoaderInfo: systemd-stub 257 ####" });
	unit_puts("efi/x.cred", "secret");
	unit_puts("efi/other.efi", "MZ no kernel");
	unit_puts("efi/loader/entries/efi.conf", "efi /u.efi\n");
	unit_puts("efi/loader/entries/uki.conf", "uki /u.efi\noptions own\nextra /x.cred\n"
						 "extra /none.cred\n");
	unit_puts("efi/loader/entries/other.conf", "efi /other.efi\n");
	unit_puts("efi/loader/entries/not.conf", "uki /other.efi\n");
	unit_puts("efi/loader/entries/profile.conf", "uki /u.efi\nprofile 3\n");
	unit_puts("efi/loader/entries/url.conf", "uki-url https://example.com/u.efi\n");
	discover();
	e = unit_entry("efi");
	assert_int_equal(e->type, KA_TYPE_UKI);
	assert_string_equal(e->cmdline, "from=image");
	e = unit_entry("uki");
	assert_string_equal(e->cmdline, "own");
	assert_int_equal(e->initrds.n, 7);
	unit_problem(&e->problems, "bls-extra-missing");
	unit_problem(&unit_entry("other")->problems, "not-linux");
	unit_problem(&unit_entry("not")->problems, "not-linux");
	unit_problem(&unit_entry("profile")->problems, "uki-profile");
	unit_problem(&unit_entry("url")->problems, "not-linux");
	/* Where nothing tells which systemd-boot it is, the newest rules hold; 252 knows no "uki". */
	put_loader(LOADER_252);
	discover();
	assert_null(unit_entry("uki")->cmdline);
	assert_int_equal(unlink(unit_path("efi/EFI/systemd/systemd-bootx64.efi")), 0);
	discover();
	assert_string_equal(unit_entry("uki")->cmdline, "own");
}

/* UAPI.5, "Multi-profile UKIs"; the loader names them NAME@ID since 257. */
static void test_profiles(void **state)
{
	(void)state;
	put_loader(LOADER_262);
	UNIT_PE("efi/EFI/Linux/p+2.efi", { ".linux", "kernel" },
		{ ".osrel", "PRETTY_NAME=\"Some OS\"\nIMAGE_ID=some\nVERSION_ID=7\n" },
		{ ".cmdline", "base" }, { ".profile", "ID=main\n" },
		{ ".profile", "ID=other\nTITLE=Other\n" }, { ".cmdline", "other" },
		{ ".profile", "ID=other\n" }, { ".profile", "X=y\n" });
	UNIT_PE("efi/EFI/Linux/nameless.efi", { ".linux", "kernel" }, { ".osrel", "X=y\n" });
	unit_puts("efi/EFI/Linux/no.efi", "no image");
	unit_puts("efi/EFI/Linux/bad.efi", "MZ");
	discover();
	unit_assert_ids("p p@other p@other#2 p@3 no nameless bad");
	assert_string_equal(unit_entry("p")->title, "Some OS");
	assert_string_equal(unit_entry("p@other")->title, "Some OS (Other)");
	assert_string_equal(unit_entry("p@other#2")->title, "Some OS (other)");
	assert_string_equal(unit_entry("p@3")->title, "Some OS (Profile #4)");
	assert_string_equal(unit_entry("p@other")->cmdline, "other");
	assert_string_equal(unit_entry("p")->version, "7");
	assert_string_equal(unit_entry("p")->sort_key, "some");
	assert_int_equal(unit_entry("p")->tries_left, 2);
	unit_assert_default("p",
			    KA_REASON_FIRST == unit_menu.reason ? KA_REASON_FIRST : KA_REASON_ONLY);
	/* Before that, one entry alone, with the last .cmdline of the file. */
	put_loader(LOADER_252);
	discover();
	unit_assert_ids("p no nameless bad");
	assert_string_equal(unit_entry("p")->cmdline, "other");
}

/* --- probing */

static void assert_probe(int present, enum ka_strength strength, const char *words)
{
	struct ka_evidence evidence = { .text = NULL };

	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ask_probe(&ka_backend_bls, unit_host, &evidence, NULL), present);
	if (present)
		assert_int_equal(evidence.strength, strength);
	if (!strstr(evidence.text, words))
		fail_msg("'%s' is not in: %s", words, evidence.text);
	free(evidence.text);
}

static void test_probe(void **state)
{
	(void)state;
	assert_probe(0, 0, "no EFI partition");
	unit_puts("efi/EFI/debian/grubx64.efi", "MZ");
	assert_probe(0, 0, "no entries");
	put_entry("a.conf", "");
	assert_probe(1, KA_STRENGTH_INSTALLED, "/efi/loader/entries");
	unit_loader_variable("LoaderInfo", "GRUB 2.12");
	assert_probe(1, KA_STRENGTH_INSTALLED, "");
	unit_loader_variable("LoaderInfo", "systemd-boot 257");
	assert_probe(1, KA_STRENGTH_BOOTED, "systemd-boot boots this machine");
}

/* --- "could not tell" is never "no" */

static void close_to_others(const char *path)
{
	assert_int_equal(chmod(unit_path(path), 0), 0);
}

#define skip_unless_root()                                                                         \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

static void discover_as_nobody(void)
{
	unit_discover_as_nobody(&ka_backend_bls);
}

#define ONESHOT "sys/firmware/efi/efivars/LoaderEntryOneShot-" KA_EFI_GUID_LOADER

static void test_unreadable_entry(void **state)
{
	(void)state;
	skip_unless_root();
	put_four(LOADER_262);
	close_to_others("efi/loader/entries/c.conf");
	/* The default is another one, by its name. */
	discover_as_nobody();
	unit_assert_default("b", KA_REASON_CONFIGURED);
	assert_non_null(strstr(unit_problem(&unit_entry("c")->problems, "bls-unreadable")->text,
			       "/efi/loader/entries/c.conf"));
	/* The one-shot is the unreadable one. */
	unit_loader_variable("LoaderEntryOneShot", "c.conf");
	discover_as_nobody();
	unit_assert_undecided("/efi/loader/entries/c.conf");
	unit_assert_undecided("as root");
	assert_int_equal(unlink(unit_path(ONESHOT)), 0);
	/* A pattern may mean it; without a default it may be the first. */
	unit_puts("efi/loader/loader.conf", "default ?.conf\n");
	discover_as_nobody();
	unit_assert_undecided("c.conf");
	unit_puts("efi/loader/loader.conf", "timeout 3\n");
	discover_as_nobody();
	unit_assert_undecided("c.conf");
}

static void test_unreadable_places(void **state)
{
	static const struct {
		const char *path, *named;
	} cases[] = {
		{ "efi/loader/entries", "/efi/loader/entries" },
		{ "efi/EFI/Linux", "/efi/EFI/Linux" },
		{ "efi/loader/loader.conf", "/efi/loader/loader.conf" },
		{ "efi/EFI/Linux/u.efi", "/efi/EFI/Linux/u.efi" },
		{ "efi/EFI/systemd/systemd-bootx64.efi", "/efi/EFI/systemd/systemd-bootx64.efi" },
		{ "efi", "/efi/" },
		{ "sys/firmware/efi/efivars/LoaderEntryDefault-" KA_EFI_GUID_LOADER,
		  "LoaderEntryDefault" },
		{ ONESHOT, "LoaderEntryOneShot" },
	};

	skip_unless_root();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_four(LOADER_262);
		unit_puts("proc/self/mountinfo", MOUNTS);
		UNIT_PE("efi/EFI/Linux/u.efi", { ".linux", "kernel" }, { ".osrel", "ID=u\n" });
		unit_puts("efi/loader/loader.conf", "default *\n");
		unit_loader_variable("LoaderInfo", "systemd-boot 262");
		unit_loader_variable("LoaderEntryDefault", "none.conf");
		unit_loader_variable("LoaderEntryOneShot", "none.conf");
		close_to_others(cases[i].path);
		discover_as_nobody();
		unit_assert_undecided(cases[i].named);
		unit_assert_undecided("as root");
		unit_teardown(state);
		unit_setup(state);
	}
}

/* A partition of root's alone counts as evidence: another backend must not decide for it. */
static void test_unreadable_partition_is_evidence(void **state)
{
	struct ka_evidence evidence = { .text = NULL };
	int r;

	(void)state;
	skip_unless_root();
	put_four(LOADER_262);
	unit_puts("proc/self/mountinfo", MOUNTS);
	close_to_others("efi");
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(seteuid(65534), 0);
	r = ask_probe(&ka_backend_bls, unit_host, &evidence, NULL);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, 1);
	assert_non_null(strstr(evidence.text, "Permission denied"));
	free(evidence.text);
}

static void test_unreadable_kernel(void **state)
{
	(void)state;
	skip_unless_root();
	put_entry("a.conf", "");
	unit_puts("efi/shut/k", "a kernel");
	unit_puts("efi/loader/entries/b.conf", "linux /shut/k\n");
	unit_puts("efi/loader/loader.conf", "default b.conf\n");
	close_to_others("efi/shut");
	discover_as_nobody();
	unit_assert_undecided("/efi/shut/k");
	unit_problem(&unit_entry("b")->problems, "bls-unreadable");
}

/* A limit is no matter of rights. */
static void test_too_large(void **state)
{
	char *text = calloc(1, (1u << 20) + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '#', (1u << 20) + 1);
	put_entry("b.conf", "");
	unit_puts("efi/loader/entries/a.conf", text);
	free(text);
	unit_puts("efi/loader/loader.conf", "default a.conf\n");
	discover();
	unit_assert_undecided("1048576");
	assert_null(strstr(unit_menu.undecided, "root"));
	assert_null(unit_problem(&unit_menu.problems, "bls-unreadable")->remedy);
}

/* DMI type 11, OEM strings: five bytes of header, the strings, an empty one. */
static void test_smbios(void **state)
{
	static const char strings[] = "\x0b\x05\0\0\x01io.systemd.boot.entries-extra:x=title x\0";

	(void)state;
	put_entry("a.conf", "");
	discover();
	assert_int_equal(unit_menu.problems.n, 0);
	unit_write("sys/firmware/dmi/entries/11-0/raw", strings, sizeof(strings));
	discover();
	unit_problem(&unit_menu.problems, "bls-smbios-entries");
	unit_assert_ids("a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_machine_case(test_order),
		unit_machine_case(test_order_of_counters_and_candidates),
		unit_machine_case(test_order_of_equal_names),
		unit_machine_case(test_titles),
		unit_machine_case(test_variables),
		unit_machine_case(test_reasons),
		unit_machine_case(test_only),
		unit_machine_case(test_automatic),
		unit_machine_case(test_xbootldr_by_type),
		unit_machine_case(test_equal_ids),
		unit_machine_case(test_linux),
		unit_machine_case(test_efi_and_uki),
		unit_machine_case(test_profiles),
		unit_machine_case(test_probe),
		unit_machine_case(test_smbios),
		unit_machine_case(test_unreadable_entry),
		unit_machine_case(test_unreadable_places),
		unit_machine_case(test_unreadable_partition_is_evidence),
		unit_machine_case(test_unreadable_kernel),
		unit_machine_case(test_too_large),
	};

	return cmocka_run_group_tests_name("bls menu", tests, NULL, NULL);
}
