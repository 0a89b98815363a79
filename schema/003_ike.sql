-- The configuration store, version 3: IKE, policies that negotiate, several proposals in order. A store of
-- version 2 keeps its rows. What a table's CHECK or foreign keys forbid to alter is made anew; a table that
-- gets a column with a default is rewritten (002). Algorithms are the keywords of alg.def, several of one
-- kind in the order of preference, separated by blanks.

CREATE TABLE ike_global (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	local_name TEXT,
	nat_keepalive INTEGER NOT NULL DEFAULT 20,
	dpd_type TEXT,
	dpd_idle INTEGER NOT NULL DEFAULT 30,
	dpd_interval INTEGER NOT NULL DEFAULT 15,
	dpd_retries INTEGER NOT NULL DEFAULT 3,
	dpd_msg TEXT NOT NULL DEFAULT 'seq-notify-hash',
	CONSTRAINT ike_global_dpd_type CHECK (dpd_type IN ('on-demand', 'periodic')),
	CONSTRAINT ike_global_dpd_msg CHECK (dpd_msg IN ('seq-hash-notify', 'seq-notify-hash'))
) STRICT;
INSERT INTO ike_global (id) VALUES (1);

CREATE TABLE ike_proposal (
	number INTEGER NOT NULL PRIMARY KEY,
	encryption TEXT NOT NULL DEFAULT 'aes-256',
	dh TEXT NOT NULL DEFAULT 'group14',
	authentication TEXT NOT NULL DEFAULT 'sha2-256',
	authentication_method TEXT NOT NULL DEFAULT 'pre-share',
	integrity TEXT NOT NULL DEFAULT 'sha2-256',
	prf TEXT NOT NULL DEFAULT 'hmac-sha2-256',
	duration INTEGER NOT NULL DEFAULT 86400,
	CONSTRAINT ike_proposal_method CHECK (authentication_method IN ('pre-share'))
) STRICT;

-- What of DPD is NULL here is as ike_global says.
CREATE TABLE ike_peer (
	name TEXT NOT NULL PRIMARY KEY,
	version_1 INTEGER NOT NULL DEFAULT 1,
	version_2 INTEGER NOT NULL DEFAULT 1,
	exchange_mode TEXT NOT NULL DEFAULT 'main',
	pre_shared_key TEXT,
	ike_proposal INTEGER REFERENCES ike_proposal (number) DEFERRABLE INITIALLY DEFERRED,
	local_address TEXT,
	local_id_type TEXT NOT NULL DEFAULT 'ip',
	local_id TEXT,
	remote_id_type TEXT,
	remote_id TEXT,
	nat_traversal INTEGER NOT NULL DEFAULT 1,
	dpd_type TEXT,
	dpd_idle INTEGER,
	dpd_interval INTEGER,
	dpd_retries INTEGER,
	dpd_msg TEXT,
	reauthentication INTEGER,
	CONSTRAINT ike_peer_mode CHECK (exchange_mode IN ('main', 'aggressive', 'auto')),
	CONSTRAINT ike_peer_local_id_type
		CHECK (local_id_type IN ('ip', 'fqdn', 'user-fqdn', 'key-id')),
	CONSTRAINT ike_peer_remote_id_type
		CHECK (remote_id_type IN ('ip', 'fqdn', 'user-fqdn', 'key-id')),
	CONSTRAINT ike_peer_dpd_type CHECK (dpd_type IN ('on-demand', 'periodic')),
	CONSTRAINT ike_peer_dpd_msg CHECK (dpd_msg IN ('seq-hash-notify', 'seq-notify-hash'))
) STRICT;
CREATE INDEX ike_peer_proposal ON ike_peer (ike_proposal);

CREATE TABLE ike_peer_address (
	peer TEXT NOT NULL REFERENCES ike_peer (name) DEFERRABLE INITIALLY DEFERRED,
	position INTEGER NOT NULL,
	address TEXT NOT NULL,
	PRIMARY KEY (peer, position)
) STRICT;

ALTER TABLE ipsec_global ADD COLUMN sa_duration_time INTEGER NOT NULL DEFAULT 3600;
ALTER TABLE ipsec_global ADD COLUMN sa_duration_traffic INTEGER NOT NULL DEFAULT 1843200;
UPDATE ipsec_global SET id = id;

ALTER TABLE ipsec_proposal ADD COLUMN esn INTEGER NOT NULL DEFAULT 0;
UPDATE ipsec_proposal SET name = name;

