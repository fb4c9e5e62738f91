// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root of the machine looked at, and every way to reach a file below it.
 *
 * openat2(2) with RESOLVE_IN_ROOT does the work: it treats the root as "/" for absolute links and
 * "..", atomically. Kernels before 5.6 and some seccomp filters do not have it; there the walk
 * opens one component after the other, follows links by hand and stops ".." at the root. The walk
 * also computes canonical paths, which the system call cannot give.
 */

#include "host-internal.h"

#include <kexec-any/text.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>

#define MAX_LINKS   40 /* as the kernel's own MAXSYMLINKS */
#define MAX_RETRIES 16 /* openat2(): "the kernel cannot assure safety, the caller may retry" */

int ka_host_new(const char *root, struct ka_host **ret, struct ka_error *err)
{
	_cleanup_(ka_host_freep) struct ka_host *host = NULL;

	host = calloc(1, sizeof(*host));
	if (!host)
		return -ENOMEM;
	host->live = !root || ka_streq(root, "/");
	host->root_fd = open(host->live ? "/" : root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host->root_fd < 0)
		return ka_fail_sys(err, ka_errno(), "cannot open the root '%s'", root ? root : "/");

	*ret = TAKE_PTR(host);
	return 0;
}

struct ka_host *ka_host_free(struct ka_host *host)
{
	if (!host)
		return NULL;
	if (host->root_fd >= 0)
		close(host->root_fd);
	ka_private_done(host);
	ka_mounts_done(&host->mounts);
	ka_volumes_done(host);
	free(host);
	return NULL;
}

void ka_host_freep(struct ka_host **host)
{
	ka_host_free(*host);
}

bool ka_host_is_live(const struct ka_host *host)
{
	return host->live;
}

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
			return fd;
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

