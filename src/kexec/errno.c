// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an error of kexec_file_load(2) means. One errno has many causes; the facts of the machine
 * tell them apart. The first row that fits wins, so the specific ones stand above the general.
 *
 * Collected from kernel/kexec_file.c, kernel/kexec_core.c, arch/{x86,arm64}/kernel, the signature and
 * IMA code of Linux 6.1 to 6.16; EOPNOTSUPP is of 6.18.
 */

#include "kexec/load.h"
#include "kexec/state.h"

#include <kexec-any/text.h>

#include <errno.h>

/* The kernel's own ENOTSUPP (include/linux/errno.h) has no name and no text in user space. */
#define KERNEL_ENOTSUPP 524

static bool log_has(const struct ka_load_facts *f, const char *words)
{
	for (char *const *p = f->log; p && *p; p++)
		if (strstr(*p, words))
			return true;
	return false;
}

static bool no_kexec(const struct ka_load_facts *f)
{
	return !f->has_kexec;
}

static bool filtered(const struct ka_load_facts *f)
{
	return f->is_filtered;
}

static bool no_capability(const struct ka_load_facts *f)
{
	return !f->has_capability;
}

static bool disabled(const struct ka_load_facts *f)
{
	return f->is_disabled;
}

static bool exhausted(const struct ka_load_facts *f)
{
	return f->is_exhausted;
}

static bool locked_unsigned(const struct ka_load_facts *f)
{
	return (f->is_locked_down || log_has(f, "Lockdown:")) && !f->is_signed;
}

static bool locked_signed(const struct ka_load_facts *f)
{
	return f->is_locked_down || log_has(f, "Lockdown:");
}

static bool joined(const struct ka_load_facts *f)
{
	return f->is_joined;
}

static bool cmdline_in_log(const struct ka_load_facts *f)
{
	return log_has(f, "ommand line");
}

static bool is_arm64(const struct ka_load_facts *f)
{
	return f->arch && ka_streq(f->arch, "aarch64");
}

static const char cold[] = "boot it with a cold reboot";
static const char reinstall[] = "reinstall the kernel package";
static const char signed_kernel[] = "take the distribution's signed kernel, or reboot cold";

