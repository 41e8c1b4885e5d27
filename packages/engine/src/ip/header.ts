/** The border check of an arriving IPv4 packet, routed or bridged (net/ipv4/ip_input.c, ip_rcv_core; br_validate_ipv4). */
import { DROP } from "../frame/drop.ts";
import type { FramePool } from "../frame/pool.ts";
import * as ipv4 from "../wire/ipv4.ts";

/** What `ipv4.check` found, as the kernel's drop reasons. */
const REASON: readonly number[] = [0, DROP.PKT_TOO_SMALL, DROP.IP_INHDR, DROP.IP_CSUM, DROP.PKT_TOO_SMALL];

/** 0: the header at `nh` is fine, the frame is trimmed to the IP length and `th` is set. Else the reason to drop; nothing is changed. */
export function acceptHeader(pool: FramePool, f: number): number {
	const view = pool.view;
	const nh = pool.nh[f];
	const bad = ipv4.check(view, nh, pool.off[f] + pool.len[f]);
	if (bad !== ipv4.OK) return REASON[bad];
	pool.len[f] = nh - pool.off[f] + view.getUint16(nh + ipv4.TOT_LEN);
	pool.th[f] = nh + ipv4.headerLength(view, nh);
	return 0;
}
