/** Record one story: the engine's rows, with words for packets, rules and connections added while they are known. */
import { TAP_RX } from "@hookline/engine/device/netdev";
import { IPS_DST_NAT, IPS_SRC_NAT, NF_NAT_MANIP_SRC } from "@hookline/engine/netfilter/types";
import { T_ALLOC, T_CT, T_NAT, T_RX, T_TX } from "@hookline/engine/trace/kinds";
import { ROW } from "@hookline/engine/trace/trace";
import { formatAddress6 } from "@hookline/linux/address6-text";
import type { TraceRecord } from "@hookline/scenario/record";
import { frameWords } from "./frame-words.ts";
import type { Lab } from "./lab.ts";
import { RuleNames } from "./trace-names.ts";
import { addressText } from "./words.ts";

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp" };

interface Seen {
	readonly serial: number;
	readonly kind: number;
	readonly text: string;
}

/** Frames are numbered from 1 in order of birth; records of older frames are left out. */
export class StoryRecorder {
	private readonly lab: Lab;
	private readonly rules: RuleNames;
	private readonly taps: (() => void)[] = [];
	/** The packet of a T_TX or T_RX by the row it will have: a tap runs just before its record is made. */
	private readonly seen: Map<number, Seen> = new Map();
	/** The packet last seen of a frame, and in which namespace. */
	private readonly last: Map<number, { readonly netns: number; readonly text: string }> = new Map();
	/** Serial of the first frame less 1; -1 before it is born. */
	private base = -1;

	constructor(lab: Lab) {
		this.lab = lab;
		this.rules = new RuleNames(lab);
	}
	/** Throws when the lab is being traced already. */
	start(): void {
		const { core } = this.lab.machine;
		const { pool, trace } = core;
		if (trace.on !== 0) throw new Error("the lab is being traced already");
		for (const ns of this.lab.machine.all())
			for (const dev of ns.devices) {
				const stop = dev.addTap((f, direction) => {
					const text = frameWords(pool.bytes.subarray(pool.off[f], pool.off[f] + pool.len[f]));
					this.seen.set(trace.length, {
						serial: pool.serial[f],
						kind: direction === TAP_RX ? T_RX : T_TX,
						text,
					});
				});
				this.taps.push(stop);
			}
		trace.clear();
		trace.start();
	}
	stop(): void {
		this.lab.machine.core.trace.stop();
		for (const stop of this.taps) stop();
		this.taps.length = 0;
	}
	/** Everything since the last call, in order. */
	take(): TraceRecord[] {
		const { trace } = this.lab.machine.core;
		const records: TraceRecord[] = [];
		for (let i = 0; i < trace.length; i++) {
			const r = this.recordAt(i);
			if (r !== undefined) records.push(r);
		}
		trace.clear();
		this.seen.clear();
		return records;
	}
	private recordAt(i: number): TraceRecord | undefined {
		const { rows, times } = this.lab.machine.core.trace;
		const [kind, engineSerial, netns, dev, a, b, c, d] = rows.subarray(i * ROW, i * ROW + ROW);
		if (this.base < 0 && kind === T_ALLOC) this.base = engineSerial - 1;
		const serial = engineSerial - this.base;
		if (this.base < 0 || serial < 1) return undefined;
		const parent = kind === T_ALLOC && a >= 0 ? Math.max(a - this.base, -1) : a;
		return {
			kind,
			serial,
			time: times[i],
			netns,
			dev,
			a: parent,
			b,
			c,
			d,
			text: this.text(i, kind, engineSerial, netns, a, b, c, d),
		};
	}
	private text(
		row: number,
		kind: number,
		serial: number,
		netns: number,
		a: number,
		b: number,
		c: number,
		d: number,
	): string {
		if (kind === T_TX || kind === T_RX) {
			const seen = this.seen.get(row);
			if (seen === undefined || seen.kind !== kind || seen.serial !== serial) return "";
			this.last.set(serial, { netns, text: seen.text });
			return seen.text;
		}
		if (kind === T_CT) {
			const last = this.last.get(serial);
			return last?.netns === netns ? last.text.replace(/ ttl \d+$/, "") : this.tuple(a);
		}
		if (kind === T_NAT) return this.translates(serial, netns, a, b, c, d) ? "" : "stays as it is";
		return this.rules.of(kind, netns, a, b, c);
	}
	/**
	 * Does a T_NAT change anything? Most connections get a translation that does not. It is told by the packet, else by the
	 * connection; true when neither is known.
	 */
	private translates(
		serial: number,
		netns: number,
		ct: number,
		manip: number,
		addr: number,
		port: number,
	): boolean {
		const source = manip === NF_NAT_MANIP_SRC;
		const last = this.last.get(serial);
		const ends = last?.netns === netns ? /^(?:vlan \d+ )?\w+ ([\d.:]+) > ([\d.:]+)/.exec(last.text) : null;
		if (ends !== null) {
			const [was, wasPort] = ends[source ? 1 : 2].split(":");
			return was !== addressText(addr) || (wasPort !== undefined && Number(wasPort) !== port);
		}
		const { conntrack } = this.lab.machine;
		return !conntrack.table.isLive(ct) || (conntrack.status(ct) & (source ? IPS_SRC_NAT : IPS_DST_NAT)) !== 0;
	}
	/** The original tuple of a connection that is still there. */
	private tuple(ct: number): string {
		const { conntrack } = this.lab.machine;
		if (ct === 0 || !conntrack.table.isLive(ct)) return "";
		const protocol = conntrack.protocol(ct);
		const ports = protocol === 6 || protocol === 17;
		const text = (addr: number): string =>
			conntrack.isIpv6(ct) ? formatAddress6(this.lab.machine.core.in6.get(addr)) : addressText(addr);
		const source = `${text(conntrack.src(ct, 0))}${ports ? `:${conntrack.sport(ct, 0)}` : ""}`;
		const destination = `${text(conntrack.dst(ct, 0))}${ports ? `:${conntrack.dport(ct, 0)}` : ""}`;
		return `${PROTOCOLS[protocol] ?? `protocol ${protocol}`} ${source} > ${destination}`;
	}
}
