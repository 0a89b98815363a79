/*
 * The security association database (RFC 4301 4.4.2): SAs by identity, inbound ones by SPI too, and
 * the sequence numbers of outbound ones. Refuses to know policy, packets and how ciphers work.
 * What a dead process must not forget is in the shared slots (lib/sastate.h).
 */
#include "config.h"

#include "datapath/sadb.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/ip4.h"
#include "datapath/noncekey.h"
#include "datapath/replay.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/drop.h"
#include "lib/err.h"
#include "lib/secret.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SPI_MIN = 256 /* RFC 4303 2.1 */, BUCKETS_MIN = 64 };
/* While it is blocked, an SA asks for numbers again every so many packets. */
enum { ASK_AGAIN = 1024 };
/* Of the 32-bit numbers of a negotiated SA: from here on it is time for another one. */
#define SEQ_SOFT (UINT64_C(3) << 30)
#define NEVER UINT64_MAX

struct sadb {
	struct crypto_engine *engine;
	struct sa **by_id;
	struct sa **by_spi; /* inbound only */
	uint32_t n_buckets; /* of each; a power of two */
	uint32_t n;
	uint64_t generation;
	struct noncekeys *nonces;
	struct sa **users; /* of the slots of the shared file */
	uint32_t n_users;
	void (*seq_need)(void *arg, uint32_t sa);
	void *seq_need_arg;
	void (*moved)(void *arg, struct sa *sa, const struct addr *source, uint16_t port);
	void *moved_arg;
	void (*used)(void *arg, uint32_t sa, bool hard);
	void *used_arg;
};

static uint32_t
bucket(const struct sadb *db, uint32_t key)
{
	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (db->n_buckets - 1);
}

static void
link_id(struct sadb *db, struct sa *sa)
{
	struct sa **head = &db->by_id[bucket(db, sa->id)];

	sa->next_id = *head;
	*head = sa;
}

static void
link_spi(struct sadb *db, struct sa *sa)
{
	struct sa **head = &db->by_spi[bucket(db, sa->spi)];

	if (!sa->inbound)
		return;
	sa->next_spi = *head;
	*head = sa;
}

static void
unlink_spi(struct sadb *db, struct sa *sa)
{
	struct sa **at = &db->by_spi[bucket(db, sa->spi)];

	while (*at != NULL && *at != sa)
		at = &(*at)->next_spi;
	if (*at == sa)
		*at = sa->next_spi;
}

static int
resize(struct sadb *db, uint32_t n_buckets)
{
	struct sa **old = db->by_id, **id = calloc(n_buckets, sizeof(struct sa *));
	struct sa **spi = calloc(n_buckets, sizeof(struct sa *));
	uint32_t n_old = db->n_buckets;

	if (id == NULL || spi == NULL) {
		free(id);
		free(spi);
		return -ENOMEM;
	}
	free(db->by_spi);
	db->by_id = id;
	db->by_spi = spi;
	db->n_buckets = n_buckets;
	for (uint32_t i = 0; i < n_old; i++) {
		for (struct sa *sa = old[i], *next; sa != NULL; sa = next) {
			next = sa->next_id;
			link_id(db, sa);
			link_spi(db, sa);
		}
	}
	free(old);
	return 0;
}

struct sadb *
sadb_new(void)
{
	struct sadb *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	db->engine = crypto_openssl_new(NULL);
	db->nonces = noncekeys_new(db->engine);
	if (db->engine == NULL || db->nonces == NULL || resize(db, BUCKETS_MIN) != 0) {
		sadb_free(db);
		return NULL;
	}
	return db;
}

static void
sa_free(struct sadb *db, struct sa *sa)
{
	if (sa == NULL)
		return;
	db->engine->sa_free(db->engine, sa->crypto);
	secret_free(sa->keys);
	free(sa);
}

void
sadb_free(struct sadb *db)
{
	if (db == NULL)
		return;
	for (uint32_t i = 0; i < db->n_buckets; i++) {
		for (struct sa *sa = db->by_id[i], *next; sa != NULL; sa = next) {
			next = sa->next_id;
			sa_free(db, sa);
		}
	}
	if (db->engine != NULL)
		db->engine->free(db->engine);
	noncekeys_free(db->nonces);
	free(db->by_id);
	free(db->by_spi);
	free(db->users);
	free(db);
}