CREATE TEMPORARY TABLE ipsec_policy_2 AS SELECT * FROM main.ipsec_policy;
DROP TABLE main.ipsec_policy;
CREATE TABLE ipsec_policy (
	name TEXT NOT NULL REFERENCES ipsec_policy_group (name) DEFERRABLE INITIALLY DEFERRED,
	sequence INTEGER NOT NULL,
	mode TEXT NOT NULL,
	enabled INTEGER NOT NULL DEFAULT 1,
	acl INTEGER REFERENCES acl (number) DEFERRABLE INITIALLY DEFERRED,
	acl6 INTEGER REFERENCES acl6 (number) DEFERRABLE INITIALLY DEFERRED,
	ike_peer TEXT REFERENCES ike_peer (name) DEFERRABLE INITIALLY DEFERRED,
	tunnel_local TEXT,
	tunnel_local_interface INTEGER NOT NULL DEFAULT 0,
	tunnel_remote TEXT,
	pfs TEXT,
	sa_trigger_mode TEXT NOT NULL DEFAULT 'auto',
	sa_duration_time INTEGER,
	sa_duration_traffic INTEGER,
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
	anti_replay_window INTEGER,
	PRIMARY KEY (name, sequence),
	CONSTRAINT ipsec_policy_mode CHECK (mode IN ('manual', 'isakmp')),
	CONSTRAINT ipsec_policy_trigger CHECK (sa_trigger_mode IN ('auto', 'traffic-based'))
) STRICT;
INSERT INTO ipsec_policy (name, sequence, mode, acl, acl6, tunnel_local, tunnel_remote,
	in_esp_spi, out_esp_spi, in_ah_spi, out_ah_spi,
	in_esp_string_key, out_esp_string_key, in_ah_string_key, out_ah_string_key,
	in_esp_authentication_key, out_esp_authentication_key,
	in_ah_authentication_key, out_ah_authentication_key,
	in_esp_encryption_key, out_esp_encryption_key, anti_replay_window)
	SELECT name, sequence, mode, acl, acl6, tunnel_local, tunnel_remote,
	in_esp_spi, out_esp_spi, in_ah_spi, out_ah_spi,
	in_esp_string_key, out_esp_string_key, in_ah_string_key, out_ah_string_key,
	in_esp_authentication_key, out_esp_authentication_key,
	in_ah_authentication_key, out_ah_authentication_key,
	in_esp_encryption_key, out_esp_encryption_key, anti_replay_window
	FROM temp.ipsec_policy_2;
CREATE INDEX ipsec_policy_acl ON ipsec_policy (acl);
CREATE INDEX ipsec_policy_acl6 ON ipsec_policy (acl6);
CREATE INDEX ipsec_policy_ike_peer ON ipsec_policy (ike_peer);

-- In order of preference; what is keyed by hand has one.
CREATE TABLE ipsec_policy_proposal (
	name TEXT NOT NULL REFERENCES ipsec_policy_group (name) DEFERRABLE INITIALLY DEFERRED,
	sequence INTEGER NOT NULL,
	position INTEGER NOT NULL,
	proposal TEXT NOT NULL REFERENCES ipsec_proposal (name) DEFERRABLE INITIALLY DEFERRED,
	PRIMARY KEY (name, sequence, position)
) STRICT;
CREATE INDEX ipsec_policy_proposal_proposal ON ipsec_policy_proposal (proposal);
INSERT INTO ipsec_policy_proposal
	SELECT name, sequence, 1, proposal FROM temp.ipsec_policy_2 WHERE proposal IS NOT NULL;
DROP TABLE temp.ipsec_policy_2;

-- With a peer its SAs are negotiated, without one they are keyed by hand. The rows go back under the old
-- name, so that the interfaces that refer to them do so again.
CREATE TEMPORARY TABLE ipsec_profile_2 AS SELECT * FROM main.ipsec_profile;
DROP TABLE main.ipsec_profile;
CREATE TABLE ipsec_profile (
	name TEXT NOT NULL PRIMARY KEY,
	ike_peer TEXT REFERENCES ike_peer (name) DEFERRABLE INITIALLY DEFERRED,
	pfs TEXT,
	sa_duration_time INTEGER,
	sa_duration_traffic INTEGER,
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
INSERT INTO ipsec_profile (name, in_esp_spi, out_esp_spi, in_ah_spi, out_ah_spi,
	in_esp_string_key, out_esp_string_key, in_ah_string_key, out_ah_string_key,
	in_esp_authentication_key, out_esp_authentication_key,
	in_ah_authentication_key, out_ah_authentication_key,
	in_esp_encryption_key, out_esp_encryption_key, anti_replay_window)
	SELECT name, in_esp_spi, out_esp_spi, in_ah_spi, out_ah_spi,
	in_esp_string_key, out_esp_string_key, in_ah_string_key, out_ah_string_key,
	in_esp_authentication_key, out_esp_authentication_key,
	in_ah_authentication_key, out_ah_authentication_key,
	in_esp_encryption_key, out_esp_encryption_key, anti_replay_window
	FROM temp.ipsec_profile_2;
CREATE INDEX ipsec_profile_ike_peer ON ipsec_profile (ike_peer);

CREATE TABLE ipsec_profile_proposal (
	profile TEXT NOT NULL REFERENCES ipsec_profile (name) DEFERRABLE INITIALLY DEFERRED,
	position INTEGER NOT NULL,
	proposal TEXT NOT NULL REFERENCES ipsec_proposal (name) DEFERRABLE INITIALLY DEFERRED,
	PRIMARY KEY (profile, position)
) STRICT;
CREATE INDEX ipsec_profile_proposal_proposal ON ipsec_profile_proposal (proposal);
INSERT INTO ipsec_profile_proposal
	SELECT name, 1, proposal FROM temp.ipsec_profile_2 WHERE proposal IS NOT NULL;
DROP TABLE temp.ipsec_profile_2;
