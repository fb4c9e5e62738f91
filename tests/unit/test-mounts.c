// SPDX-License-Identifier: GPL-2.0-or-later
/* Which mount is visible where, by ids; the kernel itself is asked in a mount namespace. */

#include "unit.h"

#include "host/host-internal.h"

#include <kexec-any/host.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static struct ka_host *new_host(void)
{
	struct ka_host *host = NULL;

	unit_puts("dev/.d", "");
	unit_puts("boot/.d", "");
	unit_puts("mnt/a/b/.d", "");
	assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
	return host;
}

static void expect_place(struct ka_host *host, const char *volume, const char *path,
			 const char *expected)
{
	struct ka_ref ref = { (char *)volume, (char *)path };
	char *place = NULL;
	int r = ka_host_locate(host, &ref, &place, NULL);

	if (r != (expected ? 0 : -ENXIO) || (expected && !ka_streq(place, expected)))
		print_message("# %s %s: %d %s\n", volume, path, r, place ? place : "");
	assert_int_equal(r, expected ? 0 : -ENXIO);
	if (expected)
		assert_string_equal(place, expected);
	free(place);
}

static void expect_volume(struct ka_host *host, const char *path, const char *volume,
			  const char *below)
{
	struct ka_ref ref = { NULL };

	assert_int_equal(ka_host_reference(host, path, &ref), 0);
	assert_string_equal(ref.volume, volume);
	assert_string_equal(ref.path, below);
	ka_ref_done(&ref);
}

/* The root is what lies on nothing that this process sees, not the first "/" of the table; the kernel looks paths
 * up from there, below what was mounted over it later (nd_jump_root(), fs/namei.c). */
static void test_root_by_parent(void **state)
{
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo", "30 29 8:2 / / rw - ext4 /dev/sda2 rw\n"
					 "29 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
					 "31 30 8:3 / /boot rw - ext4 /dev/sda3 rw\n");
	host = new_host();
	expect_volume(host, "/boot/x", "/dev/sda1", "/boot/x");
	ka_host_free(host);
}

/* An initramfs mounts the medium and moves it below the root that it makes then: Debian live's lines. */
static void test_before_root(void **state)
{
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo",
		  "22 29 0:21 / /sys rw - sysfs sysfs rw\n"
		  "26 29 254:1 / /run/live/medium ro - iso9660 /dev/vda1 ro\n"
		  "27 29 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
		  "29 1 0:27 / / rw - overlay overlay rw\n");
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_link("dev/disk/by-uuid/medium", "../../vda1");
	host = new_host();
	expect_place(host, "UUID=medium", "/live/vmlinuz", "/run/live/medium/live/vmlinuz");
	expect_place(host, "/dev/vda2", "/vmlinuz", "/boot/vmlinuz");
	expect_volume(host, "/boot/vmlinuz", "/dev/vda2", "/vmlinuz");
	assert_int_equal(ka_host_is_mount_point(host, "/boot"), 1);
	assert_int_equal(ka_host_is_mount_point(host, "/boot/grub"), 0);
	ka_host_free(host);
}

/* The lines of what covers and of what is covered stand in either order. */
static void test_covered(void **state)
{
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo",
		  "40 30 254:4 / /boot rw - ext4 /dev/vda4 rw\n" /* over 30 */
		  "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
		  "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
		  "31 28 254:3 / /mnt/a/b rw - ext4 /dev/vda3 rw\n"
		  "32 28 254:5 / /mnt/a rw - ext4 /dev/vda5 rw\n" /* hides 31 */
		  "33 28 254:6 / / rw - ext4 /dev/vda6 rw\n"); /* over the root: nobody sees it */
	host = new_host();
	expect_place(host, "/dev/vda4", "/x", "/boot/x");
	expect_place(host, "/dev/vda2", "/x", NULL);
	expect_place(host, "/dev/vda3", "/x", NULL);
	expect_place(host, "/dev/vda5", "/x", "/mnt/a/x");
	expect_place(host, "/dev/vda1", "/x", "/x");
	expect_place(host, "/dev/vda6", "/x", NULL);
	expect_volume(host, "/mnt/a/b/c", "/dev/vda5", "/b/c");
	expect_volume(host, "/boot/x", "/dev/vda4", "/x");
	ka_host_free(host);
}

