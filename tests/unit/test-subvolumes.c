// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SUSE's GRUB on btrfs, on captured machines: paths start at the default subvolume. What its patches do
 * ("follow_default", "subvol-mount", and grub-mkconfig's 00_header) is from their source; that GRUB writes no
 * environment block into a file on btrfs was asked of 2.06, 2.12 and 2.14 (tests/subvolumes/).
 */

#include "machine.h"

#include <errno.h>

extern const struct ka_backend ka_backend_grub;

#define UUID	  "5b1e2c7a-93d4-4f0e-8a61-2f7d90c4e318"
#define SECOND	  "not-mounted/dev/vda2/@/.snapshots/2/snapshot/"
#define FIRST_IS  "/ ID 259 gen 9 top level 257 path @/.snapshots/1/snapshot\n"
#define SECOND_IS "/ ID 260 gen 9 top level 257 path @/.snapshots/2/snapshot\n"

/* A grub.cfg as grub2-mkconfig writes it, with more of the header where given. */
#define CONFIG(release, more)                                                                      \
	"set btrfs_relative_path=\"y\"\nexport btrfs_relative_path\n"                              \
	"load_env\n" more "search --no-floppy --fs-uuid --set=root " UUID "\n"                     \
	"set timeout=8\n"                                                                          \
	"menuentry 'openSUSE' --id a { linux /boot/vmlinuz-" release " root=UUID=" UUID "\n"       \
	"initrd /boot/initrd-" release "\n}\n"                                                     \
	"menuentry 'second' --id b { linux /boot/vmlinuz-" release " b }\n"

#define HEADER                                                                                     \
	"if [ \"${env_block}\" ] ; then\n  set env_block=\"(${root})${env_block}\"\n"              \
	"  export env_block\n  load_env -f \"${env_block}\"\nfi\n"                                 \
	"if [ \"${next_entry}\" ] ; then\n  set default=\"${next_entry}\"\n  set next_entry=\n"    \
	"  save_env next_entry\n  if [ \"${env_block}\" ] ; then\n"                                \
	"    save_env -f \"${env_block}\" next_entry\n  fi\n  set boot_once=true\n"                \
	"else\n  set default=\"${saved_entry}\"\nfi\n"

#define MOUNTS "28 1 0:30 /@/.snapshots/1/snapshot / rw - btrfs /dev/vda2 rw\n"

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r < 0)
		return r;
	unit_puts("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-1 root=UUID=" UUID "\n");
	unit_puts("proc/self/mountinfo", MOUNTS);
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_puts("dev/vda2", "");
	unit_link("dev/disk/by-uuid/" UUID, "../../vda2");
	unit_puts("sys/class/block/vda/size", "1");
	unit_puts("etc/os-release", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n");
	unit_puts("btrfs-default", SECOND_IS);
	unit_puts("boot/grub2/grub.cfg", CONFIG("1", ""));
	unit_puts("boot/vmlinuz-1", "x");
	unit_puts("boot/initrd-1", "x");
	unit_puts(SECOND "boot/grub2/grub.cfg", CONFIG("2", ""));
	unit_puts(SECOND "boot/vmlinuz-2", "x");
	unit_puts(SECOND "boot/initrd-2", "x");
	return 0;
}

static void discover(void)
{
	unit_discover(&ka_backend_grub);
}

static void assert_kernel(const char *path)
{
	if (!unit_default())
		fail_msg("no default: %s", unit_menu.undecided ? unit_menu.undecided : "");
	if (!unit_default()->kernel)
		fail_msg("no kernel: %s", unit_default()->linux_ref.path);
	assert_string_equal(unit_default()->kernel, path);
}

/* --- the default subvolume */

static void test_default(void **state)
{
	(void)state;
	discover();
	assert_kernel("/dev/vda2:/@/.snapshots/2/snapshot/boot/vmlinuz-2");
	assert_string_equal(unit_default()->initrds.items[0].path,
			    "/dev/vda2:/@/.snapshots/2/snapshot/boot/initrd-2");
	assert_string_equal(unit_default()->cmdline, "BOOT_IMAGE=/boot/vmlinuz-2 root=UUID=" UUID);
	assert_string_equal(unit_menu.configuration,
			    "/dev/vda2:/@/.snapshots/2/snapshot/boot/grub2/grub.cfg");
	assert_string_equal(unit_menu.dialect, "suse");

	unit_puts("btrfs-default", FIRST_IS);
	discover();
	assert_kernel("/boot/vmlinuz-1");
	assert_string_equal(unit_menu.configuration, "/boot/grub2/grub.cfg");
}

