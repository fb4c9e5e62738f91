/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>

/*
 * The first link: which boot option the firmware takes next (UEFI 2.10, sections 3.1.1 to 3.1.3), and
 * where its program is. Fills from, number, option, partition and path of the chain, and refusal where
 * the next boot leads to the network or cannot be told.
 */
void ka_firmware_choose(struct ka_host *host, struct ka_chain *chain);

/*
 * Another partition with the same program, which the firmware may start as well: the next one behind *cursor (0 at
 * the beginning) that BootOrder names by the same path, or that has the removable path where no option names
 * a file. True: ret has it, without a program.
 */
bool ka_firmware_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
		      struct ka_chain *ret);
