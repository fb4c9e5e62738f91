// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels that the firmware starts itself. Expected values: UEFI 2.10, section 3.1; the kernel's
 * admin-guide/efi-stub.rst ("initrd=" as often as wanted, read from the kernel's partition); systemd-stub(7),
 * which takes the option's words for the image's own.
 */

#include "option.h"

#include <errno.h>

extern const struct ka_backend ka_backend_firmware;

static void discover(void)
{
	unit_discover(&ka_backend_firmware);
}

static int setup(void **state)
{
	int r = unit_setup(state);

	if (r == 0)
		unit_pc("root=/dev/vda2\n");
	return r;
}

#define ESP "boot/efi/"
#define PUT_UKI                                                                                    \
	UNIT_PE(ESP "EFI/Linux/u.efi", { ".linux", "kernel" },                                     \
		{ ".osrel", "PRETTY_NAME=U\nVERSION_ID=3\n" }, { ".cmdline", "of the image" })

/* A kernel with an EFI stub: the least that boot.rst asks of a bzImage's header. */
static void put_kernel(const char *path)
{
	uint8_t bytes[8192] = { 'M', 'Z' };

	bytes[0x1f1] = 4; /* setup_sects */
	bytes[0x1fe] = 0x55;
	bytes[0x1ff] = 0xaa;
	memcpy(bytes + 0x202, "HdrS\x0f\x02", 6);
	unit_le(bytes + 0x3c, 0x3f00, 4);
	unit_write(path, bytes, sizeof(bytes));
}

static const char *initrd(const struct ka_entry *entry, size_t i)
{
	assert_true(i < entry->initrds.n);
	return entry->initrds.items[i].path;
}

static void test_stub(void **state)
{
	(void)state;
	put_kernel(ESP "vmlinuz");
	unit_puts(ESP "b.img", "b");
	unit_puts(ESP "EFI/Deb/a.img", "a");
	unit_puts(ESP "c.img", "c");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\VMLINUZ",
		    "root=/dev/vda2 initrd=\\b.img initrd=/EFI/deb/a.img quiet initrd=c.img");
	UNIT_NUMBERS("BootOrder", 1);
	UNIT_NUMBERS("BootCurrent", 1);
	discover();
	unit_assert_ids("Boot0001");
	unit_assert_default("Boot0001", KA_REASON_CONFIGURED);
	assert_string_equal(unit_default()->title, "option 1");
	assert_string_equal(unit_default()->kernel, "/boot/efi/vmlinuz");
	assert_string_equal(
		unit_default()->cmdline,
		"root=/dev/vda2 initrd=\\b.img initrd=/EFI/deb/a.img quiet initrd=c.img");
	assert_int_equal(unit_default()->initrds.n, 3);
	assert_string_equal(initrd(unit_default(), 0), "/boot/efi/b.img");
	assert_string_equal(initrd(unit_default(), 1), "/boot/efi/EFI/Deb/a.img");
	assert_string_equal(initrd(unit_default(), 2), "/boot/efi/c.img");
	assert_int_equal(unit_default()->problems.n, 0);
}

static void test_stub_without_initrd(void **state)
{
	const struct ka_finding *f;

	(void)state;
	put_kernel(ESP "vmlinuz");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\vmlinuz", "initrd=\\gone.img");
	UNIT_NUMBERS("BootOrder", 1);
	discover();
	f = unit_problem(&unit_entry("Boot0001")->problems, "initrd-missing");
	assert_int_equal(f->severity, KA_ERROR);
	assert_non_null(strstr(f->text, "/gone.img"));
	assert_int_equal(unit_entry("Boot0001")->initrds.n, 0);
}

/* --- unified kernel images */

