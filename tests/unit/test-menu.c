// SPDX-License-Identifier: GPL-2.0-or-later
/* --menu without a terminal: what keys do to the filter, the marked entry, its command line. */

#include "unit.h"

#include "menu/chooser.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

static struct ka_menu menu;
static struct ka_chooser chooser;

static void add_entry(const char *id, const char *submenu, const char *title)
{
	struct ka_entry *entry = ka_entry_new();

	entry->id = ka_strdup(id);
	entry->title = ka_strdup(title);
	entry->kernel = ka_strdup("/boot/vmlinuz");
	entry->cmdline = ka_strdup("ro quiet");
	if (submenu)
		ka_strv_add(&entry->menu, submenu);
	assert_int_equal(ka_menu_add_take(&menu, entry), 0);
}

static int setup(void **state)
{
	(void)state;
	menu = (struct ka_menu)KA_MENU_INIT;
	add_entry("a", NULL, "Debian");
	add_entry("b", "Advanced", "Debian, Linux 6.1");
	add_entry("c", "Advanced", "Debian, Linux 6.12 (recovery)");
	add_entry("w", NULL, "Windows\x1b[2J");
	menu.entries[3]->type = KA_TYPE_CHAINLOADER;
	menu.default_index = 1;
	ka_chooser_init(&chooser, &menu, menu.default_index);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ka_chooser_done(&chooser);
	ka_menu_done(&menu);
	return 0;
}

static enum ka_choice key(enum ka_key k)
{
	return ka_chooser_key(&chooser, k, "");
}

static void type(const char *text)
{
	for (; *text; text++)
		assert_int_equal(ka_chooser_key(&chooser, KA_KEY_TEXT, (char[]){ *text, 0 }),
				 KA_CHOICE_OPEN);
}

static void test_moving(void **state)
{
	(void)state;
	assert_int_equal(ka_chooser_marked(&chooser), 1);
	key(KA_KEY_DOWN);
	assert_int_equal(ka_chooser_marked(&chooser), 2);
	key(KA_KEY_END);
	assert_int_equal(ka_chooser_marked(&chooser), 3);
	key(KA_KEY_DOWN);
	assert_int_equal(ka_chooser_marked(&chooser), 3);
	chooser.page = 2;
	key(KA_KEY_PAGE_UP);
	assert_int_equal(ka_chooser_marked(&chooser), 1);
	key(KA_KEY_HOME);
	key(KA_KEY_UP);
	assert_int_equal(ka_chooser_marked(&chooser), 0);
	key(KA_KEY_PAGE_DOWN);
	assert_int_equal(ka_chooser_marked(&chooser), 2);
	assert_int_equal(key(KA_KEY_ENTER), KA_CHOICE_MADE);
	assert_null(ka_chooser_cmdline(&chooser));
}

/* Every word must fit, in the titles around it as well; what is marked stays marked. */
static void test_filter(void **state)
{
	(void)state;
	type("advanced 6.1");
	assert_int_equal(chooser.n_shown, 2);
	assert_int_equal(ka_chooser_marked(&chooser), 1);
	type("2");
	assert_int_equal(ka_chooser_marked(&chooser), 2);
	key(KA_KEY_BACKSPACE);
	assert_int_equal(chooser.n_shown, 2);
	assert_int_equal(ka_chooser_marked(&chooser), 2);
	type("x");
	assert_int_equal(ka_chooser_marked(&chooser), -1);
	assert_null(ka_chooser_details(&chooser));
	assert_int_equal(key(KA_KEY_ENTER), KA_CHOICE_OPEN);
	assert_non_null(chooser.notice);
	key(KA_KEY_TAB);
	assert_false(chooser.is_editing);
	/* The first Escape takes the filter back, the second leaves. */
	assert_int_equal(key(KA_KEY_ESCAPE), KA_CHOICE_OPEN);
	assert_int_equal(chooser.n_shown, 4);
	assert_int_equal(key(KA_KEY_ESCAPE), KA_CHOICE_LEFT);
	assert_int_equal(key(KA_KEY_INTERRUPT), KA_CHOICE_LEFT);
}