/* The top of btrfs is mounted as well as two of its subvolumes: the longest root wins. */
static void test_longest_root(void **state)
{
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo", "28 1 0:30 /@ / rw - btrfs /dev/vda1 rw\n"
					 "29 28 0:30 / /mnt/top rw - btrfs /dev/vda1 rw\n"
					 "30 28 0:30 /@/boot /srv/boot rw - btrfs /dev/vda1 rw\n");
	host = new_host();
	expect_place(host, "/dev/vda1", "/@/boot/vmlinuz", "/srv/boot/vmlinuz");
	expect_place(host, "/dev/vda1", "/@/bootstrap", "/bootstrap");
	expect_place(host, "/dev/vda1", "/other", "/mnt/top/other");
	ka_host_free(host);
}

/* A pool has no device in mountinfo, but datasets; GRUB names them in its paths (grub-core/fs/zfs/zfs.c). */
static void test_zfs(void **state)
{
	struct ka_host *host;
	struct ka_ref ref = { NULL };

	(void)state;
	unit_puts("proc/self/mountinfo", "28 1 0:25 / / rw - zfs rpool/ROOT/pve-1 rw\n"
					 "29 28 0:26 / /boot rw - zfs bpool rw\n"
					 "30 29 0:27 / /boot/grub rw - zfs bpool/grub rw\n"
					 "31 28 0:28 / /old rw - zfs rpool/ROOT/pve-1@before rw\n"
					 "32 28 0:29 / /srv rw - zfs elsewhere/srv rw\n");
	unit_puts("dev/disk/by-label/.d", "");
	unit_link("dev/disk/by-label/bpool", "../../sda2");
	unit_link("dev/disk/by-label/rpool", "../../sda3");
	unit_puts("boot/grub/.d", "");
	unit_puts("old/.d", "");
	unit_puts("srv/.d", "");
	host = new_host();
	expect_volume(host, "/boot/vmlinuz", "/dev/sda2", "/@/vmlinuz");
	expect_volume(host, "/boot/grub/grub.cfg", "/dev/sda2", "/grub@/grub.cfg");
	expect_volume(host, "/fstab", "/dev/sda3", "/ROOT/pve-1@/fstab");
	expect_volume(host, "/old/x", "/dev/sda3", "/ROOT/pve-1@before/x");
	assert_int_equal(ka_host_reference(host, "/srv/x", &ref), -ENXIO);
	expect_place(host, "/dev/sda2", "/@/vmlinuz", "/boot/vmlinuz");
	expect_place(host, "/dev/sda2", "//@//vmlinuz", "/boot//vmlinuz");
	expect_place(host, "/dev/sda2", "/grub@/grub.cfg", "/boot/grub/grub.cfg");
	expect_place(host, "/dev/sda3", "/ROOT/pve-1@/boot/x", "/boot/x");
	expect_place(host, "/dev/sda3", "/ROOT/pve-1@now/x", "/.zfs/snapshot/now/x");
	expect_place(host, "/dev/sda3", "/ROOT@/x", NULL);
	expect_place(host, "/dev/sda3", "/x", NULL);
	ka_host_free(host);
}

/* No line for "/": the process lives in a directory of another file system. */
static void test_chroot(void **state)
{
	struct ka_host *host;
	struct ka_ref ref = { NULL };

	(void)state;
	unit_puts("proc/self/mountinfo", "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
					 "31 28 0:22 / /proc rw - proc proc rw\n");
	host = new_host();
	expect_place(host, "/dev/vda2", "/x", "/boot/x");
	assert_int_equal(ka_host_reference(host, "/etc", &ref), -ENXIO);
	ka_host_free(host);
}

