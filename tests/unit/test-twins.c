// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two EFI system partitions with the same program, as proxmox-boot-tool and NixOS' mirroredBoots keep them: they
 * have one default, or none.
 */

#include "mods.h"
#include "option.h"

#include "decide/select.h"

#define ESP   "boot/efi/"
#define TWIN  "boot/efi2/"
#define OTHER 4 /* mounted at /boot/efi2 */

static const char *const modules[] = { "normal", NULL };
static struct ka_selection selection = KA_SELECTION_INIT;

static void put_esp(const char *esp, const char *kernel, const char *words)
{
	const struct unit_core core = { .prefix = "/grub", .modules = modules };
	char path[64], text[512];

	snprintf(path, sizeof(path), "%sEFI/p/grubx64.efi", esp);
	unit_grub(path, &core);
	snprintf(path, sizeof(path), "%sEFI/BOOT/BOOTX64.EFI", esp);
	unit_grub(path, &core);
	snprintf(path, sizeof(path), "%sk1", esp);
	unit_puts(path, "a kernel");
	snprintf(path, sizeof(path), "%sk2", esp);
	unit_puts(path, "a kernel");
	snprintf(path, sizeof(path), "%si1", esp);
	unit_puts(path, "an initrd");
	snprintf(path, sizeof(path), "%sgrub/grub.cfg", esp);
	snprintf(text, sizeof(text), "menuentry A { linux (${root})%s %s\n initrd /i1; }\n", kernel,
		 words);
	unit_puts(path, text);
}

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r < 0)
		return r;
	unit_pc("BOOT_IMAGE=(hd0,gpt1)/k1 ro\n");
	unit_puts("proc/self/mountinfo", "28 1 254:2 / / rw - ext4 /dev/vda2 rw\n"
					 "30 28 254:1 / /boot/efi rw - vfat /dev/vda1 rw\n"
					 "31 28 254:33 / /boot/efi2 rw - vfat /dev/vdc1 rw\n");
	unit_link("dev/disk/by-partuuid/00000004" UNIT_UUID, "../../vdc1");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\p\\grubx64.efi", NULL);
	UNIT_OPTION(2, UNIT_ACTIVE, OTHER, "\\EFI\\p\\grubx64.efi", NULL);
	UNIT_NUMBERS("BootOrder", 1, 2);
	UNIT_NUMBERS("BootCurrent", 1);
	put_esp(ESP, "/k1", "ro");
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

static void assert_agree(void)
{
	choose();
	if (selection.menu.default_index < 0)
		fail_msg("no default: %s", selection.menu.undecided);
	assert_string_equal(selection.menu.entries[selection.menu.default_index]->kernel,
			    "/boot/efi/k1");
}

static void assert_differ(const char *words)
{
	choose();
	assert_true(selection.menu.default_index < 0);
	assert_non_null(selection.menu.undecided);
	if (!strstr(selection.menu.undecided, "/boot/efi2/EFI") ||
	    !strstr(selection.menu.undecided, "/boot/efi/EFI") ||
	    !strstr(selection.menu.undecided, words))
		fail_msg("%s", selection.menu.undecided);
}

static void compare(void)
{
	assert_agree(); /* nothing is on the other */
	put_esp(TWIN, "/k1", "ro");
	assert_agree();
	put_esp(TWIN, "/k2", "ro");
	assert_differ("/k2");
	put_esp(TWIN, "/k1", "rw");
	assert_differ("rw");
	put_esp(TWIN, "/k1", "ro\n initrd /k2 ");
	unit_puts(TWIN "grub/grub.cfg", "menuentry A { linux (${root})/k1 ro; }\n");
	assert_differ("/i1");
	/* The same names and words, and other files behind them: a kernel that was not copied yet. */
	put_esp(TWIN, "/k1", "ro");
	unit_puts(TWIN "k1", "a newer kernel");
	assert_differ("/boot/efi/k1 has 8 bytes, and /boot/efi2/k1 has 14");
	unit_puts(TWIN "k1", "b kernel");
	assert_differ("/boot/efi/k1 and /boot/efi2/k1 have different bytes");
	put_esp(TWIN, "/k1", "ro");
	unit_puts(TWIN "i1", "an initrD");
	assert_differ("/boot/efi/i1 and /boot/efi2/i1 have different bytes");
	put_esp(TWIN, "/k1", "ro");
	assert_agree();
	/* No menu is no other default. */
	unit_puts(TWIN "grub/grub.cfg", "");
	assert_agree();
	put_esp(TWIN, "/k2", "ro");
}

