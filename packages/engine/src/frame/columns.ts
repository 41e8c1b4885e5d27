/** What is known of each frame beside its bytes: one typed array per property, and a frame is a place in all of them. */
export class FrameColumns {
	/** Arena offset of the first byte (destination MAC). */
	readonly off: Int32Array;
	/** Length in bytes from the destination MAC on, no FCS. */
	readonly len: Int32Array;
	/** Device id: where the frame is, or is about to be sent (skb->dev). */
	readonly dev: Int32Array;
	/** Device id on which the frame entered this namespace (skb->skb_iif); -1 for its own output. */
	readonly iif: Int32Array;
	/** Arena offset of the network header. */
	readonly nh: Int32Array;
	/** Arena offset of the transport header. */
	readonly th: Int32Array;
	readonly pktType: Int32Array;
	/** KNOWN_CLEAN since a veth took everything off the frame that its other side must not know, and bits of the flow cache (flow/words.ts); else 0. */
	readonly known: Int32Array;
	/** Tag stripped logically: 0 none, else 0x10000 | TCI. The tag's bytes stay in the frame. */
	readonly vlan: Int32Array;
	readonly mark: Int32Array;
	/** Connection number, 0 none. */
	readonly ct: Int32Array;
	/** enum ip_conntrack_info of `ct`, or IP_CT_UNTRACKED with `ct` 0. */
	readonly ctinfo: Int32Array;
	readonly l4sum: Int32Array;
	/** Bits, see FRAME_*. */
	readonly flags: Int32Array;
	/** Which bytes these are in the kernel (`dataOf`), where clones share theirs until one writes; 0: its own, and nobody has asked. */
	readonly data: Int32Array;
	/** Largest fragment that this datagram was put together from, in bytes of IP; 0 not reassembled, -1 no longer known (IPCB frag_max_size). */
	readonly fragMax: Int32Array;
	/** Bridge port device ids while br_netfilter has the frame (nf_bridge_info): -1 none. */
	readonly physIn: Int32Array;
	readonly physOut: Int32Array;
	/** Routing decision: RTN_* type (0 none yet), output device id. */
	readonly dstType: Int32Array;
	readonly dstDev: Int32Array;
	/** Routing decision: next hop, IPv4; 0 = the destination itself. */
	readonly dstGw: Int32Array;
	/** Routing decision: errno of an unreachable one. */
	readonly dstError: Int32Array;
	/** Routing decision: MTU of the way out, bytes of IP. */
	readonly dstMtu: Int32Array;
	/** Source MAC that bridged DNAT restores after the neighbour code wrote the header. */
	readonly savedSrcHi: Int32Array;
	readonly savedSrcLo: Int32Array;
	/** Frame serial number while tracing. */
	readonly serial: Int32Array;
	/** Link of intrusive queues (neighbour queue, fragment queue); -1 end. */
	readonly next: Int32Array;
	/** Time stamp, virtual ns: when a queue took the frame. */
	readonly time: Float64Array;

	/** `n`: how many frames there can be. */
	constructor(n: number) {
		const words = () => new Int32Array(n);
		this.off = words();
		this.len = words();
		this.dev = words();
		this.iif = words();
		this.nh = words();
		this.th = words();
		this.pktType = words();
		this.known = words();
		this.vlan = words();
		this.mark = words();
		this.ct = words();
		this.ctinfo = words();
		this.l4sum = words();
		this.flags = words();
		this.data = words();
		this.fragMax = words();
		this.physIn = words().fill(-1);
		this.physOut = words().fill(-1);
		this.dstType = words();
		this.dstDev = words();
		this.dstGw = words();
		this.dstError = words();
		this.dstMtu = words();
		this.savedSrcHi = words();
		this.savedSrcLo = words();
		this.serial = words();
		this.next = words();
		this.time = new Float64Array(n);
	}
}
