// SPDX-License-Identifier: GPL-2.0-or-later
#include "initrd/cpio.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <sys/stat.h>

/* Eight hexadecimal digits, as all numbers of the format. */
static bool parse_hex8(const char *p, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		unsigned char c = (unsigned char)p[i];

		if (!ka_is_xdigit(c))
			return false;
		value = value << 4 |
			(uint32_t)(ka_is_digit(c) ? c - '0' : (ka_lower((char)c) - 'a' + 10));
	}
	*ret = value;
	return true;
}

bool cpio_parse_header(const char header[CPIO_HEADER], struct cpio_header *ret, const char **why)
{
	if (memcmp(header, "070707", 6) == 0) {
		*why = "a cpio archive of the old format (\"cpio -H newc\" is needed)";
		return false;
	}
	if ((memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0) ||
	    !parse_hex8(header + 14, &ret->mode) || !parse_hex8(header + 38, &ret->n_links) ||
	    !parse_hex8(header + 54, &ret->size) || !parse_hex8(header + 94, &ret->name_size) ||
	    !parse_hex8(header + 102, &ret->sum) || ret->name_size == 0 ||
	    ret->name_size > PATH_MAX) {
		*why = "no valid cpio header";
		return false;
	}
	ret->has_sum = header[5] == '2' && S_ISREG(ret->mode) && ret->size > 0;
	return true;
}

uint32_t cpio_sum(uint32_t sum, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += data[i];
	return sum;
}

static int damaged(struct cpio_stream *s, const char *why)
{
	s->why = why;
	return -EBADMSG;
}

/* One more byte between two files. */
static int feed_between(struct cpio_stream *s, uint8_t c)
{
	if (c == 0) {
		s->offset++;
		return 0;
	}
	if (c != '0')
		return damaged(s, "bytes that are no cpio archive");
	if (s->offset % 4 != 0)
		return damaged(s, "a cpio header that is not at a multiple of 4");
	s->state = CPIO_IN_HEADER;
	s->have = 0;
	return 0;
}

static int end_header(struct cpio_stream *s)
{
	if (!cpio_parse_header(s->buf, &s->header, &s->why))
		return -EBADMSG;
	s->state = CPIO_IN_NAME;
	s->have = 0;
	return 0;
}

static int end_name(struct cpio_stream *s)
{
	uint64_t data = (s->offset + 3) & ~(uint64_t)3;

	if (s->buf[s->header.name_size - 1] != '\0')
		return damaged(s, "a cpio file name without end");
	s->left = data + s->header.size - s->offset;
	s->state = s->left > 0 ? CPIO_IN_DATA : CPIO_BETWEEN;
	s->sum = 0;
	s->in_archive = !ka_streq(s->buf, "TRAILER!!!");
	return s->in_archive ? s->visit(s->userdata, s->buf, &s->header) : 0;
}

/* n bytes of a file's data, or of the padding in front of it. */
static int feed_data(struct cpio_stream *s, const uint8_t *data, size_t n)
{
	if (s->header.has_sum) {
		uint64_t padding = s->left > s->header.size ? s->left - s->header.size : 0;
		size_t skip = padding < n ? (size_t)padding : n;

		s->sum = cpio_sum(s->sum, data + skip, n - skip);
	}
	s->left -= n;
	s->offset += n;
	if (s->left > 0)
		return 0;
	s->state = CPIO_BETWEEN;
	return s->header.has_sum && s->sum != s->header.sum ? damaged(s, cpio_bad_sum) : 0;
}

/* Collect bytes until there are want of them. true: there are. */
static bool collect(struct cpio_stream *s, size_t want, const uint8_t **data, size_t *n)
{
	size_t take = want - s->have < *n ? want - s->have : *n;

	memcpy(s->buf + s->have, *data, take);
	s->have += take;
	s->offset += take;
	*data += take;
	*n -= take;
	return s->have == want;
}

int cpio_feed(struct cpio_stream *s, const uint8_t *data, size_t n)
{
	int r = 0;

	while (r == 0 && n > 0) {
		size_t take;

		switch (s->state) {
		case CPIO_BETWEEN:
			r = feed_between(s, *data);
			if (s->state == CPIO_BETWEEN) {
				data++;
				n--;
			}
			break;
		case CPIO_IN_HEADER:
			if (collect(s, CPIO_HEADER, &data, &n))
				r = end_header(s);
			break;
		case CPIO_IN_NAME:
			if (collect(s, s->header.name_size, &data, &n))
				r = end_name(s);
			break;
		case CPIO_IN_DATA:
			take = s->left < n ? (size_t)s->left : n;
			r = feed_data(s, data, take);
			data += take;
			n -= take;
			break;
		}
	}
	return r;
}

bool cpio_is_complete(const struct cpio_stream *s)
{
	/* The padding behind a name may be missing at the end. */
	return s->state == CPIO_BETWEEN || (s->state == CPIO_IN_DATA && s->header.size == 0);
}
