// SPDX-License-Identifier: GPL-2.0-or-later
/* A disk with a GPT (UEFI 5.3) and two partitions, whose file systems (13.4, 13.5) are folders of this host. */

#include "firmware.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define BLOCK  512u
#define BLOCKS 64u

/* --- file systems */

struct file {
	struct {
		uint64_t revision;
		void *calls[10];
	} protocol; /* first: the firmware's pointer is ours */
	char path[4096];
	bool is_folder;
	struct dirent **names; /* of a folder */
	int n_names, next;
	FILE *stream;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* The name of an entry of folder that differs from name in case alone. */
static bool find_name(char *folder, size_t size, const char *name)
{
	size_t len = strlen(folder);
	DIR *dir = opendir(folder);
	bool found = false;

	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		if (strcasecmp(e->d_name, name) == 0) {
			snprintf(folder + len, size - len, "/%s", e->d_name);
			found = true;
		}
	if (dir)
		closedir(dir);
	return found;
}

/* path by either slash, from folder on, in place. */
static bool walk(char *folder, size_t size, const char *path)
{
	char copy[4096], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *name = strtok_r(copy, "\\/", &save); name; name = strtok_r(NULL, "\\/", &save))
		if (strcmp(name, ".") != 0 && !find_name(folder, size, name))
			return false;
	return true;
}

bool file_exists(const char *folder, const char *path)
{
	char full[4096];

	snprintf(full, sizeof(full), "%s", folder);
	return walk(full, sizeof(full), path);
}

static struct file *file_new(const char *path);

static status_t EFIAPI file_open(struct file *f, struct file **ret, const uint16_t *name,
				 uint64_t mode, uint64_t attributes)
{
	char path[4096], text[2048];
	size_t n = 0;

	(void)attributes;
	if (mode >> 63)
		return FAULT(8); /* to create: write protected */
	for (; name[n] && n + 1 < sizeof(text); n++)
		text[n] = (char)name[n];
	text[n] = '\0';
	snprintf(path, sizeof(path), "%s", f->path);
	if (!walk(path, sizeof(path), text))
		return NOT_FOUND;
	*ret = file_new(path);
	return *ret ? OK : NOT_FOUND;
}

static status_t EFIAPI file_close(struct file *f)
{
	if (f->stream)
		fclose(f->stream);
	for (int i = 0; i < f->n_names; i++)
		free(f->names[i]);
	free(f->names);
	free(f);
	return OK;
}

/* EFI_FILE_INFO: sizes, times, attributes, the name. */
static status_t put_info(const char *path, uint64_t *size, void *buffer)
{
	const char *name = strrchr(path, '/') + 1;
	uint64_t need = 80 + 2 * (strlen(name) + 1), bytes, attributes;
	uint8_t *p = buffer;
	struct stat st;

	if (*size < need) {
		*size = need;
		return TOO_SMALL;
	}
	if (stat(path, &st) < 0)
		return NOT_FOUND;
	*size = need;
	bytes = S_ISDIR(st.st_mode) ? 0 : (uint64_t)st.st_size;
	attributes = S_ISDIR(st.st_mode) ? 0x10 : 0;
	memset(p, 0, need);
	memcpy(p, &need, 8);
	memcpy(p + 8, &bytes, 8);
	memcpy(p + 16, &bytes, 8);
	memcpy(p + 72, &attributes, 8);
	for (size_t i = 0; name[i]; i++)
		p[80 + 2 * i] = (uint8_t)name[i];
	return OK;
}

static status_t EFIAPI file_read(struct file *f, uint64_t *size, void *buffer)
{
	char path[4608];
	status_t r;

	if (!f->is_folder) {
		*size = fread(buffer, 1, *size, f->stream);
		return OK;
	}
	while (f->next < f->n_names && f->names[f->next]->d_name[0] == '.')
		f->next++;
	if (f->next == f->n_names) {
		*size = 0;
		return OK;
	}
	snprintf(path, sizeof(path), "%s/%s", f->path, f->names[f->next]->d_name);
	r = put_info(path, size, buffer);
	f->next += r == OK;
	return r;
}

static status_t EFIAPI file_get_position(struct file *f, uint64_t *ret)
{
	*ret = f->stream ? (uint64_t)ftell(f->stream) : 0;
	return OK;
}

