// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NixOS's profiles, generations and specialisations, on machines made on the spot. Names and links: the Nix
 * manual, "Profiles"; files of a closure: top-level.nix of nixpkgs; what a restart changes: the comparison
 * of /run/booted-system with the profile that NixOS's own auto-upgrade module makes.
 */

#include "machine.h"

#include <errno.h>

extern const struct ka_backend ka_backend_nixos;

#define PROFILES "nix/var/nix/profiles/"
#define STORE	 "nix/store/"

static void discover(void)
{
	unit_discover(&ka_backend_nixos);
}

static void make_link(const char *path, const char *target)
{
	unit_puts(path, "");
	assert_int_equal(unlink(unit_path(path)), 0);
	unit_link(path, target);
}

static void put(const char *closure, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), STORE "%s/%s", closure, name);
	unit_puts(path, text);
}

/* A closure from before boot.json. */
static void put_closure(const char *name, const char *params)
{
	char path[256], target[256];

	snprintf(target, sizeof(target), "/" STORE "%s-kernel/bzImage", name);
	unit_puts(target + 1, "a kernel");
	snprintf(path, sizeof(path), STORE "%s/kernel", name);
	make_link(path, target);
	snprintf(target, sizeof(target), "/" STORE "%s-initrd/initrd", name);
	unit_puts(target + 1, "an initrd");
	snprintf(path, sizeof(path), STORE "%s/initrd", name);
	make_link(path, target);
	put(name, "init", "#!");
	put(name, "system", "x86_64-linux");
	put(name, "nixos-version", "25.11");
	put(name, "kernel-params", params);
	put(name, "kernel-modules/lib/modules/6.12.1/modules.dep", "");
}

static void put_generation(unsigned int number, const char *closure)
{
	char link[128], target[128];

	snprintf(link, sizeof(link), PROFILES "system-%u-link", number);
	snprintf(target, sizeof(target), "/" STORE "%s", closure);
	make_link(link, target);
}

static void put_machine(void)
{
	unit_puts("proc/sys/kernel/arch", "x86_64");
	put_closure("one", "quiet");
	put_closure("two", "loglevel=4\n");
	put_generation(1, "one");
	put_generation(10, "two");
	put_generation(9, "gone");
	unit_link(PROFILES "system", "system-10-link");
	make_link("run/booted-system", "/" STORE "one");
}

static void test_generations(void **state)
{
	const struct ka_entry *e;

	(void)state;
	put_machine();
	make_link(PROFILES "system-profiles/test-3-link", "/" STORE "one");
	unit_puts(PROFILES "system-11-link.tmp", "");
	unit_puts(PROFILES "system-011-link", "");
	unit_puts(PROFILES "per-user/x", "");
	discover();
	/* Newest first, by number and not by name; other profiles behind. */
	unit_assert_ids("nixos-generation-10 nixos-generation-9 nixos-generation-1 "
			"nixos-test-generation-3");
	unit_assert_default("nixos-generation-10", KA_REASON_CONFIGURED);
	e = unit_default();
	assert_string_equal(e->kernel, "/" STORE "two-kernel/bzImage");
	assert_string_equal(e->initrds.items[0].path, "/" STORE "two-initrd/initrd");
	assert_string_equal(e->cmdline, "init=/" STORE "two/init loglevel=4");
	assert_string_equal(e->version, "6.12.1");
	assert_int_equal(e->running, KA_NO);
	assert_int_equal(unit_entry("nixos-generation-1")->booted, KA_YES);
	assert_int_equal(unit_entry("nixos-generation-1")->running, KA_YES);
	unit_problem(&unit_entry("nixos-generation-1")->problems, "nixos-booted");
	unit_problem(&unit_entry("nixos-generation-9")->problems, "nixos-closure-missing");
	assert_non_null(strstr(unit_problem(&unit_menu.problems, "nixos-restart-needed")->text,
			       "kernel, initrd"));
}

