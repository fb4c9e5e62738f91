// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The texts of systemd-boot. The first byte picks one: an entry file, loader.conf, a name with a boot
 * counter, a pattern and what it is held against, two versions, a string of the firmware, a boot
 * option.
 */

#include "bls.h"
#include "fuzz.h"

#include <kexec-any/text.h>

static const struct bls_dialect dialects[] = {
	{ .version = { BLS_OLDEST, 0 } }, { .version = { 250, 2 } },
	{ .version = { 257, 10 } },	  { .version = { 260, 0 } },
	{ .version = { BLS_NEWEST, 0 } },
};

static void entry(const struct bls_dialect *dialect, const char *text)
{
	const struct bls_reading by = { .dialect = dialect, .arch = "x64", .own_path = "/x.efi" };
	struct bls_osrel osrel;
	struct bls_type1 e;

	bls_type1_parse(text, &by, &e);
	bls_type1_done(&e);
	if (bls_osrel_parse(text, dialect, &osrel))
		bls_osrel_done(&osrel);
}

static void config(const struct bls_dialect *dialect, const char *text)
{
	struct bls_config c;

	bls_config_parse(text, dialect, &c);
	bls_config_done(&c);
}

/* What is behind the first line break; the text is cut there. */
static char *split(char *text)
{
	char *line = strchr(text, '\n');

	if (!line)
		return text + strlen(text);
	*line = '\0';
	return line + 1;
}

static void name(const struct bls_dialect *dialect, const char *text)
{
	int left, done;
	size_t prefix;

	if (bls_parse_tries(dialect, text, ".conf", &left, &done, &prefix) &&
	    (left < 0 || done < 0 || prefix >= strlen(text)))
		abort();
}

static void versions(const struct bls_dialect *dialect, const char *a, const char *b)
{
	int x = bls_compare_by(dialect, a, b), y = bls_compare_by(dialect, b, a);
	struct bls_dialect parsed;

	if ((x > 0) != (y < 0) || (x == 0) != (y == 0) || bls_compare_by(dialect, a, a) != 0)
		abort();
	(void)bls_parse_version(a, &parsed);
}

static void one(const struct bls_dialect *dialect, uint8_t kind, char *text, const char *rest)
{
	switch (kind) {
	case 0:
		entry(dialect, text);
		break;
	case 1:
		config(dialect, text);
		break;
	case 2:
		name(dialect, text);
		break;
	case 3:
		bls_match(text, rest, bls_has(dialect, BLS_PATTERN_ESCAPES));
		break;
	case 4:
		versions(dialect, text, rest);
		break;
	default:
		break;
	}
}

static void firmware(uint8_t kind, const uint8_t *data, size_t size)
{
	struct ka_boot_option option;
	char *text;

	if (kind == 5 && ka_efi_decode(data, size, &text) == 0)
		free(text);
	if (kind == 6 && ka_boot_option_parse(data, size, &option) > 0)
		ka_boot_option_done(&option);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = "";
	char *text;

	if (size == 0)
		return 0;
	firmware(data[0] % 7, data + 1, size - 1);
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	if (data[0] % 7 == 3 || data[0] % 7 == 4)
		rest = split(text);
	for (size_t i = 0; i < ARRAY_SIZE(dialects); i++)
		one(&dialects[i], data[0] % 7, text, rest);
	free(text);
	return 0;
}