/* Where a mount shows it, that is where its files are. */
static void test_default_seen(void **state)
{
	(void)state;
	unit_puts("proc/self/mountinfo",
		  MOUNTS "29 28 0:30 /@/.snapshots /.snapshots rw - btrfs /dev/vda2 rw\n");
	unit_puts(".snapshots/2/snapshot/boot/grub2/grub.cfg", CONFIG("3", ""));
	unit_puts(".snapshots/2/snapshot/boot/vmlinuz-3", "x");
	unit_puts(".snapshots/2/snapshot/boot/initrd-3", "x");
	discover();
	assert_kernel("/.snapshots/2/snapshot/boot/vmlinuz-3");
}

/* Nothing says which it is: nothing is decided, whatever lies in the one that is mounted. */
static void test_default_unknown(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ NULL, "default subvolume of /dev/vda2" },
		{ "/home ID 5 (FS_TREE)\n", "default subvolume of /dev/vda2" },
		{ "/ ID 300 gen 9\n", "default subvolume of /dev/vda2" },
		{ "/ ID 5 (FS_TREE)\n", "'/', and there is no menu in its /boot/grub2/grub.cfg" },
		{ "/ ID 261 gen 9 top level 257 path @/.snapshots/3/snapshot\n",
		  "'/@/.snapshots/3/snapshot', and there is no menu" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].line)
			unit_puts("btrfs-default", cases[i].line);
		else
			assert_int_equal(unlink(unit_path("btrfs-default")), 0);
		discover();
		unit_assert_undecided(cases[i].words);
	}
}

/* Who starts there: a core that was made so, or whose grub.cfg was; SUSE's alone. */
static void test_who_follows(void **state)
{
	static const char plain[] = "search --fs-uuid --set=root " UUID "\nset timeout=8\n"
				    "menuentry 'plain' { linux "
				    "/@/.snapshots/1/snapshot/boot/vmlinuz-1 }\n";

	(void)state;
	/* Of neither is anything said: paths are from the top level. */
	unit_puts("boot/grub2/grub.cfg", plain);
	discover();
	assert_kernel("/boot/vmlinuz-1");
	/* The core's own configuration. */
	unit_puts("boot/grub2/i386-pc/load.cfg", "set btrfs_relative_path=\"yes\"\n");
	discover();
	assert_kernel("/dev/vda2:/@/.snapshots/2/snapshot/boot/vmlinuz-2");
	unit_puts("boot/grub2/i386-pc/load.cfg", "#btrfs_relative_path=\"yes\"\n"
						 "set btrfs_relative_path=\"no\"\n");
	discover();
	assert_kernel("/boot/vmlinuz-1");
	/* Another GRUB has no such variable. */
	unit_puts("etc/os-release", "ID=debian\n");
	unit_puts("boot/grub2/grub.cfg",
		  "set btrfs_relative_path=y\nset timeout=8\nmenuentry x { linux "
		  "/@/.snapshots/1/snapshot/boot/vmlinuz-1 }\n");
	discover();
	assert_kernel("/boot/vmlinuz-1");
}

/* A subvolume of its own for /boot/grub2: its path from the default one is in none of the files. */
static void test_folder_elsewhere(void **state)
{
	(void)state;
	unit_puts("proc/self/mountinfo",
		  MOUNTS "29 28 0:30 /@/boot/grub2 /boot/grub2 rw - btrfs /dev/vda2 rw\n");
	discover();
	unit_assert_undecided("a subvolume of its own");
}

/* --- the stub on the ESP */

#define STUB                                                                                       \
	"set btrfs_relative_path=\"yes\"\nsearch --fs-uuid --set=root " UUID "\n"                  \
	"set prefix=(${root})/boot/grub2\nsource \"${prefix}/grub.cfg\"\n"

