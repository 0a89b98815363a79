-- The configuration store, version 1. SQL owns which columns exist, their defaults and their relations;
-- schema/model_*.c owns their types. Every table: STRICT, an explicit PRIMARY KEY … NOT NULL, no triggers,
-- no CASCADE; foreign keys deferred and indexed (platform facts of SQLite sessions).

CREATE TABLE system (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	sysname TEXT NOT NULL DEFAULT 'Huawei'
) STRICT;
-- Always there: two operators who name the router for the first time change one row.
INSERT INTO system (id) VALUES (1);

CREATE TABLE interface (
	name TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	position INTEGER NOT NULL,
	device TEXT,
	description TEXT,
	mtu INTEGER,
	shutdown INTEGER NOT NULL DEFAULT 0,
	tunnel_protocol TEXT,
	source_address TEXT,
	source_interface TEXT REFERENCES interface (name) DEFERRABLE INITIALLY DEFERRED,
	destination TEXT,
	gre_key INTEGER,
	gre_checksum INTEGER NOT NULL DEFAULT 0,
	keepalive INTEGER NOT NULL DEFAULT 0,
	keepalive_period INTEGER NOT NULL DEFAULT 5,
	keepalive_retries INTEGER NOT NULL DEFAULT 3,
	ipsec_policy TEXT REFERENCES ipsec_policy_group (name) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT interface_kind CHECK (kind IN ('GigabitEthernet', 'LoopBack', 'Tunnel'))
) STRICT;
CREATE INDEX interface_source_interface ON interface (source_interface);
CREATE INDEX interface_ipsec_policy ON interface (ipsec_policy);

CREATE TABLE ip_address (
	interface TEXT NOT NULL REFERENCES interface (name) DEFERRABLE INITIALLY DEFERRED,
	address TEXT NOT NULL,
	length INTEGER NOT NULL,
	sub INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (interface, address),
	CONSTRAINT ip_address_length CHECK (length BETWEEN 0 AND 32)
) STRICT;

CREATE TABLE route_static (
	destination TEXT NOT NULL,
	length INTEGER NOT NULL,
	nexthop TEXT NOT NULL DEFAULT '',
	interface_name TEXT NOT NULL DEFAULT '',
	interface TEXT REFERENCES interface (name) DEFERRABLE INITIALLY DEFERRED,
	preference INTEGER NOT NULL DEFAULT 60,
	tag INTEGER NOT NULL DEFAULT 0,
	description TEXT,
	PRIMARY KEY (destination, length, nexthop, interface_name),
	CONSTRAINT route_static_interface CHECK (interface_name = coalesce(interface, ''))
) STRICT;
CREATE INDEX route_static_by_interface ON route_static (interface);

CREATE TABLE acl (
	number INTEGER NOT NULL PRIMARY KEY,
	description TEXT,
	step INTEGER NOT NULL DEFAULT 5
) STRICT;

CREATE TABLE acl_rule (
	acl INTEGER NOT NULL REFERENCES acl (number) DEFERRABLE INITIALLY DEFERRED,
	id INTEGER NOT NULL,
	action TEXT NOT NULL,
	protocol INTEGER NOT NULL DEFAULT 0,
	source TEXT,
	source_wildcard TEXT,
	source_port_low INTEGER,
	source_port_high INTEGER,
	destination TEXT,
	destination_wildcard TEXT,
	destination_port_low INTEGER,
	destination_port_high INTEGER,
	icmp_type INTEGER,
	icmp_code INTEGER,
	description TEXT,
	PRIMARY KEY (acl, id),
	CONSTRAINT acl_rule_action CHECK (action IN ('permit', 'deny'))
) STRICT;

CREATE TABLE ipsec_proposal (
	name TEXT NOT NULL PRIMARY KEY,
	transform TEXT NOT NULL DEFAULT 'esp',
	encapsulation_mode TEXT NOT NULL DEFAULT 'tunnel',
	ah_authentication TEXT NOT NULL DEFAULT 'sha2-256',
	esp_authentication TEXT NOT NULL DEFAULT 'sha2-256',
	esp_encryption TEXT NOT NULL DEFAULT 'aes-256'
) STRICT;

-- The name that interfaces refer to; made with the first policy of that name, gone with the last.
CREATE TABLE ipsec_policy_group (
	name TEXT NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE ipsec_policy (
	name TEXT NOT NULL REFERENCES ipsec_policy_group (name) DEFERRABLE INITIALLY DEFERRED,
	sequence INTEGER NOT NULL,
	mode TEXT NOT NULL,
	acl INTEGER REFERENCES acl (number) DEFERRABLE INITIALLY DEFERRED,
	proposal TEXT REFERENCES ipsec_proposal (name) DEFERRABLE INITIALLY DEFERRED,
	tunnel_local TEXT,
	tunnel_remote TEXT,
	in_esp_spi INTEGER,
	out_esp_spi INTEGER,
	in_ah_spi INTEGER,
	out_ah_spi INTEGER,
	in_esp_string_key TEXT,
	out_esp_string_key TEXT,
	in_ah_string_key TEXT,
	out_ah_string_key TEXT,
	in_esp_authentication_key TEXT,
	out_esp_authentication_key TEXT,
	in_ah_authentication_key TEXT,
	out_ah_authentication_key TEXT,
	in_esp_encryption_key TEXT,
	out_esp_encryption_key TEXT,
	PRIMARY KEY (name, sequence),
	CONSTRAINT ipsec_policy_mode CHECK (mode IN ('manual'))
) STRICT;
CREATE INDEX ipsec_policy_acl ON ipsec_policy (acl);
CREATE INDEX ipsec_policy_proposal ON ipsec_policy (proposal);
