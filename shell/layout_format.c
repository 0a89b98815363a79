/*
 * How layouts show numbers and texts: {name!format}. One row a format.
 */
#include "config.h"

#include "shell/layout.h"

#include "lib/alg.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static size_t
put(char *out, size_t cap, const char *text)
{
	size_t len = strlcpy(out, text, cap);

	return len < cap ? len : cap - 1;
}

size_t
layout_number(unsigned long long n, char *out, size_t cap)
{
	int len = snprintf(out, cap, "%llu", n);

	return len < 0 ? 0 : (size_t)len;
}

static size_t
time_text(unsigned long long n, char *out, size_t cap)
{
	time_t t = (time_t)n;
	struct tm tm;

	if (!n || !localtime_r(&t, &tm))
		return put(out, cap, "-");
	return strftime(out, cap, "%Y-%m-%d %H:%M:%S", &tm);
}

/* strftime of what a time is called: the day, the zone and its distance. */
static size_t
time_part(unsigned long long n, const char *format, char *out, size_t cap)
{
	time_t t = (time_t)n;
	struct tm tm;

	return localtime_r(&t, &tm) ? strftime(out, cap, format, &tm) : put(out, cap, "-");
}

static size_t
weekday_text(unsigned long long n, char *out, size_t cap)
{
	return time_part(n, "%A", out, cap);
}

static size_t
zone_text(unsigned long long n, char *out, size_t cap)
{
	return time_part(n, "%Z", out, cap);
}

/* "UTC+08:00" */
static size_t
offset_text(unsigned long long n, char *out, size_t cap)
{
	char z[16];

	if (time_part(n, "%z", z, sizeof(z)) != 5)
		return put(out, cap, "UTC");
	return (size_t)snprintf(out, cap, "UTC%.3s:%s", z, z + 3);
}

/* "0 week, 0 day, 15 hours, 16 minutes" */
static size_t
uptime_text(unsigned long long s, char *out, size_t cap)
{
	static const struct {
		const char *unit;
		unsigned long long seconds;
	} units[] = { { "week", 604800 }, { "day", 86400 }, { "hour", 3600 }, { "minute", 60 } };
	size_t at = 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		unsigned long long n = s / units[i].seconds;

		s %= units[i].seconds;
		at += (size_t)snprintf(out + at, cap - at, "%s%llu %s%s", i ? ", " : "", n,
			units[i].unit, n == 1 || n == 0 ? "" : "s");
	}
	return at;
}

static size_t
hex_text(unsigned long long n, char *out, size_t cap)
{
	return (size_t)snprintf(out, cap, "0x%llx", n);
}

#define TWO_WORDS(name, one, zero)                                             \
	static size_t name##_text(unsigned long long n, char *out, size_t cap) \
	{                                                                      \
		return put(out, cap, n ? one : zero);                          \
	}
TWO_WORDS(updown, "UP", "DOWN")
TWO_WORDS(lowupdown, "up", "down")
TWO_WORDS(enabled, "enabled", "disabled")
TWO_WORDS(enable, "Enable", "Disable")

static size_t
cipher_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_cipher_info *a = alg_cipher((unsigned int)n);

	return put(out, cap, a ? a->display : "-");
}

static size_t
auth_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_auth_info *a = alg_auth((unsigned int)n);

	return put(out, cap, a ? a->display : "-");
}

static size_t
put_upper(char *out, size_t cap, const char *text)
{
	size_t len = put(out, cap, text);

	for (char *p = out; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return len;
}

/* "AES-256" */
static size_t
cipher_name_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_cipher_info *a = alg_cipher((unsigned int)n);

	return put_upper(out, cap, a ? a->keyword : "-");
}

/* "SHA2-256-128": with the bits of the ICV, as IANA names it, unless the keyword says it */
static size_t
auth_name_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_auth_info *a = alg_auth((unsigned int)n);
	char text[64];

	if (!a)
		return put(out, cap, "-");
	if (a->kind != ALG_KIND_hmac || a->offered == ALG_OFFERED_no)
		return put_upper(out, cap, a->keyword);
	snprintf(text, sizeof(text), "%s-%u", a->keyword, a->icv_len * 8u);
	return put_upper(out, cap, text);
}

