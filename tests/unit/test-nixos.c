// SPDX-License-Identifier: GPL-2.0-or-later
/* boot.json. Fields and what is required of them: NixOS RFC 125. */

#include "unit.h"

#include "nixos.h"

#include <kexec-any/text.h>

#define HEAD "{\"org.nixos.bootspec.v1\":{"
#define BODY                                                                                       \
	"\"system\":\"x86_64-linux\",\"label\":\"NixOS\",\"kernel\":\"/k\",\"init\":\"/s/init\","  \
	"\"toplevel\":\"/s\","
#define PARAMS "\"kernelParams\":[\"a\",\"b c\"]"
#define WHOLE  HEAD BODY PARAMS "}"

static void test_document(void **state)
{
	static const char text[] = HEAD BODY PARAMS
		",\"initrd\":\"/i\",\"initrdSecrets\":\"/s/append-initrd-secrets\"},"
		"\"org.nixos.specialisation.v1\":{\"x\":" WHOLE
		",\"org.xenproject.bootspec.v2\":{}}},"
		"\"org.nixos.systemd-boot\":{\"sortKey\":\"nixos\",\"devicetree\":null},"
		"\"com.example\":[1,{}]}";
	struct nixos_system s;
	char *why;

	(void)state;
	assert_int_equal(nixos_bootspec_parse(text, strlen(text), &s, &why), NIXOS_BOOTSPEC_OK);
	assert_string_equal(s.kernel, "/k");
	assert_string_equal(s.initrd, "/i");
	assert_string_equal(s.params, "a b c");
	assert_string_equal(s.secrets_script, "/s/append-initrd-secrets");
	assert_false(s.is_xen);
	assert_null(s.devicetree);
	assert_int_equal(s.n_specialisations, 1);
	assert_string_equal(s.specialisations[0].name, "x");
	assert_true(s.specialisations[0].is_xen);
	assert_null(s.specialisations[0].initrd);
	nixos_system_done(&s);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		enum nixos_bootspec kind;
	} cases[] = {
		{ WHOLE "}", NIXOS_BOOTSPEC_OK },
		{ HEAD BODY PARAMS ",\"initrd\":null,\"initrdSecrets\":null}}", NIXOS_BOOTSPEC_OK },
		/* Of two v1 alike in JSON the last counts, as in every parser NixOS uses. */
		{ HEAD "},\"org.nixos.bootspec.v1\":{" BODY PARAMS "}}", NIXOS_BOOTSPEC_OK },
		{ WHOLE ",\"org.nixos.bootspec.v2\":{}}", NIXOS_BOOTSPEC_OK },
		{ "{\"org.nixos.bootspec.v2\":{}}", NIXOS_BOOTSPEC_UNKNOWN },
		{ "{\"v1\":{\"specialisation\":{}}}", NIXOS_BOOTSPEC_NONE },
		{ "{\"schemaVersion\":1}", NIXOS_BOOTSPEC_NONE },
		{ "{}", NIXOS_BOOTSPEC_NONE },
		{ "[]", NIXOS_BOOTSPEC_BAD },
		{ "null", NIXOS_BOOTSPEC_BAD },
		{ "", NIXOS_BOOTSPEC_BAD },
		{ WHOLE, NIXOS_BOOTSPEC_BAD },
		{ WHOLE "} x", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY "\"kernelParams\":\"a\"}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY "\"kernelParams\":[1]}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY "\"kernelParams\":[\"a\\nb\"]}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY "\"kernelParams\":[\"a\\u0000b\"]}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY "\"kernelParams\":null}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY PARAMS ",\"initrd\":1}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD BODY PARAMS ",\"initrd\":\"relative\"}}", NIXOS_BOOTSPEC_BAD },
		{ HEAD PARAMS "}}", NIXOS_BOOTSPEC_BAD },
		{ WHOLE ",\"org.nixos.specialisation.v1\":[]}", NIXOS_BOOTSPEC_BAD },
		{ WHOLE ",\"org.nixos.specialisation.v1\":{\"a/b\":{}}}", NIXOS_BOOTSPEC_BAD },
		{ WHOLE ",\"org.nixos.specialisation.v1\":{\"a\":{}}}", NIXOS_BOOTSPEC_BAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nixos_system s;
		char *why;

		assert_int_equal(nixos_bootspec_parse(cases[i].text, strlen(cases[i].text), &s,
						      &why),
				 cases[i].kind);
		if (cases[i].kind == NIXOS_BOOTSPEC_OK)
			nixos_system_done(&s);
		else
			assert_non_null(why);
		free(why);
	}
}

static void test_hostile(void **state)
{
	const size_t size = 3u << 20;
	char *text = malloc(size + 256), *why;
	struct nixos_system s;
	int n;

	(void)state;
	assert_non_null(text);
	memset(text, '[', size);
	text[size] = '\0';
	assert_int_equal(nixos_bootspec_parse(text, size, &s, &why), NIXOS_BOOTSPEC_BAD);
	assert_non_null(strstr(why, "byte 3"));
	free(why);

	/* A long string is only a long command line, which the core measures. */
	n = snprintf(text, size, "%s\"kernelParams\":[\"", HEAD BODY);
	memset(text + n, 'x', size - 256);
	strcpy(text + n + size - 256, "\"]}}");
	assert_int_equal(nixos_bootspec_parse(text, strlen(text), &s, &why), NIXOS_BOOTSPEC_OK);
	assert_int_equal(strlen(s.params), size - 256);
	nixos_system_done(&s);

	/* More specialisations than there may be. */
	n = snprintf(text, size, "%s,\"org.nixos.specialisation.v1\":{", WHOLE);
	for (int i = 0; i <= NIXOS_SPECIALISATIONS_LIMIT; i++)
		n += snprintf(text + n, size - (size_t)n, "%s\"s%d\":%s}", i > 0 ? "," : "", i,
			      WHOLE);
	strcpy(text + n, "}}");
	assert_int_equal(nixos_bootspec_parse(text, strlen(text), &s, &why), NIXOS_BOOTSPEC_BAD);
	assert_non_null(strstr(why, "256"));
	free(why);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("nixos", tests, NULL, NULL);
}
