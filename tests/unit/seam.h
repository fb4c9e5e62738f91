/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A machine for tests of the load and the restart: its files in unit_dir, and in the seam's place calls
 * that do to those files what the kernel, systemd and the firmware would do. Each call is a step with a
 * name; one of them can be made to fail.
 */

#include "unit.h"

#include "base/sys.h"
#include "restart/bus.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdbool.h>

#define LOADED "sys/kernel/kexec_loaded"

struct sd_bus {
	int unused;
};

struct sd_bus_message {
	const char *member;
	int rows; /* that are still to be read */
};

static struct seam {
	char log[16384]; /* the steps, each in blanks */
	/* Steps that fail, with their errors: the nth time (0: always) they come. */
	struct {
		const char *step;
		int error, nth, seen;
	} fail[4];
	const char *bus_error; /* the name of the error that a failed call of a bus gives */
	const char *mute;      /* a step that succeeds and does nothing */
	void (*before)(const char *step);
	bool is_immutable; /* all EFI variables */
	bool is_short;	   /* writes are cut off */
	bool cold;	   /* a restart was asked for while nothing was loaded */
	uint64_t flags;	   /* of the last request to logind */
	const char *unit_state, *scheduled, *inhibitor_mode;
	uint64_t when;	    /* of what is scheduled */
	bool is_stopping;   /* logind prepares for a shutdown */
	int exit_status;    /* of programs */
	const char *output; /* what they say */
} seam;

static inline bool seam_is_loaded(void)
{
	char c = '0';
	int fd = open(unit_path(LOADED), O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &c, 1) != 1)
		c = '0';
	if (fd >= 0)
		close(fd);
	return c == '1';
}

static inline void seam_set_loaded(bool loaded)
{
	unit_puts(LOADED, loaded ? "1\n" : "0\n");
}

/* 0: it happens; 1: nothing does; negative: it fails. */
static inline int seam_step(const char *step)
{
	size_t n = strlen(seam.log);

	assert_true(n + strlen(step) + 3 < sizeof(seam.log));
	snprintf(seam.log + n, sizeof(seam.log) - n, " %s ", step);
	if (seam.before)
		seam.before(step);
	for (size_t i = 0; i < ARRAY_SIZE(seam.fail); i++)
		if (seam.fail[i].step && ka_streq(seam.fail[i].step, step)) {
			seam.fail[i].seen++;
			if (seam.fail[i].nth == 0 || seam.fail[i].nth == seam.fail[i].seen)
				return -seam.fail[i].error;
		}
	return seam.mute && ka_streq(seam.mute, step) ? 1 : 0;
}

static inline int seam_count(const char *step)
{
	char word[64];
	int n = 0;

	snprintf(word, sizeof(word), " %s ", step);
	for (const char *p = seam.log; (p = strstr(p, word)); p++)
		n++;
	return n;
}

static inline int seam_file_load(_unused_ int kernel_fd, int initrd_fd, const char *cmdline,
				 unsigned long flags)
{
	int r = seam_step(flags & 1 ? "file-unload" : flags & 8 ? "file-debug" : "file-load");

	if (!(flags & 1)) {
		assert_non_null(cmdline);
		assert_int_equal(!!(flags & 4), initrd_fd < 0); /* KEXEC_FILE_NO_INITRAMFS */
	}
	if (r == 0)
		seam_set_loaded(!(flags & 1));
	return r < 0 ? r : 0;
}

static inline int seam_unload(void)
{
	int r = seam_step("unload");

	if (r == 0)
		seam_set_loaded(false);
	return r < 0 ? r : 0;
}

static inline void seam_sync(void)
{
	seam_step("sync");
}

static inline int seam_sync_within(unsigned int seconds)
{
	assert_true(seconds > 0 && seconds <= 60);
	return seam_step("sync-within");
}

static inline int seam_mkdir(const char *path)
{
	int r = seam_step("mkdir");

	return r < 0 ? r : mkdir(unit_path(path + 1), 0755) < 0 ? -errno : 0;
}

/* What never returns where it works says -EINTR here. */
static inline int seam_jump(void)
{
	int r = seam_step("jump");

	if (r == 0 && !seam_is_loaded())
		return -EINVAL;
	return r < 0 ? r : -EINTR;
}

static inline void seam_pause(void)
{
	seam_step("pause");
}

/* A descriptor that a program is to open by its number must be one that it inherits. */
static inline void seam_expect_kept(const char *word, const int *fds, size_t n)
{
	const char *number = strstr(word, "/proc/self/fd/");
	bool kept = !number;

	for (size_t i = 0; number && i < n; i++)
		kept |= fds[i] == atoi(number + strlen("/proc/self/fd/"));
	assert_true(kept);
}