static void put_images(void)
{
	PUT_UKI;
	UNIT_PE(ESP "other.efi", { ".sdmagic", "#### LoaderInfo: systemd-boot 257 ####" });
	UNIT_OPTION(0, 0, UNIT_ESP, "\\EFI\\Linux\\u.efi", NULL);
	UNIT_OPTION(0x1a, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\Linux\\u.efi", "of the option");
	UNIT_OPTION(2, UNIT_ACTIVE, UNIT_ESP, "\\other.efi", NULL);
	UNIT_NUMBERS("BootOrder", 0, 0x1a, 2, 0x1a);
	UNIT_NUMBERS("BootCurrent", 0x1a);
}

static void test_images(void **state)
{
	(void)state;
	put_images();
	discover();
	unit_assert_ids("Boot0000 Boot001A");
	unit_assert_default("Boot001A", KA_REASON_CONFIGURED);
	assert_string_equal(unit_menu.reason_source, "BootCurrent");
	assert_string_equal(unit_default()->cmdline, "of the option");
	assert_string_equal(unit_default()->title, "option 1A");
	assert_string_equal(unit_default()->version, "3");
	assert_string_equal(unit_entry("Boot0000")->cmdline, "of the image");
	/* The next boot alone, active or not; it stands first. */
	UNIT_NUMBERS("BootNext", 0x1a);
	discover();
	unit_assert_ids("Boot001A Boot0000");
	unit_assert_default("Boot001A", KA_REASON_ONESHOT);
	assert_string_equal(unit_menu.reason_source, "BootNext");
	UNIT_NUMBERS("BootNext", 0);
	discover();
	unit_assert_default("Boot0000", KA_REASON_ONESHOT);
	/* It leads to a loader: none of these. */
	UNIT_NUMBERS("BootNext", 2);
	discover();
	assert_null(unit_default());
}

/* Anywhere on any partition, and the option that comes first. */
static void test_image_elsewhere(void **state)
{
	(void)state;
	put_images();
	UNIT_PE(ESP "a/b/c.d", { ".linux", "kernel" }, { ".osrel", "ID=x\n" });
	UNIT_OPTION(3, UNIT_ACTIVE, UNIT_ESP, "\\A\\B\\C.D", NULL);
	UNIT_NUMBERS("BootOrder", 3, 0x1a);
	discover();
	unit_assert_ids("Boot0003 Boot001A");
	unit_assert_default("Boot0003", KA_REASON_CONFIGURED);
	assert_string_equal(unit_menu.reason_source, "BootOrder");
	assert_string_equal(unit_default()->linux_ref.path, "/a/b/c.d");
	assert_string_equal(unit_default()->linux_ref.volume, "PARTUUID=00000001" UNIT_UUID);
}

/* Their entries stay, with what is wrong; an option of a loader has none, whatever is wrong with its file. */
static void test_unread(void **state)
{
	const struct ka_finding *f;

	(void)state;
	put_images();
	UNIT_OPTION(3, 0, UNIT_ESP, "\\gone\\g.efi", "root=/dev/vda2 quiet");
	UNIT_OPTION(4, UNIT_ACTIVE, 7, "\\vmlinuz-6", NULL); /* a partition that is not attached */
	UNIT_OPTION(5, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\gone\\shimx64.efi", NULL);
	UNIT_NUMBERS("BootOrder", 0x1a, 3, 4, 5, 2);
	discover();
	unit_assert_ids("Boot001A Boot0003 Boot0004");
	unit_assert_default("Boot001A", KA_REASON_CONFIGURED);
	f = unit_problem(&unit_entry("Boot0003")->problems, "kernel-missing");
	assert_int_equal(f->severity, KA_ERROR);
	assert_non_null(strstr(f->text, "/gone/g.efi"));
	assert_string_equal(unit_entry("Boot0003")->cmdline, "root=/dev/vda2 quiet");
	assert_non_null(unit_problem(&unit_entry("Boot0004")->problems, "kernel-missing"));
}

/* --- probing */

static void assert_probe(int present, const char *words)
{
	struct ka_evidence evidence = { .text = NULL };

	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ask_probe(&ka_backend_firmware, unit_host, &evidence, NULL), present);
	if (!strstr(evidence.text, words))
		fail_msg("'%s' is not in: %s", words, evidence.text);
	free(evidence.text);
}

/* Options that start kernels are no evidence where the firmware starts something else. */
static void test_probe(void **state)
{
	(void)state;
	assert_probe(0, "the firmware starts no kernel by itself");
	put_images();
	assert_probe(1, "BootCurrent=Boot001A");
	UNIT_NUMBERS("BootNext", 2);
	assert_probe(0, "the firmware starts no kernel by itself");
}

#define menu_case(f) cmocka_unit_test_setup_teardown(f, setup, unit_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		menu_case(test_stub),	menu_case(test_stub_without_initrd),
		menu_case(test_images), menu_case(test_image_elsewhere),
		menu_case(test_unread), menu_case(test_probe),
	};

	return cmocka_run_group_tests_name("firmware's menu", tests, NULL, NULL);
}
