/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/*
 * Hardware that is reported not to come through a kexec. Rows are reports, not proofs: most are about
 * one machine, one kernel, one driver. A row fits when everything it names does.
 */
struct ka_hardware_row {
	/* DMI: the vendor is this one, the product begins so. */
	const char *vendor, *product;
	bool guest; /* and the processor says that a hypervisor runs it */
	/* The devicetree's model begins so. */
	const char *model;
	/* /proc/cpuinfo: a processor of Intel by family and model; family 0: any. */
	unsigned int cpu_family, cpu_model;
	/* A flag of /proc/cpuinfo, a device of /sys/class/misc. */
	const char *cpu_flag, *misc;
	/* A PCI device has this driver; a display controller has. */
	const char *driver, *display_driver;

	const char *what;      /* the device, and what was seen */
	const char *reference; /* where it is told */
};

/* clang-format off */
static const struct ka_hardware_row ka_hardware[] = {
	{ .cpu_family = 6, .cpu_model = 156,
	  .what = "Intel Jasper Lake (N5095, N5100, N5105) hangs",
	  .reference = "Fedora CoreOS tracker #2071, nixos-anywhere #289" },
	{ .cpu_family = 6, .cpu_model = 170, .display_driver = "i915",
	  .what = "i915 on Intel Meteor Lake shows nothing",
	  .reference = "nixpkgs #536384" },
	{ .display_driver = "amdgpu",
	  .what = "amdgpu shows nothing",
	  .reference = "nixpkgs #536384" },
	{ .display_driver = "nvidia",
	  .what = "nvidia hangs, or loses the console",
	  .reference = "nixpkgs #536384" },
	{ .driver = "mlx4_core",
	  .what = "Mellanox network cards (mlx4)",
	  .reference = "op-build #538, #781, ipxe #916, talos #10143" },
	{ .driver = "mlx5_core",
	  .what = "Mellanox network cards (mlx5)",
	  .reference = "op-build #538, #781, ipxe #916, talos #10143" },
	{ .vendor = "HP", .product = "HP Z2 ",
	  .what = "the network of HP Z2 workstations",
	  .reference = "talos #8751, #13785" },
	{ .vendor = "Microsoft Corporation", .product = "Virtual Machine", .guest = true,
	  .what = "guests of Hyper-V and Azure wait for the display (hyperv_fb)",
	  .reference = "nixos-anywhere #400, systemd #20072" },
	{ .vendor = "Google", .product = "Google Compute Engine",
	  .what = "guests of Google Compute Engine",
	  .reference = "talos #8838" },
	{ .vendor = "FreeBSD", .product = "BHYVE",
	  .what = "guests of bhyve are powered off",
	  .reference = "omni #1582" },
	{ .cpu_flag = "tdx_guest",
	  .what = "guests of TDX, whose processors older kernels cannot stop",
	  .reference = "Linux, arch/x86/coco/tdx" },
	{ .misc = "sev-guest",
	  .what = "guests of SEV-SNP, whose memory older kernels do not hand back",
	  .reference = "Linux, arch/x86/coco/sev" },
	{ .model = "Raspberry Pi 4 ",
	  .what = "the secondary processors of a Raspberry Pi 4",
	  .reference = "talos #5670" },
};
/* clang-format on */
