// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Machines of proxmox-boot-tool. The files are those that its scripts write (proxmox-kernel-helper: functions,
 * zz-proxmox-boot, proxmox-boot-tool): ESPs that no system mounts, here mounted to be seen.
 */

#include "mods.h"
#include "option.h"

#include "decide/select.h"

#define LIST "etc/kernel/proxmox-boot-uuids"
#define A    "mnt/a/"
#define B    "mnt/b/"

static struct ka_selection selection = KA_SELECTION_INIT;

static void put_files(const char *esp)
{
	static const char *const names[] = { "vmlinuz-6.8-pve", "initrd.img-6.8-pve",
					     "vmlinuz-6.5-pve", "initrd.img-6.5-pve" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = ka_format("%s%s", esp, names[i]);

		unit_puts(path, names[i]);
	}
}

/* update-grub with the ESP for /boot: its own UUID, and the default as the pin made it. */
static void put_grub(const char *esp, const char *uuid, const char *wanted)
{
	_cleanup_free_ char *path = ka_format("%sgrub/grub.cfg", esp), *text = NULL;

	text = ka_format("set default=\"%s\"\nset timeout=5\n"
			 "menuentry 'Proxmox VE' --id new {\n search --no-floppy --fs-uuid "
			 "--set=root %s\n linux /vmlinuz-6.8-pve root=ZFS=/ROOT/pve-1 ro "
			 "root=ZFS=rpool/ROOT/pve-1 boot=zfs quiet\n initrd "
			 "/initrd.img-6.8-pve\n}\n"
			 "menuentry 'Proxmox VE, 6.5' --id old {\n search --no-floppy --fs-uuid "
			 "--set=root %s\n linux /vmlinuz-6.5-pve root=ZFS=/ROOT/pve-1 ro "
			 "root=ZFS=rpool/ROOT/pve-1 boot=zfs quiet\n initrd "
			 "/initrd.img-6.5-pve\n}\n",
			 wanted, uuid, uuid);
	unit_puts(path, text);
	put_files(esp);
}

#define MOUNTS                                                                                     \
	"28 1 0:25 / / rw - zfs rpool/ROOT/pve-1 rw\n"                                             \
	"30 28 8:2 / /mnt/a rw - vfat /dev/sda2 rw\n"
#define MOUNT_B "31 28 8:18 / /mnt/b rw - vfat /dev/sdb2 rw\n"

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r < 0)
		return r;
	unit_puts("proc/sys/kernel/arch", "x86_64\n");
	unit_puts("proc/sys/kernel/osrelease", "6.8-pve\n");
	unit_puts("proc/sys/kernel/bootloader_type", "114\n");
	unit_puts("proc/cmdline", "BOOT_IMAGE=/vmlinuz-6.8-pve root=ZFS=/ROOT/pve-1 ro\n");
	unit_puts("proc/self/mountinfo", MOUNTS MOUNT_B);
	unit_puts("sys/class/block/sda2/dev", "8:2\n");
	unit_puts("sys/class/block/sdb2/dev", "8:18\n");
	unit_puts("dev/disk/by-label/.d", "");
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_link("dev/disk/by-uuid/EEC6-6947", "../../sda2");
	unit_link("dev/disk/by-uuid/EEC8-2CDA", "../../sdb2");
	unit_puts(LIST, "EEC6-6947\nno UUID\nEEC8-2CDA\n0000-DEAD\n");
	put_grub(A, "EEC6-6947", "0");
	put_grub(B, "EEC8-2CDA", "0");
	/* The installer's, which no loader reads. */
	unit_puts("boot/grub/i386-pc/normal.mod", "");
	unit_puts("boot/grub/grub.cfg", "menuentry R { linux /ROOT/pve-1@/boot/vmlinuz-1 ro; }\n");
	return 0;
}

static int teardown(void **state)
{
	ka_selection_done(&selection);
	unit_forget();
	return unit_teardown(state);
}

static void choose(void)
{
	ka_selection_done(&selection);
	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ka_select_backend(unit_host, NULL, &selection, NULL), 0);
}

static void assert_boots(const char *kernel)
{
	choose();
	if (selection.menu.default_index < 0)
		fail_msg("no default: %s", selection.menu.undecided);
	assert_string_equal(selection.menu.entries[selection.menu.default_index]->kernel, kernel);
}

