// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A memdisk that is a FAT image of any width (Microsoft's "FAT: General Overview of On-Disk Format"), as
 * Debian's signed programs up to 2.06 have it. Names know no case.
 */

#include "image/memdisk.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define ENTRY	   32u
#define NAME_LIMIT 255

struct fat {
	const uint8_t *data;
	size_t size;
	size_t cluster_size, table_at, table_size, root_at, root_size, clusters_at;
	unsigned int bits;
	uint32_t n_clusters, root_cluster;
	size_t budget; /* bytes of folders that may still be read */
	struct ka_memdisk *disk;
};

/* The fields of the boot sector. 1: it is none. */
static int read_boot_sector(struct fat *f)
{
	const uint8_t *b = f->data;
	size_t sector, reserved, tables, table_sectors, total;

	if (f->size < 512 || b[510] != 0x55 || b[511] != 0xaa)
		return 1;
	sector = ka_le16(b + 11);
	reserved = ka_le16(b + 14);
	tables = b[16];
	f->root_size = (size_t)ka_le16(b + 17) * ENTRY;
	total = ka_le16(b + 19) ? ka_le16(b + 19) : ka_le32(b + 32);
	table_sectors = ka_le16(b + 22) ? ka_le16(b + 22) : ka_le32(b + 36);
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)) || !b[13] ||
	    (b[13] & (b[13] - 1)) || !tables || tables > 2 || !table_sectors ||
	    table_sectors > f->size / sector || total > f->size / sector)
		return 1;
	f->cluster_size = sector * b[13];
	f->table_at = reserved * sector;
	f->table_size = table_sectors * sector;
	f->root_at = f->table_at + tables * f->table_size;
	f->clusters_at = f->root_at + (f->root_size + sector - 1) / sector * sector;
	if (f->clusters_at > total * sector)
		return 1;
	f->n_clusters = (uint32_t)((total * sector - f->clusters_at) / f->cluster_size);
	f->bits = !f->root_size ? 32 : f->n_clusters < 4085 ? 12 : 16;
	f->root_cluster = ka_le32(b + 44);
	return 0;
}

/* What comes behind a cluster; 0: nothing. */
static uint32_t next_cluster(const struct fat *f, uint32_t cluster)
{
	size_t at = f->bits == 12 ? cluster + cluster / 2 : (size_t)cluster * (f->bits / 8);
	uint32_t next;

	if (at + 4 > f->table_size)
		return 0;
	at += f->table_at;
	if (f->bits == 12)
		next = cluster & 1 ? ka_le16(f->data + at) >> 4 : ka_le16(f->data + at) & 0xfff;
	else
		next = f->bits == 16 ? ka_le16(f->data + at) : ka_le32(f->data + at) & 0x0fffffff;
	return next;
}

/* The bytes of a chain of clusters, up to max of them. */
static int read_chain(const struct fat *f, uint32_t cluster, size_t max, struct ka_buf *ret)
{
	for (uint32_t n = 0; cluster >= 2 && cluster - 2 < f->n_clusters && ret->len < max; n++) {
		size_t left = max - ret->len;

		if (n > f->n_clusters)
			return -EBADMSG; /* a circle */
		ka_buf_add(ret,
			   (const char *)f->data + f->clusters_at +
				   (size_t)(cluster - 2) * f->cluster_size,
			   left < f->cluster_size ? left : f->cluster_size);
		cluster = next_cluster(f, cluster);
	}
	return 0;
}

/* --- names */

struct name {
	char text[NAME_LIMIT + 14]; /* the long one so far; "": there is none */
	uint8_t checksum;
};

/* 13 characters of a long name; the last part comes first. */
static void take_part(const uint8_t *e, struct name *name)
{
	static const uint8_t places[] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	size_t at = (size_t)((e[0] & 0x3f) - 1) * ARRAY_SIZE(places);

	if (e[0] & 0x40) {
		memset(name, 0, sizeof(*name));
		name->checksum = e[13];
	}
	if (!(e[0] & 0x3f) || at >= NAME_LIMIT || name->checksum != e[13])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places) && at < NAME_LIMIT; i++, at++) {
		uint16_t c = ka_le16(e + places[i]);

		if (!c)
			break;
		/* Other characters are in no name that a script is looked for by. */
		name->text[at] = '?';
		if (c < 128)
			name->text[at] = (char)c;
	}
}

static uint8_t checksum_of(const uint8_t *e)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + e[i]);
	return sum;
}

static char *short_name(const uint8_t *e)
{
	int stem = 8, end = 3;

	while (stem > 0 && e[stem - 1] == ' ')
		stem--;
	while (end > 0 && e[8 + end - 1] == ' ')
		end--;
	return ka_format("%.*s%s%.*s", stem, (const char *)e, end ? "." : "", end,
			 (const char *)e + 8);
}

/* --- folders */

static int read_folder(struct fat *f, const char *path, const uint8_t *data, size_t n,
		       unsigned int depth);

static int read_sub_folder(struct fat *f, const char *path, uint32_t cluster, unsigned int depth)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	int r;

	if (depth >= KA_MEMDISK_DEPTH_LIMIT)
		return -EFBIG;
	r = read_chain(f, cluster, f->budget, &buf);
	if (r < 0)
		return r;
	if (buf.len >= f->budget)
		return -EFBIG;
	f->budget -= buf.len;
	return read_folder(f, path, (const uint8_t *)buf.text, buf.len, depth + 1);
}

static int read_entry(struct fat *f, const char *folder, const uint8_t *e, const struct name *name,
		      unsigned int depth)
{
	_cleanup_free_ char *own = short_name(e), *path = NULL;
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	uint32_t cluster = ka_le16(e + 26) | (f->bits == 32 ? (uint32_t)ka_le16(e + 20) << 16 : 0);
	bool is_folder = e[11] & 0x10, is_long = *name->text && name->checksum == checksum_of(e);
	uint32_t size = ka_le32(e + 28);
	int r = 0;

	if (own[0] == '.')
		return 0; /* itself, and the one above */
	path = ka_format("%s/%s", folder, is_long ? name->text : own);
	if (!is_folder && ka_memdisk_keeps(f->disk, size))
		r = read_chain(f, cluster, size, &buf);
	if (r < 0)
		return r;
	if (!ka_memdisk_add(f->disk, path, is_folder,
			    size == 0	      ? (const uint8_t *)""
			    : buf.len == size ? (const uint8_t *)buf.text
					      : NULL,
			    size))
		return -EFBIG;
	return is_folder ? read_sub_folder(f, path, cluster, depth) : 0;
}

static int read_folder(struct fat *f, const char *path, const uint8_t *data, size_t n,
		       unsigned int depth)
{
	struct name name = { .text = "" };
	int r = 0;

	for (; n >= ENTRY && data[0] && r == 0; data += ENTRY, n -= ENTRY) {
		if (data[0] == 0xe5)
			continue;
		if ((data[11] & 0x3f) == 0x0f) {
			take_part(data, &name);
			continue;
		}
		if (!(data[11] & 0x08)) /* no label */
			r = read_entry(f, path, data, &name, depth);
		name.text[0] = '\0';
	}
	return r;
}

int ka_memdisk_read_fat(const uint8_t *data, size_t n, struct ka_memdisk *ret)
{
	struct fat f = { .data = data, .size = n, .disk = ret, .budget = 1u << 20 };

	if (read_boot_sector(&f) != 0)
		return 1;
	ret->ignores_case = true;
	if (f.bits == 32)
		return read_sub_folder(&f, "", f.root_cluster, 0);
	return read_folder(&f, "", data + f.root_at, f.root_size, 0);
}
