/**
 * TCP as conntrack sees it (net/netfilter/nf_conntrack_proto_tcp.c): the state by direction and kind of segment, what is
 * ignored, what is invalid, what reopens a closed connection, and how long each state lives. Windows: ct-tcp-window.ts.
 */

import { nfSumOk } from "../frame/l4sum.ts";
import type { FramePool } from "../frame/pool.ts";
import * as tcp from "../wire/tcp.ts";
import { type CtNet, TO_TCP_MAX_RETRANS, TO_TCP_UNACKNOWLEDGED } from "./ct-sysctl.ts";
import { C_STATUS, type CtTable, F_TIMEOUT, REC, RECF, TCP_REC } from "./ct-table.ts";
import {
	NEXT_STATE,
	STATES,
	segmentKind,
	TCP_CONNTRACK_CLOSE,
	TCP_CONNTRACK_ESTABLISHED,
	TCP_CONNTRACK_FIN_WAIT,
	TCP_CONNTRACK_IGNORE,
	TCP_CONNTRACK_INVALID,
	TCP_CONNTRACK_LAST_ACK,
	TCP_CONNTRACK_NONE,
	TCP_CONNTRACK_SYN_RECV,
	TCP_CONNTRACK_SYN_SENT,
	TCP_CONNTRACK_SYN_SENT2,
	TCP_CONNTRACK_TIME_WAIT,
	VALID_FLAGS,
} from "./ct-tcp-states.ts";
import {
	before,
	EXP_CHALLENGE_ACK,
	FLAG_BE_LIBERAL,
	FLAG_CLOSE_INIT,
	FLAG_DATA_UNACKNOWLEDGED,
	FLAG_MAXACK_SET,
	FLAG_SACK_PERM,
	FLAG_WINDOW_SCALE,
	LAST_ACK,
	LAST_DIR,
	LAST_END,
	LAST_FLAGS,
	LAST_INDEX,
	LAST_SEQ,
	LAST_WIN,
	LAST_WSCALE,
	RETRANS,
	readOptions,
	S_END,
	S_FLAGS,
	S_MAXACK,
	S_MAXEND,
	S_MAXWIN,
	S_SCALE,
	SENDER,
	SIMULTANEOUS_OPEN,
	segmentEnd,
	TCP_ACK_SET,
	TCP_FIN_SET,
	TCP_NONE_SET,
	TCP_RST_SET,
	TCP_STATE,
	TCP_SYN_SET,
	TCP_SYNACK_SET,
	tcpInWindow,
	WINDOW_IGNORE,
	WINDOW_INVALID,
} from "./ct-tcp-window.ts";
import { CT_ACCEPT, CT_INVALID, CT_REPEAT } from "./ct-verdict.ts";
import {
	ctDir,
	IPS_ASSURED,
	IPS_CONFIRMED,
	IPS_FIXED_TIMEOUT,
	IPS_SEEN_REPLY,
	NF_INET_PRE_ROUTING,
} from "./types.ts";

/** First segment of a connection (tcp_new). False: it cannot start one. */
function tcpNew(
	t: CtTable,
	net: CtNet,
	ct: number,
	kind: number,
	view: DataView,
	th: number,
	end: number,
): boolean {
	const state = NEXT_STATE[kind * STATES + TCP_CONNTRACK_NONE];
	if (state >= TCP_CONNTRACK_INVALID) return false;
	const words = t.tcp;
	const base = ct * TCP_REC;
	const win = view.getUint16(th + tcp.WINDOW);
	if (state !== TCP_CONNTRACK_SYN_SENT && net.tcpLoose === 0) return false;
	words.fill(0, base, base + TCP_REC);
	const segEnd = segmentEnd(view, th, end);
	words[base + S_END] = segEnd;
	words[base + S_MAXWIN] = win === 0 ? 1 : win;
	if (state === TCP_CONNTRACK_SYN_SENT) {
		words[base + S_MAXEND] = segEnd;
		readOptions(view, th, words, base);
	} else {
		// picked up in the middle: scaling and SACK are unknown, so be liberal
		words[base + S_MAXEND] = segEnd + words[base + S_MAXWIN];
		words[base + S_FLAGS] = FLAG_SACK_PERM | FLAG_BE_LIBERAL;
		words[base + SENDER + S_FLAGS] = FLAG_SACK_PERM | FLAG_BE_LIBERAL;
	}
	words[base + LAST_INDEX] = TCP_NONE_SET;
	return true;
}

