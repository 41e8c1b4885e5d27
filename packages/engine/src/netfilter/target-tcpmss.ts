/** TCPMSS --set-mss (tcpmss_mangle_packet, RFC 9293 §3.7.1). */
import type { FramePool } from "../frame/pool.ts";
import { update16 } from "../wire/checksum.ts";
import { CHECK, OPT_MSS, TCP_HLEN } from "../wire/tcp.ts";

const MSS_OPTION_LENGTH = 4;

/** Lower the MSS option to `mss`, never raise it. False: the packet is malformed and must go. */
export function clampMss(pool: FramePool, f: number, mss: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	if ((view.getUint16(nh + 6) & 0x1fff) !== 0) return true;
	const th = nh + ((view.getUint8(nh) & 15) << 2);
	const length = nh + view.getUint16(nh + 2) - th;
	if (length < TCP_HLEN) return false;
	const hlen = (view.getUint8(th + 12) >> 4) << 2;
	if (length < hlen || hlen < TCP_HLEN) return false;
	for (let i = TCP_HLEN; i <= hlen - MSS_OPTION_LENGTH; ) {
		const kind = view.getUint8(th + i);
		if (kind === OPT_MSS && view.getUint8(th + i + 1) === MSS_OPTION_LENGTH) {
			const was = view.getUint16(th + i + 2);
			if (was <= mss) return true;
			view.setUint16(th + i + 2, mss);
			// an option at an odd offset spans two words of the sum: swap its bytes there
			const odd = (i & 1) !== 0;
			const before = odd ? swap(was) : was;
			const after = odd ? swap(mss) : mss;
			view.setUint16(th + CHECK, update16(view.getUint16(th + CHECK), before, after));
			return true;
		}
		i += kind < 2 ? 1 : view.getUint8(th + i + 1) || 1;
	}
	return true;
}
function swap(word: number): number {
	return ((word & 0xff) << 8) | (word >> 8);
}
