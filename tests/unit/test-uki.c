// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What systemd-stub hands to the kernel of an image made on the spot. Rules: UAPI.5 ("Unified Kernel
 * Image"), systemd-stub(7), src/boot/stub.c and cpio.c of systemd; lanzaboote's stub. The real ukify and
 * bootctl are asked in tests/oracle/.
 */

#include "machine.h"

#include <kexec-any/uki.h>

#include <errno.h>

static struct ka_entry *entry;

static void forget(void)
{
	entry = ka_entry_free(entry);
	unit_host = ka_host_free(unit_host);
}

static int teardown(void **state)
{
	forget();
	return unit_teardown(state);
}

#define uki_case(f) cmocka_unit_test_setup_teardown(f, unit_setup, teardown)

static void fill_start(const struct ka_uki_start *start, bool as_nobody)
{
	char path[256];
	const char *why = NULL;
	struct ka_uki uki;
	int r;

	forget();
	assert_int_equal(chmod(unit_dir, 0755), 0);
	assert_int_equal(ka_host_new(unit_dir, &unit_host, NULL), 0);
	snprintf(path, sizeof(path), "%s%s", start->root, start->path);
	assert_int_equal(ka_uki_read(unit_host, path, &uki, &why), 1);
	entry = ka_entry_new();
	if (as_nobody)
		assert_int_equal(seteuid(65534), 0);
	r = ka_uki_fill_entry(unit_host, &uki, start, entry);
	if (as_nobody)
		assert_int_equal(seteuid(0), 0);
	ka_uki_done(&uki);
	assert_int_equal(r, 0);
}

static void fill(const char *path)
{
	const struct ka_uki_start start = { .root = "/efi", .path = path };

	fill_start(&start, false);
}

static void fill_as_nobody(const char *path)
{
	const struct ka_uki_start start = { .root = "/efi", .path = path };

	fill_start(&start, true);
}

/* The parts of the initrd in order: section names, names of packed members, and who packs. */
static void assert_parts(const char *expected)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	_cleanup_free_ char *parts = NULL;

	for (size_t i = 0; i < entry->initrds.n; i++)
		if (!entry->initrds.items[i].data)
			ka_buf_addf(&buf, "%s%s", buf.len > 0 ? " " : "",
				    entry->initrds.items[i].part);
	parts = ka_buf_take(&buf);
	assert_string_equal(parts, expected);
}

#define STUB(version)                                                                              \
	{                                                                                          \
		".sdmagic", "#### LoaderInfo: systemd-stub " version " ####"                       \
	}

static void put_image(void)
{
	UNIT_PE("efi/EFI/Linux/u.efi", { ".linux", "kernel" }, { ".osrel", "ID=u\n" },
		{ ".cmdline", " root=/dev/vda1\n\tquiet\x01 \n" }, { ".initrd", "initrd" },
		{ ".ucode", "microcode" }, { ".uname", "6.1" }, { ".pcrsig", "{}" },
		{ ".pcrpkey", "key" }, STUB("257.8-1"));
}

/* Order of systemd-stub: microcode, .initrd, credentials, global ones, sysext, global, confext, global,
 * PCR signature and key, os-release. */
static void test_order(void **state)
{
	(void)state;
	put_image();
	unit_puts("efi/EFI/Linux/u.efi.extra.d/b.cred", "b");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/a.cred", "a");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/s.raw", "s");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/c.confext.raw", "c");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/.hidden.cred", "x");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/n\xc3\xa4.cred", "x");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/folder.cred/x", "x");
	unit_puts("efi/loader/credentials/g.cred", "g");
	unit_puts("efi/loader/extensions/e.raw", "e");
	fill("/EFI/Linux/u.efi");
	assert_parts(".ucode .initrd .extra/credentials/a.cred .extra/credentials/b.cred "
		     ".extra/global_credentials/g.cred .extra/sysext/s.raw "
		     ".extra/confext/c.confext.raw .extra/tpm2-pcr-signature.json "
		     ".extra/tpm2-pcr-public-key.pem .extra/os-release");
	assert_string_equal(entry->cmdline, "root=/dev/vda1  quiet");
	assert_string_equal(entry->kernel, "/efi/EFI/Linux/u.efi");
	assert_int_equal(entry->kernel_size, strlen("kernel"));
	unit_problem(&entry->problems, "uki-pcr");
}

/* "PE Format": the file has a section up to its alignment (SizeOfRawData); what counts is VirtualSize. */
static void test_padding(void **state)
{
	(void)state;
	UNIT_PE("efi/u.efi", { ".linux", "kernel", 0, 506 }, { ".osrel", "ID=u\n", 0, 100 },
		{ ".cmdline", "quiet", 0, 507 }, { ".initrd", "initrd", 0, 506 }, STUB("257"));
	fill("/u.efi");
	assert_int_equal(entry->kernel_size, strlen("kernel"));
	assert_string_equal(entry->cmdline, "quiet");
	assert_int_equal(entry->initrds.items[0].size, strlen("initrd"));
}