static void test_stub(void **state)
{
	(void)state;
	unit_puts("sys/firmware/efi/fw_platform_size", "64");
	unit_puts("proc/self/mountinfo", MOUNTS "29 28 254:1 / /boot/efi rw - vfat /dev/vda1 rw\n");
	unit_puts("boot/efi/EFI/opensuse/grub.cfg", STUB);
	discover();
	assert_kernel("/dev/vda2:/@/.snapshots/2/snapshot/boot/vmlinuz-2");

	assert_int_equal(unlink(unit_path(SECOND "boot/grub2/grub.cfg")), 0);
	discover();
	unit_assert_undecided("'/@/.snapshots/2/snapshot', and there is no menu");
	/* Also when the one of the running system is of another kind. */
	unit_puts("boot/grub2/grub.cfg",
		  "set timeout=8\nmenuentry x { linux /@/.snapshots/1/snapshot/boot/vmlinuz-1 }\n");
	discover();
	unit_assert_undecided("'/@/.snapshots/2/snapshot', and there is no menu");
}

/* --- btrfs-mount-subvol */

static void test_mounted(void **state)
{
	static const struct {
		const char *script, *title; /* of the default, which is the first entry */
	} cases[] = {
		{ "", "openSUSE" },
		{ "btrfs-mount-subvol ($root) /.snapshots @/.snapshots\n", "of the snapshots" },
		{ "btrfs-mount-subvol ($root) /.snapshots/ /@/.snapshots/\n", "of the snapshots" },
		/* Not there, on no volume, or too little is said. */
		{ "btrfs-mount-subvol ($root) /.snapshots @/nothing\n", "openSUSE" },
		{ "btrfs-mount-subvol (hd7) /.snapshots @/.snapshots\n", "openSUSE" },
		{ "btrfs-mount-subvol ($root) /.snapshots\n", "openSUSE" },
		/* The innermost counts, and a folder is not the start of a name. */
		{ "btrfs-mount-subvol ($root) /.snapshots @/.snapshots\n"
		  "btrfs-mount-subvol ($root) / @/.snapshots/2\n",
		  "of the snapshots" },
		{ "btrfs-mount-subvol ($root) /.snap @/.snapshots\n", "openSUSE" },
	};

	(void)state;
	unit_puts("not-mounted/dev/vda2/@/.snapshots/grub-snapshot.cfg",
		  "menuentry 'of the snapshots' { linux /boot/vmlinuz-2 }\n");
	unit_puts("not-mounted/dev/vda2/@/.snapshotsshots/grub-snapshot.cfg",
		  "menuentry 'of a part of the name' { linux /boot/vmlinuz-2 }\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config =
			ka_format("set btrfs_relative_path=y\nsearch --fs-uuid --set=root " UUID
				  "\n"
				  "set timeout=8\n%s"
				  "if [ -f /.snapshots/grub-snapshot.cfg ]; then source "
				  "/.snapshots/grub-snapshot.cfg\nfi\n"
				  "menuentry 'openSUSE' { linux /boot/vmlinuz-2 }\n",
				  cases[i].script);

		unit_puts(SECOND "boot/grub2/grub.cfg", config);
		discover();
		if (!unit_default() || !ka_streq(unit_default()->title, cases[i].title))
			fail_msg("%s: %s", cases[i].script,
				 unit_default() ? unit_default()->title : unit_menu.undecided);
	}
}

/* A menu of snapshots sets it on the way: which of the two wins there is in no source that was read. */
static void test_subvolume_variable(void **state)
{
	(void)state;
	unit_puts(SECOND "boot/grub2/grub.cfg", CONFIG("2", "set btrfs_subvol=/@/x\n"));
	discover();
	unit_assert_undecided("btrfs_subvol");
}

/* --- environment blocks */

static void put_block(const char *path, size_t at, size_t size, const char *variables)
{
	char *bytes = calloc(1, at + size);

	assert_non_null(bytes);
	memset(bytes + at, '#', size);
	memcpy(bytes + at, "# GRUB Environment Block\n", 25);
	memcpy(bytes + at + 25, variables, strlen(variables));
	unit_write(path, bytes, at + size);
	free(bytes);
}

#define GRUBENV SECOND "boot/grub2/grubenv"

