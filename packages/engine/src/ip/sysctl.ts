/**
 * The settings of a namespace, named as in /proc/sys/net. Values are the kernel's defaults in a fresh namespace.
 * Fields are plain numbers, so that the packet path reads them without a look-up; the names serve `sysctl`.
 */

/** net.ipv4.conf.DEV.* */
export class DevConf {
	accept_local = 0;
	accept_redirects = 1;
	accept_source_route = 1;
	arp_accept = 0;
	arp_announce = 0;
	arp_evict_nocarrier = 1;
	arp_filter = 0;
	arp_ignore = 0;
	arp_notify = 0;
	bc_forwarding = 0;
	bootp_relay = 0;
	disable_policy = 0;
	disable_xfrm = 0;
	drop_gratuitous_arp = 0;
	drop_unicast_in_l2_multicast = 0;
	force_igmp_version = 0;
	forwarding = 0;
	igmpv2_unsolicited_report_interval = 10000;
	igmpv3_unsolicited_report_interval = 1000;
	ignore_routes_with_linkdown = 0;
	log_martians = 0;
	mc_forwarding = 0;
	medium_id = 0;
	promote_secondaries = 0;
	proxy_arp = 0;
	proxy_arp_pvlan = 0;
	route_localnet = 0;
	rp_filter = 0;
	secure_redirects = 1;
	send_redirects = 1;
	shared_media = 1;
	src_valid_mark = 0;
	tag = 0;

	/** A new device starts with what "default" says. */
	copy(): DevConf {
		return Object.assign(new DevConf(), this);
	}
}

/** net.ipv4.neigh.DEV.*, times in the unit the name says (seconds without one; proxy_delay and locktime in 1/100 s). */
export class NeighConf {
	anycast_delay = 100;
	app_solicit = 0;
	base_reachable_time_ms = 30000;
	delay_first_probe_time = 5;
	gc_stale_time = 60;
	interval_probe_time_ms = 5000;
	locktime = 100;
	mcast_resolicit = 0;
	mcast_solicit = 3;
	proxy_delay = 80;
	proxy_qlen = 64;
	retrans_time_ms = 1000;
	ucast_solicit = 3;
	unres_qlen_bytes = 212992;

	copy(): NeighConf {
		return Object.assign(new NeighConf(), this);
	}
}

/** The rest of net.* that a namespace has and the engine acts upon. */
export class NetConf {
	/** net.ipv4.* */
	ip_default_ttl = 64;
	ip_forward_use_pmtu = 0;
	ip_forward_update_priority = 1;
	ip_no_pmtu_disc = 0;
	ip_nonlocal_bind = 0;
	fwmark_reflect = 0;
	icmp_echo_ignore_all = 0;
	icmp_echo_ignore_broadcasts = 1;
	icmp_errors_use_inbound_ifaddr = 0;
	icmp_ignore_bogus_error_responses = 1;
	icmp_msgs_burst = 50;
	icmp_msgs_per_sec = 1000;
	icmp_ratelimit = 1000;
	icmp_ratemask = 6168;
	igmp_link_local_mcast_reports = 1;
	ipfrag_high_thresh = 4194304;
	ipfrag_low_thresh = 3145728;
	ipfrag_max_dist = 64;
	ipfrag_time = 30;
	/** net.ipv4.route.*: bytes, and seconds. */
	min_pmtu = 552;
	mtu_expires = 600;
	/** net.ipv4.neigh.default.gc_thresh1..3 */
	gc_thresh1 = 128;
	gc_thresh2 = 512;
	gc_thresh3 = 1024;
	/** net.bridge.bridge-nf-* */
	bridge_nf_call_iptables = 1;
	bridge_nf_call_arptables = 1;
	bridge_nf_call_ip6tables = 1;
	bridge_nf_filter_vlan_tagged = 0;
	/** net.netfilter.nf_conntrack_max, net.nf_conntrack_max */
	nf_conntrack_max = 262144;
}