void
sadb_on_seq_need(struct sadb *db, void (*fn)(void *arg, uint32_t sa), void *arg)
{
	db->seq_need = fn;
	db->seq_need_arg = arg;
}

struct sa *
sadb_get(const struct sadb *db, uint32_t id)
{
	struct sa *sa = db->by_id[bucket(db, id)];

	while (sa != NULL && sa->id != id)
		sa = sa->next_id;
	return sa;
}

struct sa *
sadb_outer(const struct sadb *db, struct sa *sa)
{
	if (sa->outer_generation != db->generation) {
		sa->outer = sa->bundle != 0 ? sadb_get(db, sa->bundle) : NULL;
		sa->outer_generation = db->generation;
	}
	return sa->outer;
}

enum stage
sa_stage_out(const struct sa *sa)
{
	return sa->protocol == IP_PROTO_AH ? STAGE_AH_OUT : STAGE_ESP_OUT;
}

void
sadb_on_moved(struct sadb *db,
	void (*fn)(void *arg, struct sa *sa, const struct addr *source, uint16_t port), void *arg)
{
	db->moved = fn;
	db->moved_arg = arg;
}

void
sadb_moved(struct sadb *db, struct sa *sa, const struct addr *source, uint16_t port)
{
	if (db->moved != NULL)
		db->moved(db->moved_arg, sa, source, port);
}

void
sadb_on_used(struct sadb *db, void (*fn)(void *arg, uint32_t sa, bool hard), void *arg)
{
	db->used = fn;
	db->used_arg = arg;
}

void
sadb_used(struct sadb *db, struct sa *sa)
{
	bool hard = sa->bytes >= sa->hard_at;

	sa->soft_at = hard ? NEVER : sa->hard_at;
	if (db->used != NULL)
		db->used(db->used_arg, sa->id, hard);
}

void
sadb_changed(struct sadb *db)
{
	db->generation++;
}

bool
sadb_has_slot(const struct sadb *db, uint32_t slot)
{
	return slot < db->n_users && db->users[slot] != NULL;
}

uint64_t
sadb_generation(const struct sadb *db)
{
	return db->generation;
}

struct crypto_engine *
sadb_engine(const struct sadb *db)
{
	return db->engine;
}

struct sa *
sadb_get_inbound(
	const struct sadb *db, uint8_t protocol, uint32_t spi, const struct addr *destination)
{
	struct sa *other = NULL;

	for (struct sa *sa = db->by_spi[bucket(db, spi)]; sa != NULL; sa = sa->next_spi) {
		if (sa->spi != spi || sa->protocol != protocol)
			continue;
		if (addr_eq(&sa->destination, destination))
			return sa;
		other = sa;
	}
	return other;
}

struct sa *
sadb_get_outbound(
	const struct sadb *db, uint8_t protocol, uint32_t spi, const struct addr *destination)
{
	for (uint32_t i = 0; i < db->n_buckets; i++) {
		for (struct sa *sa = db->by_id[i]; sa != NULL; sa = sa->next_id) {
			if (!sa->inbound && sa->spi == spi && sa->protocol == protocol &&
				addr_eq(&sa->destination, destination))
				return sa;
		}
	}
	return NULL;
}

void
sadb_each(struct sadb *db, void (*fn)(void *arg, struct sa *sa), void *arg)
{
	for (uint32_t i = 0; i < db->n_buckets; i++) {
		for (struct sa *sa = db->by_id[i]; sa != NULL; sa = sa->next_id)
			fn(arg, sa);
	}
}

/* --- what a dp_sa message must fulfil ------------------------------------------------ */

static const char *
name_of(const struct msg_dp_sa *m)
{
	return m->policy[0] != '\0' ? m->policy : "SA";
}

