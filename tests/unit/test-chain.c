// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the firmware to the program. Expected values: UEFI 2.10, section 3.1 ("Boot Manager": BootNext once,
 * then BootOrder, options that do not load are passed over, the removable path at last); shim's
 * README and set_second_stage(), fallback.c.
 */

#include "chain.h"

#include <errno.h>

static bool uses_up_next(void)
{
	for (size_t i = 0; i < chain.writes.n; i++)
		if (chain.writes.items[i].kind == KA_WRITE_EFI_GLOBAL &&
		    ka_streq(chain.writes.items[i].name, "BootNext") &&
		    !chain.writes.items[i].value)
			return true;
	return false;
}

/* --- programs */

#define PUT_SHIM(path) UNIT_PE(ESP path, { ".sbat", "shim,4,UEFI shim,shim,1,https://x\n" })
#define PUT_BOOT(path)                                                                             \
	UNIT_PE(ESP path, { ".sdmagic", "#### LoaderInfo: systemd-boot 257.8-1 ####" })
#define PUT_OTHER(path) UNIT_PE(ESP path, { ".data", "a program of no name" })

/* --- BootNext */

static void test_next(void **state)
{
	(void)state;
	put_grub_machine();
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	assert_false(uses_up_next());
	/* Active or not. */
	PUT_BOOT("EFI/systemd/systemd-bootx64.efi");
	UNIT_OPTION(5, 0, UNIT_ESP, "\\EFI\\systemd\\systemd-bootx64.efi", NULL);
	UNIT_NUMBERS("BootNext", 5);
	make();
	assert_from(KA_OPTION_BOOT_NEXT, 5, "/boot/efi/EFI/systemd/systemd-bootx64.efi");
	assert_program(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC);
	assert_true(chain.certain);
	assert_true(uses_up_next());
	assert_no_refusal();
	/* The option that started the machine, once more. */
	UNIT_NUMBERS("BootNext", 1);
	make();
	assert_from(KA_OPTION_BOOT_NEXT, 1, GRUB);
	assert_true(uses_up_next());
}

static void test_next_network(void **state)
{
	(void)state;
	put_grub_machine();
	UNIT_OPTION(5, UNIT_ACTIVE, UNIT_NETWORK, NULL, NULL);
	UNIT_NUMBERS("BootNext", 5);
	make();
	assert_from(KA_OPTION_BOOT_NEXT, 5, "");
	assert_words(chain.refusal, "network");
	assert_words(chain.refusal, "BootNext=Boot0005");
	assert_true(uses_up_next());
}

/* It is used up, and what comes after decides. */
static void test_next_does_not_load(void **state)
{
	(void)state;
	put_grub_machine();
	UNIT_NUMBERS("BootNext", 5);
	make(); /* no such option */
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	assert_true(uses_up_next());
	UNIT_OPTION(5, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\gone.efi", NULL);
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	assert_true(uses_up_next());
	UNIT_OPTION(5, UNIT_ACTIVE, UNIT_GONE, "\\EFI\\debian\\grubx64.efi", NULL);
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	assert_no_refusal();
}

/* --- BootOrder and BootCurrent */

#define BOOT "/boot/efi/EFI/systemd/systemd-bootx64.efi"

/* Another option stands in front of the one that started the machine. */
static void put_in_front(unsigned int attributes, unsigned int partition)
{
	put_grub_machine();
	UNIT_OPTION(2, attributes, partition, "\\EFI\\systemd\\systemd-bootx64.efi", NULL);
	UNIT_NUMBERS("BootOrder", 2, 1);
}

static void test_order_front(void **state)
{
	(void)state;
	put_in_front(UNIT_ACTIVE, UNIT_ESP);
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	/* Case is of no meaning on FAT. */
	PUT_BOOT("EFI/SYSTEMD/systemd-bootx64.EFI");
	make();
	assert_from(KA_OPTION_BOOT_ORDER, 2, "/boot/efi/EFI/SYSTEMD/systemd-bootx64.EFI");
	assert_program(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC);
	assert_no_refusal();
}

static void test_order_passed_over(void **state)
{
	static const struct {
		unsigned int attributes, partition;
	} cases[] = {
		{ 0, UNIT_ESP },
		{ UNIT_ACTIVE | UNIT_APPLICATION, UNIT_ESP },
		{ UNIT_ACTIVE, UNIT_GONE },
		{ UNIT_ACTIVE, UNIT_NETWORK },
	};

	(void)state;
	PUT_BOOT("EFI/systemd/systemd-bootx64.efi");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_in_front(cases[i].attributes, cases[i].partition);
		make();
		assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
		assert_program(KA_PROGRAM_GRUB, KA_EVIDENCE_SBAT);
		assert_no_refusal();
	}
}