static void test_profile_decides(void **state)
{
	(void)state;
	put_machine();
	assert_int_equal(unlink(unit_path(PROFILES "system")), 0);
	unit_link(PROFILES "system", "system-1-link");
	discover();
	unit_assert_default("nixos-generation-1", KA_REASON_CONFIGURED);
	unit_problem(&unit_menu.problems, "nixos-restart-not-needed");
	/* Past the links, to a closure that no generation is: an entry of its own. */
	put_closure("three", "x");
	assert_int_equal(unlink(unit_path(PROFILES "system")), 0);
	unit_link(PROFILES "system", "/" STORE "three");
	discover();
	assert_string_equal(unit_default()->cmdline, "init=/" STORE "three/init x");
}

/* Of a closure from before boot.json: links to others below specialisation/. */
static void test_specialisations(void **state)
{
	(void)state;
	put_machine();
	put_closure("special", "debug");
	make_link(STORE "two/specialisation/debug", "/" STORE "special");
	make_link(STORE "two/specialisation/gone", "/" STORE "nothing/here");
	put("special", "xen.gz", "");
	put("special", "system", "aarch64-linux");
	discover();
	unit_assert_ids("nixos-generation-10 nixos-generation-10-specialisation-debug "
			"nixos-generation-9 nixos-generation-1");
	assert_string_equal(unit_entry("nixos-generation-10-specialisation-debug")->cmdline,
			    "init=/" STORE "special/init debug");
	unit_problem(&unit_entry("nixos-generation-10-specialisation-debug")->problems,
		     "not-linux");
	unit_problem(&unit_entry("nixos-generation-10-specialisation-debug")->problems,
		     "kernel-arch");
	/* A profile whose name makes the same id. */
	make_link(PROFILES "system-profiles/generation-10-specialisation-7-link", "/" STORE "one");
	make_link(STORE "two/specialisation/generation-7", "/" STORE "special");
	make_link(PROFILES "system-profiles/generation-10-specialisation-generation-7-link",
		  "/" STORE "one");
	discover();
	for (size_t i = 0; i < unit_menu.n_entries; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(unit_menu.entries[i]->id, unit_menu.entries[k]->id);
}

/* Secrets are in the loader's copies alone; the script leaves at once where there are none. */
static void test_secrets(void **state)
{
	(void)state;
	put_machine();
	put("one", "append-initrd-secrets", "#!/bin/sh\nexit 0\n");
	put("two", "append-initrd-secrets", "#!/bin/sh\ncp secret\n");
	discover();
	assert_false(unit_entry("nixos-generation-1")->needs_loader_copies);
	assert_true(unit_entry("nixos-generation-10")->needs_loader_copies);
}

static void test_missing_files(void **state)
{
	const struct ka_findings *problems;

	(void)state;
	put_machine();
	assert_int_equal(unlink(unit_path(STORE "two-kernel/bzImage")), 0);
	assert_int_equal(unlink(unit_path(STORE "two-initrd/initrd")), 0);
	assert_int_equal(unlink(unit_path(STORE "two/init")), 0);
	assert_int_equal(unlink(unit_path(STORE "two/kernel-params")), 0);
	discover();
	problems = &unit_entry("nixos-generation-10")->problems;
	unit_problem(problems, "kernel-missing");
	unit_problem(problems, "initrd-missing");
	unit_problem(problems, "init-missing");
	unit_problem(problems, "cmdline-unknown");
}

static void test_bootspec(void **state)
{
	(void)state;
	put_machine();
	put("two", "boot.json",
	    "{\"org.nixos.bootspec.v1\":{\"system\":\"x86_64-linux\",\"label\":\"NixOS Y (Linux 7.1)\","
	    "\"kernel\":\"/" STORE "one-kernel/bzImage\",\"init\":\"/" STORE "two/init\","
	    "\"toplevel\":\"/" STORE "two\",\"kernelParams\":[\"a\",\"b\"]},"
	    "\"org.nixos.systemd-boot\":{\"devicetree\":\"/none.dtb\"},"
	    "\"org.nix-community.lanzaboote\":{}}");
	discover();
	assert_string_equal(unit_default()->version, "7.1");
	assert_string_equal(unit_default()->cmdline, "init=/" STORE "two/init a b");
	assert_true(unit_default()->needs_loader_copies);
	assert_int_equal(unit_default()->initrds.n, 0);
	unit_problem(&unit_default()->problems, "devicetree-missing");
	put("two", "boot.json", "{}");
	discover();
	unit_problem(&unit_default()->problems, "nixos-no-bootspec");
	put("two", "boot.json", "{\"org.nixos.bootspec.v9\":{}}");
	discover();
	unit_problem(&unit_default()->problems, "nixos-bootspec-version");
	put("two", "boot.json", "{");
	discover();
	unit_problem(&unit_default()->problems, "nixos-bootspec");
	assert_string_equal(unit_default()->cmdline, "init=/" STORE "two/init loglevel=4");
}

static void test_probe(void **state)
{
	struct ka_evidence evidence = { .text = NULL };

	(void)state;
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ask_probe(&ka_backend_nixos, unit_host, &evidence, NULL), 0);
	free(evidence.text);
	put_machine();
	assert_int_equal(ask_probe(&ka_backend_nixos, unit_host, &evidence, NULL), 1);
	assert_int_equal(evidence.strength, KA_STRENGTH_DECREED);
	assert_non_null(
		strstr(evidence.text, "a restart changes kernel, initrd, modules, parameters"));
	free(evidence.text);
}