/** A segment which may be right although it does not fit our state: remember it, let it pass. */
function ignoreSegment(
	words: Int32Array,
	base: number,
	kind: number,
	dir: number,
	oldState: number,
	view: DataView,
	th: number,
	end: number,
): void {
	words[base + LAST_INDEX] = kind;
	words[base + LAST_DIR] = dir;
	words[base + LAST_SEQ] = view.getInt32(th + tcp.SEQ);
	words[base + LAST_END] = segmentEnd(view, th, end);
	words[base + LAST_WIN] = view.getUint16(th + tcp.WINDOW);
	if (kind === TCP_SYN_SET && dir === 0) {
		// the ends may be in sync while we are not: keep the options for the SYN/ACK that would tell
		SEEN.fill(0);
		readOptions(view, th, SEEN, 0);
		words[base + LAST_FLAGS] = SEEN[S_FLAGS] & (FLAG_WINDOW_SCALE | FLAG_SACK_PERM);
		words[base + LAST_WSCALE] = SEEN[S_SCALE];
		// RFC 5961: the answer may be a challenge ACK, which acknowledges no FIN
		if (oldState === TCP_CONNTRACK_LAST_ACK) words[base + LAST_FLAGS] |= EXP_CHALLENGE_ACK;
	}
	if (oldState === TCP_CONNTRACK_SYN_SENT && kind === TCP_ACK_SET && dir === 1)
		words[base + LAST_ACK] = view.getInt32(th + tcp.ACK_SEQ);
}
const SEEN: Int32Array = new Int32Array(SENDER);

/** An out-of-window FIN or RST answered by another one: do not keep the connection for days (nf_tcp_handle_invalid). */
function handleInvalid(t: CtTable, net: CtNet, ct: number, base: number, dir: number, kind: number): void {
	const status = t.rec[ct * REC + C_STATUS];
	if ((status & IPS_ASSURED) === 0 || (status & IPS_FIXED_TIMEOUT) !== 0) return;
	if (kind !== TCP_RST_SET && kind !== TCP_FIN_SET) return;
	const words = t.tcp;
	const last = words[base + LAST_INDEX];
	if (words[base + LAST_DIR] !== dir && (last === TCP_FIN_SET || last === TCP_RST_SET)) {
		const expires = t.recf[ct * RECF + F_TIMEOUT] - t.clock[0];
		if (expires < 120e9) return;
		const timeout = net.timeouts[TO_TCP_UNACKNOWLEDGED];
		if (expires > timeout) t.recf[ct * RECF + F_TIMEOUT] = timeout + t.clock[0];
	} else {
		words[base + LAST_INDEX] = kind;
		words[base + LAST_DIR] = dir;
	}
}

/** What a reset deserves: to be judged by the window, to be believed at once, or nothing. */
const RST_WINDOW = 0;
const RST_BELIEVE = 1;
const RST_INVALID = 2;
/** Judged by the window, but the state stays: perhaps a challenge ACK follows. */
const RST_KEEP_STATE = 3;
/** Believed, yet the state stays. */
const RST_BELIEVE_KEEP = 4;

