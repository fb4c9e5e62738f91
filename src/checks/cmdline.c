// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the command line, and of single words of it. */

#include "checks/checks.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <inttypes.h>

void ka_check_cmdline(struct ka_check_context *c)
{
	if (!c->plan->cmdline && !c->plan->entry->cmdline &&
	    !ka_findings_first(c->findings, KA_ERROR))
		ka_report(c->findings, KA_ERROR, KA_ID_CMDLINE_UNKNOWN, NULL,
			  "pass --cmdline=", "the command line is unknown");
	if (c->plan->cmdline && !*c->plan->cmdline)
		ka_report(c->findings, KA_WARNING, KA_ID_CMDLINE_EMPTY, NULL,
			  "pass --cmdline=", "the command line is empty");
}

/* The memory is reserved early in the boot of the kernel that may crash: by the next one itself. */
void ka_check_crashkernel(struct ka_check_context *c)
{
	/* The first is the newer name. */
	static const char *const paths[] = { "/sys/kernel/kexec/crash_size",
					     "/sys/kernel/kexec_crash_size" };
	_cleanup_free_ char *text = NULL, *value = NULL;
	const char *path = NULL;
	uint64_t size = 0;
	int r = -ENOENT;

	if (!c->plan->cmdline)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(paths) && r < 0; i++) {
		path = paths[i];
		r = ka_host_read_line(c->host, path, &text, NULL);
	}
	if (r < 0 || ka_parse_u64(text, UINT64_MAX, &size) < 0 || size == 0 ||
	    ka_cmdline_get(c->plan->cmdline, "crashkernel", &value))
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_CRASHKERNEL_LOST, path,
		  "add crashkernel= to the entry, or pass --append=crashkernel=SIZE",
		  "%" PRIu64 " MiB are reserved for a crash kernel now; the next kernel would "
		  "reserve none: its command line has no crashkernel=",
		  size >> 20);
}

/* Is KEY= the same on both command lines, or on neither? */
static bool is_same_value(const char *a, const char *b, const char *key)
{
	_cleanup_free_ char *x = NULL, *y = NULL;
	bool has_x = ka_cmdline_get(a, key, &x), has_y = ka_cmdline_get(b, key, &y);

	return has_x && has_y ? ka_streq(x, y) : has_x == has_y;
}

/* Will the next kernel's root be the one that is mounted now? False: who knows. */
static bool is_running_root(struct ka_check_context *c)
{
	/* What chooses a part of the volume, or puts another file system in its place. */
	static const char *const keys[] = { "rootflags", "rootfstype",	"ostree",
					    "composefs", "overlayroot", "systemd.volatile" };
	_cleanup_free_ char *next = NULL, *now = NULL;
	const char *running = c->machine->cmdline;

	if (!running || !ka_cmdline_get(c->plan->cmdline, "root", &next) ||
	    !ka_cmdline_get(running, "root", &now))
		return false;
	if (!ka_streq(next, now) && ka_host_same_volume(c->host, next, now) <= 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!is_same_value(c->plan->cmdline, running, keys[i]))
			return false;
	return true;
}

/* A captured machine holds few programs: one that is not there says nothing in an absent folder. */
static bool is_file_missing(struct ka_host *host, const char *path)
{
	_cleanup_free_ char *folder = ka_strndup(path, (size_t)(strrchr(path, '/') - path));

	if (!ka_host_is_live(host) && *folder && !ka_host_seems_there(host, folder))
		return false;
	return ka_host_stat(host, path, NULL) == 0;
}

/* A kernel of the store, or the copy that systemd-boot's, GRUB's or extlinux' installer made of one. */
static bool is_of_nixos(struct ka_check_context *c)
{
	static const char *const copies[] = { "/EFI/nixos/", "/boot/kernels/", "/boot/nixos/" };
	const char *path = c->plan->kernel.path;
	bool is_copy = false;

	for (size_t i = 0; i < ARRAY_SIZE(copies) && path; i++)
		is_copy = is_copy || strstr(path, copies[i]);
	return path && (is_copy || ka_startswith(path, "/nix/store/")) &&
	       ka_host_seems_there(c->host, "/nix/var/nix/profiles/system");
}

