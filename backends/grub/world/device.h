/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "state/grub.h"

/* Devices and files by the names a script has for them. */

/*
 * A device as the script knows it: a name ("hd0,gpt2") and what it is here. Names are the hints of
 * a search command where it gives some, as the real one is firmware's to know.
 */
struct grub_device {
	char *name;
	char *volume;  /* for ka_ref; NULL: the name means nothing here */
	bool invented; /* no hint named it: the name is ours alone */
	char *shown; /* what people read instead of a name of ours that GRUB has for nothing; or NULL */
	struct grub_device *next;
};

struct grub_device *grub_device_by_name(struct grub *g, const char *name, size_t len);
/* A device under the name GRUB most likely has for it. */
struct grub_device *grub_device_guess(struct grub *g, const char *volume);
/* The text with the names that nobody but us has replaced by what GRUB most likely calls the devices. */
char *grub_device_show(const struct grub *g, const char *text) _must_check_;
/* A name for a volume that was found: what it is called already, the hint (may be NULL), else a guess. */
struct grub_device *grub_device_name(struct grub *g, const char *volume, const char *hint);
struct grub_device *grub_device_add(struct grub *g, const char *name, const char *volume);
/* Where a path of the script is on this machine. 1: there, 0: no such file, negative: the device
 * means nothing here, or its volume is not mounted. *ret may be set for 0 too. */
int grub_locate(struct grub *g, const char *path, char **ret);
/*
 * "(device)OFFSET+LENGTH", sectors of it, for ka_host_read_blocks(). 1; 0: it is no such name, or there is no
 * such device; negative: the device means nothing here.
 */
int grub_locate_blocks(struct grub *g, const char *path, char **ret);
/*
 * A path on the memdisk of the program that boots (ka_memdisk_look() says what is there). 1: it is one;
 * 0: on another device; negative: on a memdisk that cannot be read.
 */
int grub_on_memdisk(struct grub *g, const char *path, const char **ret);
/* The device part of a path, without parentheses: its own, or $root. NULL: none set. */
char *grub_path_device(struct grub *g, const char *path);
/* Forget where files were found: a name may mean another device now. */
void grub_forget_located(struct grub *g);
/* Forget all devices, and where files were found. */
void grub_devices_done(struct grub *g);
/* Is there one disk alone, so that its name is no question of order? */
bool grub_has_one_disk(struct grub *g);
/* The volume behind a device's name. -ENODEV: nobody knows; -ENOENT: there is no such device. */
int grub_find_volume(struct grub *g, const char *name, char **ret);
/* "//a/b" is "/a/b" for GRUB's file systems. */
char *grub_single_slashes(const char *path);
int grub_search(struct grub *g, char **argv, size_t argc);
int grub_probe(struct grub *g, char **argv, size_t argc);
