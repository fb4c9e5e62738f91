/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* Facts about the running kernel and its machine, read once. What is not known is NULL or 0. */
struct ka_machine {
	char *arch;	       /* as uname -m */
	char *release;	       /* as uname -r */
	char *version;	       /* as uname -v */
	char *cmdline;	       /* /proc/cmdline without its newline */
	uint64_t memory_total; /* bytes */
	uint64_t memory_available;
	bool efi;		/* booted through EFI */
	unsigned int efi_bits;	/* 64 or 32; 0 when unknown */
	unsigned int page_size; /* bytes; 0 when unknown */
	/* Five-level page tables in use? KA_NO too where a captured machine has no cpuinfo. */
	enum ka_tristate la57;
};

int ka_machine_read(struct ka_host *host, struct ka_machine *ret, struct ka_error *err)
	_must_check_;
void ka_machine_done(struct ka_machine *machine);
