/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Variables, and the environments they live in. */

const char *grub_get(const struct grub *g, const char *name);
void grub_set(struct grub *g, const char *name, const char *value);
void grub_unset(struct grub *g, const char *name);
void grub_export(struct grub *g, const char *name);
/* A new environment with the exported variables (or all, by dialect). */
void grub_context_open(struct grub *g);
void grub_context_close(struct grub *g);
/* Changes of variables between push and pop are taken back by pop. They nest. */
struct grub_journal {
	size_t start;
	unsigned int depth;
	unsigned int outer; /* serial of the journal around it; 0: none */
};
void grub_journal_push(struct grub *g, struct grub_journal *ret);
void grub_journal_pop(struct grub *g, const struct grub_journal *journal);