/* What each version of the stub knows. */
static void test_versions(void **state)
{
	(void)state;
	UNIT_PE("efi/u252.efi", { ".linux", "kernel" }, { ".osrel", "ID=u\n" },
		{ ".ucode", "microcode" }, { ".initrd", "initrd" }, STUB("252"));
	UNIT_PE("efi/u258.efi", { ".linux", "kernel" }, { ".osrel", "ID=u\n" }, STUB("258"));
	UNIT_PE("efi/loader/addons/a.addon.efi", { ".cmdline", "more" });
	unit_puts("efi/u252.efi.extra.d/c.confext.raw", "c");
	unit_puts("efi/loader/extensions/e.raw", "e");
	unit_puts("efi/loader/extensions/f.confext.raw", "f");
	fill("/u252.efi");
	assert_parts(".initrd .extra/sysext/c.confext.raw");
	assert_string_equal(entry->cmdline, "");
	fill("/u258.efi");
	assert_parts(".extra/global_sysext/e.raw .extra/global_confext/f.confext.raw "
		     ".extra/os-release");
	assert_string_equal(entry->cmdline, "more");
}

/* systemd-stub(7): global addons before those beside the image; one for another kernel is left out. */
static void test_addons(void **state)
{
	(void)state;
	put_image();
	UNIT_PE("efi/loader/addons/g.addon.efi", { ".cmdline", "global" },
		{ ".ucode", "microcode of g" }, { ".initrd", "initrd of g" });
	UNIT_PE("efi/EFI/Linux/u.efi.extra.d/l.addon.efi", { ".cmdline", " local \n" },
		{ ".ucode", "microcode of l" }, { ".uname", "6.1" });
	UNIT_PE("efi/EFI/Linux/u.efi.extra.d/m.addon.efi", { ".cmdline", "no" },
		{ ".uname", "6.2" });
	UNIT_PE("efi/EFI/Linux/u.efi.extra.d/n.addon.efi", { ".cmdline", "no" },
		{ ".linux", "a kernel" });
	unit_puts("efi/EFI/Linux/u.efi.extra.d/o.addon.efi", "no PE file");
	unit_puts("efi/EFI/Linux/u.efi.extra.d/p.addon.efi/x", "");
	fill("/EFI/Linux/u.efi");
	assert_string_equal(entry->cmdline, "root=/dev/vda1  quiet global local");
	/* Microcode of addons comes first, the last one's in front; their initrds behind everything. */
	assert_parts(".ucode .ucode .ucode .initrd .extra/tpm2-pcr-signature.json "
		     ".extra/tpm2-pcr-public-key.pem .extra/os-release .initrd");
	assert_non_null(strstr(entry->initrds.items[0].path, "l.addon.efi"));
	assert_non_null(strstr(entry->initrds.items[1].path, "g.addon.efi"));
	unit_problem(&entry->problems, "uki-addon-ignored");
}

/* Options of the loader replace the image's, but not under Secure Boot. */
static void test_options(void **state)
{
	static const uint8_t on = 1;
	struct ka_uki_start start = { .root = "/efi", .path = "/EFI/Linux/u.efi" };

	(void)state;
	put_image();
	UNIT_PE("efi/loader/addons/g.addon.efi", { ".cmdline", "global" });
	start.options = " by\tloader ";
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "by loader global");
	start.options = " \n";
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "root=/dev/vda1  quiet global");
	start.options = "by loader";
	unit_efi("SecureBoot", KA_EFI_GUID_GLOBAL, &on, 1);
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "root=/dev/vda1  quiet global");
	unit_problem(&entry->problems, "uki-addon-unverified");
}

/* The counter is no part of the folder's name: foo+3-1.efi has foo.efi.extra.d. */
static void test_counted(void **state)
{
	(void)state;
	UNIT_PE("efi/EFI/Linux/foo+3-1.efi", { ".linux", "kernel" }, STUB("257"));
	UNIT_PE("efi/EFI/Linux/bar+x.efi", { ".linux", "kernel" }, STUB("257"));
	unit_puts("efi/EFI/Linux/foo.efi.extra.d/a.cred", "a");
	unit_puts("efi/EFI/Linux/bar+x.efi.extra.d/b.cred", "b");
	fill("/EFI/Linux/foo+3-1.efi");
	assert_parts(".extra/credentials/a.cred");
	fill("/EFI/Linux/bar+x.efi");
	assert_parts(".extra/credentials/b.cred");
}