static status_t EFIAPI file_set_position(struct file *f, uint64_t position)
{
	f->next = 0;
	if (f->stream)
		fseek(f->stream, (long)position, position == UINT64_MAX ? SEEK_END : SEEK_SET);
	return OK;
}

static status_t EFIAPI file_get_info(struct file *f, const guid_t *what, uint64_t *size,
				     void *buffer)
{
	return same_guid(what, &guid_file_info) ? put_info(f->path, size, buffer) : UNSUPPORTED;
}

/* Counting a boot renames a file. It keeps its name here, and is found by the new one as well. */
static char renamed[2][2048];

static status_t EFIAPI file_set_info(struct file *f, const guid_t *what, uint64_t size,
				     const uint8_t *info)
{
	(void)what;
	(void)size; /* of the old name's structure; the new one ends with a NUL */
	snprintf(renamed[0], sizeof(renamed[0]), "%s", strrchr(f->path, '/') + 1);
	memset(renamed[1], 0, sizeof(renamed[1]));
	for (size_t i = 0; info[80 + 2 * i] && i + 1 < sizeof(renamed[1]); i++)
		renamed[1][i] = (char)info[80 + 2 * i];
	return OK;
}

static void undo_rename(char *path, size_t size)
{
	char *name = strrchr(path, '/');

	if (name && renamed[1][0] && strcmp(name + 1, renamed[1]) == 0)
		snprintf(name + 1, size - (size_t)(name + 1 - path), "%s", renamed[0]);
}

static status_t EFIAPI file_nothing(void)
{
	return OK;
}

static struct file *file_new(const char *path)
{
	struct file *f = must(calloc(1, sizeof(*f)));
	void *calls[] = { (void *)file_open,	     (void *)file_close,
			  (void *)file_nothing,	     (void *)file_read,
			  (void *)file_nothing,	     (void *)file_get_position,
			  (void *)file_set_position, (void *)file_get_info,
			  (void *)file_set_info,     (void *)file_nothing };
	struct stat st;

	f->protocol.revision = 0x10000;
	memcpy(f->protocol.calls, calls, sizeof(calls));
	snprintf(f->path, sizeof(f->path), "%s", path);
	if (stat(path, &st) < 0)
		abort();
	f->is_folder = S_ISDIR(st.st_mode);
	if (f->is_folder)
		f->n_names = scandir(path, &f->names, NULL, alphasort);
	else
		f->stream = must(fopen(path, "re"));
	return f;
}

struct file_system {
	uint64_t revision;
	status_t(EFIAPI *open_volume)(struct file_system *fs, struct file **ret);
	char folder[4096];
};

static status_t EFIAPI open_volume(struct file_system *fs, struct file **ret)
{
	*ret = file_new(fs->folder);
	return OK;
}

void *file_system_new(const char *folder)
{
	struct file_system *fs = must(calloc(1, sizeof(*fs)));

	fs->revision = 0x10000;
	fs->open_volume = open_volume;
	snprintf(fs->folder, sizeof(fs->folder), "%s", folder);
	return fs;
}

/* --- the disk */

static uint8_t disk[BLOCKS * BLOCK];

static const uint8_t type_esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				      0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b },
		     type_xbootldr[16] = { 0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
					   0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72 };

