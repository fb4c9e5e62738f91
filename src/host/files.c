// SPDX-License-Identifier: GPL-2.0-or-later
/* Files and directories of the machine looked at: opened, read, listed. */

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

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
	/* The file system says so of a name; of a whole path the kernel, which has not looked. */
	if (fd == -ENAMETOOLONG && strlen(path) < PATH_MAX)
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
		return ka_errno();
	if (!S_ISLNK(st.st_mode))
		return -EINVAL;
	return ka_root_read_link(fd, "", ret);
}