static void assert_undecided(const char *words)
{
	choose();
	assert_true(selection.menu.default_index < 0);
	assert_non_null(selection.menu.undecided);
	if (!strstr(selection.menu.undecided, words))
		fail_msg("'%s' is not in: %s", words, selection.menu.undecided);
}

static void test_bios(void **state)
{
	(void)state;
	assert_boots("/mnt/a/vmlinuz-6.8-pve");
	assert_string_equal(selection.menu.configuration, "/mnt/a/grub/grub.cfg");
	/* Pinned on both. */
	put_grub(A, "EEC6-6947", "old");
	put_grub(B, "EEC8-2CDA", "old");
	assert_boots("/mnt/a/vmlinuz-6.5-pve");
	/* A refresh that did not reach the second. */
	put_grub(B, "EEC8-2CDA", "0");
	assert_undecided("/mnt/b boots /vmlinuz-6.8-pve");
	put_grub(B, "EEC8-2CDA", "old");
	unit_puts(B "initrd.img-6.5-pve", "another");
	assert_undecided("/mnt/b/initrd.img-6.5-pve has 7");
}

/* Half a mirror; an ESP that cannot be looked at; none. */
static void test_bios_attached(void **state)
{
	(void)state;
	assert_int_equal(unlink(unit_path("dev/disk/by-uuid/EEC6-6947")), 0);
	assert_boots("/mnt/b/vmlinuz-6.8-pve");
	unit_link("dev/disk/by-uuid/EEC6-6947", "../../sda2");
	unit_puts("proc/self/mountinfo", MOUNTS);
	assert_undecided("EEC8-2CDA cannot be looked at");
	unit_puts(LIST, "0000-DEAD\n");
	assert_undecided("none of them is attached");
	/* The root's own is for the list, never the default. */
	assert_string_equal(selection.menu.configuration, "/boot/grub/grub.cfg");
}

/* The root's own GRUB, as on LVM: the only one that there is without a list. */
static void put_own_grub(void)
{
	unit_puts("proc/cmdline", "BOOT_IMAGE=/ROOT/pve-1@/boot/vmlinuz-1 ro\n");
	unit_puts("dev/disk/by-label/.d", "");
	unit_link("dev/disk/by-label/rpool", "../../sda3");
	unit_puts("boot/vmlinuz-1", "k");
	unit_puts(LIST, "");
	unit_puts("boot/grub/grub.cfg", "menuentry R { linux /ROOT/pve-1@/boot/vmlinuz-1 ro; }\n");
}

static void test_bios_without_list(void **state)
{
	(void)state;
	put_own_grub();
	assert_boots("/boot/vmlinuz-1");
}

/* The ESP was made ready and never filled. */
static void test_bios_empty_esp(void **state)
{
	(void)state;
	assert_int_equal(unlink(unit_path(A "grub/grub.cfg")), 0);
	assert_undecided("/mnt/a/grub/grub.cfg is not to be seen here");
}

/* --- EFI */

static void put_efi(void)
{
	unit_puts("sys/firmware/efi/fw_platform_size", "64\n");
	unit_puts("dev/disk/by-partuuid/.d", "");
	unit_link("dev/disk/by-partuuid/00000001" UNIT_UUID, "../../sda2");
	unit_link("dev/disk/by-partuuid/00000004" UNIT_UUID, "../../sdb2");
	UNIT_NUMBERS("BootOrder", 1, 2);
	UNIT_NUMBERS("BootCurrent", 1);
}

static void put_stub(const char *esp, const char *uuid)
{
	static const char *const modules[] = { "normal", NULL };
	const struct unit_core core = { .prefix = "/EFI/proxmox", .modules = modules };
	_cleanup_free_ char *program = ka_format("%sEFI/proxmox/grubx64.efi", esp),
			    *path = ka_format("%sEFI/proxmox/grub.cfg", esp), *text = NULL;

	text = ka_format("search.fs_uuid %s root \nset prefix=($root)'/grub'\nconfigfile "
			 "$prefix/grub.cfg\n",
			 uuid);
	unit_grub(program, &core);
	unit_puts(path, text);
}

