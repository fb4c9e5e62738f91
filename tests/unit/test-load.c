// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors of the load become sentences; lines of the kernel log are told apart. */

#include "unit.h"

#include "kexec/kmsg.h"
#include "kexec/load.h"

#include <kexec-any/text.h>

#include <errno.h>

static const struct ka_load_facts normal = { .has_kexec = true, .has_capability = true };

static void expect(int error, struct ka_load_facts facts, const char *words)
{
	struct ka_load_sentence s = ka_load_sentence(error, &facts);

	if (!strstr(s.text, words))
		print_message("# error %d: '%s' has no '%s'\n", error, s.text, words);
	assert_non_null(strstr(s.text, words));
	assert_non_null(s.remedy);
}

/* Every error number of the call, with the facts that tell its causes apart. */
static void test_errors(void **state)
{
	static const int all[] = { ENOSYS,	  EPERM,   EACCES, EBUSY,	 EBADF,	  ETXTBSY,
				   EINVAL,	  EFBIG,   EIO,	   ENOMEM,	 EFAULT,  ENOEXEC,
				   EADDRNOTAVAIL, ENODATA, ENOKEY, EKEYREJECTED, ELIBBAD, EBADMSG,
				   EMSGSIZE,	  ENOPKG,  524,	   EOPNOTSUPP };
	char *lockdown[] = { (char *)"Lockdown: kexec-any: kexec of unsigned images is restricted",
			     NULL };
	char *too_long[] = { (char *)"Kernel command line too long", NULL };
	struct ka_load_facts f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct ka_load_sentence s = ka_load_sentence(all[i], &normal);

		assert_null(strstr(s.text, "does not know"));
	}
	expect(EPIPE, normal, "does not know");

	f = normal, f.has_kexec = false;
	expect(ENOSYS, f, "CONFIG_KEXEC_CORE");
	f = normal, f.is_filtered = true;
	expect(ENOSYS, f, "seccomp");
	expect(ENOSYS, normal, "CONFIG_KEXEC_FILE");

	f = normal, f.has_capability = false;
	expect(EPERM, f, "CAP_SYS_BOOT");
	f = normal, f.is_disabled = true;
	expect(EPERM, f, "kexec_load_disabled");
	f = normal, f.is_exhausted = true;
	expect(EPERM, f, "kexec_load_limit_reboot");
	f = normal, f.is_locked_down = true;
	expect(EPERM, f, "no signature");
	f.is_signed = true;
	expect(EPERM, f, "does not trust the key");
	f = normal, f.log = lockdown;
	expect(EPERM, f, "no signature");
	f = normal, f.is_joined = true;
	expect(EPERM, f, "LoadPin");
	expect(EACCES, f, "joined in memory");

	f = normal, f.log = too_long;
	expect(EINVAL, f, "command line is too long");
	expect(EINVAL, normal, "half of the memory");
	f = normal, f.arch = "aarch64";
	expect(EINVAL, f, "arm64 Image");
	expect(EBUSY, f, "stuck");
}

/* Records as /dev/kmsg gives them. */
static void test_kmsg(void **state)
{
	static const struct {
		const char *record, *text;
	} cases[] = {
		{ "3,1012,5000,-;kexec-bzImage64: bzImage truncated\n SUBSYSTEM=x\n",
		  "kexec-bzImage64: bzImage truncated" },
		{ "6,1,2,-;kexec_file: kernel: 0000 kernel_size: 0x1\n",
		  "kexec_file: kernel: 0000 kernel_size: 0x1" },
		{ "5,1,2,-;Lockdown: kexec: kexec of unsigned images is restricted; see man\n",
		  "Lockdown: kexec: kexec of unsigned images is restricted; see man" },
		{ "4,1,2,-;memcpy: detected field-spanning write (size 145) of single field\n",
		  "memcpy: detected field-spanning write (size 145) of single field" },
		{ "6,1,2,-;usb 1-1: new device\n", NULL },
		{ "garbage", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char record[256];
		const char *text;

		snprintf(record, sizeof(record), "%s", cases[i].record);
		text = ka_kmsg_relevant(record);
		if (cases[i].text)
			assert_string_equal(text, cases[i].text);
		else
			assert_null(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_kmsg),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
