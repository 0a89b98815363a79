/*
 * fakexfrm.so: the kernel's side of NETLINK_XFRM for an IKE daemon of others (LD_PRELOAD), so that
 * its whole control plane runs where the kernel has no ESP and no AH: transport mode, ESN, native
 * ESP, AH, GRE selectors. A socket of that family becomes one end of a pair; each request written to
 * it is answered at once, with success. No packet is protected: whoever wants packets makes them
 * from what is written to the file $FAKEXFRM_LOG, a line for each event:
 *
 *   add|update|delete sa proto=esp spi=0x… src=… dst=… mode=tunnel esn=0 window=32 enc=… key=… …
 *   add|update|delete policy dir=out src=10.1.1.0/24 dst=10.1.2.0/24 proto=0 … spi=0x…
 *
 * It never expires an SA: tests rekey on demand. Without that variable nothing is written down and no
 * SA is kept: for who measures the daemon, and not us. It asks for one (a packet met a trap policy)
 * when told to: a line `src dst protocol sport dport` (addresses and numbers) written to the FIFO
 * $FAKEXFRM_ACQUIRE becomes XFRM_MSG_ACQUIRE of the outbound policy that the packet matches.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FD 1024
#define MAX_SA 256
#define MAX_MSG 4096
#define MAX_POLICY 64

/* NLA_* of linux/netlink.h for a message that ends at `end`. */
#define ATTR_OK(a, end)                                                            \
	((const uint8_t *)(a) + sizeof(struct nlattr) <= (const uint8_t *)(end) && \
		(a)->nla_len >= sizeof(struct nlattr) &&                           \
		(const uint8_t *)(a) + (a)->nla_len <= (const uint8_t *)(end))
#define ATTR_NEXT(a) ((const void *)((const uint8_t *)(a) + NLA_ALIGN((a)->nla_len)))
#define ATTR_DATA(a) ((const void *)((const uint8_t *)(a) + NLA_HDRLEN))

struct sa {
	bool used;
	uint32_t len;
	uint8_t info[MAX_MSG]; /* the payload of NEWSA: what GETSA answers */
};

