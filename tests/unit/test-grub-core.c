// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From GRUB's program to its menu. What the parser of an embedded configuration does with its lines, and what
 * "normal" hands on, was asked of grub-mkimage's programs of 2.06 under OVMF; the rest is kern/main.c and
 * normal/main.c.
 */

#include "mods.h"
#include "option.h"

#include <errno.h>

extern const struct ka_backend ka_backend_grub;

static const char *const all[] = { "normal",	     "configfile", "echo",   "test",
				   "true",	     "search",	   "regexp", "search_fs_uuid",
				   "search_fs_file", "loadenv",	   "linux",  NULL };

#define ESP		    "boot/efi/"
#define ENTRY(title, words) "menuentry '" title "' { linux /boot/k1 " words " }\n"

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r < 0)
		return r;
	unit_pc("BOOT_IMAGE=/boot/k1 root=/dev/vda2\n");
	unit_puts("boot/k1", "a kernel");
	unit_puts("dev/vda1", "");
	unit_puts("dev/vda2", "");
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_link("dev/disk/by-uuid/0-ROOT", "../../vda2");
	unit_puts("sys/class/block/vda/size", "1");
	unit_puts("sys/class/block/vda1/partition", "1");
	unit_puts("sys/class/block/vda1/dev", "254:1");
	unit_puts("sys/class/block/vda2/partition", "2");
	unit_puts("sys/class/block/vda2/dev", "254:2");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\x\\grubx64.efi", NULL);
	UNIT_NUMBERS("BootOrder", 1);
	UNIT_NUMBERS("BootCurrent", 1);
	return 0;
}

static void start(const struct unit_core *core)
{
	struct unit_core whole = *core;

	if (!whole.modules)
		whole.modules = all;
	unit_grub(ESP "EFI/x/grubx64.efi", &whole);
	unit_discover(&ka_backend_grub);
}

#define START(...) start(&(const struct unit_core){ __VA_ARGS__ })

/* The words of the default behind its kernel. */
static const char *words(void)
{
	if (!unit_default())
		fail_msg("no default: %s", unit_menu.undecided ? unit_menu.undecided : "");
	assert_non_null(unit_default()->cmdline);
	return unit_default()->cmdline + strlen("BOOT_IMAGE=/boot/k1 ");
}

static void assert_title(const char *title)
{
	if (!unit_default())
		fail_msg("no default: %s", unit_menu.undecided ? unit_menu.undecided : "");
	assert_string_equal(unit_default()->title, title);
}

/* --- the prefix */

static void test_prefix(void **state)
{
	static const struct {
		const char *prefix, *title;
	} cases[] = {
		{ "/EFI/p", "on the ESP" },
		{ "/efi/P", "on the ESP" },
		{ "", "beside the program" },
		{ NULL, "beside the program" },
		{ "(,gpt2)/boot/grub", "on the root" },
		{ "(hd0,gpt2)/boot/grub", "on the root" },
		{ "(hd0,gpt1)/EFI/p", "on the ESP" },
		{ "()/EFI/p", "on the ESP" },
	};

	(void)state;
	unit_puts(ESP "EFI/p/grub.cfg", "set root=hd0,gpt2\n" ENTRY("on the ESP", ""));
	unit_puts(ESP "EFI/x/grub.cfg", "set root=hd0,gpt2\n" ENTRY("beside the program", ""));
	unit_puts("boot/grub/grub.cfg", ENTRY("on the root", ""));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		START(.prefix = cases[i].prefix);
		assert_title(cases[i].title);
	}
	/* No device that is known here. */
	START(.prefix = "(hd7,gpt2)/boot/grub");
	unit_assert_undecided("(hd7,gpt2)/boot/grub");
	START(.prefix = "(tftp)/grub");
	unit_assert_undecided("(tftp)/grub");
}

/* Which disk is "hd0" is not known when there are two; which is the program's own, always. */
static void test_two_disks(void **state)
{
	(void)state;
	unit_puts("sys/class/block/vdb/size", "1");
	unit_puts("boot/grub/grub.cfg", ENTRY("on the root", ""));
	START(.prefix = "(,gpt2)/boot/grub");
	assert_title("on the root");
	START(.prefix = "(hd0,gpt2)/boot/grub");
	unit_assert_undecided("(hd0,gpt2)/boot/grub");
	unit_puts(ESP "EFI/x/grub.cfg", "set root=hd0,gpt2\n" ENTRY("beside the program", ""));
	START(.prefix = "(hd0,gpt1)/EFI/x");
	unit_assert_undecided("(hd0,gpt1)/EFI/x");
	/* The embedded configuration finds it. */
	START(.prefix = "(hd0,gpt2)/boot/grub",
	      .config = "search.fs_uuid 0-ROOT root\nset prefix=($root)/boot/grub\n");
	assert_title("on the root");
}

