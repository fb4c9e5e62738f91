// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts about the running kernel, from its own /proc and /sys (below the root, when captured). */

#include "host/machine.h"

#include <kexec-any/text.h>

#include <errno.h>

#define PROC_LIMIT    (4u << 20)
#define CPUINFO_START 65536 /* more than one processor needs */

void ka_machine_done(struct ka_machine *machine)
{
	free(machine->arch);
	free(machine->release);
	free(machine->version);
	free(machine->cmdline);
	*machine = (struct ka_machine){ 0 };
}

/* A file that cannot be read leaves NULL: not known. */
static char *read_optional(struct ka_host *host, const char *path)
{
	char *line = NULL;

	(void)!ka_host_read_line(host, path, &line, NULL);
	return line;
}

/* "MemTotal:        4018376 kB" */
static void read_kib(const char *line, const char *key, uint64_t *ret)
{
	const char *value = ka_startswith(line, key);
	uint64_t kib;
	char *end;

	if (!value)
		return;
	kib = strtoull(value, &end, 10);
	if (end > value && ka_streq(end, " kB") && kib < UINT64_MAX >> 10)
		*ret = kib << 10;
}

static void read_memory(struct ka_host *host, struct ka_machine *machine)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read(host, "/proc/meminfo", PROC_LIMIT, &text, NULL, NULL) < 0)
		return;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		read_kib(line, "MemTotal:", &machine->memory_total);
		read_kib(line, "MemAvailable:", &machine->memory_available);
	}
}

/* "size  4  25769803776" of a kstat: its name, its type, its value. */
static void read_kstat(const char *line, const char *name, uint64_t *ret)
{
	const char *rest = ka_startswith(line, name);
	char *end;

	if (!rest || *rest != ' ')
		return;
	strtoull(rest, &end, 10);
	if (*end == ' ')
		*ret = strtoull(end, NULL, 10);
}

/* ZFS's cache gives memory back down to c_min, and MemAvailable does not count that. */
static void add_arc(struct ka_host *host, struct ka_machine *machine)
{
	_cleanup_free_ char *text = NULL;
	uint64_t size = 0, least = UINT64_MAX;
	char *cursor, *line;

	if (machine->memory_available == 0 ||
	    ka_host_read(host, "/proc/spl/kstat/zfs/arcstats", PROC_LIMIT, &text, NULL, NULL) < 0)
		return;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		read_kstat(line, "size", &size);
		read_kstat(line, "c_min", &least);
	}
	if (size > least && size <= machine->memory_total)
		machine->memory_available += size - least;
}

static int read_efi(struct ka_host *host, struct ka_machine *machine, struct ka_error *err)
{
	_cleanup_free_ char *bits = NULL;
	uint64_t value;
	int r;

	r = ka_host_exists(host, "/sys/firmware/efi", err);
	if (r < 0)
		return r;
	machine->efi = r > 0;
	bits = read_optional(host, "/sys/firmware/efi/fw_platform_size");
	if (bits && ka_parse_u64(bits, 64, &value) == 0)
		machine->efi_bits = (unsigned int)value;
	return 0;
}

/*
 * The flag in /proc/cpuinfo is cleared when the kernel does not use five levels. The first processor
 * speaks for all; with thousands of them the file is larger than what one would read.
 */
static enum ka_tristate read_la57(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_host_read_start(host, "/proc/cpuinfo", CPUINFO_START, &text, NULL);
	if (r < 0)
		return r == -ENOENT ? KA_NO : KA_UNKNOWN;
	for (cursor = text; (line = ka_next_line(&cursor));)
		/* The last line may be cut. */
		if (ka_startswith(line, "flags") && *cursor)
			return strstr(line, " la57 ") || ka_endswith(line, " la57") ? KA_YES
										    : KA_NO;
	return KA_UNKNOWN;
}

int ka_machine_read(struct ka_host *host, struct ka_machine *ret, struct ka_error *err)
{
	_cleanup_(ka_machine_done) struct ka_machine machine = { 0 };
	int r;

	r = ka_host_machine(host, &machine.arch);
	if (r < 0 && r != -ENOENT)
		return ka_fail_sys(err, r, "cannot tell the machine's architecture");
	machine.release = read_optional(host, "/proc/sys/kernel/osrelease");
	machine.version = read_optional(host, "/proc/sys/kernel/version");
	machine.cmdline = read_optional(host, "/proc/cmdline");
	read_memory(host, &machine);
	add_arc(host, &machine);
	r = read_efi(host, &machine, err);
	if (r < 0)
		return r;
	machine.la57 = read_la57(host);
	if (ka_host_is_live(host))
		machine.page_size = (unsigned int)sysconf(_SC_PAGESIZE);
	*ret = machine;
	machine = (struct ka_machine){ 0 };
	return 0;
}