struct policy {
	bool used;
	struct xfrm_userpolicy_info info;
	struct xfrm_user_tmpl tmpl;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int peer_of[MAX_FD]; /* fd + 1 of the other end; 0: not one of ours */
static struct sa sas[MAX_SA];
static struct policy policies[MAX_POLICY];
static int events = -1; /* where the daemon hears of packets */

#define REAL(ret, name, ...)             \
	static ret (*real)(__VA_ARGS__); \
	if (!real)                       \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

static bool
ours(int fd)
{
	return fd >= 0 && fd < MAX_FD && peer_of[fd] != 0;
}

/* ---- what is written down ---- */

struct line {
	char text[2048];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
put(struct line *l, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < sizeof(l->text) - l->len ? (size_t)n
							       : sizeof(l->text) - l->len - 1;
}

static void
put_hex(struct line *l, const char *name, const void *p, size_t bits)
{
	const uint8_t *b = p;

	put(l, " %s=", name);
	for (size_t i = 0; i < bits / 8; i++)
		put(l, "%02x", b[i]);
}

static void
put_addr(struct line *l, const char *name, const xfrm_address_t *a, int family)
{
	char text[INET6_ADDRSTRLEN] = "-";

	inet_ntop(family == AF_INET6 ? AF_INET6 : AF_INET, a, text, sizeof(text));
	put(l, " %s=%s", name, text);
}

static void
put_selector(struct line *l, const struct xfrm_selector *s, const char *src, const char *dst)
{
	put_addr(l, src, &s->saddr, s->family);
	put(l, "/%u", s->prefixlen_s);
	put_addr(l, dst, &s->daddr, s->family);
	put(l, "/%u", s->prefixlen_d);
	put(l, " proto=%u sport=%u dport=%u", s->proto, ntohs(s->sport), ntohs(s->dport));
}

static void
put_proto(struct line *l, unsigned int proto)
{
	if (proto == IPPROTO_ESP || proto == IPPROTO_AH)
		put(l, " proto=%s", proto == IPPROTO_ESP ? "esp" : "ah");
	else
		put(l, " proto=%u", proto);
}

static const char *
mode_name(unsigned int mode)
{
	return mode == XFRM_MODE_TUNNEL	      ? "tunnel"
		: mode == XFRM_MODE_TRANSPORT ? "transport"
					      : "other";
}

/* Writes the line with one call, so that those of several threads do not mix. */
static void
say(struct line *l)
{
	const char *path = getenv("FAKEXFRM_LOG");
	FILE *f = path ? fopen(path, "a") : NULL;
	if (!f)
		return;
	fprintf(f, "%s\n", l->text);
	fclose(f);
}

static void
put_algorithm(struct line *l, const struct nlattr *a)
{
	union {
		const struct xfrm_algo *plain;
		const struct xfrm_algo_aead *aead;
		const struct xfrm_algo_auth *auth;
		const struct xfrm_encap_tmpl *encap;
		const struct xfrm_replay_state_esn *esn;
		const uint32_t *number;
	} d = { .plain = ATTR_DATA(a) };

	switch (a->nla_type & NLA_TYPE_MASK) {
	case XFRMA_ALG_AEAD:
		put(l, " aead=%s icv=%u", d.aead->alg_name, d.aead->alg_icv_len);
		put_hex(l, "key", d.aead->alg_key, d.aead->alg_key_len);
		break;
	case XFRMA_ALG_CRYPT:
		put(l, " enc=%s", d.plain->alg_name);
		put_hex(l, "key", d.plain->alg_key, d.plain->alg_key_len);
		break;
	case XFRMA_ALG_AUTH_TRUNC:
		put(l, " auth=%s icv=%u", d.auth->alg_name, d.auth->alg_trunc_len);
		put_hex(l, "authkey", d.auth->alg_key, d.auth->alg_key_len);
		break;
	case XFRMA_ALG_AUTH: /* without a length: the kernel's 96 bits of MD5, SHA-1, SHA-256 */
		put(l, " auth=%s icv=96", d.plain->alg_name);
		put_hex(l, "authkey", d.plain->alg_key, d.plain->alg_key_len);
		break;
	case XFRMA_ENCAP:
		put(l, " encap=%u:%u", ntohs(d.encap->encap_sport), ntohs(d.encap->encap_dport));
		break;
	case XFRMA_REPLAY_ESN_VAL: put(l, " replay=%u", d.esn->replay_window); break;
	case XFRMA_TFCPAD: put(l, " tfc=%u", *d.number); break;
	default: break;
	}
}

/* ---- security associations ---- */

static struct sa *
sa_find(const struct xfrm_usersa_id *id)
{
	for (struct sa *s = sas; s < sas + MAX_SA; s++) {
		const struct xfrm_usersa_info *info = (const void *)s->info;
		if (s->used && info->id.spi == id->spi && info->id.proto == id->proto &&
			memcmp(&info->id.daddr, &id->daddr, sizeof(id->daddr)) == 0)
			return s;
	}
	return NULL;
}

static void
sa_keep(const struct xfrm_usersa_info *info, uint32_t len)
{
	struct xfrm_usersa_id id = { .spi = info->id.spi, .proto = info->id.proto };
	if (!getenv("FAKEXFRM_LOG"))
		return;
	id.daddr = info->id.daddr;
	struct sa *s = sa_find(&id);
	for (size_t i = 0; !s && i < MAX_SA; i++)
		s = sas[i].used ? NULL : &sas[i];
	if (!s || len > sizeof(s->info))
		return;
	memcpy(s->info, info, len);
	s->len = len;
	s->used = true;
}

static void
sa_new(const struct nlmsghdr *h, struct line *l)
{
	const struct xfrm_usersa_info *info = NLMSG_DATA(h);
	const uint8_t *end = (const uint8_t *)h + h->nlmsg_len;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return;
	put(l, "%s sa", h->nlmsg_type == XFRM_MSG_NEWSA ? "add" : "update");
	put_proto(l, info->id.proto);
	put(l, " spi=0x%08x", ntohl(info->id.spi));
	put_addr(l, "src", &info->saddr, info->family);
	put_addr(l, "dst", &info->id.daddr, info->family);
	put(l, " mode=%s reqid=%u esn=%d window=%u", mode_name(info->mode), info->reqid,
		(info->flags & XFRM_STATE_ESN) != 0, info->replay_window);
	for (const struct nlattr *a = (const void *)(info + 1); ATTR_OK(a, end); a = ATTR_NEXT(a))
		put_algorithm(l, a);
	if (info->sel.family != 0) {
		struct line sel = { .len = 0 };
		put_selector(&sel, &info->sel, "src", "dst");
		for (char *p = sel.text; *p; p++)
			if (*p == ' ')
				*p = ',';
		put(l, " sel=%s", sel.text + 1);
	}
	sa_keep(info, h->nlmsg_len - NLMSG_HDRLEN);
}

static void
sa_delete(const struct nlmsghdr *h, struct line *l)
{
	const struct xfrm_usersa_id *id = NLMSG_DATA(h);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*id)))
		return;
	put(l, "delete sa");
	put_proto(l, id->proto);
	put(l, " spi=0x%08x", ntohl(id->spi));
	put_addr(l, "dst", &id->daddr, id->family);
	struct sa *s = sa_find(id);
	if (s)
		s->used = false;
}