/* What no kernel writes must end all the same: circles, an id twice, a mount on itself. */
static void test_hostile(void **state)
{
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo", "28 28 254:1 / / rw - ext4 /dev/vda1 rw\n"
					 "30 31 254:2 / /a rw - ext4 /dev/vda2 rw\n"
					 "31 30 254:3 / /a rw - ext4 /dev/vda3 rw\n"
					 "32 32 254:4 / /b rw - ext4 /dev/vda4 rw\n"
					 "30 28 254:5 / /c rw - ext4 /dev/vda5 rw\n"
					 "no line at all\n");
	host = new_host();
	expect_place(host, "/dev/vda1", "/x", "/x");
	expect_place(host, "/dev/vda2", "/x", NULL);
	expect_place(host, "/dev/vda3", "/x", NULL);
	expect_place(host, "/dev/vda4", "/x", "/b/x");
	expect_place(host, "/dev/vda5", "/x", "/c/x");
	ka_host_free(host);
}

/* 100,000 mounts, fs.mount-max: side by side, on top of each other, one in another. */
static void test_many(void **state)
{
	static const char *const targets[] = { "/mnt/%1$u", "/mnt", "/%1$u/%1$u" };
	const unsigned int many = unit_is_wrapped() ? 5000 : 100000;

	(void)state;
	for (size_t kind = 0; kind < ARRAY_SIZE(targets); kind++) {
		struct ka_buf buf = { 0 };
		struct ka_host *host;
		char **volumes = NULL, target[64], last[80], device[32];

		ka_buf_adds(&buf, "1 0 254:1 / / rw - ext4 /dev/vda1 rw\n");
		for (unsigned int i = 2; i <= many; i++) {
			snprintf(target, sizeof(target), targets[kind], i);
			ka_buf_addf(&buf, "%u %u 8:%u / %s rw - ext4 /dev/s%u rw\n", i,
				    kind == 1 ? i - 1 : 1, i, target, i);
		}
		unit_puts("proc/self/mountinfo", buf.text);
		ka_buf_done(&buf);
		snprintf(last, sizeof(last), "%s/x", target);
		host = new_host();
		snprintf(device, sizeof(device), "/dev/s%u", many);
		expect_place(host, device, "/x", last);
		expect_place(host, "/dev/s2", "/x",
			     kind == 1 ? NULL
			     : kind    ? "/2/2/x"
				       : "/mnt/2/x");
		assert_int_equal(ka_host_volumes(host, &volumes), 0);
		assert_int_equal(ka_strv_length(volumes), kind == 1 ? 2 : many);
		assert_string_equal(volumes[0], "/dev/vda1");
		ka_strv_free(volumes);
		ka_host_free(host);
	}
}

