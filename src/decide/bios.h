/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "decide/running.h"

#include <kexec-any/chain.h>

/* What a BIOS starts, by the boot sectors of the disks. Nothing changes in the chain when they do not tell. */
void ka_bios_identify(struct ka_host *host, const struct ka_running *running,
		      struct ka_chain *chain);
