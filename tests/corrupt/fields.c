// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fields of the x86 boot protocol's header (Documentation/arch/x86/boot.rst), set to values that must
 * be refused and to others.
 */

#include "damage.h"

/* Values that must be refused: the kernel refuses them, or crashes, or what it starts hangs. */

static bool any(_unused_ uint64_t value)
{
	return true;
}

/* A short jump over the rest of the header, whose end decides how many bytes the kernel copies. */
static bool bad_jump(uint64_t value)
{
	uint64_t end = 0x202 + (value >> 8);

	return (value & 0xff) != 0xeb || end < 0x268 || end > 0x1f1 + 144;
}

static bool bad_version(uint64_t value)
{
	return value < 0x20c || value > 0x2ff;
}

static bool bad_loadflags(uint64_t value)
{
	return !(value & 1);
}

static bool bad_alignment(uint64_t value)
{
	return value == 0 || value & (value - 1) || value < 1ull << original[0x235];
}

static bool bad_min_alignment(uint64_t value)
{
	return value > 31 || word(0x230) < 1ull << value;
}

static bool bad_xloadflags(uint64_t value)
{
	return (value & 3) != 3;
}

static bool bad_cmdline_size(uint64_t value)
{
	return value < 255 || value > 65535;
}

static bool bad_pref_address(uint64_t value)
{
	return value == 0 || value % word(0x230) || value >= MEMORY;
}

/* Less than unpacking in place takes, by the size of what comes out; or half of the memory. */
static bool bad_init_size(uint64_t value)
{
	uint32_t packed_end = word(0x248) + word(0x24c);

	return value < (uint64_t)word(0x1f4) * 16 + word(setup_size() + packed_end - 4) -
			       packed_end ||
	       value >= MEMORY / 2;
}

/* refused: NULL, where nothing of kexec and of the next kernel's 64-bit entry reads it, or any value will
 * do (arch/x86/kernel/kexec-bzimage64.c sets it anew). */
static const struct field {
	const char *name;
	unsigned int offset, size;
	bool (*refused)(uint64_t value);
} fields[] = {
	{ "setup_sects", 0x1f1, 1, any },
	{ "root_flags", 0x1f2, 2, NULL },
	{ "syssize", 0x1f4, 4, any },
	{ "ram_size", 0x1f8, 2, NULL },
	{ "vid_mode", 0x1fa, 2, NULL },
	{ "root_dev", 0x1fc, 2, NULL },
	{ "boot_flag", 0x1fe, 2, any },
	{ "jump", 0x200, 2, bad_jump },
	{ "magic", 0x202, 4, any },
	{ "version", 0x206, 2, bad_version },
	{ "realmode_swtch", 0x208, 4, NULL },
	{ "start_sys_seg", 0x20c, 2, NULL },
	{ "kernel_version", 0x20e, 2, NULL },
	{ "type_of_loader", 0x210, 1, NULL },
	{ "loadflags", 0x211, 1, bad_loadflags },
	{ "setup_move_size", 0x212, 2, NULL },
	{ "code32_start", 0x214, 4, NULL },
	{ "ramdisk_image", 0x218, 4, any },
	{ "ramdisk_size", 0x21c, 4, any },
	{ "bootsect_kludge", 0x220, 4, NULL },
	{ "heap_end_ptr", 0x224, 2, NULL },
	{ "ext_loader", 0x226, 2, NULL },
	{ "cmd_line_ptr", 0x228, 4, NULL },
	{ "initrd_addr_max", 0x22c, 4, NULL },
	{ "kernel_alignment", 0x230, 4, bad_alignment },
	{ "relocatable_kernel", 0x234, 1, any },
	{ "min_alignment", 0x235, 1, bad_min_alignment },
	{ "xloadflags", 0x236, 2, bad_xloadflags },
	{ "cmdline_size", 0x238, 4, bad_cmdline_size },
	{ "hardware_subarch", 0x23c, 4, any },
	{ "hardware_subarch_data", 0x240, 8, NULL },
	{ "payload_offset", 0x248, 4, any },
	{ "payload_length", 0x24c, 4, any },
	{ "setup_data", 0x250, 8, any },
	{ "pref_address", 0x258, 8, bad_pref_address },
	{ "init_size", 0x260, 4, bad_init_size },
	{ "handover_offset", 0x264, 4, NULL },
	{ "kernel_info_offset", 0x268, 4, NULL },
};

static uint64_t number(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | bytes[n];
	return value;
}

static bool is_refused_value(const struct field *f, const uint8_t *bytes)
{
	return f->refused && f->refused(number(bytes, f->size));
}

static void try_value(const struct field *f, const uint8_t *bytes)
{
	try_bytes(f->offset, bytes, f->size, is_refused_value(f, bytes), f->name);
}

/* Does it say where the payload is? What any other field breaks shows without unpacking. */
static bool needs_unpacking(const struct field *f)
{
	return f->offset == 0x1f1 || f->offset == 0x1f4 || f->offset == 0x248 || f->offset == 0x24c;
}

/* Extreme values and single bits. */
static void field_values(const struct field *f)
{
	uint8_t value[8] = { 0 };

	fast = !needs_unpacking(f);
	try_value(f, value);
	memset(value, 0xff, sizeof(value));
	try_value(f, value);
	for (size_t bit = 0; bit < f->size * 8; bit++) {
		memcpy(value, original + f->offset, f->size);
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
		try_value(f, value);
	}
	fast = false;
	end_kind(f->name);
}

/* Two fields of one size have each other's value. */
static void swap_fields(const struct field *f, const struct field *g)
{
	const uint8_t *a = original + f->offset, *b = original + g->offset;
	bool must = is_refused_value(f, b) || is_refused_value(g, a);

	if (f->size != g->size || memcmp(a, b, f->size) == 0)
		return;
	fast = !needs_unpacking(f) && !needs_unpacking(g);
	put(f->offset, b, f->size);
	put(g->offset, a, g->size);
	count(size, KA_ERROR, must, f->name, g->offset);
	put(f->offset, a, f->size);
	put(g->offset, b, g->size);
	fast = false;
}

void damage_swaps(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		for (size_t j = i + 1; j < ARRAY_SIZE(fields); j++)
			swap_fields(&fields[i], &fields[j]);
	end_kind("fields swapped");
}

void damage_fields(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		field_values(&fields[i]);
}
