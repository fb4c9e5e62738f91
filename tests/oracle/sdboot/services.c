// SPDX-License-Identifier: GPL-2.0-or-later
/* Boot and runtime services (UEFI 7 and 8), handles, variables, the console: those that systemd-boot calls. */

#include "firmware.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define GUID(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

const guid_t guid_loaded_image = { 0x5b1b31a1, 0x9562, 0x11d2,
				   GUID(0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b) },
	     guid_file_system = { 0x964e5b22, 0x6459, 0x11d2,
				  GUID(0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b) },
	     guid_device_path = { 0x09576e91, 0x6d3f, 0x11d2,
				  GUID(0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b) },
	     guid_block_io = { 0x964e5b21, 0x6459, 0x11d2,
			       GUID(0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b) },
	     guid_disk_io = { 0xce345171, 0xba0b, 0x11d2,
			      GUID(0x8e, 0x4f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b) },
	     guid_load_file2 = { 0x4006c0c1, 0xfcb3, 0x403e,
				 GUID(0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d) },
	     guid_collation = { 0x1d85cd7f, 0xf43d, 0x11d2,
				GUID(0x9a, 0x0c, 0, 0x90, 0x27, 0x3f, 0xc1, 0x4d) },
	     guid_file_info = { 0x09576e92, 0x6d3f, 0x11d2,
				GUID(0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b) };

bool same_guid(const guid_t *a, const guid_t *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* --- device paths */

const struct node *node_next(const struct node *node)
{
	return (const struct node *)((const uint8_t *)node +
				     (node->length[0] | node->length[1] << 8));
}

size_t path_size(const struct node *path)
{
	const struct node *n = path;

	while (n->type != NODE_END)
		n = node_next(n);
	return (size_t)((const uint8_t *)n - (const uint8_t *)path) + sizeof(*n);
}

struct node *path_append(const struct node *prefix, uint8_t type, uint8_t subtype, const void *data,
			 size_t n)
{
	size_t before = prefix ? path_size(prefix) - sizeof(struct node) : 0;
	uint8_t *path = must(calloc(1, before + 2 * sizeof(struct node) + n));
	struct node *node = (struct node *)(path + before), *end;
	size_t length = sizeof(*node) + n;

	if (prefix)
		memcpy(path, prefix, before);
	*node = (struct node){ type, subtype, { (uint8_t)length, (uint8_t)(length >> 8) } };
	memcpy(node + 1, data, n);
	end = (struct node *)(path + before + length);
	*end = (struct node){ NODE_END, 0xff, { sizeof(*end), 0 } };
	return (struct node *)path;
}

/* --- handles */

struct handle {
	struct {
		guid_t guid;
		void *interface;
	} items[16];
	size_t n;
};

static struct handle *handles[64];
static size_t n_handles;

struct handle *handle_new(void)
{
	if (n_handles == 64)
		abort();
	return handles[n_handles++] = must(calloc(1, sizeof(struct handle)));
}

void handle_add(struct handle *handle, const guid_t *guid, void *interface)
{
	if (handle->n == 16)
		abort();
	handle->items[handle->n].guid = *guid;
	handle->items[handle->n++].interface = interface;
}

void *handle_find(const struct handle *handle, const guid_t *guid)
{
	for (size_t i = 0; i < handle->n; i++)
		if (same_guid(&handle->items[i].guid, guid))
			return handle->items[i].interface;
	return NULL;
}

static status_t EFIAPI handle_protocol(struct handle *handle, const guid_t *guid, void **ret)
{
	*ret = handle ? handle_find(handle, guid) : NULL;
	return *ret ? OK : UNSUPPORTED;
}

static status_t EFIAPI open_protocol(struct handle *handle, const guid_t *guid, void **ret,
				     void *agent, void *controller, uint32_t attributes)
{
	(void)agent;
	(void)controller;
	(void)attributes;
	return handle_protocol(handle, guid, ret);
}

static status_t EFIAPI locate_protocol(const guid_t *guid, void *registration, void **ret)
{
	(void)registration;
	for (size_t i = 0; i < n_handles; i++)
		if (handle_protocol(handles[i], guid, ret) == OK)
			return OK;
	return NOT_FOUND;
}

static size_t locate(const guid_t *guid, struct handle **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < n_handles; i++)
		if (handle_find(handles[i], guid))
			ret[n++] = handles[i];
	return n;
}