static void test_names(void **state)
{
	(void)state;
	unit_puts("dev/mapper/vg-boot", "");
	unit_puts("dev/disk/by-id/.d", "");
	unit_puts("boot/grub/grub.cfg", ENTRY("on the root", ""));
	for (int i = 0; i < 3; i++) {
		static const char *const prefixes[] = {
			"(lvm/vg-boot)/boot/grub",
			"(lvmid/aB-cd/eF-gh)/boot/grub",
			"(mduuid/0123456789abcdef0123456789abcdef)/boot/grub",
		};
		static const char *const links[] = {
			"dev/mapper/vg-boot",
			"dev/disk/by-id/dm-uuid-LVM-aBcdeFgh",
			"dev/disk/by-id/md-uuid-01234567:89abcdef:01234567:89abcdef",
		};

		unlink(unit_path(links[i]));
		unit_link(links[i], "/dev/vda2");
		START(.prefix = prefixes[i]);
		assert_title("on the root");
	}
}

/* Nothing is there: GRUB waits at its prompt, whatever else lies about. */
static void test_prompt(void **state)
{
	(void)state;
	unit_puts("boot/grub/grub.cfg", ENTRY("stale", ""));
	START(.prefix = "/EFI/p");
	unit_assert_undecided("waits at its prompt");
	unit_assert_undecided("/EFI/p/grub.cfg");
	unit_assert_ids("stale");
	assert_int_equal(unlink(unit_path("boot/grub/grub.cfg")), 0);
	START(.prefix = "/EFI/p");
	unit_assert_undecided("waits at its prompt");
}

/* --- the embedded configuration */

static void test_embedded(void **state)
{
	static const struct {
		const char *config, *words;
	} cases[] = {
		{ "set v=1\nexport v\n", "1,," },
		/* The environment is the same one. */
		{ "set v=1; set w=2\n", "1;,," },
		{ "v=1\nw='a'\"b\"x\\ c\nset t=${v}x\n", "\"1,abx c,1x\"" },
		{ "if [ -e /nothing ]; then\n set v=inside\nelse\n set w=else\nfi\n",
		  "inside,else," },
		{ "for i in a b; do set v=$i; done\n", ",," },
		{ "# set v=1\nset w=2 # x\n", ",2," },
		{ "set v='a\n b'\n", "\"a b,,\"" },
		{ "\n\n  set   v=1  \n", "1,," },
		{ "configfile /none.cfg\nset v=after\n", "after,," },
		{ "source /s.cfg\nset w=after\n", "sourced,after," },
		{ "hwmatch_is_unknown x\nset v=1\n", "1,," },
	};

	(void)state;
	unit_puts("boot/grub/grub.cfg",
		  "set root=hd0,gpt2\nmenuentry A { linux /boot/k1 \"$v,$w,$t\" }\n");
	unit_puts("s.cfg", "set v=sourced\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format("set root=hd0,gpt2\n%s", cases[i].config);

		START(.prefix = "(,gpt2)/boot/grub", .config = config);
		if (!ka_streq(words(), cases[i].words))
			fail_msg("%s: %s", cases[i].config, words());
	}
}

static void test_embedded_search(void **state)
{
	static const char *const configs[] = {
		"search.fs_uuid 0-ROOT root hd0,gpt2\nset prefix=($root)'/boot/grub'\n",
		"search --no-floppy --fs-uuid --set=root 0-ROOT\nconfigfile ($root)/boot/grub/grub.cfg\n",
		"search --file --set=root /boot/grub/grub.cfg\nset prefix=($root)/boot/grub\n",
		"set root=(hd0,gpt2)\nset prefix=($root)/boot/grub\nnormal\n",
		"regexp --set=1:disk '^\\(([^,]*),' $cmdpath\nset prefix=($disk,gpt2)/boot/grub\n",
		"source $cmdpath/inner.cfg\n",
	};

	(void)state;
	unit_puts("boot/grub/grub.cfg", ENTRY("on the root", ""));
	unit_puts(ESP "EFI/x/inner.cfg", "if [ -e (hd0,gpt2)/boot/grub/grub.cfg ]; then\n"
					 "configfile (hd0,gpt2)/boot/grub/grub.cfg\nfi\n");
	unit_puts(ESP "EFI/p/grub.cfg", "set root=hd0,gpt2\n" ENTRY("prefix", ""));
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		START(.prefix = "/EFI/p", .config = configs[i]);
		if (!unit_default() || !ka_streq(unit_default()->title, "on the root"))
			fail_msg("%s: %s", configs[i],
				 unit_menu.undecided ? unit_menu.undecided : "another");
		assert_string_equal(unit_menu.configuration,
				    i == 5 ? "/boot/efi/EFI/x/inner.cfg" : "/boot/grub/grub.cfg");
	}
}

