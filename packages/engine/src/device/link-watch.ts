/**
 * The operational state of RFC 2863 as the kernel keeps it (net/core/link_watch.c): looked at when the carrier has changed, and not
 * again because something else did. A device that is down then is looked at when it is next named or goes up.
 */
import type { NetDevice } from "./netdev.ts";

export const IF_OPER_UNKNOWN = 0;
export const IF_OPER_DOWN = 2;
export const IF_OPER_LOWERLAYERDOWN = 3;
export const IF_OPER_UP = 6;

export class LinkWatch {
	/** One of IF_OPER_*; a kind that never speaks of its carrier stays UNKNOWN. What is down counts as DOWN whatever stands here. */
	operState: number = IF_OPER_UNKNOWN;
	private pending = false;
	private readonly dev: NetDevice;

	constructor(dev: NetDevice) {
		this.dev = dev;
	}
	/** The carrier has changed, or is told of for the first time (linkwatch_fire_event). */
	fire(): void {
		this.pending = true;
		if (this.dev.up) this.sync();
	}
	/** Who asks for the device by name makes the kernel look at it now (linkwatch_sync_dev). */
	sync(): void {
		if (!this.pending) return;
		this.pending = false;
		this.operState = this.look();
	}
	/** default_operstate. The index of what it is linked to is looked up in its own namespace, wherever that is in truth. */
	private look(): number {
		const { dev } = this;
		if (dev.carrier) return IF_OPER_UP;
		const link = dev.ifLink;
		if (link === dev.ifindex) return IF_OPER_DOWN;
		const devices = dev.core.targets as readonly (NetDevice | null)[];
		const lower = devices.find((d) => d?.netns === dev.netns && d.ifindex === link);
		return lower == null || lower.carrier ? IF_OPER_DOWN : IF_OPER_LOWERLAYERDOWN;
	}
}