static status_t EFIAPI locate_handle(int type, const guid_t *guid, void *key, uint64_t *size,
				     void *ret)
{
	struct handle *found[64];
	size_t n = locate(guid, found);

	(void)type;
	(void)key;
	if (n == 0)
		return NOT_FOUND;
	if (*size < n * sizeof(void *)) {
		*size = n * sizeof(void *);
		return TOO_SMALL;
	}
	*size = n * sizeof(void *);
	memcpy(ret, found, *size);
	return OK;
}

static status_t EFIAPI locate_handle_buffer(int type, const guid_t *guid, void *key,
					    uint64_t *ret_n, void **ret)
{
	struct handle *found[64];

	(void)type;
	(void)key;
	*ret_n = locate(guid, found);
	if (*ret_n == 0)
		return NOT_FOUND;
	*ret = must(malloc(sizeof(found)));
	memcpy(*ret, found, sizeof(found));
	return OK;
}

/* The handle whose path is the longest beginning of the one asked for. */
static status_t EFIAPI locate_device_path(const guid_t *guid, const struct node **path,
					  struct handle **ret)
{
	size_t size = path_size(*path), best = 0;

	for (size_t i = 0; i < n_handles; i++) {
		const struct node *own = handle_find(handles[i], &guid_device_path);
		size_t n = own ? path_size(own) - sizeof(*own) : 0;

		if (n <= best || !handle_find(handles[i], guid) || n > size ||
		    memcmp(own, *path, n) != 0)
			continue;
		best = n;
		*ret = handles[i];
	}
	*path = (const struct node *)((const uint8_t *)*path + best);
	return best ? OK : NOT_FOUND;
}

static status_t EFIAPI install_protocols(struct handle **handle, ...)
{
	__builtin_ms_va_list list;
	const guid_t *guid;

	if (!*handle)
		*handle = handle_new();
	__builtin_ms_va_start(list, handle);
	while ((guid = __builtin_va_arg(list, const guid_t *)))
		handle_add(*handle, guid, __builtin_va_arg(list, void *));
	__builtin_ms_va_end(list);
	return OK;
}

/* --- memory */

static status_t EFIAPI allocate_pool(int type, uint64_t size, void **ret)
{
	(void)type;
	*ret = must(calloc(1, size + 1));
	return OK;
}

static status_t EFIAPI free_pool(void *p)
{
	free(p);
	return OK;
}