/* Do the two make a sound ESP SA? */
static int
check_pair(const struct dp *dp, const struct msg_dp_sa *m, const struct alg_cipher_info *c,
	const struct alg_auth_info *a, struct err *err)
{
	if (a != NULL && c->icv_len != 0)
		return err_set(err, -EINVAL, name_of(m), "%s authenticates by itself", c->display);
	if (a != NULL && a->kind != ALG_KIND_hmac)
		return err_set(err, -EINVAL, name_of(m), "%s is not for ESP", a->display);
	if (dp->unchecked)
		return 0;
	if (a == NULL && c->kind == ALG_KIND_null) /* RFC 4303 3.2 */
		return err_set(err, -EINVAL, name_of(m), "neither encryption nor authentication");
	if (a == NULL && c->kind == ALG_KIND_ctr) /* RFC 3686 7 */
		return err_set(err, -EINVAL, name_of(m), "%s needs authentication", c->display);
	return 0;
}

static int
check_algorithms(const struct dp *dp, const struct msg_dp_sa *m, struct err *err)
{
	const struct alg_cipher_info *c = alg_cipher(m->cipher);
	const struct alg_auth_info *a = alg_auth(m->auth);

	if ((c == NULL && m->cipher != ALG_CIPHER_NONE) || (a == NULL && m->auth != ALG_AUTH_NONE))
		return err_set(err, -EINVAL, name_of(m),
			"unknown algorithm, cipher %u, authentication %u", m->cipher, m->auth);
	if (m->protocol != IP_PROTO_AH && c != NULL)
		return check_pair(dp, m, c, a, err);
	if (m->protocol == IP_PROTO_AH && c == NULL && a != NULL)
		return 0;
	return err_set(err, -EINVAL, name_of(m),
		"ESP has a cipher, AH authentication and no cipher: not cipher %u, authentication "
		"%u",
		m->cipher, m->auth);
}

static int
check_keys(const struct msg_dp_sa *m, struct err *err)
{
	const struct alg_cipher_info *c = alg_cipher(m->cipher);
	const struct alg_auth_info *a = alg_auth(m->auth);
	uint32_t cipher_len = alg_cipher_keymat(c), auth_len = alg_auth_keymat(a);

	if (m->cipher_key.len != cipher_len)
		return err_set(err, -EINVAL, name_of(m), "%s takes a key of %u bytes, not %u",
			c != NULL ? c->display : "no encryption", cipher_len, m->cipher_key.len);
	if (m->auth_key.len != auth_len)
		return err_set(err, -EINVAL, name_of(m), "%s takes a key of %u bytes, not %u",
			a != NULL ? a->display : "no authentication", auth_len, m->auth_key.len);
	return 0;
}

static int
check_fields(const struct dp *dp, const struct msg_dp_sa *m, struct err *err)
{
	if (m->sa == 0)
		return err_set(err, -EINVAL, name_of(m), "identity 0 stands for no SA");
	if (m->protocol != IP_PROTO_ESP && m->protocol != IP_PROTO_AH)
		return err_set(
			err, -EINVAL, name_of(m), "protocol %u is neither ESP nor AH", m->protocol);
	if (m->mode != MSG_SA_TUNNEL && m->mode != MSG_SA_TRANSPORT)
		return err_set(err, -EINVAL, name_of(m), "mode %u does not exist", m->mode);
	if (m->bundle == m->sa)
		return err_set(err, -EINVAL, name_of(m), "it cannot be around itself");
	if (m->spi < SPI_MIN)
		return err_set(err, -EINVAL, name_of(m), "SPI %u is reserved, use %u or more",
			m->spi, (unsigned int)SPI_MIN);
	if ((m->source.af != AF_INET && m->source.af != AF_INET6) ||
		m->source.af != m->destination.af)
		return err_set(
			err, -EINVAL, name_of(m), "the outer addresses must be two of one family");
	if (m->protocol == IP_PROTO_AH && (m->encap_local != 0 || m->encap_remote != 0))
		return err_set(err, -EINVAL, name_of(m), "AH cannot pass a NAT (RFC 3948 1)");
	if (m->natt_source.af != m->natt_destination.af ||
		(m->natt_source.af != 0 && m->natt_source.af != m->source.af))
		return err_set(err, -EINVAL, name_of(m),
			"the peer's addresses must be two of the family outside");
	if (m->replay_window > SASTATE_WINDOW_MAX)
		return err_set(err, -EINVAL, name_of(m), "replay window %u is larger than %u",
			m->replay_window, (unsigned int)SASTATE_WINDOW_MAX);
	if (dp->slots == NULL || m->slot >= dp->n_slots)
		return err_set(err, -EINVAL, name_of(m), "slot %u is not in the shared file of %u",
			m->slot, dp->slots == NULL ? 0 : dp->n_slots);
	return 0;
}

