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

int ka_check_memory(struct ka_check_context *c)
{
	uint64_t need = ka_plan_memory_needed(c->plan), available = c->machine->memory_available;
	uint64_t total = c->machine->memory_total;
	uint64_t loaded = c->plan->image.init_size + ka_plan_initrd_size(c->plan);

	if (total && loaded > total / 2)
		return ka_report(c->findings, KA_ERROR, "memory-half", NULL, "a smaller initrd",
				 "kernel and initrd take %llu MiB, more than half of the machine's "
				 "%llu MiB, which the kernel refuses; swap does not count",
				 mib(loaded), mib(total));
	if (total && loaded + c->initrds.unpacked > total)
		return ka_report(
			c->findings, KA_ERROR, "memory-unpacked", NULL, "a smaller initrd",
			"kernel and initrd take %llu MiB, %llu MiB come out of the initrd, "
			"and the machine has %llu MiB: the next kernel would run out of "
			"memory while it unpacks",
			mib(loaded), mib(c->initrds.unpacked), mib(total));
	if (available && need > available)
		return ka_report(
			c->findings, KA_ERROR, "memory-low", NULL,
			"stop something large, or take a smaller initrd",
			"loading takes %llu MiB at its peak and %llu MiB are available: it "
			"could set off the out-of-memory killer; swap does not help",
			mib(need), mib(available));
	if (available && need + need / 2 > available)
		return ka_report(c->findings, KA_WARNING, "memory-tight", NULL, NULL,
				 "loading takes %llu MiB at its peak, %llu MiB are available",
				 mib(need), mib(available));
	return 0;
}

/* "100000000-47fffffff : System RAM": the largest such range, bytes. 0: not known, as for people who are
 * not root, to whom all addresses are 0. */
static int read_largest_range(struct ka_host *host, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	*ret = 0;
	r = ka_host_read(host, "/proc/iomem", IOMEM_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		char *end;
		uint64_t first = strtoull(line, &end, 16), last;

		if (*line == ' ' || *end != '-')
			continue;
		last = strtoull(end + 1, &end, 16);
		if (ka_streq(end, " : System RAM") && last > first && last - first >= *ret)
			*ret = last - first + 1;
	}
	return 0;
}

/* Kernel and initrd each need a stretch of memory without a gap. */
int ka_check_memory_hole(struct ka_check_context *c)
{
	uint64_t kernel = c->plan->image.init_size, initrd = ka_plan_initrd_size(c->plan), largest;
	uint64_t wanted = kernel > initrd ? kernel : initrd;
	int r = read_largest_range(c->host, &largest);

	if (r < 0 || largest == 0 || wanted <= largest)
		return r;
	return ka_report(c->findings, KA_ERROR, "memory-hole", "/proc/iomem", "a smaller initrd",
			 "%s takes %llu MiB in one piece, and the largest stretch of memory has "
			 "%llu MiB",
			 kernel > initrd ? "the kernel" : "the initrd", mib(wanted), mib(largest));
}

/* Kexec handover (Documentation/core-api/kho): what is loaded has to fit into its scratch memory. */
int ka_check_kho(struct ka_check_context *c)
{
	_cleanup_free_ char *value = NULL;
	int r;

	if (!c->machine->cmdline)
		return 0;
	r = ka_cmdline_get(c->machine->cmdline, "kho", &value);
	if (r <= 0 || !(ka_streq(value, "on") || ka_streq(value, "1") || ka_streq(value, "y")))
		return r < 0 ? r : 0;
	return ka_report(c->findings, KA_WARNING, "kexec-handover", "/proc/cmdline",
			 "if the load fails: kho_scratch= with more memory, or kho=off",
			 "kho=on: kernel and initrd (%llu MiB) have to fit into the scratch memory "
			 "that was set aside at boot",
			 mib(c->plan->image.init_size + ka_plan_initrd_size(c->plan)));
}