function judgeReset(
	t: CtTable,
	net: CtNet,
	ct: number,
	base: number,
	dir: number,
	oldState: number,
	view: DataView,
	th: number,
): number {
	const words = t.tcp;
	const status = t.rec[ct * REC + C_STATUS];
	const receiver = base + (1 - dir) * SENDER;
	const last = words[base + LAST_INDEX];
	const seq = view.getInt32(th + tcp.SEQ);
	let verdict = RST_WINDOW;
	// closing: the tuple may be in use again and our numbers out of date
	if (oldState >= TCP_CONNTRACK_FIN_WAIT && oldState <= TCP_CONNTRACK_CLOSE) return RST_BELIEVE;
	if ((words[receiver + S_FLAGS] & FLAG_MAXACK_SET) !== 0 && last !== TCP_SYN_SET) {
		const established = oldState === TCP_CONNTRACK_ESTABLISHED && (status & IPS_ASSURED) !== 0;
		const maxAck = words[receiver + S_MAXACK];
		if (seq === 0 && !established) return RST_WINDOW;
		if (before(seq, maxAck) && net.tcpIgnoreInvalidRst === 0) return RST_INVALID;
		if (!established || seq === maxAck) return RST_WINDOW;
		// the end of a train of segments that is not acknowledged yet
		if (last === TCP_ACK_SET && words[base + LAST_DIR] === dir && seq === words[base + LAST_END])
			return RST_WINDOW;
		verdict = RST_KEEP_STATE;
	}
	const answersIgnored =
		((status & IPS_SEEN_REPLY) !== 0 && last === TCP_SYN_SET && words[base + LAST_DIR] !== dir) ||
		((status & IPS_ASSURED) === 0 && last === TCP_ACK_SET);
	if (answersIgnored && view.getInt32(th + tcp.ACK_SEQ) === words[base + LAST_END])
		return verdict === RST_WINDOW ? RST_BELIEVE : RST_BELIEVE_KEEP;
	if (
		oldState === TCP_CONNTRACK_SYN_SENT &&
		last === TCP_ACK_SET &&
		words[base + LAST_DIR] === 1 &&
		seq === words[base + LAST_ACK]
	)
		return verdict === RST_WINDOW ? RST_BELIEVE : RST_BELIEVE_KEEP;
	return verdict;
}
/** Which time-out (TO_*) the connection gets now. */
function pickTimeout(net: CtNet, words: Int32Array, base: number, state: number, kind: number): number {
	const timeouts = net.timeouts;
	if (words[base + RETRANS] >= net.tcpMaxRetrans && timeouts[state] > timeouts[TO_TCP_MAX_RETRANS])
		return TO_TCP_MAX_RETRANS;
	if (kind === TCP_RST_SET) return TCP_CONNTRACK_CLOSE;
	if (
		((words[base + S_FLAGS] | words[base + SENDER + S_FLAGS]) & FLAG_DATA_UNACKNOWLEDGED) !== 0 &&
		timeouts[state] > timeouts[TO_TCP_UNACKNOWLEDGED]
	)
		return TO_TCP_UNACKNOWLEDGED;
	if (words[base + LAST_WIN] === 0 && timeouts[state] > timeouts[TO_TCP_MAX_RETRANS])
		return TO_TCP_MAX_RETRANS;
	return state;
}

