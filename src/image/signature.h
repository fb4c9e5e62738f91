/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/image.h"
#include "image/pe.h"

/*
 * Read the signature that the PE header names ("Windows Authenticode Portable Executable Signature
 * Format", Microsoft) and hold it against the file: is the digest of the file the one that is signed,
 * and is the signature the signer's? Fills ret->signature and reports what is wrong. Who is trusted is
 * for others to say. fast: the digest is left out.
 */
int ka_signature_inspect(const struct ka_reader *reader, const struct ka_pe *pe,
			 const struct ka_image_context *context, struct ka_image *ret,
			 struct ka_findings *findings) _must_check_;
