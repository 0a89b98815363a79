/*
 * ACL rules between text and row: port operators, ICMP messages by name, the number of a rule that
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
#include "shell/cli/change.h"

enum {
	PROTOCOL_ICMP = 1,
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

/* An address without the bits that its wildcard ignores. */
static void
bind_address(struct change *ch, const char *side)
{
	char name[64];
	char text[ADDR_STRLEN];
	struct value address = change_get(ch, side);
	struct value wildcard;
	struct addr a;

	snprintf(name, sizeof(name), "%s_wildcard", side);
	wildcard = change_get(ch, name);
	if (address.kind != VALUE_TEXT || wildcard.kind != VALUE_TEXT)
		return;
	if (!strcmp(wildcard.s, "255.255.255.255")) {
		change_set(ch, side, nothing);
		change_set(ch, name, nothing);
		return;
	}
	a = addr_v4(v4(address.s) & ~v4(wildcard.s));
	change_set(ch, side, VALUE_OF_TEXT(arena_strdup(ch->arena, addr_format(&a, text))));
}

static int64_t
arg(const struct change *ch, const char *side, const char *operator, int64_t fallback)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", side, operator);
	return cli_arg_int(ch->match, name, fallback);
}

/* eq, gt, lt, range: each a range. */
static int
bind_ports(struct change *ch, const char *side)
{
	int64_t eq = arg(ch, side, "eq", -1);
	int64_t gt = arg(ch, side, "gt", -1);
	int64_t lt = arg(ch, side, "lt", -1);
	int64_t low = eq >= 0 ? eq : gt >= 0 ? gt + 1 : lt >= 0 ? 0 : arg(ch, side, "low", -1);
	int64_t high = eq >= 0 ? eq
		: gt >= 0      ? PORT_MAX
		: lt >= 0      ? lt - 1
			       : arg(ch, side, "high", -1);
	char name[64];

	if (gt == PORT_MAX || lt == 0 || low > high)
		return change_refuse(ch, "The port range is empty.");
	snprintf(name, sizeof(name), "%s_low", side);
	change_set(ch, name, low < 0 ? nothing : VALUE_OF_INT(low));
	snprintf(name, sizeof(name), "%s_high", side);
	change_set(ch, name, low < 0 ? nothing : VALUE_OF_INT(high));
	return 0;
}

static void
bind_icmp(struct change *ch)
{
	int64_t named = cli_arg_int(ch->match, "icmp", -1);

	if (named < 0)
		return;
	change_set(ch, "icmp_type", VALUE_OF_INT(named / 256));
	change_set(ch, "icmp_code", VALUE_OF_INT(named % 256));
}

/* The next multiple of the ACL's step. */
static int
number_rule(struct change *ch)
{
	struct row acl;
	int err = row_get(ch->store, &model_acl, ch->view_key, ch->arena, &acl);
	int64_t step;
	int64_t id;

	if (err)
		return err;
	step = acl.v[model_column(&model_acl, "step")].i;
	id = row_max_key(ch->store, ch->table, ch->view_key, 1);
	id = id < 0 ? step : (id / step + 1) * step;
	if (id > RULE_ID_MAX)
		return change_refuse(ch, "No more rules can be numbered.");
	change_set(ch, "id", VALUE_OF_INT(id));
	return 0;
}

int
vrp_rule_bind(struct change *ch)
{
	static const char *const cleared[] = { "protocol", "source", "source_wildcard",
		"destination", "destination_wildcard", "icmp_type", "icmp_code" };
	int err;

	if (ch->undo)
		return 0;
	for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++)
		change_set(ch, cleared[i], change_get(ch, cleared[i]));
	bind_address(ch, "source");
	bind_address(ch, "destination");
	bind_icmp(ch);
	err = bind_ports(ch, "source_port");
	if (!err)
		err = bind_ports(ch, "destination_port");
	if (!err && change_get(ch, "id").kind == VALUE_NULL)
		err = number_rule(ch);
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

static void
put_address(struct text *t, const struct row *r, const char *side, const char *wildcard)
{
	if (cell(r, side)->kind == VALUE_NULL)
		return;
	put(t, side);
	put_column(t, r, side);
	put_column(t, r, wildcard);
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
	struct value named = VALUE_OF_INT(type->i * 256 + code->i);
	char word[64];

	if (type->kind == VALUE_NULL)
		return;
	put(t, "icmp-type");
	if (code->kind != VALUE_NULL &&
		type_icmp_name.render(&type_icmp_name, &named, word, sizeof(word))) {
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
	put_address(&t, r, "source", "source_wildcard");
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
		put_ports(&t, r, "source-port", cell(r, "source_port_low"),
			cell(r, "source_port_high"));
	put_address(&t, r, "destination", "destination_wildcard");
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
		put_ports(&t, r, "destination-port", cell(r, "destination_port_low"),
			cell(r, "destination_port_high"));
	if (protocol == PROTOCOL_ICMP)
		put_icmp(&t, r);
	return t.len;
}
