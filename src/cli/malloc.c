// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program's own malloc(), calloc(), realloc() and posix_memalign(): those of the C library,
 * except that they end the program where those fail. The libraries allocate through them too, and some take a
 * failed allocation for an empty answer. Everything else (free(), sizes) stays the C library's. This
 * file is linked into the program alone; sanitizers have an allocator of their own and end by
 * themselves.
 */

#include <kexec-any/memory.h>

#include <dlfcn.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
	!__has_feature(address_sanitizer) && !__has_feature(memory_sanitizer) &&                   \
	!__has_feature(thread_sanitizer)

/*
 * The next definition of that name. False while dlsym(3) itself asks for memory: glibc before 2.34
 * does, for a text it does not need, and takes NULL for an answer.
 */
static bool find(void *to, const char *name)
{
	static bool is_under_way;
	void *p;

	if (is_under_way)
		return false;
	is_under_way = true;
	p = dlsym(RTLD_NEXT, name);
	is_under_way = false;
	if (!p)
		ka_out_of_memory();
	memcpy(to, &p, sizeof(p));
	return true;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved */

void *malloc(size_t size)
{
	static __typeof__(&malloc) next;
	void *p;

	if (!next && !find(&next, "malloc"))
		return NULL;
	p = next(size);
	if (!p && size > 0)
		ka_out_of_memory();
	return p;
}

void *calloc(size_t n, size_t size)
{
	static __typeof__(&calloc) next;
	void *p;

	if (!next && !find(&next, "calloc"))
		return NULL;
	p = next(n, size);
	if (!p && n > 0 && size > 0)
		ka_out_of_memory();
	return p;
}

void *realloc(void *old, size_t size)
{
	static __typeof__(&realloc) next;
	void *p;

	if (!next && !find(&next, "realloc"))
		return NULL;
	p = next(old, size);
	if (!p && size > 0)
		ka_out_of_memory();
	return p;
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	static __typeof__(&posix_memalign) next;
	int r;

	if (!next && !find(&next, "posix_memalign"))
		return ENOMEM;
	r = next(ret, alignment, size);
	if (r == ENOMEM && size > 0)
		ka_out_of_memory();
	return r;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#endif