/* Backends know the init of their own systems and may have said it already. */
void ka_check_init(struct ka_check_context *c)
{
	_cleanup_free_ char *init = NULL;
	bool has_init;

	if (!c->plan->cmdline || ka_findings_have(c->findings, KA_ID_INIT_MISSING))
		return;
	has_init = ka_cmdline_get(c->plan->cmdline, "init", &init);
	if (!has_init && is_of_nixos(c)) {
		ka_report(c->findings, KA_ERROR, KA_ID_INIT_MISSING, c->plan->kernel.path,
			  "choose the system by --entry=, or add its init=",
			  "a kernel of NixOS, and no init= on the command line: its initrd "
			  "does not know which system to start");
		return;
	}
	if (!has_init || *init != '/' || !is_running_root(c) || !is_file_missing(c->host, init))
		return;
	ka_report(c->findings, KA_ERROR, KA_ID_INIT_MISSING, init,
		  "correct the command line, or pass --cmdline=",
		  "init=%s does not exist on this root, which would be the next kernel's too",
		  init);
}

/* "ttyS0,115200n8": a UART by the names of the kernel's two most common drivers. */
static bool is_serial(const char *value, size_t len)
{
	return (len > 4 && strncmp(value, "ttyS", 4) == 0 && value[4] >= '0' && value[4] <= '9') ||
	       (len > 6 && strncmp(value, "ttyAMA", 6) == 0);
}

/* Baud of a console= value; 9600 without one (Documentation/admin-guide/serial-console.rst). */
static unsigned int baud_of(const char *value, size_t len)
{
	const char *comma = memchr(value, ',', len);
	size_t at = comma ? (size_t)(comma - value) + 1 : len;
	unsigned int baud = 0;

	for (; at < len && value[at] >= '0' && value[at] <= '9' && baud < 10000000; at++)
		baud = baud * 10 + (unsigned int)(value[at] - '0');
	return baud ? baud : 9600;
}

/* The last of the words that set the console's level counts; "quiet" is level 4. */
static void read_level(const struct ka_word *word, bool *quiet)
{
	const char *level;
	size_t len;

	if (ka_word_is(word, "quiet"))
		*quiet = true;
	else if (ka_word_is(word, "debug") || ka_word_is(word, "ignore_loglevel"))
		*quiet = false;
	else if ((level = ka_word_value(word, "loglevel", &len)) && len > 0)
		*quiet = len == 1 && *level >= '0' && *level <= '4';
}

/* What a small guest's kernel (6.1, QEMU) logs until init runs. Eight bits, start and stop make 10. */
#define SMALL_LOG     26909u
#define BITS_PER_BYTE 10u

void ka_check_console(struct ka_check_context *c)
{
	const char *cursor = c->plan->cmdline, *serial = NULL, *value;
	size_t serial_len = 0, len;
	bool quiet = false;
	struct ka_word word;
	unsigned int baud, tenths;

	while (cursor && ka_cmdline_next(&cursor, &word)) {
		read_level(&word, &quiet);
		value = ka_word_value(&word, "console", &len);
		if (value && !serial && is_serial(value, len)) {
			serial = value;
			serial_len = len;
		}
	}
	if (!serial || quiet)
		return;
	baud = baud_of(serial, serial_len);
	tenths = SMALL_LOG * BITS_PER_BYTE * 10 / baud;
	ka_report(c->findings, KA_INFO, KA_ID_CONSOLE_SLOW, NULL,
		  "--append=quiet, where nobody reads it",
		  "the kernel waits for console=%.*s with every line of its log: a port of %u "
		  "baud takes about %u.%u s for %u bytes",
		  (int)(serial_len < 32 ? serial_len : 32), serial, baud, tenths / 10, tenths % 10,
		  SMALL_LOG);
}