/* ---- policies ---- */

static struct policy *
policy_find(const struct xfrm_selector *sel)
{
	for (struct policy *p = policies; p < policies + MAX_POLICY; p++)
		if (p->used && memcmp(&p->info.sel, sel, sizeof(*sel)) == 0)
			return p;
	return NULL;
}

static void
policy_keep(const struct xfrm_userpolicy_info *info, const struct xfrm_user_tmpl *t)
{
	struct policy *p = policy_find(&info->sel);

	for (size_t i = 0; !p && i < MAX_POLICY; i++)
		p = policies[i].used ? NULL : &policies[i];
	if (p)
		*p = (struct policy){ .used = true, .info = *info, .tmpl = *t };
}

static void
policy_new(const struct nlmsghdr *h, struct line *l)
{
	static const char *const dirs[] = { "in", "out", "fwd" };
	const struct xfrm_userpolicy_info *p = NLMSG_DATA(h);
	const uint8_t *end = (const uint8_t *)h + h->nlmsg_len;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*p)))
		return;
	put(l, "%s policy dir=%s", h->nlmsg_type == XFRM_MSG_NEWPOLICY ? "add" : "update",
		p->dir < 3 ? dirs[p->dir] : "other");
	put_selector(l, &p->sel, "src", "dst");
	put(l, " priority=%u action=%s", p->priority,
		p->action == XFRM_POLICY_ALLOW ? "allow" : "block");
	for (const struct nlattr *a = (const void *)(p + 1); ATTR_OK(a, end); a = ATTR_NEXT(a)) {
		const struct xfrm_user_tmpl *t = ATTR_DATA(a);
		if ((a->nla_type & NLA_TYPE_MASK) != XFRMA_TMPL ||
			a->nla_len < NLA_HDRLEN + sizeof(*t))
			continue;
		put(l, " spi=0x%08x reqid=%u mode=%s", ntohl(t->id.spi), t->reqid,
			mode_name(t->mode));
		if (p->dir == XFRM_POLICY_OUT)
			policy_keep(p, t);
	}
}

static void
policy_delete(const struct nlmsghdr *h, struct line *l)
{
	const struct xfrm_userpolicy_id *p = NLMSG_DATA(h);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*p)))
		return;
	put(l, "delete policy dir=%s",
		p->dir == XFRM_POLICY_OUT	   ? "out"
			: p->dir == XFRM_POLICY_IN ? "in"
						   : "fwd");
	put_selector(l, &p->sel, "src", "dst");
	struct policy *kept = p->dir == XFRM_POLICY_OUT ? policy_find(&p->sel) : NULL;
	if (kept)
		kept->used = false;
}

/* ---- packets that ask for SAs ---- */

