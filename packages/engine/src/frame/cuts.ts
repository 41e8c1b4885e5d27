/** The fragments that a datagram was put together from, in order. */
export interface Cuts {
	/** Payload lengths in bytes. */
	readonly lengths: readonly number[];
	/** `data` of each. */
	readonly data: readonly number[];
	/** IPv4: lengths of the headers that they came with, bytes. */
	readonly headers?: readonly number[];
}
