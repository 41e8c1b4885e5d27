/** Which field of which header each byte of a frame belongs to, for people who look at two frames that differ. */

export interface NamedField {
	/** As the RFCs' figures call it, e.g. "ip.ttl"; headers inside VXLAN or an ICMP quote have a prefix. */
	readonly name: string;
	readonly from: number;
	/** The byte behind. */
	readonly to: number;
}

type Sizes = readonly (readonly [name: string, bytes: number])[];

/** "dst 6, src 6": names and bytes, in the header's order. */
function sizes(text: string): Sizes {
	return text.split(", ").map((field) => {
		const [name, bytes] = field.split(" ");
		return [name, Number(bytes)];
	});
}
const ETHERNET = sizes("dst 6, src 6, type 2");
const VLAN = sizes("tci 2, type 2");
const ARP = sizes("hrd 2, pro 2, hln 1, pln 1, op 2, sha 6, spa 4, tha 6, tpa 4");
const IPV4 = sizes(
	"version+ihl 1, tos 1, tot_len 2, id 2, flags+frag_off 2, ttl 1, protocol 1, check 2, saddr 4, daddr 4",
);
const IPV6 = sizes("version+class+flow 4, payload_len 2, nexthdr 1, hop_limit 1, saddr 16, daddr 16");
const FRAGMENT6 = sizes("nexthdr 1, reserved 1, frag_off 2, identification 4");
const EXTENSIONS: Readonly<Record<number, string>> = {
	0: "hop-by-hop",
	43: "routing",
	51: "authentication",
	60: "dst-options",
};
const UDP = sizes("source 2, dest 2, len 2, check 2");
const TCP = sizes("source 2, dest 2, seq 4, ack_seq 4, doff 1, flags 1, window 2, check 2, urg_ptr 2");
const ICMP = sizes("type 1, code 1, checksum 2");
const ECHO = sizes("id 2, sequence 2");
const REST = sizes("rest 4");
const VXLAN = sizes("flags 4, vni 3, reserved 1");
const GRE = sizes("flags+version 2, protocol 2");

/** In order, without gaps, up to the frame's end; a frame that ends early ends in the field where it ends. */
export function nameFields(frame: Uint8Array): NamedField[] {
	const reader = new Reader(frame);
	reader.ethernet("");
	reader.rest("trailer");
	return reader.fields;
}

class Reader {
	readonly fields: NamedField[] = [];
	private readonly b: Uint8Array;
	private at = 0;

	constructor(b: Uint8Array) {
		this.b = b;
	}
	ethernet(prefix: string): void {
		this.take(`${prefix}eth`, ETHERNET);
		let type = this.word(this.at - 2);
		while (type === 0x8100 || type === 0x88a8) {
			this.take(`${prefix}vlan`, VLAN);
			type = this.word(this.at - 2);
		}
		this.network(type, prefix);
	}
	/** What is left, as one field. */
	rest(name: string, end: number = this.b.length): void {
		const to = Math.min(end, this.b.length);
		if (this.at >= to) return;
		this.fields.push({ name, from: this.at, to });
		this.at = to;
	}

	private network(type: number, prefix: string): void {
		if (type === 0x0806) this.take(`${prefix}arp`, ARP);
		else if (type === 0x0800) this.ipv4(prefix);
		else if (type === 0x86dd) this.ipv6(prefix);
		else this.rest(`${prefix}payload`);
	}
	private ipv4(prefix: string): void {
		const start = this.at;
		this.take(`${prefix}ip`, IPV4);
		const header = (this.byte(start) & 15) * 4;
		const end = Math.min(start + this.word(start + 2), this.b.length);
		if (header > 20) this.rest(`${prefix}ip.options`, start + header);
		if ((this.word(start + 6) & 0x1fff) !== 0) this.rest(`${prefix}fragment`, end);
		else this.transport(this.byte(start + 9), prefix, end);
	}
	private ipv6(prefix: string): void {
		const start = this.at;
		this.take(`${prefix}ip6`, IPV6);
		const end = Math.min(start + 40 + this.word(start + 4), this.b.length);
		let next = this.byte(start + 6);
		let first = true;
		while (first && [0, 43, 44, 51, 60].includes(next) && this.at + 8 <= end) {
			const header = this.at;
			if (next === 44) {
				this.take(`${prefix}ip6.fragment`, FRAGMENT6);
				first = (this.word(header + 2) & 0xfff8) === 0;
			} else {
				const unit = next === 51 ? 4 : 8;
				this.rest(`${prefix}ip6.${EXTENSIONS[next]}`, header + 8 + unit * this.byte(header + 1));
			}
			next = this.byte(header);
		}
		if (first) this.transport(next, prefix, end);
		else this.rest(`${prefix}fragment`, end);
	}
	private transport(protocol: number, prefix: string, end: number): void {
		const start = this.at;
		if (protocol === 17) {
			this.take(`${prefix}udp`, UDP);
			const port = this.word(start + 2);
			if ((port === 4789 || port === 8472) && end - this.at >= 22 && prefix === "") {
				this.take("vxlan", VXLAN);
				this.ethernet("inner.");
			}
		} else if (protocol === 6) {
			this.take(`${prefix}tcp`, TCP);
			this.rest(`${prefix}tcp.options`, Math.min(start + (this.byte(start + 12) >> 4) * 4, end));
		} else if (protocol === 1 || protocol === 58) this.icmp(prefix, protocol === 58);
		else if (protocol === 47) {
			this.take(`${prefix}gre`, GRE);
			if (prefix === "") this.network(this.word(start + 2), "inner.");
		}
		this.rest(`${prefix}data`, end);
	}
	private icmp(prefix: string, six: boolean): void {
		const name = `${prefix}${six ? "icmpv6" : "icmp"}`;
		const type = this.byte(this.at);
		this.take(name, ICMP);
		const echo = six ? type === 128 || type === 129 : [0, 8, 13, 14].includes(type);
		this.take(name, echo ? ECHO : REST);
		const error = six ? type < 128 : [3, 4, 5, 11, 12].includes(type);
		if (error && !prefix.includes("quoted.")) this.network(six ? 0x86dd : 0x0800, `${prefix}quoted.`);
		else if (six && type >= 133 && type <= 137 && type !== 134) this.rest(`${name}.target+options`);
	}
	private take(header: string, layout: Sizes): void {
		for (const [name, bytes] of layout) this.rest(`${header}.${name}`, this.at + bytes);
	}
	private byte(at: number): number {
		return this.b[at] ?? 0;
	}
	private word(at: number): number {
		return this.byte(at) * 256 + this.byte(at + 1);
	}
}