static status_t EFIAPI allocate_pages(int how, int type, uint64_t n, uint64_t *address)
{
	void *p = mmap(NULL, n * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	(void)how;
	(void)type;
	*address = (uint64_t)(uintptr_t)p;
	return p == MAP_FAILED ? FAULT(9) : OK;
}

static void EFIAPI copy_mem(void *to, const void *from, uint64_t n)
{
	memmove(to, from, n);
}

static void EFIAPI set_mem(void *to, uint64_t n, uint8_t value)
{
	memset(to, value, n);
}

static status_t EFIAPI calculate_crc32(const uint8_t *data, uint64_t n, uint32_t *ret)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < n; i++) {
		crc ^= data[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	*ret = ~crc;
	return OK;
}

static status_t EFIAPI stall(uint64_t microseconds)
{
	/* An hour of the firmware's messages is a moment here; the clock is measured with less. */
	struct timespec t = { 0, microseconds > 10000 ? 0 : (long)microseconds * 1000 };

	nanosleep(&t, NULL);
	return OK;
}

static status_t EFIAPI nothing(void)
{
	return OK;
}

static status_t EFIAPI unsupported(void)
{
	return UNSUPPORTED;
}

static status_t EFIAPI not_ready(void)
{
	return NOT_READY;
}

/* --- variables */

static struct variable {
	uint16_t name[128];
	char text[128];
	uint8_t *data;
	uint64_t size;
} variables[128];

static struct variable *variable_find(const uint16_t *name)
{
	for (size_t i = 0; i < 128; i++) {
		size_t k = 0;

		while (name[k] && variables[i].name[k] == name[k])
			k++;
		if (variables[i].name[0] && variables[i].name[k] == name[k])
			return &variables[i];
	}
	return NULL;
}

static status_t EFIAPI get_variable(const uint16_t *name, const guid_t *guid, uint32_t *attributes,
				    uint64_t *size, void *data)
{
	const struct variable *v = variable_find(name);
	uint64_t room = *size;

	(void)guid;
	if (!v || !v->data)
		return NOT_FOUND;
	if (attributes)
		*attributes = 7;
	*size = v->size;
	if (room < v->size)
		return TOO_SMALL;
	memcpy(data, v->data, v->size);
	return OK;
}

static status_t EFIAPI set_variable(const uint16_t *name, const guid_t *guid, uint32_t attributes,
				    uint64_t size, const void *data)
{
	struct variable *v = variable_find(name);

	(void)guid;
	(void)attributes;
	for (size_t i = 0; !v && i < 128; i++)
		if (!variables[i].name[0])
			v = &variables[i];
	if (!v)
		abort();
	for (size_t i = 0; i < 127 && name[i]; i++) {
		v->name[i] = name[i];
		v->text[i] = (char)name[i];
	}
	free(v->data);
	v->data = NULL;
	v->size = size;
	if (size > 0)
		v->data = memcpy(must(malloc(size)), data, size);
	return OK;
}

void variable_set(const char *name, const char *value)
{
	uint16_t wide[128] = { 0 }, text[256] = { 0 };

	for (size_t i = 0; i < 127 && name[i]; i++)
		wide[i] = (uint16_t)name[i];
	for (size_t i = 0; i < 255 && value[i]; i++)
		text[i] = (uint16_t)value[i];
	set_variable(wide, NULL, 7, 2 * (strlen(value) + 1), text);
}

static void print_variables(void)
{
	for (size_t i = 0; i < 128; i++) {
		const struct variable *v = &variables[i];

		if (v->name[0] && !v->data)
			printf("deleted %s\n", v->text);
		if (v->data && strcmp(v->text, "LoaderEntrySelected") == 0) {
			printf("selected ");
			print_text((uint16_t *)v->data, v->size / 2);
		}
	}
}

/* --- starting programs */

void print_text(const uint16_t *text, size_t n)
{
	for (size_t i = 0; i < n && text[i]; i++)
		if (text[i] == '\\')
			printf("\\\\");
		else if (text[i] < ' ' || text[i] > '~')
			printf("\\x%02x", text[i]);
		else
			putchar(text[i]);
	putchar('\n');
}

struct load_file2 {
	status_t(EFIAPI *load)(struct load_file2 *self, const struct node *path, bool boot,
			       uint64_t *size, void *buffer);
};

static void print_initrd(void)
{
	struct load_file2 *file;
	struct node end = { NODE_END, 0xff, { sizeof(end), 0 } };
	uint64_t size = 0;
	char *data;

	if (locate_protocol(&guid_load_file2, NULL, (void **)&file) != OK ||
	    file->load(file, &end, false, &size, NULL) != TOO_SMALL)
		return;
	data = must(malloc(size + 1));
	if (file->load(file, &end, false, &size, data) != OK)
		return;
	printf("initrd %llu ", (unsigned long long)size);
	for (uint64_t i = 0; i < size && i < 256; i++)
		if (isgraph((unsigned char)data[i]) && data[i] != '\\')
			putchar(data[i]);
		else
			printf("\\x%02x", (unsigned char)data[i]);
	putchar('\n');
	free(data);
}

static status_t EFIAPI load_image(bool by_boot, void *parent, const struct node *path, void *source,
				  uint64_t size, struct handle **ret)
{
	struct loaded_image *image = must(calloc(1, sizeof(*image)));
	const char *partition;
	char name[2048];

	(void)by_boot;
	(void)parent;
	(void)source;
	(void)size;
	if (!path || !disk_find(path, &partition, name, sizeof(name)))
		return NOT_FOUND;
	image->revision = 0x1000;
	image->path = memcpy(must(malloc(path_size(path))), path, path_size(path));
	*ret = handle_new();
	handle_add(*ret, &guid_loaded_image, image);
	return OK;
}

/* The end: it is known what boots. */
static status_t EFIAPI start_image(struct handle *handle, uint64_t *size, uint16_t **data)
{
	const struct loaded_image *image = handle_find(handle, &guid_loaded_image);
	const char *partition;
	char name[2048];

	(void)size;
	(void)data;
	if (!image || !disk_find(image->path, &partition, name, sizeof(name)))
		return INVALID;
	printf("start %s:%s\n", partition, name);
	if (image->options_size > 0) {
		printf("options ");
		print_text(image->options, image->options_size / 2);
	}
	print_initrd();
	print_variables();
	exit(0);
}

static void EFIAPI reset_system(int type)
{
	printf("reset %d\n", type);
	exit(0);
}

/* --- the console and UNICODE_COLLATION (18.1) */

static status_t EFIAPI output_string(void *self, const uint16_t *text)
{
	(void)self;
	for (; *text; text++)
		if (*text != '\r')
			fputc(*text < 0x7f ? *text : '?', stderr);
	return OK;
}

static uint16_t lower(uint16_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int64_t EFIAPI stri_coll(void *self, const uint16_t *a, const uint16_t *b)
{
	(void)self;
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) - lower(*b);
}

static bool matches(const uint16_t *text, const uint16_t *pattern)
{
	bool found = false;

	if (*pattern == '*')
		return matches(text, pattern + 1) || (*text && matches(text + 1, pattern));
	if (!*pattern || !*text)
		return !*pattern && !*text;
	if (*pattern != '[')
		return (*pattern == '?' || lower(*pattern) == lower(*text)) &&
		       matches(text + 1, pattern + 1);
	for (pattern++; *pattern && *pattern != ']'; pattern++) {
		uint16_t first = lower(*pattern), last = first;

		if (pattern[1] == '-' && pattern[2] && pattern[2] != ']') {
			last = lower(pattern[2]);
			pattern += 2;
		}
		found |= first <= lower(*text) && lower(*text) <= last;
	}
	return *pattern && found && matches(text + 1, pattern + 1);
}

static uint8_t EFIAPI metai_match(void *self, const uint16_t *text, const uint16_t *pattern)
{
	(void)self;
	return matches(text, pattern);
}

static void EFIAPI str_lwr(void *self, uint16_t *text)
{
	(void)self;
	for (; *text; text++)
		*text = lower(*text);
}

/* --- the tables (4) */

struct table {
	uint64_t signature;
	uint32_t revision, size, crc, reserved;
	void *calls[64];
};

struct system_table {
	uint64_t signature;
	uint32_t revision, size, crc, reserved;
	const uint16_t *vendor;
	uint32_t vendor_revision, pad;
	void *in_handle, *in, *out_handle, *out, *error_handle, *error;
	struct table *runtime, *boot;
	uint64_t n_tables;
	void *tables;
};

static struct table boot, runtime;

static void fill_tables(void)
{
	void *const own[][2] = {
		{ (void *)2, (void *)allocate_pages },
		{ (void *)5, (void *)allocate_pool },
		{ (void *)6, (void *)free_pool },
		{ (void *)12, (void *)not_ready },
		{ (void *)16, (void *)handle_protocol },
		{ (void *)19, (void *)locate_handle },
		{ (void *)20, (void *)locate_device_path },
		{ (void *)22, (void *)load_image },
		{ (void *)23, (void *)start_image },
		{ (void *)28, (void *)stall },
		{ (void *)32, (void *)open_protocol },
		{ (void *)36, (void *)locate_handle_buffer },
		{ (void *)37, (void *)locate_protocol },
		{ (void *)38, (void *)install_protocols },
		{ (void *)40, (void *)calculate_crc32 },
		{ (void *)41, (void *)copy_mem },
		{ (void *)42, (void *)set_mem },
	};

	for (size_t i = 0; i < 64; i++)
		boot.calls[i] = runtime.calls[i] = (void *)unsupported;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		boot.calls[(uintptr_t)own[i][0]] = own[i][1];
	/* FreePages, events, UnloadImage, SetWatchdogTimer, CloseProtocol, taking protocols away. */
	for (size_t i = 0; i < 8; i++)
		boot.calls[((const uint8_t[]){ 3, 7, 8, 11, 25, 29, 33, 39 })[i]] = (void *)nothing;
	boot.revision = runtime.revision = 0x20046;
	runtime.calls[6] = (void *)get_variable;
	runtime.calls[8] = (void *)set_variable;
	runtime.calls[10] = (void *)reset_system;
}

struct system_table *system_table_new(void)
{
	static const uint16_t vendor[] = { 'n', 'o', 'n', 'e', 0 },
			      lang[] = { 'L', 'a', 'n', 'g', 0 };
	static int32_t mode[6] = { 1 };
	static void *in[] = { (void *)nothing, (void *)not_ready, NULL };
	static void *out[] = { (void *)nothing, (void *)output_string,
			       (void *)nothing, (void *)unsupported,
			       (void *)nothing, (void *)nothing,
			       (void *)nothing, (void *)nothing,
			       (void *)nothing, mode };
	static void *collation[] = { (void *)stri_coll,
				     (void *)metai_match,
				     (void *)str_lwr,
				     (void *)nothing,
				     (void *)nothing,
				     (void *)nothing,
				     "eng" };
	static struct system_table table = { .revision = 0x20046, .vendor = vendor };

	fill_tables();
	/* By which old libraries choose the collation. */
	set_variable(lang, NULL, 7, 4, "eng");
	handle_add(handle_new(), &guid_collation, collation);
	table.in_handle = table.out_handle = table.error_handle = handle_new();
	table.in = in;
	table.out = table.error = out;
	table.boot = &boot;
	table.runtime = &runtime;
	return &table;
}
