// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine looked at: nothing leads out of its root; volumes, mounts and EFI variables. */

#include "unit.h"

#include "host/host-internal.h"

#include <kexec-any/entry.h>
#include <kexec-any/host.h>

#include <errno.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct ka_host *new_host(bool walk)
{
	struct ka_host *host = NULL;

	assert_int_equal(ka_host_new(unit_dir, &host, NULL), 0);
	host->no_openat2 = walk;
	return host;
}

/* openat2() and the walk have to agree on everything; the loop runs each case through both. */
static void test_links(void **state)
{
	static const struct {
		const char *path;
		const char *content; /* NULL: it must fail with r */
		int r;
		const char *canonical;
	} cases[] = {
		{ "/plain", "plain", 0, "/plain" },
		{ "plain", "plain", 0, "/plain" },
		{ "//dir///file", "file", 0, "/dir/file" },
		{ "/dir/../dir/./file", "file", 0, "/dir/file" },
		{ "/../../plain", "plain", 0, "/plain" },
		{ "/absolute", "file", 0, "/dir/file" },
		{ "/up", "plain", 0, "/plain" },
		{ "/to-dir/file", "file", 0, "/dir/file" },
		{ "/chain", "file", 0, "/dir/file" },
		{ "/outside", NULL, -ENOENT, NULL },
		{ "/loop", NULL, -ELOOP, NULL },
		{ "/missing", NULL, -ENOENT, "/missing" },
		{ "/dangling", NULL, -ENOENT, "/dir/nothing" },
		{ "/plain/below", NULL, -ENOTDIR, NULL },
		{ "/plain/", NULL, -ENOTDIR, NULL },
		{ "/dir", NULL, -EISDIR, "/dir" },
		{ "/fifo", NULL, -EINVAL, "/fifo" },
	};

	(void)state;
	unit_puts("plain", "plain");
	unit_puts("dir/file", "file");
	unit_link("absolute", "/dir/file");
	unit_link("up", "../../../../plain");
	unit_link("to-dir", "dir");
	unit_link("chain", "to-dir/../absolute");
	unit_link("outside", "/proc/self/root/etc/passwd");
	unit_link("loop", "loop");
	unit_link("dangling", "dir/nothing");
	assert_int_equal(mkfifo(unit_path("fifo"), 0600), 0);

	for (int walk = 0; walk < 2; walk++) {
		struct ka_host *host = new_host(walk);

		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			char *text = NULL, *canonical = NULL;
			int r = ka_host_read(host, cases[i].path, 100, &text, NULL, NULL);

			if (r != cases[i].r)
				print_message("# %s, walk %d\n", cases[i].path, walk);
			assert_int_equal(r, cases[i].r);
			if (cases[i].content)
				assert_string_equal(text, cases[i].content);
			if (cases[i].canonical) {
				r = ka_host_canonical(host, cases[i].path, &canonical);
				assert_int_equal(r, cases[i].r != -ENOENT);
				assert_string_equal(canonical, cases[i].canonical);
			}
			free(text);
			free(canonical);
		}
		ka_host_free(host);
	}
}

static void test_readlink(void **state)
{
	(void)state;
	unit_puts("plain", "plain");
	unit_link("link", "../a b/c");
	for (int walk = 0; walk < 2; walk++) {
		struct ka_host *host = new_host(walk);
		char *text = NULL;

		assert_int_equal(ka_host_readlink(host, "/link", &text), 0);
		assert_string_equal(text, "../a b/c");
		free(text);
		assert_int_equal(ka_host_readlink(host, "/plain", &text), -EINVAL);
		assert_int_equal(ka_host_readlink(host, "/none", &text), -ENOENT);
		ka_host_free(host);
	}
}

