// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * boot.json: what NixOS's RFC 125 calls a bootspec, version 1. Keys of a document are namespaces;
 * those of others are passed over. Types are strict: a document that says something else than it
 * should is not guessed at.
 */

#include "nixos.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <json-c/json.h>

#define V1	       "org.nixos.bootspec.v1"
#define SPECIALISATION "org.nixos.specialisation.v1"
#define DEPTH_LIMIT    32

void nixos_system_done(struct nixos_system *system)
{
	for (size_t i = 0; i < system->n_specialisations; i++)
		nixos_system_done(&system->specialisations[i]);
	free(system->specialisations);
	free(system->label);
	free(system->platform);
	free(system->kernel);
	free(system->initrd);
	free(system->init);
	free(system->params);
	free(system->toplevel);
	free(system->devicetree);
	free(system->secrets_script);
	free(system->name);
	*system = (struct nixos_system){ .label = NULL };
}

struct nixos_system *nixos_add_specialisation(struct nixos_system *system, const char *name)
{
	size_t n = system->n_specialisations;
	struct nixos_system *p;

	if (n >= NIXOS_SPECIALISATIONS_LIMIT)
		return NULL;
	system->specialisations = p = ka_reallocarray(system->specialisations, n + 1, sizeof(*p));
	p += n;
	*p = (struct nixos_system){ .name = ka_strdup(name) };
	system->n_specialisations++;
	return p;
}

/* What goes wrong in one document; NULL: nothing did. */
struct reader {
	char *why;
};

static bool bad(struct reader *reader, const char *key, const char *what)
{
	if (!reader->why)
		reader->why = ka_format("'%s' %s", key, what);
	return false;
}

static bool is_clean(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	return strlen(text) == (size_t)json_object_get_string_len(value) && !strchr(text, '\n');
}

/* A string; of an optional one null is nothing. */
static bool take_string(struct reader *reader, struct json_object *o, const char *key,
			bool required, char **ret)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value) || !value)
		return required ? bad(reader, key, "is missing") : true;
	if (!json_object_is_type(value, json_type_string))
		return bad(reader, key, "is no string");
	if (!is_clean(value))
		return bad(reader, key, "holds a NUL or a line break");
	*ret = ka_strdup(json_object_get_string(value));
	return true;
}

static bool take_path(struct reader *reader, struct json_object *o, const char *key, bool required,
		      char **ret)
{
	if (!take_string(reader, o, key, required, ret))
		return false;
	return !*ret || **ret == '/' ? true : bad(reader, key, "is no absolute path");
}

/* Elements may hold blanks and quotes; they are passed on as they are. */
static bool take_params(struct reader *reader, struct json_object *o, char **ret)
{
	static const char key[] = "kernelParams";
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	struct json_object *array = NULL;

	if (!json_object_object_get_ex(o, key, &array) ||
	    !json_object_is_type(array, json_type_array))
		return bad(reader, key, "is no list");
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *value = json_object_array_get_idx(array, i);

		if (!json_object_is_type(value, json_type_string))
			return bad(reader, key, "holds something else than strings");
		if (!is_clean(value))
			return bad(reader, key, "holds a NUL or a line break");
		ka_buf_addf(&buf, "%s%s", i > 0 ? " " : "", json_object_get_string(value));
	}
	*ret = ka_buf_take(&buf);
	return true;
}

/* Is a namespace there, in any version ("org.xenproject.bootspec.v1", "….v2")? */
static bool has_namespace(struct json_object *document, const char *name)
{
	json_object_object_foreach(document, key, value)
	{
		const char *rest = ka_startswith(key, name);

		(void)value;
		if (rest && (!*rest || *rest == '.'))
			return true;
	}
	return false;
}

/*
 * org.nixos.extra-initrd: files of the boot partition that the loader hands over behind the initrd. Of an empty
 * list of version 1 there are none; what another version, or another form, says is not known: there may be some.
 */
static bool names_initrds(struct json_object *document)
{
	struct json_object *v1 = NULL, *paths = NULL;

	json_object_object_foreach(document, key, value)
	{
		const char *version = ka_startswith(key, "org.nixos.extra-initrd");

		(void)value;
		if (version && !ka_streq(version, ".v1"))
			return true;
	}
	if (!json_object_object_get_ex(document, "org.nixos.extra-initrd.v1", &v1) || !v1)
		return false;
	return !json_object_object_get_ex(v1, "paths", &paths) ||
	       !json_object_is_type(paths, json_type_array) || json_object_array_length(paths) > 0;
}

/* Objects of other projects that change what booting means. */
static bool take_extensions(struct reader *reader, struct json_object *document,
			    struct nixos_system *system)
{
	struct json_object *value = NULL;

