/*
 * Runs one datapath as yongd would, from a script: for tests in namespaces that are about packets and
 * not about configuration. Reads lines from standard input, writes what the datapath says to
 * standard output; ends it when standard input closes.
 *
 *   tun ID DEVICE tunnel|protected [plain]   makes the device (plain: no offload header), passes it
 *   raw ID KIND [PROTOCOL [BUFFER]]          gre esp ah bypass gre6 esp6 ah6 bypass6
 *   udp ID PORT [v6]
 *   setup SLOTS                              the shared file, zeroed
 *   MESSAGE FIELD=VALUE …                    any message of msg.def; bytes in hex
 *   get TABLE                                rows of live state as JSON
 *   wait MESSAGE                             until the datapath has said it of its own accord
 *
 * Each line is answered by "ok" or "error{…}"; what the datapath says of itself is printed when read.
 */
#include "config.h"

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/loop.h"
#include "lib/memfile.h"
#include "lib/record.h"
#include "lib/sastate.h"
#include "lib/state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER = 8 << 20, WORDS_MAX = 40, MARK = 0x59440000 };

struct feed {
	struct loop *loop;
	struct frame *frame;
	uint32_t request;
	bool answered;
	unsigned int events[MSG_N]; /* said of its own accord and not yet waited for */
	pid_t child;
};

static void
die(const char *what)
{
	fprintf(stderr, "dpfeed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int
msg_of(const char *name)
{
	for (unsigned int t = 1; t < MSG_N; t++) {
		if (strcmp(msg_info(t)->record.name, name) == 0)
			return t;
	}
	fprintf(stderr, "dpfeed: no message %s\n", name);
	exit(2);
}

static void
msg_print(unsigned int type, const void *body)
{
	char text[4096];

	record_print(&msg_info(type)->record, body, text, sizeof(text));
	puts(text);
	fflush(stdout);
}

static void
row_print(const struct msg_state_row *row)
{
	const struct state_info *info = state_find(row->table);
	struct rbuf b = rbuf_over(row->row.data, row->row.len);
	void *rec = calloc(1, info->record.size);
	char *json;

	record_decode(&info->record, &b, rec);
	json = record_json(&info->record, rec);
	puts(json);
	free(json);
	free(rec);
}

static void
on_msg(void *arg, struct frame *frame, enum msg_type type, uint32_t request, const void *body,
	int fd)
{
	struct feed *f = arg;

	if (request == 0) {
		f->events[type]++;
		msg_print(type, body);
		return;
	}
	if (type == MSG_state_row) {
		row_print(body);
		return;
	}
	f->answered = true;
	if (type == MSG_error)
		msg_print(type, body);
	else
		puts("ok");
	fflush(stdout);
}

static void
on_gone(void *arg, struct frame *frame)
{
	errno = EPIPE;
	die("the datapath");
}

static void
request(struct feed *f, unsigned int type, const void *body, int fd)
{
	int r = frame_send(f->frame, type, ++f->request, body, fd);

	if (r < 0) {
		errno = -r;
		die(msg_info(type)->record.name);
	}
	for (f->answered = false; !f->answered;)
		loop_turn(f->loop, 1000);
}

/* --- descriptors ------------------------------------------------------------------------- */

static void
set(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
		die("setsockopt");
}

static const struct {
	const char *name;
	uint8_t kind;
	uint8_t protocol;
	bool v6;
} raws[] = {
	{ "gre", MSG_PORT_RAW_GRE, 47, false },
	{ "esp", MSG_PORT_RAW_ESP, 50, false },
	{ "ah", MSG_PORT_RAW_AH, 51, false },
	{ "bypass", MSG_PORT_RAW_BYPASS, 255, false },
	{ "gre6", MSG_PORT_RAW6_GRE, 47, true },
	{ "esp6", MSG_PORT_RAW6_ESP, 50, true },
	{ "ah6", MSG_PORT_RAW6_AH, 51, true },
	{ "bypass6", MSG_PORT_RAW6_BYPASS, 255, true },
};

static void
port_pass(struct feed *f, struct msg_dp_port *m, int fd)
{
	request(f, MSG_dp_port, m, fd);
	close(fd);
}

static void
tun(struct feed *f, char **w)
{
	struct msg_dp_port m = { .port = (uint32_t)atoi(w[1]), .vnet_hdr = !w[4] };
	struct ifreq r = { .ifr_flags =
				   (short)(IFF_TUN | IFF_NO_PI | (m.vnet_hdr ? IFF_VNET_HDR : 0)) };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	m.kind = strcmp(w[3], "protected") == 0 ? MSG_PORT_TUN_PROTECTED : MSG_PORT_TUN_TUNNEL;
	strlcpy(m.name, w[2], sizeof(m.name));
	strlcpy(r.ifr_name, w[2], sizeof(r.ifr_name));
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0)
		die("tun");
	port_pass(f, &m, fd);
}

static int
raw_open(unsigned int row)
{
	int fd = socket(
		raws[row].v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, raws[row].protocol);

	if (fd < 0)
		die("raw socket");
	set(fd, SOL_SOCKET, SO_MARK, MARK);
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER);
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER);
	if (raws[row].v6) {
		set(fd, IPPROTO_IPV6, IPV6_HDRINCL, 1);
		set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_INTERFACE);
		set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
		set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	} else {
		set(fd, IPPROTO_IP, IP_HDRINCL, 1);
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE);
		set(fd, IPPROTO_IP, IP_RECVERR, 1);
	}
	return fd;
}

