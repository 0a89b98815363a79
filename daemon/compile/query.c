/*
 * Questions of compile to the operating system. Each is kept in the set with its answer, so that an
 * owner is compiled again when, and only when, the kernel would now say something else.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/tree.h"

#include "lib/arena.h"

#include <errno.h>
#include <string.h>

int
query_ask(const struct compile_env *env, struct want_query *q)
{
	struct want_answer *a = &q->answer;

	memset(a, 0, sizeof(*a));
	a->rc = -ENOTSUP;
	switch (q->kind) {
	case WANT_QUERY_PATH:
		if (env->path != NULL)
			a->rc = env->path(env->arg, &q->destination, &a->mtu, &a->addr, a->device);
		break;
	case WANT_QUERY_DEVICE_ADDR:
		if (env->device_addr != NULL)
			a->rc = env->device_addr(env->arg, q->device, q->destination.af, &a->addr);
		break;
	case WANT_QUERY_DEVICE:
		if (env->device != NULL)
			a->rc = env->device(env->arg, q->device);
		break;
	case WANT_QUERY_LINE:
		if (env->line != NULL)
			a->rc = env->line(env->arg, q->device);
		break;
	}
	return a->rc;
}

static int
query_cmp(struct want_query *a, struct want_query *b)
{
	int rc = (int)a->kind - (int)b->kind;

	if (rc == 0)
		rc = addr_cmp(&a->destination, &b->destination);
	return rc != 0 ? rc : strcmp(a->device, b->device);
}

TREE_STATIC(want_query_tree, want_query, entry, query_cmp)

/* Many policies may lead to one peer: what was asked already has its answer. */
static struct want_query *
query_add(struct compile_job *j, struct want_query q)
{
	struct want_query *copy = RB_FIND(want_query_tree, &j->set->asked, &q);

	if (copy != NULL)
		return copy;
	copy = arena_memdup(j->set->arena, &q, sizeof(q));
	RB_INSERT(want_query_tree, &j->set->asked, copy);
	query_ask(j->env, copy);
	STAILQ_INSERT_TAIL(&j->set->queries, copy, link);
	return copy;
}

static struct want_query
device_query(const char *device)
{
	struct want_query q = { 0 };

	strlcpy(q.device, device, sizeof(q.device));
	return q;
}

int
job_path(struct compile_job *j, const struct addr *destination, struct want_answer *out)
{
	struct want_query q = { .kind = WANT_QUERY_PATH, .destination = *destination };

	*out = query_add(j, q)->answer;
	return out->rc;
}

int
job_device_addr(struct compile_job *j, const char *device, uint8_t af, struct addr *out)
{
	struct want_query q = device_query(device);
	const struct want_query *asked;

	q.kind = WANT_QUERY_DEVICE_ADDR;
	q.destination.af = af;
	asked = query_add(j, q);
	*out = asked->answer.addr;
	return asked->answer.rc;
}

int
job_device(struct compile_job *j, const char *device)
{
	struct want_query q = device_query(device);

	q.kind = WANT_QUERY_DEVICE;
	return query_add(j, q)->answer.rc;
}

bool
job_line(struct compile_job *j, const char *device)
{
	struct want_query q = device_query(device);

	q.kind = WANT_QUERY_LINE;
	return query_add(j, q)->answer.rc != -ENETDOWN;
}

uint32_t
job_path_mtu(struct compile_job *j, const struct addr *destination)
{
	struct want_answer a;

	return job_path(j, destination, &a) == 0 && a.mtu != 0 ? a.mtu : PATH_MTU_DEFAULT;
}