/** One segment of connection `ct` (nf_conntrack_tcp_packet); it ends at `end`. Returns CT_*. */
export function tcpPacket(
	t: CtTable,
	net: CtNet,
	pool: FramePool,
	f: number,
	ct: number,
	ctinfo: number,
	hook: number,
	th: number,
	end: number,
): number {
	const view = pool.view;
	if (!tcp.check(view, th, end)) return CT_INVALID;
	if (net.checksum !== 0 && hook === NF_INET_PRE_ROUTING && !nfSumOk(pool, f)) return CT_INVALID;
	const flags = view.getUint8(th + tcp.FLAGS);
	if (VALID_FLAGS[flags] === 0) return CT_INVALID;
	const kind = segmentKind(flags);
	const b = ct * REC;
	if ((t.rec[b + C_STATUS] & IPS_CONFIRMED) === 0 && !tcpNew(t, net, ct, kind, view, th, end))
		return CT_INVALID;

	const words = t.tcp;
	const base = ct * TCP_REC;
	const dir = ctDir(ctinfo);
	let oldState = words[base + TCP_STATE];
	let state = NEXT_STATE[(dir * 6 + kind) * STATES + oldState];
	let judgeWindow = true;

	if (state === TCP_CONNTRACK_INVALID) return CT_INVALID;
	if (
		state === TCP_CONNTRACK_IGNORE ||
		(state === TCP_CONNTRACK_SYN_SENT && oldState >= TCP_CONNTRACK_TIME_WAIT)
	) {
		if (
			state !== TCP_CONNTRACK_IGNORE &&
			(((words[base + S_FLAGS] | words[base + SENDER + S_FLAGS]) & FLAG_CLOSE_INIT) !== 0 ||
				(words[base + LAST_DIR] === dir && words[base + LAST_INDEX] === TCP_RST_SET))
		) {
			// a closed or aborted connection is opened again: forget this one and look again
			t.remove(ct);
			return CT_REPEAT;
		}
		const last = words[base + LAST_DIR];
		if (
			kind !== TCP_SYNACK_SET ||
			words[base + LAST_INDEX] !== TCP_SYN_SET ||
			last === dir ||
			view.getInt32(th + tcp.ACK_SEQ) !== words[base + LAST_END]
		) {
			ignoreSegment(words, base, kind, dir, oldState, view, th, end);
			return CT_ACCEPT;
		}
		// the SYN that we ignored is acknowledged: the ends are in sync, so get in sync from what was noted
		oldState = TCP_CONNTRACK_SYN_SENT;
		state = TCP_CONNTRACK_SYN_RECV;
		const s = base + last * SENDER;
		words[s + S_END] = words[base + LAST_END];
		words[s + S_MAXEND] = words[base + LAST_END];
		words[s + S_MAXWIN] = words[base + LAST_WIN] === 0 ? 1 : words[base + LAST_WIN];
		words[s + S_SCALE] = words[base + LAST_WSCALE];
		words[base + LAST_FLAGS] &= ~EXP_CHALLENGE_ACK;
		words[s + S_FLAGS] = words[base + LAST_FLAGS];
		words.fill(0, base + dir * SENDER, base + dir * SENDER + SENDER);
	} else if (state === TCP_CONNTRACK_TIME_WAIT) {
		if (
			oldState === TCP_CONNTRACK_LAST_ACK &&
			kind === TCP_ACK_SET &&
			words[base + LAST_DIR] !== dir &&
			words[base + LAST_INDEX] === TCP_SYN_SET &&
			(words[base + LAST_FLAGS] & EXP_CHALLENGE_ACK) !== 0
		) {
			words[base + LAST_FLAGS] &= ~EXP_CHALLENGE_ACK;
			return CT_ACCEPT;
		}
	} else if (state === TCP_CONNTRACK_SYN_SENT2) words[base + LAST_FLAGS] |= SIMULTANEOUS_OPEN;
	else if (state === TCP_CONNTRACK_SYN_RECV) {
		if (dir === 1 && kind === TCP_ACK_SET && (words[base + LAST_FLAGS] & SIMULTANEOUS_OPEN) !== 0)
			state = TCP_CONNTRACK_ESTABLISHED;
	} else if (state === TCP_CONNTRACK_CLOSE && kind === TCP_RST_SET) {
		const verdict = judgeReset(t, net, ct, base, dir, oldState, view, th);
		if (verdict === RST_INVALID) return CT_INVALID;
		if (verdict === RST_KEEP_STATE || verdict === RST_BELIEVE_KEEP) state = oldState;
		judgeWindow = verdict === RST_WINDOW || verdict === RST_KEEP_STATE;
	}

	if (judgeWindow) {
		const verdict = tcpInWindow(t, net, ct, dir, kind, view, th, end);
		if (verdict === WINDOW_IGNORE) return CT_ACCEPT;
		if (verdict === WINDOW_INVALID) {
			handleInvalid(t, net, ct, base, dir, kind);
			return CT_INVALID;
		}
	}
	words[base + LAST_INDEX] = kind;
	words[base + LAST_DIR] = dir;
	words[base + TCP_STATE] = state;
	if (oldState !== state && state === TCP_CONNTRACK_FIN_WAIT)
		words[base + dir * SENDER + S_FLAGS] |= FLAG_CLOSE_INIT;
	let which = pickTimeout(net, words, base, state, kind);

	const status = t.rec[b + C_STATUS];
	if ((status & IPS_SEEN_REPLY) === 0) {
		if (kind === TCP_RST_SET) {
			// the only answer is a reset: there is no connection to keep
			t.remove(ct);
			return CT_ACCEPT;
		}
		// a repeated SYN does not keep an entry alive for ever
		if (kind === TCP_SYN_SET && oldState === TCP_CONNTRACK_SYN_SENT) return CT_ACCEPT;
		if (state === TCP_CONNTRACK_ESTABLISHED && net.timeouts[which] > net.timeouts[TO_TCP_UNACKNOWLEDGED])
			which = TO_TCP_UNACKNOWLEDGED;
	} else if (
		(status & IPS_ASSURED) === 0 &&
		(oldState === TCP_CONNTRACK_SYN_RECV || oldState === TCP_CONNTRACK_ESTABLISHED) &&
		state === TCP_CONNTRACK_ESTABLISHED
	)
		t.rec[b + C_STATUS] = status | IPS_ASSURED;
	t.refresh(ct, net, which);
	return CT_ACCEPT;
}
