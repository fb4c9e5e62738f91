// SPDX-License-Identifier: GPL-2.0-or-later
/* What ends a shutdown, on machines made on the spot. */

#include "found.h"

#include "restart/restart.h"

#include <unistd.h>

/* The end of dracut's modules.d/99shutdown/shutdown.sh (059). */
#define DRACUT_SCRIPT                                                                              \
	"#!/bin/sh\n"                                                                              \
	"case \"$ACTION\" in\n"                                                                    \
	"    kexec)\n"                                                                             \
	"        kexec -e\n"                                                                       \
	"        warn \"$ACTION failed!\"\n"                                                       \
	"        reboot -f -n\n"                                                                   \
	"        ;;\n"                                                                             \
	"esac\n"

#define NOTHING (-1)

/* That finding, or nothing at all. */
static void expect(enum ka_finding_id id, int severity)
{
	ka_findings_done(&findings);
	ka_restart_check_end(host, KA_TRIGGER_SYSTEMD, &findings);
	if (severity == NOTHING) {
		assert_int_equal(findings.n, 0);
		return;
	}
	assert_int_equal(findings.n, 1);
	assert_int_equal(findings.items[0].id, id);
	assert_int_equal(findings.items[0].severity, severity);
	assert_non_null(findings.items[0].remedy);
}

static void put_exitrd(const char *text)
{
	unit_puts("run/initramfs/shutdown", text);
	assert_int_equal(chmod(unit_path("run/initramfs/shutdown"), 0755), 0);
}

static void test_script(void **state)
{
	(void)state;
	expect(KA_ID_EXITRD, NOTHING);
	put_exitrd(DRACUT_SCRIPT);
	expect(KA_ID_EXITRD, KA_ERROR);
	/* systemd-shutdown passes over what it cannot execute. */
	assert_int_equal(chmod(unit_path("run/initramfs/shutdown"), 0644), 0);
	expect(KA_ID_EXITRD, NOTHING);
	assert_int_equal(chmod(unit_path("run/initramfs/shutdown"), 0755), 0);
	/* Installed, but its libraries may be missing in there. */
	unit_puts("usr/sbin/kexec", "x");
	expect(KA_ID_EXITRD, KA_WARNING);
	unit_puts("run/initramfs/usr/sbin/kexec", "x");
	expect(KA_ID_EXITRD, NOTHING);
	put_exitrd("#!/bin/sh\nreboot -f\n");
	expect(KA_ID_EXITRD, KA_WARNING);
	assert_int_equal(unlink(unit_path("run/initramfs/usr/sbin/kexec")), 0);
	assert_int_equal(unlink(unit_path("usr/sbin/kexec")), 0);
	expect(KA_ID_EXITRD, KA_ERROR);
}

/* The jump without a shutdown, and other inits, have no use for it. */
static void test_other_ways(void **state)
{
	static const enum ka_trigger ways[] = { KA_TRIGGER_NONE, KA_TRIGGER_OPENRC,
						KA_TRIGGER_DIRECT };

	(void)state;
	put_exitrd(DRACUT_SCRIPT);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		ka_restart_check_end(host, ways[i], &findings);
		assert_int_equal(findings.n, 0);
	}
	ka_restart_check_end(host, KA_TRIGGER_LOGIND, &findings);
	assert_int_equal(findings.n, 1);
}

/* systemd-shutdown itself, as on NixOS: a link into the store. */
static void test_program(void **state)
{
	(void)state;
	unit_puts("nix/store/x-systemd/lib/systemd/systemd-shutdown", "\177ELF kexec");
	assert_int_equal(chmod(unit_path("nix/store/x-systemd/lib/systemd/systemd-shutdown"), 0755),
			 0);
	unit_puts("run/initramfs/etc/os-release", "");
	unit_link("run/initramfs/shutdown", "/nix/store/x-systemd/lib/systemd/systemd-shutdown");
	expect(KA_ID_EXITRD, NOTHING);
}

/* Unpacked only while the system goes down. */
static void test_dracut(void **state)
{
	(void)state;
	unit_puts("run/initramfs/.need_shutdown", "");
	expect(KA_ID_EXITRD, NOTHING); /* dracut is gone: nothing unpacks it */
	unit_puts("usr/lib/dracut/dracut-initramfs-restore", "#!/bin/bash\n");
	expect(KA_ID_EXITRD, KA_ERROR);
	unit_puts("usr/sbin/kexec", "x");
	expect(KA_ID_EXITRD, KA_WARNING);
	unit_puts("etc/systemd/system/x", "");
	unit_link("etc/systemd/system/dracut-shutdown.service", "/dev/null");
	expect(KA_ID_EXITRD, NOTHING);
	assert_int_equal(unlink(unit_path("etc/systemd/system/dracut-shutdown.service")), 0);
	assert_int_equal(unlink(unit_path("run/initramfs/.need_shutdown")), 0);
	expect(KA_ID_EXITRD, NOTHING);
}

/* What cannot be told is said. */
static void test_unknown(void **state)
{
	(void)state;
	unit_link("run", "run");
	expect(KA_ID_EXITRD, KA_WARNING);
	assert_int_equal(unlink(unit_path("run")), 0);
	unit_puts("run/initramfs/shutdown/x", ""); /* a folder may be entered, and not read */
	expect(KA_ID_EXITRD, KA_WARNING);
}

/* Sessions as a process keeps them open; PID 1's are made for the jump. */
static void test_live_update(void **state)
{
	(void)state;
	unit_puts("proc/1/fd/.there", "");
	unit_link("proc/1/fd/40", "anon_inode:[luo_session] systemd");
	unit_puts("proc/4711/comm", "vmm\n");
	unit_puts("proc/4711/fd/.there", "");
	unit_link("proc/4711/fd/3", "anon_inode:[eventfd]");
	unit_puts("dev/liveupdate", "");
	expect(KA_ID_LIVE_UPDATE_SESSIONS, NOTHING);
	unit_link("proc/4711/fd/12", "anon_inode:[luo_session] guests");
	expect(KA_ID_LIVE_UPDATE_SESSIONS, KA_ERROR);
	assert_non_null(strstr(findings.items[0].text, "vmm (process 4711)"));
}

static void test_old_systemd(void **state)
{
	(void)state;
	unit_puts("usr/lib/systemd/libsystemd-shared-245.so", "");
	expect(KA_ID_SYSTEMD_TOO_OLD, KA_ERROR);
	assert_non_null(strstr(findings.items[0].text, "systemd 245"));
	unit_puts("sbin/kexec", "x");
	expect(KA_ID_SYSTEMD_TOO_OLD, NOTHING);
	assert_int_equal(unlink(unit_path("sbin/kexec")), 0);
	unit_puts("lib/systemd/libsystemd-shared-246.4-1.fc33.so", "");
	expect(KA_ID_SYSTEMD_TOO_OLD, NOTHING);
}

#define exitrd_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		exitrd_case(test_script),      exitrd_case(test_other_ways),
		exitrd_case(test_program),     exitrd_case(test_dracut),
		exitrd_case(test_unknown),     exitrd_case(test_old_systemd),
		exitrd_case(test_live_update),
	};

	return cmocka_run_group_tests_name("exitrd", tests, NULL, NULL);
}
