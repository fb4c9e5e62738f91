/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

/*
 * Libraries that few runs need are opened when they are: linked, each would cost every start. Their
 * headers give the types; nothing is called but through the pointers.
 */
struct ka_symbol {
	void *to; /* a pointer to the function pointer */
	const char *name;
};

/* 0, or -EOPNOTSUPP: the library is not here. It stays open. */
int ka_library_load(const char *soname, const struct ka_symbol *symbols, size_t n,
		    struct ka_error *err) _must_check_;