/* --- "could not tell" is never "no" */

/* What nobody may look at was not garbage-collected. */
static void test_unreadable(void **state)
{
	static const struct {
		const char *path, *problem;
	} cases[] = {
		{ STORE, "file-unreadable" },
		{ STORE "two", "file-unreadable" },
		{ STORE "two-kernel", "file-unreadable" },
		{ STORE "two-initrd", "file-unreadable" },
		{ STORE "two/kernel-params", "file-unreadable" },
		{ STORE "two/specialisation", "file-unreadable" },
		{ STORE "two/boot.json", "nixos-bootspec" },
	};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ka_finding *f;

		put_machine();
		put("two", "specialisation/x/init", "");
		put("two", "boot.json", "{}");
		assert_int_equal(chmod(unit_path(cases[i].path), 0), 0);
		unit_discover_as_nobody(&ka_backend_nixos);
		assert_string_equal(unit_default()->id, "nixos-generation-10");
		assert_false(ka_entry_is_bootable(unit_default()));
		f = unit_problem(&unit_default()->problems, cases[i].problem);
		assert_non_null(strstr(f->text, "Permission denied"));
		assert_string_equal(f->remedy, "run kexec-any as root");
		for (size_t k = 0; k < unit_default()->problems.n; k++)
			assert_null(strstr(unit_default()->problems.items[k].text, "garbage"));
		unit_forget();
		unit_teardown(state);
		unit_setup(state);
	}
}

/* The profile itself: its backend stays in charge and says so. */
static void test_unreadable_profile(void **state)
{
	struct ka_evidence evidence = { .text = NULL };
	struct ka_error err = KA_ERROR_INIT;
	int present, r;

	(void)state;
	if (geteuid() != 0)
		skip();
	put_machine();
	assert_int_equal(chmod(unit_path(PROFILES), 0), 0);
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(seteuid(65534), 0);
	present = ask_probe(&ka_backend_nixos, unit_host, &evidence, NULL);
	r = ask_discover(&ka_backend_nixos, unit_host, &unit_menu, &err);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(present, 1);
	assert_int_equal(evidence.strength, KA_STRENGTH_DECREED);
	assert_int_equal(r, -EACCES);
	assert_non_null(strstr(err.text, "/nix/var/nix/profiles"));
	free(evidence.text);
	ka_error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_machine_case(test_generations),
		unit_machine_case(test_profile_decides),
		unit_machine_case(test_specialisations),
		unit_machine_case(test_secrets),
		unit_machine_case(test_missing_files),
		unit_machine_case(test_bootspec),
		unit_machine_case(test_probe),
		unit_machine_case(test_unreadable),
		unit_machine_case(test_unreadable_profile),
	};

	return cmocka_run_group_tests_name("nixos menu", tests, NULL, NULL);
}
