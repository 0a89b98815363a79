/*
 * The routing policy rules of the steering scheme:
 *
 *   10   fwmark OSCFG_MARK goto 110            what the datapath sends goes past us
 *   95   lookup main suppress_ifgroup G        what leaves by no protected interface is none of ours
 *   100  lookup T                              destination prefixes into the protected TUN, closed by
 *                                              a blackhole of the same prefix with the worst metric
 *   110  nop                                   where 10 lands; the operator's own rules follow
 *
 * Rules look at nothing of a packet but its mark: ports and protocols are the datapath's business.
 */
#include "config.h"

#include "daemon/oscfg/os.h"

#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/err.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* How each type looks in the kernel; 0 = absent. */
struct shape {
	uint8_t action;
	uint32_t table, mark, target, suppress_group;
};

static const struct shape shapes[] = {
	[WANT_RULE_BYPASS] = { .action = FR_ACT_GOTO,
		.mark = OSCFG_MARK,
		.target = OSCFG_RULE_PAST },
	[WANT_RULE_MAIN] = { .action = FR_ACT_TO_TBL,
		.table = RT_TABLE_MAIN,
		.suppress_group = OSCFG_GROUP_PROTECTED },
	[WANT_RULE_STEER] = { .action = FR_ACT_TO_TBL, .table = OSCFG_TABLE },
};

static const struct shape landing = { .action = FR_ACT_NOP };

static int
send_rule(struct oscfg *o, uint16_t type, uint8_t af, uint32_t priority, const struct shape *s)
{
	uint16_t flags = type == RTM_NEWRULE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct fib_rule_hdr *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, type, flags, sizeof *m, &m);

	m->family = af;
	m->action = s->action;
	m->table = RT_TABLE_UNSPEC;
	mnl_attr_put_u32(nlh, FRA_PRIORITY, priority);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, OSCFG_TAG);
	if (s->table != 0)
		mnl_attr_put_u32(nlh, FRA_TABLE, s->table);
	if (s->target != 0)
		mnl_attr_put_u32(nlh, FRA_GOTO, s->target);
	if (s->suppress_group != 0)
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_IFGROUP, s->suppress_group);
	if (s->mark != 0) {
		mnl_attr_put_u32(nlh, FRA_FWMARK, s->mark);
		mnl_attr_put_u32(nlh, FRA_FWMASK, UINT32_MAX);
	}
	return os_netlink_run(&o->nl, nlh);
}

struct search {
	uint32_t priority;
	bool found;
};

static int
compare_one(void *arg, const struct nlmsghdr *nlh)
{
	struct search *s = arg;
	struct os_rule r;

	if (nlh->nlmsg_type == RTM_NEWRULE && os_decode_rule(nlh, &r) &&
		r.priority == s->priority && r.protocol == OSCFG_TAG)
		s->found = true;
	return 0;
}

static struct nlmsghdr *
list_rules(struct oscfg *o, uint8_t af)
{
	struct fib_rule_hdr *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETRULE, 0, sizeof *m, &m);

	m->family = af;
	return nlh;
}

/* Removes ours of that priority; an equal one of the operator's stays. */
static int
remove_rule(struct oscfg *o, uint8_t af, uint32_t priority, const struct shape *s)
{
	struct search x = { .priority = priority };
	int rc = os_netlink_dump(&o->nl, list_rules(o, af), compare_one, &x);

	if (rc == 0 && x.found)
		rc = send_rule(o, RTM_DELRULE, af, priority, s);
	return rc == -ENOENT ? 0 : rc;
}

static int
rule_add(struct oscfg *o, const struct want *w, struct err *e)
{
	uint8_t af = w->rule.af;
	int rc = 0;

	/* the landing first: a goto without one is ignored by the kernel */
	if (w->rule.type == WANT_RULE_BYPASS)
		rc = send_rule(o, RTM_NEWRULE, af, OSCFG_RULE_PAST, &landing);
	if (rc == 0 || rc == -EEXIST)
		rc = send_rule(o, RTM_NEWRULE, af, w->rule.priority, &shapes[w->rule.type]);
	if (rc < 0 && rc != -EEXIST)
		return os_refused(o, e, rc, "steering rule", "cannot be set");
	return 0;
}

static int
rule_del(struct oscfg *o, const struct want *w, struct err *e)
{
	uint8_t af = w->rule.af;
	int rc = remove_rule(o, af, w->rule.priority, &shapes[w->rule.type]);

	if (rc == 0 && w->rule.type == WANT_RULE_BYPASS)
		rc = remove_rule(o, af, OSCFG_RULE_PAST, &landing);
	return rc < 0 ? os_refused(o, e, rc, "steering rule", "cannot be removed") : 0;
}

struct dumping {
	struct os_dump *d;
	uint8_t af;
	bool landing, bypass;
};

static int
dump_one(void *arg, const struct nlmsghdr *nlh)
{
	struct want w = { .kind = WANT_RULE };
	struct dumping *x = arg;
	struct os_rule r;

	if (nlh->nlmsg_type != RTM_NEWRULE || !os_decode_rule(nlh, &r) || r.protocol != OSCFG_TAG)
		return 0;
	if (r.action == landing.action)
		x->landing = true;
	w.rule.af = x->af;
	w.rule.priority = r.priority;
	for (unsigned int t = 0; t < sizeof shapes / sizeof shapes[0]; t++) {
		if (shapes[t].action != r.action || shapes[t].table != r.table)
			continue;
		w.rule.type = t;
		x->bypass |= t == WANT_RULE_BYPASS;
		os_dump_add(x->d, &w);
		break;
	}
	return 0;
}

static int
dump_family(struct oscfg *o, struct os_dump *d, uint8_t af)
{
	struct dumping x = { .d = d, .af = af };
	int rc = os_netlink_dump(&o->nl, list_rules(o, af), dump_one, &x);

	/* of a daemon killed between the two */
	if (rc == 0 && x.landing && !x.bypass)
		rc = remove_rule(o, af, OSCFG_RULE_PAST, &landing);
	return rc;
}

static int
rule_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	int rc = dump_family(o, d, AF_INET);

	if (rc == 0)
		rc = dump_family(o, d, AF_INET6);
	if (rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP)
		rc = 0; /* a kernel without IPv6, or without its rules */
	return rc < 0 ? os_refused(o, e, rc, "steering rules", "cannot be listed") : 0;
}

const struct os_ops os_rule_ops = {
	.add = rule_add,
	.del = rule_del,
	.dump = rule_dump,
};
