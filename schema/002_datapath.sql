-- The configuration store, version 2: IPv6, keyed profiles, and what the whole datapath can be told.
-- A store of version 1 keeps its rows; all that is new starts at what version 1 did. A table that gets
-- a column with a default is rewritten: sessions (SQLite 3.40) read NULL where an old row lacks it.

ALTER TABLE system ADD COLUMN ipv6 INTEGER NOT NULL DEFAULT 0;
UPDATE system SET id = id;

CREATE TABLE acl6 (
	number INTEGER NOT NULL PRIMARY KEY,
	description TEXT,
	step INTEGER NOT NULL DEFAULT 5
) STRICT;

CREATE TABLE acl6_rule (
	acl INTEGER NOT NULL REFERENCES acl6 (number) DEFERRABLE INITIALLY DEFERRED,
	id INTEGER NOT NULL,
	action TEXT NOT NULL,
	protocol INTEGER NOT NULL DEFAULT 0,
	source TEXT,
	source_length INTEGER,
	source_port_low INTEGER,
	source_port_high INTEGER,
	destination TEXT,
	destination_length INTEGER,
	destination_port_low INTEGER,
	destination_port_high INTEGER,
	icmp_type INTEGER,
	icmp_code INTEGER,
	description TEXT,
	PRIMARY KEY (acl, id),
	CONSTRAINT acl6_rule_action CHECK (action IN ('permit', 'deny'))
) STRICT;

-- What a tunnel is protected with; keyed by hand with the columns that a manual policy has.
CREATE TABLE ipsec_profile (
	name TEXT NOT NULL PRIMARY KEY,
	proposal TEXT REFERENCES ipsec_proposal (name) DEFERRABLE INITIALLY DEFERRED,
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
	anti_replay_window INTEGER
) STRICT;
CREATE INDEX ipsec_profile_proposal ON ipsec_profile (proposal);

CREATE TABLE ipsec_global (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	sha2_compatible INTEGER NOT NULL DEFAULT 0,
	anti_replay INTEGER NOT NULL DEFAULT 1,
	anti_replay_window INTEGER NOT NULL DEFAULT 1024,
	fragmentation_before INTEGER NOT NULL DEFAULT 0,
	df_bit TEXT NOT NULL DEFAULT 'copy',
	CONSTRAINT ipsec_global_df_bit CHECK (df_bit IN ('clear', 'set', 'copy'))
) STRICT;
INSERT INTO ipsec_global (id) VALUES (1);

ALTER TABLE ipsec_policy ADD COLUMN
	acl6 INTEGER REFERENCES acl6 (number) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ipsec_policy ADD COLUMN anti_replay_window INTEGER;
CREATE INDEX ipsec_policy_acl6 ON ipsec_policy (acl6);

ALTER TABLE interface ADD COLUMN ipv6_enable INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interface ADD COLUMN tcp_mss INTEGER;
ALTER TABLE interface ADD COLUMN gre_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interface ADD COLUMN
	ipsec_profile TEXT REFERENCES ipsec_profile (name) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX interface_ipsec_profile ON interface (ipsec_profile);
UPDATE interface SET name = name;

CREATE TABLE ipv6_address (
	interface TEXT NOT NULL REFERENCES interface (name) DEFERRABLE INITIALLY DEFERRED,
	address TEXT NOT NULL,
	length INTEGER NOT NULL,
	PRIMARY KEY (interface, address),
	CONSTRAINT ipv6_address_length CHECK (length BETWEEN 0 AND 128)
) STRICT;

CREATE TABLE ipv6_route_static (
	destination TEXT NOT NULL,
	length INTEGER NOT NULL,
	nexthop TEXT NOT NULL DEFAULT '',
	interface_name TEXT NOT NULL DEFAULT '',
	interface TEXT REFERENCES interface (name) DEFERRABLE INITIALLY DEFERRED,
	preference INTEGER NOT NULL DEFAULT 60,
	tag INTEGER NOT NULL DEFAULT 0,
	description TEXT,
	PRIMARY KEY (destination, length, nexthop, interface_name),
	CONSTRAINT ipv6_route_static_length CHECK (length BETWEEN 0 AND 128),
	CONSTRAINT ipv6_route_static_interface CHECK (interface_name = coalesce(interface, ''))
) STRICT;
CREATE INDEX ipv6_route_static_by_interface ON ipv6_route_static (interface);
