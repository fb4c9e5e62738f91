// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Usage: run-sdboot PROGRAM ESP XBOOTLDR [VARIABLE=VALUE...]
 *
 * Runs the real systemd-bootx64.efi in a process, over an imitation of the firmware, on folders in the place
 * of partitions (XBOOTLDR "-": there is none), and prints what it starts:
 *
 *   start esp:/vmlinuz      the program; "nothing" when it ends without one
 *   options TEXT            LoadOptions
 *   initrd SIZE TEXT        what it hands over by LoadFile2, as far as it is short
 *   selected ID             LoaderEntrySelected
 *   deleted NAME            variables that are gone
 *
 * Only x86-64. MetaiMatch() of the firmware is this program's own.
 */

#define _GNU_SOURCE
#include "firmware.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

static uint32_t u32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static uint16_t u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint8_t *read_file(const char *path, size_t *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
		fprintf(stderr, "run-sdboot: cannot read '%s'\n", path);
		exit(2);
	}
	data = malloc((size_t)st.st_size);
	if (!data || read(fd, data, (size_t)st.st_size) != st.st_size)
		exit(2);
	close(fd);
	*ret = (size_t)st.st_size;
	return data;
}

/* IMAGE_REL_BASED_DIR64 alone is in use. */
static void relocate(uint8_t *image, uint32_t table, uint32_t size, uint64_t delta)
{
	for (uint32_t at = table; at + 8 <= table + size && u32(image + at + 4) >= 8;
	     at += u32(image + at + 4))
		for (uint32_t i = 8; i < u32(image + at + 4); i += 2) {
			uint16_t entry = u16(image + at + i);
			uint64_t value;
			uint8_t *p = image + u32(image + at) + (entry & 0xfff);

			if (entry >> 12 != 10)
				continue;
			memcpy(&value, p, sizeof(value));
			value += delta;
			memcpy(p, &value, sizeof(value));
		}
}

entry_fn pe_load(const char *file)
{
	size_t n;
	uint8_t *data = read_file(file, &n), *pe = data + u32(data + 0x3c), *optional = pe + 24;
	uint8_t *table = optional + u16(pe + 20), *image;
	uint64_t base;

	image = mmap(NULL, u32(optional + 56), PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (image == MAP_FAILED)
		exit(2);
	memcpy(image, data, u32(optional + 60));
	for (size_t i = 0; i < u16(pe + 6); i++) {
		uint8_t *s = table + i * 40;
		uint32_t size = u32(s + 8) < u32(s + 16) ? u32(s + 8) : u32(s + 16);

		memcpy(image + u32(s + 12), data + u32(s + 20), size);
	}
	memcpy(&base, optional + 24, sizeof(base));
	if (u32(optional + 108) > 5)
		relocate(image, u32(optional + 112 + 5 * 8), u32(optional + 116 + 5 * 8),
			 (uint64_t)(uintptr_t)image - base);
	return (entry_fn)(uintptr_t)(image + u32(optional + 16));
}

/* What a process may not do: model-specific registers read as 0, ports as all ones. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)(uintptr_t)regs[REG_RIP];

	(void)number;
	(void)info;
	if (code[0] == 0x0f && code[1] == 0x32) {
		regs[REG_RAX] = regs[REG_RDX] = 0;
		regs[REG_RIP] += 2;
	} else if (code[0] >= 0xec && code[0] <= 0xef) {
		regs[REG_RIP] += 1;
	} else {
		static const char text[] = "run-sdboot: the program crashed\n";

		(void)!write(2, text, sizeof(text) - 1);
		_exit(3);
	}
}

static struct loaded_image *make_image(struct handle *device)
{
	static const char path[] = "\\EFI\\systemd\\systemd-bootx64.efi";
	uint16_t wide[sizeof(path)];
	struct loaded_image *image = calloc(1, sizeof(*image));

	if (!image)
		exit(2);
	for (size_t i = 0; i < sizeof(path); i++)
		wide[i] = (uint16_t)path[i];
	image->revision = 0x1000;
	image->device = device;
	image->path = path_append(NULL, NODE_MEDIA, MEDIA_FILE_PATH, wide, sizeof(wide));
	return image;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct handle *device, *image;
	entry_fn entry;

	if (argc < 4) {
		fprintf(stderr, "Usage: %s PROGRAM ESP XBOOTLDR [VARIABLE=VALUE...]\n", argv[0]);
		return 2;
	}
	for (int i = 4; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			return 2;
		*value = '\0';
		variable_set(argv[i], value + 1);
	}
	alarm(20);
	/* The firmware has memory at 0, which version 247 reads as an empty text. */
	(void)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	sigaction(SIGSEGV, &action, NULL);
	device = disk_new(argv[2], strcmp(argv[3], "-") ? argv[3] : NULL);
	image = handle_new();
	handle_add(image, &guid_loaded_image, make_image(device));
	entry = pe_load(argv[1]);
	entry(image, system_table_new());
	printf("nothing\n");
	return 0;
}
