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

		if ((word.len == strlen("noefi") && strncmp(word.text, "noefi", word.len) == 0) ||
		    (value && has_option(value, len, "noruntime")))
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

int ka_check_efi_runtime(struct ka_check_context *c)
{
	if (!c->machine->efi || !c->plan->cmdline || !switches_runtime_off(c->plan->cmdline))
		return 0;
	return ka_report(
		c->findings, KA_WARNING, "efi-runtime-off", NULL,
		"take noefi or efi=noruntime out of the command line",
		"the command line switches the firmware's services off: the next kernel has "
		"no EFI variables, and bootctl, fwupd and a later kexec miss them");
}