/* Two SAs with one SPI, one place for their numbers, or one key to count under would break each other. */
static int
check_unique(struct sadb *db, const struct msg_dp_sa *m, struct err *err)
{
	const struct sa *other;

	if (m->inbound) {
		other = sadb_get_inbound(db, m->protocol, m->spi, &m->destination);
		if (other != NULL && other->id != m->sa &&
			addr_eq(&other->destination, &m->destination))
			return err_set(err, -EEXIST, name_of(m),
				"SPI %u (0x%x) is already that of %s", m->spi, m->spi,
				other->policy[0] != '\0' ? other->policy : "another SA");
	}
	other = noncekeys_find(db->nonces, m);
	if (other != NULL && other->id != m->sa)
		return err_set(err, -EEXIST, name_of(m),
			"its key is in use by SA %u already, and would count twice", other->id);
	other = m->slot < db->n_users ? db->users[m->slot] : NULL;
	if (other != NULL && other->id != m->sa)
		return err_set(err, -EEXIST, name_of(m), "slot %u is already that of SA %u",
			m->slot, other->id);
	return 0;
}

static int
users_grow(struct sadb *db, uint32_t n)
{
	struct sa **p;

	if (n <= db->n_users)
		return 0;
	p = reallocarray(db->users, n, sizeof(struct sa *));
	if (p == NULL)
		return -ENOMEM;
	memset(p + db->n_users, 0, (n - db->n_users) * sizeof(struct sa *));
	db->users = p;
	db->n_users = n;
	return 0;
}

/* --- sequence numbers (RFC 4303 3.3.3) ------------------------------------------------ */

static bool
is_negotiated(const struct sa *sa)
{
	return sa->group != sa->id;
}

static void
ask(struct sadb *db, const struct sa *sa)
{
	if (is_negotiated(sa)) {
		if (db->used != NULL)
			db->used(db->used_arg, sa->id, false);
	} else if (db->seq_need != NULL)
		db->seq_need(db->seq_need_arg, sa->id);
}

/* The last number there is: afterwards the SA has ended (RFC 4303 3.3.3). */
static uint64_t
seq_max(const struct sa *sa)
{
	return sa->esn ? UINT64_MAX : UINT32_MAX;
}

/* A new block: ask for the next one when half of it is used. */
static void
limit_set(struct sadb *db, struct sa *sa, uint64_t limit)
{
	sa->seq_limit = limit;
	sa->n_blocked = 0;
	if (is_negotiated(sa))
		sa->seq_ask = sa->esn ? NEVER : SEQ_SOFT;
	else
		sa->seq_ask = limit >= seq_max(sa) ? NEVER : sa->seq + (limit - sa->seq) / 2 + 1;
	if (limit <= sa->seq) {
		sa->seq_ask = NEVER;
		if (sa->seq < seq_max(sa))
			ask(db, sa);
	}
}

int
sadb_seq_next(struct sadb *db, struct sa *sa, uint64_t *seq)
{
	uint64_t next = sa->seq + 1;

	if (sa->seq >= seq_max(sa))
		return DROP_seq_exhausted;
	if (sa->bytes >= sa->hard_at)
		return DROP_sa_expired;
	if (next > sa->seq_limit) {
		if (sa->n_blocked++ % ASK_AGAIN == 0)
			ask(db, sa);
		return DROP_seq_reserve;
	}
	sa->seq = next;
	__atomic_store_n(&sa->slot->seq, next, __ATOMIC_RELEASE);
	if (next >= sa->seq_ask) {
		sa->seq_ask = NEVER;
		ask(db, sa);
	}
	*seq = next;
	return 0;
}