/* A command whose module is not packed in is none, until it is inserted. */
static void test_embedded_modules(void **state)
{
	static const char *const few[] = { "normal", NULL };

	(void)state;
	unit_puts("boot/grub/grub.cfg", ENTRY("on the root", ""));
	unit_puts(ESP "EFI/p/grub.cfg", "set root=hd0,gpt2\n" ENTRY("prefix", ""));
	START(.modules = few, .prefix = "/EFI/p",
	      .config = "configfile (hd0,gpt2)/boot/grub/grub.cfg\n");
	assert_title("prefix");
	START(.modules = few, .prefix = "/EFI/p",
	      .config = "insmod configfile\nconfigfile (hd0,gpt2)/boot/grub/grub.cfg\n");
	assert_title("on the root");
}

/* What cannot be followed decides nothing. */
static void test_embedded_undecided(void **state)
{
	static const struct {
		const char *config, *words;
	} cases[] = {
		{ "configfile (crypto0)/grub.cfg\n", "(crypto0)/grub.cfg" },
		{ "source (tftp)/grub.cfg\n", "(tftp)/grub.cfg" },
		{ "btrfs-mount-subvol ($root) /x @/x\n", "btrfs-mount-subvol" },
		{ "linux (hd0,gpt2)/boot/k1\nboot\n", "without a menu" },
		{ "normal (memdisk)/grub.cfg\n", "waits at its prompt" },
	};

	(void)state;
	unit_puts(ESP "EFI/p/grub.cfg", "set root=hd0,gpt2\n" ENTRY("prefix", ""));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		START(.prefix = "/EFI/p", .config = cases[i].config);
		unit_assert_undecided(cases[i].words);
	}
}

/* --- the memdisk */

static size_t put_tar(uint8_t *at, const char *name, const char *text)
{
	size_t n = strlen(text);

	memset(at, 0, 512 + (n + 511) / 512 * 512);
	strcpy((char *)at, name);
	snprintf((char *)at + 124, 12, "%011o", (unsigned int)n & 0xfffff);
	at[156] = '0';
	memcpy(at + 257, "ustar", 6);
	memcpy(at + 512, text, n);
	return 512 + (n + 511) / 512 * 512;
}

static void test_memdisk(void **state)
{
	static uint8_t tar[8192];
	size_t n =
		put_tar(tar, "boot/grub/grub.cfg",
			"if [ -d (memdisk)/boot -a -f $prefix/grub.cfg -a ! -e $prefix/no ]; then\n"
			"  search.fs_uuid 0-ROOT root\n"
			"  configfile ($root)/boot/grub/grub.cfg\nfi\n");

	(void)state;
	n += put_tar(tar + n, "one.cfg", "menuentry 'M' { linux (hd0,gpt2)/boot/k1 in }\n");
	n += put_tar(tar + n, "two.cfg", "menuentry 'M' { linux (memdisk)/one.cfg }\n");
	memset(tar + n, 0, 1024);
	n += 1024;
	unit_puts("boot/grub/grub.cfg", ENTRY("on the root", ""));
	START(.prefix = "(memdisk)/boot/grub", .memdisk = tar, .memdisk_size = n);
	assert_title("on the root");
	START(.prefix = "/EFI/p", .config = "normal (memdisk)/one.cfg\n", .memdisk = tar,
	      .memdisk_size = n);
	assert_title("M");
	assert_string_equal(unit_default()->source_path, "(memdisk)/one.cfg");
	assert_string_equal(unit_menu.configuration, "/boot/efi/EFI/x/grubx64.efi");
	/* A kernel in there is not one that can be loaded. */
	START(.prefix = "/EFI/p", .config = "normal (memdisk)/two.cfg\n", .memdisk = tar,
	      .memdisk_size = n);
	assert_true(ka_findings_have(&unit_entry("M")->problems, KA_ID_GRUB_DEVICE));
	/* A file that is on it and elsewhere: which one is found first is not known. */
	unit_puts("one.cfg", "x");
	START(.prefix = "/EFI/p", .memdisk = tar, .memdisk_size = n,
	      .config = "search --file --set=root /one.cfg\nconfigfile /one.cfg\n");
	unit_assert_undecided("/one.cfg");
}

