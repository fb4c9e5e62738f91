/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>
#include <kexec-any/error.h>

#include <sys/stat.h>

/*
 * The machine looked at: the live one, or one captured below a folder. Everything a backend or a
 * check learns about the machine comes through here, and only by reading.
 *
 * Paths are absolute on that machine. Links, absolute ones and ".." too, are followed below its
 * root and cannot leave it (openat2(2) with RESOLVE_IN_ROOT; where that call is missing, a walk
 * over the components does the same, but is not safe against somebody who changes the tree at the
 * same time).
 */
struct ka_host;

/* root: NULL or "/" for the live machine, else the folder of a captured one. */
int ka_host_new(const char *root, struct ka_host **ret, struct ka_error *err) _must_check_;
struct ka_host *ka_host_free(struct ka_host *host); /* takes NULL, returns NULL */
void ka_host_freep(struct ka_host **host);

/*
 * What could not be read, since this was last asked, for a reason that is no answer: an I/O error, too many
 * open files, root being refused. "'/boot/grub/grub.cfg' (Input/output error)", the first of them, for the
 * caller to free; NULL: nothing. Whoever takes such a file for one that is not there is corrected so.
 */
char *ka_host_take_trouble(struct ka_host *host);

/* The running machine itself: only there do processes, buses and system calls mean anything. */
bool ka_host_is_live(const struct ka_host *host);

/* Open a regular file for reading (O_CLOEXEC). What it is is known before: no device is opened.
 * -ENOENT, -EISDIR, -EINVAL (device, fifo, socket), … */
int ka_host_open(struct ka_host *host, const char *path, int *ret_fd, struct ka_error *err)
	_must_check_;

/* The same for a block device (on a captured machine, only a file in its place). */
int ka_host_open_device(struct ka_host *host, const char *path, int *ret_fd, struct ka_error *err)
	_must_check_;

/*
 * Read a whole small file. *ret is NUL-terminated and owned by the caller; ret_len may be NULL.
 * More than limit bytes: -EFBIG.
 */
int ka_host_read(struct ka_host *host, const char *path, size_t limit, char **ret, size_t *ret_len,
		 struct ka_error *err) _must_check_;

/* The same of a file's first bytes: 1 when there are more than limit, 0 when that is all. */
int ka_host_read_start(struct ka_host *host, const char *path, size_t limit, char **ret,
		       struct ka_error *err) _must_check_;

/* The first line of a small file, white space stripped. */
int ka_host_read_line(struct ka_host *host, const char *path, char **ret, struct ka_error *err)
	_must_check_;

/* The names in a folder, without "." and "..", sorted by bytes; a NULL-terminated list. More than
 * KA_HOST_NAMES_LIMIT names: -E2BIG. */
int ka_host_list(struct ka_host *host, const char *path, char ***ret, struct ka_error *err)
	_must_check_;

#define KA_HOST_NAMES_LIMIT 65536

/*
 * 1 there (links followed), 0 not; negative when that cannot be told (-EACCES, -EIO, -ELOOP, …), which is
 * never "no". A name longer than its file system allows is not there.
 */
int ka_host_stat(struct ka_host *host, const char *path, struct stat *ret_st) _must_check_;
/* The same of a link itself. */
int ka_host_lstat(struct ka_host *host, const char *path, struct stat *ret_st) _must_check_;
/* The same as ka_host_stat(), with the sentence for people: "cannot tell whether … is there: …". */
int ka_host_exists(struct ka_host *host, const char *path, struct ka_error *err) _must_check_;
/* For hints alone, where nothing is decided: what cannot be told counts as not there. */
bool ka_host_seems_there(struct ka_host *host, const char *path);

/*
 * A file on a FAT partition, whose names know no case: path (absolute on the partition) below root, the
 * place of the partition here. 1 found (*ret as it is written there), 0 not, negative: cannot be told.
 */
int ka_host_find_nocase(struct ka_host *host, const char *root, const char *path, char **ret)
	_must_check_;

/* The text of the link at path itself; -EINVAL when it is none. */
int ka_host_readlink(struct ka_host *host, const char *path, char **ret) _must_check_;

/*
 * The path with every link resolved, absolute on the machine. The last component need not exist:
 * then the answer is where it would be and the return value is 0, otherwise 1.
 */
int ka_host_canonical(struct ka_host *host, const char *path, char **ret) _must_check_;

/*
 * An EFI variable by name and vendor GUID (lower case), without its 4 attribute bytes.
 * -ENOENT when it (or EFI) is not there.
 */
