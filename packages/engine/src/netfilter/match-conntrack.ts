/** The conntrack match (conntrack_mt, revision 3). */
import type { FramePool } from "../frame/pool.ts";
import {
	CT_DIRECTION,
	CT_EXPIRES,
	CT_ORIGDST,
	CT_ORIGDST_PORT,
	CT_ORIGSRC,
	CT_ORIGSRC_PORT,
	CT_PROTO,
	CT_REPLDST,
	CT_REPLDST_PORT,
	CT_REPLSRC,
	CT_REPLSRC_PORT,
	CT_STATE,
	CT_STATUS,
} from "./match-ops.ts";
import { CT_STATE_DNAT, CT_STATE_INVALID, CT_STATE_SNAT, CT_STATE_UNTRACKED } from "./rule.ts";
import {
	type CtView,
	ctDir,
	IP_CT_DIR_ORIGINAL,
	IP_CT_DIR_REPLY,
	IP_CT_UNTRACKED,
	IPS_DST_NAT,
	IPS_SRC_NAT,
} from "./types.ts";

/** The CT_STATE_* bits of the frame's connection. */
export function stateBits(view: CtView, pool: FramePool, f: number): number {
	const ct = pool.ct[f];
	const info = pool.ctinfo[f];
	if (ct === 0) return info === IP_CT_UNTRACKED ? CT_STATE_UNTRACKED : CT_STATE_INVALID;
	const status = view.status(ct);
	let bits = 1 << ((info % 3) + 1);
	if ((status & IPS_SRC_NAT) !== 0) bits |= CT_STATE_SNAT;
	if ((status & IPS_DST_NAT) !== 0) bits |= CT_STATE_DNAT;
	return bits;
}

/** Words of the op after its code, in order. */
const HAS = 0;
const INV = 1;
const STATE = 2;
const PROTO = 3;
const STATUS = 4;
const EXPIRE_MIN = 5;
const EXPIRE_MAX = 6;
const ADDRS = 7;
const PORTS = 15;

export function conntrackMatches(
	view: CtView,
	pool: FramePool,
	ops: Int32Array,
	a: number,
	f: number,
): boolean {
	const has = ops[a + HAS];
	const inv = ops[a + INV];
	if ((has & CT_STATE) !== 0) {
		const fits = (ops[a + STATE] & stateBits(view, pool, f)) !== 0;
		if (fits === ((inv & CT_STATE) !== 0)) return false;
	}
	const ct = pool.ct[f];
	if (ct === 0) return (has & CT_STATE) !== 0;
	if ((has & CT_DIRECTION) !== 0) {
		const original = ctDir(pool.ctinfo[f]) === IP_CT_DIR_ORIGINAL;
		if (original === ((inv & CT_DIRECTION) !== 0)) return false;
	}
	if ((has & CT_ORIGSRC) !== 0 && !addr(view.src(ct, IP_CT_DIR_ORIGINAL), ops, a + ADDRS, inv & CT_ORIGSRC))
		return false;
	if (
		(has & CT_ORIGDST) !== 0 &&
		!addr(view.dst(ct, IP_CT_DIR_ORIGINAL), ops, a + ADDRS + 2, inv & CT_ORIGDST)
	)
		return false;
	if ((has & CT_REPLSRC) !== 0 && !addr(view.src(ct, IP_CT_DIR_REPLY), ops, a + ADDRS + 4, inv & CT_REPLSRC))
		return false;
	if ((has & CT_REPLDST) !== 0 && !addr(view.dst(ct, IP_CT_DIR_REPLY), ops, a + ADDRS + 6, inv & CT_REPLDST))
		return false;
	if ((has & CT_PROTO) !== 0) {
		if ((view.protocol(ct) === ops[a + PROTO]) === ((inv & CT_PROTO) !== 0)) return false;
	}
	if (
		(has & CT_ORIGSRC_PORT) !== 0 &&
		!port(view.sport(ct, IP_CT_DIR_ORIGINAL), ops, a + PORTS, inv & CT_ORIGSRC_PORT)
	)
		return false;
	if (
		(has & CT_ORIGDST_PORT) !== 0 &&
		!port(view.dport(ct, IP_CT_DIR_ORIGINAL), ops, a + PORTS + 2, inv & CT_ORIGDST_PORT)
	)
		return false;
	if (
		(has & CT_REPLSRC_PORT) !== 0 &&
		!port(view.sport(ct, IP_CT_DIR_REPLY), ops, a + PORTS + 4, inv & CT_REPLSRC_PORT)
	)
		return false;
	if (
		(has & CT_REPLDST_PORT) !== 0 &&
		!port(view.dport(ct, IP_CT_DIR_REPLY), ops, a + PORTS + 6, inv & CT_REPLDST_PORT)
	)
		return false;
	if ((has & CT_STATUS) !== 0) {
		if (((ops[a + STATUS] & view.status(ct)) !== 0) === ((inv & CT_STATUS) !== 0)) return false;
	}
	if ((has & CT_EXPIRES) !== 0) {
		const seconds = Math.floor(view.expiresIn(ct) / 1e9);
		const fits = seconds >= ops[a + EXPIRE_MIN] >>> 0 && seconds <= ops[a + EXPIRE_MAX] >>> 0;
		if (fits === ((inv & CT_EXPIRES) !== 0)) return false;
	}
	return true;
}
function addr(has: number, ops: Int32Array, at: number, inv: number): boolean {
	return ((has & ops[at + 1]) === ops[at]) !== (inv !== 0);
}
function port(has: number, ops: Int32Array, at: number, inv: number): boolean {
	return (has >= ops[at] && has <= ops[at + 1]) !== (inv !== 0);
}
