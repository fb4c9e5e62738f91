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

#include <kexec-any/memory.h>
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
	ka_findings_done(&result->findings);
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
	members = ka_calloc(plan->n_initrds, sizeof(*members));
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

/* What could not be opened or settled is a finding, and final; nothing is ever loaded without it. */
static int check_plan(const struct ka_plan *plan, struct ka_error *err)
{
	if (plan->kernel.fd < 0)
		return ka_fail(err, -EBADF, "the kernel is not open");
	for (size_t i = 0; i < plan->n_initrds; i++)
		if (plan->initrds[i].fd < 0)
			return ka_fail(err, -EBADF, "'%s' is not open", plan->initrds[i].path);
	if (!plan->cmdline)
		return ka_fail(err, -EINVAL, "the command line is not known");
	return 0;
}

/*
 * The file call first: it works under lockdown, where kexec_load() is refused even without segments. The
 * other is for kernels and filters that know it alone. Allocates nothing.
 */
static int unload(void)
{
	int r = call(-1, -1, NULL, KEXEC_FILE_UNLOAD), q;

	if (r != -ENOSYS && r != -EPERM)
		return r;
	q = ka_sys->kexec_unload();
	return q == -ENOSYS ? r : q;
}

void ka_unload_now(void)
{
	unload();
}

static int explain_unload(struct ka_host *host, int r, struct ka_error *err)
{
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
	if (r == -EBUSY)
		return ka_fail(err, r,
			       "cannot unload the kernel: another process is loading one; try "
			       "again");
	return ka_fail_sys(err, r, "cannot unload the kernel");
}

int ka_unload(struct ka_host *host, struct ka_error *err)
{
	int loaded = ka_kexec_is_loaded(host), r;

	if (loaded == 0)
		return 0;
	/* Where the answer cannot be read, the call is made: it does no harm. */
	r = unload();
	if (r == -ENOSYS && loaded < 0)
		return ka_fail(err, r, "this kernel has no kexec: nothing can be loaded");
	if (r < 0)
		return explain_unload(host, r, err);
	if (ka_kexec_is_loaded(host) > 0)
		return ka_fail(err, -EIO,
			       "the kernel was unloaded, but /sys/kernel/kexec_loaded still "
			       "says 1");
	return 0;
}

/*
 * After a failure nothing may stay armed. Where the kernel counts attempts, an unload costs one,
 * and none is left to waste: then the error says what is armed.
 */
static int disarm(struct ka_host *host, struct ka_error *err)
{
	int loaded = ka_kexec_is_loaded(host), r;

	if (loaded == 0)
		return 0;
	if (ka_kexec_limit(host) == 0)
		r = ka_fail(err, -EPERM, "kernel.kexec_load_limit_reboot is used up");
	else
		r = ka_unload(host, err);
	if (r == 0 || (loaded < 0 && r == -ENOSYS))
		return 0;
	return ka_fail_in(err, r, "a kernel %s LOADED and the next reboot may start it",
			  loaded > 0 ? "is STILL" : "may be");
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

/* The last word is the kernel's: after a load that went well it must say that one is loaded. */
static int verify(struct ka_host *host, const struct ka_plan *plan, struct ka_error *err)
{
	int r = ka_kexec_is_loaded(host);

	if (r > 0)
		return 0;
	return ka_fail(err, r < 0 ? r : -EIO,
		       "the load of '%s' succeeded, but /sys/kernel/kexec_loaded %s%s",
		       plan->kernel.path, r < 0 ? "cannot be read: " : "does not say 1",
		       r < 0 ? strerror(-r) : "");
}

static int load_and_verify(struct ka_host *host, const struct ka_plan *plan, int initrd_fd,
			   bool verbose, struct ka_load_result *ret, struct ka_error *err)
{
	_cleanup_close_ int kmsg_fd = ka_kmsg_open();
	bool explained;
	int r = load_image(host, plan, initrd_fd, verbose, &explained, err);

	ret->log = ka_kmsg_read(kmsg_fd);
	if (r == 0)
		return verify(host, plan, err);
	return explained ? r : ka_load_explain(host, plan, r, ret->log, err);
}

int ka_load(struct ka_host *host, const struct ka_plan *plan, bool verbose,
	    struct ka_load_result *ret, struct ka_error *err)
{
	struct ka_error second = KA_ERROR_INIT;
	_cleanup_close_ int joined = -1;
	int initrd_fd = -1, r, q;

	r = check_plan(plan, err);
	if (r < 0)
		return r;
	/* Looked at behind the last byte that is read before the load, and behind the load itself. */
	r = prepare_initrd(plan, &initrd_fd, &joined, err);
	if (ka_plan_report_changes(plan, &ret->findings))
		return 1;
	if (r < 0)
		return r;
	r = load_and_verify(host, plan, initrd_fd, verbose, ret, err);
	if (ka_plan_report_changes(plan, &ret->findings)) {
		ka_error_done(err);
		q = disarm(host, err);
		return q < 0 ? q : 1;
	}
	if (r < 0 && disarm(host, &second) < 0)
		ka_fail_in(err, r, "%s", ka_error_text(&second, r));
	ka_error_done(&second);
	return r;
}