/* In btrfs' header, at 256 KiB: it wins over the file, and is what is written. */
static void test_header_block(void **state)
{
	(void)state;
	unit_puts(SECOND "boot/grub2/grub.cfg", CONFIG("2", HEADER));
	put_block(GRUBENV, 0, 1024, "saved_entry=a\nenv_block=512+1\n");
	put_block("dev/vda2", 512 * 512, 512, "saved_entry=b\n");
	discover();
	assert_string_equal(unit_default()->id, "b");
	assert_int_equal(unit_menu.reason, KA_REASON_SAVED);
	assert_int_equal(unit_menu.writes.n, 0);

	put_block("dev/vda2", 512 * 512, 512, "saved_entry=a\nnext_entry=b\n");
	discover();
	assert_string_equal(unit_default()->id, "b");
	assert_int_equal(unit_menu.reason, KA_REASON_ONESHOT);
	assert_int_equal(unit_menu.writes.n, 1);
	assert_string_equal(unit_menu.writes.items[0].path, "/dev/vda2:512+1");
	assert_string_equal(unit_menu.writes.items[0].name, "next_entry");
}

/* A file on btrfs is read, and never written by GRUB. */
static void test_file_block(void **state)
{
	(void)state;
	unit_puts(SECOND "boot/grub2/grub.cfg", CONFIG("2", HEADER));
	put_block(GRUBENV, 0, 1024, "next_entry=b\n");
	discover();
	assert_string_equal(unit_default()->id, "b");
	assert_int_equal(unit_menu.writes.n, 0);
}

/* Sectors that cannot be read, and several runs of them. */
static void test_block_unread(void **state)
{
	(void)state;
	unit_puts(SECOND "boot/grub2/grub.cfg", CONFIG("2", HEADER));
	put_block(GRUBENV, 0, 1024, "env_block=512+1\n");
	discover(); /* "/dev/vda2" is an empty file */
	unit_assert_undecided("/dev/vda2:512+1");
	put_block(GRUBENV, 0, 1024, "env_block=512+1,600+1\n");
	discover();
	unit_assert_undecided("512+1,600+1");
}

/* --- hidden entries */

static void test_hidden(void **state)
{
	static const struct {
		const char *value, *title; /* NULL: undecided */
	} cases[] = {
		{ "0", "openSUSE" },	  { "1", "second" }, { "Text mode", NULL },
		{ "id-of-hidden", NULL }, { "b", "second" }, { "nothing", "openSUSE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *config = ka_format(
			"set default='%s'\nhiddenentry 'Text mode' --hotkey 't' --id id-of-hidden "
			"{\n  set textmode=true\n}\n" CONFIG("2", ""),
			cases[i].value);

		unit_puts(SECOND "boot/grub2/grub.cfg", config);
		discover();
		assert_int_equal(unit_menu.n_entries, 2);
		if (!cases[i].title)
			unit_assert_undecided("hidden entry");
		else
			assert_string_equal(unit_default()->title, cases[i].title);
	}
}

/* --- the names of sectors */

static void test_blocks(void **state)
{
	static const struct {
		const char *name;
		bool ok;
		uint64_t offset, size;
	} cases[] = {
		{ "/dev/vda2:512+1", true, 262144, 512 },
		{ "/dev/vda2:+2", true, 0, 1024 },
		{ "/dev/disk/by-id/a:b:1+1", true, 512, 512 },
		{ "/dev/vda2:/boot/a+1", false, 0, 0 },
		{ "/dev/vda2:1+1,2+1", false, 0, 0 },
		{ "/dev/vda2:1", false, 0, 0 },
		{ "/boot/grub/grubenv", false, 0, 0 },
		{ "/dev/vda2:36028797018963968+1", false, 0, 0 },
		{ "/dev/vda2:-1+1", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *node = NULL;
		struct ka_blocks blocks = { 0, 0 };

		if (ka_blocks_parse(cases[i].name, &node, &blocks) != cases[i].ok)
			fail_msg("%s", cases[i].name);
		assert_int_equal(blocks.offset, cases[i].offset);
		assert_int_equal(blocks.size, cases[i].size);
	}
}

#define subvolume_case(f) cmocka_unit_test_setup_teardown(f, setup, unit_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		subvolume_case(test_default),	       subvolume_case(test_default_seen),
		subvolume_case(test_default_unknown),  subvolume_case(test_who_follows),
		subvolume_case(test_folder_elsewhere), subvolume_case(test_stub),
		subvolume_case(test_mounted),	       subvolume_case(test_subvolume_variable),
		subvolume_case(test_header_block),     subvolume_case(test_file_block),
		subvolume_case(test_block_unread),     subvolume_case(test_hidden),
		subvolume_case(test_blocks),
	};

	return cmocka_run_group_tests_name("subvolumes", tests, NULL, NULL);
}
