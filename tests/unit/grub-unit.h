/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A machine with GRUB, made on the spot: files below unit_dir, and what the backend says of them. The
 * machine's mounts are not known, so that all lies on one file system.
 */

#include "unit.h"

#include "ask.h"
#include "session.h"
#include "state/env.h"

#include <kexec-any/backend.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

extern const struct ka_backend ka_backend_grub;

static struct ka_host *grub_host;
static struct ka_menu grub_menu = KA_MENU_INIT;

static _unused_ int grub_setup(void **state)
{
	if (unit_setup(state) < 0)
		return -1;
	grub_menu = (struct ka_menu)KA_MENU_INIT;
	return ka_host_new(unit_dir, &grub_host, NULL);
}

static _unused_ int grub_teardown(void **state)
{
	ka_menu_done(&grub_menu);
	grub_host = ka_host_free(grub_host);
	return unit_teardown(state);
}

/* What was learnt of the machine before it was changed is forgotten. */
static _unused_ void grub_look_again(void)
{
	grub_host = ka_host_free(grub_host);
	assert_int_equal(ka_host_new(unit_dir, &grub_host, NULL), 0);
}

/* The menu of this grub.cfg. Its kernels are /k1 to /k9, its initrds /i1 to /i9. */
static _unused_ void grub_discover(const char *config)
{
	for (int i = 1; i <= 9; i++) {
		char name[16];

		snprintf(name, sizeof(name), "k%d", i);
		unit_puts(name, "x");
		*name = 'i';
		unit_puts(name, "x");
	}
	if (config)
		unit_puts("boot/grub/grub.cfg", config);
	grub_look_again();
	ka_menu_done(&grub_menu);
	grub_menu = (struct ka_menu)KA_MENU_INIT;
	assert_int_equal(ask_discover(&ka_backend_grub, grub_host, &grub_menu, NULL), 0);
}

static _unused_ const struct ka_entry *grub_default(void)
{
	assert_null(grub_menu.undecided);
	assert_true(grub_menu.default_index >= 0);
	return grub_menu.entries[grub_menu.default_index];
}

/* The default's command line behind "BOOT_IMAGE=/k1 ". */
static _unused_ const char *grub_words(const char *config)
{
	const char *cmdline;

	grub_discover(config);
	cmdline = grub_default()->cmdline;
	assert_non_null(cmdline);
	assert_non_null(ka_startswith(cmdline, "BOOT_IMAGE=/k1"));
	cmdline += strlen("BOOT_IMAGE=/k1");
	return cmdline + (*cmdline == ' ');
}

#define grub_case(f) cmocka_unit_test_setup_teardown(f, grub_setup, grub_teardown)
