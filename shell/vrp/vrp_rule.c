/*
 * ACL rules of both families between text and row: port operators, ICMP messages by name, the number of a rule that
 * was typed without one. Absent columns match everything.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/arena.h"
#include "schema/row.h"
#include "schema/type.h"
#include "shell/cli/typed.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PORT_MAX = 65535,
	BASIC_END = 3000,
	RULE_ID_MAX = 4294967294
};

static const struct value nothing = { .kind = VALUE_NULL };

static uint32_t
v4(const char *text)
{
	struct addr a;

	return addr_parse(text, &a) ? 0 : addr_u32(&a);
}

static bool
is_ipv6(const struct table *t)
{
	return t == &model_acl6_rule;
}

/* An IPv6 address and its length, typed as one word or as two, without the bits behind the length. */
static void
bind_prefix(struct typed *ty, const char *side)
{
	char name[64];
	char text[ADDR_STRLEN];
	const char *word;
	struct prefix p = { 0 };
	struct addr network;

	snprintf(name, sizeof(name), "%s_prefix", side);
	word = cli_arg_text(ty->match, name, NULL);
	snprintf(name, sizeof(name), "%s_length", side);
	if (word) {
		if (prefix_parse(word, &p))
			return;
	} else {
		if (typed_get(ty, side).kind != VALUE_TEXT ||
			addr_parse(typed_get(ty, side).s, &p.addr))
			return;
		p.len = (uint8_t)typed_get(ty, name).i;
	}
	if (!p.len) {
		typed_set(ty, side, nothing);
		typed_set(ty, name, nothing);
		return;
	}
	network = prefix_network(&p);
	typed_set(ty, side, VALUE_OF_TEXT(arena_strdup(ty->arena, addr_format(&network, text))));
	typed_set(ty, name, VALUE_OF_INT(p.len));
}

/* An address without the bits that its wildcard ignores. */
static void
bind_address(struct typed *ty, const char *side)
{
	char name[64];
	char text[ADDR_STRLEN];
	struct value address = typed_get(ty, side);
	struct value wildcard;
	struct addr a;

	if (is_ipv6(ty->table)) {
		bind_prefix(ty, side);
		return;
	}
	snprintf(name, sizeof(name), "%s_wildcard", side);
	wildcard = typed_get(ty, name);
	if (address.kind != VALUE_TEXT || wildcard.kind != VALUE_TEXT)
		return;
	if (!strcmp(wildcard.s, "255.255.255.255")) {
		typed_set(ty, side, nothing);
		typed_set(ty, name, nothing);
		return;
	}
	a = addr_v4(v4(address.s) & ~v4(wildcard.s));
	typed_set(ty, side, VALUE_OF_TEXT(arena_strdup(ty->arena, addr_format(&a, text))));
}

static int64_t
arg(const struct typed *ty, const char *side, const char *operator, int64_t fallback)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", side, operator);
	return cli_arg_int(ty->match, name, fallback);
}

/* eq, gt, lt, range: each a range. */
static int
bind_ports(struct typed *ty, const char *side)
{
	int64_t eq = arg(ty, side, "eq", -1);
	int64_t gt = arg(ty, side, "gt", -1);
	int64_t lt = arg(ty, side, "lt", -1);
	int64_t low = eq >= 0 ? eq : gt >= 0 ? gt + 1 : lt >= 0 ? 0 : arg(ty, side, "low", -1);
	int64_t high = eq >= 0 ? eq
		: gt >= 0      ? PORT_MAX
		: lt >= 0      ? lt - 1
			       : arg(ty, side, "high", -1);
	char name[64];

	if (gt == PORT_MAX || lt == 0 || low > high)
		return typed_refuse(ty, "The port range is empty.");
	snprintf(name, sizeof(name), "%s_low", side);
	typed_set(ty, name, low < 0 ? nothing : VALUE_OF_INT(low));
	snprintf(name, sizeof(name), "%s_high", side);
	typed_set(ty, name, low < 0 ? nothing : VALUE_OF_INT(high));
	return 0;
}

static void
bind_icmp(struct typed *ty)
{
	int64_t named = cli_arg_int(ty->match, "icmp", -1);

	if (named < 0)
		return;
	typed_set(ty, "icmp_type", VALUE_OF_INT(named / 256));
	typed_set(ty, "icmp_code", VALUE_OF_INT(named % 256));
}

/* The next multiple of the ACL's step. */
static int
number_rule(struct typed *ty)
{
	const struct table *t = ty->table->columns[0].ref;
	struct row acl;
	int err = row_get(ty->store, t, ty->view_key, ty->arena, &acl);
	int64_t step;
	int64_t id;

	if (err)
		return err;
	step = acl.v[model_column(t, "step")].i;
	id = row_max_key(ty->store, ty->table, ty->view_key, 1);
	id = id < 0 ? step : (id / step + 1) * step;
	if (id > RULE_ID_MAX)
		return typed_refuse(ty, "No more rules can be numbered.");
	typed_set(ty, "id", VALUE_OF_INT(id));
	return 0;
}

