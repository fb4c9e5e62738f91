/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>

/*
 * With BIOS, GRUB's partition on a machine of proxmox-boot-tool: the first of its ESPs that is attached. The chain
 * is refused when one of them is attached and cannot be looked at.
 */
void ka_proxmox_find(struct ka_host *host, struct ka_chain *chain);
/* The next ESP but the chain's, from the cursor on, as a chain of its own. */
bool ka_proxmox_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
		     struct ka_chain *ret);
