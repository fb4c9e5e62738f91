// SPDX-License-Identifier: GPL-2.0-or-later
/* Is there room for the load, and for what is loaded? */

#include "checks/checks.h"

#include <kexec-any/text.h>

#include <errno.h>

#define IOMEM_LIMIT (4u << 20)

static unsigned long long mib(uint64_t bytes)
{
	return (bytes + (1u << 20) - 1) >> 20;
}

void ka_check_memory(struct ka_check_context *c)
{
	uint64_t need = ka_plan_memory_needed(c->plan), available = c->machine->memory_available;
	uint64_t total = c->machine->memory_total;
	uint64_t loaded = c->plan->image.init_size + ka_plan_initrd_size(c->plan);

	if (total && loaded > total / 2) {
		ka_report(c->findings, KA_ERROR, KA_ID_MEMORY_HALF, NULL, "a smaller initrd",
			  "kernel and initrd take %llu MiB, more than half of the machine's "
			  "%llu MiB, which the kernel refuses; swap does not count",
			  mib(loaded), mib(total));
		return;
	}
	if (ka_findings_have(c->findings, KA_ID_MEMORY_UNPACKED))
		return; /* where it was unpacked */
	if (total && loaded + c->initrds.unpacked > total) {
		ka_report(c->findings, KA_ERROR, KA_ID_MEMORY_UNPACKED, NULL, "a smaller initrd",
			  "kernel and initrd take %llu MiB, %llu MiB come out of the initrd, "
			  "and the machine has %llu MiB: the next kernel would run out of "
			  "memory while it unpacks",
			  mib(loaded), mib(c->initrds.unpacked), mib(total));
		return;
	}
	if (available && need > available) {
		ka_report(c->findings, KA_ERROR, KA_ID_MEMORY_LOW, NULL,
			  "stop something large, or take a smaller initrd",
			  "loading takes %llu MiB at its peak and %llu MiB are available: it "
			  "could set off the out-of-memory killer; swap does not help",
			  mib(need), mib(available));
		return;
	}
	if (available && need + need / 2 > available) {
		ka_report(c->findings, KA_WARNING, KA_ID_MEMORY_TIGHT, NULL, NULL,
			  "loading takes %llu MiB at its peak, %llu MiB are available", mib(need),
			  mib(available));
		return;
	}
}

/* "100000000-47fffffff : System RAM": the largest such range, bytes. 0: not known, as for people who are
 * not root, to whom all addresses are 0. */
static uint64_t read_largest_range(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	uint64_t largest = 0;

	if (ka_host_read(host, "/proc/iomem", IOMEM_LIMIT, &text, NULL, NULL) < 0)
		return 0;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		char *end;
		uint64_t first = strtoull(line, &end, 16), last;

		if (*line == ' ' || *end != '-')
			continue;
		last = strtoull(end + 1, &end, 16);
		if (ka_streq(end, " : System RAM") && last > first && last - first >= largest)
			largest = last - first + 1;
	}
	return largest;
}

/* Kernel and initrd each need a stretch of memory without a gap. */
void ka_check_memory_hole(struct ka_check_context *c)
{
	uint64_t kernel = c->plan->image.init_size, initrd = ka_plan_initrd_size(c->plan);
	uint64_t wanted = kernel > initrd ? kernel : initrd;
	uint64_t largest = read_largest_range(c->host);

	if (largest == 0 || wanted <= largest)
		return;
	ka_report(c->findings, KA_ERROR, KA_ID_MEMORY_HOLE, "/proc/iomem", "a smaller initrd",
		  "%s takes %llu MiB in one piece, and the largest stretch of memory has "
		  "%llu MiB",
		  kernel > initrd ? "the kernel" : "the initrd", mib(wanted), mib(largest));
}

/* Kexec handover (Documentation/core-api/kho): what is loaded has to fit into its scratch memory. */
void ka_check_kho(struct ka_check_context *c)
{
	_cleanup_free_ char *value = NULL;

	if (!c->machine->cmdline || !ka_cmdline_get(c->machine->cmdline, "kho", &value) ||
	    !(ka_streq(value, "on") || ka_streq(value, "1") || ka_streq(value, "y")))
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_KEXEC_HANDOVER, "/proc/cmdline",
		  "if the load fails: kho_scratch= with more memory, or kho=off",
		  "kho=on: kernel and initrd (%llu MiB) have to fit into the scratch memory "
		  "that was set aside at boot",
		  mib(c->plan->image.init_size + ka_plan_initrd_size(c->plan)));
}