static void test_memdisk_unread(void **state)
{
	static const uint8_t other[1024] = { 'x' };

	(void)state;
	unit_puts(ESP "EFI/p/grub.cfg", "set root=hd0,gpt2\n" ENTRY("prefix", ""));
	/* It is not looked into. */
	START(.prefix = "/EFI/p", .memdisk = other, .memdisk_size = sizeof(other));
	assert_title("prefix");
	START(.prefix = "/EFI/p", .config = "normal (memdisk)/grub.cfg\n", .memdisk = other,
	      .memdisk_size = sizeof(other));
	unit_assert_undecided("(memdisk)/grub.cfg");
	START(.prefix = "(memdisk)/boot/grub", .memdisk = other, .memdisk_size = sizeof(other));
	unit_assert_undecided("(memdisk)/boot/grub");
}

/* Red Hat's looks beside the program first. */
static void test_redhat(void **state)
{
	static const char *const modules[] = { "normal", "blscfg", "configfile", NULL };

	(void)state;
	unit_puts(ESP "EFI/x/grub.cfg", "set root=hd0,gpt2\n" ENTRY("beside the program", ""));
	unit_puts(ESP "EFI/p/grub.cfg", "set root=hd0,gpt2\n" ENTRY("prefix", ""));
	START(.modules = modules, .prefix = "/EFI/p");
	assert_title("beside the program");
	assert_int_equal(unlink(unit_path(ESP "EFI/x/grub.cfg")), 0);
	START(.modules = modules, .prefix = "/EFI/p");
	assert_title("prefix");
}

/* SUSE's grub2-bls, by what is embedded in it, or by its name. */
static void test_entries_alone(void **state)
{
	static const char *const modules[] = { "normal", "regexp", "blsuki", "bli", NULL };
	static const char config[] = "regexp --set 1:root '\\((.*)\\)' \"$cmdpath\"\n"
				     "set enable_blscfg=1\n";

	(void)state;
	unit_puts("boot/grub2/grub.cfg", ENTRY("stale", ""));
	unit_puts(ESP "loader/entries/a.conf", "title a\nlinux /k\n");
	START(.modules = modules, .prefix = "/EFI/x", .config = config);
	unit_assert_undecided("SUSE's grub2-bls");
	unit_assert_undecided("--backend=bls");
	UNIT_PE(ESP "EFI/x/GRUBBLS.EFI",
		{ ".sbat", "grub,5,Free Software Foundation,grub,2.12,x\n" });
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\x\\grubbls.efi", NULL);
	unit_discover(&ka_backend_grub);
	unit_assert_undecided("SUSE's grub2-bls");
}

/* SUSE's classic one: its paths on btrfs start at the default subvolume, which is not the mounted one. */
static void test_relative_path(void **state)
{
	static const char config[] = "set btrfs_relative_path=\"yes\"\n"
				     "search --fs-uuid --set=root 0-ROOT\n"
				     "set prefix=($root)/boot/grub2\n"
				     "source \"${prefix}/grub.cfg\"\n";

	(void)state;
	unit_puts("etc/os-release", "ID=opensuse-leap\n");
	unit_puts("proc/self/mountinfo", "20 1 0:30 /@/old / rw - btrfs /dev/vda2 rw\n"
					 "21 20 254:1 / /boot/efi rw - vfat /dev/vda1 rw\n");
	unit_puts("btrfs-default", "/ ID 260 gen 7 top level 257 path @/new\n");
	unit_puts("boot/grub2/grub.cfg", ENTRY("of the mounted one", ""));
	unit_puts("not-mounted/dev/vda2/@/new/boot/grub2/grub.cfg",
		  ENTRY("of the default one", ""));
	unit_puts("not-mounted/dev/vda2/@/new/boot/k1", "a kernel");
	START(.prefix = "/EFI/x", .config = config);
	assert_title("of the default one");
	assert_string_equal(unit_default()->kernel, "/dev/vda2:/@/new/boot/k1");

	unit_puts("btrfs-default", "/ ID 261 gen 7 top level 257 path @/none\n");
	START(.prefix = "/EFI/x", .config = config);
	unit_assert_undecided("waits at its prompt");
}

#define core_case(f) cmocka_unit_test_setup_teardown(f, setup, unit_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_case(test_prefix),
		core_case(test_two_disks),
		core_case(test_names),
		core_case(test_prompt),
		core_case(test_embedded),
		core_case(test_embedded_search),
		core_case(test_embedded_modules),
		core_case(test_embedded_undecided),
		core_case(test_memdisk),
		core_case(test_memdisk_unread),
		core_case(test_redhat),
		core_case(test_entries_alone),
		core_case(test_relative_path),
	};

	return cmocka_run_group_tests_name("grub-core", tests, NULL, NULL);
}