uint64_t
sadb_seq_infer(const struct sa *sa, uint32_t seq)
{
	return sa->esn ? replay_infer(sa->slot, sa->window, seq) : seq;
}

int
sadb_seq_limit(struct dp *dp, const struct msg_dp_seq_limit *m)
{
	struct sa *sa = sadb_get(dp->sadb, m->sa);

	if (sa == NULL)
		return -ENOENT;
	if (sa->inbound || m->seq_limit < sa->seq_limit)
		return -EINVAL;
	limit_set(dp->sadb, sa, m->seq_limit);
	return 0;
}

/* --- adding, replacing, deleting ------------------------------------------------------- */

static struct secret *
keys_of(const struct msg_dp_sa *m)
{
	struct secret *s = secret_new(NULL, m->cipher_key.len + m->auth_key.len);

	if (s != NULL && s->len > 0) {
		memcpy(s->data, m->cipher_key.data, m->cipher_key.len);
		memcpy(s->data + m->cipher_key.len, m->auth_key.data, m->auth_key.len);
	}
	return s;
}

/* What may change while an SA goes on. */
static void
fill_live(struct sa *sa, const struct msg_dp_sa *m)
{
	sa->source = m->source;
	sa->destination = m->destination;
	sa->port = m->port;
	sa->group = m->group != 0 ? m->group : m->sa;
	sa->soft_at = m->soft_bytes != 0 ? m->soft_bytes : NEVER;
	sa->hard_at = m->hard_bytes != 0 ? m->hard_bytes : NEVER;
	sa->bundle = m->bundle;
	sa->outer_generation = NEVER;
	sa->path = (struct sa_path){
		.mtu = m->mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)m->mtu,
		.mtu_told = m->mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)m->mtu,
		.encap_local = m->encap_local,
		.encap_remote = m->encap_remote,
		.may_move = m->may_move && m->inbound && m->encap_remote != 0,
		.df = m->df,
		.fragment_before = m->fragment_before,
		.natt_source = m->natt_source,
		.natt_destination = m->natt_destination,
	};
	/* Numbers that nobody authenticates must not move a window (RFC 4303 3.4.3). */
	sa->window = sa->icv_len == 0 ? 0 : m->replay_window;
	memcpy(sa->policy, m->policy, sizeof(sa->policy));
}

static struct sa *
sa_make(struct dp *dp, const struct msg_dp_sa *m, struct err *err)
{
	struct sadb *db = dp->sadb;
	const struct alg_cipher_info *c = alg_cipher(m->cipher);
	const struct alg_auth_info *a = alg_auth(m->auth);
	uint8_t context[4 + 2 * sizeof(m->source.b)];
	const struct crypto_keys keys = {
		.encrypts = !m->inbound,
		.esn = m->esn,
		.cipher = (enum alg_cipher)m->cipher,
		.auth = (enum alg_auth)m->auth,
		.cipher_key = m->cipher_key.data,
		.auth_key = m->auth_key.data,
		.context = context,
		.context_len = sizeof(context),
	};
	struct sa *sa = calloc(1, sizeof(*sa));

	be32_put(context, m->spi);
	memcpy(context + 4, m->source.b, sizeof(m->source.b));
	memcpy(context + 4 + sizeof(m->source.b), m->destination.b, sizeof(m->destination.b));
	if (sa == NULL || (sa->keys = keys_of(m)) == NULL) {
		err_set(err, -ENOMEM, name_of(m), "memory is short");
		sa_free(db, sa);
		return NULL;
	}
	if (db->engine->sa_init(db->engine, &keys, &sa->crypto, err) != 0) {
		sa_free(db, sa);
		return NULL;
	}
	sa->id = m->sa;
	sa->inbound = m->inbound;
	sa->esn = m->esn;
	sa->spi = m->spi;
	sa->protocol = m->protocol;
	sa->mode = m->mode;
	sa->cipher = m->cipher;
	sa->auth = m->auth;
	sa->slot_no = m->slot;
	sa->slot = &dp->slots[m->slot];
	sa->block = c != NULL ? c->block : 1;
	sa->iv_len = c != NULL ? c->iv_len : a->iv_len;
	sa->icv_len = a != NULL ? a->icv_len : c->icv_len;
	sa->outer_generation = NEVER;
	fill_live(sa, m);
	return sa;
}

