// SPDX-License-Identifier: GPL-2.0-or-later
/* Volumes that are mounted nowhere, on the live machine: a loop device, where the right to one is given. */

#include "unit.h"

#include "host/host-internal.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static char node[32];

/* A file system with one file on a loop device that goes with its descriptor; -1: not possible here. */
static int make_volume(void)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY };
	int control, number, image, fd;
	char command[512];

	unit_puts("files/dir/file", "content\n");
	unit_link("files/link", "/dir/file");
	snprintf(command, sizeof(command),
		 "PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -d '%s/files' '%s/image' 2M "
		 ">/dev/null 2>&1",
		 unit_dir, unit_dir);
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0 || system(command) != 0)
		return -1;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	if (number < 0)
		return -1;
	snprintf(node, sizeof(node), "/dev/loop%d", number);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	image = open(unit_path("image"), O_RDONLY | O_CLOEXEC);
	config.fd = (uint32_t)image;
	if (fd >= 0 && (image < 0 || ioctl(fd, LOOP_CONFIGURE, &config) < 0)) {
		close(fd);
		fd = -1;
	}
	if (image >= 0)
		close(image);
	return fd;
}

/* Without fsopen(2) nothing can be mounted apart. */
static bool has_fsopen(void)
{
	int fd = (int)syscall(SYS_fsopen, "ext4", 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void test_private(void **state)
{
	const struct ka_ref ref = { node, (char *)"/dir/file" };
	char *path = NULL, *text = NULL, expected[64], link[64];
	struct ka_host *host = NULL;
	int fd = has_fsopen() ? make_volume() : -1;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(ka_host_new("/", &host, NULL), 0);
	/* Twice: the second time it is mounted already. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ka_host_locate(host, &ref, &path, NULL), 0);
		snprintf(expected, sizeof(expected), "%s:/dir/file", node);
		assert_string_equal(path, expected);
		free(path);
	}
	assert_int_equal(ka_host_read(host, expected, 100, &text, NULL, NULL), 0);
	assert_string_equal(text, "content\n");
	free(text);
	/* A link of the volume starts at its own root. */
	snprintf(link, sizeof(link), "%s:/link", node);
	assert_int_equal(ka_host_read(host, link, 100, &text, NULL, NULL), 0);
	assert_string_equal(text, "content\n");
	free(text);
	assert_int_equal(ka_host_canonical(host, link, &path), 1);
	assert_string_equal(path, expected);
	free(path);
	/* Nobody else sees it. */
	snprintf(link, sizeof(link), "grep -q '%s ' /proc/self/mountinfo", node);
	assert_int_not_equal(system(link), 0);
	ka_host_free(host);
	close(fd);
}

static void test_refused(void **state)
{
	const struct ka_ref ref = { (char *)"/dev/zero", (char *)"/x" };
	struct ka_error err = KA_ERROR_INIT;
	struct ka_host *host = NULL;
	char *path = NULL;

	(void)state;
	assert_int_equal(ka_host_new("/", &host, NULL), 0);
	assert_int_equal(ka_host_locate(host, &ref, &path, &err), -ENXIO);
	assert_non_null(strstr(err.text, "cannot be read otherwise"));
	ka_error_done(&err);
	ka_host_free(host);
	unit_puts("dev/zero", "");
	unit_puts("proc/self/mountinfo", "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
	assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
	assert_int_equal(ka_host_locate(host, &ref, &path, &err), -ENXIO);
	ka_error_done(&err);
	ka_host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_refused),
		unit_case(test_private), /* valgrind does not know fsopen(2) */
	};

	return _cmocka_run_group_tests("private", tests, ARRAY_SIZE(tests) - unit_is_wrapped(),
				       NULL, NULL);
}
