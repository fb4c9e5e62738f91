// SPDX-License-Identifier: GPL-2.0-or-later
/* A GRUB program's memdisk: its files by their names. */

#include "image/memdisk.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

bool ka_memdisk_keeps(const struct ka_memdisk *disk, uint64_t len)
{
	return len <= KA_MEMDISK_CONTENT_LIMIT && len <= KA_MEMDISK_KEPT_LIMIT - disk->kept;
}

bool ka_memdisk_add(struct ka_memdisk *disk, const char *name, bool is_folder, const uint8_t *data,
		    size_t len)
{
	struct ka_memdisk_file *file;
	size_t n = disk->n_files;

	if (n >= KA_MEMDISK_FILES_LIMIT)
		return false;
	if ((n & (n - 1)) == 0)
		disk->files = ka_reallocarray(disk->files, n ? n * 2 : 1, sizeof(*disk->files));
	file = &disk->files[disk->n_files++];
	*file = (struct ka_memdisk_file){ .name = ka_strdup(name), .is_folder = is_folder };
	if (is_folder || !data || !ka_memdisk_keeps(disk, len))
		return true;
	file->data = ka_malloc(len + 1);
	memcpy(file->data, data, len);
	file->data[len] = '\0';
	file->len = len;
	disk->kept += len;
	return true;
}

struct ka_memdisk *ka_memdisk_free(struct ka_memdisk *disk)
{
	for (size_t i = 0; disk && i < disk->n_files; i++) {
		free(disk->files[i].name);
		free(disk->files[i].data);
	}
	if (disk)
		free(disk->files);
	free(disk);
	return NULL;
}

/* --- names */

/* Slashes count once, and at the end not at all. */
static bool next_part(const char **path, size_t *ret_len)
{
	*path += strspn(*path, "/");
	*ret_len = strcspn(*path, "/");
	return *ret_len > 0;
}

/* 0: other names; 1: the same; 2: name is below path. */
static int compare(const struct ka_memdisk *disk, const char *path, const char *name)
{
	for (;;) {
		size_t n, m;
		bool more = next_part(&path, &n), there = next_part(&name, &m);

		if (!more)
			return there ? 2 : 1;
		if (!there || n != m ||
		    (disk->ignores_case ? ka_ncasecmp(path, name, n) : strncmp(path, name, n)) != 0)
			return 0;
		path += n;
		name += m;
	}
}

/* Of two files of one name in an archive, GRUB finds the first. */
static const struct ka_memdisk_file *find(const struct ka_memdisk *disk, const char *path,
					  bool *ret_above)
{
	for (size_t i = 0; i < disk->n_files; i++) {
		int r = compare(disk, path, disk->files[i].name);

		if (r == 1)
			return &disk->files[i];
		*ret_above |= r == 2;
	}
	return NULL;
}

enum ka_memdisk_type ka_memdisk_look(const struct ka_memdisk *disk, const char *path)
{
	size_t n = strlen(path);
	bool above = false;
	const struct ka_memdisk_file *file = find(disk, path, &above);

	if (file && !file->is_folder && n > 0 && path[n - 1] == '/')
		return KA_MEMDISK_NOTHING;
	if (file)
		return file->is_folder ? KA_MEMDISK_FOLDER : KA_MEMDISK_FILE;
	return above || !path[strspn(path, "/")] ? KA_MEMDISK_FOLDER : KA_MEMDISK_NOTHING;
}

int ka_memdisk_read(const struct ka_memdisk *disk, const char *path, char **ret, size_t *ret_len)
{
	bool above = false;
	const struct ka_memdisk_file *file = find(disk, path, &above);

	if (!file)
		return above ? -EISDIR : -ENOENT;
	if (file->is_folder)
		return -EISDIR;
	if (!file->data)
		return -EFBIG;
	*ret = ka_memdup(file->data, file->len + 1);
	if (ret_len)
		*ret_len = file->len;
	return 0;
}

/* --- a tar archive: "ustar" and GNU's long names (fs/tar.c of GRUB) */

#define TAR_BLOCK 512u

