/*
 * Ports and ICMP messages by the names VRP gives them. Numbers: IANA service names, ICMP parameters.
 */
#include "config.h"

#include "schema/type.h"

#define NUMBER(KEYWORD, HELP, N)           \
	{                                  \
		KEYWORD, HELP " (" #N ")", \
		{                          \
			VALUE_INT, N, NULL \
		}                          \
	}
#define ICMP(KEYWORD, TYPE, CODE)                          \
	{                                                  \
		KEYWORD, "Type=" #TYPE ", Code=" #CODE,    \
		{                                          \
			VALUE_INT, TYPE * 256 + CODE, NULL \
		}                                          \
	}

static const struct choice tcp_ports[] = {
	NUMBER("CHARgen", "Character generator", 19),
	NUMBER("bgp", "Border Gateway Protocol", 179),
	NUMBER("cmd", "Remote commands", 514),
	NUMBER("daytime", "Daytime", 13),
	NUMBER("discard", "Discard", 9),
	NUMBER("domain", "Domain Name Service", 53),
	NUMBER("echo", "Echo", 7),
	NUMBER("exec", "Exec", 512),
	NUMBER("finger", "Finger", 79),
	NUMBER("ftp", "File Transfer Protocol", 21),
	NUMBER("ftp-data", "FTP data connections", 20),
	NUMBER("gopher", "Gopher", 70),
	NUMBER("hostname", "NIC hostname server", 101),
	NUMBER("irc", "Internet Relay Chat", 194),
	NUMBER("klogin", "Kerberos login", 543),
	NUMBER("kshell", "Kerberos shell", 544),
	NUMBER("login", "Login", 513),
	NUMBER("lpd", "Printer service", 515),
	NUMBER("nntp", "Network News Transport Protocol", 119),
	NUMBER("pop2", "Post Office Protocol v2", 109),
	NUMBER("pop3", "Post Office Protocol v3", 110),
	NUMBER("smtp", "Simple Mail Transport Protocol", 25),
	NUMBER("sunrpc", "Sun Remote Procedure Call", 111),
	NUMBER("tacacs", "TAC Access Control System", 49),
	NUMBER("talk", "Talk", 517),
	NUMBER("telnet", "Telnet", 23),
	NUMBER("time", "Time", 37),
	NUMBER("uucp", "Unix-to-Unix Copy Program", 540),
	NUMBER("whois", "Nicname", 43),
	NUMBER("www", "World Wide Web", 80),
	{ 0 },
};

static const struct choice udp_ports[] = {
	NUMBER("biff", "Mail notify", 512),
	NUMBER("bootpc", "Bootstrap Protocol client", 68),
	NUMBER("bootps", "Bootstrap Protocol server", 67),
	NUMBER("discard", "Discard", 9),
	NUMBER("dns", "Domain Name Service", 53),
	NUMBER("dnsix", "DNSIX security attribute token map", 90),
	NUMBER("echo", "Echo", 7),
	NUMBER("mobilip-ag", "MobileIP agent", 434),
	NUMBER("mobilip-mn", "MobileIP MN", 435),
	NUMBER("nameserver", "Host name server", 42),
	NUMBER("netbios-dgm", "NETBIOS datagram service", 138),
	NUMBER("netbios-ns", "NETBIOS name service", 137),
	NUMBER("netbios-ssn", "NETBIOS session service", 139),
	NUMBER("ntp", "Network Time Protocol", 123),
	NUMBER("rip", "Routing Information Protocol", 520),
	NUMBER("snmp", "SNMP", 161),
	NUMBER("snmptrap", "SNMP traps", 162),
	NUMBER("sunrpc", "Sun Remote Procedure Call", 111),
	NUMBER("syslog", "Syslog", 514),
	NUMBER("tacacs-ds", "TACACS database service", 65),
	NUMBER("talk", "Talk", 517),
	NUMBER("tftp", "Trivial File Transfer", 69),
	NUMBER("time", "Time", 37),
	NUMBER("who", "Who", 513),
	NUMBER("xdmcp", "X Display Manager Control Protocol", 177),
	{ 0 },
};

static const struct choice icmp_names[] = {
	ICMP("echo", 8, 0),
	ICMP("echo-reply", 0, 0),
	ICMP("fragmentneed-DFset", 3, 4),
	ICMP("host-redirect", 5, 1),
	ICMP("host-tos-redirect", 5, 3),
	ICMP("host-unreachable", 3, 1),
	ICMP("information-reply", 16, 0),
	ICMP("information-request", 15, 0),
	ICMP("net-redirect", 5, 0),
	ICMP("net-tos-redirect", 5, 2),
	ICMP("net-unreachable", 3, 0),
	ICMP("parameter-problem", 12, 0),
	ICMP("port-unreachable", 3, 3),
	ICMP("protocol-unreachable", 3, 2),
	ICMP("reassembly-timeout", 11, 1),
	ICMP("source-quench", 4, 0),
	ICMP("source-route-failed", 3, 5),
	ICMP("timestamp-reply", 14, 0),
	ICMP("timestamp-request", 13, 0),
	ICMP("ttl-exceeded", 11, 0),
	{ 0 },
};

static const struct choice icmp6_names[] = {
	ICMP("Redirect", 137, 0),
	ICMP("echo", 128, 0),
	ICMP("echo-reply", 129, 0),
	ICMP("err-Header-field", 4, 0),
	ICMP("frag-time-exceeded", 3, 1),
	ICMP("hop-limit-exceeded", 3, 0),
	ICMP("host-admin-prohib", 1, 1),
	ICMP("host-unreachable", 1, 3),
	ICMP("neighbor-advertisement", 136, 0),
	ICMP("neighbor-solicitation", 135, 0),
	ICMP("network-unreachable", 1, 0),
	ICMP("packet-too-big", 2, 0),
	ICMP("port-unreachable", 1, 4),
	ICMP("router-advertisement", 134, 0),
	ICMP("router-solicitation", 133, 0),
	ICMP("unknown-ipv6-opt", 4, 2),
	ICMP("unknown-next-hdr", 4, 1),
	{ 0 },
};

const struct type type_tcp_port = {
	.name = "tcp-port",
	.help_form = "INTEGER<0-65535>",
	.choices = tcp_ports,
	.max = 65535,
	.parse = type_parse_choice,
	.render = type_render_choice,
};
const struct type type_udp_port = {
	.name = "udp-port",
	.help_form = "INTEGER<0-65535>",
	.choices = udp_ports,
	.max = 65535,
	.parse = type_parse_choice,
	.render = type_render_choice,
};
const struct type type_icmp_name = TYPE_CHOICE("icmp-name", icmp_names);
const struct type type_icmp6_name = TYPE_CHOICE("icmp6-name", icmp6_names);
