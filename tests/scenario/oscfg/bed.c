/*
 * The test bed of the privileged tests.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"

#include "lib/arena.h"
#include "lib/loop.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MADE_MAX = 16 };

static char *made[MADE_MAX];
static size_t n_made;

static char *
run(const char *cmd, int *status)
{
	char *out = NULL;
	size_t len = 0;
	ssize_t got = 0;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		dup2(p[1], 2);
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	do {
		len += (size_t)got;
		out = realloc(out, len + 65536 + 1);
		if (out == NULL)
			abort();
	} while ((got = read(p[0], out + len, 65536)) > 0);
	out[len] = '\0';
	close(p[0]);
	waitpid(pid, status, 0);
	return out;
}

static char *
run_v(const char *fmt, va_list ap, int *status)
{
	char *cmd, *out;

	if (vasprintf(&cmd, fmt, ap) < 0)
		abort();
	out = run(cmd, status);
	free(cmd);
	return out;
}

int
sh(const char *fmt, ...)
{
	va_list ap;
	char *out;
	int status;

	va_start(ap, fmt);
	out = run_v(fmt, ap, &status);
	va_end(ap);
	free(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

char *
sh_out(const char *fmt, ...)
{
	va_list ap;
	char *out;
	int status;

	va_start(ap, fmt);
	out = run_v(fmt, ap, &status);
	va_end(ap);
	return out;
}

bool
sh_says(const char *text, const char *fmt, ...)
{
	va_list ap;
	char *out;
	int status;
	bool says;

	va_start(ap, fmt);
	out = run_v(fmt, ap, &status);
	va_end(ap);
	says = strstr(out, text) != NULL;
	free(out);
	return says;
}

char *
netns_make(const char *what)
{
	char *name;

	if (n_made == MADE_MAX || asprintf(&name, "oscfg-%d-%s", (int)getpid(), what) < 0)
		abort();
	sh("ip netns del %s", name);
	CU_ASSERT_EQUAL_FATAL(sh("ip netns add %s && ip -n %s link set lo up", name, name), 0);
	made[n_made] = strdup(name);
	n_made++;
	return name;
}

void
netns_remove_all(void)
{
	while (n_made > 0) {
		n_made--;
		sh("ip netns del %s", made[n_made]);
		free(made[n_made]);
	}
}

static void
count_change(void *arg)
{
	struct bed *b = arg;

	b->n_changed++;
}

static void
start(struct bed *b)
{
	b->loop = loop_new_virtual();
	b->arena = arena_new();
	CU_ASSERT_EQUAL_FATAL(oscfg_new(b->loop, b->dir, count_change, b, &b->o, &b->err), 0);
}

static void
stop(struct bed *b)
{
	oscfg_free(b->o);
	arena_free(b->arena);
	loop_free(b->loop);
}

void
bed_open(struct bed *b)
{
	memset(b, 0, sizeof *b);
	CU_ASSERT_EQUAL_FATAL(unshare(CLONE_NEWNET), 0);
	sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
	CU_ASSERT_EQUAL_FATAL(
		sh("ip link set lo up && ip link add wan type veth peer name wan-peer && "
		   "ip link add lan type veth peer name lan-peer && "
		   "for d in wan wan-peer lan lan-peer; do ip link set $d up; done"),
		0);
	snprintf(b->dir, sizeof b->dir, "/tmp/oscfg-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
	start(b);
}

void
bed_crash(struct bed *b)
{
	stop(b);
	start(b);
}

void
bed_close(struct bed *b)
{
	stop(b);
	sh("rm -r %s", b->dir);
	netns_remove_all();
}

static struct prefix
prefix(const char *text)
{
	struct prefix p;

	if (prefix_parse(text, &p) < 0)
		abort();
	return p;
}

struct want
want_physical(const char *device, uint32_t mtu, uint32_t group, bool up)
{
	struct want w = { .kind = WANT_LINK, .key = device, .owner = "" };

	w.link.kind = WANT_LINK_PHYSICAL;
	w.link.mtu = mtu;
	w.link.group = group;
	w.link.up = up;
	snprintf(w.link.device, sizeof w.link.device, "%s", device);
	return w;
}

struct want
want_made(enum want_link_kind kind, const char *device, const char *vrp, uint32_t mtu)
{
	struct want w = want_physical(device, mtu, 0, true);

	w.link.kind = kind;
	snprintf(w.link.vrp_name, sizeof w.link.vrp_name, "%s", vrp);
	return w;
}

struct want
want_address(const char *device, const char *text)
{
	struct want w = { .kind = WANT_ADDR, .owner = "" };

	snprintf(w.addr.device, sizeof w.addr.device, "%s", device);
	w.addr.prefix = prefix(text);
	return w;
}

struct want
want_path(uint32_t table, const char *destination, const char *via, const char *device,
	uint32_t metric)
{
	struct want w = { .kind = WANT_ROUTE, .owner = "" };

	w.route.table = table;
	w.route.destination = prefix(destination);
	w.route.metric = metric;
	if (via == NULL && device == NULL)
		w.route.type = WANT_ROUTE_BLACKHOLE;
	if (via != NULL && addr_parse(via, &w.route.nexthop) < 0)
		abort();
	if (device != NULL)
		snprintf(w.route.device, sizeof w.route.device, "%s", device);
	return w;
}

struct want
want_setting(const char *path, const char *value)
{
	struct want w = { .kind = WANT_SYSCTL, .owner = "" };

	snprintf(w.sysctl.path, sizeof w.sysctl.path, "%s", path);
	snprintf(w.sysctl.value, sizeof w.sysctl.value, "%s", value);
	return w;
}

static struct addr
wildcard(const struct prefix *p)
{
	struct addr w = { .af = p->addr.af };

	for (size_t bit = p->len; bit < addr_len(&w) * 8; bit++)
		w.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return w;
}

struct want_filter_rule
filter_rule(bool drop, uint8_t protocol, const char *source, const char *destination)
{
	struct prefix s = prefix(source), d = prefix(destination);

	return (struct want_filter_rule){
		.drop = drop,
		.protocol = protocol,
		.source = s.addr,
		.source_wildcard = wildcard(&s),
		.destination = d.addr,
		.destination_wildcard = wildcard(&d),
		.source_port_high = UINT16_MAX,
		.destination_port_high = UINT16_MAX,
		.icmp_type = UINT16_MAX,
		.icmp_code = UINT16_MAX,
	};
}

int
bed_step(struct bed *b, char step, const struct want *w)
{
	int rc;

	err_clear(&b->err);
	if (step == 'a')
		rc = oscfg_add(b->o, w, &b->err);
	else if (step == 'd')
		rc = oscfg_del(b->o, w, &b->err);
	else
		rc = oscfg_change(b->o, w, w, &b->err);
	if (rc != 0)
		printf("\n    (%c %d: %s: %s) ", step, rc, b->err.object, b->err.text);
	return rc;
}

const struct want *
bed_dumped(struct bed *b, const struct want *w)
{
	const char *key = want_key(w, b->arena);
	struct want *all;
	size_t n;

	CU_ASSERT_EQUAL(oscfg_dump(b->o, b->arena, &all, &n, &b->err), 0);
	for (size_t i = 0; i < n; i++)
		if (all[i].kind == w->kind && strcmp(all[i].key, key) == 0)
			return &all[i];
	return NULL;
}