/* Since 261 the firmware's consoles are added; where the running kernel came from such a stub, they are
 * known. */
static void test_consoles(void **state)
{
	(void)state;
	UNIT_PE("efi/u.efi", { ".linux", "kernel" }, { ".cmdline", "a" }, STUB("261"));
	UNIT_PE("efi/named.efi", { ".linux", "kernel" }, { ".cmdline", "console=tty0" },
		STUB("261"));
	fill("/u.efi");
	unit_problem(&entry->problems, "uki-consoles");
	fill("/named.efi");
	assert_false(ka_findings_have(&entry->problems, KA_ID_UKI_CONSOLES));
	unit_loader_variable("StubInfo", "systemd-stub 261.1");
	unit_puts("proc/cmdline", "x console=ttyS0,115200 console=tty1\n");
	fill("/u.efi");
	assert_string_equal(entry->cmdline, "a console=ttyS0,115200 console=tty1");
	assert_int_equal(unlink(unit_path("proc/cmdline")), 0);
	fill("/u.efi");
	unit_problem(&entry->problems, "file-unreadable");
}

static void test_devicetree_and_empty_kernel(void **state)
{
	(void)state;
	UNIT_PE("efi/u.efi", { ".linux", "kernel" }, { ".dtb", "tree" }, STUB("257"));
	UNIT_PE("efi/p.efi", { ".linux", "kernel" }, { ".profile", "ID=a\n" }, { ".linux", NULL },
		{ ".profile", "ID=b\n" });
	unit_puts("sys/firmware/devicetree/base/model", "m");
	fill("/u.efi");
	unit_problem(&entry->problems, "uki-devicetree");
	fill("/p.efi");
	unit_problem(&entry->problems, "kernel-missing");
}

/* lanzaboote: .linux and .initrd are paths, .linuxh and .initrdh their SHA-256. */
static void test_thin(void **state)
{
	struct ka_uki_start start = { .root = "/efi", .path = "/thin.efi" };

	(void)state;
	UNIT_PE("efi/thin.efi", { ".linux", "\\EFI\\nixos\\k.efi" },
		{ ".linuxh", "0123456789abcdef0123456789abcdef" },
		{ ".initrd", "\\EFI\\nixos\\i.efi" },
		{ ".initrdh", "ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOP" }, { ".cmdline", "init=/x" });
	fill("/thin.efi");
	unit_problem(&entry->problems, "kernel-missing");
	unit_problem(&entry->problems, "initrd-missing");
	unit_puts("efi/EFI/nixos/k.efi", "kernel");
	unit_puts("efi/EFI/nixos/i.efi", "initrd");
	fill("/thin.efi");
	assert_string_equal(entry->kernel, "/efi/EFI/nixos/k.efi");
	assert_string_equal(entry->kernel_sha256,
			    "3031323334353637383961626364656630313233343536373839616263646566");
	assert_string_equal(entry->initrds.items[0].path, "/efi/EFI/nixos/i.efi");
	assert_int_equal(strlen(entry->initrds.items[0].sha256), 64);
	assert_string_equal(entry->cmdline, "init=/x");
	start.options = "other";
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "other");
}

/* --- limits */

/* Hundreds of addons of 60 KB: no kernel takes such a line, and each was copied for the next one. */
static void test_large_addons(void **state)
{
	static char text[60000];
	const struct unit_section section = { ".cmdline", text };

	(void)state;
	put_image();
	memset(text, 'x', sizeof(text) - 1);
	for (unsigned int i = 0; i < 300; i++) {
		char path[128];

		snprintf(path, sizeof(path), "efi/loader/addons/%03u.addon.efi", i);
		unit_pe(path, &section, 1);
	}
	unit_pe("efi/EFI/Linux/u.efi.extra.d/l.addon.efi", &section, 1);
	fill("/EFI/Linux/u.efi");
	assert_non_null(strstr(unit_problem(&entry->problems, "uki-limit")->text, "65536"));
	/* Said once. */
	assert_int_equal(entry->problems.n, 2);
	unit_problem(&entry->problems, "uki-pcr");
	assert_true(strlen(entry->cmdline) < 200000);
}

static void test_many_extras(void **state)
{
	(void)state;
	put_image();
	for (unsigned int i = 0; i < 4097; i++) {
		char path[128];

		snprintf(path, sizeof(path), "efi/EFI/Linux/u.efi.extra.d/%04u.cred", i);
		unit_puts(path, "");
	}
	fill("/EFI/Linux/u.efi");
	assert_non_null(strstr(unit_problem(&entry->problems, "uki-limit")->text, "4096"));
}

/* --- "could not tell" is never "no" */