/* Behind what started the machine, nothing counts while that loads. */
static void test_order_behind(void **state)
{
	(void)state;
	put_in_front(UNIT_ACTIVE, UNIT_ESP);
	PUT_BOOT("EFI/systemd/systemd-bootx64.efi");
	UNIT_NUMBERS("BootOrder", 1, 2);
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	assert_int_equal(unlink(unit_path(&GRUB[1])), 0);
	make();
	assert_from(KA_OPTION_BOOT_ORDER, 2, BOOT);
}

/* "Cannot be seen" is not "not there". */
static void test_order_hidden(void **state)
{
	(void)state;
	put_in_front(UNIT_ACTIVE, UNIT_HIDDEN);
	make();
	assert_words(chain.refusal, "Boot0002 ('option 2')");
	assert_words(chain.refusal, "PARTUUID=00000002" UNIT_UUID);
}

static void test_current_network(void **state)
{
	(void)state;
	put_grub_machine();
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_NETWORK, NULL, NULL);
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, "");
	assert_words(chain.refusal, "network");
	assert_words(chain.refusal, "BootCurrent=Boot0001");
}

/* Its option was deleted: the first that loads. */
static void test_current_gone(void **state)
{
	(void)state;
	put_in_front(UNIT_ACTIVE, UNIT_ESP);
	PUT_BOOT("EFI/systemd/systemd-bootx64.efi");
	UNIT_NUMBERS("BootOrder", 1, 2);
	UNIT_NUMBERS("BootCurrent", 7);
	make();
	assert_from(KA_OPTION_BOOT_ORDER, 1, GRUB);
	assert_int_equal(unlink(unit_path(&GRUB[1])), 0);
	make();
	assert_from(KA_OPTION_BOOT_ORDER, 2, BOOT);
}

static void test_removable(void **state)
{
	(void)state;
	PUT_BOOT("EFI/BOOT/BOOTX64.EFI");
	UNIT_NUMBERS("BootOrder", 9);
	make();
	assert_from(KA_OPTION_REMOVABLE, 0, "/boot/efi/EFI/BOOT/BOOTX64.EFI");
	assert_program(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC);
	assert_words(chain.why, "the firmware's default path");
	/* An option that names a partition and no file means the same there. */
	UNIT_OPTION(9, UNIT_ACTIVE, UNIT_ESP, NULL, NULL);
	make();
	assert_from(KA_OPTION_BOOT_ORDER, 9, "/boot/efi/EFI/BOOT/BOOTX64.EFI");
	assert_program(KA_PROGRAM_SYSTEMD_BOOT, KA_EVIDENCE_SDMAGIC);
}

/* The name is that of the firmware's own width. */
static void test_removable_names(void **state)
{
	(void)state;
	PUT_GRUB("EFI/BOOT/BOOTX64.EFI");
	PUT_BOOT("EFI/BOOT/BOOTIA32.EFI");
	PUT_BOOT("EFI/BOOT/BOOTAA64.EFI");
	UNIT_NUMBERS("BootOrder", 9);
	unit_puts("sys/firmware/efi/fw_platform_size", "64\n");
	make();
	assert_from(KA_OPTION_REMOVABLE, 0, "/boot/efi/EFI/BOOT/BOOTX64.EFI");
	unit_puts("sys/firmware/efi/fw_platform_size", "32\n");
	make();
	assert_from(KA_OPTION_REMOVABLE, 0, "/boot/efi/EFI/BOOT/BOOTIA32.EFI");
	unit_puts("proc/sys/kernel/arch", "aarch64\n");
	make();
	assert_from(KA_OPTION_REMOVABLE, 0, "/boot/efi/EFI/BOOT/BOOTAA64.EFI");
}

/* --- behind shim */

static void put_shim_machine(const char *data)
{
	PUT_SHIM("EFI/debian/shimx64.efi");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\debian\\shimx64.efi", data);
	UNIT_NUMBERS("BootOrder", 1);
	UNIT_NUMBERS("BootCurrent", 1);
}

static void test_shim(void **state)
{
	static const struct {
		const char *data, *path;
	} cases[] = {
		{ NULL, "/boot/efi/EFI/debian/grubx64.efi" },
		{ "words for others", "/boot/efi/EFI/debian/grubx64.efi" },
		{ "other.efi", "/boot/efi/EFI/debian/other.efi" },
		{ "\\other.efi", "/boot/efi/EFI/debian/other.efi" },
		{ "\\EFI\\far\\away.efi", "/boot/efi/EFI/far/away.efi" },
	};

	(void)state;
	PUT_GRUB("EFI/debian/grubx64.efi");
	PUT_GRUB("EFI/debian/other.efi");
	PUT_GRUB("EFI/far/away.efi");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_shim_machine(cases[i].data);
		make();
		assert_from(KA_OPTION_BOOT_CURRENT, 1, cases[i].path);
		assert_program(KA_PROGRAM_GRUB, KA_EVIDENCE_SBAT);
		assert_no_refusal();
	}
}

