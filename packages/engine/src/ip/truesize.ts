/**
 * What the kernel charges a frame of this length for (skb->truesize): the data area as kmalloc rounds it, and the sk_buff.
 * For a frame that a packet socket sent; the budgets of queues are in these bytes.
 */
export function truesize(length: number): number {
	const need = ((length + 16 + 63) & ~63) + 320;
	if (need <= 640) return 640 + 256;
	let size = 1024;
	while (size < need) size *= 2;
	return size + 256;
}
