// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what the next kernel has of EFI. */

#include "checks/checks.h"
#include "checks/config.h"

#include <kexec-any/memory.h>
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

/* "noefi", "efi=…,noruntime" and "efi=runtime", as parse_efi_cmdline() takes them; off: without any. */
static bool is_switched_off(const char *cmdline, bool off)
{
	struct ka_word word;

	while (cmdline && ka_cmdline_next(&cmdline, &word)) {
		size_t len;
		const char *value = ka_word_value(&word, "efi", &len);

		if (ka_word_is(&word, "noefi") || (value && has_option(value, len, "noruntime")))
			off = true;
		if (value && has_option(value, len, "runtime"))
			off = false;
	}
	return off;
}

/*
 * Does that kernel do without the firmware's runtime services? Real-time kernels do by themselves, or, since
 * that exists, as CONFIG_EFI_DISABLE_RUNTIME says.
 */
static bool is_runtime_off(struct ka_check_context *c, enum ka_which_kernel which)
{
	const char *cmdline = which == KA_KERNEL_NEXT ? c->plan->cmdline : c->machine->cmdline;
	const char *config = ka_config_read(c, which);
	bool off = false;

	if (config)
		off = ka_config_has(config, "CONFIG_EFI_DISABLE_RUNTIME=y") ||
		      (ka_config_has(config, "CONFIG_PREEMPT_RT=y") &&
		       !ka_config_has(config, "# CONFIG_EFI_DISABLE_RUNTIME is not set"));
	return is_switched_off(cmdline, off);
}

static bool is_x86_64(const struct ka_machine *machine)
{
	return machine->arch && ka_streq(machine->arch, "x86_64");
}

/* bzImage64_probe() of the kernel refuses, unless it runs without the firmware's services itself. */
void ka_check_efi_bits(struct ka_check_context *c)
{
	if (c->machine->efi_bits != 32 || !is_x86_64(c->machine) ||
	    c->plan->image.needs_kexec_load || is_runtime_off(c, KA_KERNEL_RUNNING))
		return;
	ka_report(c->findings, KA_ERROR, KA_ID_EFI_32BIT, "/sys/firmware/efi/fw_platform_size",
		  "reboot cold: systemctl reboot",
		  "a 64-bit kernel on 32-bit EFI firmware: the running kernel refuses to "
		  "load another one");
}

/* The address of ACPI's root table (RSDP) by /sys/firmware/efi/systab, which is root's. NULL: unknown. */
static char *find_rsdp(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;
	const char *value = NULL, *found;
	char *cursor, *line;

	if (ka_host_read(host, "/sys/firmware/efi/systab", 4096, &text, NULL, NULL) < 0)
		return NULL;
	for (cursor = text; (line = ka_next_line(&cursor));)
		/* ACPI= is the address of the older table. */
		if ((found = ka_startswith(line, "ACPI20=")) ||
		    (!value && (found = ka_startswith(line, "ACPI="))))
			value = found;
	return ka_strdup_or_null(value);
}

/* Both from these on, the address of ACPI's tables goes from kernel to kernel without EFI. */
#define GIVES_RSDP 501
#define TAKES_RSDP 500

/*
 * Without its runtime services the running kernel hands nothing of EFI on (setup_efi_state() in
 * arch/x86/kernel/kexec-bzimage64.c), and an EFI machine's ACPI tables are found by EFI's.
 */
void ka_check_acpi(struct ka_check_context *c)
{
	_cleanup_free_ char *release = ka_image_release(&c->plan->image), *given = NULL,
			    *rsdp = NULL;
	unsigned int next = ka_release_number(release),
		     now = ka_release_number(c->machine->release);

	if (!c->machine->efi || !is_x86_64(c->machine) || !c->plan->cmdline || next == 0 ||
	    now == 0 || (next >= TAKES_RSDP && now >= GIVES_RSDP) ||
	    !is_runtime_off(c, KA_KERNEL_RUNNING) ||
	    ka_cmdline_get(c->plan->cmdline, "acpi_rsdp", &given))
		return;
	rsdp = find_rsdp(c->host);
	ka_report(c->findings, KA_WARNING, KA_ID_ACPI_LOST, c->plan->kernel.path,
		  "pass --append=acpi_rsdp=ADDRESS, or reboot cold",
		  "the running kernel does without EFI's services, and from Linux %s to %s the "
		  "address of ACPI's tables is not handed on; it is %s",
		  c->machine->release, release,
		  rsdp ? rsdp : "in /sys/firmware/efi/systab, which root can read");
}

void ka_check_efi_runtime(struct ka_check_context *c)
{
	if (!c->machine->efi || !c->plan->cmdline)
		return;
	if (is_switched_off(c->plan->cmdline, /* off= */ false)) {
		ka_report(
			c->findings, KA_WARNING, KA_ID_EFI_RUNTIME_OFF, NULL,
			"take noefi or efi=noruntime out of the command line",
			"the command line switches the firmware's services off: the next kernel has "
			"no EFI variables, and bootctl, fwupd and a later kexec miss them");
		return;
	}
	/* As at a cold boot, when neither uses them. */
	if (!is_runtime_off(c, KA_KERNEL_RUNNING) || is_runtime_off(c, KA_KERNEL_NEXT) ||
	    !is_x86_64(c->machine))
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_EFI_RUNTIME_OFF, NULL, "reboot cold",
		  "the running kernel does without the firmware's services (efi=noruntime, or "
		  "a real-time kernel) and hands nothing of EFI on: the next one, which would "
		  "use them, has no EFI variables, and bootctl, fwupd and a later kexec miss "
		  "them");
}
