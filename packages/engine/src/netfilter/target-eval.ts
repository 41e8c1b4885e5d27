/** The targets that do something, from their words. */
import type { FramePool } from "../frame/pool.ts";
import { update16 } from "../wire/checksum.ts";
import type { Program } from "./compile.ts";
import type { MatchContext } from "./match-eval.ts";
import { setTarget } from "./match-lists.ts";
import type { NatTargets } from "./target.ts";
import {
	CONNMARK_RESTORE,
	CONNMARK_SAVE,
	K_CONNMARK,
	K_CT_TEMPLATE,
	K_DNAT,
	K_MARK,
	K_MASQUERADE,
	K_NETMAP,
	K_NOTRACK,
	K_REDIRECT,
	K_REJECT,
	K_SET,
	K_SNAT,
	K_TCPMSS,
	K_TOS,
	K_TTL,
	TTL_DEC,
	TTL_SET,
} from "./target-ops.ts";
import { clampMss4 } from "./target-tcpmss.ts";
import {
	IP_CT_NEW,
	IP_CT_UNTRACKED,
	NF_ACCEPT,
	NF_DROP,
	NF_INET_LOCAL_OUT,
	NF_INET_PRE_ROUTING,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
} from "./types.ts";

/** The walk goes on with the next rule. */
export const XT_CONTINUE = -1;

export interface TargetContext extends MatchContext {
	readonly nat: NatTargets;
}

/** Run target `kind` with argument `arg`; an NF_* verdict or XT_CONTINUE. */
export function runTarget(
	cx: TargetContext,
	p: Program,
	kind: number,
	arg: number,
	hook: number,
	f: number,
	inDev: number,
	outDev: number,
): number {
	const pool = cx.pool;
	const ops = p.ops;
	switch (kind) {
		case K_REJECT:
			cx.host.reject(f, hook, arg);
			return NF_DROP;
		case K_MARK:
			pool.mark[f] = (pool.mark[f] & ~ops[arg + 1]) ^ ops[arg];
			return XT_CONTINUE;
		case K_DNAT:
		case K_SNAT: {
			const ct = pool.ct[f];
			if (ct === 0) return NF_ACCEPT;
			const manip = kind === K_DNAT ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
			return cx.nat.setup(
				f,
				ct,
				manip,
				ops[arg],
				ops[arg + 1],
				ops[arg + 2],
				ops[arg + 3],
				ops[arg + 4],
				ops[arg + 5],
			);
		}
		case K_MASQUERADE: {
			const ct = pool.ct[f];
			if (ct === 0) return NF_ACCEPT;
			return cx.nat.masquerade(f, ct, cx.host, outDev, ops[arg], ops[arg + 1], ops[arg + 2]);
		}
		case K_REDIRECT: {
			const ct = pool.ct[f];
			if (ct === 0) return NF_ACCEPT;
			return cx.nat.redirect(f, ct, cx.host, hook, inDev, ops[arg], ops[arg + 1], ops[arg + 2]);
		}
		case K_NETMAP: {
			const ct = pool.ct[f];
			if (ct === 0) return NF_ACCEPT;
			const dst = hook === NF_INET_PRE_ROUTING || hook === NF_INET_LOCAL_OUT;
			const was = pool.view.getInt32(pool.nh[f] + (dst ? 16 : 12));
			const mask = ops[arg + 1];
			const addr = (was & ~mask) | (ops[arg] & mask);
			const manip = dst ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
			return cx.nat.setup(f, ct, manip, NF_NAT_RANGE_MAP_IPS, addr, addr, 0, 0, 0);
		}
		case K_NOTRACK:
			if (pool.ct[f] === 0) pool.ctinfo[f] = IP_CT_UNTRACKED;
			return XT_CONTINUE;
		case K_CT_TEMPLATE:
			attachTemplate(cx, ops, arg, f);
			return XT_CONTINUE;
		case K_CONNMARK:
			connmark(cx, ops, arg, f);
			return XT_CONTINUE;
		case K_TTL:
			changeTtl(pool, f, ops[arg], ops[arg + 1]);
			return XT_CONTINUE;
		case K_TOS: {
			const nh = pool.nh[f];
			const word = pool.view.getUint16(nh);
			const tos = ((word & 0xff & ~ops[arg + 1]) ^ ops[arg]) & 0xff;
			const is = (word & 0xff00) | tos;
			if (is !== word) {
				pool.view.setUint16(nh + 10, update16(pool.view.getUint16(nh + 10), word, is));
				pool.view.setUint16(nh, is);
			}
			return XT_CONTINUE;
		}
		case K_SET:
			setTarget(cx, ops, arg, f);
			return XT_CONTINUE;
		case K_TCPMSS:
			return clampMss4(pool, cx.host, f, arg) ? XT_CONTINUE : NF_DROP;
		default:
			return XT_CONTINUE;
	}
}

/**
 * xt_ct_target: a packet that nobody tracks yet gets the rule's template, which rules of the raw table take for its connection. The
 * word at `a` is the template, 0 before the first packet.
 */
export function attachTemplate(cx: TargetContext, ops: Int32Array, a: number, f: number): void {
	const pool = cx.pool;
	if (pool.ct[f] !== 0 || pool.ctinfo[f] === IP_CT_UNTRACKED) return;
	if (ops[a] === 0) ops[a] = cx.ct.table.allocTemplate();
	const ct = ops[a];
	if (ct === 0) return;
	cx.ct.table.get(ct);
	pool.ct[f] = ct;
	pool.ctinfo[f] = IP_CT_NEW;
}
/** connmark_tg_shift without shifts. `a`: mode, mark, ctmask, nfmask. */
function connmark(cx: TargetContext, ops: Int32Array, a: number, f: number): void {
	const pool = cx.pool;
	const ct = pool.ct[f];
	if (ct === 0) return;
	const ctMark = cx.ct.getMark(ct);
	const ctMask = ops[a + 2];
	const nfMask = ops[a + 3];
	if (ops[a] === CONNMARK_RESTORE) {
		pool.mark[f] = (pool.mark[f] & ~nfMask) ^ (ctMark & ctMask);
		return;
	}
	const value = ops[a] === CONNMARK_SAVE ? pool.mark[f] & nfMask : ops[a + 1];
	cx.ct.setMark(ct, (ctMark & ~ctMask) ^ value);
}
function changeTtl(pool: FramePool, f: number, mode: number, value: number): void {
	const nh = pool.nh[f];
	const word = pool.view.getUint16(nh + 8);
	const was = word >> 8;
	let ttl = value;
	if (mode !== TTL_SET) ttl = mode === TTL_DEC ? Math.max(0, was - value) : Math.min(255, was + value);
	if (ttl === was) return;
	const is = (ttl << 8) | (word & 0xff);
	pool.view.setUint16(nh + 10, update16(pool.view.getUint16(nh + 10), word, is));
	pool.view.setUint16(nh + 8, is);
}
