// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of checks. All of them run, whatever the first ones find: people want the whole list. */

#include "checks/checks.h"

typedef void (*check_fn)(struct ka_check_context *c);

/* In the order people should read them: what is meant, what it is, what it needs. */
static const check_fn checks[] = {
	ka_check_entry,	   ka_check_kernel,	  ka_check_kexec8,    ka_check_signature,
	ka_check_efi_bits, ka_check_initrds,	  ka_check_hashes,    ka_check_modules,
	ka_check_cmdline,  ka_check_root,	  ka_check_resume,    ka_check_init,
	ka_check_rescue,   ka_check_efi_runtime,  ka_check_acpi,      ka_check_crashkernel,
	ka_check_console,  ka_check_boot_mount,	  ka_check_memory,    ka_check_memory_hole,
	ka_check_kho,	   ka_check_memory_files, ka_check_uki_trust, ka_check_ostree,
	ka_check_firmware, ka_check_mok,	  ka_check_nextroot,  ka_check_packages,
	ka_check_tpm,	   ka_check_luks,	  ka_check_hardware,  ka_check_watchdog,
	ka_check_running,  ka_check_estimate,
};

/* What a check takes for absent, because it cannot be read, is no all-clear. */
static void report_trouble(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_free_ char *trouble = ka_host_take_trouble(host);

	if (trouble)
		ka_report(findings, KA_WARNING, KA_ID_MACHINE_UNREADABLE, NULL,
			  "find out why it cannot be read, and check again",
			  "%s cannot be read: a check may have found too little", trouble);
}

void ka_check_all(struct ka_host *host, const struct ka_machine *machine, struct ka_plan *plan,
		  bool fast, struct ka_findings *findings)
{
	struct ka_check_context c = {
		.host = host,
		.machine = machine,
		.plan = plan,
		.findings = findings,
		.fast = fast,
	};

	ka_check_permission(host, findings);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&c);
	report_trouble(host, findings);
	ka_initrd_summary_done(&c.initrds);
	free(c.rdinit);
	for (size_t i = 0; i < ARRAY_SIZE(c.configs); i++)
		free(c.configs[i].text);
}