int ka_host_efi_variable(struct ka_host *host, const char *name, const char *guid, uint8_t **ret,
			 size_t *ret_len) _must_check_;

/* The same for a UTF-16LE string variable, as UTF-8. -EILSEQ when it is no such string. */
int ka_host_efi_string(struct ka_host *host, const char *name, const char *guid, char **ret)
	_must_check_;

/* UTF-16LE, up to a NUL or its end, as UTF-8. -EILSEQ: it is none. */
int ka_efi_decode(const uint8_t *value, size_t len, char **ret) _must_check_;

/* Vendor GUID of the Boot Loader Interface (systemd.io/BOOT_LOADER_INTERFACE). */
#define KA_EFI_GUID_LOADER "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
/* EFI_GLOBAL_VARIABLE of the UEFI specification, section 3.3. */
#define KA_EFI_GUID_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Where a boot option leads, by the nodes of its device path (UEFI, section 10.3). */
enum ka_boot_device {
	KA_BOOT_DEVICE_OTHER, /* a disk as a whole, a CD, a program inside the firmware, … */
	KA_BOOT_DEVICE_PARTITION,
	KA_BOOT_DEVICE_NETWORK,
};

/* A boot option of the firmware. All owned, NULL where it has none. */
struct ka_boot_option {
	bool is_active;
	bool is_application; /* of a category that the firmware does not boot by itself */
	enum ka_boot_device device;
	char *description;
	char *partition; /* "PARTUUID=…" */
	char *path;	 /* of the program, with slashes, on its partition */
	char *options;	 /* text for it */
};

void ka_boot_option_done(struct ka_boot_option *option);
/* Boot####. 1 there, 0 not (or damaged); negative: cannot be told. */
int ka_host_boot_option(struct ka_host *host, unsigned int number, struct ka_boot_option *ret)
	_must_check_;
/*
 * Where the program of an option that leads to a partition is on this machine: the root of the partition
 * (without a slash at its end) and the file. 1: it is there; 0: there is no such partition, or no such file
 * on it; negative: cannot be told (-ENXIO: the partition cannot be looked at). *ret_partition may be set in
 * any case.
 */
int ka_host_boot_option_file(struct ka_host *host, const struct ka_boot_option *option,
			     char **ret_partition, char **ret_path) _must_check_;
/* "/EFI/BOOT/BOOTX64.EFI": what the firmware looks for on a partition where no file is named. */
const char *ka_host_removable_path(struct ka_host *host);
/* The same from the bytes of the variable, without its attributes. */
int ka_boot_option_parse(const uint8_t *p, size_t len, struct ka_boot_option *ret) _must_check_;

/* "x86_64", … as uname -m says it; the kernel's word on a captured machine (since Linux 6.1). */
int ka_host_machine(struct ka_host *host, char **ret) _must_check_;

/* Does the firmware verify what it starts? */
enum ka_tristate ka_host_secure_boot(struct ka_host *host);

/* Is the hardware described by ACPI for certain, so that devicetrees do not matter? */
bool ka_host_has_acpi(struct ka_host *host);

/*
 * The rest of the first SMBIOS OEM string (type 11) that begins with prefix. 1 found, 0 not (or not
 * for us to read); negative: cannot be told, -E2BIG for more than KA_HOST_OEM_LIMIT structures.
 */
int ka_host_oem_string(struct ka_host *host, const char *prefix, char **ret) _must_check_;

#define KA_HOST_OEM_LIMIT 256

/* The names of the whole disks in sysfs ("vda", "nvme0n1"), sorted by bytes; NULL: there are none. */
int ka_host_disks(struct ka_host *host, char ***ret) _must_check_;

/*
 * A file as boot configuration names it: a path on a volume. Volumes are written as in fstab(5):
 * UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=…, or a device node (/dev/…); NULL is the root file
 * system as it is mounted now.
 */
struct ka_ref {
	char *volume; /* owned */
	char *path;   /* owned; absolute on the volume */
};

void ka_ref_done(struct ka_ref *ref);

/*
 * Is a volume of this name attached? 1 yes, 0 no, negative: cannot be told (no /dev/disk in the
 * captured machine).
 */
int ka_host_has_volume(struct ka_host *host, const char *volume);

/*
 * Does a disk or partition of this machine hold a part of something made by software, by udev's word
 * for such a part ("linux_raid_member", "LVM2_member", "crypto_LUKS")? 1, 0; negative: cannot be told.
 */
int ka_host_has_member(struct ka_host *host, const char *type) _must_check_;

/* May one of the RAID arrays on this machine's disks, assembled or not, have this name? As above. */
int ka_host_has_array(struct ka_host *host, const char *name) _must_check_;

