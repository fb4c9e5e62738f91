/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * Memory that runs out ends the program, in one place, with a message and exit status 1: half an
 * answer would be worse than none. So nothing here returns NULL, and no caller checks.
 */

#define _returns_memory_ __attribute__((malloc, returns_nonnull, warn_unused_result))

void *ka_malloc(size_t size) _returns_memory_ __attribute__((alloc_size(1)));
void *ka_calloc(size_t n, size_t size) _returns_memory_ __attribute__((alloc_size(1, 2)));
void *ka_reallocarray(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull, warn_unused_result, alloc_size(2, 3)));
char *ka_strdup(const char *text) _returns_memory_;	/* text is not NULL */
char *ka_strdup_or_null(const char *text) _must_check_; /* NULL stays NULL */
char *ka_strndup(const char *text, size_t n) _returns_memory_;
void *ka_memdup(const void *data, size_t n) _returns_memory_;

/* The end: what must be taken back is, then the message, then exit status 1. Allocates nothing. */
_Noreturn void ka_out_of_memory(void);

/*
 * What to take back first, once: from the load of a kernel to the restart, unloading it. It must not
 * allocate. NULL: nothing any more.
 */
void ka_on_out_of_memory(void (*take_back)(void));