static void test_limits(void **state)
{
	struct ka_error err = KA_ERROR_INIT;
	struct ka_host *host;
	char *text = NULL;
	size_t len;

	(void)state;
	unit_write("five", "a\0b\0c", 5);
	host = new_host(false);
	assert_int_equal(ka_host_read(host, "/five", 4, &text, NULL, &err), -EFBIG);
	assert_non_null(strstr(err.text, "/five"));
	assert_non_null(strstr(err.text, "4 bytes"));
	ka_error_done(&err);
	assert_int_equal(ka_host_read(host, "/five", 5, &text, &len, NULL), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(text, "a\0b\0c", 6);
	free(text);
	ka_host_free(host);
}

static void test_list(void **state)
{
	struct ka_host *host;
	char **names = NULL;

	(void)state;
	unit_puts("d/b", "");
	unit_puts("d/a", "");
	unit_puts("d/B", "");
	host = new_host(false);
	assert_int_equal(ka_host_list(host, "/d", &names, NULL), 0);
	assert_string_equal(names[0], "B");
	assert_string_equal(names[1], "a");
	assert_string_equal(names[2], "b");
	assert_null(names[3]);
	for (char **p = names; *p; p++)
		free(*p);
	free(names);
	assert_int_equal(ka_host_list(host, "/none", &names, NULL), -ENOENT);
	ka_host_free(host);
}

/*
 * The layouts of real machines: a separate /boot, btrfs subvolumes, a bind mount, an octal escape,
 * and a mount hidden by a later one.
 */
static void test_locate(void **state)
{
	static const struct {
		const char *volume, *path, *expected;
		int r;
	} cases[] = {
		{ NULL, "/boot/vmlinuz", "/boot/vmlinuz", 0 },
		{ "UUID=root", "/bo/x", "/bo/x", 0 },
		{ "UUID=root", "/boot/x", NULL, -ENXIO }, /* below another mount */
		{ "UUID=boot", "/vmlinuz", "/boot/vmlinuz", 0 },
		{ "LABEL=BOOT", "/grub/grub.cfg", "/boot/grub/grub.cfg", 0 },
		{ "PARTUUID=aa-02", "/", "/boot/", 0 },
		{ "/dev/vda2", "/vmlinuz", "/boot/vmlinuz", 0 },
		{ "UUID=btrfs", "/@/boot/vmlinuz", "/mnt/bt/boot/vmlinuz", 0 },
		{ "UUID=btrfs", "/@home/x", "/mnt/home dir/x", 0 },
		{ "UUID=btrfs", "/@homeless/x", NULL, -ENXIO },
		{ "UUID=covered", "/x", NULL, -ENXIO },
		{ "UUID=none", "/x", NULL, -ENODEV },
		{ "LABEL=with space", "/x", "/mnt/labelled/x", 0 },
	};
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo",
		  "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
		  "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n"
		  "31 28 0:40 /@ /mnt/bt rw - btrfs /dev/vdb rw\n"
		  "32 28 0:40 /@home /mnt/home\\040dir rw - btrfs /dev/vdb rw\n"
		  "33 28 254:4 / /mnt/covered rw - ext4 /dev/vda4 rw\n"
		  "34 28 0:50 / /mnt/covered rw - tmpfs tmpfs rw\n"
		  "35 28 254:5 / /mnt/labelled rw - vfat /dev/vda5 rw\n");
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_puts("dev/disk/by-label/.d", "");
	unit_puts("dev/disk/by-partuuid/.d", "");
	unit_link("dev/disk/by-uuid/root", "../../vda1");
	unit_link("dev/disk/by-uuid/boot", "../../vda2");
	unit_link("dev/disk/by-uuid/btrfs", "../../vdb");
	unit_link("dev/disk/by-uuid/covered", "../../vda4");
	unit_link("dev/disk/by-label/BOOT", "../../vda2");
	unit_link("dev/disk/by-label/with\\x20space", "../../vda5");
	unit_link("dev/disk/by-partuuid/aa-02", "../../vda2");

	host = new_host(false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ka_ref ref = { (char *)cases[i].volume, (char *)cases[i].path };
		char *path = NULL;
		int r = ka_host_locate(host, &ref, &path, NULL);

		if (r != cases[i].r)
			print_message("# %s %s\n", cases[i].volume, cases[i].path);
		assert_int_equal(r, cases[i].r);
		if (cases[i].expected)
			assert_string_equal(path, cases[i].expected);
		free(path);
	}
	assert_int_equal(ka_host_has_volume(host, "UUID=root"), 1);
	assert_int_equal(ka_host_has_volume(host, "UUID=none"), 0);
	/* This machine was captured without that folder: nobody knows. */
	assert_int_equal(ka_host_has_volume(host, "PARTLABEL=x"), -ENODATA);
	ka_host_free(host);
}

