// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who makes the last step of a shutdown under systemd, and whether that is the jump. systemd-shutdown
 * does it itself, by reboot(2), since 246; before it ran kexec(8). Or it hands over to a program in a
 * ramdisk, /run/initramfs/shutdown (the exitrd: bootup(7)). Those of dracut and mkinitcpio are scripts
 * that run "kexec -e", and where that fails, reboot through the firmware.
 */

#include "kexec/load.h"
#include "restart/restart.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define EXITRD	"/run/initramfs"
#define PROGRAM EXITRD "/shutdown"
/* dracut's hooks make it; dracut-shutdown.service then unpacks the running kernel's initrd there. */
#define DRACUT_WANTED  EXITRD "/.need_shutdown"
#define DRACUT_RESTORE "/usr/lib/dracut/dracut-initramfs-restore"

/* The scripts are a few kilobytes long. */
#define SCRIPT_LIMIT (256u << 10)

enum exitrd {
	EXITRD_NONE,
	EXITRD_PROGRAM, /* no script: systemd-shutdown once more (NixOS, mkinitcpio's sd-shutdown) */
	EXITRD_SCRIPT,
	EXITRD_SCRIPT_WITHOUT_KEXEC, /* the word is not in it */
	EXITRD_DRACUT,		     /* will be unpacked while the system goes down */
	EXITRD_UNKNOWN,		     /* err says why */
};

/* systemd-shutdown's own test: access(X_OK), as root. */
static int is_executable(struct ka_host *host, const char *path)
{
	struct stat st = { 0 };
	int r = ka_host_stat(host, path, &st);

	return r <= 0 ? r : (st.st_mode & 0111) != 0;
}

static bool is_masked(struct ka_host *host, const char *path)
{
	_cleanup_free_ char *target = NULL;

	return ka_host_readlink(host, path, &target) == 0 && ka_streq(target, "/dev/null");
}

static enum exitrd find_dracut(struct ka_host *host, struct ka_error *err)
{
	int r = ka_host_exists(host, DRACUT_WANTED, err);

	if (r < 0)
		return EXITRD_UNKNOWN;
	if (r == 0 || !ka_host_seems_there(host, DRACUT_RESTORE) ||
	    is_masked(host, "/etc/systemd/system/dracut-shutdown.service"))
		return EXITRD_NONE;
	return EXITRD_DRACUT;
}

static enum exitrd find_exitrd(struct ka_host *host, struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	int r = is_executable(host, PROGRAM);

	if (r == 0)
		return find_dracut(host, err);
	if (r > 0)
		r = ka_host_read_start(host, PROGRAM, SCRIPT_LIMIT, &text, err);
	else
		ka_fail_sys(err, r, "cannot tell whether '%s' is there", PROGRAM);
	if (r < 0)
		return EXITRD_UNKNOWN;
	if (!ka_startswith(text, "#!"))
		return EXITRD_PROGRAM;
	return strstr(text, "kexec") ? EXITRD_SCRIPT : EXITRD_SCRIPT_WITHOUT_KEXEC;
}