static bool
same_keys(const struct sa *sa, const struct msg_dp_sa *m)
{
	uint32_t cipher_len = m->cipher_key.len, auth_len = m->auth_key.len;

	return sa->cipher == m->cipher && sa->auth == m->auth &&
		sa->keys->len == cipher_len + auth_len &&
		secret_eq(sa->keys->data, m->cipher_key.data, cipher_len) &&
		secret_eq(sa->keys->data + cipher_len, m->auth_key.data, auth_len);
}

/* The same association as before, so that its numbers go on? */
static bool
same_sa(const struct sa *sa, const struct msg_dp_sa *m)
{
	return sa->inbound == m->inbound && sa->spi == m->spi && sa->protocol == m->protocol &&
		sa->mode == m->mode && sa->esn == m->esn && sa->slot_no == m->slot &&
		same_keys(sa, m);
}

static void
sa_remove(struct sadb *db, struct sa *sa)
{
	struct sa **at = &db->by_id[bucket(db, sa->id)];

	while (*at != sa)
		at = &(*at)->next_id;
	*at = sa->next_id;
	unlink_spi(db, sa);
	noncekeys_remove(db->nonces, sa);
	db->users[sa->slot_no] = NULL;
	db->n--;
	db->generation++;
	sa_free(db, sa);
}

/* Where the numbers of an SA start that this process did not have, or that is not the same any more.
 * A number goes out once under one key, whatever else has changed. */
static void
numbers_start(struct sadb *db, struct sa *sa, const struct sa *old, const struct msg_dp_sa *m)
{
	uint64_t used = noncekeys_last(db->nonces, m);
	bool same_slot = old != NULL && old->slot == sa->slot && old->inbound == sa->inbound;
	bool goes_on = old != NULL && !old->inbound && (same_slot || same_keys(old, m));

	if (sa->inbound) {
		if (same_slot) /* new keys: the peer begins again */
			memset(sa->slot, 0, sizeof(*sa->slot));
		return;
	}
	sa->seq = __atomic_load_n(&sa->slot->seq, __ATOMIC_ACQUIRE);
	if (!same_slot && sa->seq != 0)
		sa->seq =
			sa->seq < seq_max(sa) - SASTATE_SKIP ? sa->seq + SASTATE_SKIP : seq_max(sa);
	if (goes_on && sa->seq < old->seq)
		sa->seq = old->seq;
	if (sa->seq < used)
		sa->seq = used;
}

int
sadb_put(struct dp *dp, const struct msg_dp_sa *m, struct err *err)
{
	struct sadb *db = dp->sadb;
	struct sa *sa, *old = sadb_get(db, m->sa);
	struct err why = { 0 };
	int rc = check_fields(dp, m, err);

	if (rc == 0)
		rc = check_algorithms(dp, m, err);
	if (rc == 0)
		rc = check_keys(m, err);
	if (rc == 0)
		rc = check_unique(db, m, err);
	if (rc != 0)
		return rc;
	if (old != NULL && same_sa(old, m)) {
		fill_live(old, m);
		if (!old->inbound && m->seq_limit > old->seq_limit)
			limit_set(db, old, m->seq_limit);
		return 0;
	}
	if (users_grow(db, dp->n_slots) != 0 ||
		(db->n >= db->n_buckets && resize(db, db->n_buckets * 2) != 0))
		return err_set(err, -ENOMEM, name_of(m), "memory is short");
	sa = sa_make(dp, m, &why);
	if (sa == NULL)
		return err_set(err, -EOPNOTSUPP, name_of(m), "%s: %.200s", why.object, why.text);
	numbers_start(db, sa, old, m);
	if (old != NULL)
		sa_remove(db, old);
	link_id(db, sa);
	link_spi(db, sa);
	noncekeys_add(db->nonces, sa);
	db->users[sa->slot_no] = sa;
	db->n++;
	db->generation++;
	if (!sa->inbound)
		limit_set(db, sa, m->seq_limit);
	return 0;
}

