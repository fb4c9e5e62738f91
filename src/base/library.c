// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>

int ka_library_load(const char *soname, const struct ka_symbol *symbols, size_t n,
		    struct ka_error *err)
{
	void *library = dlopen(soname, RTLD_NOW);

	if (!library)
		return ka_fail(err, -EOPNOTSUPP, "%s", dlerror());
	for (size_t i = 0; i < n; i++) {
		void *p = dlsym(library, symbols[i].name);

		if (!p)
			return ka_fail(err, -EOPNOTSUPP, "%s", dlerror());
		memcpy(symbols[i].to, &p, sizeof(p));
	}
	return 0;
}