static const struct {
	int error;
	bool (*when)(const struct ka_load_facts *f); /* NULL: always */
	struct ka_load_sentence sentence;
} table[] = {
	{ ENOSYS, no_kexec, { "this kernel is built without kexec (CONFIG_KEXEC_CORE)", cold } },
	{ ENOSYS,
	  filtered,
	  { "kexec_file_load is missing, or a seccomp filter hides it",
	    "run it outside the container" } },
	{ ENOSYS,
	  NULL,
	  { "this kernel has no kexec_file_load (CONFIG_KEXEC_FILE, or an architecture "
	    "without it)",
	    "install kexec-tools: kexec(8) can use the older system call" } },

	{ EPERM,
	  no_capability,
	  { "loading a kernel needs root (CAP_SYS_BOOT)", "run it as root, "
							  "outside a container" } },
	{ EPERM,
	  disabled,
	  { "kexec is switched off until the next restart "
	    "(kernel.kexec_load_disabled=1)",
	    cold } },
	{ EPERM,
	  exhausted,
	  { "all allowed loads are used up (kernel.kexec_load_limit_reboot=0)", cold } },
	{ EPERM,
	  locked_unsigned,
	  { "the kernel is locked down and the image carries no "
	    "signature",
	    signed_kernel } },
	{ EPERM,
	  locked_signed,
	  { "the kernel is locked down and does not trust the key "
	    "that signed the image",
	    signed_kernel } },
	{ EPERM,
	  joined,
	  { "a security module forbids it; LoadPin and IMA refuse files made in "
	    "memory, as joined initrds are",
	    "merge the initrds into one file" } },
	{ EPERM,
	  NULL,
	  { "a security module (LoadPin, SELinux, a container's policy) forbids it",
	    "see the kernel log and the audit log" } },

	{ EACCES,
	  joined,
	  { "IMA appraisal or SELinux refuses it; an initrd joined in memory has no "
	    "signature to appraise",
	    "merge the initrds into one signed file" } },
	{ EACCES,
	  NULL,
	  { "IMA appraisal (KEXEC_KERNEL_CHECK, KEXEC_INITRAMFS_CHECK) or SELinux "
	    "(system kexec_image_load) refuses it",
	    "see the audit log" } },

	{ EBUSY,
	  is_arm64,
	  { "another load is going on, or processors are stuck in the kernel and "
	    "cannot be restarted",
	    "try again, else reboot cold" } },
	{ EBUSY,
	  NULL,
	  { "another process is loading a kernel (or crashed while it did)",
	    "try again, else reboot cold" } },
	{ ETXTBSY,
	  NULL,
	  { "the kernel or initrd is open for writing: is a package being installed?",
	    "try again when it has ended" } },
	{ EBADF,
	  NULL,
	  { "a file descriptor was not usable: this is an error in kexec-any",
	    "please report it" } },
	{ EFAULT,
	  NULL,
	  { "the command line was not readable: this is an error in kexec-any",
	    "please report it" } },

	{ EINVAL,
	  cmdline_in_log,
	  { "the command line is too long for this kernel", "shorten the command line" } },
	{ EINVAL,
	  is_arm64,
	  { "not a valid arm64 Image, or kernel and initrd together take more than "
	    "half of the memory",
	    reinstall } },
	{ EINVAL,
	  NULL,
	  { "the kernel's init_size or the command line is out of range, or kernel and "
	    "initrd together take more than half of the memory (swap does not count)",
	    "a smaller initrd, or a cold reboot" } },
	{ ENOEXEC, NULL, { "not a kernel image this kernel can start", reinstall } },
	{ EFBIG,
	  NULL,
	  { "a file is larger than the kernel reads (4 GiB, 2 GiB on older ones)",
	    "a smaller initrd" } },
	{ EIO,
	  NULL,
	  { "a file became shorter while it was read, or the disk has an error",
	    "try again; see the kernel log" } },
	{ ENODATA, NULL, { "signatures are enforced and the image carries none", signed_kernel } },
	{ ENOKEY,
	  NULL,
	  { "the image is signed, but none of the kernel's keyrings holds the key",
	    signed_kernel } },
	{ EKEYREJECTED,
	  NULL,
	  { "the image's signature does not match: it was changed, cut off, or "
	    "its key is revoked",
	    reinstall } },
	{ ELIBBAD,
	  NULL,
	  { "the image's PE header is damaged, so its signature cannot be verified", reinstall } },
	{ EBADMSG, NULL, { "the image's signature is not readable", reinstall } },
	{ EMSGSIZE, NULL, { "the image's signature has a wrong length", reinstall } },
	{ ENOPKG,
	  NULL,
	  { "this kernel lacks the hash or cipher the image is signed with", signed_kernel } },
	{ KERNEL_ENOTSUPP, NULL, { "the image's signature is of an unknown kind", signed_kernel } },
	{ EOPNOTSUPP,
	  NULL,
	  { "this machine is a host of TDX guests, and its kernel refuses every load while TDX is on; "
	    "its log says so only the first time",
	    "turn TDX off (kvm_intel.tdx=0) or boot it with a cold reboot" } },
	{ ENOMEM,
	  NULL,
	  { "not enough free memory; swap does not help here",
	    "stop something large, or a smaller initrd" } },
	{ EADDRNOTAVAIL,
	  NULL,
	  { "no free stretch of memory is large enough for the kernel and its "
	    "initrd (fragmented memory map, kho=on, or a damaged header)",
	    "a smaller initrd, or a cold reboot" } },
};

struct ka_load_sentence ka_load_sentence(int error, const struct ka_load_facts *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].error == error && (!table[i].when || table[i].when(facts)))
			return table[i].sentence;
	return (struct ka_load_sentence){ "the kernel refused it for a reason kexec-any does not "
					  "know",
					  "see the kernel log" };
}

static void add_log(struct ka_buf *buf, char *const *log)
{
	/* The line that is left out is also written when an unsigned image is loaded without any objection. */
	for (char *const *p = log; p && *p; p++)
		if (!strstr(*p, "Unsigned PE binary"))
			ka_buf_addf(buf, "%s'%s'", buf->len > 0 ? ", " : "the kernel says: ", *p);
}

int ka_load_explain(struct ka_host *host, const struct ka_plan *plan, int r, char *const *log,
		    struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf words = { 0 };
	_cleanup_(ka_machine_done) struct ka_machine machine = { 0 };
	struct ka_load_facts facts;
	struct ka_load_sentence s;

	if (ka_machine_read(host, &machine, NULL) < 0)
		machine.arch = NULL;
	facts = (struct ka_load_facts){
		.has_kexec = ka_kexec_is_loaded(host) >= 0,
		.has_capability = ka_kexec_has_capability(host),
		.is_disabled = ka_kexec_is_disabled(host),
		.is_exhausted = ka_kexec_limit(host) == 0,
		.is_filtered = ka_kexec_is_filtered(host),
		.is_locked_down = ka_kexec_is_locked_down(host),
		.is_signed = plan->image.is_signed,
		.is_joined = ka_plan_joins(plan),
		.arch = machine.arch,
		.log = log,
	};
	s = ka_load_sentence(-r, &facts);
	add_log(&words, log);
	return ka_fail(err, r, "the kernel does not load '%s': %s (error %d%s%s)%s%s; %s",
		       plan->kernel.path, s.text, -r, strerrorname_np(-r) ? ", " : "",
		       strerrorname_np(-r) ? strerrorname_np(-r) : "", words.len > 0 ? "; " : "",
		       words.len > 0 ? words.text : "", s.remedy);
}