static void test_options(void **state)
{
	(void)state;
	compare();
	assert_differ("/k2");
	/* Another program's menu is its own. */
	UNIT_OPTION(2, UNIT_ACTIVE, OTHER, "\\EFI\\q\\grubx64.efi", NULL);
	assert_agree();
	/* One that the firmware passes over. */
	UNIT_OPTION(2, 0, OTHER, "\\EFI\\p\\grubx64.efi", NULL);
	assert_agree();
	UNIT_OPTION(2, UNIT_ACTIVE, OTHER, "\\EFI\\p\\grubx64.efi", NULL);
	UNIT_NUMBERS("BootOrder", 1);
	assert_agree();
}

/* No option names a file: either disk's removable path may be taken. */
static void test_removable(void **state)
{
	(void)state;
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, NULL, NULL);
	UNIT_NUMBERS("BootOrder", 1);
	compare();
}

/* --- systemd-boot: its entries are on its own partition */

#define SDBOOT "\\EFI\\systemd\\systemd-bootx64.efi"

static void put_entries(const char *esp, const char *kernel, const char *options)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "%sEFI/systemd/systemd-bootx64.efi", esp);
	UNIT_PE(path, { ".sdmagic", "#### LoaderInfo: systemd-boot 257.13-1 ####" });
	snprintf(path, sizeof(path), "%sloader/entries/a.conf", esp);
	snprintf(text, sizeof(text), "linux %s\noptions %s\n", kernel, options);
	unit_puts(path, text);
}

static void put_systemd_boot(void)
{
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, SDBOOT, NULL);
	UNIT_OPTION(2, UNIT_ACTIVE, OTHER, SDBOOT, NULL);
	unit_puts("proc/cmdline", "ro\n");
	unit_loader_variable("LoaderInfo", "systemd-boot 257.13-1");
	unit_loader_variable("LoaderDevicePartUUID", "00000001" UNIT_UUID);
	put_entries(ESP, "/k1", "ro");
}

static void test_entries(void **state)
{
	(void)state;
	put_systemd_boot();
	assert_agree();
	put_esp(TWIN, "/k1", "ro");
	put_entries(TWIN, "/k1", "ro");
	assert_agree();
	put_entries(TWIN, "/k2", "ro");
	assert_differ("/k2");
	put_entries(TWIN, "/k1", "rw");
	assert_differ("rw");
	UNIT_NUMBERS("BootOrder", 1);
	assert_agree();
}

/* BootNext leads to the other partition: its entries count, whatever started this machine. */
static void test_next_entries(void **state)
{
	(void)state;
	put_systemd_boot();
	put_esp(TWIN, "/k1", "ro");
	put_entries(TWIN, "/k2", "rw");
	UNIT_NUMBERS("BootOrder", 2);
	UNIT_NUMBERS("BootNext", 2);
	choose();
	if (selection.menu.default_index < 0)
		fail_msg("no default: %s", selection.menu.undecided);
	assert_string_equal(selection.menu.entries[selection.menu.default_index]->kernel,
			    "/boot/efi2/k2");
}

#define twins_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		twins_case(test_options),
		twins_case(test_removable),
		twins_case(test_entries),
		twins_case(test_next_entries),
	};

	return cmocka_run_group_tests_name("twins", tests, NULL, NULL);
}
