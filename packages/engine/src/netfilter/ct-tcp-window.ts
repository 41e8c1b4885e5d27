/**
 * TCP window tracking (net/netfilter/nf_conntrack_proto_tcp.c, tcp_in_window), after Guido van Rooij, "Real Stateful TCP
 * Packet Filtering in IP Filter".
 *
 * 24 words per connection: two senders of 6 words, then what is remembered of the last packet.
 */
import * as tcp from "../wire/tcp.ts";
import type { CtNet } from "./ct-sysctl.ts";
import { type CtTable, TCP_REC } from "./ct-table.ts";

/** Words of a sender (struct ip_ct_tcp_state); the reply direction's follow at +6. */
export const S_END = 0;
export const S_MAXEND = 1;
export const S_MAXWIN = 2;
export const S_MAXACK = 3;
export const S_SCALE = 4;
export const S_FLAGS = 5;
export const SENDER = 6;
/** Words of the connection (struct ip_ct_tcp). */
export const TCP_STATE = 12;
export const LAST_DIR = 13;
export const LAST_INDEX = 14;
export const RETRANS = 15;
export const LAST_SEQ = 16;
export const LAST_ACK = 17;
export const LAST_END = 18;
export const LAST_WIN = 19;
export const LAST_WSCALE = 20;
export const LAST_FLAGS = 21;

/** IP_CT_TCP_FLAG_* */
export const FLAG_WINDOW_SCALE = 0x01;
export const FLAG_SACK_PERM = 0x02;
export const FLAG_CLOSE_INIT = 0x04;
export const FLAG_BE_LIBERAL = 0x08;
export const FLAG_DATA_UNACKNOWLEDGED = 0x10;
export const FLAG_MAXACK_SET = 0x20;
export const EXP_CHALLENGE_ACK = 0x40;
export const SIMULTANEOUS_OPEN = 0x80;

/** enum tcp_bit_set: what kind of segment it is. */
export const TCP_SYN_SET = 0;
export const TCP_SYNACK_SET = 1;
export const TCP_FIN_SET = 2;
export const TCP_ACK_SET = 3;
export const TCP_RST_SET = 4;
export const TCP_NONE_SET = 5;

/** What the window says of a segment. */
export const WINDOW_ACCEPT = 0;
export const WINDOW_IGNORE = 1;
export const WINDOW_INVALID = 2;

const SYN_SENT = 1;
const SYN_RECV = 2;
const MAXACKWINCONST = 66_000;
const TCP_MAX_WSCALE = 14;

/** Is sequence number `a` before `b`? */
export function before(a: number, b: number): boolean {
	return ((a - b) | 0) < 0;
}
function after(a: number, b: number): boolean {
	return ((b - a) | 0) < 0;
}

/** Sequence number behind the segment: payload, SYN and FIN count (segment_seq_plus_len). */
export function segmentEnd(view: DataView, th: number, end: number): number {
	const flags = view.getUint8(th + tcp.FLAGS);
	return (
		(view.getInt32(th + tcp.SEQ) +
			(end - th - tcp.headerLength(view, th)) +
			((flags >> 1) & 1) +
			(flags & tcp.FIN)) |
		0
	);
}

/** Window scale and SACK-permitted of a SYN into the sender at word `s` (tcp_options). A header without options changes nothing. */
export function readOptions(view: DataView, th: number, words: Int32Array, s: number): void {
	const end = th + tcp.headerLength(view, th);
	let i = th + tcp.TCP_HLEN;
	if (i >= end) return;
	words[s + S_SCALE] = 0;
	words[s + S_FLAGS] &= FLAG_BE_LIBERAL;
	while (i < end) {
		const kind = view.getUint8(i);
		if (kind === tcp.OPT_EOL) return;
		if (kind === tcp.OPT_NOP) {
			i++;
			continue;
		}
		if (i + 2 > end) return;
		const size = view.getUint8(i + 1);
		if (size < 2 || i + size > end) return;
		if (kind === tcp.OPT_SACK_PERM && size === 2) words[s + S_FLAGS] |= FLAG_SACK_PERM;
		else if (kind === tcp.OPT_WINDOW && size === 3) {
			words[s + S_SCALE] = Math.min(view.getUint8(i + 2), TCP_MAX_WSCALE);
			words[s + S_FLAGS] |= FLAG_WINDOW_SCALE;
		}
		i += size;
	}
}

