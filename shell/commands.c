/*
 * The command table of the front end: what can be typed besides configuration. One row a command; its
 * last column is the display that it runs.
 */
#include "config.h"

#include "shell/commands.h"

#include "lib/err.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

/* A display between out_begin and out_end. */
static int
run_display(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	display_fn *display = (display_fn *)cli_match_command(m)->arg;
	const struct cli_pipe *pipes;
	size_t n = cli_pipes(m, &pipes);
	struct err e;
	int rc = out_begin(sh->out, pipes, n, sh->json, &e);

	if (rc)
		return shell_fail(sh, rc, &e);
	rc = display(sh, m, &e);
	if (rc)
		out_abandon(sh->out);
	else
		out_end(sh->out);
	return rc ? shell_fail(sh, rc, &e) : 0;
}

#define DISPLAY "display{Display current system information} "
#define IPV6 "ipv6{IPv6 status and configuration} "
#define IPSEC "ipsec{IPSec(IP Security) information} "
#define IKE "ike{IKE(Internet Key Exchange) information} "
#define OF_PEER "[ peer{With a peer} <remote:ip-host>{Its address} ]"
#define IKE_SAS                                                                   \
	"[ remote{With a peer} <remote:ip-host>{Its address} | "                  \
	"connection-id{Of a connection} <connection:1-4294967295>{Its number} | " \
	"remote-id-type{By the type of the peer's identity} "                     \
	"<type:ike_peer.remote_id_type> "                                         \
	"[ remote-id{By the peer's identity} <id:word>{The identity} ] | "        \
	"remote-id{By the peer's identity} <id:word>{The identity} ]"
#define RESET "reset{Reset operation} "
#define STATISTICS "statistics{Packets and what was dropped}"
#define KEEPALIVES \
	"keepalive{Keepalive packets of this tunnel} packets{Packets} count{Their number}"
#define PING(host)                                                                      \
	"-a{Source address} <source:" host ">{Address of this router} | "               \
	"-c{Number of requests} <count:1-4294967295>{Default 5} | "                     \
	"-m{Pause between requests} <interval:1-10000>{Milliseconds, default 500} | "   \
	"-s{Size of the data} <size:20-8100>{Bytes, default 56} | "                     \
	"-t{Time to wait for an answer} <timeout:0-65535>{Milliseconds, default 2000} " \
	") <host:" host ">{Address to be asked}"
#define UNDO "undo{Cancel current setting} "
#define DEBUGGING "debugging{Show what happens} "
#define TOPICS                                                                         \
	"{ all{All of it} | error{What fails} | event{What happens and is decided} | " \
	"packet{Messages} }"
#define TERMINAL "terminal{Set the terminal line characteristics} "
#define TEMPORARY "temporary{Only for this session}"

#define SHOW(text, fn)                                                               \
	{                                                                            \
		.syntax = DISPLAY text, .level = CLI_MONITOR, .views = CLI_ANY_VIEW, \
		.pipes = true, .run = run_display, .arg = (intptr_t)(fn)             \
	}
#define ACTION(text, lowest, fn)                                                   \
	{                                                                          \
		.syntax = text, .level = lowest, .views = CLI_USER_VIEW, .run = fn \
	}