/* kexec(8) loads; the others do nothing. */
static inline int seam_run(const char *const *argv, const int *keep_fds, size_t n_keep,
			   char **ret_output, struct ka_error *err)
{
	const char *name = strrchr(argv[0], '/');
	int r = seam_step(name ? name + 1 : argv[0]);

	if (r < 0)
		return ka_fail_sys(err, r, "cannot run '%s'", argv[0]);
	for (const char *const *p = argv; *p; p++)
		seam_expect_kept(*p, keep_fds, n_keep);
	*ret_output = strdup(seam.exit_status ? "it said no" : seam.output ? seam.output : "");
	if (seam.exit_status == 0 && r == 0 && name && ka_streq(name, "/kexec"))
		seam_set_loaded(true);
	if (ka_streq(argv[0], "openrc-shutdown") && !seam_is_loaded())
		seam.cold = true;
	return seam.exit_status;
}

static inline int seam_open(const char *path, int flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	int r = seam_step(writes ? "open-write" : "open"), fd;

	if (r < 0)
		return r;
	if (writes && seam.is_immutable && strstr(path, "efivars") &&
	    access(unit_path(path + 1), F_OK) == 0)
		return -EPERM;
	fd = open(unit_path(path + 1), flags | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

static inline ssize_t seam_read(int fd, void *data, size_t size)
{
	int r = seam_step("read");

	return r < 0 ? r : pread(fd, data, size, 0);
}

static inline ssize_t seam_write(int fd, const void *data, size_t size)
{
	int r = seam_step("write");

	if (r < 0)
		return r;
	if (seam.is_short)
		size /= 2;
	return r > 0 ? (ssize_t)size : write(fd, data, size);
}

static inline ssize_t seam_read_at(int fd, void *data, size_t size, off_t at)
{
	int r = seam_step("read");

	return r < 0 ? r : pread(fd, data, size, at);
}

static inline ssize_t seam_write_at(int fd, const void *data, size_t size, off_t at)
{
	int r = seam_step("write");

	if (r < 0)
		return r;
	if (seam.is_short)
		size /= 2;
	return r > 0 ? (ssize_t)size : pwrite(fd, data, size, at);
}

static inline int seam_fsync(_unused_ int fd)
{
	int r = seam_step("fsync");

	return r < 0 ? r : 0;
}

static inline int seam_unlink(const char *path)
{
	int r = seam_step("unlink");

	if (r < 0)
		return r;
	if (seam.is_immutable && strstr(path, "efivars"))
		return -EPERM;
	return unlink(unit_path(path + 1)) < 0 ? -errno : 0;
}

static inline int seam_lock(const char *path, pid_t *ret_pid)
{
	int r = seam_step("lock");

	assert_string_equal(path, "/run/kexec-any.lock");
	*ret_pid = 4712;
	return r < 0 ? r : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static inline int seam_get_flags(_unused_ int fd, int *ret)
{
	int r = seam_step("get-flags");

	*ret = seam.is_immutable ? FS_IMMUTABLE_FL | FS_NOATIME_FL : FS_NOATIME_FL;
	return r < 0 ? r : 0;
}

static inline int seam_set_flags(_unused_ int fd, int flags)
{
	int r = seam_step(flags & FS_IMMUTABLE_FL ? "protect" : "unprotect");

	assert_true(flags & FS_NOATIME_FL);
	if (r == 0)
		seam.is_immutable = flags & FS_IMMUTABLE_FL;
	return r < 0 ? r : 0;
}

static const struct ka_sys seam_calls = {
	.kexec_file_load = seam_file_load,
	.kexec_unload = seam_unload,
	.sync = seam_sync,
	.sync_within = seam_sync_within,
	.mkdir = seam_mkdir,
	.jump = seam_jump,
	.run = seam_run,
	.open = seam_open,
	.read = seam_read,
	.write = seam_write,
	.read_at = seam_read_at,
	.write_at = seam_write_at,
	.fsync = seam_fsync,
	.unlink = seam_unlink,
	.lock = seam_lock,
	.get_flags = seam_get_flags,
	.set_flags = seam_set_flags,
	.pause = seam_pause,
};

/* --- the bus */

static struct sd_bus seam_one_bus;
static struct sd_bus_message seam_reply;

static inline int seam_bus_open(sd_bus **ret)
{
	int r = seam_step("bus-open");

	*ret = r < 0 ? NULL : &seam_one_bus;
	return r < 0 ? r : 0;
}

static inline int seam_bus_new(sd_bus **ret)
{
	*ret = &seam_one_bus;
	return 0;
}

static inline int seam_bus_address(_unused_ sd_bus *bus, const char *address)
{
	assert_string_equal(address, "unix:path=/run/systemd/private");
	return 0;
}

static inline int seam_bus_start(_unused_ sd_bus *bus)
{
	return seam_step("bus-private");
}

static inline int seam_bus_interactive(_unused_ sd_bus *bus, _unused_ int b)
{
	return 0;
}

static inline sd_bus *seam_bus_close(_unused_ sd_bus *bus)
{
	return NULL;
}

/* org.freedesktop.login1(5), SD_LOGIND_* */
#define SEAM_VIA_KEXEC	     0x2u
#define SEAM_SKIP_INHIBITORS 0x10u

/* A request for a restart while nothing is loaded is the one that goes through the firmware; so is one of
 * logind without the flag for kexec. */
static inline int seam_bus_call(_unused_ sd_bus *bus, _unused_ const char *destination,
				_unused_ const char *path, _unused_ const char *interface,
				const char *member, sd_bus_error *error, sd_bus_message **reply,
				_unused_ const char *types, ...)
{
	int r = seam_step(member);

	if (ka_streq(member, "RebootWithFlags")) {
		va_list ap;

		va_start(ap, types);
		seam.flags = va_arg(ap, uint64_t);
		va_end(ap);
	}
	if (r < 0) {
		*error = SD_BUS_ERROR_MAKE_CONST(seam.bus_error ? seam.bus_error
								: SD_BUS_ERROR_FAILED,
						 "it says why");
		return r;
	}
	if ((ka_streq(member, "RebootWithFlags") || ka_streq(member, "ScheduleShutdown") ||
	     ka_streq(member, "StartUnit")) &&
	    !seam_is_loaded())
		seam.cold = true;
	if (ka_streq(member, "RebootWithFlags") && !(seam.flags & SEAM_VIA_KEXEC))
		seam.cold = true;
	seam_reply = (struct sd_bus_message){ .member = member, .rows = 1 };
	if (reply)
		*reply = &seam_reply;
	return 1;
}

static inline int seam_bus_property(sd_bus *bus, const char *destination, const char *path,
				    const char *interface, const char *member, sd_bus_error *error,
				    sd_bus_message **reply, const char *type)
{
	return seam_bus_call(bus, destination, path, interface, member, error, reply, type);
}

static inline int seam_bus_enter(_unused_ sd_bus_message *m, _unused_ char type,
				 _unused_ const char *contents)
{
	return 1;
}

static inline int seam_bus_read(sd_bus_message *m, const char *types, ...)
{
	va_list ap;

	if (m->rows-- <= 0)
		return 0;
	va_start(ap, types);
	if (ka_streq(m->member, "GetUnitFileState")) {
		*va_arg(ap, const char **) = seam.unit_state ? seam.unit_state : "static";
	} else if (ka_streq(m->member, "ListInhibitors")) {
		*va_arg(ap, const char **) = "sleep:shutdown";
		*va_arg(ap, const char **) = "apt";
		*va_arg(ap, const char **) = "packages are installed";
		*va_arg(ap, const char **) = seam.inhibitor_mode ? seam.inhibitor_mode : "delay";
		*va_arg(ap, uint32_t *) = 7;
		*va_arg(ap, uint32_t *) = 4711;
	} else if (ka_streq(m->member, "ScheduledShutdown")) {
		*va_arg(ap, const char **) = seam.scheduled ? seam.scheduled : "";
		*va_arg(ap, uint64_t *) = seam.when;
	} else if (ka_streq(m->member, "PreparingForShutdown")) {
		*va_arg(ap, int *) = seam.is_stopping;
	} else {
		*va_arg(ap, int *) = 1;
	}
	va_end(ap);
	return 1;
}

static inline sd_bus_message *seam_bus_unref(_unused_ sd_bus_message *m)
{
	return NULL;
}

static inline int seam_bus_has_name(const sd_bus_error *error, const char *name)
{
	return error->name && ka_streq(error->name, name);
}

static inline void seam_bus_error_free(sd_bus_error *error)
{
	*error = SD_BUS_ERROR_NULL;
}

static const struct ka_bus_calls seam_bus = {
	.open_system = seam_bus_open,
	.new = seam_bus_new,
	.set_address = seam_bus_address,
	.start = seam_bus_start,
	.allow_interactive_authorization = seam_bus_interactive,
	.close = seam_bus_close,
	.call = seam_bus_call,
	.get_property = seam_bus_property,
	.enter_container = seam_bus_enter,
	.read = seam_bus_read,
	.message_unref = seam_bus_unref,
	.error_has_name = seam_bus_has_name,
	.error_free = seam_bus_error_free,
};

/* --- */

/* As a machine is before: everything works, nothing is loaded. */
static inline void seam_reset(void)
{
	seam = (struct seam){ .when = 1 };
	ka_sys = &seam_calls;
	ka_bus = &seam_bus;
	seam_set_loaded(false);
}

static inline void seam_fail(size_t i, const char *step, int error, int nth)
{
	seam.fail[i].step = step;
	seam.fail[i].error = error;
	seam.fail[i].nth = nth;
}

/* Words that a text must have, separated by bars. */
static inline void seam_expect_words(const char *text, const char *words)
{
	_cleanup_free_ char *copy = strdup(words);

	for (char *save = NULL, *word = strtok_r(copy, "|", &save); word;
	     word = strtok_r(NULL, "|", &save)) {
		if (!strstr(text, word))
			print_message("# '%s' has no '%s'\n", text, word);
		assert_non_null(strstr(text, word));
	}
}
