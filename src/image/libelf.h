/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

#include <gelf.h>

/* libelf, for those who look into kernels. */
struct ka_libelf {
	__typeof__(&elf_version) version;
	__typeof__(&elf_begin) begin;
	__typeof__(&elf_memory) memory;
	__typeof__(&elf_kind) kind;
	__typeof__(&gelf_getehdr) get_ehdr;
	__typeof__(&elf_getphdrnum) count_phdrs;
	__typeof__(&gelf_getphdr) get_phdr;
	__typeof__(&elf_end) end;
};

extern struct ka_libelf ka_libelf;

/* Before any of them is called. -EOPNOTSUPP: the library is not here. */
int ka_libelf_load(struct ka_error *err) _must_check_;