	system->is_xen = has_namespace(document, "org.xenproject.bootspec");
	system->is_signed = has_namespace(document, "org.nix-community.lanzaboote");
	system->has_initrds = names_initrds(document);
	if (!json_object_object_get_ex(document, "org.nixos.systemd-boot", &value) ||
	    !json_object_is_type(value, json_type_object))
		return true;
	return take_path(reader, value, "devicetree", false, &system->devicetree);
}

static bool take_system(struct reader *reader, struct json_object *document,
			struct nixos_system *system)
{
	struct json_object *o = NULL;

	if (!json_object_object_get_ex(document, V1, &o) ||
	    !json_object_is_type(o, json_type_object))
		return bad(reader, V1, "is no object");
	if (!take_string(reader, o, "label", true, &system->label) ||
	    !take_string(reader, o, "system", true, &system->platform) ||
	    !take_path(reader, o, "kernel", true, &system->kernel) ||
	    !take_path(reader, o, "init", true, &system->init) ||
	    !take_path(reader, o, "toplevel", true, &system->toplevel) ||
	    !take_path(reader, o, "initrd", false, &system->initrd) ||
	    !take_path(reader, o, "initrdSecrets", false, &system->secrets_script) ||
	    !take_params(reader, o, &system->params))
		return false;
	return take_extensions(reader, document, system);
}

/* A specialisation is a document like its parent; they do not nest. */
static bool take_specialisations(struct reader *reader, struct json_object *document,
				 struct nixos_system *system)
{
	struct json_object *o = NULL;

	if (!json_object_object_get_ex(document, SPECIALISATION, &o) || !o)
		return true;
	if (!json_object_is_type(o, json_type_object))
		return bad(reader, SPECIALISATION, "is no object");
	json_object_object_foreach(o, name, value)
	{
		struct nixos_system *s;

		if (!*name || strchr(name, '/') || strchr(name, '\n'))
			return bad(reader, SPECIALISATION, "holds a name that is none");
		if (!json_object_is_type(value, json_type_object))
			return bad(reader, SPECIALISATION, "holds something else than documents");
		s = nixos_add_specialisation(system, name);
		if (!s)
			return bad(reader, SPECIALISATION, "holds more than 256");
		if (!take_system(reader, value, s))
			return false;
	}
	return true;
}

static struct json_object *parse_json(const char *text, size_t len, char **ret_why)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_LIMIT);
	struct json_object *document;

	if (!tokener)
		ka_out_of_memory();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	document = json_tokener_parse_ex(tokener, text, (int)len + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		*ret_why = ka_format("byte %zu: %s", json_tokener_get_parse_end(tokener),
				     json_tokener_error_desc(json_tokener_get_error(tokener)));
		json_object_put(document);
		document = NULL;
	}
	json_tokener_free(tokener);
	return document;
}

/* "org.nixos.bootspec.v2" and the like: the namespace of another version. NULL: there is none. */
static const char *other_version(struct json_object *document)
{
	json_object_object_foreach(document, key, value)
	{
		(void)value;
		if (ka_startswith(key, "org.nixos.bootspec.v"))
			return key;
	}
	return NULL;
}

static enum nixos_bootspec read_document(struct json_object *document, struct nixos_system *ret,
					 char **ret_why)
{
	struct nixos_system system = { .label = NULL };
	struct reader reader = { .why = NULL };
	const char *other;

	if (!json_object_is_type(document, json_type_object)) {
		*ret_why = ka_strdup("the document is no object");
		return NIXOS_BOOTSPEC_BAD;
	}
	if (!json_object_object_get_ex(document, V1, NULL)) {
		other = other_version(document);
		*ret_why = ka_strdup(other ? other : "it has no " V1);
		return other ? NIXOS_BOOTSPEC_UNKNOWN : NIXOS_BOOTSPEC_NONE;
	}
	if (!take_system(&reader, document, &system) ||
	    !take_specialisations(&reader, document, &system)) {
		nixos_system_done(&system);
		*ret_why = reader.why;
		return NIXOS_BOOTSPEC_BAD;
	}
	*ret = system;
	return NIXOS_BOOTSPEC_OK;
}

enum nixos_bootspec nixos_bootspec_parse(const char *text, size_t len, struct nixos_system *ret,
					 char **ret_why)
{
	enum nixos_bootspec kind = NIXOS_BOOTSPEC_BAD;
	struct json_object *document;

	*ret_why = NULL;
	document = parse_json(text, len, ret_why);
	if (document)
		kind = read_document(document, ret, ret_why);
	else if (!*ret_why)
		*ret_why = ka_strdup("the document is null");
	json_object_put(document);
	return kind;
}
