/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/host.h>

/*
 * Unified kernel images (UAPI.5): a PE file whose sections are kernel, initrd and command line, put
 * together with systemd-stub. Its section table is read, and short texts; never the whole file.
 */

enum ka_uki_part {
	KA_UKI_LINUX,
	KA_UKI_OSREL,
	KA_UKI_CMDLINE,
	KA_UKI_INITRD,
	KA_UKI_UCODE,
	KA_UKI_DTB,
	KA_UKI_DTBAUTO,
	KA_UKI_UNAME,
	KA_UKI_PCRSIG,
	KA_UKI_PCRPKEY,
	KA_UKI_PROFILE,
	KA_UKI_SDMAGIC,
	KA_UKI_LINUXH,	/* lanzaboote: .linux is a path on the ESP, this its SHA-256 */
	KA_UKI_INITRDH, /* the same for .initrd */
	_KA_UKI_PART_MAX
};

/* Where a section's bytes are in the file; size 0: there is none. */
struct ka_uki_range {
	uint64_t offset, size;
};

/* One profile: the base sections, overridden by its own. All strings owned, NULL where unknown. */
struct ka_uki_profile {
	struct ka_uki_range parts[_KA_UKI_PART_MAX];
	char *id, *title;			  /* of .profile */
	char *osrel;				  /* .osrel as it is written */
	char *os_name, *os_version, *os_sort_key; /* of .osrel, as systemd-boot picks them */
};

struct ka_uki {
	char *path; /* on this machine */
	struct ka_uki_profile *profiles;
	size_t n_profiles;	   /* at least 1 */
	unsigned int stub_version; /* of systemd-stub; 0: it does not say */
	unsigned int stub_patch;   /* 9 of "257.9" */
	bool is_thin;		   /* lanzaboote: kernel and initrd are files beside it */
};

void ka_uki_done(struct ka_uki *uki);

/*
 * 1: a UKI (a PE file for EFI with .linux), 0: something else. -EBADMSG: a damaged one, *ret_why says
 * how (a literal). Others: it cannot be read.
 */
int ka_uki_read(struct ka_host *host, const char *path, struct ka_uki *ret, const char **ret_why)
	_must_check_;

/* The text of a profile's .cmdline as it is written, or "". */
int ka_uki_cmdline(struct ka_host *host, const struct ka_uki *uki, unsigned int profile, char **ret)
	_must_check_;

/* How the loader starts it. All borrowed. */
struct ka_uki_start {
	const char *root; /* the partition the image is on, on this machine: "/efi", "/dev/vda1:" */
	const char *path; /* the image on that partition, "/EFI/Linux/x.efi" */
	unsigned int profile;
	const char *options; /* passed by the loader; NULL: none */
	char *const *extras; /* files the loader packs (Type #1 "extra"), on this machine */
};

/*
 * What systemd-stub of this image would hand to its kernel becomes the entry's kernel, initrds and
 * command line: addons, credentials and extensions beside it, the archives the stub packs. What
 * cannot be carried over becomes a problem of the entry.
 */
int ka_uki_fill_entry(struct ka_host *host, const struct ka_uki *uki,
		      const struct ka_uki_start *start, struct ka_entry *entry) _must_check_;
