/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* What the kernel says about kexec, and who may use it. */

/* Is an image loaded? 1, 0, -ENOENT: this kernel has no kexec (or /sys is not mounted). */
int ka_kexec_is_loaded(struct ka_host *host) _must_check_;

/* How many loads and unloads are still allowed (kernel.kexec_load_limit_reboot, Linux 6.3). -1:
 * no limit. */
int64_t ka_kexec_limit(struct ka_host *host);

/* kernel.kexec_load_disabled is 1. */
bool ka_kexec_is_disabled(struct ka_host *host);

/* The kernel is locked down (integrity or confidentiality): only signed images load. */
bool ka_kexec_is_locked_down(struct ka_host *host);

/* Does this process hold CAP_SYS_BOOT? False when that cannot be told. */
bool ka_kexec_has_capability(struct ka_host *host);

/* Is a seccomp filter active in this process? */
bool ka_kexec_is_filtered(struct ka_host *host);
