/** The options of neighbour discovery messages (net/ipv6/ndisc.c, ndisc_parse_options; RFC 4861 §4.6). */
import * as eth from "../wire/ethernet.ts";
import * as icmpv6 from "../wire/icmpv6.ts";

const ND_OPT_NONCE = 14;

export class NdOptions {
	/** Link-layer address of the wanted kind: high 16 bits, -1 when there is none; low 32. */
	macHi = -1;
	macLo = 0;
	/** A link-layer address option has the wrong length: the message is not to be believed. */
	macBad = false;
	/** Offset of the redirected-header option, 0 none. */
	redirected = 0;
	/** The nonce, 0 none. */
	nonceHi = 0;
	nonceLo = 0;

	/** Read the options at `[o, end)`; `kind` is the type of the link-layer address that is looked for. False: malformed. */
	parse(view: DataView, o: number, end: number, kind: number): boolean {
		this.macHi = -1;
		this.macLo = 0;
		this.macBad = false;
		this.redirected = 0;
		this.nonceHi = 0;
		this.nonceLo = 0;
		let at = o;
		while (at < end) {
			if (at + 2 > end) return false;
			const type = view.getUint8(at);
			const length = view.getUint8(at + 1) << 3;
			if (length === 0 || at + length > end) return false;
			if (type === kind && this.macHi < 0 && !this.macBad) {
				if (length !== 8) this.macBad = true;
				else {
					this.macHi = eth.macHi(view, at + 2);
					this.macLo = eth.macLo(view, at + 2);
				}
			} else if (type === icmpv6.ND_OPT_REDIRECT_HDR && this.redirected === 0) this.redirected = at;
			else if (type === ND_OPT_NONCE && length === 8) {
				this.nonceHi = view.getUint16(at + 2);
				this.nonceLo = view.getInt32(at + 4);
			}
			at += length;
		}
		return true;
	}
	get hasMac(): boolean {
		return this.macHi >= 0;
	}
}
