// SPDX-License-Identifier: GPL-2.0-or-later
/* Files and directories of the machine looked at: opened, read, listed. */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/*
 * The same file again, to be read. /proc leads to the very inode that was looked at; where it is not
 * mounted the path has to do, and what it leads to now is compared.
 */
static int reopen(struct ka_host *host, const char *path, int fd, const struct stat *st)
{
	/* O_NONBLOCK: opening a tape must not hang; for regular files it changes nothing and is taken
	 * away again. */
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	_cleanup_close_ int again = -1;
	struct stat now;
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, flags);
	if (again >= 0 || errno != ENOENT)
		return again >= 0 ? TAKE_FD(again) : ka_errno();
	again = ka_root_open(host, path, flags);
	if (again < 0)
		return again;
	if (fstat(again, &now) < 0)
		return ka_errno();
	return now.st_dev == st->st_dev && now.st_ino == st->st_ino ? TAKE_FD(again) : -ESTALE;
}

/* What it is must be known before it is opened: opening a device may do something. */
static int open_kind(struct ka_host *host, const char *path, bool device, int *ret_fd,
		     struct ka_error *err)
{
	_cleanup_close_ int seen = -1, fd = -1;
	struct stat st;
	int flags;

	seen = ka_root_open(host, path, O_PATH);
	if (seen < 0)
		return ka_fail_sys(err, seen, "cannot open '%s'", path);
	if (fstat(seen, &st) < 0)
		return ka_fail_sys(err, ka_host_note(host, path, ka_errno()), "cannot examine '%s'",
				   path);
	if (S_ISDIR(st.st_mode))
		return ka_fail(err, -EISDIR, "'%s' is a directory, not a file", path);
	if (!S_ISREG(st.st_mode) && !(device && host->live && S_ISBLK(st.st_mode)))
		return ka_fail(err, -EINVAL, "'%s' is not a %s", path,
			       device ? "block device" : "regular file");

	fd = reopen(host, path, seen, &st);
	if (fd < 0)
		return ka_fail_sys(err, ka_host_note(host, path, fd), "cannot open '%s'", path);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return ka_fail_sys(err, ka_host_note(host, path, ka_errno()), "cannot prepare '%s'",
				   path);
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

/* Until the end, not st_size: files of /proc and /sys have none. 1: there is more than limit. */
static int read_up_to(int fd, size_t limit, struct ka_buf *buf)
{
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		size_t room = limit - buf->len;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ka_errno();
		ka_buf_add(buf, block, (size_t)n < room ? (size_t)n : room);
		if ((size_t)n > room)
			return 1;
	}
	return 0;
}

static int open_and_read(struct ka_host *host, const char *path, size_t limit, struct ka_buf *buf,
			 struct ka_error *err)
{
	_cleanup_close_ int fd = -1;
	int r = ka_host_open(host, path, &fd, err);

	if (r < 0)
		return r;
	r = read_up_to(fd, limit, buf);
	return r < 0 ? ka_fail_sys(err, ka_host_note(host, path, r), "cannot read '%s'", path) : r;
}

int ka_host_read(struct ka_host *host, const char *path, size_t limit, char **ret, size_t *ret_len,
		 struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	int r = open_and_read(host, path, limit, &buf, err);

	if (r < 0)
		return r;
	if (r > 0)
		return ka_fail(err, -EFBIG, "'%s' is larger than the limit of %zu bytes", path,
			       limit);
	if (ret_len)
		*ret_len = buf.len;
	*ret = ka_buf_take(&buf);
	return 0;
}

int ka_host_read_start(struct ka_host *host, const char *path, size_t limit, char **ret,
		       struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	int r = open_and_read(host, path, limit, &buf, err);

	if (r >= 0)
		*ret = ka_buf_take(&buf);
	return r;
}

int ka_host_read_line(struct ka_host *host, const char *path, char **ret, struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ka_host_read(host, path, 65536, &text, NULL, err);
	if (r < 0)
		return r;
	/* The analyzer does not see that 0 means text is set. NOLINTNEXTLINE */
	text[strcspn(text, "\n")] = '\0';
	*ret = ka_strdup(ka_strip(text));
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
	if (*n == 0 || ((*n + 1) & *n) == 0)
		*names = ka_reallocarray(*names, (*n + 1) * 2, sizeof(**names));
	(*names)[*n] = ka_strdup(name);
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
		r = ka_host_note(host, path, ka_errno());
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
	if (ka_host_note(host, path, r) < 0)
		return ka_fail_sys(err, r, "cannot read the directory '%s'", path);

	if (!names)
		names = ka_calloc(1, sizeof(*names));
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
	/* The file system says so of a name; of a whole path the kernel, which has not looked. */
	if (fd == -ENAMETOOLONG && strlen(path) < PATH_MAX)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return ka_host_note(host, path, ka_errno());
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

int ka_host_exists(struct ka_host *host, const char *path, struct ka_error *err)
{
	int r = ka_host_stat(host, path, NULL);

	if (r == -EACCES && geteuid() != 0)
		return ka_fail(err, r,
			       "cannot tell whether '%s' is there: %s; run kexec-any as root", path,
			       strerror(-r));
	if (r < 0)
		return ka_fail_sys(err, r, "cannot tell whether '%s' is there", path);
	return r;
}

bool ka_host_seems_there(struct ka_host *host, const char *path)
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
		return ka_host_note(host, path, ka_errno());
	if (!S_ISLNK(st.st_mode))
		return -EINVAL;
	return ka_host_note(host, path, ka_root_read_link(fd, "", ret));
}
