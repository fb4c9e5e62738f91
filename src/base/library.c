// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>

/* "FDO", as the specification numbers its notes. */
#define NOTE_OWNER "FDO"
#define NOTE_TYPE  0x407c0c0au

#define JSON(soname, priority, feature, what)                                                      \
	"[{\"feature\":\"" feature "\",\"description\":\"" what "\",\"priority\":\"" priority      \
	"\",\"soname\":[\"" soname "\"]}]"

/* One note: sizes and type, then owner and text, each filled up to four bytes. Read from the file alone. */
#define X(name, ...)                                                                               \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {           \
		uint32_t owner_size, text_size, type;                                              \
		char owner[sizeof(NOTE_OWNER)];                                                    \
		__attribute__((aligned(4))) char text[sizeof(JSON(__VA_ARGS__))];                  \
	} note_##name = {                                                                          \
		.owner_size = sizeof(NOTE_OWNER),                                                  \
		.text_size = sizeof(JSON(__VA_ARGS__)),                                            \
		.type = NOTE_TYPE,                                                                 \
		.owner = NOTE_OWNER,                                                               \
		.text = JSON(__VA_ARGS__),                                                         \
	};
KA_LIBRARIES(X)
#undef X

static const struct {
	const char *soname, *what;
} libraries[] = {
#define X(name, soname, priority, feature, what) [KA_LIBRARY_##name] = { soname, what },
	KA_LIBRARIES(X)
#undef X
};

static int fail(enum ka_library_id id, struct ka_error *err)
{
	return ka_fail(err, -EOPNOTSUPP, "a library is missing that is needed for %s: %s",
		       libraries[id].what, dlerror());
}

int ka_library_load(enum ka_library_id id, const struct ka_symbol *symbols, size_t n,
		    struct ka_error *err)
{
	void *library = dlopen(libraries[id].soname, RTLD_NOW);

	if (!library)
		return fail(id, err);
	for (size_t i = 0; i < n; i++) {
		void *p = dlsym(library, symbols[i].name);

		if (!p)
			return fail(id, err);
		memcpy(symbols[i].to, &p, sizeof(p));
	}
	return 0;
}
