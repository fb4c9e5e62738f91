/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/findings.h>
#include <kexec-any/host.h>
#include <kexec-any/image.h>

#include "base/reader.h"
#include "host/machine.h"
#include "unpack/unpack.h"

/* What a kernel file is, and whether it may be handed to the kernel. */

enum ka_image_kind {
	KA_IMAGE_UNKNOWN,
	KA_IMAGE_BZIMAGE, /* x86, with or without EFI stub */
	KA_IMAGE_ELF,	  /* vmlinux */
	KA_IMAGE_UKI,
	KA_IMAGE_ZBOOT,
	KA_IMAGE_RAW,	     /* Image of arm64, riscv64, loongarch64, s390x */
	KA_IMAGE_COMPRESSED, /* any of them, packed as a whole */
	_KA_IMAGE_MAX
};

const char *ka_image_kind_name(enum ka_image_kind kind);

/*
 * The signature of a PE file, as the kernel reads it (crypto/asymmetric_keys/verify_pefile.c). The
 * kernel accepts it when one of its keyrings holds a key with one of these ids: that of a certificate
 * in the signature, or of who issued one.
 */
struct ka_signature {
	bool is_intact; /* the digest of the file is the signed one, and the signature is the signer's */
	char *signer;	/* common name; NULL: the signature does not bring the certificate */
	char *issuer;	/* of the signer's certificate */
	char **key_ids; /* of the signers and their issuers; hexadecimal, NULL-terminated */
	/* What a revocation list may call their certificates: "tbs:", and in hexadecimal the digest of the
	 * part of a certificate that its issuer signed. NULL-terminated; empty with several signers. */
	char **revocations;
};

struct ka_image {
	enum ka_image_kind kind;
	char *kernel_version;	 /* "release (builder) #version"; NULL when the file does not say */
	char *build_id;		 /* hexadecimal; NULL when unknown */
	enum ka_packing packing; /* of the kernel inside */
	bool is_verified;	 /* the kernel inside by a checksum of its compression */
	uint64_t unpacked_size;	 /* of the kernel inside, bytes; 0: not looked into */
	uint64_t init_size; /* memory the kernel needs before it can look after itself, bytes */
	bool is_signed;	    /* a PE signature is attached, of whatever worth */
	struct ka_signature signature; /* what it says */
	bool appends_signature; /* the format has it behind the file, as modules do, not in PE */
	bool needs_kexec_load;	/* the file system call does not take this format: kexec(8) only */
};

/* What the image is held against. All borrowed. */
struct ka_image_context {
	const char *path; /* for the findings */
	const struct ka_machine *machine;
	size_t cmdline_len; /* without the NUL */
	bool fast;	    /* keep to the structure, do not unpack */
	bool is_unpacked;   /* it was packed as a whole: what comes out is all there is */
};

void ka_image_done(struct ka_image *image);
/* "6.1.0-56-amd64", as uname -r says it; NULL: unknown, or no memory. */
char *ka_image_release(const struct ka_image *image);

/* The first two numbers of a release, "6.12.3-1-amd64" as 612; 0: it has none. */
unsigned int ka_release_number(const char *release);

/*
 * Look at a kernel file, and report all that is wrong with it. Follows
 * Documentation/arch/x86/boot.rst ("The Linux/x86 Boot Protocol"), the PE/COFF specification and
 * arch/x86/kernel/kexec-bzimage64.c, and is stricter than the last: that one accepts half a kernel.
 * Negative only when memory is short or the file cannot be read.
 */
int ka_image_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		     struct ka_image *ret, struct ka_findings *findings) _must_check_;

/* Does it begin as one of the kinds that are inspected does? An EFI program need not be a kernel. */
bool ka_image_detect(const struct ka_reader *reader);

/* The formats, for image.c and the tests. */

/* bzimage.c: is there a boot protocol header? Its magic is at 0x202. */
bool ka_bzimage_detect(const struct ka_reader *reader);
int ka_bzimage_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		       struct ka_image *ret, struct ka_findings *findings) _must_check_;
/* 1 found, 0 not. */
int ka_bzimage_kernel_version(const struct ka_reader *reader, char **ret) _must_check_;

/* raw.c */
bool ka_raw_detect(const struct ka_reader *reader);
int ka_raw_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings) _must_check_;

/* Has the file a signature behind it, as modules have (s390x, ppc64le)? */
bool ka_image_has_appended_signature(const struct ka_reader *reader);

/* elf.c, through libelf. */
int ka_elf_inspect(const struct ka_reader *reader, const struct ka_image_context *context,
		   struct ka_image *ret, struct ka_findings *findings) _must_check_;