static void test_shim_alone(void **state)
{
	(void)state;
	put_shim_machine(NULL);
	make();
	assert_words(chain.refusal, "is shim, and the program that it starts is not beside it");
	assert_false(chain.certain);
	/* Another name is built into it; what it started said who it is. */
	unit_loader_variable("LoaderInfo", "GRUB 2.12");
	make();
	assert_program(KA_PROGRAM_GRUB, KA_EVIDENCE_LOADER_INFO);
	assert_string_equal(chain.program.version, "2.12");
	assert_no_refusal();
}

static void put_csv(const char *path, const char *text)
{
	uint8_t bytes[1024];

	unit_write(path, bytes, unit_utf16(text, bytes) - 2);
}

/* shim on the removable path starts fallback, which starts what the one CSV file says. */
static void test_fallback(void **state)
{
	(void)state;
	PUT_SHIM("EFI/BOOT/BOOTX64.EFI");
	PUT_SHIM("EFI/debian/shimx64.efi");
	PUT_GRUB("EFI/debian/grubx64.efi");
	PUT_GRUB("EFI/BOOT/grubx64.efi");
	put_csv(ESP "EFI/debian/BOOTX64.CSV", "shimx64.efi,debian,,This is the boot entry\n");
	unit_puts(ESP "EFI/other/BOOTAA64.CSV", "");
	put_csv(ESP "EFI/BOOT/BOOTX64.CSV", "grubx64.efi,boot,,x");
	UNIT_NUMBERS("BootOrder", 9);
	make(); /* no fallback: shim's second stage */
	assert_from(KA_OPTION_REMOVABLE, 0, "/boot/efi/EFI/BOOT/grubx64.efi");
	PUT_SHIM("EFI/BOOT/fbx64.efi");
	make();
	assert_from(KA_OPTION_REMOVABLE, 0, GRUB);
	assert_program(KA_PROGRAM_GRUB, KA_EVIDENCE_SBAT);
	assert_no_refusal();
	/* What its line names beside the program is shim's. */
	PUT_GRUB("EFI/debian/other.efi");
	put_csv(ESP "EFI/debian/BOOTX64.CSV", "\n\nshimx64.efi,debian,other.efi,x");
	make();
	assert_from(KA_OPTION_REMOVABLE, 0, "/boot/efi/EFI/debian/other.efi");
	/* Two lines, or two files: which one is first is not known. */
	put_csv(ESP "EFI/debian/BOOTX64.CSV", "shimx64.efi,debian,,x\nmmx64.efi,keys,,x\n");
	make();
	assert_words(chain.refusal, "is one of several");
	put_csv(ESP "EFI/debian/BOOTX64.CSV", "shimx64.efi,debian,,x\n");
	put_csv(ESP "EFI/other/BOOT.CSV", "grubx64.efi,other,,x");
	make();
	assert_words(chain.refusal, "is one of several");
	assert_int_not_equal(chain.program.kind, KA_PROGRAM_GRUB);
}

/* A second stage that is not there is as none was named; on the removable path none is. */
static void test_shim_named(void **state)
{
	(void)state;
	PUT_GRUB("EFI/debian/grubx64.efi");
	put_shim_machine("gone.efi");
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, GRUB);
	PUT_SHIM("EFI/BOOT/BOOTX64.EFI");
	PUT_GRUB("EFI/BOOT/grubx64.efi");
	PUT_GRUB("EFI/BOOT/other.efi");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\BOOT\\BOOTX64.EFI", "other.efi");
	make();
	assert_from(KA_OPTION_BOOT_CURRENT, 1, "/boot/efi/EFI/BOOT/grubx64.efi");
}