/* Of a list of keywords each word, separated by blanks. */
static size_t
each_word(
	const char *s, size_t (*word)(const char *s, char *out, size_t cap), char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	while (*s && at + 1 < cap) {
		size_t len = strcspn(s, " ");
		char one[64];

		snprintf(one, sizeof(one), "%.*s", (int)len, s);
		if (at)
			at += put(out + at, cap - at, " ");
		at += word(one, out + at, cap - at);
		s += len + strspn(s + len, " ");
	}
	return at;
}

static size_t
dh_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_dh_info *a = alg_dh((unsigned int)n);

	return put(out, cap, a ? a->display : "-");
}

static size_t
prf_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_prf_info *a = alg_prf((unsigned int)n);

	return put(out, cap, a ? a->display : "-");
}

/* "HMAC-SHA2-256" */
static size_t
integrity_text(unsigned long long n, char *out, size_t cap)
{
	const struct alg_auth_info *a = alg_auth((unsigned int)n);
	char text[64];

	if (!a)
		return put(out, cap, "-");
	snprintf(text, sizeof(text), "%s%s", a->kind == ALG_KIND_hmac ? "hmac-" : "", a->keyword);
	return put_upper(out, cap, text);
}

/* One row a format that shows the keyword of an algorithm as its number. */
#define KEYWORDS(kind)                                                          \
	static size_t kind##_word(const char *s, char *out, size_t cap)         \
	{                                                                       \
		return kind##_text(alg_##kind##_find(s), out, cap);             \
	}                                                                       \
	static size_t kind##_keyword_text(const char *s, char *out, size_t cap) \
	{                                                                       \
		return each_word(s, kind##_word, out, cap);                     \
	}
KEYWORDS(cipher)
KEYWORDS(auth)
KEYWORDS(dh)

static size_t
upper_text(const char *s, char *out, size_t cap)
{
	return put_upper(out, cap, s);
}

/* "0d 0h 14m 44s" */
static size_t
holding_text(unsigned long long s, char *out, size_t cap)
{
	return (size_t)snprintf(
		out, cap, "%llud %lluh %llum %llus", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

static size_t
dash_text(const char *s, char *out, size_t cap)
{
	return put(out, cap, *s ? s : "-");
}

static size_t
capital_text(const char *s, char *out, size_t cap)
{
	size_t len = put(out, cap, s);

	if (*out >= 'a' && *out <= 'z')
		*out = (char)(*out - 'a' + 'A');
	return len;
}

static size_t
protocol_text(unsigned long long n, char *out, size_t cap)
{
	return put(out, cap, n == 50 ? "ESP" : n == 51 ? "AH" : "-");
}

static size_t
mode_text(unsigned long long n, char *out, size_t cap)
{
	return put(out, cap, n == 1 ? "Transport" : "Tunnel");
}

static const struct layout_format formats[] = {
	{ "time", .number = time_text },
	{ "weekday", .number = weekday_text },
	{ "zone", .number = zone_text },
	{ "offset", .number = offset_text },
	{ "uptime", .number = uptime_text },
	{ "hex", .number = hex_text },
	{ "UPDOWN", .number = updown_text },
	{ "updown", .number = lowupdown_text },
	{ "enabled", .number = enabled_text },
	{ "cipher", .number = cipher_text, .text = cipher_keyword_text },
	{ "auth", .number = auth_text, .text = auth_keyword_text },
	{ "CIPHER", .number = cipher_name_text },
	{ "AUTH", .number = auth_name_text },
	{ "dh", .number = dh_text, .text = dh_keyword_text },
	{ "prf", .number = prf_text },
	{ "INTEGRITY", .number = integrity_text },
	{ "UPPER", .text = upper_text },
	{ "holding", .number = holding_text },
	{ "Enable", .number = enable_text },
	{ "dash", .text = dash_text },
	{ "Capital", .text = capital_text },
	{ "protocol", .number = protocol_text },
	{ "mode", .number = mode_text },
};

const struct layout_format *
layout_format_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strncmp(formats[i].name, name, len) && !formats[i].name[len])
			return &formats[i];
	return NULL;
}