/* "Cannot be told" is an answer of its own, never "no". */
static void test_exists(void **state)
{
	char deep[300] = "/dir/", far[5000] = "";
	const struct {
		const char *path;
		int r;
	} cases[] = {
		{ "/dir/file", 1 },
		{ "/dir", 1 },
		{ "/to-file", 1 },
		{ "/none", 0 },
		{ "/dir/file/below", 0 },
		{ "/dangling", 0 },
		{ "/loop", -ELOOP },
		{ "/shut/file", -EACCES },
		{ deep, 0 },
		{ far, -ENAMETOOLONG },
	};

	(void)state;
	memset(deep + 5, 'x', 290);
	for (size_t i = 0; i < sizeof(far) - 3; i += 2)
		memcpy(far + i, "/x", 3);
	unit_puts("dir/file", "");
	unit_puts("shut/file", "");
	unit_link("to-file", "dir/file");
	unit_link("dangling", "dir/none");
	unit_link("loop", "loop");
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(chmod(unit_path("shut"), 0), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ka_error err = KA_ERROR_INIT;
		struct ka_host *host = new_host(false);
		int r = ka_host_exists(host, cases[i].path, &err);

		if (r != cases[i].r)
			print_message("# %.20s: %d\n", cases[i].path, r);
		assert_int_equal(r, cases[i].r);
		assert_int_equal(ka_host_seems_there(host, cases[i].path), r > 0);
		if (r < 0)
			assert_non_null(strstr(err.text, "cannot tell whether '/"));
		if (r == -EACCES)
			assert_non_null(strstr(err.text, "as root"));
		ka_error_done(&err);
		ka_host_free(host);
	}
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(unit_path("shut"), 0700), 0);
}

/* A fifo says who opens it: nobody may, before it is known what it is. */
static void test_not_opened(void **state)
{
	char event[4096];
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), fd = -1;

	(void)state;
	assert_true(watch >= 0);
	assert_int_equal(mkfifo(unit_path("fifo"), 0600), 0);
	unit_puts("file", "x");
	assert_true(inotify_add_watch(watch, unit_path("fifo"), IN_OPEN) >= 0);
	for (int walk = 0; walk < 2; walk++) {
		struct ka_host *host = new_host(walk);

		assert_int_equal(ka_host_open(host, "/fifo", &fd, NULL), -EINVAL);
		assert_int_equal(ka_host_open_device(host, "/fifo", &fd, NULL), -EINVAL);
		assert_int_equal(read(watch, event, sizeof(event)), -1);
		assert_int_equal(ka_host_open_device(host, "/file", &fd, NULL), 0);
		assert_int_equal(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
		close(fd);
		ka_host_free(host);
	}
	close(watch);
}

