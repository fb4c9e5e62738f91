// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts about the running kernel, from its own /proc and /sys (below the root, when captured). */

#include "host/machine.h"

#include <kexec-any/text.h>

#include <errno.h>

#define PROC_LIMIT (4u << 20)

void ka_machine_done(struct ka_machine *machine)
{
	free(machine->arch);
	free(machine->release);
	free(machine->version);
	free(machine->cmdline);
	*machine = (struct ka_machine){ 0 };
}

/* A file that is not there leaves NULL. */
static int read_optional(struct ka_host *host, const char *path, char **ret)
{
	int r = ka_host_read_line(host, path, ret, NULL);

	return r == -ENOMEM ? r : 0;
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

static int read_memory(struct ka_host *host, struct ka_machine *machine)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_host_read(host, "/proc/meminfo", PROC_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		read_kib(line, "MemTotal:", &machine->memory_total);
		read_kib(line, "MemAvailable:", &machine->memory_available);
	}
	return 0;
}

static int read_efi(struct ka_host *host, struct ka_machine *machine)
{
	_cleanup_free_ char *bits = NULL;
	uint64_t value;
	int r;

	machine->efi = ka_host_seems_there(host, "/sys/firmware/efi");
	r = read_optional(host, "/sys/firmware/efi/fw_platform_size", &bits);
	if (r == 0 && bits && ka_parse_u64(bits, 64, &value) == 0)
		machine->efi_bits = (unsigned int)value;
	return r;
}

/* The flag in /proc/cpuinfo is cleared when the kernel does not use five levels. */
static int read_la57(struct ka_host *host, bool *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_host_read(host, "/proc/cpuinfo", PROC_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (cursor = text; (line = ka_next_line(&cursor));)
		if (ka_startswith(line, "flags"))
			break;
	*ret = line && strstr(line, " la57");
	return 0;
}

int ka_machine_read(struct ka_host *host, struct ka_machine *ret)
{
	_cleanup_(ka_machine_done) struct ka_machine machine = { 0 };
	int r;

	r = ka_host_machine(host, &machine.arch);
	if (r == 0 || r == -ENOENT)
		r = read_optional(host, "/proc/sys/kernel/osrelease", &machine.release);
	if (r == 0)
		r = read_optional(host, "/proc/sys/kernel/version", &machine.version);
	if (r == 0)
		r = read_optional(host, "/proc/cmdline", &machine.cmdline);
	if (r == 0)
		r = read_memory(host, &machine);
	if (r == 0)
		r = read_efi(host, &machine);
	if (r == 0)
		r = read_la57(host, &machine.la57);
	if (r < 0)
		return r;
	if (ka_host_is_live(host))
		machine.page_size = (unsigned int)sysconf(_SC_PAGESIZE);
	*ret = machine;
	machine = (struct ka_machine){ 0 };
	return 0;
}