static void test_unreadable(void **state)
{
	static const char *const paths[] = {
		"efi/EFI/Linux/u.efi.extra.d",
		"efi/loader/credentials",
		"efi/loader/addons",
		"efi/loader/extensions",
		"efi/loader/addons/a.addon.efi",
		"efi/EFI/Linux/u.efi",
	};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct ka_finding *f;

		UNIT_PE("efi/EFI/Linux/u.efi", { ".linux", "kernel" }, STUB("258"));
		UNIT_PE("efi/loader/addons/a.addon.efi", { ".cmdline", "a" });
		unit_puts("efi/EFI/Linux/u.efi.extra.d/a.cred", "a");
		unit_puts("efi/loader/credentials/a.cred", "a");
		unit_puts("efi/loader/extensions/a.raw", "a");
		assert_int_equal(chmod(unit_path(paths[i]), 0), 0);
		fill_as_nobody("/EFI/Linux/u.efi");
		f = unit_problem(&entry->problems, "file-unreadable");
		assert_int_equal(f->severity, KA_ERROR);
		assert_string_equal(f->path + 1, paths[i]);
		assert_string_equal(f->remedy, "run kexec-any as root");
		teardown(state);
		unit_setup(state);
	}
}

static void test_unreadable_thin(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	UNIT_PE("efi/thin.efi", { ".linux", "\\shut\\k.efi" },
		{ ".linuxh", "0123456789abcdef0123456789abcdef" });
	unit_puts("efi/shut/k.efi", "kernel");
	assert_int_equal(chmod(unit_path("efi/shut"), 0), 0);
	fill_as_nobody("/thin.efi");
	unit_problem(&entry->problems, "file-unreadable");
	assert_false(ka_findings_have(&entry->problems, KA_ID_KERNEL_MISSING));
}

/* An image that was put together with this stub. Its folder beside it has a credential, with and without counter. */
static void fill_by(const char *version)
{
	_cleanup_free_ char *magic = ka_format("#### LoaderInfo: systemd-stub %s ####", version);
	const struct unit_section sections[] = { { ".linux", "kernel" },
						 { ".osrel", "ID=u\n" },
						 { ".pcrsig", "{}" },
						 { ".sdmagic", magic } };

	unit_pe("efi/u+3.efi", sections, ARRAY_SIZE(sections));
	unit_puts("efi/u+3.efi.extra.d/with.cred", "c");
	unit_puts("efi/u.efi.extra.d/without.cred", "c");
	fill("/u+3.efi");
}

/* By fixes of a release, as its tags have it (sd-boot's and the stub's NEWS do not say). */
static void test_fixes(void **state)
{
#define PACKED(name) ".extra/credentials/" #name ".cred"
#define PCRS	     " .extra/tpm2-pcr-signature.json"
	static const struct {
		const char *version, *parts;
	} cases[] = {
		{ "249.17", "" },
		{ "250", PACKED(with) },
		{ "251.20", PACKED(with) },
		{ "252.5-2~deb12u1", PACKED(with) PCRS },
		{ "254.5", PACKED(with) PCRS },
		{ "254.6", PACKED(without) PCRS },
		{ "255", PACKED(without) PCRS },
		{ "256.17", PACKED(without) PCRS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fill_by(cases[i].version);
		assert_parts(cases[i].parts);
	}
}

/* The loader's words, under Secure Boot: 244 and later take them where the image has none of its own. */
static void test_words_of_the_loader(void **state)
{
	static const struct ka_uki_start start = { .root = "/efi",
						   .path = "/u.efi",
						   .options = "x" };
	const uint8_t on = 1;

	(void)state;
	UNIT_PE("efi/u.efi", { ".linux", "kernel" }, STUB("243.9"));
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "x");
	unit_efi("SecureBoot", KA_EFI_GUID_GLOBAL, &on, 1);
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "");
	UNIT_PE("efi/u.efi", { ".linux", "kernel" }, STUB("244"));
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "x");
	UNIT_PE("efi/u.efi", { ".linux", "kernel" }, { ".cmdline", "own" }, STUB("257"));
	fill_start(&start, false);
	assert_string_equal(entry->cmdline, "own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		uki_case(test_padding),
		uki_case(test_order),
		uki_case(test_versions),
		uki_case(test_addons),
		uki_case(test_options),
		uki_case(test_counted),
		uki_case(test_consoles),
		uki_case(test_devicetree_and_empty_kernel),
		uki_case(test_thin),
		uki_case(test_large_addons),
		uki_case(test_many_extras),
		uki_case(test_fixes),
		uki_case(test_words_of_the_loader),
		uki_case(test_unreadable),
		uki_case(test_unreadable_thin),
	};

	return cmocka_run_group_tests_name("uki", tests, NULL, NULL);
}
