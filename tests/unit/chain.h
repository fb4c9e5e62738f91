/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The chain of a machine made on the spot. */

#include "option.h"

static struct ka_chain chain;

static inline void forget(void)
{
	ka_chain_done(&chain);
	unit_forget();
}

static inline void make(void)
{
	forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	ka_chain_make(unit_host, &chain);
	assert_non_null(chain.why);
}

static inline void make_as_nobody(void)
{
	forget();
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(seteuid(65534), 0);
	ka_chain_make(unit_host, &chain);
	assert_int_equal(seteuid(0), 0);
}

static inline int setup(void **state)
{
	int r = unit_setup(state);

	if (r == 0)
		unit_pc("root=/dev/vda2 quiet\n");
	return r;
}

static inline int teardown(void **state)
{
	ka_chain_done(&chain);
	return unit_machine_teardown(state);
}

/* --- what is expected */

static inline void assert_words(const char *text, const char *words)
{
	assert_non_null(text);
	if (!strstr(text, words))
		fail_msg("'%s' is not in: %s", words, text);
}

static inline void assert_from(enum ka_option_from from, unsigned int number, const char *path)
{
	assert_string_equal(ka_option_from_name(chain.from) ? ka_option_from_name(chain.from) : "",
			    ka_option_from_name(from) ? ka_option_from_name(from) : "");
	if (from != KA_OPTION_NONE && from != KA_OPTION_REMOVABLE)
		assert_int_equal(chain.number, number);
	assert_string_equal(chain.path ? chain.path : "", path);
}

static inline void assert_program(enum ka_program_kind kind, enum ka_program_evidence evidence)
{
	assert_string_equal(ka_program_name(chain.program.kind), ka_program_name(kind));
	assert_string_equal(ka_program_evidence_name(chain.program.evidence),
			    ka_program_evidence_name(evidence));
}

static inline void assert_no_refusal(void)
{
	if (chain.refusal)
		fail_msg("refused: %s", chain.refusal);
}

#define ESP "boot/efi/"
#define PUT_GRUB(path)                                                                             \
	UNIT_PE(ESP path, { ".sbat", "grub,5,Free Software Foundation,grub,2.06,https://x\n" })

/* GRUB is Boot0001, and it started the machine. */
static inline void put_grub_machine(void)
{
	PUT_GRUB("EFI/debian/grubx64.efi");
	UNIT_OPTION(1, UNIT_ACTIVE, UNIT_ESP, "\\EFI\\debian\\grubx64.efi", NULL);
	UNIT_NUMBERS("BootOrder", 1);
	UNIT_NUMBERS("BootCurrent", 1);
}

#define GRUB "/boot/efi/EFI/debian/grubx64.efi"

#define EFIVARS "sys/firmware/efi/efivars/"

#define chain_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
