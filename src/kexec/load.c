// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading with kexec_file_load(2). The files are passed by the descriptors that were checked; only
 * several initrds are joined into a memory file first (which IMA appraisal and LoadPin refuse).
 */

#include "kexec/load.h"

#include "base/sys.h"
#include "initrd/initrd.h"
#include "kexec/kmsg.h"
#include "kexec/state.h"

#include <kexec-any/text.h>

#include <errno.h>

/* linux/kexec.h of older systems lacks the newer ones. */
#define KEXEC_FILE_UNLOAD	0x1ul
#define KEXEC_FILE_NO_INITRAMFS 0x4ul
#define KEXEC_FILE_DEBUG	0x8ul

#define BUSY_RETRIES 3

void ka_load_result_done(struct ka_load_result *result)
{
	ka_strv_free(result->log);
	result->log = NULL;
}

/* Another process may be in the call for a moment. */
static int call(int kernel_fd, int initrd_fd, const char *cmdline, unsigned long flags)
{
	for (int i = 0;; i++) {
		int r = ka_sys->kexec_file_load(kernel_fd, initrd_fd, cmdline, flags);

		if (r != -EBUSY || i == BUSY_RETRIES)
			return r;
		ka_sys->pause();
	}
}

/*
 * Flags a kernel does not know give EINVAL, so the call is repeated without the optional ones.
 * Where attempts are counted, none is spent on them.
 */
static int call_with_flags(struct ka_host *host, const struct ka_plan *plan, int initrd_fd,
			   bool verbose)
{
	unsigned long flags = initrd_fd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0;
	int r = -EINVAL;

	if (verbose && ka_kexec_limit(host) < 0)
		r = call(plan->kernel.fd, initrd_fd, plan->cmdline, flags | KEXEC_FILE_DEBUG);
	if (r == -EINVAL)
		r = call(plan->kernel.fd, initrd_fd, plan->cmdline, flags);
	return r;
}

/* The one initrd by its own descriptor, anything else joined; -1 when there is none. */
static int prepare_initrd(const struct ka_plan *plan, int *ret_fd, int *ret_joined,
			  struct ka_error *err)
{
	_cleanup_free_ struct ka_initrd_member *members = NULL;
	int r;

	if (!ka_plan_joins(plan)) {
		*ret_fd = plan->n_initrds == 1 ? plan->initrds[0].fd : -1;
		return 0;
	}
	members = calloc(plan->n_initrds, sizeof(*members));
	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_initrds; i++) {
		const struct ka_plan_file *file = &plan->initrds[i];

		members[i] = (struct ka_initrd_member){
			.fd = file->fd,
			.path = file->path,
			.offset = file->offset,
			.size = file->size,
			.continued = file->continued,
		};
	}
	r = ka_initrd_join(members, plan->n_initrds, ret_joined, err);
	if (r == 0)
		*ret_fd = *ret_joined;
	return r;
}

/* A file that could not be opened is a finding, and final; nothing is ever loaded without it. */
static int check_files(const struct ka_plan *plan, struct ka_error *err)
{
	if (plan->kernel.fd < 0)
		return ka_fail(err, -EBADF, "the kernel is not open");
	for (size_t i = 0; i < plan->n_initrds; i++)
		if (plan->initrds[i].fd < 0)
			return ka_fail(err, -EBADF, "'%s' is not open", plan->initrds[i].path);
	return 0;
}

int ka_unload(struct ka_host *host, struct ka_error *err)
{
	int r = ka_kexec_is_loaded(host);

	if (r == -ENOENT)
		return ka_fail(err, -ENOSYS, "this kernel has no kexec: nothing can be loaded");
	if (r <= 0)
		return r;
	/* The file call, not kexec_load() with no segments: that one is refused under lockdown. */
	r = call(-1, -1, NULL, KEXEC_FILE_UNLOAD);
	if (r == -EPERM && !ka_kexec_has_capability(host))
		return ka_fail(err, r, "unloading needs root (CAP_SYS_BOOT)");
	if (r == -EPERM && ka_kexec_is_disabled(host))
		return ka_fail(err, r,
			       "kernel.kexec_load_disabled is 1: the loaded kernel stays "
			       "until the next restart");
	if (r == -EPERM && ka_kexec_limit(host) == 0)
		return ka_fail(err, r,
			       "kernel.kexec_load_limit_reboot is used up: the loaded "
			       "kernel stays until the next restart");
	if (r < 0)
		return ka_fail_sys(err, r, "cannot unload the kernel");
	return 0;
}

/*
 * After a failure nothing may stay armed. Where the kernel counts attempts, an unload costs one,
 * and none is left to waste: then the error says what is armed.
 */
static int disarm(struct ka_host *host, int r, struct ka_error *err)
{
	struct ka_error second = KA_ERROR_INIT;
	int q;

	if (ka_kexec_is_loaded(host) <= 0)
		return r;
	q = ka_kexec_limit(host) == 0 ? -EPERM : ka_unload(host, &second);
	if (q < 0) {
		ka_fail_in(err, r,
			   "an older kernel is STILL LOADED and the next reboot may start it "
			   "(%s)",
			   ka_error_text(&second, q));
		ka_error_done(&second);
	}
	return r;
}

/* Loading with kexec(8) is for what the file call does not do: it is missing, or the image is an
 * x86 vmlinux. Never for a refusal: that was meant. */
static int load_image(struct ka_host *host, const struct ka_plan *plan, int initrd_fd, bool verbose,
		      bool *ret_explained, struct ka_error *err)
{
	int r = -ENOSYS;

	if (!plan->image.needs_kexec_load)
		r = call_with_flags(host, plan, initrd_fd, verbose);
	*ret_explained = r == -ENOSYS && ka_kexec_is_loaded(host) >= 0 && ka_kexec8_path(host);
	if (*ret_explained)
		r = ka_kexec8_load(host, plan, initrd_fd, err);
	return r;
}

int ka_load(struct ka_host *host, const struct ka_plan *plan, bool verbose,
	    struct ka_load_result *ret, struct ka_error *err)
{
	_cleanup_close_ int kmsg_fd = -1, joined = -1;
	int initrd_fd = -1, r, q;
	bool explained;

	r = check_files(plan, err);
	if (r == 0)
		r = prepare_initrd(plan, &initrd_fd, &joined, err);
	if (r < 0)
		return r;

	kmsg_fd = ka_kmsg_open();
	r = load_image(host, plan, initrd_fd, verbose, &explained, err);
	q = ka_kmsg_read(kmsg_fd, &ret->log);
	if (r < 0) {
		if (!explained)
			ka_load_explain(host, plan, r, ret->log, err);
		return disarm(host, r, err);
	}
	if (q < 0)
		return disarm(host, q, err);

	r = ka_kexec_is_loaded(host);
	if (r > 0)
		return 0;
	return ka_fail(err, r < 0 ? r : -EIO,
		       "the load of '%s' succeeded, but /sys/kernel/kexec_loaded does not say 1",
		       plan->kernel.path);
}
