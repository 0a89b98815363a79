/*
 * What one router daemon is made of: the order in which it comes up and goes down, and who is told
 * when the kernel or the datapath changes. A restarted datapath is the start-up path again.
 */
#include "config.h"

#include "daemon/daemon.h"

#include "daemon/capture.h"
#include "daemon/childlink.h"
#include "daemon/commit.h"
#include "daemon/control.h"
#include "daemon/dpevents.h"
#include "daemon/firstrun.h"
#include "daemon/kind.h"
#include "daemon/kind_dp.h"
#include "daemon/kind_ike.h"
#include "daemon/lines.h"
#include "daemon/negotiated.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/proc.h"
#include "daemon/rates.h"
#include "daemon/reconcile.h"
#include "daemon/sastate.h"
#include "daemon/speaker.h"
#include "daemon/status.h"
#include "daemon/zeros.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "schema/seal.h"
#include "schema/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	EVENTS_PAUSE_MS = 50,
	LOOK_PAUSE_MS = 500,
	VERIFY_PAUSE_MS = 500,
	VERIFY_SHARE = 20, /* comparing takes at most one part in so many of the time */
	DATAPATH_KINDS =
		1 << WANT_PORT | 1 << WANT_TUNNEL | 1 << WANT_SA | 1 << WANT_GROUP | 1 << WANT_SPD,
	KERNEL_KINDS = 1 << WANT_LINK | 1 << WANT_ADDR | 1 << WANT_ROUTE | 1 << WANT_RULE
};

const struct kind_ops *const kind_table[WANT_N_KINDS] = {
	[WANT_SYSCTL] = &kind_sysctl,
	[WANT_FILTER] = &kind_filter,
	[WANT_MSS] = &kind_mss,
	[WANT_LINK] = &kind_link,
	[WANT_PORT] = &kind_port,
	[WANT_TUNNEL] = &kind_tunnel,
	[WANT_SA] = &kind_sa,
	[WANT_GROUP] = &kind_group,
	[WANT_SPD] = &kind_spd,
	[WANT_ADDR] = &kind_addr,
	[WANT_ROUTE] = &kind_route,
	[WANT_RULE] = &kind_rule,
	[WANT_IKE] = &kind_ike,
	[WANT_IKE_PEER] = &kind_ike_peer,
	[WANT_IKE_CHILD] = &kind_ike_child,
};

/* --- what compile asks ------------------------------------------------------------------ */

static int
env_path(void *arg, const struct addr *destination, uint32_t *mtu, struct addr *source,
	char device[16])
{
	struct daemon *d = arg;

	uint32_t learned;
	int rc = d->os != NULL ? oscfg_path(d->os, destination, mtu, source, device) : -ENOTSUP;

	learned = d->dpevents != NULL ? dpevents_path_mtu(d->dpevents, destination) : 0;
	if (rc == 0 && learned != 0 && learned < *mtu)
		*mtu = learned;
	return rc;
}

static int
env_device_addr(void *arg, const char *device, uint8_t af, struct addr *out)
{
	struct daemon *d = arg;

	return d->os != NULL ? oscfg_device_addr(d->os, device, af, out) : -ENOTSUP;
}

static int
env_line(void *arg, const char *device)
{
	struct daemon *d = arg;

	return d->dpevents != NULL && dpevents_is_down(d->dpevents, device) ? -ENETDOWN : 0;
}

static int
env_device(void *arg, const char *device)
{
	struct daemon *d = arg;

	if (d->os == NULL)
		return -ENOTSUP;
	return oscfg_index(d->os, device) != 0 ? 0 : -ENODEV;
}

/* --- open --------------------------------------------------------------------------------- */

static int
lock(struct daemon *d, struct err *e)
{
	char path[4096];

	if (mkdir(d->state_dir, 0755) != 0 && errno != EEXIST)
		return err_set(e, -errno, d->state_dir, "it cannot be made: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/yongd.lock", d->state_dir);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (d->lock_fd < 0)
		return err_set(e, -errno, path, "%s", strerror(errno));
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, -EBUSY, d->state_dir, "another yongd uses this state directory");
	return 0;
}

int
daemon_open(struct daemon *d, struct loop *l, const char *state_dir, const char *libexec_dir,
	struct err *e)
{
	int rc;

