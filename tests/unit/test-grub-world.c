// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB's view of the machine: its targets, where its configuration is, environment blocks, devices. */

#include "grub-unit.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		grub_case(test_targets),
		grub_case(test_blscfg_by_module),
	};

	return cmocka_run_group_tests_name("grub-world", tests, NULL, NULL);
}