int
sadb_del(struct dp *dp, uint32_t id)
{
	struct sa *sa = sadb_get(dp->sadb, id);

	if (sa == NULL)
		return -ENOENT;
	sa_remove(dp->sadb, sa);
	return 0;
}

/* --- displays ---------------------------------------------------------------------------- */

static void
sa_state(const struct sa *sa, struct st_ipsec_sa *st)
{
	*st = (struct st_ipsec_sa){
		.sa = sa->id,
		.inbound = sa->inbound,
		.spi = sa->spi,
		.protocol = sa->protocol,
		.mode = sa->mode,
		.source = sa->source,
		.destination = sa->destination,
		.cipher = sa->cipher,
		.auth = sa->auth,
		.port = sa->port,
		.packets = sa->packets,
		.bytes = sa->bytes,
		.dropped = sa->dropped,
		.sequence = sa->inbound ? sa->slot->seq : sa->seq,
		.replay_window = sa->window,
		.encap_local = sa->path.encap_local,
		.encap_remote = sa->path.encap_remote,
	};
	memcpy(st->policy, sa->policy, sizeof(st->policy));
}

static int
by_identity(const void *a, const void *b)
{
	const struct sa *x = *(struct sa *const *)a, *y = *(struct sa *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

void
sadb_state(struct dp *dp, void (*row)(void *arg, const struct st_ipsec_sa *), void *arg)
{
	struct sadb *db = dp->sadb;
	struct sa **all = calloc(db->n + 1, sizeof(struct sa *));
	struct st_ipsec_sa st;
	uint32_t n = 0;

	if (all == NULL)
		return;
	for (uint32_t i = 0; i < db->n_buckets; i++) {
		for (struct sa *sa = db->by_id[i]; sa != NULL; sa = sa->next_id)
			all[n++] = sa;
	}
	qsort(all, n, sizeof(struct sa *), by_identity);
	for (uint32_t i = 0; i < n; i++) {
		sa_state(all[i], &st);
		row(arg, &st);
	}
	free(all);
}

void
sadb_state_one(
	struct dp *dp, uint32_t id, void (*row)(void *arg, const struct st_ipsec_sa *), void *arg)
{
	const struct sa *sa = sadb_get(dp->sadb, id);
	struct st_ipsec_sa st;

	if (sa == NULL)
		return;
	sa_state(sa, &st);
	row(arg, &st);
}

/* Is it this word with a number? */
static bool
filter_number(const char *filter, const char *word, uint32_t *number)
{
	size_t len = strlen(word);

	if (strncmp(filter, word, len) != 0)
		return false;
	*number = (uint32_t)strtoul(filter + len, NULL, 10);
	return true;
}

bool
sadb_filter_protocol(const char *filter, unsigned int *protocol)
{
	return filter_number(filter, "protocol ", protocol);
}

bool
sadb_filter_sa(const char *filter, uint32_t *sa)
{
	return filter_number(filter, "sa ", sa);
}

static bool
resets(const char *filter, const struct sa *sa)
{
	unsigned int protocol;

	if (sadb_filter_protocol(filter, &protocol))
		return protocol == sa->protocol;
	return filter[0] == '\0' || strcmp(filter, sa->policy) == 0;
}

/* Lifetimes go on. */
static void
counters_reset(struct sa *sa)
{
	if (sa->soft_at != NEVER)
		sa->soft_at -= sa->bytes < sa->soft_at ? sa->bytes : sa->soft_at;
	if (sa->hard_at != NEVER)
		sa->hard_at -= sa->bytes < sa->hard_at ? sa->bytes : sa->hard_at;
	sa->packets = sa->bytes = sa->dropped = 0;
}

void
sadb_state_reset(struct dp *dp, const char *filter)
{
	for (uint32_t i = 0; i < dp->sadb->n_buckets; i++) {
		for (struct sa *sa = dp->sadb->by_id[i]; sa != NULL; sa = sa->next_id) {
			if (resets(filter, sa))
				counters_reset(sa);
		}
	}
}
