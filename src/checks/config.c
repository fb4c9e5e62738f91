// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration that a kernel was built with, where it is installed. */

#include "checks/config.h"

#include "unpack/unpack.h"

#include <kexec-any/text.h>

#include <errno.h>

#define CONFIG_LIMIT (4u << 20)

static int take(void *userdata, const uint8_t *data, size_t n)
{
	return ka_buf_add(userdata, (const char *)data, n);
}

/* The running kernel's own word, CONFIG_IKCONFIG_PROC. */
static int read_running(struct ka_host *host, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	_cleanup_close_ int fd = -1;
	struct ka_unpacked unpacked;
	struct stat st;
	int r;

	r = ka_host_open(host, "/proc/config.gz", &fd, NULL);
	if (r < 0 || fstat(fd, &st) < 0)
		return r == -ENOMEM ? r : -ENOENT;
	r = ka_unpack(&(struct ka_reader){ .fd = fd, .size = (uint64_t)st.st_size },
		      KA_PACKING_GZIP, CONFIG_LIMIT, take, &buf, &unpacked, NULL);
	if (r < 0)
		return r;
	*ret = ka_buf_take(&buf);
	return *ret ? 0 : -ENOMEM;
}

int ka_kernel_config(struct ka_host *host, const char *release, bool is_running, char **ret)
{
	/* Beside the kernel, or, since Debian's Linux 7, with its modules. */
	static const char *const places[] = { "/boot/config-%s", "/usr/lib/modules/%s/config",
					      "/lib/modules/%s/config" };
	int r = is_running ? read_running(host, ret) : -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r < 0; i++) {
		_cleanup_free_ char *path = NULL;

		if (r == -ENOMEM)
			return r;
		path = ka_format(places[i], release);
		if (!path)
			return -ENOMEM;
		r = ka_host_read(host, path, CONFIG_LIMIT, ret, NULL, NULL);
	}
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return 1;
}

bool ka_kernel_config_has(const char *config, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = config; p && (p = strstr(p, line)); p++)
		if ((p == config || p[-1] == '\n') && (p[n] == '\n' || p[n] == '\0'))
			return true;
	return false;
}
