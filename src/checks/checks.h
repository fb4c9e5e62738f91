/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/findings.h>
#include <kexec-any/host.h>

#include "decide/plan.h"
#include "host/machine.h"
#include "initrd/initrd.h"

/* Everything that can be known before the machine is touched. Each check is one small function
 * that reports findings and changes nothing; the table in checks.c has them in order. */

enum ka_which_kernel { KA_KERNEL_RUNNING, KA_KERNEL_NEXT };

/* See config.h. */
struct ka_config {
	bool is_read;
	char *text; /* NULL: not here */
};

struct ka_check_context {
	struct ka_host *host;
	const struct ka_machine *machine;
	struct ka_plan *plan; /* its image is filled by the first check of the files */
	struct ka_findings *findings;
	struct ka_initrd_summary initrds;
	char *rdinit; /* what the kernel starts of the initrd; NULL: /init. Filled with initrds */
	struct ka_config configs[2]; /* by enum ka_which_kernel; read when first asked for */
	bool fast;		     /* structure only: nothing is unpacked */
};

/* May a kernel be loaded here at all? For --status, and as the first part of every run. */
void ka_check_permission(struct ka_host *host, struct ka_findings *findings);

/* All checks of a plan, permission included. fast: nothing is unpacked. */
void ka_check_all(struct ka_host *host, const struct ka_machine *machine, struct ka_plan *plan,
		  bool fast, struct ka_findings *findings);

/* files.c */
void ka_check_entry(struct ka_check_context *c);
void ka_check_kernel(struct ka_check_context *c);
void ka_check_hashes(struct ka_check_context *c);
void ka_check_modules(struct ka_check_context *c);
void ka_check_kexec8(struct ka_check_context *c);

/* signature.c */
void ka_check_signature(struct ka_check_context *c);

/* estimate.c: how long the jump takes. */
void ka_check_estimate(struct ka_check_context *c);

/* initrds.c */
void ka_check_initrds(struct ka_check_context *c);

/* boot.c */
void ka_check_root(struct ka_check_context *c);
void ka_check_resume(struct ka_check_context *c);
void ka_check_boot_mount(struct ka_check_context *c);
void ka_check_running(struct ka_check_context *c);

/* cmdline.c */
void ka_check_cmdline(struct ka_check_context *c);
void ka_check_init(struct ka_check_context *c);
void ka_check_crashkernel(struct ka_check_context *c);
void ka_check_console(struct ka_check_context *c);

/* efi.c */
void ka_check_efi_bits(struct ka_check_context *c);
void ka_check_efi_runtime(struct ka_check_context *c);
void ka_check_acpi(struct ka_check_context *c);

/* rescue.c */
void ka_check_rescue(struct ka_check_context *c);

/* pending.c */
void ka_check_ostree(struct ka_check_context *c);
void ka_check_firmware(struct ka_check_context *c);
void ka_check_mok(struct ka_check_context *c);
void ka_check_nextroot(struct ka_check_context *c);
void ka_check_packages(struct ka_check_context *c);

/* unlock.c */
void ka_check_tpm(struct ka_check_context *c);

/* memory.c */
void ka_check_memory(struct ka_check_context *c);
void ka_check_memory_hole(struct ka_check_context *c);
void ka_check_kho(struct ka_check_context *c);

/* security.c */
void ka_check_memory_files(struct ka_check_context *c);
void ka_check_uki_trust(struct ka_check_context *c);

/* luks.c */
void ka_check_luks(struct ka_check_context *c);

/* hardware.c */
void ka_check_hardware(struct ka_check_context *c);

/* watchdog.c */
void ka_check_watchdog(struct ka_check_context *c);
