/*
 * The first configuration of a router that has none: its physical interfaces.
 */
#include "config.h"

#include "daemon/firstrun.h"

#include "daemon/commit.h"
#include "daemon/daemon.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"
#include "schema/changes.h"
#include "schema/row.h"
#include "schema/store.h"
#include "schema/type_interface.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
interface_add(struct store *s, unsigned int n, const char *device)
{
	struct value v[32] = { 0 };
	struct interface_name name;
	char text[32];
	int rc;

	snprintf(text, sizeof(text), "GigabitEthernet0/0/%u", n);
	rc = interface_name_parse(text, &name);
	if (rc != 0 || model_interface.n_columns > sizeof(v) / sizeof(v[0]))
		return rc != 0 ? rc : -ENOBUFS;
	v[model_column(&model_interface, "name")] = VALUE_OF_TEXT(name.name);
	v[model_column(&model_interface, "kind")] = VALUE_OF_TEXT(name.kind);
	v[model_column(&model_interface, "position")] = VALUE_OF_INT(name.position);
	v[model_column(&model_interface, "device")] = VALUE_OF_TEXT(device);
	return row_put(s, &model_interface, v);
}

static int
devices_add(struct store *s, const struct oscfg_device *devices, size_t n, void **changeset,
	size_t *len)
{
	int rc = changes_record(s);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = interface_add(s, (unsigned int)i, devices[i].name);
	return rc != 0 ? rc : changes_take(s, changeset, len);
}

static int
candidate(struct daemon *d, struct store **out, struct err *e)
{
	void *image = NULL;
	size_t len;
	int rc = store_image(d->store, &image, &len);

	if (rc == 0)
		rc = store_from_image(image, len, out, e);
	free(image);
	return rc;
}

int
firstrun(struct daemon *d, struct err *e)
{
	const struct commit_request request = {
		.schema = STORE_SCHEMA, .user = "system", .terminal = "", .text = "(first start)"
	};
	struct arena *a = arena_new();
	struct oscfg_device *devices;
	struct store *s = NULL;
	void *changeset = NULL;
	size_t n = 0, len = 0;
	int rc = 0;

	if (store_revision(d->store) != 0)
		goto out;
	rc = oscfg_devices(d->os, a, &devices, &n);
	if (rc == 0 && n > 0)
		rc = candidate(d, &s, e);
	if (rc == 0 && n > 0)
		rc = devices_add(s, devices, n, &changeset, &len);
	if (rc != 0)
		err_set(e, rc, "first start", "the devices cannot be entered: %s", strerror(-rc));
	else if (len > 0)
		rc = commit(d, &request, changeset, len, e);
	compile_abort(d->compile); /* all of it is compiled next */
	if (rc == 0 && len > 0)
		log_info("first start: %zu devices became GigabitEthernet interfaces", n);
out:
	free(changeset);
	store_close(s);
	arena_free(a);
	return rc;
}