static void test_grub(void **state)
{
	(void)state;
	put_efi();
	put_stub(A, "EEC6-6947");
	put_stub(B, "EEC8-2CDA");
	UNIT_OPTION(1, UNIT_ACTIVE, 1, "\\EFI\\proxmox\\grubx64.efi", NULL);
	UNIT_OPTION(2, UNIT_ACTIVE, 4, "\\EFI\\proxmox\\grubx64.efi", NULL);
	assert_boots("/mnt/a/vmlinuz-6.8-pve");
	put_grub(B, "EEC8-2CDA", "old");
	assert_undecided("/vmlinuz-6.5-pve");
	UNIT_NUMBERS("BootOrder", 1);
	assert_boots("/mnt/a/vmlinuz-6.8-pve");
	/* Not to be seen: the root's own never counts. */
	unit_puts("proc/self/mountinfo", MOUNTS);
	UNIT_NUMBERS("BootOrder", 2);
	UNIT_NUMBERS("BootCurrent", 2);
	choose();
	assert_true(selection.menu.default_index < 0);
}

static void test_efi_without_list(void **state)
{
	(void)state;
	unit_puts("sys/firmware/efi/fw_platform_size", "64\n");
	put_own_grub();
	assert_boots("/boot/vmlinuz-1");
	unit_puts(LIST, "EEC6-6947\n");
	assert_undecided("GRUB reads the ESPs of proxmox-boot-tool");
}

#define SDBOOT "\\EFI\\systemd\\systemd-bootx64.efi"

static void put_entries(const char *esp, const char *wanted)
{
	static const char *const versions[] = { "6.5-pve", "6.8-pve" };
	_cleanup_free_ char *program = ka_format("%sEFI/systemd/systemd-bootx64.efi", esp),
			    *conf = ka_format("%sloader/loader.conf", esp),
			    *text = ka_format("timeout 3\ndefault %s\n", wanted);

	UNIT_PE(program, { ".sdmagic", "#### LoaderInfo: systemd-boot 252.38-1 ####" });
	unit_puts(conf, text);
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		const char *v = versions[i];
		_cleanup_free_ char *path = ka_format("%sloader/entries/proxmox-%s.conf", esp, v),
				    *kernel = ka_format("%sEFI/proxmox/%s/vmlinuz-%s", esp, v, v),
				    *initrd =
					    ka_format("%sEFI/proxmox/%s/initrd.img-%s", esp, v, v),
				    *entry = NULL;

		entry = ka_format("title    Proxmox Virtual Environment\nversion  %s\n"
				  "options   root=ZFS=rpool/ROOT/pve-1 boot=zfs\n"
				  "linux    /EFI/proxmox/%s/vmlinuz-%s\n"
				  "initrd   /EFI/proxmox/%s/initrd.img-%s\n",
				  v, v, v, v, v);
		unit_puts(path, entry);
		unit_puts(kernel, v);
		unit_puts(initrd, v);
	}
}

static void test_systemd_boot(void **state)
{
	(void)state;
	put_efi();
	unit_loader_variable("LoaderInfo", "systemd-boot 252.38-1");
	unit_loader_variable("LoaderDevicePartUUID", "00000001" UNIT_UUID);
	unit_puts("proc/cmdline", "initrd=\\EFI\\proxmox\\6.8-pve\\initrd.img-6.8-pve boot=zfs\n");
	UNIT_OPTION(1, UNIT_ACTIVE, 1, SDBOOT, NULL);
	UNIT_OPTION(2, UNIT_ACTIVE, 4, SDBOOT, NULL);
	put_entries(A, "proxmox-*");
	put_entries(B, "proxmox-*");
	assert_boots("/mnt/a/EFI/proxmox/6.8-pve/vmlinuz-6.8-pve");
	/* kernel pin */
	put_entries(A, "proxmox-6.5-pve.conf");
	put_entries(B, "proxmox-6.5-pve.conf");
	assert_boots("/mnt/a/EFI/proxmox/6.5-pve/vmlinuz-6.5-pve");
	put_entries(B, "proxmox-*");
	assert_undecided("6.8-pve/vmlinuz-6.8-pve");
}

#define proxmox_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		proxmox_case(test_bios),
		proxmox_case(test_bios_attached),
		proxmox_case(test_bios_without_list),
		proxmox_case(test_bios_empty_esp),
		proxmox_case(test_efi_without_list),
		proxmox_case(test_grub),
		proxmox_case(test_systemd_boot),
	};

	return cmocka_run_group_tests_name("proxmox", tests, NULL, NULL);
}
