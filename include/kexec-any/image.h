/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>
#include <kexec-any/host.h>

/*
 * The version text inside a kernel file, "release (builder) #number …": what uname -r and uname -v
 * will say once it runs. Reads two small pieces of the file, unpacks nothing. size: of the kernel
 * when it is inside a larger file, at offset; 0 for the whole file. 1 found, 0 not (no bzImage, or it
 * does not say), negative when memory is short.
 */
int ka_image_kernel_version(struct ka_host *host, const char *path, uint64_t offset, uint64_t size,
			    char **ret) _must_check_;

/* Its first word, as uname -r. */
int ka_image_kernel_release(struct ka_host *host, const char *path, char **ret) _must_check_;
