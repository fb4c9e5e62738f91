/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/*
 * What an EFI program is, told by its own bytes: the sections .sbat (SBAT.md of shim), .sdmagic and
 * .linux (UAPI.5), mods (GRUB, include/grub/kernel.h), texts inside where a program has none of
 * these. Never by its name.
 */

enum ka_program_kind {
	KA_PROGRAM_UNKNOWN,    /* none of the kinds below; or nobody can tell */
	KA_PROGRAM_SHIM,       /* starts the program beside it */
	KA_PROGRAM_FALLBACK,   /* shim's fbx64.efi, which makes boot options of what it finds */
	KA_PROGRAM_MOKMANAGER, /* shim's mmx64.efi, for its keys; it starts nothing */
	KA_PROGRAM_GRUB,
	KA_PROGRAM_SYSTEMD_BOOT,
	KA_PROGRAM_SYSTEMD_STUB, /* a unified kernel image */
	KA_PROGRAM_LINUX,	 /* a kernel with an EFI stub */
	KA_PROGRAM_REFIND,
	KA_PROGRAM_LIMINE,
	KA_PROGRAM_SYSLINUX,
	KA_PROGRAM_U_BOOT,
	KA_PROGRAM_ZIPL,
	KA_PROGRAM_LILO,
	KA_PROGRAM_GRUB_LEGACY,
	KA_PROGRAM_ZFSBOOTMENU,
	KA_PROGRAM_HEADS,
	KA_PROGRAM_PETITBOOT,
	KA_PROGRAM_RASPBERRYPI,
	KA_PROGRAM_DEPTHCHARGE,
	KA_PROGRAM_OPENCORE,
	KA_PROGRAM_CLOVER,
	KA_PROGRAM_MEMTEST,
	KA_PROGRAM_IPXE,
	KA_PROGRAM_FWUPD,
	KA_PROGRAM_WINDOWS,
	_KA_PROGRAM_MAX
};

/* How it is known, the strongest first. */
enum ka_program_evidence {
	KA_EVIDENCE_NONE,
	KA_EVIDENCE_SBAT,
	KA_EVIDENCE_SDMAGIC,
	KA_EVIDENCE_MODS,
	KA_EVIDENCE_HEADER,	 /* the kernel's own header */
	KA_EVIDENCE_TEXT,	 /* a text inside */
	KA_EVIDENCE_BOOT_SECTOR, /* a disk's first sector, for BIOS */
	KA_EVIDENCE_LOADER_INFO, /* what it said of itself when it started the running system */
	KA_EVIDENCE_CMDLINE,	 /* what it left on the running command line */
	KA_EVIDENCE_FILES,	 /* what lies on the disks */
	_KA_EVIDENCE_MAX
};

struct ka_program {
	enum ka_program_kind kind;
	enum ka_program_evidence evidence;
	char *vendor;  /* ".sbat"'s second name behind the dot: "debian"; NULL: none, or unknown */
	char *version; /* "2.06-13+deb12u2", "257.8-1"; NULL: unknown */
	/* GRUB alone, from its mods section; NULL: not to be seen. */
	char *prefix;	/* "/EFI/debian", "(hd0,gpt2)/boot/grub" */
	char *config;	/* the embedded configuration, a script */
	char **modules; /* names */
	bool is_whole;	/* the section was read to its end: there is no more of all these */
	/* A disk that is packed into it, by its place in the file; size 0: there is none. */
	uint64_t memdisk_at, memdisk_size;
};

void ka_program_done(struct ka_program *program);

/* "grub", "systemd-boot", … as JSON has it; and as people write it: "GRUB", "rEFInd". Never NULL. */
const char *ka_program_name(enum ka_program_kind kind);
const char *ka_program_title(enum ka_program_kind kind);
/* "sbat", "mods", … */
const char *ka_program_evidence_name(enum ka_program_evidence evidence);

bool ka_program_has_module(const struct ka_program *program, const char *name);

/*
 * Look at a program on this machine. 1: identified; 0: it was read and is of no kind known here (ret
 * says KA_PROGRAM_UNKNOWN); negative: it cannot be read, so it is not known what it is.
 */
int ka_program_identify(struct ka_host *host, const char *path, struct ka_program *ret)
	_must_check_;