int
vrp_rule_bind(struct typed *ty)
{
	/* Of either family: those that the table has not are passed over. */
	static const char *const cleared[] = { "protocol", "source", "source_wildcard",
		"source_length", "destination", "destination_wildcard", "destination_length",
		"icmp_type", "icmp_code" };
	int err;

	if (ty->undo)
		return 0;
	for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++)
		typed_set(ty, cleared[i], typed_get(ty, cleared[i]));
	bind_address(ty, "source");
	bind_address(ty, "destination");
	bind_icmp(ty);
	err = bind_ports(ty, "source_port");
	if (!err)
		err = bind_ports(ty, "destination_port");
	if (!err && typed_get(ty, "id").kind == VALUE_NULL)
		err = number_rule(ty);
	return err;
}

/* Text being put together; stays within cap. */
struct text {
	char *out;
	size_t len;
	size_t cap;
};

static void
put(struct text *t, const char *word)
{
	int n = snprintf(t->out + t->len, t->cap - t->len, "%s%s", t->len ? " " : "", word);

	if (n > 0 && (size_t)n < t->cap - t->len)
		t->len += (size_t)n;
}

static void
put_value(struct text *t, const struct type *type, struct value v)
{
	char word[64];

	if (type->render(type, &v, word, sizeof(word)))
		put(t, word);
}

static const struct value *
cell(const struct row *r, const char *column)
{
	return &r->v[model_column(r->table, column)];
}

static void
put_column(struct text *t, const struct row *r, const char *column)
{
	int c = model_column(r->table, column);

	if (r->v[c].kind != VALUE_NULL)
		put_value(t, r->table->columns[c].type, r->v[c]);
}

/* "source 10.0.0.0 0.0.0.255", "source 2001:db8::/32" */
static void
put_address(struct text *t, const struct row *r, const char *side)
{
	char name[64];
	char word[PREFIX_STRLEN];

	if (cell(r, side)->kind == VALUE_NULL)
		return;
	put(t, side);
	if (is_ipv6(r->table)) {
		snprintf(name, sizeof(name), "%s_length", side);
		snprintf(word, sizeof(word), "%s/%d", cell(r, side)->s, (int)cell(r, name)->i);
		put(t, word);
		return;
	}
	snprintf(name, sizeof(name), "%s_wildcard", side);
	put_column(t, r, side);
	put_column(t, r, name);
}

static void
put_ports(struct text *t, const struct row *r, const char *keyword, const struct value *low,
	const struct value *high)
{
	const struct type *type =
		cell(r, "protocol")->i == PROTOCOL_UDP ? &type_udp_port : &type_tcp_port;

	if (low->kind == VALUE_NULL || high->kind == VALUE_NULL)
		return;
	put(t, keyword);
	if (low->i == high->i) {
		put(t, "eq");
		put_value(t, type, *low);
	} else if (low->i == 0 && high->i < PORT_MAX) {
		put(t, "lt");
		put_value(t, type, VALUE_OF_INT(high->i + 1));
	} else if (high->i == PORT_MAX && low->i > 0) {
		put(t, "gt");
		put_value(t, type, VALUE_OF_INT(low->i - 1));
	} else {
		put(t, "range");
		put_value(t, type, *low);
		put_value(t, type, *high);
	}
}

static void
put_icmp(struct text *t, const struct row *r)
{
	const struct value *type = cell(r, "icmp_type");
	const struct value *code = cell(r, "icmp_code");
	const struct type *names = is_ipv6(r->table) ? &type_icmp6_name : &type_icmp_name;
	struct value named = VALUE_OF_INT(type->i * 256 + code->i);
	char word[64];

	if (type->kind == VALUE_NULL)
		return;
	put(t, is_ipv6(r->table) ? "icmp6-type" : "icmp-type");
	if (code->kind != VALUE_NULL && names->render(names, &named, word, sizeof(word))) {
		put(t, word);
		return;
	}
	put_column(t, r, "icmp_type");
	put_column(t, r, "icmp_code");
}

size_t
vrp_rule_render(const struct row *r, char *out, size_t cap)
{
	struct text t = { .out = out, .cap = cap };
	int64_t protocol = cell(r, "protocol")->i;

	put(&t, "rule");
	put_column(&t, r, "id");
	put_column(&t, r, "action");
	if (r->v[0].i >= BASIC_END)
		put_column(&t, r, "protocol");
	put_address(&t, r, "source");
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
		put_ports(&t, r, "source-port", cell(r, "source_port_low"),
			cell(r, "source_port_high"));
	put_address(&t, r, "destination");
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
		put_ports(&t, r, "destination-port", cell(r, "destination_port_low"),
			cell(r, "destination_port_high"));
	if (protocol == (is_ipv6(r->table) ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
		put_icmp(&t, r);
	return t.len;
}
