/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * The kernel explains a refused load only in its log. Open before the call, read after it.
 */

/* A descriptor of /dev/kmsg behind its last record; -1 when there is none (containers). */
int ka_kmsg_open(void);

/* The records since then that speak of kexec, signatures or lockdown; a list, maybe NULL. */
char **ka_kmsg_read(int fd) _must_check_;

/* One record "priority,sequence,time,flags;text\n…": its text when it speaks of kexec, else NULL.
 * Cuts the record at the end of the text. (For the tests.) */
const char *ka_kmsg_relevant(char *record);