static uint32_t crc32(const uint8_t *data, size_t n)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < n; i++) {
		crc ^= data[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void put(uint8_t *p, uint64_t value, size_t n)
{
	memcpy(p, &value, n);
}

static void put_partition(uint8_t *entry, const uint8_t *type, uint8_t number)
{
	memcpy(entry, type, 16);
	memset(entry + 16, 0x10 + number, 16);
	put(entry + 32, number * 10u, 8);
	put(entry + 40, number * 10u + 9, 8);
}

static void make_gpt(bool has_xbootldr)
{
	uint8_t *header = disk + BLOCK, *entries = disk + 2 * BLOCK;

	put_partition(entries, type_esp, 1);
	if (has_xbootldr)
		put_partition(entries + 128, type_xbootldr, 2);
	memcpy(header, "EFI PART", 8);
	put(header + 8, 0x10000, 4);
	put(header + 12, 92, 4);
	put(header + 24, 1, 8);
	put(header + 32, BLOCKS - 1, 8);
	put(header + 72, 2, 8);
	put(header + 80, 4, 4);
	put(header + 84, 128, 4);
	put(header + 88, crc32(entries, BLOCK), 4);
	put(header + 16, crc32(header, 92), 4);
}

struct block_io {
	uint64_t revision;
	void *media;
	void *reset;
	status_t(EFIAPI *read)(struct block_io *io, uint32_t media, uint64_t block, uint64_t size,
			       void *buffer);
	void *write, *flush;
};

static status_t EFIAPI read_blocks(struct block_io *io, uint32_t media, uint64_t block,
				   uint64_t size, void *buffer)
{
	(void)io;
	(void)media;
	if (block >= BLOCKS || size > (BLOCKS - block) * BLOCK)
		return INVALID;
	memcpy(buffer, disk + block * BLOCK, size);
	return OK;
}

static status_t EFIAPI read_disk(void *self, uint32_t media, uint64_t offset, uint64_t size,
				 void *buffer)
{
	(void)self;
	(void)media;
	if (offset >= sizeof(disk) || size > sizeof(disk) - offset)
		return INVALID;
	memcpy(buffer, disk + offset, size);
	return OK;
}

static struct {
	uint64_t revision;
	void *read, *write;
} disk_io = { 0x10000, (void *)read_disk, NULL };

static void *block_io_new(bool is_partition)
{
	static struct {
		uint32_t id;
		bool removable, present, partition, read_only, caching;
		uint32_t block_size, align;
		uint64_t last;
	} media[2];
	struct block_io *io = must(calloc(1, sizeof(*io)));

	media[is_partition].present = true;
	media[is_partition].partition = is_partition;
	media[is_partition].block_size = BLOCK;
	media[is_partition].last = BLOCKS - 1;
	io->revision = 0x10000;
	io->media = &media[is_partition];
	io->read = read_blocks;
	return io;
}

static struct node *partition_path(const struct node *parent, uint8_t number)
{
	uint8_t data[38] = { 0 };

	put(data, number, 4);
	put(data + 4, number * 10u, 8);
	put(data + 12, 10, 8);
	memset(data + 20, 0x10 + number, 16);
	data[36] = 2; /* a GPT */
	data[37] = 2; /* a GUID */
	return path_append(parent, NODE_MEDIA, MEDIA_HARD_DRIVE, data, sizeof(data));
}

static const char *folders[2];

static struct handle *partition_new(const struct node *parent, uint8_t number, const char *folder)
{
	struct handle *handle = handle_new();

	folders[number - 1] = folder;
	handle_add(handle, &guid_device_path, partition_path(parent, number));
	handle_add(handle, &guid_block_io, block_io_new(true));
	handle_add(handle, &guid_file_system, file_system_new(folder));
	return handle;
}

struct handle *disk_new(const char *esp, const char *xbootldr)
{
	static const uint8_t sata[6] = { 0, 0, 0xff, 0xff, 0, 0 };
	struct node *path = path_append(NULL, 3, 18, sata, sizeof(sata));
	struct handle *handle = handle_new(), *partition;

	make_gpt(xbootldr);
	handle_add(handle, &guid_device_path, path);
	handle_add(handle, &guid_block_io, block_io_new(false));
	handle_add(handle, &guid_disk_io, &disk_io);
	partition = partition_new(path, 1, esp);
	if (xbootldr)
		partition_new(path, 2, xbootldr);
	return partition;
}

bool disk_find(const struct node *path, const char **ret_partition, char *ret, size_t size)
{
	static const char *const names[] = { "esp", "boot" };
	size_t number = 0, len = 0;

	ret[0] = '\0';
	for (const struct node *n = path; n->type != NODE_END; n = node_next(n)) {
		const uint8_t *data = (const uint8_t *)(n + 1);
		size_t bytes = (size_t)(n->length[0] | n->length[1] << 8) - sizeof(*n);

		if (n->type != NODE_MEDIA)
			continue;
		if (n->subtype == MEDIA_HARD_DRIVE)
			number = data[0];
		for (size_t i = 0; n->subtype == MEDIA_FILE_PATH && i + 1 < bytes && data[i];
		     i += 2)
			if (len + 1 < size)
				ret[len++] = data[i] == '\\' ? '/' : (char)data[i];
		ret[len] = '\0';
	}
	undo_rename(ret, size);
	if (number < 1 || number > 2 || !folders[number - 1])
		return false;
	*ret_partition = names[number - 1];
	return file_exists(folders[number - 1], ret);
}
