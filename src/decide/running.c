// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signs of the boot before: EFI variables that loaders and stubs set (systemd.io/BOOT_LOADER_INTERFACE),
 * words that they put on the command line, and the type that x86's boot protocol has them write into
 * the kernel's header (Documentation/arch/x86/boot.rst, "type_of_loader").
 */

#include "decide/running.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/* /proc/sys/kernel/bootloader_type: type_of_loader's upper half, and a version in the lower. */
#define TYPE_SYSLINUX 0x3u
#define TYPE_GRUB     0x7u
#define TYPE_KEXEC    0xdu

static const struct {
	const char *start;
	enum ka_program_kind kind;
} infos[] = {
	{ "systemd-boot ", KA_PROGRAM_SYSTEMD_BOOT },
	{ "GRUB ", KA_PROGRAM_GRUB },
	{ "Limine ", KA_PROGRAM_LIMINE },
	{ "rEFInd ", KA_PROGRAM_REFIND },
	{ "systemd-stub ", KA_PROGRAM_SYSTEMD_STUB },
};

void ka_running_done(struct ka_running *running)
{
	free(running->version);
	free(running->text);
	free(running->unread);
	free(running->image);
	*running = (struct ka_running){ .kind = KA_PROGRAM_UNKNOWN };
}

static void found(struct ka_running *ret, enum ka_program_kind kind,
		  enum ka_program_evidence evidence, char *text)
{
	ret->kind = kind;
	ret->evidence = evidence;
	ret->text = text;
}

/* A file that is not there says so; one that cannot be read might have told. */
static void cannot_read(struct ka_running *ret, const char *what, int error)
{
	if (error != -ENOENT && error != -ENOTDIR && error != -EISDIR && error != -EBADMSG &&
	    error != -EILSEQ && !ret->unread)
		ret->unread = ka_format("%s cannot be read: %s", what, strerror(-error));
}

static bool read_info(struct ka_host *host, const char *variable, struct ka_running *ret)
{
	_cleanup_free_ char *info = NULL;
	int r = ka_host_efi_string(host, variable, KA_EFI_GUID_LOADER, &info);

	if (r < 0) {
		cannot_read(ret, variable, r);
		return false;
	}
	found(ret, KA_PROGRAM_UNKNOWN, KA_EVIDENCE_LOADER_INFO, ka_format("%s=%s", variable, info));
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		const char *version = ka_startswith(info, infos[i].start);

		if (!version)
			continue;
		ret->kind = infos[i].kind;
		ret->version = ka_strndup(version, strcspn(version, " "));
	}
	return true;
}

static unsigned int read_type(struct ka_host *host)
{
	_cleanup_free_ char *text = NULL;
	uint64_t type;

	if (ka_host_read_line(host, "/proc/sys/kernel/bootloader_type", &text, NULL) < 0 ||
	    ka_parse_u64(text, UINT32_MAX, &type) < 0)
		return 0;
	return (unsigned int)type >> 4;
}

/* An EFI stub was handed "initrd=\…": by systemd-boot or the firmware, never by GRUB. */
static bool has_stub_initrd(const char *cmdline)
{
	struct ka_word word;
	size_t n;

	while (ka_cmdline_next(&cmdline, &word)) {
		const char *value = ka_word_value(&word, "initrd", &n);

		if (value && memchr(value, '\\', n))
			return true;
	}
	return false;
}

static bool has_initrd(const char *cmdline)
{
	_cleanup_free_ char *value = NULL;

	return ka_cmdline_get(cmdline, "initrd", &value) > 0;
}

static const char *without_device(const char *image)
{
	const char *end = *image == '(' ? strchr(image, ')') : NULL;

	return end ? end + 1 : image;
}

/* BOOT_IMAGE=: GRUB writes a path, SYSLINUX one as it was written and "initrd=", LILO a label. */
static void read_image(const char *cmdline, unsigned int type, struct ka_running *ret)
{
	_cleanup_free_ char *image = NULL;
	enum ka_program_kind kind = KA_PROGRAM_GRUB;

	if (ka_cmdline_get(cmdline, "BOOT_IMAGE", &image) <= 0)
		return;
	ret->image = ka_strdup(without_device(image));
	if (*image != '(' && (type == TYPE_SYSLINUX || (type != TYPE_GRUB && has_initrd(cmdline))))
		kind = KA_PROGRAM_SYSLINUX;
	else if (*image != '(' && *image != '/')
		kind = type == TYPE_SYSLINUX ? KA_PROGRAM_SYSLINUX : KA_PROGRAM_LILO;
	found(ret, kind, KA_EVIDENCE_CMDLINE, ka_format("BOOT_IMAGE=%s", image));
}

static bool is_x86(struct ka_host *host)
{
	_cleanup_free_ char *machine = NULL;

	return ka_host_machine(host, &machine) >= 0 &&
	       (ka_streq(machine, "x86_64") || ka_streq(machine, "i686"));
}

static void read_cmdline(struct ka_host *host, unsigned int type, struct ka_running *ret)
{
	_cleanup_free_ char *cmdline = NULL;
	int r = ka_host_read_line(host, "/proc/cmdline", &cmdline, NULL);

	if (r < 0) {
		cannot_read(ret, "/proc/cmdline", r);
		return;
	}
	read_image(cmdline, type, ret);
	if (ret->text)
		return;
	if (has_stub_initrd(cmdline))
		found(ret, KA_PROGRAM_LINUX, KA_EVIDENCE_CMDLINE,
		      ka_strdup("initrd= with a backslash on the command line"));
	else if (type == TYPE_GRUB || type == TYPE_SYSLINUX)
		found(ret, type == TYPE_GRUB ? KA_PROGRAM_GRUB : KA_PROGRAM_SYSLINUX,
		      KA_EVIDENCE_CMDLINE, ka_format("bootloader_type %u", type << 4));
	else
		ret->is_direct = is_x86(host);
}

void ka_running_read(struct ka_host *host, struct ka_running *ret)
{
	unsigned int type = read_type(host);

	*ret = (struct ka_running){
		.by_kexec = type == 0		 ? KA_UNKNOWN
			    : type == TYPE_KEXEC ? KA_YES
						 : KA_NO,
		.kind = KA_PROGRAM_UNKNOWN,
	};
	if (!read_info(host, "LoaderInfo", ret) && !read_info(host, "StubInfo", ret))
		read_cmdline(host, type, ret);
	else if (!ret->image) {
		struct ka_running line = { .kind = KA_PROGRAM_UNKNOWN };

		read_cmdline(host, type, &line);
		ret->image = TAKE_PTR(line.image);
		ka_running_done(&line);
	}
}