/* Names of volumes, as udev writes them; and what no directory of names says. */
static void test_names(void **state)
{
	struct ka_host *host;
	char *text = NULL;

	(void)state;
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_puts("dev/disk/by-label/.d", "");
	unit_link("dev/disk/by-uuid/a", "../../vda1");
	unit_link("dev/disk/by-uuid/b", "../../vda2");
	unit_link("dev/disk/by-label/a\\x2fb\\x5Cc\\xzz", "../../vda1");
	host = new_host(false);
	assert_int_equal(ka_host_volume_name(host, "UUID=a", "LABEL", &text), 1);
	assert_string_equal(text, "a/b\\c\\xzz");
	free(text);
	assert_int_equal(ka_host_volume_name(host, "UUID=b", "LABEL", &text), 0);
	assert_int_equal(ka_host_volume_name(host, "UUID=b", "PARTUUID", &text), -ENODATA);
	assert_int_equal(ka_host_volume_name(host, "UUID=b", "UU", &text), -EINVAL);
	assert_int_equal(ka_host_same_volume(host, "UUID=a", "/dev/vda1"), 1);
	assert_int_equal(ka_host_same_volume(host, "UUID=a", "UUID=b"), 0);
	assert_int_equal(ka_host_same_volume(host, "UUID=a", "UUID=c"), 0);
	assert_int_equal(ka_host_same_volume(host, "UUID=a", "PARTUUID=c"), -ENODATA);
	assert_int_equal(ka_host_has_volume(host, "neither"), -EINVAL);
	ka_host_free(host);
}

/*
 * Looking for a volume that is not there must leave nothing behind. libblkid's file is below /run, which
 * is a fresh one here.
 */
static int look_for_none(void)
{
	struct ka_host *host = NULL;
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/blkid", 0755) < 0)
		return 77;
	if (ka_host_new("/", &host, NULL) < 0)
		return 1;
	r = ka_host_has_volume(host, "UUID=kexec-any-none");
	ka_host_free(host);
	return r <= 0 && access("/run/blkid/blkid.tab", F_OK) < 0 ? 0 : 1;
}

