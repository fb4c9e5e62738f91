/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/host.h>

/*
 * A loader's own copies of a system's files, beside those that the distribution's records name. Where it cannot
 * be told whether they are the same, they are not: what boots are the loader's.
 */

/*
 * Is copy the same file as original: the very file, or one of its size whose name is made of the original's path,
 * as NixOS's installers name their copies ("/nix/store/X/Y": "X-Y", "X-Y.efi")?
 */
bool ka_copy_is_same(struct ka_host *host, const char *original, const char *copy);

/* Kernel and initrds. */
bool ka_copies_are_same(struct ka_host *host, const struct ka_entry *ours,
			const struct ka_entry *theirs);

/* The kernel's words, without those that loaders add and without quotes: GRUB sets them anew. */
bool ka_cmdlines_are_same(const char *a, const char *b);

/*
 * What the configuration of a loader that no backend reads (Limine's, SYSLINUX's or U-Boot's, rEFInd's; text is
 * modified) gives the system with this word on its command line: NULL when it has no such entry, or its initrds are copies
 * of ours. Else one that is not, or says how many there are; owned by the caller.
 */
char *ka_copies_unread(struct ka_host *host, const char *path, char *text, const char *word,
		       const struct ka_entry *ours);
/* The initrds of its first entry with the word, as files of this machine. NULL: there are none, or one is not found. */
char **ka_copies_unread_files(struct ka_host *host, const char *path, char *text, const char *word);
