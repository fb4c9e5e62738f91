// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of GRUB's targets this machine is: by its processor, its firmware, and the modules there. */

#include "world/target.h"

#include <kexec-any/text.h>

/* configure.ac of 2.14, and SUSE's s390x-emu. Of several for one machine, the usual one is first. */
static const struct {
	const char *machine; /* uname -m begins so; in front of shorter ones */
	struct grub_target target;
} targets[] = {
	{ "x86_64", { "x86_64", "efi" } },
	{ "x86_64", { "i386", "efi" } },
	{ "x86_64", { "i386", "pc" } },
	{ "x86_64", { "i386", "coreboot" } },
	{ "x86_64", { "i386", "xen_pvh" } },
	{ "x86_64", { "x86_64", "xen" } },
	{ "x86_64", { "i386", "ieee1275" } },
	{ "x86_64", { "i386", "multiboot" } },
	{ "x86_64", { "i386", "qemu" } },
	{ "i386", { "i386", "efi" } },
	{ "i386", { "x86_64", "efi" } },
	{ "i386", { "i386", "pc" } },
	{ "i386", { "i386", "coreboot" } },
	{ "i386", { "i386", "xen_pvh" } },
	{ "i386", { "i386", "xen" } },
	{ "i386", { "i386", "ieee1275" } },
	{ "i386", { "i386", "multiboot" } },
	{ "i386", { "i386", "qemu" } },
	{ "aarch64", { "arm64", "efi" } },
	{ "arm", { "arm", "efi" } },
	{ "arm", { "arm", "uboot" } },
	{ "arm", { "arm", "coreboot" } },
	{ "riscv64", { "riscv64", "efi" } },
	{ "riscv32", { "riscv32", "efi" } },
	{ "loongarch64", { "loongarch64", "efi" } },
	{ "ia64", { "ia64", "efi" } },
	{ "ppc", { "powerpc", "ieee1275" } },
	{ "sparc64", { "sparc64", "ieee1275" } },
	{ "mips", { "mipsel", "loongson" } },
	{ "mips", { "mipsel", "arc" } },
	{ "mips", { "mipsel", "qemu_mips" } },
	{ "mips", { "mips", "arc" } },
	{ "mips", { "mips", "qemu_mips" } },
	{ "s390x", { "s390x", "emu" } },
};

/* As the rows call it. NULL: not known. */
static char *machine_of(struct ka_host *host)
{
	char *machine;

	if (ka_host_machine(host, &machine) < 0)
		return NULL;
	/* i486, i586, i686 */
	if (machine[0] == 'i' && machine[1] && ka_streq(machine + 2, "86"))
		machine[1] = '3';
	return machine;
}

static bool is_for(size_t row, const char *machine)
{
	return !machine || ka_startswith(machine, targets[row].machine);
}

static bool has_module(struct ka_host *host, size_t row, const char *config, const char *module)
{
	const struct grub_target *t = &targets[row].target;
	_cleanup_free_ char *path = ka_format("%.*s/%s-%s/%s.mod",
					      (int)(strrchr(config, '/') - config), config, t->cpu,
					      t->platform, module);

	return ka_host_seems_there(host, path);
}

bool grub_target_has_module(struct ka_host *host, const char *config, const char *module)
{
	_cleanup_free_ char *machine = machine_of(host);

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (is_for(i, machine) && has_module(host, i, config, module))
			return true;
	return false;
}

/* EFI's GRUB is what its firmware is, not what the kernel is. */
static bool fits_firmware(struct ka_host *host, size_t row)
{
	const struct grub_target *t = &targets[row].target;
	_cleanup_free_ char *bits = NULL;

	if (!ka_streq(t->platform, "efi") || !strstr(t->cpu, "86") ||
	    ka_host_read_line(host, "/sys/firmware/efi/fw_platform_size", &bits, NULL) < 0)
		return true;
	return ka_streq(t->cpu, "i386") == ka_streq(bits, "32");
}

/* Is it the only kind of firmware that this machine's GRUB knows? */
static bool is_only(size_t row)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (i != row && ka_streq(targets[i].machine, targets[row].machine))
			return false;
	return true;
}

struct grub_target grub_target_find(struct ka_host *host, const char *config)
{
	_cleanup_free_ char *machine = machine_of(host);
	bool efi = ka_host_seems_there(host, "/sys/firmware/efi");
	ssize_t usual = -1;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (!is_for(i, machine) ||
		    (ka_streq(targets[i].target.platform, "efi") != efi && !is_only(i)) ||
		    !fits_firmware(host, i))
			continue;
		if (usual < 0)
			usual = (ssize_t)i;
		/* With EFI there is nothing to choose from, where the machine is known. */
		if ((efi && machine) || has_module(host, i, config, "normal"))
			return targets[i].target;
	}
	return usual >= 0 ? targets[usual].target : (struct grub_target){ "i386", "pc" };
}