static void
raw(struct feed *f, char **w)
{
	struct msg_dp_port m = { .port = (uint32_t)atoi(w[1]) };

	for (unsigned int i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
		if (strcmp(raws[i].name, w[2]) != 0)
			continue;
		m.kind = raws[i].kind;
		strlcpy(m.name, w[2], sizeof(m.name));
		port_pass(f, &m, raw_open(i));
		return;
	}
	errno = EINVAL;
	die(w[2]);
}

static void
udp(struct feed *f, char **w)
{
	struct msg_dp_port m = {
		.port = (uint32_t)atoi(w[1]), .kind = MSG_PORT_UDP, .name = "udp"
	};
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(w[2])) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = a.sin_port };
	bool v6 = w[3] != NULL;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (v6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (fd < 0 ||
		bind(fd, v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a,
			v6 ? sizeof(a6) : sizeof(a)) < 0)
		die("udp");
	set(fd, SOL_SOCKET, SO_MARK, MARK);
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER);
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER);
	set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
	port_pass(f, &m, fd);
}

static void
setup(struct feed *f, char **w)
{
	struct msg_dp_setup m = { .n_slots = (uint32_t)atoi(w[1]) };
	int fd = memfile_shared("slots", m.n_slots * sizeof(struct sa_slot));

	if (fd < 0)
		die("memfile");
	request(f, MSG_dp_setup, &m, fd);
	close(fd);
}

/* --- messages ---------------------------------------------------------------------------- */

static void
bytes_parse(const char *hex, uint8_t *to, size_t size)
{
	uint32_t n = 0;

	for (; hex[0] && hex[1] && n < size; hex += 2) {
		char two[3] = { hex[0], hex[1], 0 };

		to[4 + n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	memcpy(to, &n, sizeof(n));
}

static void
field_parse(const struct field *d, const char *value, uint8_t *to)
{
	uint64_t v = strtoull(value, NULL, 0);

	switch (d->kind) {
	case FIELD_ADDR:
		if (addr_parse(value, (struct addr *)(void *)to) < 0)
			die(value);
		break;
	case FIELD_STR: strlcpy((char *)to, value, d->size); break;
	case FIELD_BYTES:
	case FIELD_SECRET: bytes_parse(value, to, d->size - 4); break;
	default: memcpy(to, &v, d->size); break; /* integers, little-endian hosts */
	}
}

static void
message(struct feed *f, char **w)
{
	unsigned int type = msg_of(w[0]);
	const struct record *d = &msg_info(type)->record;
	uint8_t *body = calloc(1, d->size);

	for (w++; *w; w++) {
		char *value = strchr(*w, '=');
		const struct field *field;

		if (value)
			*value++ = '\0';
		field = record_field(d, *w);
		if (!value || !field) {
			errno = EINVAL;
			die(*w);
		}
		field_parse(field, value, body + field->offset);
	}
	request(f, type, body, -1);
	free(body);
}

static void
get(struct feed *f, char **w)
{
	struct msg_state_get m = { 0 };

	strlcpy(m.table, w[1], sizeof(m.table));
	request(f, MSG_state_get, &m, -1);
}

static void
event_wait(struct feed *f, char **w)
{
	unsigned int want = msg_of(w[1]);

	while (f->events[want] == 0)
		loop_turn(f->loop, 1000);
	f->events[want]--;
	puts("ok");
	fflush(stdout);
}

static const struct {
	const char *word;
	unsigned int n_words;
	void (*run)(struct feed *f, char **w);
} commands[] = {
	{ "tun", 4, tun },
	{ "raw", 3, raw },
	{ "udp", 3, udp },
	{ "setup", 2, setup },
	{ "get", 2, get },
	{ "wait", 2, event_wait },
};

static void
line_run(struct feed *f, char *line)
{
	char *w[WORDS_MAX + 1] = { 0 }, *rest = line;
	unsigned int n = 0;

	while (n < WORDS_MAX && (w[n] = strsep(&rest, " \t\n")))
		n += *w[n] != '\0';
	w[n] = NULL;
	if (n == 0 || w[0][0] == '#')
		return;
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, w[0]) == 0 && n >= commands[i].n_words) {
			commands[i].run(f, w);
			return;
		}
	}
	message(f, w);
}

int
main(int argc, char **argv)
{
	struct feed f = { 0 };
	char line[4096];
	int fds[2];

	if (argc < 2 || frame_pair(fds) < 0)
		die("usage: dpfeed YONGDP [OPTION…]; socket pair");
	f.child = fork();
	if (f.child == 0) {
		if (fds[1] != 3) {
			dup2(fds[1], 3);
			close(fds[1]);
		}
		fcntl(3, F_SETFD, 0);
		execv(argv[1], argv + 1);
		die(argv[1]);
	}
	close(fds[1]);
	f.loop = loop_new();
	f.frame = frame_new(f.loop, fds[0], MSG_DAEMON, MSG_DATAPATH, on_msg, on_gone, &f);
	while (fgets(line, sizeof(line), stdin))
		line_run(&f, line);
	frame_free(f.frame);
	loop_free(f.loop);
	waitpid(f.child, NULL, 0);
	return 0;
}
