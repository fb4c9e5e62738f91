// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration that a kernel was built with, where it is installed. */

#include "checks/config.h"

#include "unpack/unpack.h"

#include <kexec-any/text.h>

#include <errno.h>

#define CONFIG_LIMIT (4u << 20)

static int take(void *userdata, const uint8_t *data, size_t n)
{
	ka_buf_add(userdata, (const char *)data, n);
	return 0;
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
		return -ENOENT;
	r = ka_unpack(&(struct ka_reader){ .fd = fd, .size = (uint64_t)st.st_size },
		      KA_PACKING_GZIP, CONFIG_LIMIT, take, &buf, &unpacked, NULL);
	if (r < 0)
		return -ENOENT;
	*ret = ka_buf_take(&buf);
	return 0;
}

static int read_file(struct ka_host *host, const char *release, char **ret)
{
	/* Beside the kernel, or, since Debian's Linux 7, with its modules. */
	static const char *const places[] = { "/boot/config-%s", "/usr/lib/modules/%s/config",
					      "/lib/modules/%s/config" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r < 0; i++) {
		_cleanup_free_ char *path = ka_format(places[i], release);

		r = ka_host_read(host, path, CONFIG_LIMIT, ret, NULL, NULL);
	}
	return r;
}

static void read_config(struct ka_check_context *c, enum ka_which_kernel which, char **ret)
{
	_cleanup_free_ char *next = NULL;
	const char *release = c->machine->release;
	int r = -ENOENT;

	if (which == KA_KERNEL_RUNNING)
		r = read_running(c->host, ret);
	else
		release = next = ka_image_release(&c->plan->image);
	if (r == -ENOENT && release)
		r = read_file(c->host, release, ret);
	/* Of the same name, mostly the same build. */
	if (r == -ENOENT && next && c->machine->release && ka_streq(next, c->machine->release))
		(void)read_running(c->host, ret);
}

const char *ka_config_read(struct ka_check_context *c, enum ka_which_kernel which)
{
	struct ka_config *config = &c->configs[which];

	if (!config->is_read) {
		read_config(c, which, &config->text);
		config->is_read = true;
	}
	return config->text;
}

bool ka_config_has(const char *config, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = config; p && (p = strstr(p, line)); p++)
		if ((p == config || p[-1] == '\n') && (p[n] == '\n' || p[n] == '\0'))
			return true;
	return false;
}