const struct command shell_commands[] = {
	SHOW("version{System version}", display_version),
	SHOW("clock{Clock status and configuration information}", display_clock),
	SHOW("startup{Files of the next start}", display_startup),
	SHOW("history-command{Commands of this session}", display_history),
	SHOW("users{Sessions}", display_users),
	SHOW("this{The configuration of this view}", display_this),
	SHOW("current-configuration{Current configuration} "
	     "[ { configuration{A part of it} <section:word>{Name of the part} | "
	     "interface{Of one interface} <interface:interface.name>{Interface name} | all{All of "
	     "it} } ]",
		display_current),
	SHOW("saved-configuration{Saved configuration}", display_saved),
	SHOW("configuration{The configuration as a whole} status{What of it does not run}",
		display_status),
	SHOW("interface{Interface status and configuration} "
	     "[ <interface:interface.name>{Interface name} ]",
		display_interface),
	SHOW("interface{Interface status and configuration} brief{In brief}",
		display_interface_brief),
	SHOW("ip{IP status and configuration} interface{Interface information} brief{In brief}",
		display_ip_interface_brief),
	SHOW("ip{IP status and configuration} routing-table{Routing table} "
	     "[ <to:ipv4>{Of this destination} [ <mask:mask>{Mask, or its length} ] "
	     "[ longer-match{Everything inside it} ] ]",
		display_routing_table),
	SHOW(IPV6 "interface{Interface information} brief{In brief}", display_ipv6_interface_brief),
	SHOW(IPV6 "routing-table{Routing table} "
		  "[ <to:ipv6>{Of this destination} [ <mask:ipv6-length>{Length of the prefix} ] "
		  "[ longer-match{Everything inside it} ] ]",
		display_routing_table6),
	SHOW("acl{Access control lists} { all{All of them} | <number:acl.number>{ACL number} }",
		display_acl),
	SHOW("acl{Access control lists} ipv6{Of IPv6} "
	     "{ all{All of them} | <number:acl6.number>{ACL number} }",
		display_acl6),
	SHOW(IPSEC "proposal{IPSec proposals} "
		   "[ name{By name} <name:ipsec_proposal.name>{IPSec proposal name} ]",
		display_ipsec_proposal),
	SHOW(IPSEC "policy{IPSec policies} [ name{By name} "
		   "<name:ipsec_policy_group.name>{IPSec policy name} "
		   "[ <sequence:1-10000>{Sequence number} ] ]",
		display_ipsec_policy),
	SHOW(IPSEC "policy{IPSec policies} brief{In brief}", display_ipsec_policy_brief),
	SHOW(IPSEC "profile{IPSec profiles} "
		   "[ name{By name} <name:ipsec_profile.name>{IPSec profile name} ]",
		display_ipsec_profile),
	SHOW(IPSEC "sa{Security associations} [ { policy{Of a policy} "
		   "<name:ipsec_policy_group.name>{IPSec policy name} "
		   "[ <sequence:1-10000>{Sequence number} ] | "
		   "profile{Of a profile} <profile:ipsec_profile.name>{IPSec profile name} | "
		   "remote{With a peer} <remote:ip-host>{Its address} } ]",
		display_ipsec_sa),
	SHOW(IPSEC "sa{Security associations} brief{In brief}", display_ipsec_sa_brief),
	SHOW(IPSEC "sa{Security associations} duration{How long they hold}",
		display_ipsec_duration),
	SHOW(IKE "sa{Security associations} [ v2{Of IKEv2} ] [ verbose{In detail} ] " IKE_SAS,
		display_ike_sa),
	SHOW(IKE "peer{IKE peers} [ name{By name} <name:ike_peer.name>{IKE peer name} ]",
		display_ike_peer),
	SHOW(IKE "peer{IKE peers} brief{In brief}", display_ike_peer_brief),
	SHOW(IKE "proposal{IKE proposals} "
		 "[ number{By number} <number:ike_proposal.number>{Number of the IKE proposal} ]",
		display_ike_proposal),
	SHOW(IKE "global{What holds for all peers} config{Configuration}", display_ike_global),
	SHOW(IKE "statistics{Counters}", display_ike_statistics),
	SHOW("ikev2{IKEv2 information} statistics{Counters} { error{What failed} | "
	     "notify-info{Notifications} | packet{Messages} | sa{Security associations} }",
		display_ike_statistics),
	SHOW(IKE "error-info{Negotiations that failed} [ verbose{In detail} ] " OF_PEER,
		display_ike_errors),
	SHOW(IKE "offline-info{Connections that ended} " OF_PEER, display_ike_offline),
	SHOW(IPSEC STATISTICS, display_ipsec_statistics),
	SHOW(IPSEC STATISTICS " esp{Of ESP}", display_esp_statistics),
	SHOW(IPSEC STATISTICS " ah{Of AH}", display_ah_statistics),
	SHOW(KEEPALIVES, display_keepalive),
	SHOW("packet-capture{Files of captured packets}", display_capture),

	ACTION("save{Save the current configuration} [ <file:word>{File name, vrpcfg.cfg} ]",
		CLI_CONFIGURE, action_save),
	{ .syntax = "ping{Ping function} [ ip{IPv4} ] ( " PING("ipv4-host"),
		.level = CLI_VISIT,
		.views = CLI_ANY_VIEW,
		.run = action_ping },
	{ .syntax = "ping{Ping function} ipv6{IPv6} ( " PING("ipv6-host"),
		.level = CLI_VISIT,
		.views = CLI_ANY_VIEW,
		.run = action_ping },
	{ .syntax = "packet-capture{Capture packets into a file} interface{Of an interface} "
		    "<interface:interface.name>{Interface name} ( "
		    "decrypted{What its IPSec policy protects, in clear} | "
		    "acl{Only what an ACL permits} { <acl:acl.number>{ACL number} | "
		    "ipv6{An IPv6 ACL} <acl6:acl6.number>{ACL number} } | "
		    "packet-num{Number of packets} <packets:1-100000>{Default 1000} | "
		    "file{Name of the file} <file:word>{Letters, digits, '.', '_' and '-'} )",
		.level = CLI_CONFIGURE,
		.views = CLI_ANY_VIEW,
		.run = action_capture },
	ACTION(RESET "ipsec{IPSec(IP Security)} " STATISTICS " [ esp{Of ESP} | ah{Of AH} ]",
		CLI_CONFIGURE, action_reset_ipsec),
	ACTION(RESET "acl{Access control lists} counter{Matches} "
		     "{ all{Of all of them} | <number:acl.number>{ACL number} }",
		CLI_CONFIGURE, action_reset_acl),
	ACTION(RESET "acl{Access control lists} ipv6{Of IPv6} counter{Matches} "
		     "{ all{Of all of them} | <number:acl6.number>{ACL number} }",
		CLI_CONFIGURE, action_reset_acl6),
	ACTION(RESET "counters{Counters} interface{Of interfaces} "
		     "[ <interface:interface.name>{Interface name} ]",
		CLI_CONFIGURE, action_reset_interface),

	{ .syntax = RESET KEEPALIVES,
		.level = CLI_CONFIGURE,
		.views = CLI_ANY_VIEW,
		.run = action_reset_keepalive },

	ACTION("screen-length{Lines on one page} <lines:0-512>{0 means no pages} " TEMPORARY,
		CLI_VISIT, action_screen_length),
	ACTION(UNDO "screen-length{Lines on one page} " TEMPORARY, CLI_VISIT,
		action_undo_screen_length),
	ACTION("screen-width{Columns of the screen} <columns:60-512>{Number of columns}", CLI_VISIT,
		action_screen_width),
	ACTION("mmi-mode{For programs: no pages, no questions} enable{Switch on}", CLI_VISIT,
		action_mmi),
	ACTION(UNDO "mmi-mode{For programs} enable{Switch off}", CLI_VISIT, action_undo_mmi),
	ACTION(RESET IKE "sa{Security associations} [ remote{With a peer} <remote:ip-host>{Its "
			 "address} | conn-id{Of a connection} <connection:1-4294967295>{Its "
			 "number} | all{All of them} ]",
		CLI_CONFIGURE, action_reset_ike_sa),
	ACTION(RESET IKE "{ statistics{Counters} | error-info{Negotiations that failed} | "
			 "offline-info{Connections that ended} }",
		CLI_CONFIGURE, action_reset_ike),
	ACTION(RESET IPSEC "sa{Negotiated security associations} [ policy{Of a policy} "
			   "<name:ipsec_policy_group.name>{IPSec policy name} "
			   "[ <sequence:1-10000>{Sequence number} ] | profile{Of a profile} "
			   "<profile:ipsec_profile.name>{IPSec profile name} | remote{With a peer} "
			   "<remote:ip-host>{Its address} ]",
		CLI_CONFIGURE, action_reset_ipsec_sa),
	SHOW("debugging{What is debugged in this session}", display_debugging),
	ACTION(DEBUGGING "ike{IKE(Internet Key Exchange)} " TOPICS
			 " [ remote{With a peer} <remote:ip-host>{Its address} ]",
		CLI_MONITOR, action_debugging),
	ACTION(UNDO DEBUGGING "{ all{All of it} | ike{IKE(Internet Key Exchange)} [ " TOPICS " ] }",
		CLI_MONITOR, action_undo_debugging),
	ACTION(TERMINAL "{ monitor{Show on this terminal what is logged} | "
			"debugging{Show on this terminal what is debugged} }",
		CLI_VISIT, action_terminal),
	ACTION(UNDO TERMINAL "{ monitor{What is logged} | debugging{What is debugged} }", CLI_VISIT,
		action_terminal),
	ACTION(TERMINAL "{ logging{Logs} | trapping{Traps} | "
			"echo-mode{Echo} { line{By line} | character{By character} } }",
		CLI_VISIT, action_nothing),
	ACTION(UNDO TERMINAL "{ logging{Logs} | trapping{Traps} }", CLI_VISIT, action_nothing),
	{ .syntax = NULL },
};