	*d = (struct daemon){ .loop = l,
		.state_dir = state_dir,
		.libexec_dir = libexec_dir,
		.lock_fd = -1,
		.started_ms = loop_now_ms(l) };
	d->env = (struct compile_env){ .path = env_path,
		.device_addr = env_device_addr,
		.line = env_line,
		.device = env_device,
		.arg = d };
	rc = lock(d, e);
	if (rc == 0)
		rc = store_open(state_dir, &d->store, e);
	if (rc == 0)
		rc = seal_open(state_dir, &d->seal, e);
	if (rc != 0)
		return rc;
	d->compile = compile_new(d->seal, &d->env);
	return d->compile != NULL ? 0 : err_set(e, -ENOMEM, "yongd", "memory is short");
}

void
daemon_close(struct daemon *d)
{
	control_free(d->control);
	captures_free(d->captures);
	timer_free(d->events);
	timer_free(d->look);
	timer_free(d->count);
	rates_free(d->rates);
	zeros_free(d->zeros);
	lines_free(d->lines);
	proc_free(d->datapath);
	speaker_free(d->speaker);
	childlink_free(d->dplink);
	dpevents_free(d->dpevents);
	reconcile_free(d->reconcile);
	kind_dp_free(d->kind_dp);
	kind_ike_free(d->kind_ike);
	negotiated_free(d->negotiated);
	sastate_close(d->sastate);
	compile_free(d->compile);
	oscfg_free(d->os);
	seal_free(d->seal);
	store_close(d->store);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
}

/* --- rates ----------------------------------------------------------------------------------- */

static void
on_counters(void *arg, const char *device, const struct rates_counters *c)
{
	rates_see(arg, device, c);
}

static void
on_count(void *arg)
{
	struct daemon *d = arg;

	rates_begin(d->rates, loop_now_ms(d->loop));
	if (oscfg_counters(d->os, on_counters, d->rates) == 0)
		rates_end(d->rates);
	timer_set(d->count, RATES_EVERY_MS);
}

/* --- lines ----------------------------------------------------------------------------------- */

static void
on_look(void *arg)
{
	status_see_lines(arg);
}

static void
look_soon(struct daemon *d)
{
	if (d->look != NULL && !timer_pending(d->look))
		timer_set(d->look, LOOK_PAUSE_MS);
}

static void
on_kernel_changed(void *arg)
{
	struct daemon *d = arg;

	if (d->events != NULL && !timer_pending(d->events))
		timer_set(d->events, EVENTS_PAUSE_MS);
}

/* --- the datapath --------------------------------------------------------------------------- */

static void
datapath_started(void *arg, int fd)
{
	struct daemon *d = arg;
	int rc = kind_dp_begin(d, fd);

	if (rc != 0) {
		log_error("datapath: %s", strerror(-rc));
		return;
	}
	log_info("datapath runs");
	reconcile_again(d->reconcile, WANT_IKE, "ike"); /* a way to it for what it receives */
	reconcile_retry(d->reconcile);
	control_datapath_changed(d->control);
}

/* Its tunnels begin anew, with their lines up. */
static void
datapath_gone(void *arg)
{
	struct daemon *d = arg;
	char device[16];

	while (dpevents_take_down(d->dpevents, device)) {
		(void)oscfg_carrier(d->os, device, true);
		on_kernel_changed(d);
	}
	childlink_down(d->dplink);
	kind_dp_forget(d->kind_dp);
	sastate_put_all(d->sastate);
	negotiated_datapath_gone(d);
	reconcile_forget(d->reconcile, DATAPATH_KINDS);
}

/* Killed, if it is not dead: the end comes with SIGCHLD. */
static void
datapath_broken(void *arg)
{
	struct daemon *d = arg;

	childlink_down(d->dplink);
	proc_restart(d->datapath);
}

static void
datapath_refused(void *arg, enum want_kind kind, const char *key, const struct err *e)
{
	struct daemon *d = arg;

	reconcile_failed(d->reconcile, kind, key, e);
}

void
daemon_line(struct daemon *d, const char *device, bool up)
{
	if (d->dpevents == NULL || d->count == NULL || d->rates == NULL ||
		!dpevents_line(d->dpevents, device, up))
		return;
	(void)oscfg_carrier(d->os, device, up);
	log_info("%s: line protocol %s", device, up ? "up" : "down");
}

static void
told_line(struct daemon *d, const void *body)
{
	const struct msg_dp_tunnel_line *line = body;
	char device[16];

	if (oscfg_device(d->os, line->port, device) == 0)
		daemon_line(d, device, line->up);
}