/** The highest right edge of the SACK blocks, or `ack` when none is above it (tcp_sack). */
function highestSack(view: DataView, th: number, ack: number): number {
	const end = th + tcp.headerLength(view, th);
	let highest = ack;
	let i = th + tcp.TCP_HLEN;
	while (i < end) {
		const kind = view.getUint8(i);
		if (kind === tcp.OPT_EOL) break;
		if (kind === tcp.OPT_NOP) {
			i++;
			continue;
		}
		if (i + 2 > end) break;
		const size = view.getUint8(i + 1);
		if (size < 2 || i + size > end) break;
		if (kind === tcp.OPT_SACK && size >= 10 && (size - 2) % 8 === 0) {
			for (let edge = i + 6; edge < i + size; edge += 8) {
				const right = view.getInt32(edge);
				if (after(right, highest)) highest = right;
			}
			break;
		}
		i += size;
	}
	return highest;
}

/** A sender's first SYN or SYN/ACK (tcp_init_sender). */
function initSender(
	view: DataView,
	th: number,
	words: Int32Array,
	sender: number,
	receiver: number,
	dir: number,
	end: number,
	win: number,
): void {
	words[sender + S_END] = end;
	words[sender + S_MAXEND] = end;
	words[sender + S_MAXWIN] = win === 0 ? 1 : win;
	readOptions(view, th, words, sender);
	// RFC 7323 §2.2: both sides must offer scaling for either to use it
	if (dir === 1 && (words[sender + S_FLAGS] & words[receiver + S_FLAGS] & FLAG_WINDOW_SCALE) === 0) {
		words[sender + S_SCALE] = 0;
		words[receiver + S_SCALE] = 0;
	}
}

/** Verdict on a segment that is out of the window: a liberal sender or namespace lets it pass. */
function outOfWindow(words: Int32Array, sender: number, net: CtNet, verdict: number): number {
	return (words[sender + S_FLAGS] & FLAG_BE_LIBERAL) !== 0 || net.tcpBeLiberal !== 0
		? WINDOW_ACCEPT
		: verdict;
}