static void test_not_bootable(void **state)
{
	_cleanup_free_ char *row = ka_chooser_row(&chooser, 3);

	(void)state;
	assert_string_equal(row, "   3  Windows\\x1b[2J (not bootable)");
	key(KA_KEY_END);
	assert_int_equal(key(KA_KEY_ENTER), KA_CHOICE_OPEN);
	assert_non_null(chooser.notice);
	key(KA_KEY_TAB);
	assert_false(chooser.is_editing);
}

static void test_editing(void **state)
{
	_cleanup_free_ char *row = NULL;

	(void)state;
	key(KA_KEY_TAB);
	assert_true(chooser.is_editing);
	type(" single");
	key(KA_KEY_HOME);
	key(KA_KEY_RIGHT);
	key(KA_KEY_DELETE);
	type("w");
	assert_int_equal(key(KA_KEY_ENTER), KA_CHOICE_OPEN);
	assert_false(chooser.is_editing);
	assert_string_equal(ka_chooser_cmdline(&chooser), "rw quiet single");
	row = ka_chooser_row(&chooser, 1);
	assert_string_equal(row, "*  1    Debian, Linux 6.1 (edited)");
	/* It belongs to this entry alone. */
	key(KA_KEY_UP);
	assert_null(ka_chooser_cmdline(&chooser));
	key(KA_KEY_DOWN);
	key(KA_KEY_TAB);
	type("x");
	assert_int_equal(key(KA_KEY_ESCAPE), KA_CHOICE_OPEN);
	assert_string_equal(ka_chooser_cmdline(&chooser), "rw quiet single");
	/* Put back by hand, it is the entry's own again. */
	key(KA_KEY_TAB);
	key(KA_KEY_CLEAR);
	type("ro quiet");
	key(KA_KEY_ENTER);
	assert_null(ka_chooser_cmdline(&chooser));
	key(KA_KEY_TAB);
	assert_int_equal(key(KA_KEY_INTERRUPT), KA_CHOICE_LEFT);
}

/* A character is one, of however many bytes. */
static void test_utf8(void **state)
{
	(void)state;
	key(KA_KEY_TAB);
	key(KA_KEY_CLEAR);
	ka_chooser_key(&chooser, KA_KEY_TEXT, "ü");
	ka_chooser_key(&chooser, KA_KEY_TEXT, "€");
	key(KA_KEY_LEFT);
	key(KA_KEY_LEFT);
	assert_int_equal(chooser.line.at, 0);
	key(KA_KEY_RIGHT);
	key(KA_KEY_DELETE);
	assert_string_equal(chooser.line.text, "ü");
	key(KA_KEY_BACKSPACE);
	key(KA_KEY_BACKSPACE);
	assert_string_equal(chooser.line.text, "");
	for (size_t i = 0; i < 2 * KA_LINE_LIMIT; i++)
		type("x");
	assert_int_equal(chooser.line.len, KA_LINE_LIMIT);
}

static void test_details(void **state)
{
	_cleanup_strv_ char **details = NULL;

	(void)state;
	menu.reason_text = ka_strdup("default=1");
	menu.reason_source = ka_strdup("grub.cfg");
	details = ka_chooser_details(&chooser);
	assert_string_equal(details[0], "menu     Advanced");
	assert_string_equal(details[1], "id       b");
	assert_string_equal(details[2], "kernel   /boot/vmlinuz");
	assert_string_equal(details[3], "options  ro quiet");
	assert_string_equal(details[4], "default  this one: default=1 (grub.cfg)");
	assert_null(details[5]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_moving, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_bootable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_editing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(test_details, setup, teardown),
	};

	return cmocka_run_group_tests_name("menu", tests, NULL, NULL);
}
