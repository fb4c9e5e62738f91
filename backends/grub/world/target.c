// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of GRUB's targets this machine is: by its processor, its firmware, and the modules there. */

#include "world/target.h"

#include <kexec-any/text.h>

#include <errno.h>

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

/* As the rows call it. *ret NULL: nothing says. */
static int machine_of(struct ka_host *host, char **ret)
{
	int r = ka_host_machine(host, ret);

	if (r < 0) {
		*ret = NULL;
		return r == -ENOENT ? 0 : r;
	}
	/* i486, i586, i686 */
	if ((*ret)[0] == 'i' && (*ret)[1] && ka_streq(*ret + 2, "86"))
		(*ret)[1] = '3';
	return 0;
}

static bool is_for(size_t row, const char *machine)
{
	return !machine || ka_startswith(machine, targets[row].machine);
}

static int has_module(struct ka_host *host, size_t row, const char *config, const char *module)
{
	const struct grub_target *t = &targets[row].target;
	_cleanup_free_ char *path = ka_format("%.*s/%s-%s/%s.mod",
					      (int)(strrchr(config, '/') - config), config, t->cpu,
					      t->platform, module);

	return ka_host_stat(host, path, NULL);
}

int grub_target_has_module(struct ka_host *host, const char *config, const char *module)
{
	_cleanup_free_ char *machine = NULL;
	int r = machine_of(host, &machine);

	for (size_t i = 0; i < ARRAY_SIZE(targets) && r == 0; i++)
		if (is_for(i, machine))
			r = has_module(host, i, config, module);
	return r;
}

/* Is it the only target of its machine, whatever the firmware? */
static bool is_only(size_t row)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (i != row && ka_streq(targets[i].machine, targets[row].machine))
			return false;
	return true;
}

struct firmware {
	bool efi;
	char *bits; /* of EFI's, "32" or "64"; NULL: nothing says */
};

/* EFI's GRUB is what its firmware is, not what the kernel is. */
static bool fits_firmware(size_t row, const struct firmware *firmware)
{
	const struct grub_target *t = &targets[row].target;

	if (ka_streq(t->platform, "efi") != firmware->efi && !is_only(row))
		return false;
	return !firmware->efi || !firmware->bits || !strstr(t->cpu, "86") ||
	       ka_streq(t->cpu, "i386") == ka_streq(firmware->bits, "32");
}

static int read_firmware(struct ka_host *host, struct firmware *ret)
{
	int r = ka_host_stat(host, "/sys/firmware/efi", NULL);

	ret->efi = r > 0;
	if (r <= 0)
		return r;
	r = ka_host_read_line(host, "/sys/firmware/efi/fw_platform_size", &ret->bits, NULL);
	if (r < 0)
		ret->bits = NULL;
	return r == -ENOENT ? 0 : r;
}

static int choose(struct ka_host *host, const char *config, const char *machine,
		  const struct firmware *firmware, struct grub_target *ret)
{
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		int r = 0;

		if (!is_for(i, machine) || !fits_firmware(i, firmware))
			continue;
		if (!found)
			*ret = targets[i].target;
		found = true;
		/* With EFI there is nothing to choose from, where the machine is known. */
		if (!firmware->efi || !machine)
			r = has_module(host, i, config, "normal");
		if (r > 0)
			*ret = targets[i].target;
		if (r != 0 || (firmware->efi && machine))
			return r < 0 ? r : 0;
	}
	return 0;
}

int grub_target_find(struct ka_host *host, const char *config, struct grub_target *ret)
{
	_cleanup_free_ char *machine = NULL, *bits = NULL;
	struct firmware firmware = { .bits = NULL };
	int r;

	*ret = (struct grub_target){ "i386", "pc" }; /* something, where it cannot be told */
	r = machine_of(host, &machine);
	if (r == 0)
		r = read_firmware(host, &firmware);
	bits = firmware.bits;
	return r < 0 ? r : choose(host, config, machine, &firmware, ret);
}
