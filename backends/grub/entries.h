/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>

#include "state/grub.h"

/* SUSE's grub2-bls: the entries of the EFI partition are the menu of the program at this path. */
void grub_show_entries(struct grub *g, const char *program);
void grub_entries_done(struct grub *g);

/* "NAME+LEFT-DONE" in an id: false, it has no counter. */
bool grub_entry_counter(const char *id, size_t *ret_name, int *ret_left, int *ret_done);
/* What is to be said of an entry that is counted. */
void grub_report_counter(struct ka_entry *entry);
