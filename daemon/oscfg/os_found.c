/*
 * The journal of how the kernel was found. Text, a line an event, appended before the kernel is
 * touched: "+ kind name value" or "- kind name", after a line that names the boot and the network
 * namespace. No fsync: a crash of the machine takes with it all that would have to be restored.
 * Refuses to know what the entries mean.
 */
#include "config.h"

#include "daemon/oscfg/os_found.h"

#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/tree.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

enum { LINE_LEN_MAX = 512 };

struct entry {
	RB_ENTRY(entry) node;
	char *kind, *name, *value;
};

RB_HEAD(entries, entry);

struct os_found {
	struct entries entries;
	char *path;
	int fd;		/* appended to */
	char head[128]; /* which kernel, which namespace */
};

static int
entry_cmp(const struct entry *a, const struct entry *b)
{
	int d = strcmp(a->kind, b->kind);

	return d != 0 ? d : strcmp(a->name, b->name);
}

RB_GENERATE_INTERNAL(entries, entry, node, entry_cmp, static __attribute__((unused)))

static void
entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	free(e->kind);
	free(e->name);
	free(e->value);
	free(e);
}

static struct entry *
entry_find(const struct os_found *f, const char *kind, const char *name)
{
	struct entry want = { .kind = (char *)kind, .name = (char *)name };

	return RB_FIND(entries, (struct entries *)&f->entries, &want);
}

static void
forget(struct os_found *f, const char *kind, const char *name)
{
	struct entry *e = entry_find(f, kind, name);

	if (e != NULL)
		RB_REMOVE(entries, &f->entries, e);
	entry_free(e);
}

static int
remember(struct os_found *f, const char *kind, const char *name, const char *value)
{
	struct entry *e = calloc(1, sizeof *e);

	if (e == NULL)
		return -ENOMEM;
	e->kind = strdup(kind);
	e->name = strdup(name);
	e->value = strdup(value);
	if (e->kind == NULL || e->name == NULL || e->value == NULL) {
		entry_free(e);
		return -ENOMEM;
	}
	forget(f, kind, name);
	RB_INSERT(entries, &f->entries, e);
	return 0;
}

/* One line, in one piece. */
static int append(struct os_found *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int
append(struct os_found *f, const char *fmt, ...)
{
	char line[LINE_LEN_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof line)
		return -ENAMETOOLONG;
	return write(f->fd, line, (size_t)len) == len ? 0 : errno != 0 ? -errno : -EIO;
}

/* This boot and this namespace, so that stale entries are never "restored". */
static void
make_head(struct os_found *f)
{
	char boot[64] = "-";
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;
	FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (in != NULL) {
		if (fscanf(in, "%63s", boot) != 1)
			memcpy(boot, "-", 2);
		fclose(in);
	}
	if (s >= 0) {
		(void)getsockopt(s, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len);
		close(s);
	}
	snprintf(f->head, sizeof f->head, "found 1 %s %" PRIu64, boot, cookie);
}

static void
replay(struct os_found *f, char *line)
{
	char *save = NULL;
	char *sign = strtok_r(line, " ", &save), *kind = strtok_r(NULL, " ", &save);
	char *name = strtok_r(NULL, " ", &save), *value = strtok_r(NULL, "", &save);

	if (name == NULL)
		return;
	if (strcmp(sign, "+") == 0)
		(void)remember(f, kind, name, value != NULL ? value : "");
	else if (strcmp(sign, "-") == 0)
		forget(f, kind, name);
}

static void
load(struct os_found *f)
{
	FILE *in = fopen(f->path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	bool ours = false, first = true;

	if (in == NULL)
		return;
	while ((len = getline(&line, &cap, in)) > 0) {
		if (line[len - 1] != '\n')
			break; /* the writer died in mid-line: the kernel was not yet touched */
		line[len - 1] = '\0';
		if (first)
			ours = strcmp(line, f->head) == 0;
		else if (ours)
			replay(f, line);
		first = false;
	}
	free(line);
	fclose(in);
}

/* Writes the present entries as a fresh file, which takes the old one's place at once. */
static int
compact(struct os_found *f)
{
	char tmp[4096];
	struct entry *e;
	int rc;

	if (snprintf(tmp, sizeof tmp, "%s.new", f->path) >= (int)sizeof tmp)
		return -ENAMETOOLONG;
	f->fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return -errno;
	rc = append(f, "%s\n", f->head);
	RB_FOREACH (e, entries, &f->entries)
		if (rc == 0)
			rc = append(f, "+ %s %s %s\n", e->kind, e->name, e->value);
	if (rc == 0 && rename(tmp, f->path) < 0)
		rc = -errno;
	return rc;
}

int
os_found_open(const char *state_dir, struct os_found **out, struct err *e)
{
	struct os_found *f = calloc(1, sizeof *f);
	int rc;

	if (f == NULL)
		return -ENOMEM;
	RB_INIT(&f->entries);
	f->fd = -1;
	if (asprintf(&f->path, "%s/kernel.found", state_dir) < 0) {
		f->path = NULL;
		rc = -ENOMEM;
		goto out;
	}
	make_head(f);
	load(f);
	rc = compact(f);
	if (rc < 0)
		err_set(e, rc, f->path, "cannot be written: %s", strerror(-rc));
out:
	if (rc < 0) {
		os_found_close(f);
		f = NULL;
	}
	*out = f;
	return rc;
}

void
os_found_close(struct os_found *f)
{
	struct entry *e, *next;

	if (f == NULL)
		return;
	RB_FOREACH_SAFE (e, entries, &f->entries, next) {
		RB_REMOVE(entries, &f->entries, e);
		entry_free(e);
	}
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

const char *
os_found_get(const struct os_found *f, const char *kind, const char *name)
{
	struct entry *e = entry_find(f, kind, name);

	return e != NULL ? e->value : NULL;
}

int
os_found_put(
	struct os_found *f, const char *kind, const char *name, const char *value, struct err *e)
{
	int rc;

	if (strpbrk(name, " \n") != NULL || strchr(value, '\n') != NULL)
		return err_set(e, -EINVAL, name, "cannot be written to %s", f->path);
	rc = append(f, "+ %s %s %s\n", kind, name, value);
	if (rc == 0)
		rc = remember(f, kind, name, value);
	if (rc < 0)
		return err_set(e, rc, f->path, "cannot be written: %s", strerror(-rc));
	return 0;
}

void
os_found_drop(struct os_found *f, const char *kind, const char *name)
{
	int rc;

	if (entry_find(f, kind, name) == NULL)
		return;
	rc = append(f, "- %s %s\n", kind, name);
	forget(f, kind, name); /* name may be the entry's own */
	if (rc < 0)
		log_warn("%s: cannot be written: %s", f->path, strerror(-rc));
}

void
os_found_drop_kind(struct os_found *f, const char *kind)
{
	struct entry *e, *next;

	RB_FOREACH_SAFE (e, entries, &f->entries, next) {
		if (strcmp(e->kind, kind) == 0)
			os_found_drop(f, kind, e->name);
	}
}

int
os_found_each(const struct os_found *f, const char *kind,
	int (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	struct entry *e;
	int rc = 0;

	RB_FOREACH (e, entries, (struct entries *)&f->entries) {
		if (strcmp(e->kind, kind) == 0)
			rc = fn(arg, e->name, e->value);
		if (rc < 0)
			break;
	}
	return rc;
}
