/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/host.h>

/*
 * One NixOS system that can be booted: a generation of a profile, or a specialisation of one. All
 * owned; NULL where it has none.
 */
struct nixos_system {
	char *label;	/* "NixOS Warbler 25.11… (Linux 6.12.1)" */
	char *platform; /* "x86_64-linux" */
	char *kernel, *initrd;
	char *init;	/* as it goes on the command line */
	char *params;	/* kernelParams, joined by single blanks */
	char *toplevel; /* the closure */
	char *devicetree;
	char *secrets_script; /* append-initrd-secrets */
	bool has_secrets;     /* the loader's copy of the initrd holds more than this one */
	bool has_initrds;     /* the loader adds further ones (org.nixos.extra-initrd) */
	bool is_signed;	      /* lanzaboote signs the loader's copies */
	bool is_xen;	      /* the kernel is a dom0's */
	char *name;	      /* of the specialisation; NULL: the system itself */
	struct nixos_system *specialisations;
	size_t n_specialisations;
};

void nixos_system_done(struct nixos_system *system);
/* Append a specialisation; all zero, to be filled. NULL: too many. */
struct nixos_system *nixos_add_specialisation(struct nixos_system *system, const char *name);

/* More than anybody has; a document with more is hostile. */
#define NIXOS_SPECIALISATIONS_LIMIT 256

/* --- bootspec.c: boot.json, RFC 125 */

enum nixos_bootspec {
	NIXOS_BOOTSPEC_OK,
	NIXOS_BOOTSPEC_NONE,	/* a draft from before the RFC: as if there were none */
	NIXOS_BOOTSPEC_UNKNOWN, /* of a version that is not known */
	NIXOS_BOOTSPEC_BAD,
};

/*
 * Parse a document. ret is filled for OK alone; *ret_why says what is wrong (or which version it is)
 * and is owned by the caller.
 */
enum nixos_bootspec nixos_bootspec_parse(const char *text, size_t len, struct nixos_system *ret,
					 char **ret_why) _must_check_;

/* --- closure.c: a system from what lies in its closure */

/*
 * path: the closure, canonical. Reads boot.json where there is one, else the links beside it. What is
 * wrong goes to problems.
 */
void nixos_closure_read(struct ka_host *host, const char *path, struct nixos_system *ret,
			struct ka_findings *problems);

/*
 * Does the loader add secrets to this initrd? NixOS has its script append-initrd-secrets in every
 * system with an initrd; without secrets to add, it leaves at once.
 */
bool nixos_adds_secrets(struct ka_host *host, const char *script);

/* --- profile.c: profiles and their generations */

struct nixos_generation {
	char *profile; /* NULL: the system profile */
	uint64_t number;
	char *link;    /* "/nix/var/nix/profiles/system-42-link" */
	char *closure; /* canonical; NULL: the link leads nowhere */
	int error;     /* why nobody knows where it leads; 0: that is known */
	int64_t time;  /* of the link itself, seconds since 1970; 0: unknown */
};

struct nixos_profiles {
	struct nixos_generation *items; /* newest first, the system profile in front */
	size_t n;
	char *target;  /* of the system profile's link, as it is; "" without one */
	char *current; /* canonical closure of the system profile; NULL: it leads nowhere */
	char *booted;  /* of /run/booted-system; NULL: unknown */
	uint64_t current_number; /* of the generation the system profile points to; 0: none */
};

#define NIXOS_PROFILE "/nix/var/nix/profiles/system"

void nixos_profiles_done(struct nixos_profiles *profiles);
int nixos_profiles_read(struct ka_host *host, struct nixos_profiles *ret, struct ka_error *err)
	_must_check_;
