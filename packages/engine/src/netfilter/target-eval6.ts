/** The targets that do something to an IPv6 packet; what does not look at the network header is IPv4's (target-eval.ts). */
import { FRAME_SUM_STALE, FRAME_SUMMED } from "../frame/flags.ts";
import type { FramePool } from "../frame/pool.ts";
import type { In6Table } from "../ring/in6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Program } from "./compile.ts";
import { runTarget, type TargetContext, XT_CONTINUE } from "./target-eval.ts";
import { K_NETMAP, K_TCPMSS, K_TOS, K_TTL, TTL_DEC, TTL_SET } from "./target-ops.ts";
import { clampMss6 } from "./target-tcpmss.ts";
import {
	NF_ACCEPT,
	NF_DROP,
	NF_INET_LOCAL_OUT,
	NF_INET_PRE_ROUTING,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
} from "./types.ts";

/** Run target `kind` with argument `arg`; an NF_* verdict or XT_CONTINUE. */
export function runTarget6(
	cx: TargetContext,
	p: Program,
	kind: number,
	arg: number,
	hook: number,
	f: number,
	inDev: number,
	outDev: number,
): number {
	const { pool } = cx;
	const { view } = pool;
	const { ops } = p;
	const nh = pool.nh[f];
	switch (kind) {
		case K_NETMAP: {
			const ct = pool.ct[f];
			if (ct === 0) return NF_ACCEPT;
			const dst = hook === NF_INET_PRE_ROUTING || hook === NF_INET_LOCAL_OUT;
			const o = nh + (dst ? ipv6.DADDR : ipv6.SADDR);
			const addr = mapped(cx.core.in6, pool, o, ops[arg], ops[arg + 1]);
			const manip = dst ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
			return cx.nat.setup(f, ct, manip, NF_NAT_RANGE_MAP_IPS, addr, addr, 0, 0, 0);
		}
		case K_TTL: {
			const was = view.getUint8(nh + ipv6.HOP_LIMIT);
			const value = ops[arg + 1];
			let is = value;
			if (ops[arg] !== TTL_SET)
				is = ops[arg] === TTL_DEC ? Math.max(0, was - value) : Math.min(255, was + value);
			view.setUint8(nh + ipv6.HOP_LIMIT, is);
			if (is !== was) headerChanged(pool, f);
			return XT_CONTINUE;
		}
		case K_TOS: {
			const was = ipv6.trafficClass(view, nh);
			const is = ((was & ~ops[arg + 1]) ^ ops[arg]) & 0xff;
			ipv6.setTrafficClass(view, nh, is);
			if (is !== was) headerChanged(pool, f);
			return XT_CONTINUE;
		}
		case K_TCPMSS:
			return clampMss6(pool, cx.host, cx.core.in6, f, arg) ? XT_CONTINUE : NF_DROP;
		default:
			return runTarget(cx, p, kind, arg, hook, f, inDev, outDev);
	}
}

/** hl_tg6, dscp_tg6, tos_tg6: the sum that conntrack left in the packet (skb->csum) is not told. */
function headerChanged(pool: FramePool, f: number): void {
	if ((pool.flags[f] & FRAME_SUMMED) !== 0) pool.flags[f] |= FRAME_SUM_STALE;
}

/** netmap_tg6: the handle of the address at `o` with the network part of the handle `addr`, under the mask of the handle `mask`. */
function mapped(in6: In6Table, pool: FramePool, o: number, addr: number, mask: number): number {
	const { words } = in6;
	const word = (i: number): number => {
		const m = words[4 * mask + i];
		return (pool.view.getInt32(o + 4 * i) & ~m) | (words[4 * addr + i] & m);
	};
	return in6.intern(word(0), word(1), word(2), word(3));
}
