// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Debian's links, versions and plain kernels, on machines made on the spot. Where the links are:
 * kernel-img.conf(5), linux-update-symlinks(1). The order of versions: what linux-version(1) of linux-base
 * 4.9 prints for the same words (tests/cli/list.bats asks it again).
 */

#include "machine.h"

#include "debian.h"

#include <errno.h>

extern const struct ka_backend ka_backend_debian;

static void discover(void)
{
	unit_discover(&ka_backend_debian);
}

static void put_kernel(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "boot/%s", file);
	unit_puts(path, "a kernel");
}

static void put_version(const char *version)
{
	char name[128];

	snprintf(name, sizeof(name), "vmlinuz-%s", version);
	put_kernel(name);
	snprintf(name, sizeof(name), "initrd.img-%s", version);
	put_kernel(name);
}

static void put_machine(void)
{
	unit_puts("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
	unit_puts("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=x ro quiet\n");
	put_version("6.1.0-9-amd64");
	put_version("6.1.0-10-amd64");
}

static void test_versions(void **state)
{
	static const char *const sorted[] = {
		"2.6.32-rc5",
		"2.6.32-trunk-686",
		"2.6.32",
		"2.6.32-5-686",
		"6.1.0-rc1-amd64",
		"6.1.0-trunk-amd64",
		"6.1.0",
		"6.1.0-9-amd64",
		"6.1.0-9-cloud-amd64",
		"6.1.0-9-rt-amd64",
		"6.1.0-10-amd64",
		"6.1~rc1",
		"6.2.0-1",
		"6.10.0-1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			int c = debian_compare_versions(sorted[i], sorted[k]);

			if ((c > 0) - (c < 0) != (i > k) - (i < k))
				fail_msg("%s against %s: %d", sorted[i], sorted[k], c);
		}
	assert_int_equal(debian_compare_versions("6.1.0-09", "6.1.0-9"), 0);
	assert_true(debian_is_version("6.1"));
	assert_false(debian_is_version("linux-lts"));
	assert_false(debian_is_version("0-rescue-1234"));
}

static void test_link_decides(void **state)
{
	(void)state;
	put_machine();
	unit_link("vmlinuz", "boot/vmlinuz-6.1.0-9-amd64");
	unit_link("initrd.img", "boot/initrd.img-6.1.0-9-amd64");
	unit_link("vmlinuz.old", "/boot/vmlinuz-6.1.0-10-amd64");
	discover();
	unit_assert_ids("6.1.0-10-amd64 6.1.0-9-amd64");
	unit_assert_default("6.1.0-9-amd64", KA_REASON_CONFIGURED);
	assert_string_equal(unit_menu.reason_text, "/vmlinuz -> /boot/vmlinuz-6.1.0-9-amd64");
	assert_string_equal(unit_default()->title,
			    "Debian GNU/Linux 12 (bookworm) (6.1.0-9-amd64)");
	assert_string_equal(unit_default()->cmdline, "root=UUID=x ro quiet");
	assert_string_equal(unit_default()->initrds.items[0].path,
			    "/boot/initrd.img-6.1.0-9-amd64");
	assert_true(ka_strv_contains(unit_default()->aliases, "vmlinuz"));
	assert_true(ka_strv_contains(unit_entry("6.1.0-10-amd64")->aliases, "vmlinuz.old"));
	unit_problem(&unit_menu.problems, "last-resort");
	/* The two links move at different moments of an installation. */
	assert_int_equal(unlink(unit_path("initrd.img")), 0);
	unit_link("initrd.img", "boot/initrd.img-6.1.0-10-amd64");
	discover();
	unit_problem(&unit_default()->problems, "initrd-link-differs");
}

/* kernel-img.conf(5): link_in_boot, image_dest, do_symlinks; Ubuntu's build has /boot for a default. */
static void test_where_links_are(void **state)
{
	static const struct {
		const char *config, *os, *expected;
	} cases[] = {
		{ NULL, "ID=debian\n", "6.1.0-9-amd64" },
		{ NULL, "ID=ubuntu\n", "6.1.0-10-amd64" },
		{ NULL, "ID=pop\nID_LIKE='ubuntu debian'\n", "6.1.0-10-amd64" },
		{ "# nothing\ndo_symlinks = yes\n", "ID=debian\n", "6.1.0-9-amd64" },
		{ "Link_In_Boot = yes\n", "ID=debian\n", "6.1.0-10-amd64" },
		{ "link_in_boot = no\n", "ID=debian\n", "6.1.0-9-amd64" },
		{ "image_dest = /boot/\n", "ID=debian\n", "6.1.0-10-amd64" },
		{ "image_dest = /\n", "ID=ubuntu\n", "6.1.0-9-amd64" },
		{ "image_dest=/srv/links\n", "ID=debian\n", "6.1.0-8-amd64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_machine();
		put_version("6.1.0-8-amd64");
		unit_puts("etc/os-release", cases[i].os);
		if (cases[i].config)
			unit_puts("etc/kernel-img.conf", cases[i].config);
		unit_link("vmlinuz", "boot/vmlinuz-6.1.0-9-amd64");
		unit_link("boot/vmlinuz", "vmlinuz-6.1.0-10-amd64");
		unit_puts("srv/links/x", "");
		unit_link("srv/links/vmlinuz", "/boot/vmlinuz-6.1.0-8-amd64");
		discover();
		unit_assert_default(cases[i].expected, KA_REASON_CONFIGURED);
		unit_problem(&unit_menu.problems, "links-differ");
		unit_teardown(state);
		unit_setup(state);
	}
	put_machine();
	unit_link("vmlinuz", "boot/vmlinuz-6.1.0-9-amd64");
	unit_puts("etc/kernel-img.conf", "do_symlinks = No\n");
	discover();
	unit_problem(&unit_menu.problems, "links-not-kept");
}

static void test_dangling(void **state)
{
	(void)state;
	put_machine();
	unit_link("vmlinuz", "boot/vmlinuz-7.0-gone");
	unit_link("vmlinuz.old", "srv/old/vmlinuz-5.0");
	discover();
	unit_assert_default("7.0-gone", KA_REASON_CONFIGURED);
	unit_problem(&unit_default()->problems, "kernel-missing");
	unit_problem(&unit_entry("5.0")->problems, "kernel-missing");
}

/* Without a link the newest; rescue images come last whatever their name. */
static void test_no_links(void **state)
{
	(void)state;
	put_machine();
	put_kernel("vmlinuz-9-rescue-1234");
	put_kernel("vmlinux-6.1.0-9-amd64");
	put_kernel("vmlinuz-6.1.0-11-amd64.dpkg-new");
	put_kernel("vmlinuz-linux-lts");
	put_kernel("initramfs-linux-lts.img");
	put_kernel("config-6.1.0-9-amd64");
	discover();
	unit_assert_ids("linux-lts 6.1.0-10-amd64 6.1.0-9-amd64 vmlinux-6.1.0-9-amd64 "
			"9-rescue-1234");
	unit_assert_undecided("without Debian's links");
	assert_string_equal(unit_entry("linux-lts")->initrds.items[0].path,
			    "/boot/initramfs-linux-lts.img");
	unit_problem(&unit_entry("9-rescue-1234")->problems, "initrd-missing");
}

static void test_equal_ids(void **state)
{
	(void)state;
	put_machine();
	put_kernel("vmlinux-6.1.0-9-amd64");
	put_kernel("vmlinuz-vmlinux-6.1.0-9-amd64");
	unit_link("vmlinuz", "boot/vmlinux-6.1.0-9-amd64");
	discover();
	assert_int_equal(unit_menu.n_entries, 4);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(unit_menu.entries[i]->id, unit_menu.entries[k]->id);
	assert_string_equal(unit_default()->kernel, "/boot/vmlinux-6.1.0-9-amd64");
}

/* kernel-install(8): the words of /etc/kernel/cmdline, joined by single blanks. */
static void test_cmdline(void **state)
{
	(void)state;
	put_machine();
	unit_link("vmlinuz", "boot/vmlinuz-6.1.0-10-amd64");
	unit_puts("etc/kernel/cmdline", "root=/dev/vda1\n  ro \"a  b\"\n");
	assert_int_equal(unlink(unit_path("boot/initrd.img-6.1.0-9-amd64")), 0);
	discover();
	assert_string_equal(unit_default()->cmdline, "root=/dev/vda1 ro \"a  b\"");
	unit_problem(&unit_entry("6.1.0-9-amd64")->problems, "no-initrd");
	assert_int_equal(unlink(unit_path("etc/kernel/cmdline")), 0);
	assert_int_equal(unlink(unit_path("proc/cmdline")), 0);
	discover();
	assert_null(unit_default()->cmdline);
	unit_problem(&unit_menu.problems, "cmdline-unknown");
}

static void assert_probe(int present, const char *words)
{
	struct ka_evidence evidence = { .text = NULL };

	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ask_probe(&ka_backend_debian, unit_host, &evidence, NULL), present);
	assert_int_equal(evidence.strength, KA_STRENGTH_LAST_RESORT);
	if (!strstr(evidence.text, words))
		fail_msg("'%s' is not in: %s", words, evidence.text);
	free(evidence.text);
}

static void test_probe(void **state)
{
	(void)state;
	assert_probe(0, "no kernel in /boot");
	put_machine();
	assert_probe(1, "2 plain kernels in /boot");
	unit_link("vmlinuz", "boot/vmlinuz-6.1.0-9-amd64");
	assert_probe(1, "/vmlinuz -> /boot/vmlinuz-6.1.0-9-amd64, 2 kernels");
}

/* --- "could not tell" is never "no" */

static void test_unreadable(void **state)
{
	static const struct {
		const char *path, *named;
		mode_t mode;
	} cases[] = {
		{ "boot", "'/boot" },
		{ "boot", "'/boot'", 0311 }, /* its links can be followed, but nobody lists it */
		{ "etc/kernel-img.conf", "'/etc/kernel-img.conf'" },
		{ "etc/os-release", "'/etc/os-release'" },
		{ "srv", "" },
	};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_machine();
		unit_puts("etc/kernel-img.conf", "do_symlinks = yes\n");
		unit_puts("srv/deep/vmlinuz-5", "a kernel");
		unit_link("vmlinuz", "srv/deep/vmlinuz-5");
		assert_int_equal(chmod(unit_path(cases[i].path), cases[i].mode), 0);
		unit_discover_as_nobody(&ka_backend_debian);
		if (*cases[i].named) {
			unit_assert_undecided(cases[i].named);
			unit_assert_undecided("as root");
		} else {
			/* The link says what is wanted; the kernel cannot be looked at. */
			assert_non_null(unit_default());
			unit_problem(&unit_default()->problems, "file-unreadable");
		}
		unit_forget();
		unit_teardown(state);
		unit_setup(state);
	}
}

static void test_unreadable_cmdline(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put_machine();
	unit_link("vmlinuz", "boot/vmlinuz-6.1.0-10-amd64");
	unit_puts("etc/kernel/cmdline", "root=/dev/vda1\n");
	assert_int_equal(chmod(unit_path("etc/kernel/cmdline"), 0), 0);
	unit_discover_as_nobody(&ka_backend_debian);
	/* The running one would be another one. */
	assert_null(unit_default()->cmdline);
	assert_non_null(strstr(unit_problem(&unit_menu.problems, "cmdline-unknown")->text,
			       "/etc/kernel/cmdline"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),	 unit_machine_case(test_link_decides),
		unit_machine_case(test_where_links_are), unit_machine_case(test_dangling),
		unit_machine_case(test_no_links),	 unit_machine_case(test_equal_ids),
		unit_machine_case(test_cmdline),	 unit_machine_case(test_probe),
		unit_machine_case(test_unreadable),	 unit_machine_case(test_unreadable_cmdline),
	};

	return cmocka_run_group_tests_name("debian", tests, NULL, NULL);
}
