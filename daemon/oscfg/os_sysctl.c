/*
 * Kernel settings below /proc/sys/net: written while somebody wants them, and put back as they
 * were found. Knows one by name: switching forwarding changes others, which are put back as well.
 */
#include "config.h"

#include "daemon/oscfg/os.h"

#include "daemon/oscfg/os_found.h"
#include "lib/err.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The settings that switch forwarding, and what the journal calls those they change beside. */
static const struct forward {
	const char *path, *family, *beside;
} forwards[] = {
	{ "net/ipv4/ip_forward", "ipv4", "beside" },
	{ "net/ipv6/conf/all/forwarding", "ipv6", "beside6" },
};

enum { VALUE_MAX = 128, PATH_MAX_LEN = 96 };

static int
full_path(const char *path, char out[160])
{
	if (strncmp(path, "net/", 4) != 0 || strstr(path, "..") != NULL)
		return -EINVAL;
	return snprintf(out, 160, "/proc/sys/%s", path) < 160 ? 0 : -ENAMETOOLONG;
}

/* The value, blanks between its words made one space. */
static int
read_value(const char *path, char out[VALUE_MAX])
{
	char raw[VALUE_MAX], file[160], *save = NULL;
	size_t at = 0;
	ssize_t got;
	int fd, rc = full_path(path, file);

	if (rc < 0)
		return rc;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, raw, sizeof raw - 1);
	rc = got < 0 ? -errno : 0;
	close(fd);
	if (rc < 0)
		return rc;
	raw[got] = '\0';
	out[0] = '\0';
	for (char *w = strtok_r(raw, " \t\n", &save); w != NULL; w = strtok_r(NULL, " \t\n", &save))
		at += (size_t)snprintf(out + at, VALUE_MAX - at, "%s%s", at > 0 ? " " : "", w);
	return 0;
}

static int
write_value(const char *path, const char *value)
{
	char file[160];
	int fd, rc = full_path(path, file);

	if (rc < 0)
		return rc;
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static const struct forward *
forward_of(const char *path)
{
	for (size_t i = 0; i < sizeof forwards / sizeof forwards[0]; i++)
		if (strcmp(forwards[i].path, path) == 0)
			return &forwards[i];
	return NULL;
}

static int
note_beside(struct oscfg *o, const struct forward *f, const char *path, struct err *e)
{
	char now[VALUE_MAX];

	if (read_value(path, now) < 0)
		return 0;
	return os_found_put(o->found, f->beside, path, now, e);
}

static int
note_device(struct oscfg *o, const struct forward *f, const char *device, struct err *e)
{
	char path[PATH_MAX_LEN];

	snprintf(path, sizeof path, "net/%s/conf/%s/forwarding", f->family, device);
	return note_beside(o, f, path, e);
}

/* The kernel, told to forward (or not), sets each device to it, and whether redirects are heard. */
static int
note_all_beside(struct oscfg *o, const struct forward *f, struct err *e)
{
	struct if_nameindex *devices = if_nameindex();
	int rc = 0;

	if (strcmp(f->family, "ipv4") == 0)
		rc = note_beside(o, f, "net/ipv4/conf/all/accept_redirects", e);

	if (rc == 0)
		rc = note_device(o, f, "default", e);
	for (size_t i = 0; rc == 0 && devices != NULL && devices[i].if_index != 0; i++)
		rc = note_device(o, f, devices[i].if_name, e);
	if_freenameindex(devices);
	return rc;
}

static int
restore_beside(void *arg, const char *name, const char *value)
{
	char now[VALUE_MAX];

	if (read_value(name, now) == 0 && strcmp(now, value) != 0)
		(void)write_value(name, value);
	return 0;
}

static void
restore_all_beside(struct oscfg *o, const struct forward *f)
{
	(void)os_found_each(o->found, f->beside, restore_beside, NULL);
	os_found_drop_kind(o->found, f->beside);
}

static int
set(struct oscfg *o, const struct want_sysctl *s, struct err *e)
{
	char now[VALUE_MAX];
	int rc = read_value(s->path, now);

	if (rc < 0)
		return err_set(e, rc, s->path, "kernel setting: %s", strerror(-rc));
	if (strcmp(now, s->value) == 0)
		return 0; /* nothing to put back later, perhaps even not ours to write */
	if (os_found_get(o->found, "sysctl", s->path) == NULL) {
		if (forward_of(s->path) != NULL)
			rc = note_all_beside(o, forward_of(s->path), e);
		if (rc == 0)
			rc = os_found_put(o->found, "sysctl", s->path, now, e);
		if (rc < 0)
			return rc;
	}
	rc = write_value(s->path, s->value);
	if (rc < 0)
		return err_set(e, rc, s->path, "kernel setting %s: %s", s->value, strerror(-rc));
	return 0;
}

static int
sysctl_add(struct oscfg *o, const struct want *w, struct err *e)
{
	return set(o, &w->sysctl, e);
}

static int
sysctl_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	return set(o, &w->sysctl, e);
}

/* A setting that somebody else has changed meanwhile is theirs; one whose device is gone is nobody's. */
static int
sysctl_del(struct oscfg *o, const struct want *w, struct err *e)
{
	const struct want_sysctl *s = &w->sysctl;
	const char *was = os_found_get(o->found, "sysctl", s->path);
	char now[VALUE_MAX];
	int rc;

	if (was == NULL)
		return 0;
	rc = read_value(s->path, now);
	if (rc == 0 && strcmp(now, s->value) == 0)
		rc = write_value(s->path, was);
	if (rc < 0 && rc != -ENOENT)
		return err_set(e, rc, s->path, "kernel setting %s: %s", was, strerror(-rc));
	if (forward_of(s->path) != NULL)
		restore_all_beside(o, forward_of(s->path));
	os_found_drop(o->found, "sysctl", s->path);
	return 0;
}

static int
dump_one(void *arg, const char *name, const char *value)
{
	struct want w = { .kind = WANT_SYSCTL };
	char now[VALUE_MAX];

	if (read_value(name, now) < 0)
		return 0;
	snprintf(w.sysctl.path, sizeof w.sysctl.path, "%s", name);
	snprintf(
		w.sysctl.value, sizeof w.sysctl.value, "%.*s", (int)sizeof w.sysctl.value - 1, now);
	os_dump_add(arg, &w);
	return 0;
}

static int
sysctl_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	return os_found_each(o->found, "sysctl", dump_one, d);
}

const struct os_ops os_sysctl_ops = {
	.add = sysctl_add,
	.change = sysctl_change,
	.del = sysctl_del,
	.dump = sysctl_dump,
};