static bool
within(const xfrm_address_t *a, const xfrm_address_t *net, unsigned int len)
{
	const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)net;

	for (unsigned int i = 0; i < len; i++)
		if ((p[i / 8] ^ q[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static bool
selects(const struct xfrm_selector *s, const struct xfrm_selector *packet)
{
	return s->family == packet->family && (s->proto == 0 || s->proto == packet->proto) &&
		((s->sport ^ packet->sport) & s->sport_mask) == 0 &&
		((s->dport ^ packet->dport) & s->dport_mask) == 0 &&
		within(&packet->saddr, &s->saddr, s->prefixlen_s) &&
		within(&packet->daddr, &s->daddr, s->prefixlen_d);
}

static bool
packet_parse(const char *text, struct xfrm_selector *out)
{
	char src[64], dst[64];
	unsigned int proto, sport, dport;

	if (sscanf(text, "%63s %63s %u %u %u", src, dst, &proto, &sport, &dport) != 5)
		return false;
	*out = (struct xfrm_selector){ .family = strchr(src, ':') ? AF_INET6 : AF_INET,
		.proto = (uint8_t)proto,
		.sport = htons((uint16_t)sport),
		.dport = htons((uint16_t)dport),
		.sport_mask = UINT16_MAX,
		.dport_mask = UINT16_MAX };
	out->prefixlen_s = out->prefixlen_d = out->family == AF_INET6 ? 128 : 32;
	return inet_pton(out->family, src, &out->saddr) == 1 &&
		inet_pton(out->family, dst, &out->daddr) == 1;
}

static void
acquire(const char *text)
{
	struct {
		struct nlmsghdr h;
		struct xfrm_user_acquire body;
		struct nlattr attr;
		struct xfrm_user_tmpl tmpl;
	} m = { .h = { .nlmsg_len = sizeof(m), .nlmsg_type = XFRM_MSG_ACQUIRE },
		.attr = { .nla_len = NLA_HDRLEN + sizeof(m.tmpl), .nla_type = XFRMA_TMPL } };
	const struct policy *best = NULL;

	if (!packet_parse(text, &m.body.sel))
		return;
	for (const struct policy *p = policies; p < policies + MAX_POLICY; p++)
		if (p->used && selects(&p->info.sel, &m.body.sel) &&
			(!best || p->info.priority < best->info.priority))
			best = p;
	if (!best)
		return;
	m.body.id = best->tmpl.id;
	m.body.saddr = best->tmpl.saddr;
	m.body.policy = best->info;
	m.tmpl = best->tmpl;
	(void)!write(events, &m, sizeof(m));
}

static void *
acquire_thread(void *path)
{
	/* also a writer, so that there is no end of file */
	int fd = open(path, O_RDWR);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	char text[256];

	while (f && fgets(text, sizeof(text), f)) {
		pthread_mutex_lock(&lock);
		acquire(text);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void
events_begin(int fd)
{
	pthread_t t;
	char *path = getenv("FAKEXFRM_ACQUIRE");

	events = fd;
	if (path && pthread_create(&t, NULL, acquire_thread, path) == 0)
		pthread_detach(t);
}

/* ---- answers ---- */

static void
reply(int fd, const struct nlmsghdr *to, uint16_t type, const void *body, size_t len)
{
	union {
		struct nlmsghdr h;
		uint8_t bytes[NLMSG_HDRLEN + MAX_MSG];
	} m = { .h = { .nlmsg_len = NLMSG_LENGTH(len),
			.nlmsg_type = type,
			.nlmsg_seq = to->nlmsg_seq,
			.nlmsg_pid = (uint32_t)getpid() } };

	if (len > MAX_MSG)
		return;
	memcpy(NLMSG_DATA(&m.h), body, len);
	(void)!write(peer_of[fd] - 1, &m, m.h.nlmsg_len);
}

static void
reply_code(int fd, const struct nlmsghdr *to, int code)
{
	struct nlmsgerr e = { .error = code, .msg = *to };
	reply(fd, to, NLMSG_ERROR, &e, sizeof(e));
}

static void
alloc_spi(int fd, const struct nlmsghdr *h)
{
	struct xfrm_usersa_info info = { 0 };
	const struct xfrm_userspi_info *want = NLMSG_DATA(h);
	uint32_t random = 0;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*want)) || want->max < want->min) {
		reply_code(fd, h, -EINVAL);
		return;
	}
	(void)!getrandom(&random, sizeof(random), 0);
	info = want->info;
	info.id.spi = htonl((uint32_t)(want->min + random % ((uint64_t)want->max - want->min + 1)));
	reply(fd, h, XFRM_MSG_NEWSA, &info, sizeof(info));
}

static void
get_sa(int fd, const struct nlmsghdr *h)
{
	const struct sa *s = NULL;

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct xfrm_usersa_id)))
		s = sa_find(NLMSG_DATA(h));
	if (s)
		reply(fd, h, XFRM_MSG_NEWSA, s->info, s->len);
	else
		reply_code(fd, h, -ESRCH);
}