static bool read_octal(const uint8_t *p, size_t n, uint64_t *ret)
{
	uint64_t value = 0;

	while (n > 0 && *p == ' ') {
		p++;
		n--;
	}
	for (; n > 0 && *p >= '0' && *p <= '7'; p++, n--)
		value = value << 3 | (uint64_t)(*p - '0');
	*ret = value;
	return n == 0 || *p == '\0' || *p == ' ';
}

/* "prefix/name" of the header; or the long name that came before it. */
static char *tar_name(const uint8_t *h, char **longer)
{
	if (*longer)
		return TAKE_PTR(*longer);
	if (h[345])
		return ka_format("/%.155s/%.100s", (const char *)h + 345, (const char *)h);
	return ka_format("/%.100s", (const char *)h);
}

static int add_member(const uint8_t *h, const uint8_t *data, size_t len, char **longer,
		      struct ka_memdisk *ret)
{
	_cleanup_free_ char *name = NULL;
	const char type = (char)h[156];

	if (type == 'L') {
		free(*longer);
		*longer = ka_format("/%.*s", (int)(len < 4096 ? len : 4096), (const char *)data);
		return 0;
	}
	if (type == 'K') /* the long target of a link */
		return 0;
	name = tar_name(h, longer);
	/* "./grub.cfg": GRUB takes such a name as it stands, but for this. */
	if (name[1] == '.' && name[2] == '/')
		memmove(name, name + 2, strlen(name + 2) + 1);
	return ka_memdisk_add(ret, name, type == '5', type == '0' || type == '\0' ? data : NULL,
			      len)
		       ? 0
		       : -EFBIG;
}

int ka_memdisk_read_tar(const uint8_t *data, size_t n, struct ka_memdisk *ret)
{
	_cleanup_free_ char *longer = NULL;
	int r = 0;

	if (n < TAR_BLOCK || memcmp(data + 257, "ustar", 5) != 0)
		return 1;
	for (size_t at = 0; n - at >= TAR_BLOCK && r == 0;) {
		const uint8_t *h = data + at;
		uint64_t size;

		at += TAR_BLOCK;
		if (!h[0] && !h[345])
			return 0;
		if (memcmp(h + 257, "ustar", 5) != 0 || !read_octal(h + 124, 12, &size) ||
		    size > n - at)
			return -EBADMSG;
		r = add_member(h, data + at, (size_t)size, &longer, ret);
		size = (size + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
		at = size > n - at ? n : at + (size_t)size;
	}
	return r;
}

/* --- all formats */

static int read_image(const struct ka_reader *reader, struct ka_memdisk *ret)
{
	_cleanup_free_ uint8_t *data = NULL;
	int r;

	if (reader->size > KA_MEMDISK_LIMIT)
		return -EFBIG;
	r = ka_memdisk_read_squashfs(reader, ret);
	if (r <= 0)
		return r;
	data = ka_malloc((size_t)reader->size + 1);
	r = ka_read_at(reader, 0, data, (size_t)reader->size);
	if (r < 0)
		return r;
	r = ka_memdisk_read_tar(data, (size_t)reader->size, ret);
	if (r > 0)
		r = ka_memdisk_read_fat(data, (size_t)reader->size, ret);
	return r > 0 ? -EOPNOTSUPP : r;
}

int ka_memdisk_parse(const struct ka_reader *reader, struct ka_memdisk **ret)
{
	struct ka_memdisk *disk = ka_calloc(1, sizeof(*disk));
	int r = read_image(reader, disk);

	if (r < 0)
		disk = ka_memdisk_free(disk);
	*ret = disk;
	return r == -ENODATA ? -EBADMSG : r;
}

int ka_memdisk_open(struct ka_host *host, const char *path, const struct ka_program *program,
		    struct ka_memdisk **ret)
{
	_cleanup_close_ int fd = -1;
	struct ka_reader reader;
	int r;

	*ret = NULL;
	r = ka_host_open(host, path, &fd, NULL);
	if (r < 0)
		return r;
	reader = (struct ka_reader){ fd, program->memdisk_at, program->memdisk_size };
	return ka_memdisk_parse(&reader, ret);
}
