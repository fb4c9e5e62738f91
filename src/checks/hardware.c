// SPDX-License-Identifier: GPL-2.0-or-later
/* Hardware that is known to take a kexec badly. */

#include "checks/checks.h"
#include "checks/hardware-table.h"

#include <kexec-any/text.h>

#define PCI_FOLDER    "/sys/bus/pci/devices"
#define CPUINFO_LIMIT (4u << 20)

/* What the rows of the table are compared with. NULL or 0: unknown, which fits none. */
struct facts {
	char *vendor, *product, *model, *cpu_flags, **misc;
	bool is_intel;
	unsigned int cpu_family, cpu_model;
	char **drivers, **display_drivers;
};

static void facts_done(struct facts *facts)
{
	free(facts->vendor);
	free(facts->product);
	free(facts->model);
	free(facts->cpu_flags);
	ka_strv_free(facts->misc);
	ka_strv_free(facts->drivers);
	ka_strv_free(facts->display_drivers);
}

static void read_optional(struct ka_host *host, const char *path, char **ret)
{
	(void)!ka_host_read_line(host, path, ret, NULL);
}

/* "cpu family\t: 6": the value behind exactly this key. */
static const char *cpu_value(const char *line, const char *key)
{
	const char *p = ka_startswith(line, key);

	if (!p)
		return NULL;
	p += strspn(p, " \t");
	return *p == ':' ? p + 1 + strspn(p + 1, " \t") : NULL;
}

static void read_cpu_line(const char *line, struct facts *facts)
{
	const char *value;
	uint64_t number;

	if ((value = cpu_value(line, "vendor_id")))
		facts->is_intel = ka_streq(value, "GenuineIntel");
	else if ((value = cpu_value(line, "cpu family")) && ka_parse_u64(value, 255, &number) == 0)
		facts->cpu_family = (unsigned int)number;
	else if ((value = cpu_value(line, "model")) && ka_parse_u64(value, 255, &number) == 0)
		facts->cpu_model = (unsigned int)number;
	else if (!facts->cpu_flags && (value = cpu_value(line, "flags")))
		facts->cpu_flags = ka_format(" %s ", value);
}

static bool has_flag(const struct facts *facts, const char *flag)
{
	_cleanup_free_ char *word = ka_format(" %s ", flag);

	return facts->cpu_flags && strstr(facts->cpu_flags, word);
}

/* The first processor stands for all. */
static void read_cpu(struct ka_host *host, struct facts *facts)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read(host, "/proc/cpuinfo", CPUINFO_LIMIT, &text, NULL, NULL) < 0)
		return;
	for (cursor = text; (line = ka_next_line(&cursor)) && *line;)
		read_cpu_line(line, facts);
}

static void add_once(char ***list, const char *text)
{
	if (!ka_strv_contains(*list, text))
		ka_strv_add(list, text);
}

static void read_device(struct ka_host *host, const char *name, struct facts *facts)
{
	_cleanup_free_ char *link = NULL, *path = NULL, *target = NULL, *class = NULL;
	const char *driver;

	link = ka_format(PCI_FOLDER "/%s/driver", name);
	path = ka_format(PCI_FOLDER "/%s/class", name);
	if (ka_host_readlink(host, link, &target) < 0)
		return;
	driver = strrchr(target, '/');
	driver = driver ? driver + 1 : target;
	add_once(&facts->drivers, driver);
	read_optional(host, path, &class);
	/* Base class 03 of the PCI Code and ID Assignment Specification: display controller. */
	if (class && ka_startswith(class, "0x03"))
		add_once(&facts->display_drivers, driver);
}

static void read_devices(struct ka_host *host, struct facts *facts)
{
	_cleanup_strv_ char **names = NULL;

	if (ka_host_list(host, PCI_FOLDER, &names, NULL) < 0)
		return;
	for (char **p = names; *p; p++)
		read_device(host, *p, facts);
}

static void read_facts(struct ka_host *host, struct facts *facts)
{
	read_optional(host, "/sys/class/dmi/id/sys_vendor", &facts->vendor);
	read_optional(host, "/sys/class/dmi/id/product_name", &facts->product);
	read_optional(host, "/sys/firmware/devicetree/base/model", &facts->model);
	read_cpu(host, facts);
	(void)!ka_host_list(host, "/sys/class/misc", &facts->misc, NULL);
	read_devices(host, facts);
}

static bool begins(const char *text, const char *prefix)
{
	return text && ka_startswith(text, prefix);
}

static bool fits(const struct ka_hardware_row *row, const struct facts *facts)
{
	if (row->vendor && !(facts->vendor && ka_streq(facts->vendor, row->vendor)))
		return false;
	if (row->product && !begins(facts->product, row->product))
		return false;
	if ((row->guest && !has_flag(facts, "hypervisor")) ||
	    (row->cpu_flag && !has_flag(facts, row->cpu_flag)))
		return false;
	if (row->misc && !ka_strv_contains(facts->misc, row->misc))
		return false;
	if (row->model && !begins(facts->model, row->model))
		return false;
	if (row->cpu_family && !(facts->is_intel && facts->cpu_family == row->cpu_family &&
				 facts->cpu_model == row->cpu_model))
		return false;
	if (row->driver && !ka_strv_contains(facts->drivers, row->driver))
		return false;
	return !row->display_driver ||
	       ka_strv_contains(facts->display_drivers, row->display_driver);
}

void ka_check_hardware(struct ka_check_context *c)
{
	_cleanup_(facts_done) struct facts facts = { 0 };

	read_facts(c->host, &facts);
	for (size_t i = 0; i < ARRAY_SIZE(ka_hardware); i++)
		if (fits(&ka_hardware[i], &facts))
			ka_report(c->findings, KA_WARNING, KA_ID_HARDWARE_KNOWN, NULL,
				  "try it while somebody is at hand to switch it off and on",
				  "reported to take a kexec badly: %s (%s)", ka_hardware[i].what,
				  ka_hardware[i].reference);
}
