/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>

/*
 * The first link: which boot option the firmware takes next (UEFI 2.10, sections 3.1.1 to 3.1.3), and
 * where its program is. Fills from, number, option, partition and path of the chain, and refusal where
 * the next boot leads to the network or cannot be told.
 */
void ka_firmware_choose(struct ka_host *host, struct ka_chain *chain);