/* Never used: a daemon that asks for the time of the last packet learns that there was none. */
static void
get_policy(int fd, const struct nlmsghdr *h)
{
	const struct xfrm_userpolicy_id *id = NLMSG_DATA(h);
	struct xfrm_userpolicy_info info = { 0 };

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*id))) {
		reply_code(fd, h, -EINVAL);
		return;
	}
	info.sel = id->sel;
	info.dir = id->dir;
	reply(fd, h, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
}

static void
answer(int fd, const struct nlmsghdr *h)
{
	struct line l = { .len = 0 };

	switch (h->nlmsg_type) {
	case XFRM_MSG_ALLOCSPI: alloc_spi(fd, h); return;
	case XFRM_MSG_GETSA: get_sa(fd, h); return;
	case XFRM_MSG_GETPOLICY: get_policy(fd, h); return;
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA: sa_new(h, &l); break;
	case XFRM_MSG_DELSA: sa_delete(h, &l); break;
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY: policy_new(h, &l); break;
	case XFRM_MSG_DELPOLICY: policy_delete(h, &l); break;
	case XFRM_MSG_FLUSHSA:
		for (size_t i = 0; i < MAX_SA; i++)
			sas[i].used = false;
		break;
	default: break;
	}
	if (l.len > 0)
		say(&l);
	reply_code(fd, h, 0);
}

static ssize_t
take(int fd, const void *buf, size_t len)
{
	const struct nlmsghdr *h = buf;
	int left = (int)len;

	pthread_mutex_lock(&lock);
	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
		answer(fd, h);
	pthread_mutex_unlock(&lock);
	return (ssize_t)len;
}

/* ---- what the daemon calls instead of libc's ---- */

int
socket(int domain, int type, int protocol)
{
	REAL(int, socket, int, int, int);
	int pair[2];

	if (domain != AF_NETLINK || protocol != NETLINK_XFRM)
		return real(domain, type, protocol);
	if (socketpair(AF_UNIX, SOCK_DGRAM | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0, pair))
		return -1;
	if (pair[0] >= MAX_FD) {
		errno = EMFILE;
		return -1;
	}
	pthread_mutex_lock(&lock);
	peer_of[pair[0]] = pair[1] + 1;
	pthread_mutex_unlock(&lock);
	return pair[0];
}

int
close(int fd)
{
	REAL(int, close, int);

	if (ours(fd)) {
		pthread_mutex_lock(&lock);
		real(peer_of[fd] - 1);
		peer_of[fd] = 0;
		pthread_mutex_unlock(&lock);
	}
	return real(fd);
}

int
bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	REAL(int, bind, int, const struct sockaddr *, socklen_t);
	const struct sockaddr_nl *nl = (const void *)addr;

	if (!ours(fd))
		return real(fd, addr, len);
	if (len >= sizeof(*nl) && nl->nl_groups != 0)
		events_begin(peer_of[fd] - 1);
	return 0;
}

int
getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	REAL(int, getsockname, int, struct sockaddr *, socklen_t *);
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid() };

	if (!ours(fd))
		return real(fd, addr, len);
	memcpy(addr, &nl, *len < sizeof(nl) ? *len : sizeof(nl));
	*len = sizeof(nl);
	return 0;
}

/* The kernel's IPsec options of ordinary sockets are faked as well. */
int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	REAL(int, setsockopt, int, int, int, const void *, socklen_t);

	if (ours(fd) || (level == IPPROTO_UDP && name == UDP_ENCAP) ||
		(level == IPPROTO_IP && name == IP_XFRM_POLICY) ||
		(level == IPPROTO_IPV6 && name == IPV6_XFRM_POLICY))
		return 0;
	return real(fd, level, name, value, len);
}

ssize_t
sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	REAL(ssize_t, sendto, int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	return ours(fd) ? take(fd, buf, len) : real(fd, buf, len, flags, to, to_len);
}

ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
	REAL(ssize_t, send, int, const void *, size_t, int);
	return ours(fd) ? take(fd, buf, len) : real(fd, buf, len, flags);
}

/* An answer comes from the kernel: port 0. recv() on a pair needs no help. */
ssize_t
recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
	REAL(ssize_t, recvfrom, int, void *, size_t, int, struct sockaddr *, socklen_t *);
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	ssize_t n = real(fd, buf, len, flags, from, from_len);

	if (n >= 0 && ours(fd) && from) {
		memcpy(from, &nl, sizeof(nl));
		*from_len = sizeof(nl);
	}
	return n;
}
