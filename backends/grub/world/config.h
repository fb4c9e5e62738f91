/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/chain.h>

#include <kexec-any/memdisk.h>

#include "state/grub.h"
#include "world/target.h"

/* Where GRUB's configuration is on this machine, and whose GRUB reads it. */
struct grub_config {
	char *stub; /* what the program on the ESP reads first; NULL: there is none */
	char *main; /* the one that a stub leads to, or that the core reads; NULL: not to be seen */
	/*
	 * On btrfs, for SUSE's GRUB: the path of main from the default subvolume, which need not be the one that
	 * is mounted; NULL: paths are from the top level.
	 */
	char *relative;
	const struct grub_dialect *dialect;
	bool dialect_guessed; /* nothing was seen that tells whose GRUB it is */
	struct grub_target target;
	/*
	 * The program itself, when all that grub-mkimage packed into it was read: GRUB starts there, and stub and
	 * main are only for a menu when it comes to none. Borrowed; NULL: not to be seen.
	 */
	const struct ka_chain *core;
	struct ka_memdisk *memdisk; /* NULL: it has none, or it cannot be read */
	int memdisk_error;
	char *unseen; /* what decides all this and cannot be seen from here, and why; NULL: nothing */
	char *doubt; /* why it is not known which one is read; NULL: it is */
};

void grub_config_done(struct grub_config *config);
/* False: there is no GRUB. *ret is to be released in any case. */
bool grub_config_find(struct ka_host *host, const struct ka_chain *chain, struct grub_config *ret)
	_must_check_;
/* "no /boot/grub/grub.cfg, no …": what was looked for. */
char *grub_config_missing(void) _must_check_;
/* Why nothing is decided where the program at path is SUSE's grub2-bls. */
char *grub_entries_alone(const char *path) _must_check_;
/* What cannot be told is never taken for "no"; the first such thing is kept. */
void grub_config_cannot_see(struct grub_config *config, const char *what, int error);

/* relative.c: does GRUB start from the default subvolume? Sets relative, or a doubt. */
void grub_config_find_relative(struct ka_host *host, struct grub_config *config);

/* dialect.c: by the modules in the program, those beside path, or else the distribution's word. */
const struct grub_dialect *grub_config_dialect(struct ka_host *host, const struct ka_chain *chain,
					       const char *path, struct grub_config *config);
