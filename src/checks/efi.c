// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what the next kernel has of EFI. */

#include "checks/checks.h"

#include <kexec-any/text.h>

/* Is this one of the words of a comma-separated list? */
static bool has_option(const char *list, size_t len, const char *option)
{
	size_t n = strlen(option);

	while (len >= n) {
		const char *comma = memchr(list, ',', len);
		size_t word = comma ? (size_t)(comma - list) : len;

		if (word == n && strncmp(list, option, n) == 0)
			return true;
		if (!comma)
			break;
		list += word + 1;
		len -= word + 1;
	}
	return false;
}

/* "noefi", "efi=…,noruntime" and "efi=runtime": the last one counts. */
static bool switches_runtime_off(const char *cmdline)
{
	bool off = false;
	struct ka_word word;

	while (ka_cmdline_next(&cmdline, &word)) {
		size_t len;
		const char *value = ka_word_value(&word, "efi", &len);

		if (ka_word_is(&word, "noefi") || (value && has_option(value, len, "noruntime")))
			off = true;
		else if (value && has_option(value, len, "runtime"))
			off = false;
	}
	return off;
}

/* bzImage64_probe() of the kernel refuses, unless it runs without the firmware's services itself. */
int ka_check_efi_bits(struct ka_check_context *c)
{
	const struct ka_machine *machine = c->machine;

	if (machine->efi_bits != 32 || !machine->arch || !ka_streq(machine->arch, "x86_64") ||
	    c->plan->image.needs_kexec_load ||
	    (machine->cmdline && switches_runtime_off(machine->cmdline)))
		return 0;
	return ka_report(c->findings, KA_ERROR, "efi-32bit", "/sys/firmware/efi/fw_platform_size",
			 "reboot cold: systemctl reboot",
			 "a 64-bit kernel on 32-bit EFI firmware: the running kernel refuses to "
			 "load another one");
}

/*
 * Does the running kernel do without the firmware's services? Then it hands nothing of EFI on
 * (setup_efi_state() in arch/x86/kernel/kexec-bzimage64.c). So do real-time kernels by themselves, and what
 * tells is that the map of the services is not there.
 */
static bool is_runtime_off(struct ka_check_context *c)
{
	const struct ka_machine *machine = c->machine;

	if (!machine->efi || !machine->arch || !ka_streq(machine->arch, "x86_64"))
		return false;
	return (machine->cmdline && switches_runtime_off(machine->cmdline)) ||
	       (ka_host_is_live(c->host) &&
		!ka_host_exists(c->host, "/sys/firmware/efi/runtime-map"));
}

/* The address of ACPI's root table (RSDP) by /sys/firmware/efi/systab, "unknown" without it. */
static int find_rsdp(struct ka_host *host, char **ret)
{
	_cleanup_free_ char *text = NULL;
	const char *value = NULL, *found;
	char *cursor, *line;

	if (ka_host_read(host, "/sys/firmware/efi/systab", 4096, &text, NULL, NULL) == 0)
		for (cursor = text; (line = ka_next_line(&cursor));)
			/* ACPI= is the address of the older table. */
			if ((found = ka_startswith(line, "ACPI20=")) ||
			    (!value && (found = ka_startswith(line, "ACPI="))))
				value = found;
	*ret = strdup(value ? value : "unknown");
	return *ret ? 0 : -ENOMEM;
}

/* Since 5.0 the boot parameters have the address of ACPI's tables; before, only EFI's tables have. */
int ka_check_acpi(struct ka_check_context *c)
{
	_cleanup_free_ char *release = ka_image_release(&c->plan->image), *given = NULL,
			    *rsdp = NULL;
	unsigned int number = ka_release_number(release);
	int r;

	if (!c->plan->cmdline || number == 0 || number >= 500 ||
	    !(is_runtime_off(c) ||
	      (c->machine->efi && ka_findings_have(c->findings, "kernel-no-efi-kexec"))))
		return 0;
	r = ka_cmdline_get(c->plan->cmdline, "acpi_rsdp", &given);
	if (r == 0)
		r = find_rsdp(c->host, &rsdp);
	if (r < 0 || given)
		return r < 0 ? r : 0;
	return ka_report(c->findings, KA_WARNING, "acpi-lost", c->plan->kernel.path,
			 "pass --append=acpi_rsdp=ADDRESS, or reboot cold",
			 "Linux %s finds ACPI's tables by EFI's, which it does not get here; "
			 "their address (/sys/firmware/efi/systab) is %s",
			 release, rsdp);
}

int ka_check_efi_runtime(struct ka_check_context *c)
{
	if (is_runtime_off(c))
		return ka_report(c->findings, KA_WARNING, "efi-runtime-off", NULL,
				 "reboot cold, if EFI variables are needed",
				 "the running kernel does without the firmware's services "
				 "(efi=noruntime, or a real-time kernel) and hands nothing of EFI "
				 "on: the next kernel has no EFI variables, and bootctl, fwupd and "
				 "a later kexec miss them");
	if (!c->machine->efi || !c->plan->cmdline || !switches_runtime_off(c->plan->cmdline))
		return 0;
	return ka_report(
		c->findings, KA_WARNING, "efi-runtime-off", NULL,
		"take noefi or efi=noruntime out of the command line",
		"the command line switches the firmware's services off: the next kernel has "
		"no EFI variables, and bootctl, fwupd and a later kexec miss them");
}