/* MokManager starts nothing. */
static void test_mokmanager(void **state)
{
	static const uint8_t text[] =
		"P\0e\0r\0f\0o\0r\0m\0 \0M\0O\0K\0 \0m\0a\0n\0a\0g\0e\0m\0e\0n\0t\0";
	const struct unit_section sections[] = {
		{ ".sbat", "shim,4,UEFI shim,shim,1,x\n" },
		{ ".data", (const char *)text, sizeof(text) },
	};

	(void)state;
	put_grub_machine();
	unit_pe(ESP "EFI/debian/mmx64.efi", sections, 2);
	UNIT_OPTION(5, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\debian\\mmx64.efi", NULL);
	UNIT_NUMBERS("BootNext", 5);
	make();
	assert_words(chain.refusal, "shim's MokManager");
}

/* --- the program is not known, or is not read */

static void test_unknown_program(void **state)
{
	(void)state;
	put_grub_machine();
	PUT_OTHER("EFI/debian/grubx64.efi");
	make();
	assert_program(KA_PROGRAM_GRUB, KA_EVIDENCE_FILES);
	assert_false(chain.certain);
	PUT_OTHER("EFI/x/y.efi");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\x\\y.efi", NULL);
	make();
	assert_program(KA_PROGRAM_UNKNOWN, KA_EVIDENCE_NONE);
	assert_words(chain.refusal, "Boot0001, 'option 1'");
	assert_words(chain.refusal, "/boot/efi/EFI/x/y.efi");
	/* What it left when it started the machine tells. */
	unit_loader_variable("LoaderInfo", "GRUB 2.12");
	make();
	assert_program(KA_PROGRAM_GRUB, KA_EVIDENCE_LOADER_INFO);
	assert_no_refusal();
	/* But not of another that comes first now. */
	UNIT_NUMBERS("BootCurrent", 7);
	make();
	assert_words(chain.refusal, "what program that is cannot be told");
}

static void test_program_of_no_backend(void **state)
{
	(void)state;
	put_grub_machine();
	UNIT_PE(ESP "EFI/debian/grubx64.efi",
		{ ".sbat", "memtest86+,1,Memtest86+,6.0,https://x\n" });
	make();
	assert_words(chain.refusal, "Memtest86+");
	assert_words(chain.refusal, "Boot0001 ('option 1'");
}

static void test_name(void **state)
{
	static const struct {
		const char *path;
		enum ka_program_kind kind;
	} cases[] = {
		{ "\\EFI\\debian\\shimx64.efi", KA_PROGRAM_GRUB },
		{ "\\EFI\\fedora\\GRUBX64.EFI", KA_PROGRAM_GRUB },
		{ "\\EFI\\systemd\\systemd-bootx64.efi", KA_PROGRAM_SYSTEMD_BOOT },
		{ "\\EFI\\refind\\refind_x64.efi", KA_PROGRAM_REFIND },
		{ "\\EFI\\Microsoft\\Boot\\bootmgfw.efi", KA_PROGRAM_WINDOWS },
		{ "\\EFI\\x\\y.efi", KA_PROGRAM_UNKNOWN },
	};

	(void)state;
	UNIT_NUMBERS("BootCurrent", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		UNIT_OPTION(1, UNIT_ACTIVE, UNIT_HIDDEN, cases[i].path, NULL);
		make();
		assert_from(KA_OPTION_BOOT_CURRENT, 1, "");
		assert_string_equal(ka_program_name(chain.program.kind),
				    ka_program_name(cases[i].kind));
		assert_false(chain.certain);
	}
}

/* --- "could not tell" is never "no" */

static void test_unreadable(void **state)
{
	static const struct {
		const char *path, *named;
	} cases[] = {
		{ EFIVARS "BootNext-" KA_EFI_GUID_GLOBAL, "BootNext" },
		{ EFIVARS "BootOrder-" KA_EFI_GUID_GLOBAL, "BootOrder" },
		{ EFIVARS "BootCurrent-" KA_EFI_GUID_GLOBAL, "BootCurrent" },
		{ EFIVARS "Boot0001-" KA_EFI_GUID_GLOBAL, "Boot0001" },
		{ EFIVARS "Boot0002-" KA_EFI_GUID_GLOBAL, "Boot0002" },
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_in_front(UNIT_ACTIVE, UNIT_GONE);
		UNIT_NUMBERS("BootNext", 9);
		make_as_nobody();
		assert_no_refusal();
		assert_int_equal(chmod(unit_path(cases[i].path), 0), 0);
		make_as_nobody();
		assert_int_equal(chmod(unit_path(cases[i].path), 0644), 0);
		assert_words(chain.refusal, cases[i].named);
		assert_words(chain.refusal, "Permission denied");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_case(test_next),
		chain_case(test_next_network),
		chain_case(test_next_does_not_load),
		chain_case(test_order_front),
		chain_case(test_order_passed_over),
		chain_case(test_order_behind),
		chain_case(test_order_hidden),
		chain_case(test_current_network),
		chain_case(test_current_gone),
		chain_case(test_removable),
		chain_case(test_removable_names),
		chain_case(test_shim),
		chain_case(test_shim_alone),
		chain_case(test_fallback),
		chain_case(test_shim_named),
		chain_case(test_mokmanager),
		chain_case(test_unknown_program),
		chain_case(test_program_of_no_backend),
		chain_case(test_name),
		chain_case(test_unreadable),
	};

	return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
