// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the entry and the files it names. */

#include "base/digest.h"
#include "checks/checks.h"
#include "checks/config.h"
#include "kexec/load.h"
#include "kexec/state.h"

#include <kexec-any/text.h>

#include <errno.h>

/* What the backend found, and the kinds of entries kexec cannot start. */
void ka_check_entry(struct ka_check_context *c)
{
	const struct ka_entry *entry = c->plan->entry;

	ka_findings_copy(c->findings, &entry->problems);
	if (entry->type == KA_TYPE_LINUX || entry->type == KA_TYPE_UKI)
		return;
	ka_report(c->findings, KA_ERROR, KA_ID_NOT_LINUX, entry->source_path,
		  "reboot cold, or name a Linux entry with --entry=",
		  "'%s' is an entry of the kind '%s', which kexec cannot start", entry->id,
		  ka_entry_type_name(entry->type));
}

void ka_check_kernel(struct ka_check_context *c)
{
	const struct ka_plan *plan = c->plan;
	const struct ka_reader reader = { .fd = plan->kernel.fd, .size = plan->kernel.size };
	const struct ka_image_context context = {
		.path = plan->kernel.path,
		.machine = c->machine,
		.cmdline_len = plan->cmdline ? strlen(plan->cmdline) : 0,
		.fast = c->fast,
		.is_unpacked = plan->kernel.is_unpacked,
	};
	int r;

	if (plan->kernel.fd < 0)
		return; /* reported when it could not be opened */
	r = ka_image_inspect(&reader, &context, &c->plan->image, c->findings);
	if (r < 0)
		ka_report(c->findings, KA_ERROR, KA_ID_FILE_UNREADABLE, plan->kernel.path, NULL,
			  "kernel: cannot read it: %s", strerror(-r));
}

/* Built without the file call, as Debian's kernels are but for x86. */
static void check_file_call(struct ka_check_context *c)
{
	const char *config;

	if (c->plan->image.needs_kexec_load)
		return;
	config = ka_config_read(c, KA_KERNEL_RUNNING);
	if (!config || !ka_config_has(config, "CONFIG_KEXEC_CORE=y") ||
	    ka_config_has(config, "CONFIG_KEXEC_FILE=y"))
		return;
	c->plan->image.needs_kexec_load = true;
	ka_report(c->findings, KA_WARNING, KA_ID_KEXEC_LOAD, c->plan->kernel.path, NULL,
		  "the running kernel has no kexec_file_load (CONFIG_KEXEC_FILE), so the "
		  "older kexec_load has to do, through kexec(8), without any check by the "
		  "kernel");
}

/* kexec(8) wants a map of the memory from such a guest ("Could not get memory layout"). */
static void check_xen_memory(struct ka_check_context *c)
{
	static const char path[] = "/sys/hypervisor/type";
	_cleanup_free_ char *text = NULL;

	if (ka_host_read_line(c->host, path, &text, NULL) == 0 && ka_streq(text, "xen") &&
	    !ka_findings_have(c->findings, KA_ID_XEN_GUEST) &&
	    !ka_findings_have(c->findings, KA_ID_XEN_DOM0))
		ka_report(
			c->findings, KA_WARNING, KA_ID_XEN_GUEST, path,
			"take a kernel that kexec_file_load takes",
			"a guest of Xen: kexec_load, which this kernel needs, is reported to fail "
			"there");
}

void ka_check_kexec8(struct ka_check_context *c)
{
	check_file_call(c);
	if (!c->plan->image.needs_kexec_load)
		return;
	check_xen_memory(c);
	if (ka_kexec8_path(c->host))
		return;
	ka_report(c->findings, KA_ERROR, KA_ID_NO_KEXEC_TOOLS, c->plan->kernel.path,
		  "install kexec-tools, or take the bzImage (vmlinuz) of the same build",
		  "only kexec(8) could load this kernel, and it is not installed");
}

static void check_hash(struct ka_check_context *c, const struct ka_plan_file *file)
{
	const struct ka_reader itself = {
		.fd = file->fd,
		.base = file->offset,
		.size = file->size,
	};
	const struct ka_reader *reader = file->hashed.fd >= 0 ? &file->hashed : &itself;
	const struct ka_range all = { .size = reader->size };
	struct ka_error err = KA_ERROR_INIT;
	_cleanup_free_ char *got = NULL;
	uint8_t digest[KA_DIGEST_MAX];
	size_t n;
	int r;

	if (!file->sha256 || reader->fd < 0)
		return;
	r = ka_digest("SHA256", reader, &all, 1, digest, &n, &err);
	if (r == 0)
		got = ka_hex(digest, n);
	if (!got)
		ka_report(c->findings, KA_ERROR, KA_ID_HASH_UNCHECKED, file->path,
			  "install OpenSSL's libcrypto", "hashes cannot be checked: %s",
			  ka_error_text(&err, r));
	else if (!ka_streq(got, file->sha256))
		ka_report(c->findings, KA_ERROR, KA_ID_HASH_MISMATCH, file->path,
			  "reinstall the boot loader's files",
			  "its SHA-256 is %s, the boot loader wants %s and would refuse it", got,
			  file->sha256);
	ka_error_done(&err);
}

void ka_check_hashes(struct ka_check_context *c)
{
	check_hash(c, &c->plan->kernel);
	for (size_t i = 0; i < c->plan->n_initrds; i++)
		check_hash(c, &c->plan->initrds[i]);
}
