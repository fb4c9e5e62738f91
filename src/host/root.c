// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root of the machine looked at, and every way to reach a file below it.
 *
 * openat2(2) with RESOLVE_IN_ROOT does the work: it treats the root as "/" for absolute links and
 * "..", atomically. Kernels before 5.6 and some seccomp filters do not have it; there the walk
 * opens one component after the other, follows links by hand and stops ".." at the root. The walk
 * also computes canonical paths, which the system call cannot give.
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#define MAX_LINKS   40 /* as the kernel's own MAXSYMLINKS */
#define MAX_RETRIES 16 /* openat2(): "the kernel cannot assure safety, the caller may retry" */

static int try_openat2(int root_fd, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned int)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};

	for (unsigned int i = 0; i < MAX_RETRIES; i++) {
		long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN)
			break;
	}
	return ka_errno();
}

int ka_root_open(struct ka_host *host, const char *path, int flags)
{
	const char *below = path;
	int root_fd = ka_private_root(host, &below), fd, r;

	if (!host->no_openat2) {
		fd = try_openat2(root_fd, below, flags);
		/* EPERM can also come from the file; the walk then says so itself. */
		if (fd != -ENOSYS && fd != -EPERM)
			return ka_host_note(host, path, fd);
		host->no_openat2 = fd == -ENOSYS;
	}
	r = ka_root_walk(host, path, flags, NULL, &fd);
	return r < 0 ? r : fd;
}

/* The state of one walk: where it stands (descriptors of every folder on the way, so that ".."
 * needs no second look-up) and what is still to be walked. */
struct walk {
	int *fds;     /* fds[0] is borrowed from the host, the others are owned */
	char **names; /* names[i] leads from fds[i] to fds[i + 1] */
	size_t depth;
	char *rest; /* owned; components not walked yet */
	unsigned int links;
	bool nofollow; /* a link as the last component is the answer, not followed */
};

static void walk_up(struct walk *w)
{
	if (w->depth == 0)
		return;
	close(w->fds[w->depth]);
	free(w->names[--w->depth]);
}

static void walk_done(struct walk *w)
{
	while (w->depth > 0)
		walk_up(w);
	free(w->fds);
	free(w->names);
	free(w->rest);
}

static void walk_down_take(struct walk *w, const char *name, int fd)
{
	w->fds = ka_reallocarray(w->fds, w->depth + 2, sizeof(*w->fds));
	w->names = ka_reallocarray(w->names, w->depth + 1, sizeof(*w->names));
	w->names[w->depth++] = ka_strdup(name);
	w->fds[w->depth] = fd;
}

/* The way walked so far, behind the first n bytes of prefix (a private volume's name). */
static char *walk_path(const struct walk *w, const char *prefix, size_t n, const char *last)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	ka_buf_add(&buf, prefix, n);
	for (size_t i = 0; i < w->depth; i++)
		ka_buf_addf(&buf, "/%s", w->names[i]);
	if (last)
		ka_buf_addf(&buf, "/%s", last);
	if (buf.len == n)
		ka_buf_adds(&buf, "/");
	return ka_buf_take(&buf);
}

/* Put the link's text in front of what is still to be walked. */
static int walk_follow(struct walk *w, const char *target, const char *behind)
{
	char *rest;

	if (++w->links > MAX_LINKS)
		return -ELOOP;
	if (*target == '/')
		while (w->depth > 0)
			walk_up(w);
	rest = ka_format("%s%s", target, behind); /* behind is empty or begins with a slash */
	free(w->rest);
	w->rest = rest;
	return 0;
}

int ka_root_read_link(int dir_fd, const char *name, char **ret)
{
	char target[PATH_MAX];
	ssize_t n;

	n = readlinkat(dir_fd, name, target, sizeof(target));
	if (n < 0)
		return ka_errno();
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	target[n] = '\0';
	*ret = ka_strdup(target);
	return 0;
}

/*
 * Walk one component. Returns 0 to go on, 1 when the walk ended at a name that does not exist
 * (*missing holds it then), negative errno otherwise.
 */
static int walk_step(struct walk *w, char **missing)
{
	_cleanup_free_ char *name = NULL, *target = NULL;
	_cleanup_close_ int fd = -1;
	const char *p = w->rest, *behind;
	struct stat st;
	int r;

	while (*p == '/')
		p++;
	behind = strchrnul(p, '/');
	name = ka_strndup(p, (size_t)(behind - p));

	if (!*name || ka_streq(name, ".") || ka_streq(name, "..")) {
		if (ka_streq(name, ".."))
			walk_up(w);
		memmove(w->rest, behind, strlen(behind) + 1);
		return 0;
	}

	fd = openat(w->fds[w->depth], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		r = ka_errno();
		if (r == -ENOENT && !behind[strspn(behind, "/")]) {
			*missing = TAKE_PTR(name);
			return 1;
		}
		return r;
	}
	if (fstat(fd, &st) < 0)
		return ka_errno();
	if (S_ISLNK(st.st_mode) && !(w->nofollow && !*behind)) {
		r = ka_root_read_link(w->fds[w->depth], name, &target);
		return target ? walk_follow(w, target, behind) : r;
	}
	if (*behind && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	walk_down_take(w, name, TAKE_FD(fd));
	memmove(w->rest, behind, strlen(behind) + 1);
	return 0;
}

/* Turn the O_PATH descriptor the walk ended on into one with the flags wanted. */
static int walk_reopen(const struct walk *w, int flags)
{
	int fd, parent;

	if (w->depth == 0)
		fd = openat(w->fds[0], ".", flags | O_CLOEXEC);
	else {
		parent = w->fds[w->depth - 1];
		fd = openat(parent, w->names[w->depth - 1], flags | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd < 0 ? ka_errno() : fd;
}

int ka_root_walk(struct ka_host *host, const char *path, int flags, char **ret_canonical,
		 int *ret_fd)
{
	_cleanup_(walk_done) struct walk w = { 0 };
	_cleanup_free_ char *missing = NULL;
	const char *below = path;
	int root_fd = ka_private_root(host, &below), fd, r = 0;

	/* As the system call has it (PATH_MAX counts the NUL). */
	if (strlen(below) >= PATH_MAX)
		return ka_host_note(host, path, -ENAMETOOLONG);
	w.fds = ka_malloc(sizeof(*w.fds));
	w.rest = ka_strdup(below);
	w.fds[0] = root_fd;
	w.nofollow = flags & O_NOFOLLOW;

	while (r == 0 && *w.rest)
		r = walk_step(&w, &missing);
	if (r < 0)
		return ka_host_note(host, path, r);

	if (ret_fd) {
		fd = missing ? -ENOENT : walk_reopen(&w, flags);
		if (fd < 0)
			return ka_host_note(host, path, fd);
		*ret_fd = fd;
	}
	if (ret_canonical)
		*ret_canonical = walk_path(&w, path, (size_t)(below - path), missing);
	return missing ? 0 : 1;
}

int ka_host_canonical(struct ka_host *host, const char *path, char **ret)
{
	return ka_root_walk(host, path, 0, ret, NULL);
}
