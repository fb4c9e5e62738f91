// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root on encrypted volumes: what will unlock them after the jump? Which volumes they are, sysfs says;
 * what unlocks them, their own headers, which libcryptsetup reads.
 */

#include "base/library.h"
#include "checks/checks.h"
#include "checks/crypttab.h"
#include "checks/pcrs.h"
#include "checks/tokens.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <libcryptsetup.h>
#include <stdio.h>

#define BLOCK_FOLDER	"/sys/class/block"
#define VOLUMES_LIMIT	64 /* below the root; also how deep they can be on one another */
#define TOKENS_LIMIT	32
#define CRYPTSETUP_KEYS "etc/cryptsetup-keys.d/"

static struct {
	__typeof__(&crypt_init) init;
	__typeof__(&crypt_load) load;
	__typeof__(&crypt_free) free;
	__typeof__(&crypt_token_json_get) token;
	__typeof__(&crypt_metadata_locking) locking;
	__typeof__(&crypt_set_log_callback) set_log;
} cs;

static int load_library(void)
{
	const struct ka_symbol symbols[] = {
		{ &cs.init, "crypt_init" },
		{ &cs.load, "crypt_load" },
		{ &cs.free, "crypt_free" },
		{ &cs.token, "crypt_token_json_get" },
		{ &cs.locking, "crypt_metadata_locking" },
		{ &cs.set_log, "crypt_set_log_callback" },
	};

	return cs.set_log
		       ? 0
		       : ka_library_load(KA_LIBRARY_CRYPTSETUP, symbols, ARRAY_SIZE(symbols), NULL);
}

static void be_silent(_unused_ int level, _unused_ const char *text, _unused_ void *userdata)
{
}

/* False: no LUKS2, or not to be read here. */
static bool read_tokens(struct ka_host *host, const char *device, struct ka_tokens *ret)
{
	_cleanup_close_ int fd = -1;
	struct crypt_device *cd = NULL;
	char path[64];
	bool is_read;

	if (ka_host_open_device(host, device, &fd, NULL) < 0 || load_library() < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cs.set_log(NULL, be_silent, NULL);
	/* Nobody waits for a lock, and no lock file is made. */
	cs.locking(NULL, 0);
	if (cs.init(&cd, path) < 0)
		return false;
	is_read = cs.load(cd, CRYPT_LUKS2, NULL) == 0;
	for (int i = 0; is_read && i < TOKENS_LIMIT; i++) {
		const char *json;

		if (cs.token(cd, i, &json) >= 0)
			ka_tokens_add(ret, json);
	}
	cs.free(cd);
	return is_read;
}

/* By crypttab(5): a key, or a program that prints one. */
static bool unlocks_alone(const struct ka_crypttab_line *line)
{
	return line->key && ((!ka_streq(line->key, "none") && !ka_streq(line->key, "-")) ||
			     (line->options && strstr(line->options, "keyscript=")));
}

/* "cryptdevice=DEVICE:NAME:OPTIONS", of mkinitcpio's hook "encrypt". */
static bool is_cryptdevice(const char *cmdline, const char *name)
{
	_cleanup_free_ char *value = NULL;
	const char *own;

	if (!ka_cmdline_get(cmdline, "cryptdevice", &value) || !(own = strchr(value, ':')))
		return false;
	return strcspn(own + 1, ":") == strlen(name) && ka_startswith(own + 1, name);
}

/*
 * Is a key in the initrd, under the name by which the volume's own program opens it? systemd-cryptsetup takes that of
 * the volume; "encrypt" takes /crypto_keyfile.bin for its one volume; NixOS's first stage has the name in itself.
 */
static bool has_key_inside(struct ka_check_context *c, const char *name)
{
	_cleanup_free_ char *own = ka_format(CRYPTSETUP_KEYS "%s.key", name), *init = NULL;
	bool is_nixos = ka_cmdline_get(c->plan->cmdline, "init", &init) &&
			ka_startswith(init, "/nix/store/");

	for (char **p = c->initrds.key_files; p && *p; p++) {
		bool is_named = ka_startswith(*p, CRYPTSETUP_KEYS);

		if (is_named ? ka_streq(*p, own)
			     : is_nixos || (ka_streq(*p, "crypto_keyfile.bin") &&
					    is_cryptdevice(c->plan->cmdline, name)))
			return true;
	}
	return false;
}

/* Is there a key file for the volume: in the initrd, on the command line, by crypttab(5)? */
static bool has_key_file(struct ka_check_context *c, const char *name)
{
	static const char *const keys[] = { "rd.luks.key", "cryptkey" };
	_cleanup_(ka_crypttab_done) struct ka_crypttab table = { 0 };
	struct ka_crypttab_line line;
	bool found = has_key_inside(c, name);

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !found; i++) {
		_cleanup_free_ char *value = NULL;

		found = ka_cmdline_get(c->plan->cmdline, keys[i], &value);
	}
	if (found)
		return true;
	table = ka_crypttab_open(c->host);
	while (ka_crypttab_next(&table, &line))
		if (ka_streq(line.name, name) && line.device)
			found = unlocks_alone(&line);
	return found;
}

