// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * EFI variables as files: 4 bytes of attributes, then the value. The kernel protects them by the
 * immutable flag (fs/efivarfs), which is taken away first, as efivar(1) and systemd do.
 */

#include "restart/efivar.h"

#include "base/sys.h"

#include <kexec-any/host.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>

#define SIZE_LIMIT 65536
/* EFI_VARIABLE_NON_VOLATILE | BOOTSERVICE_ACCESS | RUNTIME_ACCESS */
#define ATTRIBUTES "\x07\0\0\0"

char *ka_efivar_path(const char *name, const char *guid)
{
	return ka_format("/sys/firmware/efi/efivars/%s-%s", name, guid);
}

int ka_efivar_read(const char *path, char **ret, size_t *ret_size, struct ka_error *err)
{
	_cleanup_close_ int fd = ka_sys->open(path, O_RDONLY);
	_cleanup_free_ char *data = NULL;
	ssize_t n;

	if (fd == -ENOENT)
		return -ENOENT;
	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot open '%s'", path);
	data = ka_malloc(SIZE_LIMIT);
	n = ka_sys->read(fd, data, SIZE_LIMIT);
	if (n < 0)
		return ka_fail_sys(err, (int)n, "cannot read '%s'", path);
	*ret = TAKE_PTR(data);
	*ret_size = (size_t)n;
	return 0;
}

/* One code point of UTF-8; bytes that are none stand for themselves. */
static uint32_t decode(const unsigned char **p)
{
	const unsigned char *s = *p;
	unsigned int n = *s < 0xc2 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : *s < 0xf5 ? 3 : 0;
	uint32_t c = n == 0 ? *s : *s & (0x3fu >> n);

	for (unsigned int i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*p = s + 1;
			return *s;
		}
		c = c << 6 | (s[i] & 0x3fu);
	}
	*p = s + 1 + n;
	return c;
}

static void add_unit(struct ka_buf *buf, uint32_t unit)
{
	const char bytes[2] = { (char)(unit & 0xff), (char)(unit >> 8) };

	ka_buf_add(buf, bytes, sizeof(bytes));
}

char *ka_efivar_encode(const char *text, size_t *ret_size)
{
	struct ka_buf buf = { 0 };
	const unsigned char *p = (const unsigned char *)text;

	ka_buf_add(&buf, ATTRIBUTES, 4);
	while (*p) {
		uint32_t c = decode(&p);

		if (c >= 0x10000) {
			add_unit(&buf, 0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		add_unit(&buf, c);
	}
	add_unit(&buf, 0);
	*ret_size = buf.len;
	return ka_buf_take(&buf);
}

/*
 * Take the immutable flag of a variable away. Returns a descriptor to put it back by, -ENOENT where there
 * is nothing to put back: the variable is new, or has no such flag.
 */
static int make_mutable(const char *path, int *ret_flags, struct ka_error *err)
{
	_cleanup_close_ int fd = ka_sys->open(path, O_RDONLY);
	int r;

	if (fd < 0)
		return fd == -ENOENT ? fd : ka_fail_sys(err, fd, "cannot open '%s'", path);
	if (ka_sys->get_flags(fd, ret_flags) < 0 || !(*ret_flags & FS_IMMUTABLE_FL))
		return -ENOENT;
	r = ka_sys->set_flags(fd, *ret_flags & ~FS_IMMUTABLE_FL);
	return r < 0 ? ka_fail_sys(err, r, "cannot make '%s' writable", path) : TAKE_FD(fd);
}

static int delete_variable(const char *path, struct ka_error *err)
{
	int r = ka_sys->unlink(path);

	return r < 0 && r != -ENOENT ? ka_fail_sys(err, r, "cannot delete '%s'", path) : 0;
}

/* In one piece: each write is a call of the firmware. */
static int set_variable(const char *path, const char *data, size_t size, struct ka_error *err)
{
	_cleanup_close_ int fd = ka_sys->open(path, O_WRONLY | O_CREAT);
	ssize_t n;

	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot open '%s' for writing", path);
	n = ka_sys->write(fd, data, size);
	if (n < 0 || (size_t)n != size)
		return ka_fail_sys(err, n < 0 ? (int)n : -EIO, "cannot write '%s'", path);
	return 0;
}

int ka_efivar_write(const char *path, const char *data, size_t size, struct ka_error *err)
{
	int flags, r, q = 0;
	_cleanup_close_ int flags_fd = make_mutable(path, &flags, err);

	if (flags_fd < 0 && flags_fd != -ENOENT)
		return flags_fd;
	r = data ? set_variable(path, data, size, err) : delete_variable(path, err);
	/* A variable that is made anew is given the flag by the kernel. */
	if (flags_fd >= 0 && (data || r < 0))
		q = ka_sys->set_flags(flags_fd, flags);
	if (r == 0 && q < 0)
		r = ka_fail_sys(err, q, "cannot protect '%s' again (chattr +i)", path);
	return r;
}
