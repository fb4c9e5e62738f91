/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A machine made on the spot, for the tests of backends: its firmware's variables, unified kernel images,
 * and what a backend says of it. */

#include "ask.h"
#include "unit.h"

#include <kexec-any/backend.h>
#include <kexec-any/text.h>

/* --- the firmware */

static inline void unit_efi(const char *name, const char *guid, const void *value, size_t len)
{
	uint8_t bytes[4096] = { 7 }; /* attributes */
	char path[256];

	assert_true(len <= sizeof(bytes) - 4);
	memcpy(bytes + 4, value, len);
	snprintf(path, sizeof(path), "sys/firmware/efi/efivars/%s-%s", name, guid);
	unit_write(path, bytes, 4 + len);
}

/* ASCII as UTF-16LE with its NUL; the number of bytes. */
static inline size_t unit_utf16(const char *text, uint8_t *ret)
{
	size_t n = strlen(text) + 1;

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = (uint8_t)text[i];
		ret[2 * i + 1] = 0;
	}
	return 2 * n;
}

/* A variable of the boot loader interface. */
static inline void unit_loader_variable(const char *name, const char *value)
{
	uint8_t bytes[2048];

	unit_efi(name, KA_EFI_GUID_LOADER, bytes, unit_utf16(value, bytes));
}

/* --- unified kernel images: "PE Format" of Microsoft, PE32+, subsystem 10 */

struct unit_section {
	const char *name;
	const char *data; /* text; NULL: a section of no bytes */
	size_t len;	  /* of bytes that are no text; 0: up to the text's end */
	size_t padding;	  /* behind them in the file, to its alignment: not part of them */
};

static inline void unit_le(uint8_t *p, uint32_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static inline void unit_pe(const char *path, const struct unit_section *sections, size_t n)
{
	static uint8_t image[1u << 20];
	const size_t optional = 0x40 + 24, table = optional + 240;
	size_t at = (table + n * 40 + 511) & ~(size_t)511;

	memset(image, 0, sizeof(image));
	memcpy(image, "MZ", 2);
	unit_le(image + 0x3c, 0x40, 4);
	memcpy(image + 0x40, "PE\0\0", 4);
	unit_le(image + 0x44, 0x8664, 2);
	unit_le(image + 0x46, (uint32_t)n, 2);
	unit_le(image + 0x54, 240, 2);
	unit_le(image + optional, 0x20b, 2);
	unit_le(image + optional + 60, (uint32_t)at, 4);
	unit_le(image + optional + 68, 10, 2);
	for (size_t i = 0; i < n; i++) {
		uint8_t *s = image + table + i * 40;
		size_t size = sections[i].len	 ? sections[i].len
			      : sections[i].data ? strlen(sections[i].data)
						 : 0;

		for (size_t j = 0; j < 8 && sections[i].name[j]; j++)
			s[j] = (uint8_t)sections[i].name[j];
		unit_le(s + 8, (uint32_t)size, 4);
		unit_le(s + 16, (uint32_t)(size + sections[i].padding), 4);
		unit_le(s + 20, size ? (uint32_t)at : 0, 4);
		assert_true(at + size < sizeof(image));
		if (size > 0)
			memcpy(image + at, sections[i].data, size);
		at += size + sections[i].padding;
	}
	assert_true(at < sizeof(image));
	unit_write(path, image, at);
}

#define UNIT_PE(path, ...)                                                                         \
	do {                                                                                       \
		static const struct unit_section _sections[] = { __VA_ARGS__ };                    \
		unit_pe(path, _sections, ARRAY_SIZE(_sections));                                   \
	} while (0)

/* --- what a backend says */

static struct ka_host *unit_host;
static struct ka_menu unit_menu;

static inline void unit_forget(void)
{
	ka_menu_done(&unit_menu);
	unit_host = ka_host_free(unit_host);
}

/* Ask the backend about the machine as it is now. */
static inline void unit_discover(const struct ka_backend *backend)
{
	unit_forget();
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(ask_discover(backend, unit_host, &unit_menu, NULL), 0);
}

/* The same as nobody, for whom files are closed. */
static inline void unit_discover_as_nobody(const struct ka_backend *backend)
{
	int r;

	unit_forget();
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	assert_int_equal(seteuid(65534), 0);
	r = ask_discover(backend, unit_host, &unit_menu, NULL);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, 0);
}

static inline int unit_machine_teardown(void **state)
{
	unit_forget();
	return unit_teardown(state);
}

#define unit_machine_case(f) cmocka_unit_test_setup_teardown(f, unit_setup, unit_machine_teardown)

static inline const struct ka_entry *unit_default(void)
{
	return unit_menu.default_index < 0 ? NULL : unit_menu.entries[unit_menu.default_index];
}

static inline void unit_assert_default(const char *id, enum ka_reason reason)
{
	if (!unit_default())
		fail_msg("no default, not '%s': %s", id,
			 unit_menu.undecided ? unit_menu.undecided : "");
	assert_string_equal(unit_default()->id, id);
	assert_int_equal(unit_menu.reason, reason);
	assert_null(unit_menu.undecided);
}

/* Nothing is the default, and the reason has these words. */
static inline void unit_assert_undecided(const char *words)
{
	assert_null(unit_default());
	assert_non_null(unit_menu.undecided);
	if (!strstr(unit_menu.undecided, words))
		fail_msg("'%s' is not in: %s", words, unit_menu.undecided);
}

static inline const struct ka_entry *unit_entry(const char *id)
{
	for (size_t i = 0; i < unit_menu.n_entries; i++)
		if (ka_streq(unit_menu.entries[i]->id, id))
			return unit_menu.entries[i];
	fail_msg("no entry '%s'", id);
	return NULL;
}

/* The ids of the menu in its order, joined by blanks. */
static inline void unit_assert_ids(const char *expected)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	_cleanup_free_ char *ids = NULL;

	for (size_t i = 0; i < unit_menu.n_entries; i++)
		ka_buf_addf(&buf, "%s%s", i > 0 ? " " : "", unit_menu.entries[i]->id);
	ids = ka_buf_take(&buf);
	assert_string_equal(ids, expected);
}

/* The finding of an entry, by its id. */
static inline const struct ka_finding *unit_problem(const struct ka_findings *problems,
						    const char *id)
{
	for (size_t i = 0; i < problems->n; i++)
		if (ka_streq(ka_finding_name(problems->items[i].id), id))
			return &problems->items[i];
	fail_msg("no finding '%s'", id);
	return NULL;
}