/** Judge the segment at `th` that ends at `segEnd`, sent in direction `dir`, and learn from it. Returns WINDOW_*. */
export function tcpInWindow(
	t: CtTable,
	net: CtNet,
	ct: number,
	dir: number,
	index: number,
	view: DataView,
	th: number,
	segEnd: number,
): number {
	const words = t.tcp;
	const base = ct * TCP_REC;
	const sender = base + dir * SENDER;
	const receiver = base + (1 - dir) * SENDER;
	const state = words[base + TCP_STATE];
	const flags = view.getUint8(th + tcp.FLAGS);
	const hasAck = (flags & tcp.ACK) !== 0;
	const winRaw = view.getUint16(th + tcp.WINDOW);
	let seq = view.getInt32(th + tcp.SEQ);
	let ack = view.getInt32(th + tcp.ACK_SEQ);
	let sack = ack;
	let win = winRaw;
	let end = segmentEnd(view, th, segEnd);

	if ((words[receiver + S_FLAGS] & FLAG_SACK_PERM) !== 0) sack = highestSack(view, th, sack);

	if (words[sender + S_MAXWIN] === 0) {
		if ((flags & tcp.SYN) !== 0) {
			initSender(view, th, words, sender, receiver, dir, end, win);
			if (!hasAck) return WINDOW_ACCEPT; // simultaneous open
		} else {
			// in the middle of a connection: its history is lost, take what the packet says
			const scaled = win << words[sender + S_SCALE];
			words[sender + S_END] = end;
			words[sender + S_MAXWIN] = scaled === 0 ? 1 : scaled;
			words[sender + S_MAXEND] = end + words[sender + S_MAXWIN];
			if (words[receiver + S_MAXWIN] === 0) {
				words[receiver + S_END] = sack;
				words[receiver + S_MAXEND] = sack;
			} else if (sack === ((words[receiver + S_END] + 1) | 0)) words[receiver + S_END]++; // a keep-alive's answer
		}
	} else if (
		(flags & tcp.SYN) !== 0 &&
		after(end, words[sender + S_END]) &&
		(state === SYN_SENT || state === SYN_RECV)
	) {
		// a new SYN or SYN/ACK with higher numbers starts this direction over
		initSender(view, th, words, sender, receiver, dir, end, win);
		if (dir === 1 && !hasAck) return WINDOW_ACCEPT;
	}

	// without ACK, or with the zero one of broken resets, pretend the best
	if (!hasAck || ((flags & tcp.RST) !== 0 && ack === 0)) {
		ack = words[receiver + S_END];
		sack = ack;
	}
	if ((flags & tcp.RST) !== 0 && seq === 0 && state === SYN_SENT) {
		seq = words[sender + S_END];
		end = seq;
	}

	const maxAckWin = Math.max(words[sender + S_MAXWIN], MAXACKWINCONST);
	const ackNotOld = after(sack, words[receiver + S_END] - maxAckWin - 1);
	const maxWin = words[receiver + S_MAXWIN];
	const endNotOld = after(end, words[sender + S_END] - maxWin - 1);
	if (!before(seq, words[sender + S_MAXEND] + 1)) {
		const overshot = (end - words[sender + S_MAXEND] + 1) >>> 0;
		if (
			maxWin !== 0 &&
			endNotOld &&
			ackNotOld &&
			overshot <= maxWin >>> 0 &&
			before(sack, words[receiver + S_END] + 1)
		) {
			// more than the receiver allowed: if it takes them all the same, its ACK must not look wrong
			words[sender + S_END] = end;
			words[sender + S_FLAGS] |= FLAG_DATA_UNACKNOWLEDGED;
			return outOfWindow(words, sender, net, WINDOW_IGNORE);
		}
		return outOfWindow(words, sender, net, WINDOW_INVALID);
	}
	if (!before(sack, words[receiver + S_END] + 1)) return outOfWindow(words, sender, net, WINDOW_INVALID);
	if (maxWin !== 0 && !endNotOld) return outOfWindow(words, sender, net, WINDOW_IGNORE);
	if (!ackNotOld) return outOfWindow(words, sender, net, WINDOW_IGNORE);

	if ((flags & tcp.SYN) === 0) win <<= words[sender + S_SCALE];
	const swin = win + ((sack - ack) | 0);
	if (words[sender + S_MAXWIN] >>> 0 < swin >>> 0) words[sender + S_MAXWIN] = swin;
	if (after(end, words[sender + S_END])) {
		words[sender + S_END] = end;
		words[sender + S_FLAGS] |= FLAG_DATA_UNACKNOWLEDGED;
	}
	if (hasAck) {
		if ((words[sender + S_FLAGS] & FLAG_MAXACK_SET) === 0) {
			words[sender + S_MAXACK] = ack;
			words[sender + S_FLAGS] |= FLAG_MAXACK_SET;
		} else if (after(ack, words[sender + S_MAXACK])) words[sender + S_MAXACK] = ack;
	}
	if (maxWin !== 0 && after(end, words[sender + S_MAXEND]))
		words[receiver + S_MAXWIN] += (end - words[sender + S_MAXEND]) | 0;
	if (after(sack + win, words[receiver + S_MAXEND] - 1)) {
		words[receiver + S_MAXEND] = sack + win;
		if (win === 0) words[receiver + S_MAXEND]++;
	}
	if (ack === words[receiver + S_END]) words[receiver + S_FLAGS] &= ~FLAG_DATA_UNACKNOWLEDGED;

	if (index === TCP_ACK_SET) {
		if (
			words[base + LAST_DIR] === dir &&
			words[base + LAST_SEQ] === seq &&
			words[base + LAST_ACK] === ack &&
			words[base + LAST_END] === end &&
			words[base + LAST_WIN] === winRaw
		) {
			words[base + RETRANS] = (words[base + RETRANS] + 1) & 0xff;
		} else {
			words[base + LAST_DIR] = dir;
			words[base + LAST_SEQ] = seq;
			words[base + LAST_ACK] = ack;
			words[base + LAST_END] = end;
			words[base + LAST_WIN] = winRaw;
			words[base + RETRANS] = 0;
		}
	}
	return WINDOW_ACCEPT;
}
