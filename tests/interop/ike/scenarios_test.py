#!/usr/bin/python3
"""strongSwan's scenarios for a gateway with preshared keys, one end ours. README.md beside it has the list.

scenarios_test.py [NAME …] runs those alone.
"""
from swan_site import BY_THEM, THEIRS, Site, main, roles, scenario, wait_for

# --- site to site ------------------------------------------------------------------------

@scenario
def net2net_psk():
    for _, s in roles():
        child, = s.both_up()
        assert child["mode"] == 2 and child["encapsulated"], child
        s.passes()


@scenario
def net2net_psk_fail():
    for who, s in roles(them=dict(secret="another secret")):
        e = s.error(reason="authentication fail")
        assert e["initiator"] == (who == "ours") and e["remote"] == THEIRS, e
        assert e["by_peer"] == (who == "ours") and e["phase"] == 1, e
        assert not s.our_ike() and not s.our_children() and not s.them.children()


@scenario
def no_common_ike_proposal():
    for who, s in roles(them=dict(ike="aes128-sha512-modp4096")):
        e = s.error(reason="phase1 proposal mismatch")
        assert e["by_peer"] == (who == "ours"), e
        if who == "ours":
            assert "IKE AES-256" in e["offered"] and "tells no more" in e["detail"], e
        else:
            assert "AES-128" in e["offered"] and "AES-256" in e["configured"], e


@scenario
def no_common_esp_proposal():
    for who, s in roles(them=dict(esp="aes128gcm16")):
        e = s.error(reason="phase2 proposal or pfs mismatch")
        assert e["phase"] == 2 and e["by_peer"] == (who == "ours"), e
        if who == "ours":
            assert "ESP AES-256" in e["offered"] and "tells no more" in e["detail"], e
        else:
            assert "AES-GCM-128" in e["offered"], e
            assert "AES-256" in e["configured"], e


@scenario
def flow_mismatch():
    nets = "local_ts = 10.9.2.0/24\nremote_ts = 10.9.1.0/24"
    for who, s in roles(them=dict(ts=nets)):
        e = s.error(reason="flow mismatch")
        assert e["phase"] == 2 and e["by_peer"] == (who == "ours"), e
        if who == "ours":
            assert "10.1.1.0" in e["offered"] and "tells no more" in e["detail"], e
        else:
            assert "10.9.1.0" in e["offered"] and "10.1.1.0" in e["configured"], e
        assert not s.our_children()


@scenario
def wrong_identity():
    for who, s in roles(us=dict(peer="remote-id-type fqdn\nremote-id moon.example")):
        # asked for by name, they have nobody of that name
        e = s.error(reason="authentication fail" if who == "ours" else "config ID mismatch")
        assert e["by_peer"] == (who == "ours") and "moon.example" in e["configured"], e
        assert not s.our_children()


@scenario
def identities_by_name():
    us = dict(peer="local-id-type fqdn\nlocal-id sun.example\nremote-id-type user-fqdn\n"
                   "remote-id moon@example.org")
    them = dict(local_id="moon@example.org", remote_id="sun.example")
    for _, s in roles(us=us, them=them):
        s.both_up()
        assert s.our_ike()[0]["remote_id"] == "moon@example.org"
        s.passes()


# --- selectors ---------------------------------------------------------------------------

@scenario
def net2net_route_narrow():
    """What they allow is less than we ask for, and the other way round."""
    wide = "local_ts = 10.1.0.0/16\nremote_ts = 10.1.0.0/16"
    with Site(us=dict(policy=BY_THEM), them=dict(ts=wide)) as s:
        s.them.initiate("net")
        child, = s.both_up()
        assert child["flow_source"].startswith("10.1.1.0/255.255.255.0"), child
        s.passes()
    narrow = "local_ts = 10.1.2.0/25\nremote_ts = 10.1.1.0/24"
    with Site(them=dict(ts=narrow)) as s:
        child, = s.both_up()
        assert child["flow_destination"].startswith("10.1.2.0/255.255.255.128"), child
        s.passes()


@scenario
def start_action_start():
    """Both begin at once: one pair is left, and it works."""
    with Site(them=dict(child="start_action = start")) as s:
        wait_for("a ping", lambda: s.hostA.ping("10.1.2.2", check=False))
        s.passes()


@scenario
def protoport_dual():
    acl = """acl number 3101
 rule 5 permit icmp source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
 rule 10 permit tcp source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255 destination-port eq 5001
#
"""
    tcp = """net2 { local_ts = 10.1.2.0/24[tcp/5001]
      remote_ts = 10.1.1.0/24[tcp]
      esp_proposals = aes256-sha256 }
    """
    ts = "local_ts = 10.1.2.0/24[icmp]\nremote_ts = 10.1.1.0/24[icmp]"
    with Site(us=dict(acl=acl), them=dict(ts=ts, children="children { %s }" % tcp)) as s:
        s.both_up(2)
        s.passes()
        s.transfer(2)


@scenario
def shunt_manual_prio():
    """A deny rule leaves in clear what a permit rule below it would protect."""
    acl = """acl number 3101
 rule 5 deny icmp source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
 rule 10 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
#
"""
    with Site(us=dict(acl=acl)) as s:
        s.both_up()
        assert s.hostA.ping("10.1.2.2", check=False) == 0  # INET has no route to the LANs
        s.transfer(2)



# --- liveness ---------------------------------------------------------------------------

@scenario
def dpd_restart():
    """They die without a word: found out, recorded, and up again when they are back."""
    with Site(us=dict(peer="dpd type periodic\ndpd idle-time 10\ndpd retransmit-interval 2\n"
                           "dpd retry-limit 1")) as s:
        s.both_up()
        s.them.stop(9)
        wait_for("dpd-timeout", lambda: [r for r in s.us.state("display ike offline-info")
                                         if r["reason"] == "dpd-timeout"], limit=60)
        s.them.start()
        s.them.swanctl("--load-all", "--noprompt")
        wait_for("SAs again", lambda: s.our_children(), limit=60)
        s.passes()


@scenario
def peer_restarts():
    """They forget everything and begin anew: INITIAL_CONTACT takes the old SAs away."""
    with Site() as s:
        s.both_up()
        s.them.stop(9)
        s.them.start()
        s.them.swanctl("--load-all", "--noprompt")
        s.them.initiate("net")
        s.both_up()
        assert len(s.our_ike()) == 1
        s.passes()


@scenario
def delete_by_either():
    with Site() as s:
        s.both_up()
        s.them.swanctl("--terminate", "--child", "net")
        wait_for("SAs again", lambda: s.both_up())  # ours are automatic
        s.them.swanctl("--terminate", "--ike", "road")
        wait_for("SAs again", lambda: s.both_up())
        s.us.cli("reset ipsec sa")
        wait_for("SAs again", lambda: s.both_up())
        s.us.cli("reset ike sa")
        wait_for("SAs again", lambda: s.both_up())
        s.passes()


main("scenarios")
