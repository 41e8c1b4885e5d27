/**
 * SCTP as conntrack sees it (net/netfilter/nf_conntrack_proto_sctp.c; RFC 9260 §8.4, §8.5): the state by direction and kind of
 * chunk, the verification tag of each direction, and how long each state lives.
 */
import { type CtNet, TO_SCTP_CLOSED } from "./ct-sysctl.ts";
import { C_STATUS, type CtTable, REC, TCP_REC } from "./ct-table.ts";
import { CT_ACCEPT, CT_INVALID } from "./ct-verdict.ts";
import { ctDir, IP_CT_DIR_REPLY, IPS_ASSURED, IPS_CONFIRMED } from "./types.ts";

/** enum sctp_conntrack; less one, the time-outs follow in this order from TO_SCTP_CLOSED on. */
const NONE = 0;
const CLOSED = 1;
const ESTABLISHED = 4;
const INVALID = 9;
const STATES = 9;
export const SCTP_STATE_NAMES: readonly string[] = [
	"NONE",
	"CLOSED",
	"COOKIE_WAIT",
	"COOKIE_ECHOED",
	"ESTABLISHED",
	"SHUTDOWN_SENT",
	"SHUTDOWN_RECD",
	"SHUTDOWN_ACK_SENT",
	"HEARTBEAT_SENT",
];
/** Words of an association, in the place of TCP's. The state stands where TCP's does. */
const S_VTAG = 0;
const S_INIT = 2;
const S_FLAGS = 4;
const S_LAST_DIR = 5;
const S_STATE = 12;
/** A heartbeat with a tag of its own was seen: its answer may tell the new tags (SCTP_FLAG_HEARTBEAT_VTAG_FAILED). */
const HEARTBEAT_VTAG_FAILED = 1;

/** Chunk types (RFC 9260 §3.2). */
const C_DATA = 0;
const C_INIT = 1;
const C_INIT_ACK = 2;
const C_HEARTBEAT = 4;
const C_HEARTBEAT_ACK = 5;
const C_ABORT = 6;
const C_SHUTDOWN = 7;
const C_SHUTDOWN_ACK = 8;
const C_ERROR = 9;
const C_COOKIE_ECHO = 10;
const C_COOKIE_ACK = 11;
const C_SHUTDOWN_COMPLETE = 14;
const FLAG_T = 1;
const COMMON_HEADER = 12;
const CHUNK_HEADER = 4;
const VTAG = 4;

/** Next state by direction, chunk and state: a row a chunk, a digit a state from NONE on, 9 = invalid. The kernel was asked for each. */
const ROWS: readonly (readonly [number, string, string])[] = [
	[C_INIT, "112341172", "912345679"],
	[C_INIT_ACK, "112345671", "922345679"],
	[C_ABORT, "111111111", "911111119"],
	[C_SHUTDOWN, "112355671", "912365679"],
	[C_SHUTDOWN_ACK, "712347777", "912347779"],
	[C_ERROR, "112345671", "912145679"],
	[C_COOKIE_ECHO, "113345671", "913345679"],
	[C_COOKIE_ACK, "112445671", "912445679"],
	[C_SHUTDOWN_COMPLETE, "112345611", "912345619"],
	[C_HEARTBEAT, "812345678", "912345678"],
	[C_HEARTBEAT_ACK, "112345678", "912345674"],
];
const KINDS = 16;
const NEXT: Uint8Array = new Uint8Array(2 * KINDS * STATES);
for (let i = 0; i < NEXT.length; i++) NEXT[i] = i % STATES;
for (const [chunk, ...directions] of ROWS)
	directions.forEach((row, dir) => {
		for (let state = 0; state < STATES; state++)
			NEXT[(dir * KINDS + chunk) * STATES + state] = Number(row[state]);
	});

function nextState(dir: number, state: number, chunk: number): number {
	// other chunks, DATA and SACK among them, do not change the state
	return chunk < KINDS ? NEXT[(dir * KINDS + chunk) * STATES + state] : state;
}
function chunkAfter(view: DataView, at: number): number {
	return at + ((view.getUint16(at + 2) + 3) & ~3);
}

/** Which chunk types below 32 the packet has, one bit each; -1: chunks that may not stand together (do_basic_checks). */
function chunkMap(view: DataView, th: number, end: number): number {
	let map = 0;
	let alone = false;
	let count = 0;
	for (let at = th + COMMON_HEADER; at + CHUNK_HEADER <= end; at = chunkAfter(view, at)) {
		const type = view.getUint8(at);
		if (type === C_INIT || type === C_INIT_ACK || type === C_SHUTDOWN_COMPLETE) alone = true;
		const first = type === C_COOKIE_ACK || type === C_COOKIE_ECHO || alone;
		if ((first && count !== 0) || view.getUint16(at + 2) === 0) return -1;
		if (type < 32) map |= 1 << type;
		count++;
	}
	return count === 0 ? -1 : map;
}
/** First packet of a connection (sctp_new). False: it cannot start one. */
function sctpNew(words: Int32Array, base: number, view: DataView, th: number, end: number): boolean {
	words.fill(0, base, base + TCP_REC);
	const vtag = view.getInt32(th + VTAG);
	for (let at = th + COMMON_HEADER; at + CHUNK_HEADER <= end; at = chunkAfter(view, at)) {
		const type = view.getUint8(at);
		const state = nextState(0, NONE, type);
		if (state === NONE || state === INVALID) return false;
		if (type === C_INIT) {
			if (vtag !== 0 || at + CHUNK_HEADER + 4 > end) return false;
			words[base + S_VTAG + IP_CT_DIR_REPLY] = view.getInt32(at + CHUNK_HEADER);
		} else if (type === C_HEARTBEAT) words[base + S_VTAG] = vtag;
		// a packet out of the blue: whoever answers reflects its tag
		else words[base + S_VTAG + IP_CT_DIR_REPLY] = vtag;
	}
	return true;
}