static int walk_down_take(struct walk *w, const char *name, int fd)
{
	_cleanup_close_ int owned = fd;
	_cleanup_free_ char *copy = strdup(name);
	char **names;
	int *fds;

	if (!copy)
		return -ENOMEM;
	fds = reallocarray(w->fds, w->depth + 2, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	w->fds = fds;
	names = reallocarray(w->names, w->depth + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	w->names = names;

	w->names[w->depth++] = TAKE_PTR(copy);
	w->fds[w->depth] = TAKE_FD(owned);
	return 0;
}

/* The way walked so far, behind the first n bytes of prefix (a private volume's name). */
static char *walk_path(const struct walk *w, const char *prefix, size_t n, const char *last)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	if (ka_buf_add(&buf, prefix, n) < 0)
		return NULL;
	for (size_t i = 0; i < w->depth; i++)
		if (ka_buf_addf(&buf, "/%s", w->names[i]) < 0)
			return NULL;
	if (last && ka_buf_addf(&buf, "/%s", last) < 0)
		return NULL;
	if (buf.len == n && ka_buf_adds(&buf, "/") < 0)
		return NULL;
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
	if (!rest)
		return -ENOMEM;
	free(w->rest);
	w->rest = rest;
	return 0;
}

static int read_link_at(int dir_fd, const char *name, char **ret)
{
	char target[PATH_MAX];
	ssize_t n;

	n = readlinkat(dir_fd, name, target, sizeof(target));
	if (n < 0)
		return ka_errno();
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	target[n] = '\0';
	*ret = strdup(target);
	return *ret ? 0 : -ENOMEM;
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
	name = strndup(p, (size_t)(behind - p));
	if (!name)
		return -ENOMEM;

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
		r = read_link_at(w->fds[w->depth], name, &target);
		return target ? walk_follow(w, target, behind) : r;
	}
	if (*behind && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	r = walk_down_take(w, name, TAKE_FD(fd));
	if (r < 0)
		return r;
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
	_cleanup_free_ char *missing = NULL, *canonical = NULL;
	const char *below = path;
	int root_fd = ka_private_root(host, &below), fd, r = 0;

	w.fds = malloc(sizeof(*w.fds));
	w.rest = strdup(below);
	if (!w.fds || !w.rest)
		return -ENOMEM;
	w.fds[0] = root_fd;
	w.nofollow = flags & O_NOFOLLOW;

	while (r == 0 && *w.rest)
		r = walk_step(&w, &missing);
	if (r < 0)
		return r;

	if (ret_canonical) {
		canonical = walk_path(&w, path, (size_t)(below - path), missing);
		if (!canonical)
			return -ENOMEM;
	}
	if (ret_fd) {
		fd = missing ? -ENOENT : walk_reopen(&w, flags);
		if (fd < 0)
			return fd;
		*ret_fd = fd;
	}
	if (ret_canonical)
		*ret_canonical = TAKE_PTR(canonical);
	return missing ? 0 : 1;
}

int ka_host_canonical(struct ka_host *host, const char *path, char **ret)
{
	return ka_root_walk(host, path, 0, ret, NULL);
}

static int open_kind(struct ka_host *host, const char *path, bool device, int *ret_fd,
		     struct ka_error *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int flags;

	/* O_NONBLOCK: opening a fifo or a tape must not hang; for regular files it changes nothing
	 * and is taken away again. */
	fd = ka_root_open(host, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return ka_fail_sys(err, ka_errno(), "cannot examine '%s'", path);
	if (S_ISDIR(st.st_mode))
		return ka_fail(err, -EISDIR, "'%s' is a directory, not a file", path);
	if (!S_ISREG(st.st_mode) && !(device && S_ISBLK(st.st_mode)))
		return ka_fail(err, -EINVAL, "'%s' is not a %s", path,
			       device ? "block device" : "regular file");

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return ka_fail_sys(err, ka_errno(), "cannot prepare '%s'", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int ka_host_open(struct ka_host *host, const char *path, int *ret_fd, struct ka_error *err)
{
	return open_kind(host, path, /* device= */ false, ret_fd, err);
}

int ka_host_open_device(struct ka_host *host, const char *path, int *ret_fd, struct ka_error *err)
{
	return open_kind(host, path, /* device= */ true, ret_fd, err);
}

int ka_host_read(struct ka_host *host, const char *path, size_t limit, char **ret, size_t *ret_len,
		 struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	_cleanup_close_ int fd = -1;
	char block[16384], *text;
	ssize_t n;
	int r;

	r = ka_host_open(host, path, &fd, err);
	if (r < 0)
		return r;

	/* Read until the end, not st_size: files of /proc and /sys have none. */
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return ka_fail_sys(err, ka_errno(), "cannot read '%s'", path);
		}
		if (buf.len + (size_t)n > limit)
			return ka_fail(err, -EFBIG, "'%s' is larger than the limit of %zu bytes",
				       path, limit);
		r = ka_buf_add(&buf, block, (size_t)n);
		if (r < 0)
			return r;
	}

	if (ret_len)
		*ret_len = buf.len;
	text = ka_buf_take(&buf);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int ka_host_read_line(struct ka_host *host, const char *path, char **ret, struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	char *line;
	int r;

	r = ka_host_read(host, path, 65536, &text, NULL, err);
	if (r < 0)
		return r;
	/* The analyzer does not see that 0 means text is set. NOLINTNEXTLINE */
	text[strcspn(text, "\n")] = '\0';
	line = strdup(ka_strip(text));
	if (!line)
		return -ENOMEM;
	*ret = line;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names are collected with room that doubles; ka_strv_add() counts from the start every time. */
static int add_name(char ***names, size_t *n, const char *name)
{
	if (*n >= KA_HOST_NAMES_LIMIT)
		return -E2BIG;
	if (*n == 0 || ((*n + 1) & *n) == 0) {
		char **p = reallocarray(*names, (*n + 1) * 2, sizeof(*p));

		if (!p)
			return -ENOMEM;
		*names = p;
	}
	(*names)[*n] = strdup(name);
	if (!(*names)[*n])
		return -ENOMEM;
	(*names)[++*n] = NULL;
	return 0;
}

int ka_host_list(struct ka_host *host, const char *path, char ***ret, struct ka_error *err)
{
	_cleanup_strv_ char **names = NULL;
	struct dirent *de;
	size_t n = 0;
	DIR *dir;
	int fd, r = 0;

	fd = ka_root_open(host, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot open the directory '%s'", path);
	dir = fdopendir(fd);
	if (!dir) {
		r = ka_errno();
		close(fd);
		return ka_fail_sys(err, r, "cannot read the directory '%s'", path);
	}

	while (r == 0 && (errno = 0, de = readdir(dir)))
		if (!ka_streq(de->d_name, ".") && !ka_streq(de->d_name, ".."))
			r = add_name(&names, &n, de->d_name);
	if (r == 0 && errno != 0)
		r = ka_errno();
	closedir(dir);
	if (r == -E2BIG)
		return ka_fail(err, r, "'%s' holds more than %d names", path, KA_HOST_NAMES_LIMIT);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot read the directory '%s'", path);

	if (!names) {
		names = calloc(1, sizeof(*names));
		if (!names)
			return -ENOMEM;
	}
	qsort(names, n, sizeof(*names), compare_names);
	*ret = TAKE_PTR(names);
	return 0;
}

static int stat_path(struct ka_host *host, const char *path, int flags, struct stat *ret_st)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = ka_root_open(host, path, O_PATH | flags);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return ka_errno();
	if (ret_st)
		*ret_st = st;
	return 1;
}

int ka_host_stat(struct ka_host *host, const char *path, struct stat *ret_st)
{
	return stat_path(host, path, 0, ret_st);
}

int ka_host_lstat(struct ka_host *host, const char *path, struct stat *ret_st)
{
	return stat_path(host, path, O_NOFOLLOW, ret_st);
}

bool ka_host_exists(struct ka_host *host, const char *path)
{
	return ka_host_stat(host, path, NULL) > 0;
}

int ka_host_readlink(struct ka_host *host, const char *path, char **ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = ka_root_open(host, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return ka_errno();
	if (!S_ISLNK(st.st_mode))
		return -EINVAL;
	return read_link_at(fd, "", ret);
}