static bool has_kexec8(struct ka_host *host)
{
	static const char *const paths[] = { EXITRD "/usr/sbin/kexec", EXITRD "/usr/bin/kexec",
					     EXITRD "/sbin/kexec", EXITRD "/bin/kexec" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (ka_host_seems_there(host, paths[i]))
			return true;
	return false;
}

/* dracut unpacks the initrd that is there then; the others filled the ramdisk at boot. */
static const char *remedy_for(enum exitrd exitrd)
{
	if (exitrd == EXITRD_DRACUT)
		return "install kexec-tools and make the running kernel's initrd anew, with "
		       "kexec(8) in it; or reboot cold";
	return "install kexec-tools, make the initrd anew, with kexec(8) in it, and reboot cold "
	       "once: that fills " EXITRD;
}

static void report_script(struct ka_host *host, enum exitrd exitrd, struct ka_findings *findings)
{
	const char *path = exitrd == EXITRD_DRACUT ? DRACUT_WANTED : PROGRAM;

	if (!ka_kexec8_path(host))
		ka_report(findings, KA_ERROR, KA_ID_EXITRD, path, remedy_for(exitrd),
			  "a script in a ramdisk ends the shutdown here, and can only jump by "
			  "kexec(8), which is neither in " EXITRD
			  " nor installed: it would reboot through the firmware");
	else
		ka_report(findings, KA_WARNING, KA_ID_EXITRD, path, remedy_for(exitrd),
			  "a script in a ramdisk ends the shutdown here, and can only jump by "
			  "kexec(8): whether that, installed but not in " EXITRD
			  " now, runs there with its libraries is not known; if not, the script "
			  "reboots through the firmware");
}

static void check_exitrd(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	enum exitrd exitrd = find_exitrd(host, &err);

	switch (exitrd) {
	case EXITRD_NONE:
	case EXITRD_PROGRAM:
		return;
	case EXITRD_UNKNOWN:
		ka_report(findings, KA_WARNING, KA_ID_EXITRD, EXITRD, "run it as root",
			  "what ends the shutdown is not known: %s", ka_error_text(&err, -EIO));
		return;
	case EXITRD_SCRIPT_WITHOUT_KEXEC:
		if (has_kexec8(host)) {
			ka_report(findings, KA_WARNING, KA_ID_EXITRD, PROGRAM, "read the script",
				  "a script in a ramdisk ends the shutdown here, and does not name "
				  "kexec: it may reboot through the firmware");
			return;
		}
		break;
	case EXITRD_SCRIPT:
	case EXITRD_DRACUT:
		if (has_kexec8(host))
			return;
		break;
	}
	report_script(host, exitrd, findings);
}

/* The first release whose systemd-shutdown jumps by itself where kexec(8) is missing. */
#define SYSTEMD_JUMPS 246

/*
 * The release on the disk, from where systemd-shutdown is started; 0: not known. Debian moved the
 * library to a folder of the architecture, long after 246.
 */
static unsigned long find_systemd(struct ka_host *host)
{
	static const char *const folders[] = { "/usr/lib/systemd", "/lib/systemd" };
	static const char prefix[] = "libsystemd-shared-";
	unsigned long newest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_strv_ char **names = NULL;

		if (ka_host_list(host, folders[i], &names, NULL) < 0)
			continue;
		for (char **p = names; *p; p++) {
			unsigned long version = ka_startswith(*p, prefix)
							? strtoul(*p + strlen(prefix), NULL, 10)
							: 0;

			if (version > newest)
				newest = version;
		}
	}
	return newest;
}

static void check_systemd(struct ka_host *host, struct ka_findings *findings)
{
	unsigned long version = find_systemd(host);

	if (version == 0 || version >= SYSTEMD_JUMPS || ka_kexec8_path(host))
		return;
	ka_report(
		findings, KA_ERROR, KA_ID_SYSTEMD_TOO_OLD, NULL, "install kexec-tools",
		"systemd %lu jumps by running kexec(8) (since %d it does so itself), which is not "
		"installed: it would reboot through the firmware",
		version, SYSTEMD_JUMPS);
}

/* An open session is an anonymous file, "anon_inode:[luo_session] NAME" (kernel/liveupdate/luo_session.c). */
static bool has_session(struct ka_host *host, const char *pid)
{
	_cleanup_free_ char *directory = ka_format("/proc/%s/fd", pid);
	_cleanup_strv_ char **fds = NULL;

	if (ka_host_list(host, directory, &fds, NULL) < 0)
		return false; /* it has ended */
	for (char **p = fds; *p; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", directory, *p), *target = NULL;

		if (ka_host_readlink(host, path, &target) == 0 &&
		    ka_startswith(target, "anon_inode:[luo_session]"))
			return true;
	}
	return false;
}

static void report_session(struct ka_host *host, const char *pid, struct ka_findings *findings)
{
	_cleanup_free_ char *path = ka_format("/proc/%s/comm", pid), *name = NULL;

	if (ka_host_read_line(host, path, &name, NULL) < 0)
		name = NULL;
	ka_report(findings, KA_ERROR, KA_ID_LIVE_UPDATE_SESSIONS, "/dev/liveupdate",
		  "end that program, or let it close its session",
		  "%s (process %s) has a live-update session open: this kernel saves it before it "
		  "jumps, and if that fails, the machine reboots through the firmware",
		  name ? name : "a program", pid);
}

/* Linux 7.3: kernel_kexec() fails where liveupdate_reboot() does. PID 1's own are made for the jump. */
static void check_live_update(struct ka_host *host, struct ka_findings *findings)
{
	_cleanup_strv_ char **pids = NULL;

	if (!ka_host_seems_there(host, "/dev/liveupdate") ||
	    ka_host_list(host, "/proc", &pids, NULL) < 0)
		return;
	for (char **p = pids; *p; p++)
		if (**p >= '1' && **p <= '9' && !ka_streq(*p, "1") && has_session(host, *p)) {
			report_session(host, *p, findings);
			return;
		}
}

void ka_restart_check_end(struct ka_host *host, enum ka_trigger trigger,
			  struct ka_findings *findings)
{
	check_live_update(host, findings);
	if (trigger != KA_TRIGGER_LOGIND && trigger != KA_TRIGGER_SYSTEMD)
		return;
	check_exitrd(host, findings);
	check_systemd(host, findings);
}