static void test_limit(void **state)
{
	struct ka_error err = KA_ERROR_INIT;
	struct ka_ref ref = { (char *)"/dev/vda1", (char *)"/x" };
	struct ka_buf buf = { 0 };
	struct ka_host *host;
	char *place = NULL;

	(void)state;
	for (unsigned int i = 0; i < 200001; i++)
		ka_buf_adds(&buf, "1 0 254:1 / / rw - a b rw\n");
	unit_puts("proc/self/mountinfo", buf.text);
	ka_buf_done(&buf);
	host = new_host();
	/* The second answer is remembered, and the same. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ka_host_locate(host, &ref, &place, &err), -E2BIG);
		assert_non_null(strstr(err.text, "more than 200000 lines"));
		ka_error_done(&err);
	}
	assert_int_equal(ka_host_is_mount_point(host, "/boot"), -E2BIG);
	ka_host_free(host);
}

/* The name of a captured machine's root device is in its own sysfs, not in that of the one that looks. */
static void test_dev_root(void **state)
{
	const char *const mountinfo = "28 1 254:0 / / rw - ext4 /dev/root rw\n"
				      "29 28 254:0 /a /dev/root rw - ext4 /dev/root rw\n";
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo", mountinfo);
	unit_puts("dev/cciss/.d", "");
	unit_puts("sys/class/block/other/dev", "254:1\n");
	unit_puts("sys/class/block/cciss!c0d0p1/dev", "254:0\n");
	host = new_host();
	expect_volume(host, "/x", "/dev/cciss/c0d0p1", "/x");
	expect_volume(host, "/dev/root", "/dev/cciss/c0d0p1", "/a");
	expect_place(host, "/dev/cciss/c0d0p1", "/a/x", "/dev/root/x");
	ka_host_free(host);

	/* Or what its kernel was told; or nothing says it. */
	unit_puts("sys/class/block/cciss!c0d0p1/dev", "254:7\n");
	host = new_host();
	expect_volume(host, "/x", "/dev/root", "/x");
	ka_host_free(host);
	unit_puts("proc/cmdline", "ro root=UUID=r quiet\n");
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_link("dev/disk/by-uuid/r", "../../vdb2");
	host = new_host();
	expect_volume(host, "/x", "/dev/vdb2", "/x");
	ka_host_free(host);
}

static void test_unmounted(void **state)
{
	struct ka_host *host;
	char *folder = NULL;

	(void)state;
	unit_puts("proc/self/mountinfo", "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
					 "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n");
	host = new_host();
	assert_int_equal(ka_host_find_unmounted(host, "/boot/vmlinuz", &folder), 0);
	unit_puts("etc/fstab", "# all of it\n/dev/vda2 /boot ext4 defaults 0 0\n"
			       "UUID=x /boot/efi/ vfat defaults 0 0\n/dev/vda9 none swap sw 0 0\n");
	assert_int_equal(ka_host_find_unmounted(host, "/boot/vmlinuz", &folder), 0);
	assert_int_equal(ka_host_find_unmounted(host, "/boot/efi/x", &folder), 1);
	assert_string_equal(folder, "/boot/efi");
	free(folder);
	ka_host_free(host);
}

static void test_own_mount(void **state)
{
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo", "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
					 "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n");
	host = new_host();
	assert_int_equal(ka_host_is_own_mount(host, "/boot/x"), -ENOENT);
	unit_puts("proc/1/mountinfo", "80 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
	assert_int_equal(ka_host_is_own_mount(host, "/boot/x"), 1);
	assert_int_equal(ka_host_is_own_mount(host, "/x"), 0);
	unit_puts("proc/1/mountinfo", "90 80 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
				      "80 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
	assert_int_equal(ka_host_is_own_mount(host, "/boot/x"), 0);
	ka_host_free(host);
}

/*
 * Mounts by chance, over and below each other, and moved; at each place the kernel's own walk is the
 * truth: the number of the device that stat(2) says.
 */
static int ask_kernel(void)
{
	static const char *const places[] = { "",	"/a", "/a/a", "/a/b",
					      "/a/b/a", "/b", "/b/a", "/b/a/b" };
	unsigned int random = 7;
	int n_wrong = 0;

	for (unsigned int i = 0; i < 60; i++) {
		const struct ka_mount *m;
		struct ka_host *host = NULL;
		struct ka_mounts *mounts;
		char path[512], other[512];

		random = random * 1103515245 + 12345;
		snprintf(path, sizeof(path), "%s%s", unit_dir,
			 places[(random >> 16) % ARRAY_SIZE(places)]);
		snprintf(other, sizeof(other), "%s%s", unit_dir,
			 places[(random >> 20) % ARRAY_SIZE(places)]);
		if (random >> 30 == 3) {
			(void)mount(other, path, "none", MS_MOVE, NULL);
		} else if (mount("none", path, "tmpfs", 0, NULL) == 0) {
			for (size_t k = 1; k < ARRAY_SIZE(places); k++) {
				snprintf(other, sizeof(other), "%s%s", path, places[k]);
				mkdir(other, 0755);
			}
		}
		if (ka_host_new(NULL, &host, NULL) < 0 || ka_mounts_get(host, &mounts, NULL) < 0)
			return -1;
		for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
			struct stat st;

			snprintf(path, sizeof(path), "%s%s", unit_dir, places[k]);
			m = ka_mounts_at(mounts, path);
			n_wrong += stat(path, &st) == 0 && (!m || st.st_dev != m->devno);
		}
		ka_host_free(host);
	}
	return n_wrong;
}

static void test_kernel(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		_exit(ask_kernel() == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* no right to make a mount namespace */
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_root_by_parent),
		unit_case(test_before_root),
		unit_case(test_covered),
		unit_case(test_longest_root),
		unit_case(test_chroot),
		unit_case(test_hostile),
		unit_case(test_many),
		unit_case(test_limit),
		unit_case(test_dev_root),
		unit_case(test_unmounted),
		unit_case(test_own_mount),
		unit_case(test_kernel),
		unit_case(test_zfs),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