const ANY_VTAG =
	(1 << C_INIT) |
	(1 << C_SHUTDOWN_COMPLETE) |
	(1 << C_COOKIE_ECHO) |
	(1 << C_ABORT) |
	(1 << C_SHUTDOWN_ACK) |
	(1 << C_HEARTBEAT) |
	(1 << C_HEARTBEAT_ACK);
const NEVER_FIRST = (1 << C_ABORT) | (1 << C_SHUTDOWN_COMPLETE) | (1 << C_COOKIE_ACK);

/** What a chunk's tag, and what it carries, say of it. */
const TAG_OK = 0;
const TAG_BAD = 1;
const TAG_IGNORE = 2;

function judgeTag(
	words: Int32Array,
	base: number,
	dir: number,
	map: number,
	type: number,
	flags: number,
	vtag: number,
): number {
	const own = base + S_VTAG + dir;
	const peer = base + S_VTAG + 1 - dir;
	switch (type) {
		case C_INIT:
			return vtag === 0 ? TAG_OK : TAG_BAD;
		case C_ABORT:
		case C_SHUTDOWN_COMPLETE:
			return vtag === words[(flags & FLAG_T) !== 0 ? peer : own] ? TAG_OK : TAG_BAD;
		case C_COOKIE_ECHO:
			return vtag === words[own] ? TAG_OK : TAG_BAD;
		case C_COOKIE_ACK:
			words[base + S_INIT] = 0;
			words[base + S_INIT + 1] = 0;
			return TAG_OK;
		case C_HEARTBEAT:
			if (words[own] === 0) words[own] = vtag;
			else if (vtag !== words[own]) {
				if ((map & (1 << C_DATA)) !== 0) return TAG_BAD;
				words[base + S_FLAGS] |= HEARTBEAT_VTAG_FAILED;
				words[base + S_LAST_DIR] = dir;
				return TAG_IGNORE;
			} else words[base + S_FLAGS] &= ~HEARTBEAT_VTAG_FAILED;
			return TAG_OK;
		case C_HEARTBEAT_ACK:
			if (words[own] === 0) words[own] = vtag;
			else if (vtag !== words[own]) {
				const failed = (words[base + S_FLAGS] & HEARTBEAT_VTAG_FAILED) !== 0;
				if ((map & (1 << C_DATA)) !== 0 || !failed || words[base + S_LAST_DIR] === dir) return TAG_BAD;
				words[own] = vtag;
				words[peer] = 0;
			}
			words[base + S_FLAGS] &= ~HEARTBEAT_VTAG_FAILED;
			return TAG_OK;
		default:
			return TAG_OK;
	}
}

/** One packet of connection `ct` (nf_conntrack_sctp_packet); it ends at `end`. Returns CT_*. */
export function sctpPacket(
	t: CtTable,
	net: CtNet,
	view: DataView,
	ct: number,
	ctinfo: number,
	th: number,
	end: number,
): number {
	if (th + COMMON_HEADER > end) return CT_INVALID;
	const map = chunkMap(view, th, end);
	if (map < 0) return CT_INVALID;
	const words = t.tcp;
	const base = ct * TCP_REC;
	const s = ct * REC + C_STATUS;
	if ((t.rec[s] & IPS_CONFIRMED) === 0) {
		if ((map & NEVER_FIRST) !== 0 || !sctpNew(words, base, view, th, end)) return CT_INVALID;
	}
	const dir = ctDir(ctinfo);
	const vtag = view.getInt32(th + VTAG);
	if ((map & ANY_VTAG) === 0 && vtag !== words[base + S_VTAG + dir]) return CT_INVALID;
	let state = NONE;
	let ignore = false;
	for (let at = th + COMMON_HEADER; at + CHUNK_HEADER <= end; at = chunkAfter(view, at)) {
		const type = view.getUint8(at);
		const tag = judgeTag(words, base, dir, map, type, view.getUint8(at + 1), vtag);
		if (tag === TAG_BAD || (tag === TAG_IGNORE && ignore)) return CT_INVALID;
		if (tag === TAG_IGNORE) {
			ignore = true;
			continue;
		}
		state = nextState(dir, words[base + S_STATE], type);
		if (state === INVALID) return CT_INVALID;
		if (type === C_INIT || type === C_INIT_ACK) {
			if (at + CHUNK_HEADER + 4 > end) return CT_INVALID;
			const tagged = view.getInt32(at + CHUNK_HEADER);
			const peer = base + S_VTAG + 1 - dir;
			if (type === C_INIT) {
				// an INIT that is repeated does not keep the entry alive
				if (words[base + S_INIT + dir] !== 0 && state === CLOSED) ignore = true;
				words[base + S_INIT + dir] = 1;
			} else {
				const crossed = words[base + S_INIT] !== 0 && words[base + S_INIT + 1] !== 0;
				const asked = words[base + S_INIT + 1 - dir] !== 0;
				if (!asked && words[peer] !== 0 && words[peer] !== tagged) return CT_INVALID;
				if (crossed && words[peer] !== tagged) return CT_INVALID;
			}
			words[peer] = tagged;
		}
		words[base + S_STATE] = state;
	}
	if (ignore) return CT_ACCEPT;
	t.refresh(ct, net, TO_SCTP_CLOSED + state - CLOSED);
	if (state === ESTABLISHED) t.rec[s] |= IPS_ASSURED;
	return CT_ACCEPT;
}
/** Name of the association's state. */
export function sctpStateName(t: CtTable, ct: number): string {
	return SCTP_STATE_NAMES[t.tcp[ct * TCP_REC + S_STATE]];
}
