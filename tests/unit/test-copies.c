// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Are a loader's files and words those of the system? Names: as install-grub.pl and systemd-boot-builder.py of NixOS
 * copy files of the store ("/nix/store/X/Y" to "X-Y" and "X-Y.efi"). Words: "The parameters" in the kernel's
 * Documentation/admin-guide/kernel-parameters.rst: double quotes protect blanks in values.
 */

#include "unit.h"

#include "decide/copies.h"

#include <kexec-any/text.h>

#define STORE "nix/store/0123-linux-6.12/bzImage"

static void test_words(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "init=/i ro", "init=/i ro", true },
		{ "init=/i ro", "  init=/i\t ro ", true },
		{ "init=/i ro", "BOOT_IMAGE=(hd0)/k init=/i ro initrd=/x", true },
		{ "init=/i dyndbg=\"file a +p\"", "init=/i \"dyndbg=file a +p\"", true },
		{ "init=/i dyndbg=\"file a +p\"", "init=/i dyndbg=file a +p", false },
		{ "init=/i dyndbg=\"a  b\"", "init=/i dyndbg=\"a b\"", false },
		{ "init=/i ro", "init=/i rw", false },
		{ "init=/i ro", "init=/i", false },
		{ "init=/i", "init=/i ro", false },
		{ "init=/i ro quiet", "init=/i quiet ro", false },
		{ "", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ka_cmdlines_are_same(cases[i].a, cases[i].b) != cases[i].same)
			fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
}

static void test_files(void **state)
{
	static const struct {
		const char *path, *text;
		bool same;
	} cases[] = {
		{ "boot/kernels/0123-linux-6.12-bzImage", "kernel", true },
		{ "boot/EFI/nixos/0123-linux-6.12-bzImage.efi", "kernel", true },
		{ "boot/kernels/0123-linux-6.12-bzImage", "a longer one", false },
		{ "boot/kernels/0123-linux-6.12-bzImage.bak", "kernel", false },
		{ "boot/kernels/4567-linux-6.12-bzImage", "kernel", false },
		{ "boot/kernels/bzImage", "kernel", false },
	};
	struct ka_host *host = NULL;

	(void)state;
	unit_puts(STORE, "kernel");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = ka_format("/%s", cases[i].path);

		unit_puts(cases[i].path, cases[i].text);
		assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
		if (ka_copy_is_same(host, "/" STORE, path) != cases[i].same)
			fail_msg("%s, '%s'", path, cases[i].text);
		assert_true(ka_copy_is_same(host, path, path));
		host = ka_host_free(host);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_words),
		unit_case(test_files),
	};

	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
