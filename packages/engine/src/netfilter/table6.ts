/** A table of IPv6: its rows are compiled with addresses of four words, and walked by ip6t_do_table. */
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import {
	F_INV_DST,
	F_INV_PROTO,
	F_INV_SRC,
	F_PROTO,
	F_RARE,
	R_ARG,
	R_DADDR,
	R_FLAGS,
	R_KIND,
	R_OPS,
	R_OPS_END,
	R_PROTO,
	R_SADDR,
	R_SLOT,
	ROW,
} from "./compile.ts";
import { matchOps6 } from "./match-eval6.ts";
import { HOTDROP, MATCH } from "./match-verdict.ts";
import { XtTable } from "./table.ts";
import { XT_CONTINUE } from "./target-eval.ts";
import { runTarget6 } from "./target-eval6.ts";
import { K_END, K_GOTO, K_JUMP, K_NONE, K_POLICY, K_RETURN, K_TCPMSS, K_VERDICT } from "./target-ops.ts";
import { NF_DROP } from "./types.ts";

export class XtTable6 extends XtTable {
	private readonly walk: Ipv6Walk = new Ipv6Walk();

	/** ip6t_do_table. Addresses of a row stand in the program's words, at the row's index; 0: any. */
	override run(hook: number, f: number, inDev: number, outDev: number): number {
		const p = this.compiled();
		const { rows, ops } = p;
		const { counts, pool, walk } = this;
		const { view } = pool;
		const nh = pool.nh[f];
		let bytes = ipv6.totalLength(view, nh);
		const end = nh + bytes;
		const tracing = this.core.trace.on === 1;
		let depth = 0;
		// the transport header, once a rule asks for a protocol
		let proto = -1;
		let th = 0;
		let frag = 0;
		let r = p.entry[hook];
		for (;;) {
			const flags = rows[r + R_FLAGS];
			const src = rows[r + R_SADDR];
			const dst = rows[r + R_DADDR];
			if (
				(src !== 0 && fits(view, nh + ipv6.SADDR, ops, src) === ((flags & F_INV_SRC) !== 0)) ||
				(dst !== 0 && fits(view, nh + ipv6.DADDR, ops, dst) === ((flags & F_INV_DST) !== 0)) ||
				((flags & F_RARE) !== 0 && !this.rare(p, r, flags, f, inDev, outDev))
			) {
				r += ROW;
				continue;
			}
			if ((flags & F_PROTO) !== 0) {
				if (proto < 0) {
					th = walk.findHeader(view, nh, end, -1);
					// nobody can say what follows: an evil packet
					if (th < 0) return NF_DROP;
					proto = walk.next;
					frag = walk.frag;
				}
				if ((proto === rows[r + R_PROTO]) === ((flags & F_INV_PROTO) !== 0)) {
					r += ROW;
					continue;
				}
			}
			const first = rows[r + R_OPS];
			const opsEnd = rows[r + R_OPS_END];
			if (first < opsEnd) {
				const m = matchOps6(this, p, first, opsEnd, f, inDev, outDev, th, frag);
				if (m !== MATCH) {
					if (m === HOTDROP) return NF_DROP;
					r += ROW;
					continue;
				}
			}
			const slot = rows[r + R_SLOT] << 1;
			counts[slot]++;
			counts[slot + 1] += bytes;
			const kind = rows[r + R_KIND];
			const arg = rows[r + R_ARG];
			let verdict = XT_CONTINUE;
			let next = r + ROW;
			switch (kind) {
				case K_NONE:
					break;
				case K_VERDICT:
				case K_POLICY:
					verdict = arg;
					break;
				case K_RETURN:
				case K_END:
					next = depth === 0 ? p.policy[hook] : p.stack[--depth];
					break;
				case K_JUMP:
					p.stack[depth++] = next;
					next = arg;
					break;
				case K_GOTO:
					next = arg;
					break;
				default:
					verdict = runTarget6(this, p, kind, arg, hook, f, inDev, outDev);
					// an option may have been put in
					if (kind === K_TCPMSS) bytes = ipv6.totalLength(view, nh);
			}
			if (tracing && kind !== K_END) this.record(rows, r, kind, verdict, f, inDev, outDev, bytes);
			if (verdict !== XT_CONTINUE) return verdict;
			r = next;
		}
	}
}

/** Is the address at `o`, under the mask at `ops[a + 4..)`, the one at `ops[a..)`? */
function fits(view: DataView, o: number, ops: Int32Array, a: number): boolean {
	return (
		(view.getInt32(o) & ops[a + 4]) === ops[a] &&
		(view.getInt32(o + 4) & ops[a + 5]) === ops[a + 1] &&
		(view.getInt32(o + 8) & ops[a + 6]) === ops[a + 2] &&
		(view.getInt32(o + 12) & ops[a + 7]) === ops[a + 3]
	);
}
