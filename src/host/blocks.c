// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Places on a volume that are in no file, such as the sectors of btrfs' header where GRUB keeps an
 * environment block: "/dev/vda2:512+1".
 */

#include "host/host-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

#define SECTOR	     512
#define SECTOR_LIMIT (UINT64_C(1) << 54)

bool ka_blocks_parse(const char *name, char **ret_node, struct ka_blocks *ret)
{
	const char *colon = strrchr(name, ':');
	_cleanup_free_ char *text = colon ? ka_strdup(colon + 1) : NULL;
	char *plus = text ? strchr(text, '+') : NULL;
	uint64_t offset = 0, count;

	if (!plus)
		return false;
	*plus = '\0';
	/* Without a number in front it is from the start. */
	if ((*text && ka_parse_u64(text, SECTOR_LIMIT, &offset) < 0) ||
	    ka_parse_u64(plus + 1, SECTOR_LIMIT, &count) < 0)
		return false;
	*ret_node = ka_strndup(name, (size_t)(colon - name));
	*ret = (struct ka_blocks){ offset * SECTOR, count * SECTOR };
	return true;
}

static int read_at(int fd, uint64_t offset, char *data, size_t size)
{
	for (size_t n = 0; n < size;) {
		ssize_t r = pread(fd, data + n, size - n, (off_t)(offset + n));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? ka_errno() : -EIO;
		n += (size_t)r;
	}
	return 0;
}

int ka_host_read_blocks(struct ka_host *host, const char *name, size_t limit, char **ret,
			size_t *ret_len, struct ka_error *err)
{
	_cleanup_free_ char *node = NULL, *data = NULL;
	_cleanup_close_ int fd = -1;
	struct ka_blocks blocks;
	int r;

	if (!ka_blocks_parse(name, &node, &blocks))
		return ka_fail(err, -EINVAL, "'%s' names no sectors", name);
	if (blocks.size > limit)
		return ka_fail(err, -EFBIG, "'%s' is larger than the limit of %zu bytes", name,
			       limit);
	r = ka_host_open_device(host, node, &fd, err);
	if (r < 0)
		return r;
	data = ka_calloc(1, (size_t)blocks.size + 1);
	r = read_at(fd, blocks.offset, data, (size_t)blocks.size);
	if (r < 0)
		return ka_fail_sys(err, ka_host_note(host, name, r), "cannot read '%s'", name);
	*ret = TAKE_PTR(data);
	*ret_len = (size_t)blocks.size;
	return 0;
}
