/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* As much of UEFI as systemd-boot asks for (UEFI 2.10, numbers of its chapters), inside of a process. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EFIAPI __attribute__((ms_abi))

typedef uint64_t status_t;
typedef struct {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
} guid_t;

#define FAULT(n)    ((status_t)(n) | 1ull << 63)
#define OK	    0
#define INVALID	    FAULT(2)
#define UNSUPPORTED FAULT(3)
#define TOO_SMALL   FAULT(5)
#define NOT_READY   FAULT(6)
#define NOT_FOUND   FAULT(14)

/* Protocols (7.3). */
extern const guid_t guid_loaded_image, guid_file_system, guid_device_path, guid_block_io,
	guid_disk_io, guid_load_file2, guid_collation, guid_file_info;

bool same_guid(const guid_t *a, const guid_t *b);

struct handle;
struct handle *handle_new(void);
void handle_add(struct handle *handle, const guid_t *guid, void *interface);
/* NULL: it has none. */
void *handle_find(const struct handle *handle, const guid_t *guid);

/* Device paths (10): nodes of type, subtype, length. */
struct node {
	uint8_t type, subtype, length[2];
};

#define NODE_MEDIA	 4
#define NODE_END	 0x7f
#define MEDIA_HARD_DRIVE 1
#define MEDIA_FILE_PATH	 4

/* Behind node. */
const struct node *node_next(const struct node *node);
size_t path_size(const struct node *path);
/* A path of prefix and a node of that content. */
struct node *path_append(const struct node *prefix, uint8_t type, uint8_t subtype, const void *data,
			 size_t n);

/* EFI_LOADED_IMAGE_PROTOCOL (9.1). */
struct loaded_image {
	uint32_t revision, pad;
	void *parent, *system_table, *device;
	struct node *path;
	void *reserved;
	uint32_t options_size, pad2;
	uint16_t *options;
	void *base;
	uint64_t size;
	uint32_t code_type, data_type;
	void *unload;
};

/* disk.c: the ESP and, unless its folder is NULL, an XBOOTLDR partition on a disk with a GPT. */
struct handle *disk_new(const char *esp, const char *xbootldr);
/* Whose file a device path names: "esp" or "boot", and the path there. False: it is none that exists. */
bool disk_find(const struct node *path, const char **ret_partition, char *ret, size_t size);
/* A file system over a folder of this host; names in any case. */
void *file_system_new(const char *folder);
bool file_exists(const char *folder, const char *path);

/* services.c: the tables; program starts and runs. */
struct system_table *system_table_new(void);
void variable_set(const char *name, const char *value);
/* UTF-16 to UTF-8 on standard output, control characters as \xNN. */
void print_text(const uint16_t *text, size_t n);

/* load.c: a PE file (PE32+) in memory, relocated; its entry point. */
typedef status_t(EFIAPI *entry_fn)(struct handle *image, struct system_table *table);
entry_fn pe_load(const char *file);
