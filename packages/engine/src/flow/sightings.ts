/**
 * Which flows were seen lately, so that a flow is learned from its second packet on and one that cannot be cached is not tried again and
 * again. One word per place; flows that share a place displace each other, and now and then one of those is learned at once.
 */
const FIRST = 1 << 14;
const MOST = 1 << 20;
/** What is known of a flow, in the low bits of its word: seen once; could not be learned; not at the second try either. */
const SEEN = 1;
const REFUSED = 2;
const GIVEN_UP = 3;
/** Of flows that displace another every so many-th is learned at first sight. */
const LUCKY = 8;

export class Sightings {
	private words: Int32Array = new Int32Array(FIRST);
	private displaced = 0;
	/** Places taken. */
	private entries = 0;

	/** Nothing was seen. */
	clear(): void {
		if (this.entries === 0) return;
		this.entries = 0;
		this.displaced = 0;
		if (this.words.length > FIRST) this.words = new Int32Array(FIRST);
		else this.words.fill(0);
	}
	/** A packet of the flow with this hash is seen: is it worth learning from? */
	sees(hash: number): boolean {
		const at = (hash >>> 4) & (this.words.length - 1);
		const word = this.words[at];
		const known = (word ^ hash) & ~3;
		if (known === 0 && word !== 0) return (word & 3) !== GIVEN_UP;
		this.words[at] = (hash & ~3) | SEEN;
		if (word === 0) {
			this.entries++;
			if (this.entries * 2 > this.words.length && this.words.length < MOST) this.grow();
			return false;
		}
		this.displaced++;
		return this.displaced % LUCKY === 0;
	}
	/** The flow could not be learned. */
	refuse(hash: number): void {
		const at = (hash >>> 4) & (this.words.length - 1);
		const again = this.words[at] === ((hash & ~3) | REFUSED);
		this.words[at] = (hash & ~3) | (again ? GIVEN_UP : REFUSED);
	}
	/** Nothing that was seen is forgotten. */
	private grow(): void {
		const old = this.words;
		this.words = new Int32Array(old.length * 4);
		this.entries = 0;
		for (const word of old) {
			if (word === 0) continue;
			const at = (word >>> 4) & (this.words.length - 1);
			if (this.words[at] === 0) this.entries++;
			this.words[at] = word;
		}
	}
}
