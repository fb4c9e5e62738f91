/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>

/* What the running system says of its own boot: evidence of the loader, weaker than its program. */
struct ka_running {
	enum ka_tristate by_kexec; /* then the rest speaks of an earlier boot */
	enum ka_program_kind kind; /* KA_PROGRAM_UNKNOWN: nothing tells */
	enum ka_program_evidence evidence;
	bool is_direct; /* x86, and neither a loader nor the firmware left its sign: none of GRUB's */
	char *version; /* of the loader, where it says so */
	char *text;    /* the sign, for people: "LoaderInfo=GRUB 2.12"; NULL: none */
	char *unread;  /* what would tell and cannot be read, and why; NULL: nothing */
	char *image;   /* BOOT_IMAGE=, without a device in front; NULL: there is none */
};

void ka_running_read(struct ka_host *host, struct ka_running *ret);
void ka_running_done(struct ka_running *running);
