/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

#include <limits.h>

/* cpio archives of the "newc" format, as the kernel reads them: headers, names and sums of the data. */

#define CPIO_HEADER 110

struct cpio_header {
	uint32_t mode;
	uint32_t n_links;   /* names that the file has; its data is with the last */
	uint32_t size;	    /* of the file's data, bytes */
	uint32_t name_size; /* with the NUL; 1 to PATH_MAX */
	bool has_sum;	    /* format 070702: the sum of the data's bytes, of regular files alone */
	uint32_t sum;
};

/* false: it is none, and *why (a literal) says what is wrong. */
bool cpio_parse_header(const char header[CPIO_HEADER], struct cpio_header *ret, const char **why);

/* Called for each file but the trailer. */
typedef int (*cpio_visit_fn)(void *userdata, const char *name, const struct cpio_header *header);

/* n more bytes of a file's data, for its sum. */
uint32_t cpio_sum(uint32_t sum, const uint8_t *data, size_t n);
static const char cpio_bad_sum[] =
	"a file whose bytes do not add up to the checksum of the cpio archive";

/*
 * A stream of archives, fed piece by piece: what comes out of a compressed member. Between files and
 * archives there may be zeros.
 */
struct cpio_stream {
	cpio_visit_fn visit;
	void *userdata;
	const char *why; /* what is wrong, once feeding failed; a literal */
	/* Inside. */
	enum { CPIO_BETWEEN, CPIO_IN_HEADER, CPIO_IN_NAME, CPIO_IN_DATA } state;
	struct cpio_header header;
	uint64_t offset, left; /* left: of the data, and of the padding in front of it */
	uint32_t sum;
	bool in_archive; /* no trailer was seen since the last file */
	size_t have;
	char buf[PATH_MAX];
};

/* -EBADMSG: damaged; or the visitor's. */
int cpio_feed(struct cpio_stream *stream, const uint8_t *data, size_t n) _must_check_;
/* Does the stream end between two files? */
bool cpio_is_complete(const struct cpio_stream *stream);
