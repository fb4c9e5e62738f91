// SPDX-License-Identifier: GPL-2.0-or-later
/* Which entry --entry= means, and that the registry knows every backend there is. */

#include "unit.h"

#include "decide/registry.h"
#include "decide/select.h"

#include <kexec-any/text.h>

#include <dirent.h>
#include <errno.h>

static struct ka_menu menu = KA_MENU_INIT;

static void add(const char *id, const char *title, const char *alias)
{
	struct ka_entry *e = ka_entry_new();

	e->id = strdup(id);
	e->title = strdup(title);
	if (alias)
		ka_strv_add(&e->aliases, alias);
	assert_int_equal(ka_menu_add_take(&menu, e), 0);
}

static int make_menu(void **state)
{
	(void)state;
	add("6.1.0-56-amd64", "Debian (6.1.0-56-amd64)", "vmlinuz");
	add("6.1.0-55-amd64", "Debian (6.1.0-55-amd64)", "vmlinuz.old");
	add("1", "the id is a number", NULL);
	add("Arch", "same title", NULL);
	add("arch-LTS", "same title", NULL);
	return 0;
}

static int drop_menu(void **state)
{
	(void)state;
	ka_menu_done(&menu);
	return 0;
}

static void test_entry(void **state)
{
	static const struct {
		const char *spec;
		int r;
		size_t index;
	} cases[] = {
		{ "6.1.0-55-amd64", 0, 1 },
		{ "vmlinuz.old", 0, 1 },
		{ "vmlinuz", 0, 0 },
		{ "Debian (6.1.0-56-amd64)", 0, 0 },
		{ "debian (6.1.0-56-AMD64)", 0, 0 },
		{ "same title", -ENOTUNIQ, 0 },
		{ "1", 0, 2 }, /* an exact id comes before a number */
		{ "3", 0, 3 },
		{ "0", 0, 0 },
		{ "5", -ENOENT, 0 },
		{ "6.1.0-5", -ENOTUNIQ, 0 },
		{ "6.1.0-56", 0, 0 },
		{ "arch", 0, 3 }, /* the whole id without case, before a prefix of another */
		{ "arch-", 0, 4 },
		{ "ARCH-l", 0, 4 },
		{ "", -ENOENT, 0 },
		{ "nothing", -ENOENT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t index = 99;
		int r = ka_select_entry(&menu, cases[i].spec, &index, NULL);

		if (r != cases[i].r)
			print_message("# '%s'\n", cases[i].spec);
		assert_int_equal(r, cases[i].r);
		if (r == 0)
			assert_int_equal(index, cases[i].index);
	}
}

static void test_ambiguous(void **state)
{
	struct ka_error err = KA_ERROR_INIT;
	size_t index;

	(void)state;
	assert_int_equal(ka_select_entry(&menu, "6.1.0-5", &index, &err), -ENOTUNIQ);
	assert_non_null(strstr(err.text, "'6.1.0-56-amd64', '6.1.0-55-amd64'"));
	ka_error_done(&err);
}

/* The manual's promise: an id that is listed finds its entry, whatever the configuration says. */
static void test_unique_ids(void **state)
{
	static const char *const came[] = { "a", "b", "a", "a#2", "a", "b", "a#2" }, *const go[] = {
		"a", "b", "a#3", "a#2", "a#4", "b#2", "a#2#2"
	};
	struct ka_menu kept = ka_menu_take(&menu);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(came); i++)
		add(came[i], "title", "b#2");
	ka_menu_make_ids_unique(&menu);
	for (size_t i = 0; i < ARRAY_SIZE(go); i++) {
		size_t index = 99;

		assert_string_equal(menu.entries[i]->id, go[i]);
		assert_int_equal(ka_select_entry(&menu, go[i], &index, NULL), 0);
		assert_int_equal(index, i);
	}
	ka_menu_done(&menu);
	ka_menu_make_ids_unique(&menu);
	menu = kept;
}

/* A backend that nobody put into the table would never be asked. */
static void test_registry(void **state)
{
	DIR *dir = opendir("backends");
	struct dirent *de;

	(void)state;
	assert_non_null(dir);
	while ((de = readdir(dir))) {
		char name[256];

		if (de->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s", de->d_name);
		name[strcspn(name, ".")] = '\0';
		if (!ka_backend_by_name(name))
			print_message("# backends/%s is not in src/decide/registry.c\n",
				      de->d_name);
		assert_non_null(ka_backend_by_name(name));
	}
	closedir(dir);
	for (size_t i = 0; ka_backends[i]; i++) {
		assert_non_null(ka_backends[i]->probe);
		assert_non_null(ka_backends[i]->discover);
		assert_non_null(ka_backends[i]->summary);
	}
}

/* A menu owns what is handed to it, also what it refuses (which a leak checker would tell). */
static void test_limit(void **state)
{
	struct ka_menu full = KA_MENU_INIT;

	(void)state;
	for (size_t i = 0; i < KA_MENU_LIMIT; i++)
		assert_int_equal(ka_menu_add_take(&full, ka_entry_new()), 0);
	assert_int_equal(ka_menu_add_take(&full, ka_entry_new()), -E2BIG);
	assert_int_equal(full.n_entries, KA_MENU_LIMIT);
	ka_menu_done(&full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),	   cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_unique_ids), cmocka_unit_test(test_limit),
		cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests_name("select", tests, make_menu, drop_menu);
}
