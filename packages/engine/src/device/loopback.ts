/** lo: what is sent comes back in, with its connection, mark and route (drivers/net/loopback.c). */
import type { Core } from "../ring/core.ts";
import { ETH_HLEN } from "../wire/ethernet.ts";
import { NetDevice, RX_BYTES, RX_PACKETS, TX_BYTES, TX_PACKETS } from "./netdev.ts";

export class Loopback extends NetDevice {
	readonly kind = "loopback";

	constructor(core: Core) {
		super(core, "lo", 0, 0);
		this.mtu = 65536;
		this.loopback = true;
		this.hwCsum = true;
	}
	override xmit(f: number): boolean {
		const pool = this.core.pool;
		// counted after eth_type_trans took the header off
		const length = pool.len[f] - ETH_HLEN;
		this.setPacketType(f);
		pool.physIn[f] = -1;
		pool.physOut[f] = -1;
		if (this.core.netifRx(this.id, f)) {
			this.stats[TX_PACKETS]++;
			this.stats[TX_BYTES] += length;
			this.stats[RX_PACKETS]++;
			this.stats[RX_BYTES] += length;
		}
		return true;
	}
}
