// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The texts of systemd-boot. The first byte picks one: an entry file, loader.conf, a name with a boot
 * counter, a pattern and what it is held against, two versions, a string of the firmware, a boot
 * option.
 */

#include "bls.h"
#include "fuzz.h"

#include <kexec-any/text.h>

static void entry(const char *text)
{
	static const unsigned int versions[] = { 252, BLS_NEWEST };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		const struct bls_dialect dialect = { versions[i] };
		struct bls_type1 e;

		bls_type1_parse(text, &dialect, "x64", &e);
		bls_type1_done(&e);
	}
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

static void name(const char *text)
{
	int left, done;
	size_t prefix;

	if (bls_parse_tries(text, ".conf", &left, &done, &prefix) &&
	    (left < 0 || done < 0 || prefix >= strlen(text)))
		abort();
}

static void versions(const char *a, const char *b)
{
	int x = bls_compare_versions(a, b), y = bls_compare_versions(b, a);

	if ((x > 0) != (y < 0) || (x == 0) != (y == 0) || bls_compare_versions(a, a) != 0)
		abort();
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
	struct bls_config config;
	char *text, *rest;

	if (size == 0)
		return 0;
	firmware(data[0] % 7, data + 1, size - 1);
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	switch (data[0] % 7) {
	case 0:
		entry(text);
		break;
	case 1:
		bls_config_parse(text, &config);
		bls_config_done(&config);
		break;
	case 2:
		name(text);
		break;
	case 3:
		rest = split(text);
		bls_match(text, rest);
		break;
	case 4:
		rest = split(text);
		versions(text, rest);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
