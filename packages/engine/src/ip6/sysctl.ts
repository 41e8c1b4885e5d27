/**
 * The IPv6 settings of a namespace, named as in /proc/sys/net/ipv6. Values are the kernel's defaults in a fresh namespace. Fields
 * are plain numbers, so that the packet path reads them without a look-up; the names serve `sysctl`.
 */
import { NeighConf } from "../ip/sysctl.ts";

/** net.ipv6.conf.DEV.* */
export class Dev6Conf {
	accept_dad = 1;
	accept_ra = 1;
	accept_ra_defrtr = 1;
	accept_ra_from_local = 0;
	accept_ra_min_hop_limit = 1;
	accept_ra_min_lft = 0;
	accept_ra_mtu = 1;
	accept_ra_pinfo = 1;
	accept_ra_rt_info_max_plen = 0;
	accept_ra_rt_info_min_plen = 0;
	accept_ra_rtr_pref = 1;
	accept_redirects = 1;
	accept_source_route = 0;
	accept_untracked_na = 0;
	addr_gen_mode = 0;
	autoconf = 1;
	dad_transmits = 1;
	disable_ipv6 = 0;
	disable_policy = 0;
	drop_unicast_in_l2_multicast = 0;
	drop_unsolicited_na = 0;
	enhanced_dad = 1;
	force_forwarding = 0;
	force_mld_version = 0;
	force_tllao = 0;
	forwarding = 0;
	hop_limit = 64;
	ignore_routes_with_linkdown = 0;
	ioam6_enabled = 0;
	ioam6_id = 65535;
	ioam6_id_wide = 4294967295;
	keep_addr_on_down = 0;
	max_addresses = 16;
	max_desync_factor = 600;
	mc_forwarding = 0;
	mldv1_unsolicited_report_interval = 10000;
	mldv2_unsolicited_report_interval = 1000;
	/** 0: the device's own MTU. */
	mtu = 1280;
	ndisc_evict_nocarrier = 1;
	ndisc_notify = 0;
	ndisc_tclass = 0;
	optimistic_dad = 0;
	proxy_ndp = 0;
	ra_defrtr_metric = 1024;
	ra_honor_pio_life = 0;
	ra_honor_pio_pflag = 0;
	regen_max_retry = 3;
	regen_min_advance = 2;
	router_probe_interval = 60;
	router_solicitation_delay = 1;
	router_solicitation_interval = 4;
	router_solicitation_max_interval = 3600;
	router_solicitations = -1;
	rpl_seg_enabled = 0;
	seg6_enabled = 0;
	seg6_require_hmac = 0;
	suppress_frag_ndisc = 1;
	temp_prefered_lft = 86400;
	temp_valid_lft = 604800;
	use_oif_addrs_only = 0;
	use_optimistic = 0;
	use_tempaddr = 0;

	/** A new device starts with what "default" says. */
	copy(): Dev6Conf {
		return Object.assign(new Dev6Conf(), this);
	}
}
export type Dev6ConfName = Exclude<keyof Dev6Conf, "copy">;

/** The neighbour settings of nd_tbl (net.ipv6.neigh.DEV.*): the same as for ARP, but for locktime. */
export function neighConf6(): NeighConf {
	const conf = new NeighConf();
	conf.locktime = 0;
	return conf;
}

/** The rest of net.ipv6.* */
export class Net6Conf {
	anycast_src_echo_reply = 0;
	auto_flowlabels = 1;
	bindv6only = 0;
	fib_multipath_hash_fields = 7;
	fib_multipath_hash_policy = 0;
	flowlabel_consistency = 1;
	flowlabel_reflect = 0;
	flowlabel_state_ranges = 0;
	fwmark_reflect = 0;
	idgen_delay = 1;
	idgen_retries = 3;
	ip6frag_high_thresh = 4194304;
	ip6frag_low_thresh = 3145728;
	ip6frag_time = 60;
	ip_nonlocal_bind = 0;
	max_dst_opts_length = 2147483647;
	max_dst_opts_number = 8;
	max_hbh_length = 2147483647;
	max_hbh_opts_number = 8;
	/** net.ipv6.icmp.*; the rate limit in ms. */
	icmp_echo_ignore_all = 0;
	icmp_echo_ignore_anycast = 0;
	icmp_echo_ignore_multicast = 0;
	icmp_error_anycast_as_unicast = 0;
	icmp_ratelimit = 100;
	/** net.ipv6.icmp.ratemask: 1 at each type that is limited. */
	readonly icmp_ratemask: Uint8Array = new Uint8Array(256).fill(1, 0, 128);
	/** net.ipv6.route.mtu_expires, seconds. */
	route_mtu_expires = 600;
	route_min_adv_mss = 1220;
	/** net.ipv6.neigh.default.gc_thresh1..3 */
	gc_thresh1 = 128;
	gc_thresh2 = 512;
	gc_thresh3 = 1024;

	constructor() {
		// "packet too big" is never held back
		this.icmp_ratemask[2] = 0;
	}
}
