/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* GRUB's section "mods", made on the spot (include/grub/kernel.h, util/mkimage.c). */

#include "machine.h"

#include <elf.h>

static inline size_t put_names(uint8_t *at, const char *name)
{
	memcpy(at, "\0.modname", 10);
	memcpy(at + 10, name, strlen(name) + 1);
	return 10 + strlen(name) + 1;
}

#define ELF(bits)                                                                                  \
	static inline size_t put_elf##bits(uint8_t *at, const char *name)                          \
	{                                                                                          \
		Elf##bits##_Ehdr head = {                                                          \
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS##bits, ELFDATA2LSB },           \
			.e_shoff = sizeof(head),                                                   \
			.e_shentsize = sizeof(Elf##bits##_Shdr),                                   \
			.e_shnum = 3,                                                              \
			.e_shstrndx = 1,                                                           \
		};                                                                                 \
		size_t data = sizeof(head) + 3 * sizeof(Elf##bits##_Shdr);                         \
		Elf##bits##_Shdr sections[3] = {                                                   \
			[1] = { .sh_offset = data, .sh_size = 10 },                                \
			[2] = { .sh_name = 1,                                                      \
				.sh_offset = data + 10,                                            \
				.sh_size = strlen(name) + 1 },                                     \
		};                                                                                 \
                                                                                                   \
		memcpy(at, &head, sizeof(head));                                                   \
		memcpy(at + sizeof(head), sections, sizeof(sections));                             \
		return data + put_names(at + data, name);                                          \
	}

ELF(32)
ELF(64)

static inline size_t put_object(uint8_t *at, uint32_t type, const void *data, size_t len)
{
	size_t size = (8 + len + 7) & ~(size_t)7;

	memset(at, 0, size);
	unit_le(at, type, 4);
	unit_le(at + 4, (uint32_t)size, 4);
	memcpy(at + 8, data, len);
	return size;
}

static inline size_t put_module(uint8_t *at, bool wide, const char *name)
{
	uint8_t elf[512];

	return put_object(at, 0, elf, wide ? put_elf64(elf, name) : put_elf32(elf, name));
}

/* What grub-mkimage is given. */
struct unit_core {
	const char *prefix, *config; /* NULL: none */
	const char *const *modules;
	const void *memdisk;
	size_t memdisk_size;
};

static inline void unit_grub(const char *path, const struct unit_core *core)
{
	static uint8_t bytes[256u << 10];
	const struct unit_section sections[] = {
		{ ".sbat", "grub,5,Free Software Foundation,grub,2.06,https://x\n" },
		{ "mods", (char *)bytes, 0 },
	};
	struct unit_section filled[2] = { sections[0], sections[1] };
	size_t at = 24;

	for (const char *const *m = core->modules; m && *m; m++)
		at += put_module(bytes + at, true, *m);
	if (core->memdisk)
		at += put_object(bytes + at, 1, core->memdisk, core->memdisk_size);
	if (core->config)
		at += put_object(bytes + at, 2, core->config, strlen(core->config) + 1);
	if (core->prefix)
		at += put_object(bytes + at, 3, core->prefix, strlen(core->prefix) + 1);
	memset(bytes, 0, 24);
	memcpy(bytes, "mimg", 4);
	unit_le(bytes + 8, 24, 4);
	unit_le(bytes + 16, (uint32_t)at, 4);
	filled[1].len = at;
	unit_pe(path, filled, 2);
}
