// SPDX-License-Identifier: GPL-2.0-or-later
/* May this process load a kernel on this machine at all? */

#include "checks/checks.h"
#include "kexec/state.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char cold[] = "reboot cold: systemctl reboot";

static void check_kexec(struct ka_host *host, struct ka_findings *findings)
{
	int r = ka_kexec_is_loaded(host);

	if (r == 1) {
		ka_report(findings, KA_INFO, KA_ID_ALREADY_LOADED, "/sys/kernel/kexec_loaded",
			  "kexec-any --unload forgets it",
			  "a kernel is loaded already; loading replaces it");
		return;
	}
	if (r == 0 || !ka_host_is_live(host))
		return;
	ka_report(findings, KA_ERROR, KA_ID_NO_KEXEC, "/sys/kernel/kexec_loaded", cold,
		  "the running kernel has no kexec (CONFIG_KEXEC_CORE), or /sys is not "
		  "mounted");
}

/* A captured machine's capabilities would be those of whoever looks at it. */
static void check_caller(struct ka_host *host, struct ka_findings *findings)
{
	if (!ka_host_is_live(host))
		return;
	if (!ka_kexec_has_capability(host))
		ka_report(findings, KA_ERROR, KA_ID_NO_PRIVILEGE, NULL,
			  "run it as root (sudo kexec-any), outside a container",
			  "loading a kernel needs CAP_SYS_BOOT, which this process does not have");
	if (ka_kexec_is_filtered(host))
		ka_report(findings, KA_WARNING, KA_ID_SECCOMP, NULL, "run it outside the container",
			  "a seccomp filter is active: it may refuse the system calls of kexec");
}

/*
 * systemd leaves the first file wherever it runs in a container. The others are docker's and podman's, and
 * stay in a file system that was exported from there to run on a machine of its own, which systemd then
 * does without the first.
 */
static void check_container(struct ka_host *host, struct ka_findings *findings)
{
	static const char *const marks[] = { "/run/systemd/container", "/.dockerenv",
					     "/run/.containerenv" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (ka_host_seems_there(host, marks[i]) &&
		    (i == 0 || !ka_host_seems_there(host, "/run/systemd/system"))) {
			ka_report(findings, KA_ERROR, KA_ID_CONTAINER, marks[i],
				  "run it on the host itself",
				  "inside a container: /boot here may not be the machine's");
			return;
		}
}

/* Does one of its lines set it? "-net/x/y = 1": both separators are good, a "-" ignores errors. */
static bool sets_sysctl(char *text, const char *key)
{
	char *cursor, *line;

	for (cursor = text; (line = ka_next_line(&cursor));) {
		line += strspn(line, " \t");
		line += *line == '-';
		if (!ka_startswith(line, "kernel.") && !ka_startswith(line, "kernel/"))
			continue;
		line += strlen("kernel.");
		if (ka_startswith(line, key) && strchr(" \t=", line[strlen(key)]))
			return true;
	}
	return false;
}

static bool file_sets_sysctl(struct ka_host *host, const char *path, const char *key)
{
	_cleanup_free_ char *text = NULL;

	return ka_host_read(host, path, 1u << 20, &text, NULL, NULL) == 0 && sets_sysctl(text, key);
}

/* The file that sets the sysctl (sysctl.d(5)), so that people know where to look; NULL if none does. */
static char *find_sysctl(struct ka_host *host, const char *key)
{
	static const char *const folders[] = { "/etc/sysctl.d", "/run/sysctl.d",
					       "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d" };
	static const char last[] = "/etc/sysctl.conf";
	_cleanup_strv_ char **seen = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_strv_ char **names = NULL;

		if (ka_host_list(host, folders[i], &names, NULL) < 0)
			continue;
		for (char **p = names; *p; p++) {
			_cleanup_free_ char *path = ka_format("%s/%s", folders[i], *p);

			/* One of the same name in an earlier folder takes its place. */
			if (!ka_endswith(*p, ".conf") || (seen && ka_strv_contains(seen, *p)))
				continue;
			if (file_sets_sysctl(host, path, key))
				return TAKE_PTR(path);
			ka_strv_add(&seen, *p);
		}
	}
	return file_sets_sysctl(host, last, key) ? ka_strdup(last) : NULL;
}

static void check_disabled(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_free_ char *path = NULL;

	if (!ka_kexec_is_disabled(host))
		return;
	path = find_sysctl(host, "kexec_load_disabled");
	ka_report(findings, KA_ERROR, KA_ID_KEXEC_DISABLED,
		  path ? path : "/proc/sys/kernel/kexec_load_disabled", cold,
		  "kexec is switched off until the next restart "
		  "(kernel.kexec_load_disabled=1%s%s)",
		  path ? ", set in " : "", path ? path : "");
}

static void check_limit(struct ka_host *host, struct ka_findings *findings)
{
	int64_t limit = ka_kexec_limit(host);

	if (limit == 0) {
		ka_report(findings, KA_ERROR, KA_ID_KEXEC_LIMIT,
			  "/proc/sys/kernel/kexec_load_limit_reboot", cold,
			  "all allowed loads are used up "
			  "(kernel.kexec_load_limit_reboot=0)");
		return;
	}
	if (limit > 0) {
		ka_report(findings, KA_INFO, KA_ID_KEXEC_LIMIT,
			  "/proc/sys/kernel/kexec_load_limit_reboot", NULL,
			  "%" PRId64 " more loads or unloads are allowed", limit);
		return;
	}
}

/* A guest that Xen does not imitate a machine for: its page tables are the hypervisor's. */
static void check_xen_guest(struct ka_host *host, struct ka_findings *findings)
{
	static const char path[] = "/sys/hypervisor/guest_type";
	_cleanup_free_ char *text = NULL;

	if (ka_host_read_line(host, path, &text, NULL) == 0 && ka_streq(text, "PV"))
		ka_report(findings, KA_ERROR, KA_ID_XEN_GUEST, path, cold,
			  "a paravirtualised guest of Xen: such a kernel cannot start another one");
}

/* The hypervisor, not Linux, owns the machine there. */
static void check_xen(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_free_ char *text = NULL;

	if (ka_host_read_line(host, "/proc/xen/capabilities", &text, NULL) < 0 ||
	    !strstr(text, "control_d")) {
		check_xen_guest(host, findings);
		return;
	}
	ka_report(findings, KA_ERROR, KA_ID_XEN_DOM0, "/proc/xen/capabilities", cold,
		  "a Xen dom0: only the hypervisor itself could start another kernel");
}

/*
 * Processors that a write to the memory of TDX can stop (X86_BUG_TDX_PW_MCE): Linux 6.18 and newer, which
 * alone have kexec beside TDX, refuse every load there (machine_kexec_prepare()).
 */
static void check_tdx(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read_start(host, "/proc/cpuinfo", 65536, &text, NULL) < 0)
		return;
	for (cursor = text; (line = ka_next_line(&cursor));)
		if (ka_startswith(line, "bugs") &&
		    (strstr(line, " tdx_pw_mce ") || ka_endswith(line, " tdx_pw_mce"))) {
			ka_report(
				findings, KA_ERROR, KA_ID_TDX_HOST, "/proc/cpuinfo", cold,
				"TDX is on and the processor has the fault tdx_pw_mce: the running "
				"kernel refuses every load");
			return;
		}
}

void ka_check_permission(struct ka_host *host, struct ka_findings *findings)
{
	static void (*const parts[])(struct ka_host * host, struct ka_findings * findings) = {
		check_caller, check_container, check_kexec, check_disabled,
		check_limit,  check_xen,       check_tdx,
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](host, findings);
}