/* Can somebody far away type it? By a shell in the initrd, or a network that is asked for. */
static bool is_reachable(const struct ka_check_context *c)
{
	static const char *const keys[] = { "rd.neednet", "ip" };
	bool found = c->initrds.has_remote_shell || c->initrds.is_partial;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !found; i++) {
		_cleanup_free_ char *value = NULL;

		found = ka_cmdline_get(c->plan->cmdline, keys[i], &value);
	}
	return found;
}

static void check_person(struct ka_check_context *c, const char *name,
			 const struct ka_tokens *tokens)
{
	if (has_key_file(c, name) || is_reachable(c))
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_UNLOCK_BY_HAND, NULL,
		  "have somebody at the console, or enroll the TPM (systemd-cryptenroll) or "
		  "Clevis",
		  "the root is on the encrypted volume '%s', which %s unlocks: the restart "
		  "waits for it, as a cold one would",
		  name, tokens->has_device ? "a security key or a PIN" : "a passphrase");
}

/* crypttab(5) may have said it of the same volume. */
static bool is_reported(const struct ka_findings *findings, const char *name)
{
	_cleanup_free_ char *start = ka_format("'%s' unlocks by PCR ", name);

	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].id == KA_ID_TPM_UNLOCK &&
		    ka_startswith(findings->items[i].text, start))
			return true;
	return false;
}

static void check_volume(struct ka_check_context *c, const char *name, const char *device)
{
	_cleanup_free_ char *pcrs = NULL;
	struct ka_tokens tokens = { 0 };

	if (!read_tokens(c->host, device, &tokens) || tokens.unlocks_alone)
		return;
	if (!tokens.stale) {
		check_person(c, name, &tokens);
		return;
	}
	if (is_reported(c->findings, name))
		return;
	pcrs = ka_pcrs_format(tokens.stale);
	ka_report(c->findings, KA_WARNING, KA_ID_TPM_UNLOCK, device,
		  "have the passphrase at hand, or reboot cold",
		  "'%s', where the root is, unlocks by PCR %s of the TPM, which a kexec does "
		  "not measure anew: it may ask for the passphrase",
		  name, pcrs);
}

/* "/sys/class/block/NAME/FILE", its first line. *ret stays NULL when it is not there. */
static void read_block(struct ka_host *host, const char *name, const char *file, char **ret)
{
	_cleanup_free_ char *path = ka_format(BLOCK_FOLDER "/%s/%s", name, file);

	(void)!ka_host_read_line(host, path, ret, NULL);
}

/* A volume and, below it, those it is made of, each once: dm-0 on md0 on sda2. */
static void walk(struct ka_check_context *c, const char *name, char ***seen)
{
	_cleanup_free_ char *uuid = NULL, *title = NULL, *folder = NULL;
	_cleanup_strv_ char **slaves = NULL;
	bool is_luks;

	if (ka_strv_contains(*seen, name) || ka_strv_length(*seen) == VOLUMES_LIMIT)
		return;
	ka_strv_add(seen, name);
	read_block(c->host, name, "dm/uuid", &uuid);
	read_block(c->host, name, "dm/name", &title);
	folder = ka_format(BLOCK_FOLDER "/%s/slaves", name);
	if (ka_host_list(c->host, folder, &slaves, NULL) < 0)
		return;
	/* LUKS1 has no tokens. */
	if (uuid && ka_startswith(uuid, "CRYPT-LUKS1-"))
		check_person(c, title ? title : name, &(struct ka_tokens){ 0 });
	is_luks = uuid && ka_startswith(uuid, "CRYPT-LUKS2-");
	for (char **p = slaves; *p; p++) {
		_cleanup_free_ char *device = ka_format("/dev/%s", *p);

		if (is_luks)
			check_volume(c, title ? title : name, device);
		walk(c, *p, seen);
	}
}

void ka_check_luks(struct ka_check_context *c)
{
	_cleanup_(ka_ref_done) struct ka_ref root = { 0 };
	_cleanup_strv_ char **seen = NULL;
	_cleanup_free_ char *node = NULL;

	if (!c->plan->cmdline || ka_host_reference(c->host, "/", &root) < 0 || !root.volume ||
	    ka_host_canonical(c->host, root.volume, &node) < 0)
		return;
	walk(c, strrchr(node, '/') + 1, &seen);
}
