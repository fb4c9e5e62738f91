/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * Platform configuration registers of a TPM, as a mask. A kexec resets none: what the boot loader and its
 * partition table (4, 5), GRUB (8, 9) and systemd-stub (12) measured is from the last boot through the
 * firmware, while boot phases (11) and volume keys (15) are measured once more on top.
 */

#define KA_N_PCRS 24
#define KA_PCR(n) (1u << (n))
#define KA_PCRS_STALE                                                                              \
	(KA_PCR(4) | KA_PCR(5) | KA_PCR(8) | KA_PCR(9) | KA_PCR(11) | KA_PCR(12) | KA_PCR(15))

/* "7+11", "7,11", "kernel-boot:sha256=…": numbers, or the names systemd 255 and newer take. Changes the
 * text; what is no PCR is passed over. */
uint32_t ka_pcrs_parse(char *list);

/* "4+11" */
char *ka_pcrs_format(uint32_t mask) _must_check_;
