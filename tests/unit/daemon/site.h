#ifndef YD_TESTS_DAEMON_SITE_H
#define YD_TESTS_DAEMON_SITE_H

/* Rows of the lab's router RTA, as far as tests share them. */
#define SITE_INTERFACES                                                                       \
	"put interface name=GigabitEthernet0/0/0 kind=GigabitEthernet position=0 device=e0\n" \
	"put interface name=GigabitEthernet0/0/1 kind=GigabitEthernet position=1 device=e1\n" \
	"put ip_address interface=GigabitEthernet0/0/0 address=10.1.1.1 length=24\n"          \
	"put ip_address interface=GigabitEthernet0/0/1 address=198.51.100.1 length=24\n"      \
	"put route_static destination=0.0.0.0 length=0 nexthop=198.51.100.254\n"

#define SITE_TUNNEL                                                                          \
	"put interface name=Tunnel0/0/1 kind=Tunnel position=1 tunnel_protocol=gre "         \
	"source_address=198.51.100.1 destination=203.0.113.1 gre_key=12345 gre_checksum=1\n" \
	"put ip_address interface=Tunnel0/0/1 address=172.16.40.1 length=24\n"               \
	"put route_static destination=10.1.2.0 length=24 interface_name=Tunnel0/0/1 "        \
	"interface=Tunnel0/0/1\n"

#define SITE_ACL                                                                              \
	"put acl number=3001\n"                                                               \
	"put acl_rule acl=3001 id=5 action=permit source=10.1.1.0 source_wildcard=0.0.0.255 " \
	"destination=10.1.2.0 destination_wildcard=0.0.0.255\n"

#define SITE_PROPOSAL \
	"put ipsec_proposal name=tran1 esp_authentication=sha2-256 esp_encryption=aes-128\n"

#define SITE_POLICY                                                              \
	"put ipsec_policy_group name=P1\n"                                       \
	"put ipsec_policy name=P1 sequence=10 mode=manual acl=3001 "             \
	"tunnel_remote=203.0.113.1 tunnel_local=198.51.100.1 out_esp_spi=54321 " \
	"in_esp_spi=12345 out_esp_string_key=huawei in_esp_string_key=huawei\n"  \
	"put ipsec_policy_proposal name=P1 sequence=10 position=1 proposal=tran1\n"

#define SITE_APPLY "set interface GigabitEthernet0/0/1 ipsec_policy=P1\n"

/* The same, negotiated. */
#define SITE_PEER                                                            \
	"put ike_proposal number=10 dh=group19\n"                            \
	"put ike_peer name=site pre_shared_key=Road@2Walls ike_proposal=10 " \
	"version_1=0\n"                                                      \
	"put ike_peer_address peer=site position=1 address=203.0.113.1\n"

#define SITE_ISAKMP                                                                        \
	SITE_ACL SITE_PROPOSAL SITE_PEER                                                   \
		"put ipsec_policy_group name=P1\n"                                         \
		"put ipsec_policy name=P1 sequence=10 mode=isakmp acl=3001 ike_peer=site " \
		"pfs=dh-group14\n"                                                         \
		"put ipsec_policy_proposal name=P1 sequence=10 position=1 "                \
		"proposal=tran1\n" SITE_APPLY

#define SITE_IPSEC SITE_ACL SITE_PROPOSAL SITE_POLICY SITE_APPLY

#endif