/* Is something mounted right there (a canonical path)? 1, 0; negative: cannot be told. */
int ka_host_is_mount_point(struct ka_host *host, const char *path) _must_check_;

/* Does the path lie on a FAT file system, whose names know no case? */
bool ka_host_is_fat(struct ka_host *host, const char *path);

/*
 * The directory above this file on which fstab(5) mounts something, and nothing is mounted now. 1 found,
 * 0 there is none; negative: the tables cannot be read.
 */
int ka_host_find_unmounted(struct ka_host *host, const char *path, char **ret) _must_check_;

/*
 * Is this path on another mount here than the first process has it on, as in another mount namespace? 1,
 * 0; negative: cannot be told.
 */
int ka_host_is_own_mount(struct ka_host *host, const char *path);

/*
 * Where on this machine is that file? Through mountinfo: the mount of the volume whose root inside
 * the file system is a prefix of the path. A volume of the live machine that is not mounted (or not
 * the part that holds the path) is opened privately; *ret is then "NODE:PATH", which only the
 * functions here understand. -ENODEV: no such volume; -ENXIO: not mounted, and not to be opened.
 */
int ka_host_locate(struct ka_host *host, const struct ka_ref *ref, char **ret, struct ka_error *err)
	_must_check_;

/*
 * The default subvolume of a btrfs volume, as its path from the top level: "/@/.snapshots/2/snapshot", ""
 * for the top level itself. 1; 0: the volume is of another kind; negative: cannot be told (-EPERM: root
 * alone may ask; -ENODATA: it was not captured).
 */
int ka_host_default_subvolume(struct ka_host *host, const char *volume, char **ret) _must_check_;
/* For certain: is this file on btrfs? */
bool ka_host_is_btrfs(struct ka_host *host, const char *path);

/*
 * A place on a volume that is in no file, as GRUB writes it: "OFFSET+LENGTH" in sectors of 512 bytes. Its
 * name here is "NODE:OFFSET+LENGTH".
 */
struct ka_blocks {
	uint64_t offset, size; /* in bytes */
};

/* Does a name end like that? *ret_node is what stands in front of it, without the colon. */
bool ka_blocks_parse(const char *name, char **ret_node, struct ka_blocks *ret);
/* Read it whole; a place that is not on the volume as a whole: -EIO. Larger than limit: -EFBIG. */
int ka_host_read_blocks(struct ka_host *host, const char *name, size_t limit, char **ret,
			size_t *ret_len, struct ka_error *err) _must_check_;

/*
 * The other way round: the volume a file of this machine lies on, as its device node, and its path
 * on that volume. -ENXIO: it is on none (a memory file system).
 */
int ka_host_reference(struct ka_host *host, const char *path, struct ka_ref *ret) _must_check_;

/* The device nodes that are mounted somewhere visible, each once, in mount order. */
int ka_host_volumes(struct ka_host *host, char ***ret) _must_check_;

/*
 * The EFI system partition and the extended boot loader partition (XBOOTLDR), as the path of their
 * root without a slash at the end: "/efi", "/boot", or "/dev/vda1:" of one that is not mounted. NULL:
 * there is none.
 */
struct ka_boot_partitions {
	char *esp, *xbootldr; /* owned */
};

void ka_boot_partitions_done(struct ka_boot_partitions *partitions);
/*
 * The ESP with this root, as ka_chain's partition, and what belongs to it; NULL: the one that the loader named
 * when it started this machine, or that is mounted or typed so.
 * 1 when there is an ESP, 0 when not; negative: cannot be told, as of one that only root may look into.
 * Mounts that are made on demand are triggered.
 */
int ka_host_boot_partitions(struct ka_host *host, const char *esp, struct ka_boot_partitions *ret,
			    struct ka_error *err) _must_check_;

/*
 * A name of a volume: tag is "UUID", "LABEL", "PARTUUID" or "PARTLABEL". 1 found, 0 it has none,
 * negative: cannot be told. Names come from /dev/disk; libblkid is not asked.
 */
int ka_host_volume_name(struct ka_host *host, const char *volume, const char *tag, char **ret)
	_must_check_;

/* The device node behind a volume's name. 1, 0 there is no such volume, negative: cannot be told. */
int ka_host_volume_node(struct ka_host *host, const char *volume, char **ret) _must_check_;

/* Do both names mean one volume? 1, 0 (or there is no such volume); negative: cannot be told. */
int ka_host_same_volume(struct ka_host *host, const char *a, const char *b) _must_check_;