static void test_no_cache(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(look_for_none());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* no right to make a mount namespace */
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Read a file while this process may open one more descriptor: the file is found, and not opened. */
static int read_with_one_descriptor(struct ka_host *host, const char *path)
{
	struct rlimit before, few;
	char *text = NULL;
	int fd, r;

	fd = open("/", O_PATH | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ .rlim_cur = (rlim_t)fd + 1, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	r = ka_host_read(host, path, 100, &text, NULL, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	free(text);
	return r;
}

static void test_trouble(void **state)
{
	struct ka_host *host;
	char *text = NULL;

	(void)state;
	unit_puts("plain", "text");
	unit_link("loop", "loop");
	host = new_host(false);
	assert_int_equal(ka_host_read(host, "/absent", 100, &text, NULL, NULL), -ENOENT);
	assert_int_equal(ka_host_read(host, "/plain/below", 100, &text, NULL, NULL), -ENOTDIR);
	assert_int_equal(ka_host_read(host, "/loop", 100, &text, NULL, NULL), -ELOOP);
	assert_null(ka_host_take_trouble(host));

	assert_int_equal(read_with_one_descriptor(host, "/plain"), -EMFILE);
	assert_int_equal(ka_host_read(host, "/absent", 100, &text, NULL, NULL), -ENOENT);
	text = ka_host_take_trouble(host);
	assert_non_null(text);
	assert_non_null(strstr(text, "'/plain' ("));
	free(text);
	assert_null(ka_host_take_trouble(host));
	ka_host_free(host);
}

static void test_efi(void **state)
{
	static const uint8_t info[] = { 6,    0, 0,    0,    's', 0,	'd', 0,
					0xe9, 0, 0x3d, 0xd8, 0,	  0xde, 0,   0 };
	static const uint8_t broken[] = { 6, 0, 0, 0, 0x00, 0xdc, 0, 0 };
	const char *folder = "sys/firmware/efi/efivars/";
	struct ka_host *host;
	char name[128], *text = NULL;
	uint8_t *value = NULL;
	size_t len;

	(void)state;
	snprintf(name, sizeof(name), "%sLoaderInfo-%s", folder, KA_EFI_GUID_LOADER);
	unit_write(name, info, sizeof(info));
	snprintf(name, sizeof(name), "%sBroken-%s", folder, KA_EFI_GUID_LOADER);
	unit_write(name, broken, sizeof(broken));
	snprintf(name, sizeof(name), "%sShort-%s", folder, KA_EFI_GUID_LOADER);
	unit_write(name, info, 3);

	host = new_host(false);
	assert_int_equal(ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &text), 0);
	assert_string_equal(text, "sd\xc3\xa9\xf0\x9f\x98\x80");
	free(text);
	assert_int_equal(ka_host_efi_variable(host, "LoaderInfo", KA_EFI_GUID_LOADER, &value, &len),
			 0);
	assert_int_equal(len, sizeof(info) - 4);
	free(value);
	assert_int_equal(ka_host_efi_string(host, "Broken", KA_EFI_GUID_LOADER, &text), -EILSEQ);
	assert_int_equal(ka_host_efi_string(host, "Short", KA_EFI_GUID_LOADER, &text), -EBADMSG);
	assert_int_equal(ka_host_efi_string(host, "None", KA_EFI_GUID_LOADER, &text), -ENOENT);
	ka_host_free(host);
}

/* An entry's file: found, or exactly one problem. */
static void test_entry_file(void **state)
{
	static const struct {
		const char *volume, *path, *id, *text; /* of the problem; NULL: it is there */
	} cases[] = {
		{ NULL, "/boot/vmlinuz", NULL, NULL },
		{ "UUID=boot", "/vmlinuz", NULL, NULL },
		{ "UUID=boot", "/nope", "initrd-missing",
		  "the initrd '/nope' (here: /boot/nope) does not exist" },
		{ NULL, "/nope", "initrd-missing", "the initrd '/nope' does not exist" },
		{ NULL, "/circle", "initrd-missing", "the initrd '/circle' does not exist" },
		{ "UUID=none", "/x", "initrd-missing", "no volume 'UUID=none'" },
		{ "UUID=unmounted", "/x", "volume-not-mounted", "/dev/vda3" },
		{ "neither", "/x", "file-unreadable", "neither" },
	};
	const struct ka_sought sought = { .what = "initrd", .missing = KA_ID_INITRD_MISSING };
	struct ka_host *host;

	(void)state;
	unit_puts("proc/self/mountinfo", "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
					 "30 28 254:2 / /boot rw - ext4 /dev/vda2 rw\n");
	unit_puts("dev/disk/by-uuid/.d", "");
	unit_link("dev/disk/by-uuid/boot", "../../vda2");
	unit_link("dev/disk/by-uuid/unmounted", "../../vda3");
	unit_puts("boot/vmlinuz", "x");
	unit_link("circle", "circle");
	host = new_host(false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ka_ref ref = { (char *)cases[i].volume, (char *)cases[i].path };
		struct ka_entry *entry = ka_entry_new();
		char *path = ka_entry_find_file(entry, host, &ref, &sought);
		const struct ka_finding *f = entry->problems.items;

		assert_int_equal(path != NULL, cases[i].id == NULL);
		assert_int_equal(entry->problems.n, cases[i].id != NULL);
		if (path)
			assert_string_equal(path, "/boot/vmlinuz");
		else if (!ka_streq(ka_finding_name(f->id), cases[i].id) ||
			 !strstr(f->text, cases[i].text))
			fail_msg("%s: %s: %s", cases[i].path, ka_finding_name(f->id), f->text);
		free(path);
		ka_entry_free(entry);
	}
	ka_host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case(test_links),	    unit_case(test_readlink), unit_case(test_limits),
		unit_case(test_list),	    unit_case(test_locate),   unit_case(test_exists),
		unit_case(test_not_opened), unit_case(test_names),    unit_case(test_no_cache),
		unit_case(test_efi),	    unit_case(test_trouble),  unit_case(test_entry_file),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