static void
told_path(struct daemon *d, const void *body)
{
	const struct msg_dp_sa_path *path = body;
	const struct addr *peer = kind_dp_peer(d->kind_dp, path->sa);
	struct negotiated_sa sa;

	if (peer == NULL && negotiated_by_datapath(d->negotiated, path->sa, &sa) && !sa.sa->inbound)
		peer = &sa.sa->destination;
	if (peer != NULL && path->mtu != 0)
		dpevents_path(d->dpevents, peer, path->mtu);
	speaker_moved(d, path);
}

static void
told_clear_path(struct daemon *d, const void *body)
{
	const struct msg_dp_path *path = body;

	dpevents_path(d->dpevents, &path->destination, path->mtu);
}

static void
told_seq_need(struct daemon *d, const void *body)
{
	kind_dp_seq_need(d, ((const struct msg_dp_seq_need *)body)->sa);
}

static void
told_soft(struct daemon *d, const void *body)
{
	speaker_used(d, body);
}

static void
told_acquire(struct daemon *d, const void *body)
{
	speaker_acquire(d, body);
}

static void
datapath_told(void *arg, enum msg_type type, uint32_t request, const void *body)
{
	static const struct {
		enum msg_type type;
		void (*told)(struct daemon *d, const void *body);
	} rows[] = {
		{ MSG_dp_tunnel_line, told_line },
		{ MSG_dp_sa_path, told_path },
		{ MSG_dp_path, told_clear_path },
		{ MSG_dp_seq_need, told_seq_need },
		{ MSG_dp_sa_soft, told_soft },
		{ MSG_dp_acquire, told_acquire },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			rows[i].told(arg, body);
}

bool
daemon_is_settled(const struct daemon *d)
{
	if (childlink_is_up(d->ikelink) &&
		childlink_answered(d->ikelink) != childlink_sent(d->ikelink))
		return false;
	return d->dplink == NULL ||
		(childlink_is_up(d->dplink) &&
			childlink_answered(d->dplink) == childlink_sent(d->dplink));
}

static void
datapath_progress(void *arg)
{
	struct daemon *d = arg;

	if (daemon_is_settled(d))
		d->applied = store_revision(d->store);
	control_progress(d->control);
	look_soon(d);
}

/* --- the kernel ----------------------------------------------------------------------------- */

static int
kernel_dump(struct daemon *d, struct want_set **out)
{
	struct want_set *s = want_set_new("");
	struct want *found = NULL;
	size_t n = 0;
	struct err e = { 0 };
	int rc = oscfg_dump(d->os, s->arena, &found, &n, &e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		want_set_add(s, &found[i]);
	if (rc != 0) {
		log_warn("%s: %s", e.object, e.text);
		want_set_unref(s);
		s = NULL;
	}
	*out = s;
	return rc;
}

/* Puts back what somebody has taken away. Not too often: it reads all that is ours in the kernel. */
static void
verify(struct daemon *d)
{
	struct want_set *found;
	unsigned int gone;
	uint64_t now = loop_now_ms(d->loop);
	uint64_t pause = VERIFY_PAUSE_MS + d->verify_cost_ms * VERIFY_SHARE;

	if (now < d->verified_ms + pause) {
		timer_set(d->events, d->verified_ms + pause - now);
		return;
	}
	if (kernel_dump(d, &found) != 0)
		return;
	gone = reconcile_verify(d->reconcile, KERNEL_KINDS, found);
	want_set_unref(found);
	/* A TUN that somebody deleted: the datapath's descriptor is dead, and so are its identities. */
	if ((gone & 1 << WANT_LINK) != 0)
		proc_restart(d->datapath);
	d->verified_ms = loop_now_ms(d->loop);
	d->verify_cost_ms = d->verified_ms - now;
}

static void
on_events(void *arg)
{
	struct daemon *d = arg;
	struct err e = { 0 };

	if (compile_events(d->compile, d->store, &e) != 0) {
		log_error("%s: %s", e.object, e.text);
		compile_abort(d->compile);
	} else {
		daemon_apply(d);
	}
	verify(d);
	reconcile_retry(d->reconcile);
	look_soon(d);
}

/* --- start, stop ---------------------------------------------------------------------------- */

static int
parts_new(struct daemon *d, struct err *e)
{
	const struct childlink_ops link = { .refused = datapath_refused,
		.progress = datapath_progress,
		.broken = datapath_broken,
		.heard = datapath_told,
		.arg = d };
	const struct proc_ops child = {
		.started = datapath_started, .gone = datapath_gone, .arg = d
	};
	char path[4096];
	int rc = oscfg_new(d->loop, d->state_dir, on_kernel_changed, d, &d->os, e);

	if (rc == 0)
		rc = sastate_open(d->state_dir, NULL, &d->sastate, e);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/yongdp", d->libexec_dir);
	d->kind_dp = kind_dp_new();
	d->kind_ike = kind_ike_new();
	d->negotiated = negotiated_new(d);
	d->speaker = speaker_new(d);
	d->dplink = childlink_new(d->loop, "datapath", MSG_DATAPATH, &link);
	d->reconcile = reconcile_new(d, d->loop, kind_table);
	d->datapath = proc_new(d->loop, path, &child);
	d->captures = captures_new(d);
	d->events = timer_new(d->loop, on_events, d);
	d->look = timer_new(d->loop, on_look, d);
	d->dpevents = dpevents_new(d->loop, on_kernel_changed, d);
	d->lines = lines_new();
	d->count = timer_new(d->loop, on_count, d);
	d->rates = rates_new();
	d->zeros = zeros_new();
	if (d->kind_dp == NULL || d->dplink == NULL || d->reconcile == NULL ||
		d->datapath == NULL || d->captures == NULL || d->events == NULL ||
		d->look == NULL || d->dpevents == NULL || d->lines == NULL || d->kind_ike == NULL ||
		d->negotiated == NULL || d->speaker == NULL)
		return err_set(e, -ENOMEM, "yongd", "memory is short");
	return 0;
}

/* From what a daemon that was killed has left behind to what the store says, in one go. */
static int
reconcile_first(struct daemon *d, struct err *e)
{
	struct want_pair *pairs;
	struct want_set *found;
	size_t n;
	int rc = kernel_dump(d, &found);

	if (rc != 0)
		return err_set(e, rc, "kernel", "its state cannot be read: %s", strerror(-rc));
	rc = compile_all(d->compile, d->store, e);
	if (rc == 0) {
		compile_accept(d->compile, &pairs, &n);
		pairs[n++] = (struct want_pair){ .old = want_set_ref(found) };
		reconcile_adopt(d->reconcile, found);
		reconcile_apply(d->reconcile, pairs, n);
		compile_pairs_free(pairs, n);
	}
	want_set_unref(found);
	return rc;
}

int
daemon_start(struct daemon *d, struct err *e)
{
	int rc = parts_new(d, e);

	if (rc == 0)
		rc = firstrun(d, e);
	if (rc == 0)
		rc = reconcile_first(d, e);
	if (rc == 0) {
		proc_start(d->datapath);
		speaker_supervise(d);
		on_count(d);
	}
	return rc;
}

void
daemon_apply(struct daemon *d)
{
	struct want_pair *pairs;
	size_t n;

	compile_accept(d->compile, &pairs, &n);
	if (d->reconcile != NULL && n > 0)
		reconcile_apply(d->reconcile, pairs, n);
	compile_pairs_free(pairs, n);
	speaker_supervise(d);
	if (daemon_is_settled(d))
		d->applied = store_revision(d->store);
	look_soon(d);
}

void
daemon_reread(struct daemon *d)
{
	struct err e = { 0 };

	if (compile_all(d->compile, d->store, &e) == 0) {
		daemon_apply(d);
		return;
	}
	log_error("%s: %s", e.object, e.text);
	compile_abort(d->compile);
}

void
daemon_stop(struct daemon *d)
{
	struct want_pair *pairs;
	size_t n;

	control_free(d->control);
	d->control = NULL;
	captures_free(d->captures);
	d->captures = NULL;
	if (d->reconcile != NULL)
		speaker_farewell(d);
	speaker_free(d->speaker);
	d->speaker = NULL;
	proc_free(d->datapath);
	d->datapath = NULL;
	if (d->reconcile == NULL)
		return;
	datapath_gone(d);
	compile_clear(d->compile, &pairs, &n);
	reconcile_apply(d->reconcile, pairs, n);
	compile_pairs_free(pairs, n);
}

void
daemon_reap(struct daemon *d)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!proc_reaped(d->datapath, pid, status) && !speaker_reaped(d, pid, status) &&
			!captures_reaped(d->captures, pid, status))
			log_debug("child %d ended", (int)pid);
}
