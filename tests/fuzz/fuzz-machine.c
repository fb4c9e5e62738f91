// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the checks read of a machine: /proc, /sys, /etc, EFI variables. The first byte of the input says
 * which file it is, of a captured machine that has a plain one for each of the others. And a record of
 * the kernel's log.
 */

#include "decide/chain.h"
#include "fuzz.h"

#include "checks/checks.h"
#include "kexec/kmsg.h"

#include <kexec-any/backend.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

extern const struct ka_backend ka_backend_debian;

#define EFIVARS "/sys/firmware/efi/efivars/"
#define GLOBAL	"-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define FWUPD	"-0abba7dc-e516-4167-bbf5-4d9d1c739416"

static const char *const files[] = {
	"/proc/keys",
	"/proc/self/mountinfo",
	"/etc/fstab",
	"/etc/crypttab",
	"/proc/iomem",
	"/proc/cpuinfo",
	"/proc/meminfo",
	"/proc/cmdline",
	"/proc/config.gz",
	"/etc/sysctl.d/a.conf",
	EFIVARS "OsIndications" GLOBAL,
	EFIVARS "SecureBoot" GLOBAL,
	EFIVARS "fwupd-ddc0ee61-e7f0-4e7d-acc5-c070a398838e-0" FWUPD,
	"/sys/firmware/efi/systab",
	"/sys/kernel/notes",
	"/sys/kernel/security/lockdown",
	"/sys/kernel/kexec_crash_size",
	"/proc/sys/kernel/kexec_load_limit_reboot",
	"/etc/kernel-img.conf",
	"/etc/os-release",
	"/etc/kernel/cmdline",
	"/boot/config-6.1.0",
};

static char root[] = "/tmp/fuzz-machine-XXXXXX";

static void make_parents(char *path)
{
	for (char *p = strchr(path + sizeof(root), '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
}

static void put(const char *name, const void *data, size_t size)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		make_parents(path);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void remove_root(void)
{
	char command[sizeof(root) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	(void)!system(command);
}

/* So that each file is reached. */
static void put_plain(void)
{
	put_text("/proc/sys/kernel/osrelease", "6.1.0\n");
	put_text("/proc/sys/kernel/arch", "x86_64\n");
	put_text("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	put_text("/proc/cmdline", "root=UUID=1-2 ro kho=on\n");
	put_text("/sys/class/block/vda1/dev", "254:1\n");
	put_text("/proc/self/mountinfo", "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
}

static void make_root(void)
{
	static bool is_made;

	if (is_made)
		return;
	if (!mkdtemp(root))
		abort();
	atexit(remove_root);
	is_made = true;
	put_plain();
}

/* A signed kernel that can be everything, without a file. */
static void check_all(struct ka_host *host)
{
	struct ka_findings findings = KA_FINDINGS_INIT;
	struct ka_plan plan = KA_PLAN_INIT;
	struct ka_machine machine = { 0 };
	struct ka_entry *entry = ka_entry_new();

	if (ka_machine_read(host, &machine, NULL) < 0)
		abort();
	entry->running = KA_YES;
	plan.entry = entry;
	plan.kernel.path = strdup("/boot/vmlinuz");
	plan.cmdline = strdup(machine.cmdline ? machine.cmdline : "root=UUID=1-2 resume=/dev/vda2");
	plan.image = (struct ka_image){
		.kind = KA_IMAGE_BZIMAGE,
		.is_signed = true,
		.init_size = 1u << 26,
		.kernel_version = strdup("6.1.0 (a@b) #1"),
		.build_id = strdup("0011"),
		.signature.signer = strdup("Somebody"),
		.signature.issuer = strdup("Somebody"),
	};
	ka_strv_add(&plan.image.signature.key_ids, "00112233");
	ka_strv_add(&plan.image.signature.revocations, "tbs:00");
	ka_check_all(host, &machine, &plan, false, &findings);
	ka_plan_done(&plan);
	ka_entry_free(entry);
	ka_findings_done(&findings);
	ka_machine_done(&machine);
}

static void discover(struct ka_host *host)
{
	struct ka_menu menu = KA_MENU_INIT;
	struct ka_error err = KA_ERROR_INIT;
	struct ka_chain chain;

	ka_chain_make(host, &chain);
	if (ka_backend_debian.discover(host, &chain, &menu, &err) < 0)
		ka_error_done(&err);
	else
		ka_menu_done(&menu);
	ka_chain_done(&chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ka_host *host;
	char *record;

	if (size == 0)
		return 0;
	make_root();
	if (ka_host_new(root, &host, NULL) < 0)
		abort();
	put(files[data[0] % ARRAY_SIZE(files)], data + 1, size - 1);
	check_all(host);
	discover(host);
	ka_host_free(host);
	/* As it was for the next one, or absent. */
	put_text(files[data[0] % ARRAY_SIZE(files)], "");
	put_plain();

	record = strndup((const char *)data, size);
	if (!record)
		abort();
	(void)ka_kmsg_relevant(record);
	free(record);
	return 0;
}
