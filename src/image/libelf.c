// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/libelf.h"

#include "base/library.h"

struct ka_libelf ka_libelf;

int ka_libelf_load(struct ka_error *err)
{
	const struct ka_symbol symbols[] = {
		{ &ka_libelf.version, "elf_version" },
		{ &ka_libelf.begin, "elf_begin" },
		{ &ka_libelf.memory, "elf_memory" },
		{ &ka_libelf.kind, "elf_kind" },
		{ &ka_libelf.get_ehdr, "gelf_getehdr" },
		{ &ka_libelf.count_phdrs, "elf_getphdrnum" },
		{ &ka_libelf.get_phdr, "gelf_getphdr" },
		{ &ka_libelf.end, "elf_end" },
	};
	int r = ka_libelf.end ? 0
			      : ka_library_load(KA_LIBRARY_ELF, symbols, ARRAY_SIZE(symbols), err);

	if (r < 0)
		return r;
	/* Asked once before anything else, or libelf refuses to work. */
	if (ka_libelf.version(EV_CURRENT) == EV_NONE)
		return ka_fail(err, -EOPNOTSUPP, "this libelf knows no ELF of version 1");
	return 0;
}
