// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Security modules that look at where a file lies, and what a unified kernel image loses when it is taken
 * apart.
 */

#include "checks/checks.h"

#include <kexec-any/text.h>

#include <errno.h>

#define POLICY_LIMIT (1u << 20)

/* Is something loaded from memory that was a file, or several? */
static bool uses_memory_files(const struct ka_plan *plan)
{
	return plan->kernel.is_part || ka_plan_joins(plan);
}

static const char memory_text[] =
	"%s looks at where files lie and how they are signed there, and the %s is made in memory: the "
	"load may be refused";
static const char memory_remedy[] = "merge the initrds into one signed file, or reboot cold";

/* A rule of the policy that appraises what kexec reads. */
static bool is_kexec_rule(const char *line)
{
	return ka_startswith(line, "appraise ") && strstr(line, "func=KEXEC_");
}

/*
 * The policy can be read when the kernel was built so (CONFIG_IMA_READ_POLICY); else the command line
 * names one that is built in.
 */
static bool appraises_kexec(struct ka_check_context *c)
{
	_cleanup_free_ char *policy = NULL, *names = NULL;
	char *cursor, *line;
	bool found = false;
	int r;

	r = ka_host_read(c->host, "/sys/kernel/security/ima/policy", POLICY_LIMIT, &policy, NULL,
			 NULL);
	if (r == 0) {
		for (cursor = policy; (line = ka_next_line(&cursor));)
			found |= is_kexec_rule(line);
		return found;
	}
	return c->machine->cmdline && ka_cmdline_get(c->machine->cmdline, "ima_policy", &names) &&
	       strstr(names, "secure_boot");
}

static bool pins_loads(struct ka_host *host)
{
	_cleanup_free_ char *modules = NULL, *enforce = NULL;

	return ka_host_read_line(host, "/sys/kernel/security/lsm", &modules, NULL) == 0 &&
	       strstr(modules, "loadpin") &&
	       (ka_host_read_line(host, "/proc/sys/kernel/loadpin/enforce", &enforce, NULL) < 0 ||
		!ka_streq(enforce, "0"));
}

void ka_check_memory_files(struct ka_check_context *c)
{
	const char *what = c->plan->kernel.is_part ? "kernel" : "joined initrd";

	if (!uses_memory_files(c->plan))
		return;
	if (appraises_kexec(c))
		ka_report(c->findings, KA_WARNING, KA_ID_IMA_APPRAISAL,
			  "/sys/kernel/security/ima/policy", memory_remedy, memory_text, "IMA",
			  what);
	if (pins_loads(c->host))
		ka_report(c->findings, KA_WARNING, KA_ID_LOADPIN, "/sys/kernel/security/lsm",
			  memory_remedy, memory_text, "LoadPin", what);
}

/* The firmware verified the image as a whole; the kernel verifies what is in .linux alone. */
void ka_check_uki_trust(struct ka_check_context *c)
{
	if (c->plan->entry->type != KA_TYPE_UKI || ka_host_secure_boot(c->host) != KA_YES)
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_UKI_UNVERIFIED, c->plan->entry->source_path,
		  "reboot cold, if that matters",
		  "Secure Boot verifies this unified kernel image as a whole; at a kexec its "
		  "initrd and command line are not verified by anybody");
}
